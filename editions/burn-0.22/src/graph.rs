// Made by scripts/edition.py from models/: not to be edited.

//! The record of a network's trial run without data: each operation with its name, its inputs and its size.

use crate::ConvShape;
use burn_nn::PaddingConfig2d;

/// The operations of a network, in the order in which they are computed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    pub(crate) nodes: Vec<Node>,
}

/// One operation of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Node {
    /// Its name: that of the module whose parameters it has (`conv1`), or else that of the module before
    /// it and what it does (`conv1.relu`).
    pub name: String,
    /// Its operation.
    pub op: Op,
    /// The numbers of the nodes that it computes from.
    pub inputs: Vec<usize>,
    /// The shape of its result for one image: `[C, H, W]` or `[features]`.
    pub output: Vec<usize>,
    /// Its parameters, in the order of its module.
    pub parameters: Vec<Parameter>,
}

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Op {
    /// The images.
    Images,
    /// A convolution.
    Conv2d(ConvShape),
    /// Batch normalisation of each channel.
    BatchNorm2d,
    /// A dense layer.
    Linear,
    /// max(0, x)
    Relu,
    /// 1 / (1 + e⁻ˣ)
    Sigmoid,
    /// The largest value of each window.
    MaxPool2d(Window),
    /// The mean of each window.
    AvgPool2d(Window),
    /// The mean of each whole map.
    GlobalAvgPool2d,
    /// Maps `[C, H, W]` to features `[C · H · W]`.
    Flatten,
    /// The sum of two results.
    Add,
}

/// A pooling's square window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its side.
    pub size: usize,
    /// The steps between two places of it, in both directions.
    pub stride: usize,
    /// The rows and columns that are padded on all four sides.
    pub padding: usize,
}

/// A tensor of a node, by its names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameter {
    /// Its name in the zoo: `conv1.weight`.
    pub name: String,
    /// Its name in the state dict of the same network in PyTorch.
    pub pytorch: String,
    /// Its shape in the zoo; a dense layer's weight is `[in, out]`, the other way round than PyTorch's.
    pub shape: Vec<usize>,
    /// Whether it is learned by gradients; the running statistics of batch normalisation are not.
    pub is_learned: bool,
}

/// How PyTorch names the modules of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PytorchNames {
    /// As the zoo does.
    Same,
    /// As the zoo does, but for one module.
    Renamed(&'static str, &'static str),
    /// By their places in one `nn.Sequential` of all operations.
    Sequential,
    /// By their places in two of them, before and after the flattening.
    Sequentials(&'static str, &'static str),
}

impl Window {
    /// Windows of that side, this many pixels apart, with padding on all four sides.
    pub const fn new(size: usize, stride: usize, padding: usize) -> Self {
        Self {
            size,
            stride,
            padding,
        }
    }

    /// Windows of that side, one beside the other.
    pub const fn blocks(size: usize) -> Self {
        Self::new(size, size, 0)
    }

    /// Its padding, as Burn's layers take it.
    pub(crate) fn on_all_sides(&self) -> PaddingConfig2d {
        let padding = self.padding;
        PaddingConfig2d::Explicit(padding, padding, padding, padding)
    }
}

impl Op {
    /// Its name among PyTorch's modules; `Add` for a sum.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Images => "Images",
            Self::Conv2d(_) => "Conv2d",
            Self::BatchNorm2d => "BatchNorm2d",
            Self::Linear => "Linear",
            Self::Relu => "ReLU",
            Self::Sigmoid => "Sigmoid",
            Self::MaxPool2d(_) => "MaxPool2d",
            Self::AvgPool2d(_) => "AvgPool2d",
            Self::GlobalAvgPool2d => "AdaptiveAvgPool2d",
            Self::Flatten => "Flatten",
            Self::Add => "Add",
        }
    }

    /// The end of the name of a node without parameters, after that of the module before it.
    pub(crate) fn suffix(&self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Conv2d(_) => "conv2d",
            Self::BatchNorm2d => "batch_norm",
            Self::Linear => "linear",
            Self::Relu => "relu",
            Self::Sigmoid => "sigmoid",
            Self::MaxPool2d(_) => "max_pool",
            Self::AvgPool2d(_) => "avg_pool",
            Self::GlobalAvgPool2d => "global_avg_pool",
            Self::Flatten => "flatten",
            Self::Add => "add",
        }
    }
}

