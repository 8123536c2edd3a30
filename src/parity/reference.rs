//! The same steps in float64, and their sensitivity to the roundings of float32.

use super::error::ParityError;
use crate::backend::{self, Arithmetic, Device, Train};
use burn::module::AutodiffModule;
use burn::tensor::{DType, Tensor, TensorData, backend::Backend};
use burn::train::InferenceStep;
use burn_zoo_models::{Classifier, Network, NetworkConfig, parameters};
use burn_zoo_steps::{
    AdamSettings, HostBatch, ImageBatch, Observation, Task, Tensors, Trainee, gradients, train_step,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::f64::consts::SQRT_2;

/// The unit roundoff of float32: the largest relative error of one rounding.
pub(super) const ROUNDOFF: f64 = 1.0 / (1 << 24) as f64;

/// The relative error of a product by the roundings of its factors, and of its result where that has 16 bits: √2 and √3
/// roundings, as they go both ways.
pub(super) const fn of_a_product(arithmetic: Arithmetic) -> f64 {
    const BITS_11: f64 = 1.0 / (1 << 11) as f64;
    const BITS_8: f64 = 1.0 / (1 << 8) as f64;
    const SQRT_3: f64 = 1.732_050_807_568_877_2;
    match arithmetic {
        Arithmetic::Float32 => 0.0,
        Arithmetic::Tf32 => SQRT_2 * BITS_11,
        Arithmetic::F16 => SQRT_3 * BITS_11,
        Arithmetic::Bf16 => SQRT_3 * BITS_8,
    }
}

/// The number of times that the weights are shaken to measure the effect of float32 roundings.
const SHAKES: u64 = 4;

/// The largest number of products that a backend's kernels add one after another.
const BLOCK: usize = 512;

/// The largest relative error of an Adam step caused by its scalars. Burn's Adam computes 1 − β₂ᵗ,
/// which is near 0, in float32 (PyTorch in double precision): at β₂ = 0.999 that is off by up to
/// 6 · 10⁻⁵.
const ADAM_SCALARS: f64 = 6e-5;

/// A task's outcome in float64.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The observation of the steps in float64.
    pub exact: Observation,
    /// The number of logits of an image.
    pub(super) num_classes: usize,
    /// The initial weights.
    pub(super) initial: Tensors,
    /// The largest relative change of each quantity when the weights were shaken.
    pub(super) shaken: Sizes,
    /// Whether no two steps have the same images.
    pub(super) batches_differ: bool,
    /// The arithmetic whose roundings shook the weights.
    pub(super) arithmetic: Arithmetic,
}

/// One number for each quantity of an [`Observation`].
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sizes {
    /// For the logits.
    pub logits: f64,
    /// For each loss.
    pub losses: Vec<f64>,
    /// For each parameter's gradient.
    pub gradients: BTreeMap<String, f64>,
    /// For each parameter's change in the first step.
    pub first_update: BTreeMap<String, f64>,
    /// For each parameter's change in all steps.
    pub update: BTreeMap<String, f64>,
}

/// Whether float32 can distinguish the gradients of a task's first step from wrong ones: no shaking changes a gradient by more
/// than `limit`. Images for which the input of a ReLU is 0 within rounding are useless, as float32 may rightly compute
/// another gradient there.
pub(super) fn is_sharp(task: &Task, limit: f64) -> Result<bool, ParityError> {
    let first = Task {
        batches: task.batches[..1].to_vec(),
        ..task.clone()
    };
    let model = task.weights.apply(
        task.architecture
            .init_with_seed::<Train>(0, &backend::host())?,
    )?;
    let exact = run(&first, &model, None);
    Ok((0..SHAKES).all(|shake| {
        let moved = run(&first, &model, Some(Shake::new(shake, Arithmetic::Float32)));
        let sizes = Sizes::between(&moved, &exact, &exact.after_first);
        sizes.gradients.values().all(|&size| size <= limit)
    }))
}

impl Reference {
    /// Computes a task in float64 on the CPU: the model's forward and backward pass by flex in
    /// float64, and Adam's formula here, in double precision throughout. A backend may be off by the roundings of an
    /// arithmetic.
    ///
    /// # Errors
    /// [`ParityError`] where the task's weights do not fit its model.
    pub fn compute(task: &Task, arithmetic: Arithmetic) -> Result<Self, ParityError> {
        let model = task
            .architecture
            .init_with_seed::<Train>(0, &backend::host())?;
        let model = task.weights.apply(model)?;
        let initial: Tensors = task
            .weights
            .names()
            .filter_map(|name| Some((name.to_owned(), task.weights.get(name)?.iter().collect())))
            .collect();
        let mut exact = run(task, &model, None);
        exact.initial_weights_sha256 = task.weights.sha256();
        let mut shaken = Sizes::default();
        for shake in 0..SHAKES {
            let moved = run(task, &model, Some(Shake::new(shake, arithmetic)));
            shaken.grow(&Sizes::between(&moved, &exact, &initial));
        }
        let batches = &task.batches;
        let batches_differ = (1..batches.len()).all(|n| {
            batches[..n]
                .iter()
                .all(|batch| batch.images != batches[n].images)
        });
        Ok(Self {
            num_classes: task.architecture.num_classes(),
            exact,
            initial,
            shaken,
            batches_differ,
            arithmetic,
        })
    }
}

