//! The gate is known to fail when it should: defects planted in the steps that are observed.

use super::*;
use crate::backend::{Arithmetic, Infer, Train, host};
use crate::data::{self, LoadOptions};
use crate::parity::{self, Task};
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{DType, Tensor, TensorData};
use burn::train::{ClassificationOutput, TrainOutput};
use burn_zoo_models::parameters::{self, ModulePath};
use burn_zoo_steps::Trainee;
use burn_zoo_steps::{ImageBatch, observe_with, train_step};

/// Models that are quickly checked.
const CHECKED: [&str; 5] = [
    "mlp-sigmoid",
    "mlp-relu",
    "mlp-relu-3",
    "cnn-strided",
    "cnn-maxpool",
];

type Step = TrainOutput<ClassificationOutput<Infer>>;

fn task(model: &str) -> Task {
    let spec = burn_zoo_models::find(model).unwrap();
    let options = LoadOptions {
        seed: 42,
        ..LoadOptions::default()
    };
    let dataset = data::find("synthetic").unwrap();
    parity::task(
        spec,
        &dataset,
        dataset.architecture(spec),
        4,
        3,
        Some(parity::Start {
            first_batch: 0,
            learning_rate: spec.recipe.learning_rate,
        }),
        &options,
    )
    .unwrap()
}

/// The verdict on a task whose steps are done by `step`.
fn judge(task: &Task, step: impl Fn(&Trainee<Train>, ImageBatch<Train>) -> Step) -> Verdict {
    let seen = observe_with::<Train>(task, &host(), step).unwrap();
    Verdict::of(
        &seen,
        &Reference::compute(task, Arithmetic::Float32).unwrap(),
    )
}

/// Does something to the gradient of one parameter; `None` takes it away.
fn change_gradient(
    trainee: &Trainee<Train>,
    gradients: &mut GradientsParams,
    parameter: &str,
    factor: Option<f64>,
) {
    struct Changer<'a> {
        path: ModulePath,
        gradients: &'a mut GradientsParams,
        parameter: &'a str,
        factor: Option<f64>,
        found: bool,
    }
    impl ModuleVisitor<Train> for Changer<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
            if self.path.name() != self.parameter {
                return;
            }
            self.found = true;
            let gradient = self.gradients.remove::<Infer, D>(param.id).unwrap();
            if let Some(factor) = self.factor {
                self.gradients
                    .register::<Infer, D>(param.id, gradient.mul_scalar(factor));
            }
        }
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, _: &str, container: &str) {
            self.path.exit(container);
        }
    }
    let mut changer = Changer {
        path: ModulePath::default(),
        gradients,
        parameter,
        factor,
        found: false,
    };
    trainee.model.visit(&mut changer);
    assert!(changer.found, "there is no parameter {parameter}");
}

/// The trainee with another value of one parameter.
fn with_parameter(
    trainee: &Trainee<Train>,
    parameter: &str,
    change: impl Fn(TensorData) -> TensorData,
) -> Trainee<Train> {
    let values = parameters::read(&trainee.model);
    let (_, value) = values
        .into_iter()
        .find(|(name, _)| name == parameter)
        .unwrap();
    let changed = change(value);
    let model = parameters::replace(trainee.model.clone(), DType::F32, |name| {
        (name == parameter).then(|| changed.clone())
    });
    Trainee::new(model)
}

fn assert_breach(verdict: &Verdict, words: &[&str]) {
    let found = verdict
        .breaches
        .iter()
        .any(|breach| words.iter().all(|word| breach.contains(word)));
    assert!(found, "no breach with {words:?}: {:#?}", verdict.breaches);
}

#[test]
fn a_right_backend_passes() {
    for model in CHECKED {
        let verdict = judge(&task(model), train_step);
        assert!(verdict.holds(), "{model}: {:#?}", verdict.breaches);
        assert_eq!((verdict.same_answers, verdict.images), (4, 4));
        assert!(verdict.learned[0] != verdict.learned[1]);
    }
}

#[test]
fn burns_own_epsilon_of_adam_is_seen() {
    for model in ["mlp-relu", "cnn-strided"] {
        let right = task(model);
        let mut wrong = right.clone();
        wrong.adam.epsilon = 1e-5;
        let seen = observe_with::<Train>(&wrong, &host(), train_step).unwrap();
        let verdict = Verdict::of(
            &seen,
            &Reference::compute(&right, Arithmetic::Float32).unwrap(),
        );
        assert_breach(&verdict, &["first Adam step", "weight"]);
        assert_breach(&verdict, &["all Adam steps", "weight"]);
        let gradients = verdict
            .checks
            .iter()
            .filter(|check| check.quantity == Quantity::Gradient);
        assert!(
            gradients.into_iter().all(Check::holds),
            "only the steps are wrong"
        );
    }
}

