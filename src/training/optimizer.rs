//! Burn's Adam with PyTorch's values, its state within reach of checkpoints.

use crate::backend::{Device, Infer, Train};
use crate::weights::Weights;
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::adaptor::OptimizerAdaptor;
use burn::optim::record::AdaptorRecord;
use burn::optim::{
    Adam, AdamState, AdaptiveMomentumState, GradientsParams, LearningRate, MultiGradientsParams,
    Optimizer,
};
use burn::tensor::{Tensor, TensorData};
use burn_zoo_models::parameters::ModulePath;
use burn_zoo_steps::{AdamSettings, Trainee};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Adapted = OptimizerAdaptor<Adam, Trainee<Train>, Train>;
type Records = <Adapted as Optimizer<Trainee<Train>, Train>>::Record;

/// Adam behind a handle: the learner steps it, and a checkpoint can read its state, which the
/// learner keeps to itself.
#[derive(Clone)]
pub struct SharedAdam {
    adam: Arc<Mutex<Adapted>>,
    weight_decay: f64,
    /// Where the backbone has a learning rate of its own: what part of the head's it is, and the names of the
    /// head's parameters in the trainee.
    backbone: Option<(f64, Arc<[String]>)>,
}

impl SharedAdam {
    /// Adam that has not stepped yet.
    pub fn new(settings: &AdamSettings) -> Self {
        Self {
            adam: Arc::new(Mutex::new(settings.config().init())),
            weight_decay: 0.0,
            backbone: None,
        }
    }

    /// The same with every weight, but no bias, shrinking by this share of itself, times the learning rate,
    /// before each step (AdamW).
    pub fn with_weight_decay(self, weight_decay: f64) -> Self {
        Self {
            weight_decay,
            ..self
        }
    }

    /// The same with the learning rate times `share` for all parameters but those of the head.
    pub fn with_backbone_rate(self, share: f64, head: &[String]) -> Self {
        let head = head.iter().map(|name| format!("model.{name}"));
        Self {
            backbone: Some((share, head.collect())),
            ..self
        }
    }

    fn lock(&self) -> MutexGuard<'_, Adapted> {
        self.adam.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decayed(&self, lr: LearningRate, trainee: Trainee<Train>) -> Trainee<Train> {
        if self.weight_decay == 0.0 {
            return trainee;
        }
        let kept = |lr: f64| 1.0 - lr * self.weight_decay;
        let (backbone, head) = match &self.backbone {
            Some((share, head)) => (kept(lr * share), &head[..]),
            None => (kept(lr), &[][..]),
        };
        let mut decay = Decay {
            path: ModulePath::default(),
            backbone,
            head: kept(lr),
            names_of_head: head,
        };
        trainee.map(&mut decay)
    }

    /// A step after the decay.
    fn stepped(
        &mut self,
        lr: LearningRate,
        trainee: Trainee<Train>,
        mut grads: GradientsParams,
    ) -> Trainee<Train> {
        let Some((share, head)) = &self.backbone else {
            return self.lock().step(lr, trainee, grads);
        };
        let mut taken = Taken {
            path: ModulePath::default(),
            names: head,
            from: &mut grads,
            gradients: GradientsParams::new(),
        };
        trainee.visit(&mut taken);
        let of_head = taken.gradients;
        let mut adam = self.lock();
        let trainee = adam.step(lr * share, trainee, grads);
        adam.step(lr, trainee, of_head)
    }

    /// Gives every parameter of `trainee` that learns moments of 0. Burn's Adam would make the first ones in its first step, by
    /// other kernels than in all later steps, which a GPU would compile too.
    pub(super) fn begin(&self, trainee: &Trainee<Train>) {
        let mut zeros = Zeros(Records::default());
        trainee.visit(&mut zeros);
        let mut adam = self.lock();
        *adam = adam.clone().load_record(zeros.0);
    }

