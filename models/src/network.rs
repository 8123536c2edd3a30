//! Every architecture's share beyond its `features` and `logits`: a trial run without data gives its
//! operations and sizes, from which initial weights, algorithms, feature maps and new heads follow.

use crate::conv::ConvPlan;
use crate::graph::{Graph, PytorchNames};
use crate::init::{Drawer, draw_head};
use crate::maps::{Maps, Pass};
use crate::parameters::ModulePath;
use crate::prepared::Prepared;
use crate::trial::Trial;
use crate::{ConvAlgorithm, ConvShape, ImageShape, Initialisation, ModelError, Precision};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{DType, Distribution, Tensor, backend::Backend};
use burn_nn::conv::Conv2dConfig;
use burn_nn::{Linear, LinearConfig, PaddingConfig2d};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

/// Settings that make a network.
pub trait NetworkConfig {
    /// The network that they make.
    type Network<B: Backend>: Network<B>;

    /// The network with layers that do not know yet how much goes into them: of a convolution the input
    /// channels, of a dense layer the input features, for both of which 1 stands. A trial run finds it, and gives
    /// the layers their weights.
    fn layers<B: Backend>(&self, device: &B::Device) -> Self::Network<B>;

    /// The images, the classes, and how the weights are drawn.
    fn purpose(&self) -> Purpose;

    /// Whether the settings make sense, as far as a trial run does not check it.
    ///
    /// # Errors
    /// [`ModelError::BadConfig`].
    fn check(&self) -> Result<(), ModelError> {
        Ok(())
    }

    /// The network with weights drawn from Burn's own random numbers, so from `B::seed`.
    ///
    /// # Errors
    /// As [`init_with_seed`](Self::init_with_seed).
    fn init<B: Backend>(&self, device: &B::Device) -> Result<Self::Network<B>, ModelError> {
        let drawn = Tensor::<B, 1>::random([4], Distribution::Uniform(0.0, 65536.0), device);
        let drawn = drawn.into_data();
        let seed = drawn
            .iter::<f64>()
            .fold(0, |seed, part| (seed << 16) | (part as u64).min(65535));
        self.init_with_seed(seed, device)
    }

    /// The network with weights drawn from the seed: the same bytes on every backend.
    ///
    /// # Errors
    /// [`ModelError::ImagesTooSmall`] where a layer has nothing left to look at, and
    /// [`ModelError::BadConfig`] where a size is 0 or the settings do not fit each other.
    fn init_with_seed<B: Backend>(
        &self,
        seed: u64,
        device: &B::Device,
    ) -> Result<Self::Network<B>, ModelError> {
        self.check()?;
        let network = self.layers::<B>(device);
        let graph = try_out(&network, self.purpose().input)?;
        let mut network = network.map(&mut Drawer::new(
            &graph,
            self.purpose().initialisation,
            seed,
        ));
        network.plan_mut().set(graph);
        Ok(network)
    }

    /// The network's operations and their sizes, from a trial run without data on the backend's default
    /// device.
    ///
    /// # Errors
    /// As [`init_with_seed`](Self::init_with_seed).
    fn graph<B: Backend>(&self) -> Result<Graph, ModelError> {
        self.check()?;
        try_out(&self.layers::<B>(&Default::default()), self.purpose().input)
    }
}

/// The purpose of a network, its images and its classes, and how its weights begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purpose {
    /// The shape of the images.
    pub input: ImageShape,
    /// The number of classes.
    pub num_classes: usize,
    /// How the weights are drawn.
    pub initialisation: Initialisation,
}

impl Purpose {
    /// For images of that shape and this many classes, the weights drawn in that way.
    pub fn new(input: ImageShape, num_classes: usize, initialisation: Initialisation) -> Self {
        Self {
            input,
            num_classes,
            initialisation,
        }
    }
}

/// A network that classifies images.
///
/// An architecture gives [`features`](Self::features), [`logits`](Self::logits) and its [`Plan`]; all else
/// follows.
pub trait Network<B: Backend>: Module<B> {
    /// The settings that make such a network.
    type Config: NetworkConfig<Network<B> = Self>;