/// The possible effect of roundings on the weights and on Adam's steps.
///
/// Roundoff analysis says that a layer computed in floating point is the exact layer of slightly
/// other weights: a sum of n products may be off by n roundings at worst, and by about √n in
/// practice, since roundings go both ways; matrix kernels add blocks of a few hundred products at most
/// and then the blocks. So for every gradient each weight is changed by a random fraction of itself, up to
/// √min(n, 512) · 2⁻²⁴, where n is the number of its neuron's inputs. The change of the outcome shows how much the
/// network amplifies such errors, at the kinks of ReLU and max pooling too.
///
/// TF32 rounds both factors of every product, by up to 2⁻¹¹ of each, 16-bit floats the result too: as if each weight were
/// off by as much, besides the roundings of the sums.
struct Shake {
    rng: ChaCha8Rng,
    /// The error of all Adam steps.
    adam: f64,
    /// The relative error of a product.
    products: f64,
}

impl Shake {
    fn new(number: u64, arithmetic: Arithmetic) -> Self {
        Self {
            products: of_a_product(arithmetic),
            rng: ChaCha8Rng::seed_from_u64(number),
            adam: if number.is_multiple_of(2) {
                ADAM_SCALARS
            } else {
                -ADAM_SCALARS
            },
        }
    }

    fn weights(&mut self, values: &mut [f64], shape: &[usize]) {
        let inputs: usize = match *shape {
            [inputs, _] => inputs,
            [_, ref kernel @ ..] => kernel.iter().product(),
            [] => 1,
        };
        let sums = (inputs.min(BLOCK) as f64).sqrt() * ROUNDOFF;
        // Biases and what normalises are not factors of matrices.
        let products = if shape.len() > 1 { self.products } else { 0.0 };
        let share = sums + products;
        for value in values {
            let uniform = f64::from(self.rng.next_u32()) / f64::from(u32::MAX);
            *value *= 1.0 + share * (2.0 * uniform - 1.0);
        }
    }
}

/// Does the steps, with shaken weights if `shake` is given.
fn run(task: &Task, model: &Classifier<Train>, mut shake: Option<Shake>) -> Observation {
    let mut seen = Observation::default();
    let mut parameters: BTreeMap<String, Parameter> = parameters::read(model)
        .into_iter()
        .map(|(name, data)| (name, Parameter::new(&data)))
        .collect();
    let learning_rate = task.adam.learning_rate;
    let learning_rate = learning_rate * (1.0 + shake.as_ref().map_or(0.0, |shake| shake.adam));
    let mut at = |parameters: &BTreeMap<String, Parameter>| {
        let model = parameters::replace(model.clone(), DType::F64, |name| {
            let parameter = parameters.get(name)?;
            let mut values = parameter.values.clone();
            if let Some(shake) = &mut shake {
                shake.weights(&mut values, &parameter.shape);
            }
            Some(TensorData::new(values, parameter.shape.clone()))
        });
        Trainee::new(model)
    };
    for (index, batch) in task.batches.iter().enumerate() {
        let trainee = at(&parameters);
        let output = train_step(&trainee, double(batch));
        let gradients = gradients(&trainee, &output.grads);
        let statistics = statistics(&trainee.model);
        seen.losses
            .extend(output.item.loss.into_data().iter::<f64>());
        for (name, parameter) in &mut parameters {
            if let Some(gradient) = gradients.get(name) {
                parameter.step(gradient, &task.adam, learning_rate, index as i32 + 1);
            }
            if let Some(data) = statistics.get(name) {
                parameter.values = data.iter().collect();
            }
        }
        if index == 0 {
            seen.logits = output.item.output.into_data().iter().collect();
            seen.gradients = gradients;
            seen.after_first = values(&parameters);
        }
    }
    if let Some(first) = task.batches.first() {
        let batch = double(first);
        let output = InferenceStep::step(&at(&parameters).valid(), batch);
        seen.losses.extend(output.loss.into_data().iter::<f64>());
    }
    seen.after_last = values(&parameters);
    seen
}

/// The running statistics after a step, by name.
fn statistics(model: &Classifier<Train>) -> BTreeMap<String, TensorData> {
    let all = model.graph().parameters();
    let names: BTreeSet<&str> = all
        .filter(|own| !own.is_learned)
        .map(|own| own.name.as_str())
        .collect();
    if names.is_empty() {
        return BTreeMap::new();
    }
    let values = parameters::read(model).into_iter();
    values.filter(|(name, _)| names.contains(&**name)).collect()
}

fn double<B: Backend<Device = Device>>(batch: &HostBatch) -> ImageBatch<B> {
    let host = backend::host();
    ImageBatch {
        images: Tensor::from_data(batch.images.clone(), (&host, DType::F64)),
        targets: Tensor::from_data(batch.targets.clone(), &host),
    }
}