    /// Adds the moments of every parameter of `trainee` to `state`, and returns the number of steps of each.
    pub(super) fn save(&self, trainee: &Trainee<Train>, state: &mut Weights) -> Steps {
        let mut saver = Saver {
            path: ModulePath::default(),
            records: self.lock().to_record(),
            state,
            steps: BTreeMap::new(),
        };
        trainee.model.visit(&mut saver);
        let most = saver.steps.values().copied().max().unwrap_or(0);
        saver.steps.retain(|_, steps| *steps != most);
        Steps {
            most,
            fewer: saver.steps,
        }
    }

    /// Takes over moments that [`save`](Self::save) wrote after this many steps.
    pub(super) fn load(
        &self,
        trainee: &Trainee<Train>,
        state: &Weights,
        steps: &Steps,
        device: &Device,
    ) {
        let mut loader = Loader {
            path: ModulePath::default(),
            records: Records::default(),
            state,
            steps,
            device,
        };
        trainee.model.visit(&mut loader);
        let mut adam = self.lock();
        *adam = adam.clone().load_record(loader.records);
    }
}

impl Optimizer<Trainee<Train>, Train> for SharedAdam {
    type Record = Records;

    fn step(
        &mut self,
        lr: LearningRate,
        trainee: Trainee<Train>,
        grads: GradientsParams,
    ) -> Trainee<Train> {
        let trainee = self.decayed(lr, trainee);
        self.stepped(lr, trainee, grads)
    }

    fn step_multi(
        &mut self,
        lr: LearningRate,
        trainee: Trainee<Train>,
        grads: MultiGradientsParams,
    ) -> Trainee<Train> {
        // One device trains, so that the learner never comes here.
        assert!(
            self.backbone.is_none(),
            "gradients of several devices are not supported"
        );
        let trainee = self.decayed(lr, trainee);
        self.lock().step_multi(lr, trainee, grads)
    }

    fn to_record(&self) -> Self::Record {
        self.lock().to_record()
    }

    fn load_record(self, record: Self::Record) -> Self {
        let adam = self.lock().clone().load_record(record);
        Self {
            adam: Arc::new(Mutex::new(adam)),
            weight_decay: self.weight_decay,
            backbone: self.backbone,
        }
    }
}

/// How many steps Adam has taken with each parameter.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Steps {
    /// With those that have moments, but for the following.
    pub most: usize,
    /// With those that were frozen for a time, by their names.
    pub fewer: BTreeMap<String, usize>,
}

/// Makes weights smaller; biases, the only parameters of one dimension, stay, and so does what is frozen.
struct Decay<'a> {
    path: ModulePath,
    backbone: f64,
    head: f64,
    names_of_head: &'a [String],
}

impl ModuleMapper<Train> for Decay<'_> {
    fn map_float<const D: usize>(
        &mut self,
        param: Param<Tensor<Train, D>>,
    ) -> Param<Tensor<Train, D>> {
        if D == 1 || !param.is_require_grad() {
            return param;
        }
        let kept = match self.names_of_head.contains(&self.path.name()) {
            true => self.head,
            false => self.backbone,
        };
        // Without a graph, as after an optimiser's step.
        param.map(|weight| Tensor::from_inner(weight.inner() * kept).require_grad())
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}

/// Takes the gradients of the parameters of these names.
struct Taken<'a> {
    path: ModulePath,
    names: &'a [String],
    from: &'a mut GradientsParams,
    gradients: GradientsParams,
}

impl ModuleVisitor<Train> for Taken<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
        if self.names.contains(&self.path.name())
            && let Some(gradient) = self.from.remove::<Infer, D>(param.id)
        {
            self.gradients.register(param.id, gradient);
        }
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}

/// Moments of 0 after 0 steps.
struct Zeros(Records);

impl ModuleVisitor<Train> for Zeros {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
        if param.is_require_grad() {
            // From the host: what a GPU makes itself would be fused with the first step, to kernels of its own.
            let data = TensorData::zeros::<f32, _>(param.dims());
            let zeros = || Tensor::<Infer, D>::from_data(data.clone(), &param.device());
            let momentum = AdaptiveMomentumState::new(0, zeros(), zeros());
            let record = AdaptorRecord::from_state(AdamState::new(momentum));
            self.0.insert(param.id, record);
        }
    }
}