    /// Images to features `[N, F]`: all that looks at places in the images.
    fn features(&self, images: Maps<B>) -> Maps<B>;

    /// Features to logits `[N, num_classes]`.
    fn logits(&self, features: Maps<B>) -> Maps<B>;

    /// How the network is computed.
    fn plan(&self) -> &Plan<B>;

    /// How the network is computed.
    fn plan_mut(&mut self) -> &mut Plan<B>;

    /// How PyTorch names the modules.
    fn pytorch_names(&self) -> PytorchNames {
        PytorchNames::Same
    }

    /// Images `[N, C, H, W]` to logits `[N, num_classes]`.
    ///
    /// A program that classifies one picture after the other, or one batch, keeps [`prepared`](Self::prepared).
    ///
    /// # Panics
    /// With [`ModelError::WrongInput`]'s sentence where the images are of another shape than the
    /// network's; [`input`](Self::input) is its shape.
    fn forward(&self, images: Tensor<B, 4>) -> Tensor<B, 2> {
        Prepared::once(self).forward(images)
    }

    /// The network for many batches of images, none of which it learns from.
    fn prepared(&self) -> Prepared<'_, B, Self> {
        Prepared::new(self)
    }

    /// Images `[N, C, H, W]` to the maps `[N, C', H', W']` after each activation, first to last, each with its
    /// [`Node::name`](crate::Node::name); none where all layers are dense.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    fn feature_maps(&self, images: Tensor<B, 4>) -> Vec<(String, Tensor<B, 4>)> {
        let plan = self.plan();
        plan.check(&images);
        let pass = Rc::new(plan.pass().watched());
        self.features(pass.begin(Some(images)));
        let nodes = plan.graph.nodes();
        let seen = pass.seen().into_iter();
        seen.map(|(node, maps)| (nodes[node].name.clone(), maps))
            .collect()
    }

    /// The network's operations and their sizes.
    fn graph(&self) -> &Graph {
        &self.plan().graph
    }

    /// Whether an image's logits depend on the other images of its batch, as a batch normalisation has it that
    /// trains and is not frozen: such a batch cannot be trained on in parts.
    fn looks_at_the_whole_batch(&self) -> bool {
        let mut norms = LearnedNorms::default();
        self.visit(&mut norms);
        norms.found
    }

    /// The shape of the images that the network takes.
    fn input(&self) -> ImageShape {
        self.plan().input
    }

    /// The convolutions, in the order in which they are computed.
    fn convolutions(&self) -> &[ConvPlan<B>] {
        &self.plan().convolutions
    }

    /// How many values of each image the convolutions that are not Burn's own keep for the backward
    /// pass; 0 where all are Burn's.
    fn saved_activations(&self) -> usize {
        self.plan().saved_activations()
    }

    /// The same network with each convolution computed by the algorithm that `choose` names for it, or
    /// by [`ConvAlgorithm::Direct`], which all are at first, where that one does not serve it;
    /// [`convolutions`](Self::convolutions) lists.
    fn with_algorithms(mut self, mut choose: impl FnMut(&ConvShape) -> ConvAlgorithm) -> Self {
        let mut first = FirstParameter(None);
        self.visit(&mut first);
        let Some((dtype, device)) = first.0 else {
            return self;
        };
        for plan in &mut self.plan_mut().convolutions {
            let algorithm = choose(plan.shape());
            let shape = *plan.shape();
            *plan = ConvPlan::new(shape).with_algorithm(algorithm, dtype, &device);
        }
        self
    }

    /// The same network where convolutions that are not Burn's own compute so many images at a time (at least 1);
    /// 32 where nothing is said, in training 128. Their intermediate results are several times as large as the feature
    /// maps: few images leave them near to a CPU, many keep a GPU busy. How many makes no difference to the logits but
    /// for roundings.
    fn with_images_at_once(mut self, images: usize) -> Self {
        self.plan_mut().images_at_once = Some(images.max(1));
        self
    }

    /// The same network where convolutions and dense layers multiply in this type of float, and change their results
    /// back; all else stays in the type of the weights. A convolution in the frequency domain, which would lose too
    /// much, does not change.
    fn with_precision(mut self, precision: Precision) -> Self {
        self.plan_mut().precision = precision;
        self
    }

    /// The names of the head's parameters, the last layer's, which gives the logits: `fc.weight` and `fc.bias` of
    /// a [`Resnet`](crate::Resnet).
    fn head(&self) -> BTreeSet<String> {
        let parameters = self.graph().head().map(|head| &head.parameters);
        let names = parameters.into_iter().flatten().map(|own| own.name.clone());
        names.collect()
    }

    /// The same network with the parameters frozen whose names `is_frozen` picks, and all others thawed, on a
    /// backend with autodiff.
    ///
    /// A frozen parameter takes no gradient, so no optimizer changes it, and the backward pass ends at the first
    /// layer that is learned. A [`BatchNorm2d`](crate::BatchNorm2d) whose weight is frozen uses its running
    /// statistics, and leaves them as they are. The names are those of
    /// [`Graph::parameters`](crate::Graph::parameters); running statistics are never learned by gradients,
    /// whatever `is_frozen` says of them. To train the head alone, then all:
    /// ```
    /// # use burn_autodiff::Autodiff;
    /// # use burn_flex::Flex;
    /// # use burn_zoo_models::{ImageShape, Network, NetworkConfig, find};
    /// # let config = find("cnn-maxpool")?.config(ImageShape::new(1, 28, 28), 10);
    /// # let network = config.init_with_seed::<Autodiff<Flex>>(1, &Default::default())?;
    /// let head = network.head();
    /// let network = network.frozen(|name| !head.contains(name));
    /// // … steps of an optimizer …
    /// let network = network.frozen(|_| false);
    /// # Ok::<(), burn_zoo_models::ModelError>(())
    /// ```
    fn frozen(self, is_frozen: impl FnMut(&str) -> bool) -> Self {
        self.map(&mut Freezer {
            path: ModulePath::default(),
            is_frozen,
        })
    }

    /// The same network with a new last layer for other classes, drawn from the seed as PyTorch draws
    /// layers by default: where fine-tuning begins. The new layer is learned, even where the old one was frozen.
    ///
    /// # Errors
    /// [`ModelError::BadConfig`] for no classes.
    fn with_classes(self, num_classes: usize, seed: u64) -> Result<Self, ModelError> {
        let mut network = draw_head(self, num_classes, seed)?;
        let plan = network.plan_mut();
        plan.graph = Arc::new(plan.graph.as_ref().clone().with_classes(num_classes));
        Ok(network)
    }

    /// The network of the weights, filled with them.
    ///
    /// # Errors
    /// [`PretrainedError::Damaged`](crate::PretrainedError::Damaged).
    #[cfg(feature = "weights")]
    fn pretrained(
        weights: &crate::Weights<Self::Config>,
        device: &B::Device,
    ) -> Result<Self, crate::PretrainedError>
    where
        Self::Config: crate::Registered,
    {
        weights.load::<B>(device)
    }
}

