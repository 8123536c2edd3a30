//! A network's trial run without data: each layer notes itself, and a graph is made of the notes.

use crate::graph::{Graph, Node, Op, Parameter, PytorchNames, Window};
use crate::{ConvShape, ModelError};

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

    /// Notes the size that a window gets, and the smallest that it needs.
    fn needs(&mut self, needed: usize, found: [usize; 2]) {
        if found[0].min(found[1]) < needed {
            self.fault(Fault::TooSmall { needed, found });
        }
    }

    /// A convolution; `parameters` are its weight and perhaps its bias.
    pub(crate) fn conv2d(&mut self, input: usize, shape: ConvShape, parameters: Vec<Id>) -> usize {
        if shape.out_channels == 0 || shape.kernel.contains(&0) || shape.stride.contains(&0) {
            let reason = "has a size of 0: channels, kernels and strides are at least 1";
            self.fault(Fault::DoesNotFit(reason.into()));
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
            self.fault(Fault::DoesNotFit(
                "has 0 outputs and needs at least 1".into(),
            ));
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