/// The names of a parameter's first and second moment in a checkpoint.
fn moment_names(parameter: &str) -> [String; 2] {
    [1, 2].map(|moment| format!("adam.moment_{moment}.{parameter}"))
}

struct Saver<'a> {
    path: ModulePath,
    records: Records,
    state: &'a mut Weights,
    steps: BTreeMap<String, usize>,
}

impl ModuleVisitor<Train> for Saver<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
        if let Some(record) = self.records.remove(&param.id) {
            let momentum = record.into_state::<D>().momentum;
            let [first, second] = moment_names(&self.path.name());
            self.state.insert(first, momentum.moment_1.into_data());
            self.state.insert(second, momentum.moment_2.into_data());
            self.steps.insert(self.path.name(), momentum.time);
        }
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}

struct Loader<'a> {
    path: ModulePath,
    records: Records,
    state: &'a Weights,
    steps: &'a Steps,
    device: &'a Device,
}

impl ModuleVisitor<Train> for Loader<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
        let name = self.path.name();
        let [first, second] = moment_names(&name);
        if let (Some(first), Some(second)) = (self.state.get(&first), self.state.get(&second)) {
            let moment_1 = Tensor::<Infer, D>::from_data(first.clone(), self.device);
            let moment_2 = Tensor::<Infer, D>::from_data(second.clone(), self.device);
            let steps = self.steps.fewer.get(&name).copied();
            let steps = steps.unwrap_or(self.steps.most);
            let momentum = AdaptiveMomentumState::new(steps, moment_1, moment_2);
            let record = AdaptorRecord::from_state(AdamState::new(momentum));
            self.records.insert(param.id, record);
        }
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend;
    use burn::train::TrainStep;
    use burn_zoo_models::{Classifier, ImageShape, NetworkConfig, find};
    use burn_zoo_steps::ImageBatch;

    fn cnn_strided() -> Classifier<Train> {
        let spec = find("cnn-strided").unwrap();
        let config = spec.config(ImageShape::new(1, 14, 14), 10);
        config.init_with_seed(1, &backend::host()).unwrap()
    }

    #[test]
    fn a_first_step_from_moments_of_0_ends_in_the_same_bytes_as_one_from_none() {
        let trainee = Trainee::new(cnn_strided());
        let step = |adam: SharedAdam| {
            let batch = ImageBatch {
                images: Tensor::ones([4, 1, 14, 14], &backend::host()),
                targets: Tensor::from_data([3, 1, 4, 1], &backend::host()),
            };
            let gradients = TrainStep::step(&trainee, batch).grads;
            let stepped = adam.clone().step(1e-3, trainee.clone(), gradients);
            let mut state = Weights::of(&stepped.model);
            let steps = adam.save(&stepped, &mut state);
            (state.sha256(), steps)
        };
        let settings = AdamSettings::new(1e-3);
        let begun = SharedAdam::new(&settings);
        begun.begin(&trainee);
        assert!(begun.save(&trainee, &mut Weights::default()) == Steps::default());
        assert_eq!(step(begun), step(SharedAdam::new(&settings)));
    }

    #[test]
    fn weight_decay_takes_its_share_of_every_weight_and_of_no_bias() {
        let model = cnn_strided();
        let adam = SharedAdam::new(&AdamSettings::new(0.5)).with_weight_decay(0.1);
        let before = Weights::of(&model);
        let after = Weights::of(&adam.decayed(0.5, Trainee::new(model)).model);
        for name in before.names() {
            let kept = if name.ends_with(".bias") { 1.0 } else { 0.95 };
            let pairs = before.get(name).unwrap().iter::<f32>();
            let pairs = pairs.zip(after.get(name).unwrap().iter::<f32>());
            for (before, after) in pairs {
                assert!(
                    (after - kept * before).abs() <= 1e-6 * before.abs(),
                    "{name}"
                );
            }
        }
    }
}
