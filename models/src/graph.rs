//! The record of a network's trial run without data: each operation with its name, its inputs and its size.

use crate::{ConvShape, ModelError};

/// The operations of a network, in the order in which they are computed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    nodes: Vec<Node>,
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
    /// Windows of that side, so many steps apart, with padding on all four sides.
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
    fn suffix(&self) -> &'static str {
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

/// A graph in the making.
#[derive(Debug, Default)]
pub(crate) struct Trial<Id> {
    nodes: Vec<Unnamed<Id>>,
    faults: Vec<(usize, Fault)>,
}

/// A node whose module's name is still to be found by its parameters.
#[derive(Debug)]
struct Unnamed<Id> {
    op: Op,
    inputs: Vec<usize>,
    output: Vec<usize>,
    parameters: Vec<(Id, Vec<usize>)>,
}

/// Why a node cannot be computed.
#[derive(Debug)]
enum Fault {
    TooSmall { needed: usize, found: [usize; 2] },
    DoesNotFit(String),
}

impl<Id: PartialEq> Trial<Id> {
    /// A trial with images `[C, H, W]`.
    pub(crate) fn new(images: [usize; 3]) -> Self {
        let mut trial = Self {
            nodes: Vec::new(),
            faults: Vec::new(),
        };
        if images.contains(&0) {
            trial.fault(Fault::DoesNotFit(
                "have a side or channels of size 0".into(),
            ));
        }
        let images = images.map(|size| size.max(1)).to_vec();
        trial.push(Op::Images, &[], images, Vec::new());
        trial
    }

    /// The shape of a node's result for one image.
    pub(crate) fn output(&self, node: usize) -> &[usize] {
        &self.nodes[node].output
    }

    /// The shape `[C, H, W]` of a node's maps.
    pub(crate) fn maps(&mut self, node: usize) -> [usize; 3] {
        match *self.output(node) {
            [channels, height, width] => [channels, height, width],
            [features] => {
                self.fault(Fault::DoesNotFit("takes maps and is given features".into()));
                [features, 1, 1]
            }
            _ => unreachable!("a result has one or three axes"),
        }
    }

    fn fault(&mut self, fault: Fault) {
        self.faults.push((self.nodes.len(), fault));
    }

    fn push(
        &mut self,
        op: Op,
        inputs: &[usize],
        output: Vec<usize>,
        parameters: Vec<(Id, Vec<usize>)>,
    ) -> usize {
        self.nodes.push(Unnamed {
            op,
            inputs: inputs.to_vec(),
            output,
            parameters,
        });
        self.nodes.len() - 1
    }

    /// Notes that a window has so much to look at, and the least that it needs.
    fn needs(&mut self, needed: usize, found: [usize; 2]) {
        if found[0].min(found[1]) < needed {
            self.fault(Fault::TooSmall { needed, found });
        }
    }

    /// A convolution; `parameters` are its weight and perhaps its bias.
    pub(crate) fn conv2d(&mut self, input: usize, shape: ConvShape, parameters: Vec<Id>) -> usize {
        if shape.out_channels == 0 || shape.kernel.contains(&0) || shape.stride.contains(&0) {
            self.fault(Fault::DoesNotFit("has a size of 0".into()));
        } else if !shape.in_channels.is_multiple_of(shape.groups) {
            let (channels, groups) = (shape.in_channels, shape.groups);
            let reason = format!("has {groups} groups for {channels} channels");
            self.fault(Fault::DoesNotFit(reason));
        }
        let needed = shape.smallest_input();
        let large_enough = (0..2).all(|axis| shape.input[axis] >= needed[axis]);
        if !large_enough {
            let needed = needed[0].max(needed[1]);
            self.fault(Fault::TooSmall {
                needed,
                found: shape.input,
            });
        }
        let [height, width] = match large_enough && !shape.stride.contains(&0) {
            true => shape.output(),
            false => [1; 2],
        };
        let weight = vec![
            shape.out_channels,
            shape.in_channels / shape.groups.max(1),
            shape.kernel[0],
            shape.kernel[1],
        ];
        let shapes = [weight, vec![shape.out_channels]];
        let output = vec![shape.out_channels.max(1), height, width];
        let parameters = parameters.into_iter().zip(shapes).collect();
        self.push(Op::Conv2d(shape), &[input], output, parameters)
    }

    /// Batch normalisation; `parameters` are weight, bias, running mean and running variance.
    pub(crate) fn batch_norm(
        &mut self,
        input: usize,
        channels: usize,
        parameters: Vec<Id>,
    ) -> usize {
        let maps = self.maps(input);
        if maps[0] != channels {
            let reason = format!("normalises {channels} channels and is given {}", maps[0]);
            self.fault(Fault::DoesNotFit(reason));
        }
        let parameters = parameters.into_iter().map(|id| (id, vec![channels]));
        let parameters = parameters.collect();
        self.push(Op::BatchNorm2d, &[input], maps.to_vec(), parameters)
    }

