//! Times of the zoo's parts, by Criterion: `cargo bench`, or a part of them by name, as
//! `cargo bench -- 'training step/cnn/'`.
//!
//! Every measurement ends when the device has done its work. For times beside PyTorch's see
//! `against_pytorch.py`; for one model on one backend, `zoo bench`.

use burn::data::dataloader::DataLoader;
use burn::module::AutodiffModule;
use burn::tensor::Tensor;
use burn_zoo::backend::{self, BACKENDS, Infer, Selected, Train};
use burn_zoo::bench::{Subject, Trial};
use burn_zoo::convolution::Conv;
use burn_zoo::data::{self, ImageBatcher, ImageLoader, LoadOptions, Order, Split};
use burn_zoo::summary::graph;
use burn_zoo::system::memory;
use burn_zoo::tuning::{Alone, values};
use burn_zoo_models::{ConvAlgorithm, MODELS, NetworkConfig, Precision};
use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const BATCH_SIZE: usize = 64;
const DATASET: &str = "fashion-mnist";

/// The backends that are built in and have a device here.
fn backends() -> Vec<Selected> {
    memory::keep_freed();
    let zoo = Path::new(env!("CARGO_BIN_EXE_zoo"));
    let built_in = BACKENDS.iter().filter(|spec| spec.built_in);
    // A GPU driver that computes on the CPU needs minutes to compile each kernel.
    built_in
        .filter_map(|spec| backend::select(spec.id, None, Some(zoo)).ok())
        .filter(|selected| !selected.info.software)
        .collect()
}

fn steps(criterion: &mut Criterion) {
    let dataset = data::find(DATASET).expect("a data set of the zoo");
    for spec in MODELS {
        for (name, infer) in [("training step", false), ("inference", true)] {
            let mut group = criterion.benchmark_group(format!("{name}/{}", spec.id));
            group
                .throughput(Throughput::Elements(BATCH_SIZE as u64))
                .sampling_mode(SamplingMode::Flat)
                .sample_size(10)
                .measurement_time(Duration::from_secs(3));
            for selected in backends() {
                let subject = Subject {
                    spec,
                    dataset: &dataset,
                    batch_size: BATCH_SIZE,
                    conv: Conv::Auto,
                    precision: Precision::F32,
                };
                let trial = Trial::new(&subject, &selected);
                let mut trial = trial.expect("the model fits the data set");
                group.bench_function(selected.backend.id, |bencher| match infer {
                    true => {
                        let model = trial.inference();
                        bencher.iter(model.answers());
                    }
                    false => bencher.iter(|| trial.train()),
                });
            }
        }
    }
}

fn convolutions(criterion: &mut Criterion) {
    let dataset = data::find(DATASET).expect("a data set of the zoo");
    for spec in MODELS.iter().filter(|spec| spec.id == "cnn") {
        let graph = graph(&dataset.architecture(spec)).expect("the model fits the data set");
        let shapes = graph.convolutions();
        for (index, shape) in shapes.iter().enumerate() {
            let mut group = criterion.benchmark_group(format!("convolution/conv{}", index + 1));
            group
                .throughput(Throughput::Elements(BATCH_SIZE as u64))
                .sampling_mode(SamplingMode::Flat)
                .sample_size(10)
                .measurement_time(Duration::from_secs(3));
            for Selected {
                backend, device, ..
            } in backends()
            {
                for algorithm in ConvAlgorithm::ALL {
                    // 15 s a batch: minutes for every sample.
                    if backend.id == "ndarray" && algorithm == ConvAlgorithm::Direct && index > 0 {
                        continue;
                    }
                    let alone = Alone {
                        shape,
                        algorithm,
                        is_first: index == 0,
                    };
                    let layer = alone.layer(&device);
                    let images: Tensor<Train, 4> = values(alone.images(BATCH_SIZE), &device);
                    let id = |what| format!("{} {} {what}", backend.id, algorithm.name());
                    group.bench_function(id("forward and backward"), |bencher| {
                        bencher.iter(|| {
                            let images = images.clone().set_require_grad(index > 0);
                            let gradients = layer.forward_in_own_order(images).sum().backward();
                            std::hint::black_box(&gradients);
                            backend::sync(&device);
                        });
                    });
                    let (layer, images) = (layer.valid(), images.clone().inner());
                    let infer = layer.prepared();
                    group.bench_function(id("forward"), |bencher| {
                        bencher.iter(|| {
                            std::hint::black_box(infer(images.clone()));
                            backend::sync(&device);
                        });
                    });
                }
            }
        }
    }
}

fn loader(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("loader, an epoch in batches of 1024");
    for id in ["synthetic", "synthetic-rgb"] {
        let dataset = data::find(id).expect("a data set of the zoo");
        let images = dataset.load(Split::Train, &LoadOptions::default());
        let images = Arc::new(images.expect("drawn from a seed").images);
        group.throughput(Throughput::Elements(images.labels().len() as u64));
        for Selected {
            backend, device, ..
        } in backends()
        {
            let batcher = ImageBatcher::new(images.clone(), dataset.normalisation);
            let order = Order::Shuffled(42);
            let loader = ImageLoader::<Infer>::new(batcher, 1024, order, device.clone());
            group.bench_function(BenchmarkId::new(id, backend.id), |bencher| {
                bencher.iter(|| {
                    let batches = loader.iter().map(|batch| batch.images.dims()[0]);
                    assert!(batches.sum::<usize>() > 0);
                    backend::sync(&device);
                });
            });
        }
    }
}

fn initialisation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("initialisation");
    let dataset = data::find(DATASET).expect("a data set of the zoo");
    for spec in MODELS {
        let config = dataset.architecture(spec);
        for Selected {
            backend, device, ..
        } in backends()
        {
            group.bench_function(BenchmarkId::new(spec.id, backend.id), |bencher| {
                bencher.iter(|| {
                    let model = config.init_with_seed::<Infer>(42, &device);
                    std::hint::black_box(model.expect("the model fits the data set"));
                    backend::sync(&device);
                });
            });
        }
    }
}

criterion_group!(zoo, steps, convolutions, loader, initialisation);
criterion_main!(zoo);
