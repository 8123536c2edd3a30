//! Every model computes what PyTorch computes: logits, losses, gradients, five steps of Adam and what they make of
//! running statistics, and the loss in inference after them.
//!
//! `pytorch/fixtures.py` wrote the fixtures in double precision. The float64 reference is held to them
//! closely, and each backend to the reference by the gate of `zoo parity`: so every element is checked,
//! not the fixtures' samples alone.

use burn::tensor::TensorData;
use burn_flex::{Flex, FlexDevice};
use burn_zoo::backend::{Arithmetic, Selected};
use burn_zoo::exchange::{from_pytorch, to_pytorch};
use burn_zoo::parity::{HostBatch, Quantity, Reference, Task, Tensors, Verdict, observe};
use burn_zoo::run::AdamSettings;
use burn_zoo::summary::graph;
use burn_zoo::weights::Weights;
use burn_zoo_models::{
    ClassifierConfig, ConvAlgorithm, ImageShape, MODELS, ModelSpec, NetworkConfig, Precision,
    VggConfig,
};
use libtest_mimic::{Failed, Trial};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

const SHAPES: [ImageShape; 2] = [ImageShape::new(1, 28, 28), ImageShape::new(3, 32, 32)];

#[derive(Deserialize)]
struct Fixtures {
    steps: usize,
    learning_rate: f64,
    models: HashMap<String, HashMap<String, Fixture>>,
}

#[derive(Deserialize)]
struct Fixture {
    images_stream: u64,
    batch_size: usize,
    logits: Vec<f64>,
    losses: Vec<f64>,
    parameters: BTreeMap<String, Parameter>,
}

#[derive(Deserialize)]
struct Parameter {
    shape: Vec<usize>,
    /// Of what is learned.
    gradient_norm: Option<f64>,
    gradient: Option<Vec<f64>>,
    update_norm: f64,
    weights: Vec<f64>,
}

fn fixtures() -> &'static Fixtures {
    static FIXTURES: OnceLock<Fixtures> = OnceLock::new();
    FIXTURES.get_or_init(|| {
        serde_json::from_str(include_str!("../pytorch/fixtures.json")).expect("valid fixtures")
    })
}

/// A network that has a fixture.
#[derive(Clone)]
struct Case {
    id: &'static str,
    architecture: ClassifierConfig,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.id, self.architecture.input())
    }
}

impl Case {
    fn of(spec: &ModelSpec, shape: ImageShape) -> Self {
        Self {
            id: spec.id,
            architecture: spec.config(shape, 10),
        }
    }

    /// So small that a GPU driver which computes on the CPU compiles and tunes its kernels in less than a minute.
    fn tiny() -> Self {
        let config = VggConfig::new(ImageShape::new(4, 6, 6), 10);
        Self {
            id: TINY,
            architecture: ClassifierConfig::Vgg(
                config.with_stages(vec![vec![4, 4]]).with_hidden(8),
            ),
        }
    }

    fn fixture(&self) -> Result<&'static Fixture, Failed> {
        let ImageShape {
            channels,
            height,
            width,
            ..
        } = self.architecture.input();
        let of_model = fixtures().models.get(self.id);
        let found = of_model.and_then(|of| of.get(&format!("{channels}x{height}x{width}")));
        found.ok_or_else(|| {
            let advice = "add it to tests/pytorch/models.py and run fixtures.py";
            format!("{self} has no fixture: {advice}").into()
        })
    }
}

const TINY: &str = "vgg-tiny";