/// How a network is computed: the shape of its images, its [`Graph`], and the algorithm of each convolution.
#[derive(Module, Debug)]
pub struct Plan<B: Backend> {
    #[module(skip)]
    input: ImageShape,
    #[module(skip)]
    graph: Arc<Graph>,
    convolutions: Vec<ConvPlan<B>>,
    /// Whether the maps of each convolution are normalised and not used otherwise.
    #[module(skip)]
    pub(crate) normalised: Arc<Vec<bool>>,
    #[module(skip)]
    images_at_once: Option<usize>,
    #[module(skip)]
    precision: Precision,
}

/// Images at a time, where convolutions are not Burn's own and nothing else is said: as it is fastest on CPUs. In
/// training each part also costs gradients of all kernels.
const IMAGES_AT_ONCE: usize = 32;
const IMAGES_AT_ONCE_IN_TRAINING: usize = 128;

impl<B: Backend> Plan<B> {
    /// For images of that shape; the rest follows from the network's trial run.
    pub fn new(input: ImageShape) -> Self {
        Self {
            input,
            graph: Arc::default(),
            convolutions: Vec::new(),
            normalised: Arc::default(),
            images_at_once: None,
            precision: Precision::F32,
        }
    }

    fn set(&mut self, graph: Graph) {
        let shapes = graph.convolutions().into_iter();
        self.convolutions = shapes.map(ConvPlan::new).collect();
        self.normalised = Arc::new(graph.normalised_convolutions());
        self.graph = Arc::new(graph);
    }