#[test]
fn a_transposed_kernel_is_seen() {
    let verdict = judge(&task("cnn-strided"), |trainee, batch| {
        let transposed = with_parameter(trainee, "conv3.weight", |data| {
            let kernel = Tensor::<Infer, 4>::from_data(data, &host());
            kernel.swap_dims(2, 3).into_data()
        });
        train_step(&transposed, batch)
    });
    assert_breach(&verdict, &["logits"]);
    assert_breach(&verdict, &["gradient of conv3.weight"]);
}

#[test]
fn swapped_height_and_width_are_seen() {
    for model in ["mlp-relu", "cnn-strided"] {
        let verdict = judge(&task(model), |trainee, batch| {
            let images = batch.images.swap_dims(2, 3);
            train_step(trainee, ImageBatch { images, ..batch })
        });
        assert_breach(&verdict, &["logits"]);
        assert_breach(&verdict, &["gradient of"]);
    }
}

#[test]
fn a_frozen_layer_is_seen() {
    let verdict = judge(&task("cnn-strided"), |trainee, batch| {
        let mut output = train_step(trainee, batch);
        change_gradient(trainee, &mut output.grads, "conv2.weight", None);
        output
    });
    assert_breach(&verdict, &["gradient of conv2.weight", "missing"]);
    assert_breach(
        &verdict,
        &["first Adam step of conv2.weight", "off by 1.0e0"],
    );
}

#[test]
fn a_dropped_bias_is_seen_even_if_it_begins_as_zero() {
    let dropped = |model: &str, bias: &'static str| {
        judge(&task(model), move |trainee, batch| {
            let without = with_parameter(trainee, bias, |data| {
                TensorData::zeros::<f32, _>(data.shape)
            });
            let mut output = train_step(&without, batch);
            change_gradient(trainee, &mut output.grads, bias, None);
            output
        })
    };
    let verdict = dropped("cnn-strided", "conv1.bias");
    assert_breach(&verdict, &["logits"]);
    assert_breach(&verdict, &["gradient of conv1.bias", "missing"]);
    let verdict = dropped("mlp-relu", "hidden.0.bias");
    assert_breach(&verdict, &["gradient of hidden.0.bias", "missing"]);
}

#[test]
fn one_gradient_scaled_by_a_thousandth_is_seen_and_named() {
    for (model, parameter) in [
        ("mlp-relu", "hidden.0.weight"),
        ("mlp-relu", "output.bias"),
        ("cnn-strided", "conv1.weight"),
        ("cnn-strided", "conv4.bias"),
        ("cnn-maxpool", "conv2.weight"),
    ] {
        let verdict = judge(&task(model), |trainee, batch| {
            let mut output = train_step(trainee, batch);
            change_gradient(trainee, &mut output.grads, parameter, Some(1.001));
            output
        });
        assert_breach(
            &verdict,
            &[&format!("gradient of {parameter} is off by 1.0e-3")],
        );
        // Adam divides by the gradients' size, so nothing but the gradient shows it.
        assert_eq!(verdict.breaches.len(), 1, "{:#?}", verdict.breaches);
    }
}

#[test]
fn a_loss_that_sums_instead_of_averaging_is_seen() {
    let verdict = judge(&task("mlp-relu"), |trainee, batch| {
        let mut output = train_step(trainee, batch);
        output.item.loss = output.item.loss.mul_scalar(4.0);
        output
    });
    assert_breach(&verdict, &["the loss of batch 1"]);
}

#[test]
fn steps_that_teach_nothing_do_not_pass() {
    let mut still = task("mlp-relu");
    still.adam.learning_rate = 0.0;
    let verdict = judge(&still, train_step);
    assert_breach(&verdict, &["whether it learns cannot be judged"]);
    assert_breach(&verdict, &["hidden.0.weight did not change"]);

    let mut repeated = task("mlp-relu");
    repeated.batches[2] = repeated.batches[0].clone();
    assert_breach(&judge(&repeated, train_step), &["different images"]);
}

#[test]
fn numbers_that_are_none_and_other_initial_weights_do_not_pass() {
    let task = task("mlp-relu");
    let reference = Reference::compute(&task, Arithmetic::Float32).unwrap();
    let right = observe_with::<Train>(&task, &host(), train_step).unwrap();
    assert!(Verdict::of(&right, &reference).holds());

    let mut seen = right.clone();
    seen.logits[3] = f64::NAN;
    assert_breach(&Verdict::of(&seen, &reference), &["logits is off by NaN"]);
    let mut seen = right.clone();
    seen.after_last.get_mut("output.weight").unwrap()[5] = f64::INFINITY;
    assert_breach(
        &Verdict::of(&seen, &reference),
        &["all Adam steps of output.weight"],
    );
    let mut seen = right.clone();
    seen.logits.pop();
    assert_breach(&Verdict::of(&seen, &reference), &["logits"]);
    let mut seen = right.clone();
    seen.losses.clear();
    assert_breach(&Verdict::of(&seen, &reference), &["the loss of batch 1"]);
    let mut seen = right;
    seen.initial_weights_sha256 = "0".repeat(64);
    assert_breach(&Verdict::of(&seen, &reference), &["other weights"]);
}