/// The formula of the fixtures' weights and images: element i of a stream, by SplitMix64.
fn draws(stream: u64, count: usize, bound: f64) -> Vec<f32> {
    let draw = |i: u64| {
        let mut z = ((stream << 32) + i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        let unit = (z >> 40) as f64 / f64::from(1 << 24);
        (bound * (2.0 * unit - 1.0)) as f32
    };
    (0..count as u64).map(draw).collect()
}

fn task(case: &Case) -> Result<Task, Failed> {
    let Fixtures {
        steps,
        learning_rate,
        ..
    } = *fixtures();
    let fixture = case.fixture()?;
    let batch_size = fixture.batch_size;
    let architecture = case.architecture.clone();
    let shape = architecture.input();
    let mut stream = 0;
    let weights = from_pytorch(&architecture, |name| {
        let parameter = fixture.parameters.get(name);
        let shape = &parameter.ok_or(format!("no {name} in the fixture"))?.shape;
        let fan_in: usize = shape[1..].iter().product();
        let (around, bound) = match name.rsplit('.').next() {
            Some("bias" | "running_mean") => (0.0, 0.1),
            _ if shape.len() == 1 => (1.0, 0.5),
            _ => (0.0, (6.0 / fan_in as f64).sqrt()),
        };
        let values = draws(stream, shape.iter().product(), bound);
        let values = values.into_iter().map(|value| around + value).collect();
        stream += 1;
        Ok::<_, Failed>(TensorData::new(values, shape.clone()))
    })?;
    assert_eq!(stream as usize, fixture.parameters.len(), "parameters");
    let pixels = shape.num_values();
    let images = draws(fixture.images_stream, steps * batch_size * pixels, 1.0);
    let dims = [batch_size, shape.channels, shape.height, shape.width];
    let batches = images.chunks(batch_size * pixels).enumerate();
    let batches = batches.map(|(step, pixels)| {
        let numbers = step * batch_size..(step + 1) * batch_size;
        let targets: Vec<i32> = numbers.map(|n| (7 * n as i32 + 3) % 10).collect();
        HostBatch {
            images: TensorData::new(pixels.to_vec(), dims),
            targets: TensorData::new(targets, [batch_size]),
        }
    });
    Ok(Task {
        architecture,
        convolutions: Vec::new(),
        weights,
        adam: AdamSettings::new(learning_rate),
        batches: batches.collect(),
        first_batch: 0,
        precision: Precision::F32,
    })
}

/// The float64 reference of a fixture's task, computed once for all backends.
fn reference(case: &Case) -> Result<Arc<Reference>, Failed> {
    type Slot = Arc<Mutex<Option<Arc<Reference>>>>;
    static COMPUTED: OnceLock<Mutex<HashMap<String, Slot>>> = OnceLock::new();
    let slots = COMPUTED.get_or_init(Mutex::default);
    let slot = slots
        .lock()
        .expect("no test panics here")
        .entry(case.to_string())
        .or_default()
        .clone();
    let mut slot = slot
        .lock()
        .map_err(|_| "the reference could not be computed")?;
    if let Some(reference) = &*slot {
        return Ok(reference.clone());
    }
    let reference = Arc::new(Reference::compute(&task(case)?, Arithmetic::Float32)?);
    *slot = Some(reference.clone());
    Ok(reference)
}

/// The tests: the float64 reference of every model and shape against PyTorch.
pub fn of_the_reference() -> Vec<Trial> {
    let trial = |case: Case| {
        let name = format!("float64: {case} computes what PyTorch computes");
        Trial::test(name, move || is_pytorch(&case))
    };
    every_case().map(trial).collect()
}

/// The tests: every model and shape on a backend, with its convolutions by each algorithm.
pub fn on(selected: &Selected) -> Vec<Trial> {
    let trial = |algorithm| move |case| on_backend(selected.clone(), case, algorithm);
    let mut trials: Vec<_> = every_case().map(trial(ConvAlgorithm::Direct)).collect();
    for algorithm in [ConvAlgorithm::Im2col, ConvAlgorithm::Frequency] {
        let of_cnns = every_case().map(trial(algorithm));
        trials.extend(of_cnns.filter(|trial| trial.name().contains(algorithm.name())));
    }
    trials
}

/// The models that are held to PyTorch on a GPU driver that computes on the CPU, with the backend's own convolutions: the
/// others' kinds of layers are among theirs (`cnn` is `cnn-simple` with a dense layer more).
const ON_SOFTWARE: [&str; 5] = [
    "mlp-sigmoid",
    "cnn-simple",
    "cnn-maxpool",
    "cnn-avgpool",
    "cnn-strided",
];

fn on_backend(selected: Selected, case: Case, algorithm: ConvAlgorithm) -> Trial {
    let of_model = graph(&case.architecture);
    let is_cnn = of_model.is_ok_and(|graph| !graph.convolutions().is_empty());
    let is_direct = algorithm == ConvAlgorithm::Direct;
    let is_grey = case.architecture.input().channels == 1;
    // A GPU driver that computes on the CPU takes minutes to compile and tune the kernels of each
    // model, and ndarray's own convolutions take half a minute; --include-ignored has them all.
    let kept = match selected.backend.id {
        _ if selected.info.software && is_direct => ON_SOFTWARE.contains(&case.id) && is_grey,
        _ if selected.info.software => case.id == TINY,
        "ndarray" if is_cnn && is_direct => match case.id {
            "cnn-strided" | TINY => true,
            // Its kinds of layers are among those of `resnet-20` and `cnn-maxpool`.
            "resnet-18" => false,
            _ => is_grey,
        },
        _ => true,
    };
    let name = format!(
        "{} {}: {case} computes what PyTorch computes{}{}",
        selected.backend.id,
        selected.info.id,
        match is_cnn {
            true => format!(", {} convolutions", algorithm.name()),
            false => String::new(),
        },
        match kept {
            true => "",
            false => " (slow on this device)",
        },
    );
    Trial::test(name, move || {
        let reference = reference(&case)?;
        let mut task = task(&case)?;
        let layers = graph(&task.architecture)?.convolutions();
        task.convolutions = vec![algorithm; layers.len()];
        let seen = observe(&task, &selected.device)?;
        let verdict = Verdict::of(&seen, &reference);
        // Batches of 3 are not for training by frequencies, as `ConvAlgorithm::trains` says: there
        // the function and its gradients are what is held to PyTorch's.
        let holds = match algorithm {
            ConvAlgorithm::Frequency => verdict.checks.iter().all(|check| {
                let of_steps = matches!(check.quantity, Quantity::FirstUpdate | Quantity::Update);
                let of_later = check.quantity == Quantity::Loss;
                check.holds() || of_steps || of_later
            }),
            _ => verdict.holds(),
        };
        match holds {
            true => Ok(()),
            false => Err(verdict.breaches.join("\n").into()),
        }
    })
    .with_ignored_flag(!kept)
}

fn every_case() -> impl Iterator<Item = Case> {
    let of_models = |spec| SHAPES.map(|shape| Case::of(spec, shape));
    MODELS.iter().flat_map(of_models).chain([Case::tiny()])
}

/// Of numbers of two double-precision computations.
const TOLERANCE: f64 = 1e-9;

fn is_pytorch(case: &Case) -> Result<(), Failed> {
    let fixture = case.fixture()?;
    let reference = reference(case)?;
    let exact = &reference.exact;
    near("logits", &exact.logits, &fixture.logits)?;
    near("losses", &exact.losses, &fixture.losses)?;
    let task = task(case)?;
    let names = pytorch_names(case, &task.weights)?;
    for (name, parameter) in &fixture.parameters {
        let ours = names.get(name).ok_or(format!("the model has no {name}"))?;
        let shape = &parameter.shape;
        if let (Some(expected), Some(expected_norm)) =
            (&parameter.gradient, parameter.gradient_norm)
        {
            let gradient = in_pytorchs_layout(&exact.gradients, ours, shape);
            let sampled = samples(&gradient);
            near(&format!("gradient of {name}"), &sampled, expected)?;
            let norm = [norm(&gradient)];
            near(&format!("gradient norm of {name}"), &norm, &[expected_norm])?;
        }
        let after = in_pytorchs_layout(&exact.after_last, ours, shape);
        near(
            &format!("weights of {name}"),
            &samples(&after),
            &parameter.weights,
        )?;
        let before: Vec<f64> = task.weights.get(ours).expect("a weight").iter().collect();
        let change: Vec<f64> = exact.after_last[ours]
            .iter()
            .zip(before)
            .map(|(a, b)| a - b)
            .collect();
        near(
            &format!("update norm of {name}"),
            &[norm(&change)],
            &[parameter.update_norm],
        )?;
    }
    Ok(())
}

/// Our names by PyTorch's: a tensor of its own number in every element tells which it is.
fn pytorch_names(case: &Case, weights: &Weights) -> Result<HashMap<String, String>, Failed> {
    let ours: Vec<&str> = weights.names().collect();
    let mut numbered = Weights::default();
    for (number, name) in ours.iter().enumerate() {
        let shape = weights.get(name).expect("a name of its own").shape.clone();
        numbered.insert((*name).into(), TensorData::full(shape, number as f32));
    }
    let theirs = to_pytorch(&case.architecture, &numbered).into_iter();
    let number = |data: &TensorData| data.iter::<f32>().next().map(|number| number as usize);
    theirs
        .map(|(name, data)| {
            Ok((
                name,
                ours[number(&data).ok_or("an empty tensor")?].to_owned(),
            ))
        })
        .collect()
}

fn in_pytorchs_layout(tensors: &Tensors, name: &str, shape: &[usize]) -> Vec<f64> {
    let values = &tensors[name];
    match *shape {
        // Ours is [in, out].
        [rows, columns] => (0..rows * columns)
            .map(|place| values[place % columns * rows + place / columns])
            .collect(),
        _ => values.clone(),
    }
}

fn samples(values: &[f64]) -> Vec<f64> {
    (0..8)
        .map(|k| values[(2 * k + 1) * values.len() / 16])
        .collect()
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

fn near(what: &str, seen: &[f64], expected: &[f64]) -> Result<(), Failed> {
    let largest = expected
        .iter()
        .fold(0.0, |largest: f64, x| largest.max(x.abs()));
    let near = |(seen, expected): (&f64, &f64)| (seen - expected).abs() <= TOLERANCE * largest;
    if seen.len() == expected.len() && seen.iter().zip(expected).all(near) {
        return Ok(());
    }
    Err(format!("{what}: {seen:?} here, {expected:?} by PyTorch").into())
}

/// The weights of a model by PyTorch's names have to be all that a fixture has.
pub fn every_registered_model_has_a_fixture() -> Trial {
    Trial::test(
        "every registered model has a PyTorch fixture for both shapes",
        || {
            for case in every_case() {
                let model = case.architecture.init_with_seed::<Flex>(0, &FlexDevice)?;
                let tensors = to_pytorch(&case.architecture, &Weights::of(&model));
                let fixture = case.fixture()?;
                for (name, data) in &tensors {
                    let stored = fixture.parameters.get(name);
                    let stored = stored.map(|parameter| &parameter.shape[..]);
                    if stored != Some(data.shape.as_slice()) {
                        return Err(format!("{case}: {name} is not in the fixture").into());
                    }
                }
            }
            Ok(())
        },
    )
}