    pub(crate) fn check(&self, images: &Tensor<B, 4>) {
        if let Err(error) = self.input.check(images.dims()) {
            panic!("{error}");
        }
    }

    /// A pass of images, computed as planned.
    pub(crate) fn pass(&self) -> Pass<B> {
        Pass::new(&self.convolutions, self.precision.products())
    }

    /// How many images go through the network at a time, where convolutions are not Burn's own.
    pub(crate) fn images_at_once(&self, in_training: bool) -> usize {
        self.images_at_once.unwrap_or(match in_training {
            true => IMAGES_AT_ONCE_IN_TRAINING,
            false => IMAGES_AT_ONCE,
        })
    }

    pub(crate) fn saved_activations(&self) -> usize {
        self.convolutions
            .iter()
            .map(ConvPlan::saved_activations)
            .sum()
    }
}

/// A convolution of square kernels, padded on all sides, for a [`NetworkConfig::layers`]: its input channels
/// are still to be found.
pub(crate) fn conv2d(channels: usize, size: usize, stride: usize, padding: usize) -> Conv2dConfig {
    Conv2dConfig::new([1, channels], [size; 2])
        .with_stride([stride; 2])
        .with_padding(PaddingConfig2d::Explicit(
            padding, padding, padding, padding,
        ))
}

/// A dense layer for a [`NetworkConfig::layers`]: its input features are still to be found.
pub(crate) fn linear<B: Backend>(outputs: usize, device: &B::Device) -> Linear<B> {
    LinearConfig::new(1, outputs).init(device)
}

/// Sends a shape through a network.
fn try_out<B: Backend>(network: &impl Network<B>, input: ImageShape) -> Result<Graph, ModelError> {
    let images = [input.channels, input.height, input.width];
    let pass = Rc::new(Pass::trial(images));
    network.logits(network.features(pass.begin(None)));
    let mut names = Names::default();
    network.visit(&mut names);
    let name_of = |id: &ParamId| {
        let found = names.found.iter().find(|(known, _)| known == id);
        found.map_or_else(String::new, |(_, name)| name.clone())
    };
    let trial: Option<Trial<ParamId>> = pass.written();
    let trial = trial.expect("a trial writes");
    trial.graph(name_of, network.pytorch_names())
}

/// The names of a module's parameters.
#[derive(Default)]
struct Names {
    path: ModulePath,
    found: Vec<(ParamId, String)>,
}

impl<B: Backend> ModuleVisitor<B> for Names {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        self.found.push((param.id, self.path.name()));
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}

/// Freezes the parameters whose names are picked, and thaws the others.
struct Freezer<F> {
    path: ModulePath,
    is_frozen: F,
}

impl<B: Backend, F: FnMut(&str) -> bool> ModuleMapper<B> for Freezer<F> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        let is_frozen = (self.is_frozen)(&self.path.name());
        param.set_require_grad(!is_frozen)
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}

/// Looks for a batch normalisation whose weight takes a gradient.
#[derive(Default)]
struct LearnedNorms {
    /// Whether the parameter at hand is such a layer's weight.
    is_weight: bool,
    found: bool,
}

impl<B: Backend> ModuleVisitor<B> for LearnedNorms {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        self.found |= self.is_weight && param.is_require_grad();
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.is_weight = container == "Struct:BatchNorm2d" && name == "weight";
    }
}

/// The type of float and the device of a module's first parameter.
struct FirstParameter<B: Backend>(Option<(DType, B::Device)>);

impl<B: Backend> ModuleVisitor<B> for FirstParameter<B> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        self.0.get_or_insert_with(|| {
            let value = param.val();
            (value.dtype(), value.device())
        });
    }
}
