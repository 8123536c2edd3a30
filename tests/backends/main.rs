//! What holds on every backend that this machine can run, for real.
//!
//! A backend that is not built in or has no device here is reported as ignored, by name and reason.
//! With `ZOO_REQUIRE_BACKENDS=flex,libtorch,…` such a backend is a failure instead.

mod determinism;
mod pytorch;
mod worked_examples;

use burn::data::dataloader::DataLoader;
use burn_zoo::backend::{self, BACKENDS, BackendSpec, Infer, Selected, read, read_int};
use burn_zoo::data::{self, ImageBatcher, ImageLoader, LoadOptions, Order, Split};
use burn_zoo::evaluate::weights_of;
use burn_zoo_models::{ImageShape, MODELS, NetworkConfig, Normalisation};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Arc;

const ZOO: &str = env!("CARGO_BIN_EXE_zoo");

/// A test by its sentence, run on each backend.
type Test = (&'static str, fn(&Selected) -> Result<(), Failed>);

const TESTS: &[Test] = &[
    (
        "initial weights have the same bytes as everywhere else",
        same_initial_weights,
    ),
    (
        "batches come in the same order with the same bytes as everywhere else",
        same_batches,
    ),
    (
        "training learns, and the run evaluates on flex to the same figures",
        learns,
    ),
    ("a convolutional network trains", cnn_trains),
    (
        "a batch that it shares with flex, or with itself, trains as on flex alone",
        shares_batches,
    ),
    (
        "the lecture's convolution example comes out, both kernels, both strides",
        worked_examples::the_convolution_example,
    ),
    (
        "a 2×2 convolution is the dense layer with shared weights",
        worked_examples::from_mlp_to_cnn,
    ),
    (
        "the lecture's shape examples come out, with their parameters",
        worked_examples::the_shape_examples,
    ),
    (
        "a kernel takes data of its own channels only",
        worked_examples::the_channel_rule,
    ),
];

fn main() -> ExitCode {
    // What Burn says to shapes that do not fit, which a test provokes, is no news.
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let message = panic.payload_as_str().unwrap_or_default();
        if !message.contains("=== Tensor Operation Error ===") {
            tell(panic);
        }
    }));
    let arguments = Arguments::from_args();
    let required = std::env::var("ZOO_REQUIRE_BACKENDS").unwrap_or_default();
    let required: Vec<&str> = required.split(',').filter(|id| !id.is_empty()).collect();
    let mut trials: Vec<Trial> = BACKENDS
        .iter()
        .flat_map(|spec| trials(spec, required.contains(&spec.id)))
        .collect();
    trials.push(pytorch::every_registered_model_has_a_fixture());
    trials.extend(pytorch::of_the_reference());
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trials(spec: &'static BackendSpec, required: bool) -> Vec<Trial> {
    let selected = match backend::select(spec.id, None, Some(Path::new(ZOO))) {
        Ok(selected) => selected,
        Err(error) => {
            let name = format!("{}: skipped, {error}", spec.id);
            return vec![
                Trial::test(name, move || Err(error.to_string().into()))
                    .with_ignored_flag(!required),
            ];
        }
    };
    let trial = |&(sentence, test): &Test| {
        let selected = selected.clone();
        let name = format!("{} {}: {sentence}", spec.id, selected.info.id);
        Trial::test(name, move || test(&selected))
    };
    let mut trials: Vec<Trial> = TESTS.iter().map(trial).collect();
    if determinism::applies_to(&selected) {
        let sentence = "a run repeated ends in the same bytes, with one thread and with two";
        trials.push(trial(&(
            sentence,
            determinism::a_run_repeated_ends_in_the_same_bytes,
        )));
    }
    trials.extend(pytorch::on(&selected));
    trials
}

/// SHA-256 of every model's initial weights for seed 42 and images of 1×28×28 and 3×32×32, computed
/// by host_draws.py without the zoo.
const INITIAL_WEIGHTS: [(&str, [&str; 2]); 10] = include!("../host_draws.in");

fn same_initial_weights(selected: &Selected) -> Result<(), Failed> {
    for (spec, (id, expected)) in MODELS.iter().zip(INITIAL_WEIGHTS) {
        assert_eq!(spec.id, id);
        let shapes = [ImageShape::new(1, 28, 28), ImageShape::new(3, 32, 32)];
        for (shape, expected) in shapes.into_iter().zip(expected) {
            let model = spec
                .config(shape, 10)
                .init_with_seed::<Infer>(42, &selected.device)?;
            let drawn = weights_of(&model).sha256();
            if drawn != expected {
                return Err(format!("{id} on {shape}: {drawn} instead of {expected}").into());
            }
        }
    }
    Ok(())
}