fn values(parameters: &BTreeMap<String, Parameter>) -> Tensors {
    let parameters = parameters.iter();
    parameters
        .map(|(name, parameter)| (name.clone(), parameter.values.clone()))
        .collect()
}

/// A parameter and Adam's moments of its gradient.
struct Parameter {
    shape: Vec<usize>,
    values: Vec<f64>,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Parameter {
    fn new(data: &TensorData) -> Self {
        let values: Vec<f64> = data.iter().collect();
        Self {
            shape: data.shape.to_vec(),
            first: vec![0.0; values.len()],
            second: vec![0.0; values.len()],
            values,
        }
    }

    /// One step of Adam as in Kingma and Ba, and in PyTorch.
    fn step(&mut self, gradient: &[f64], adam: &AdamSettings, learning_rate: f64, time: i32) {
        // The settings are stored as float32, but 0.9 means exactly 0.9.
        let meant = |setting: f32| setting.to_string().parse::<f64>().unwrap_or(setting.into());
        let (beta_1, beta_2) = (meant(adam.beta_1), meant(adam.beta_2));
        let epsilon = meant(adam.epsilon);
        let corrections = [1.0 - beta_1.powi(time), 1.0 - beta_2.powi(time)];
        for (index, gradient) in gradient.iter().enumerate() {
            let (first, second) = (&mut self.first[index], &mut self.second[index]);
            *first = beta_1 * *first + (1.0 - beta_1) * gradient;
            *second = beta_2 * *second + (1.0 - beta_2) * gradient * gradient;
            let mean = *first / corrections[0];
            let root = (*second / corrections[1]).sqrt();
            self.values[index] -= learning_rate * mean / (root + epsilon);
        }
    }
}

impl Sizes {
    /// The relative difference of an observation from the exact one.
    pub(super) fn between(seen: &Observation, exact: &Observation, initial: &Tensors) -> Self {
        let updates = |seen: &Tensors, exact: &Tensors| {
            let sizes = exact.iter().map(|(name, exact)| {
                let seen = seen.get(name).map_or(&[][..], Vec::as_slice);
                let zero = initial.get(name).map(Vec::as_slice);
                (name.clone(), Difference::of(seen, exact, zero).relative())
            });
            sizes.collect()
        };
        Self {
            logits: Difference::of(&seen.logits, &exact.logits, None).relative(),
            losses: seen
                .losses
                .iter()
                .zip(&exact.losses)
                .map(|(&seen, &exact)| Difference::of(&[seen], &[exact], None).relative())
                .collect(),
            gradients: exact
                .gradients
                .iter()
                .map(|(name, exact)| {
                    let seen = seen.gradients.get(name).map_or(&[][..], Vec::as_slice);
                    (name.clone(), Difference::of(seen, exact, None).relative())
                })
                .collect(),
            first_update: updates(&seen.after_first, &exact.after_first),
            update: updates(&seen.after_last, &exact.after_last),
        }
    }

    /// Keeps the larger of each two numbers.
    fn grow(&mut self, other: &Self) {
        let larger = |mine: &mut BTreeMap<String, f64>, other: &BTreeMap<String, f64>| {
            for (name, &size) in other {
                let mine = mine.entry(name.clone()).or_default();
                *mine = mine.max(size);
            }
        };
        self.logits = self.logits.max(other.logits);
        self.losses.resize(other.losses.len(), 0.0);
        for (mine, other) in self.losses.iter_mut().zip(&other.losses) {
            *mine = mine.max(*other);
        }
        larger(&mut self.gradients, &other.gradients);
        larger(&mut self.first_update, &other.first_update);
        larger(&mut self.update, &other.update);
    }
}

/// The difference of two lists of numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Difference {
    /// The largest of the absolute differences.
    pub largest: f64,
    /// The sum of the absolute differences.
    pub sum: f64,
    /// The sum of the exact numbers' distances from zero.
    pub exact: f64,
}

impl Difference {
    /// Compares observed numbers with exact ones; their distances from zero are measured from `zero` if it is given. The
    /// difference of lists of different lengths is infinite.
    pub fn of(seen: &[f64], exact: &[f64], zero: Option<&[f64]>) -> Self {
        let mut difference = Self::default();
        for (index, (seen, exact)) in seen.iter().zip(exact).enumerate() {
            let apart = (seen - exact).abs();
            // `max` would drop a NaN.
            if apart.is_nan() || apart > difference.largest {
                difference.largest = apart;
            }
            difference.sum += apart;
            difference.exact += (exact - zero.map_or(0.0, |zero| zero[index])).abs();
        }
        if seen.len() != exact.len() {
            difference.largest = f64::INFINITY;
            difference.sum = f64::INFINITY;
        }
        difference
    }

    /// The sum of the differences divided by the sum of the exact numbers' distances from zero.
    pub fn relative(&self) -> f64 {
        if self.sum == 0.0 {
            0.0
        } else {
            self.sum / self.exact
        }
    }
}