    /// A dense layer; `parameters` are its weight and perhaps its bias.
    pub(crate) fn linear(&mut self, input: usize, outputs: usize, parameters: Vec<Id>) -> usize {
        let inputs = match *self.output(input) {
            [features] => features,
            ref maps => {
                let features = maps.iter().product();
                self.fault(Fault::DoesNotFit("takes features and is given maps".into()));
                features
            }
        };
        if outputs == 0 {
            self.fault(Fault::DoesNotFit("has 0 outputs".into()));
        }
        let shapes = [vec![inputs, outputs], vec![outputs]];
        let parameters = parameters.into_iter().zip(shapes).collect();
        self.push(Op::Linear, &[input], vec![outputs.max(1)], parameters)
    }

    /// A pooling by windows.
    pub(crate) fn pool(&mut self, input: usize, window: Window, op: fn(Window) -> Op) -> usize {
        let [channels, height, width] = self.maps(input);
        let Window {
            size,
            stride,
            padding,
        } = window;
        self.needs(size.saturating_sub(2 * padding).max(1), [height, width]);
        let pooled = |side: usize| (side + 2 * padding).saturating_sub(size) / stride + 1;
        let output = vec![channels, pooled(height), pooled(width)];
        self.push(op(window), &[input], output, Vec::new())
    }

    /// An operation that keeps the shape, takes the mean of each map, or makes features of maps.
    pub(crate) fn fixed(&mut self, input: usize, op: Op) -> usize {
        let output = match op {
            Op::Flatten => vec![self.output(input).iter().product()],
            Op::GlobalAvgPool2d => vec![self.maps(input)[0], 1, 1],
            _ => self.output(input).to_vec(),
        };
        self.push(op, &[input], output, Vec::new())
    }

    /// The sum of two results.
    pub(crate) fn add(&mut self, inputs: [usize; 2]) -> usize {
        let [first, second] = inputs.map(|input| self.output(input).to_vec());
        if first != second {
            let reason = format!("cannot add {second:?} to {first:?}");
            self.fault(Fault::DoesNotFit(reason));
        }
        self.push(Op::Add, &inputs, first, Vec::new())
    }

    /// The graph, its names found by `name_of` a parameter.
    ///
    /// # Errors
    /// [`ModelError::ImagesTooSmall`] or [`ModelError::BadConfig`] of the first node that cannot be
    /// computed.
    pub(crate) fn graph(
        self,
        name_of: impl Fn(&Id) -> String,
        pytorch: PytorchNames,
    ) -> Result<Graph, ModelError> {
        let mut nodes: Vec<Node> = Vec::new();
        // The module that a node without parameters is named after.
        let mut modules: Vec<String> = Vec::new();
        let flatten = self.nodes.iter().position(|node| node.op == Op::Flatten);
        for (place, node) in self.nodes.into_iter().enumerate() {
            let names = node.parameters.iter().map(|(id, _)| name_of(id));
            let names: Vec<String> = names.collect();
            let module = names.first().and_then(|name| name.rsplit_once('.'));
            let module = module.map(|(module, _)| module.to_owned());
            let before = node.inputs.first().map(|&input| modules[input].clone());
            let before = before.unwrap_or_default();
            let name = match &module {
                Some(module) => module.clone(),
                // There is one.
                None if node.op == Op::Flatten => free_name(&nodes, "", "flatten"),
                None => free_name(&nodes, &before, node.op.suffix()),
            };
            let in_pytorch = pytorch.of(&name, place, flatten);
            modules.push(module.unwrap_or(before));
            let parameters = names.into_iter().zip(node.parameters);
            let parameters = parameters.map(|(name, (_, shape))| {
                let own = name.rsplit_once('.').map_or(&*name, |(_, own)| own);
                Parameter {
                    pytorch: format!("{in_pytorch}.{own}"),
                    is_learned: !own.starts_with("running_"),
                    shape,
                    name,
                }
            });
            nodes.push(Node {
                parameters: parameters.collect(),
                op: node.op,
                inputs: node.inputs,
                output: node.output,
                name,
            });
        }
        let Some((node, fault)) = self.faults.into_iter().next() else {
            return Ok(Graph { nodes });
        };
        let input = match *nodes[0].output {
            [channels, height, width] => crate::ImageShape::new(channels, height, width),
            _ => unreachable!("images have three axes"),
        };
        let layer = nodes[node].name.clone();
        Err(match fault {
            Fault::TooSmall {
                needed,
                found: [height, width],
            } => ModelError::ImagesTooSmall {
                input,
                layer,
                needed,
                height,
                width,
            },
            Fault::DoesNotFit(reason) => ModelError::BadConfig {
                what: format!("{layer} {reason}"),
            },
        })
    }
}

/// `module.suffix`, with a number where that is another node's name.
fn free_name(nodes: &[Node], module: &str, suffix: &str) -> String {
    let name = match module {
        "" => suffix.to_owned(),
        module => format!("{module}.{suffix}"),
    };
    let is_free = |name: &String| nodes.iter().all(|node| node.name != *name);
    let numbered = (2..).map(|number| format!("{name}{number}"));
    let mut names = [name.clone()].into_iter().chain(numbered);
    names
        .find(is_free)
        .expect("there are more numbers than nodes")
}

impl PytorchNames {
    /// The name of a node: of the one of that name, at its place in the graph, where the maps are
    /// flattened at another.
    fn of(self, name: &str, place: usize, flatten: Option<usize>) -> String {
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