fn same_batches(selected: &Selected) -> Result<(), Failed> {
    let images = data::find("synthetic-rgb")?
        .load(Split::Test, &LoadOptions::default())?
        .images
        .truncated(70);
    let batcher = ImageBatcher::new(Arc::new(images.clone()), Normalisation::LECTURE);
    let device = selected.device.clone();
    let loader = ImageLoader::<Infer>::new(batcher, 32, Order::Shuffled(42), device);
    // From host_draws.py: epochs 1 and 2.
    let order = [
        [30, 20, 6, 53, 64, 0, 36, 45],
        [53, 6, 31, 2, 68, 55, 3, 33],
    ];
    for expected in order {
        let batch = loader.iter().next().expect("a batch");
        let labels: Vec<i64> = read_int(batch.targets).iter().collect();
        let wanted = expected.map(|index: usize| i64::from(images.labels()[index]));
        if labels[..8] != wanted {
            return Err(format!("classes {:?} instead of {wanted:?}", &labels[..8]).into());
        }
        let pixels: Vec<f32> = read(batch.images).iter().collect();
        let first = images
            .image(expected[0])
            .map_err(|error| error.to_string())?;
        for (pixel, byte) in pixels.iter().zip(first.iter()) {
            assert_eq!(*pixel, (f32::from(*byte) / 255.0 - 0.5) / 0.5);
        }
    }
    Ok(())
}

/// Runs the program, and fails with what it said unless it succeeds.
fn zoo(arguments: &[&str]) -> Result<String, Failed> {
    run_command(Command::new(ZOO).args(arguments))
}

fn run_command(command: &mut Command) -> Result<String, Failed> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?}: {error}{said}").into());
    }
    Ok(said)
}

fn train(selected: &Selected, model: &str, out: &Path, more: &[&str]) -> Result<(), Failed> {
    let out = out.to_string_lossy();
    let mut arguments = vec!["train", model, "--dataset", "synthetic", "--out", &out];
    arguments.extend([
        "--backend",
        selected.backend.id,
        "--device",
        &selected.info.id,
    ]);
    arguments.extend(more);
    zoo(&arguments).map(drop)
}

fn figures(run: &Path, backend: &str) -> Result<(f64, f64), Failed> {
    let run = run.to_string_lossy();
    let json = zoo(&["evaluate", &run, "--backend", backend, "--json"])?;
    let report: serde_json::Value = serde_json::from_str(&json)?;
    let figure = |name: &str| report[name].as_f64().ok_or(format!("no {name} in {json}"));
    Ok((figure("loss")?, figure("accuracy")?))
}

fn learns(selected: &Selected) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let run = folder.path().join("run");
    let recipe = ["--limit", "512", "--batch-size", "64", "--epochs", "3"];
    train(selected, "mlp-relu", &run, &recipe)?;
    let (loss, accuracy) = figures(&run, selected.backend.id)?;
    if accuracy < 0.75 {
        return Err(format!("only {accuracy} of the test images are classified rightly").into());
    }
    let (flex_loss, flex_accuracy) = figures(&run, "flex")?;
    if (loss - flex_loss).abs() > 1e-5 * flex_loss || accuracy != flex_accuracy {
        return Err(format!(
            "loss {loss} and accuracy {accuracy} here, {flex_loss} and {flex_accuracy} on flex"
        )
        .into());
    }
    Ok(())
}

/// The smallest of the convolutional networks, on a few images: ndarray and GPU drivers that
/// compute on the CPU are very slow at it.
fn cnn_trains(selected: &Selected) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let run = folder.path().join("run");
    let recipe = ["--limit", "8", "--batch-size", "4", "--epochs", "1"];
    train(selected, "cnn-strided", &run, &recipe)?;
    let metrics = std::fs::read_to_string(run.join("metrics.csv"))?;
    if metrics.lines().count() != 3 {
        return Err(format!("not a row for each of train and test: {metrics}").into());
    }
    let (loss, _) = figures(&run, "flex")?;
    if !loss.is_finite() {
        return Err(format!("the loss is {loss}").into());
    }
    Ok(())
}

/// In parts of the batches that `learns` has, for which a GPU backend has its kernels by then.
fn shares_batches(selected: &Selected) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let losses = |name: &str, devices: &str| -> Result<Vec<f64>, Failed> {
        let run = folder.path().join(name);
        let out = run.to_string_lossy();
        let recipe = "--dataset synthetic --limit 256 --batch-size 128 --epochs 2 --shares 1,1";
        let mut words = vec!["train", "mlp-relu", "--out", &out, "--devices", devices];
        words.extend(recipe.split_whitespace());
        zoo(&words)?;
        let metrics = std::fs::read_to_string(run.join("metrics.csv"))?;
        let losses = metrics
            .lines()
            .skip(1)
            .filter_map(|row| row.split(',').nth(2));
        Ok(losses.map(str::parse).collect::<Result<_, _>>()?)
    };
    let own = selected.name();
    let expected = losses("flex", "flex,flex")?;
    for (name, devices) in [
        ("with-flex", format!("flex,{own}")),
        ("with-itself", format!("{own},{own}")),
    ] {
        let found = losses(name, &devices)?;
        for (found, expected) in found.iter().zip(&expected) {
            if (found - expected).abs() > 1e-4 * expected {
                return Err(format!("{devices}: {found} instead of {expected}").into());
            }
        }
    }
    Ok(())
}