#[test]
fn an_image_put_in_another_class_is_seen() {
    let task = task("mlp-relu");
    let reference = Reference::compute(&task, Arithmetic::Float32).unwrap();
    let mut seen = observe_with::<Train>(&task, &host(), train_step).unwrap();
    seen.logits[10..20].reverse();
    let verdict = Verdict::of(&seen, &reference);
    assert_breach(&verdict, &["image 2 of the first batch"]);
    assert_eq!(verdict.same_answers, 3);
}

#[test]
fn an_observation_survives_a_file() {
    let seen = observe_with::<Train>(&task("cnn-strided"), &host(), train_step).unwrap();
    let read = Observation::from_safetensors(&seen.to_safetensors()).unwrap();
    assert_eq!(read, seen);
    assert!(Observation::from_safetensors(&seen.to_safetensors()[..1000]).is_err());
}

#[test]
fn images_at_the_corner_of_a_relu_cannot_be_judged() {
    let mut task = task("mlp-relu");
    let pixels: Vec<f32> = task.batches[0].images.iter().collect();
    // Eight hidden units whose input for the first image is 0 but for rounding: x/x - y/y.
    let mut values: Vec<f32> = task
        .weights
        .get("hidden.0.weight")
        .unwrap()
        .iter()
        .collect();
    for unit in 0..8 {
        for input in 0..784 {
            values[input * 256 + unit] = match input {
                300 => 1.0 / pixels[300],
                400 => -1.0 / pixels[400],
                _ => 0.0,
            };
        }
    }
    let data = TensorData::new(values, [784, 256]);
    task.weights.insert("hidden.0.weight".into(), data);
    assert_breach(
        &judge(&task, train_step),
        &[
            "gradient of hidden.0.",
            "and of another parameter cannot be judged",
        ],
    );
}

/// TF32's number next to a float32.
fn tf32(value: f32) -> f32 {
    // To the nearest, halves away from zero, as CUDA rounds.
    f32::from_bits((value.to_bits() + 0x1000) & !0x1FFF)
}

/// A step on rounded images with rounded weights: a device that multiplies in TF32, as far as these go.
fn in_tf32(trainee: &Trainee<Train>, batch: ImageBatch<Train>) -> Step {
    let rounded = |data: TensorData| {
        let values = data.iter::<f32>().map(tf32).collect();
        TensorData::new::<f32, _>(values, data.shape.clone())
    };
    let model = parameters::read(&trainee.model).into_iter();
    let model: std::collections::BTreeMap<_, _> =
        model.map(|(name, data)| (name, rounded(data))).collect();
    let model = parameters::replace(trainee.model.clone(), DType::F32, |name| {
        model.get(name).cloned()
    });
    let images = Tensor::from_data(rounded(batch.images.into_data()), &host());
    train_step(&Trainee::new(model), ImageBatch { images, ..batch })
}

#[test]
fn tf32_is_beyond_float32_and_within_its_own_roundings() {
    for model in CHECKED {
        let task = task(model);
        let seen = observe_with::<Train>(&task, &host(), in_tf32).unwrap();
        let strict = Verdict::of(
            &seen,
            &Reference::compute(&task, Arithmetic::Float32).unwrap(),
        );
        assert_breach(&strict, &["logits is off by"]);
        let coarse = Verdict::of(&seen, &Reference::compute(&task, Arithmetic::Tf32).unwrap());
        assert!(coarse.holds(), "{model}: {:#?}", coarse.breaches);
        assert_eq!(coarse.arithmetic, Arithmetic::Tf32);
    }
}

#[test]
fn defects_are_seen_within_the_roundings_of_tf32_too() {
    let task = task("cnn-strided");
    let reference = Reference::compute(&task, Arithmetic::Tf32).unwrap();
    let judge = |step: &dyn Fn(&Trainee<Train>, ImageBatch<Train>) -> Step| {
        Verdict::of(
            &observe_with::<Train>(&task, &host(), step).unwrap(),
            &reference,
        )
    };
    let transposed = judge(&|trainee, batch| {
        let transposed = with_parameter(trainee, "conv3.weight", |data| {
            let kernel = Tensor::<Infer, 4>::from_data(data, &host());
            kernel.swap_dims(2, 3).into_data()
        });
        in_tf32(&transposed, batch)
    });
    assert_breach(&transposed, &["logits"]);
    let scaled = |factor| {
        judge(&move |trainee: &Trainee<Train>, batch| {
            let mut output = in_tf32(trainee, batch);
            change_gradient(trainee, &mut output.grads, "conv2.weight", factor);
            output
        })
    };
    assert_breach(&scaled(Some(1.3)), &["gradient of conv2.weight is off by"]);
    assert_breach(&scaled(None), &["gradient of conv2.weight", "missing"]);
}