impl Node {
    /// The number of its weights and biases.
    pub fn num_params(&self) -> usize {
        let learned = self.parameters.iter().filter(|p| p.is_learned);
        learned
            .map(|parameter| parameter.shape.iter().product::<usize>())
            .sum()
    }

    /// Multiplications, each with an addition, for one image, convolutions by the direct sum.
    pub fn multiply_adds(&self) -> usize {
        match &self.op {
            Op::Conv2d(shape) => shape.multiply_adds(),
            Op::Linear => self.parameters[0].shape.iter().product(),
            _ => 0,
        }
    }
}

impl Graph {
    /// All operations; the first is [`Op::Images`], the last gives the logits.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The rows of the layer table: all operations on the images.
    pub fn layers(&self) -> &[Node] {
        &self.nodes[1..]
    }

    /// The convolutions, in the order in which they are computed.
    pub fn convolutions(&self) -> Vec<ConvShape> {
        let nodes = self.nodes.iter();
        let shapes = nodes.filter_map(|node| match node.op {
            Op::Conv2d(shape) => Some(shape),
            _ => None,
        });
        shapes.collect()
    }

    /// Whether the maps of each convolution go into a batch normalisation and nowhere else.
    pub(crate) fn normalised_convolutions(&self) -> Vec<bool> {
        let nodes = self.nodes.iter().enumerate();
        let convolutions = nodes.filter(|(_, node)| matches!(node.op, Op::Conv2d(_)));
        let only_normalised = convolutions.map(|(number, _)| {
            let mut takers = self.nodes.iter().filter(|n| n.inputs.contains(&number));
            let first = takers.next().map(|node| &node.op);
            matches!(first, Some(Op::BatchNorm2d)) && takers.next().is_none()
        });
        only_normalised.collect()
    }

    /// All parameters, node by node.
    pub fn parameters(&self) -> impl Iterator<Item = &Parameter> {
        self.nodes.iter().flat_map(|node| &node.parameters)
    }

    /// The number of weights and biases.
    pub fn num_params(&self) -> usize {
        self.nodes.iter().map(Node::num_params).sum()
    }

    /// Multiplications, each with an addition, for one image, convolutions by the direct sum.
    pub fn multiply_adds(&self) -> usize {
        self.nodes.iter().map(Node::multiply_adds).sum()
    }

    /// Whether what training computes for an image depends on the other images of its batch, as batch
    /// normalisation has it: such a batch cannot be trained on in parts.
    pub fn looks_at_the_whole_batch(&self) -> bool {
        self.nodes.iter().any(|node| node.op == Op::BatchNorm2d)
    }

    /// The node with the parameter of that name in the zoo, and the parameter's place in it.
    pub(crate) fn find(&self, parameter: &str) -> Option<(&Node, usize)> {
        self.nodes.iter().find_map(|node| {
            let place = node.parameters.iter().position(|p| p.name == parameter)?;
            Some((node, place))
        })
    }

    /// The dense layer that gives the logits.
    pub fn head(&self) -> Option<&Node> {
        self.nodes.iter().rfind(|node| node.op == Op::Linear)
    }

    /// The same with another number of classes.
    pub(crate) fn with_classes(mut self, num_classes: usize) -> Self {
        if let Some(head) = self.nodes.iter_mut().rfind(|node| node.op == Op::Linear) {
            head.output = vec![num_classes];
            for parameter in &mut head.parameters {
                if let Some(outputs) = parameter.shape.last_mut() {
                    *outputs = num_classes;
                }
            }
        }
        self
    }
}

impl PytorchNames {
    /// The name of a node: of the one of that name, at its place in the graph, where the maps are
    /// flattened at another.
    pub(crate) fn of(self, name: &str, place: usize, flatten: Option<usize>) -> String {
        // The images are no module.
        let place = place.saturating_sub(1);
        let flatten = flatten.map_or(usize::MAX, |flatten| flatten.saturating_sub(1));
        match self {
            Self::Same => name.to_owned(),
            Self::Renamed(ours, theirs) if name == ours => theirs.to_owned(),
            Self::Renamed(..) => name.to_owned(),
            Self::Sequential => place.to_string(),
            Self::Sequentials(before, _) if place < flatten => format!("{before}.{place}"),
            Self::Sequentials(_, after) => {
                format!("{after}.{}", place.saturating_sub(flatten + 1))
            }
        }
    }
}
