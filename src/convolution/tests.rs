use super::measurement::MEASUREMENTS;
use super::table::{is_fit, known};
use super::*;
use crate::summary::graph;
use burn_zoo_models::{ConvAlgorithm::*, ImageShape, find};

/// What the program knows of a backend by its own table.
fn by_the_table(backend: &str) -> Table {
    Table {
        known: known(backend),
        own: Vec::new(),
    }
}

fn one_picture() -> Purpose {
    Purpose::Inference {
        images: 1,
        batch_size: 1,
    }
}

fn layers(model: &str) -> Vec<ConvShape> {
    let config = find(model).unwrap().config(ImageShape::new(1, 28, 28), 10);
    graph(&config).unwrap().convolutions()
}

#[test]
fn one_algorithm_can_be_asked_for_by_name() {
    assert_eq!("auto".parse(), Ok(Conv::Auto));
    for algorithm in ConvAlgorithm::ALL {
        assert_eq!(algorithm.name().parse(), Ok(Conv::All(algorithm)));
    }
    let error = "fft".parse::<Conv>().unwrap_err();
    assert_eq!(error, "the algorithms are auto, direct, im2col, frequency");
}

#[test]
fn a_backend_that_was_not_measured_keeps_its_own_algorithm() {
    let layers = layers("cnn");
    let chosen = Conv::Auto.choose(&by_the_table("cuda"), &layers, Purpose::Training(1024));
    assert_eq!(chosen, [Direct; 4]);
    let by_frequency =
        |purpose| Conv::All(Frequency).choose(&by_the_table("cuda"), &layers, purpose);
    assert_eq!(by_frequency(Purpose::Training(1024)), [Frequency; 4]);
    // Too few images for the last layer's gradient.
    let mixed = [Frequency, Frequency, Frequency, Direct];
    assert_eq!(by_frequency(Purpose::Training(64)), mixed);
    assert_eq!(by_frequency(one_picture()), [Frequency; 4]);
}

#[test]
fn auto_takes_the_fastest_measured_for_the_layer_and_for_one_like_it() {
    let sizes = [1, 8, 32, 128, 1024];
    let purposes = sizes.map(|size| {
        let [once, often] = [size, 1000 * size].map(|images| Purpose::Inference {
            images,
            batch_size: size,
        });
        [Purpose::Training(size), once, often]
    });
    for &purpose in purposes.as_flattened() {
        for row in MEASUREMENTS.iter() {
            let shape = ConvShape {
                in_channels: row.in_channels,
                out_channels: row.out_channels,
                input: [row.side; 2],
                kernel: [row.kernel; 2],
                stride: [row.stride; 2],
                dilation: [1; 2],
                padding: [[row.padding; 2]; 2],
                groups: 1,
            };
            let chosen = by_the_table(&row.backend).fastest(&shape, purpose);
            let batch_size = match row.backend.as_str() {
                "ndarray" => 128,
                _ => purpose.images_at_once(),
            };
            let same = MEASUREMENTS.iter().filter(|m| {
                m.backend == row.backend
                    && m.distance(&shape) == 0.0
                    && m.batch_size == batch_size
                    && is_fit(m.algorithm, &shape, purpose)
            });
            let best = same.min_by(|a, b| a.seconds(purpose).total_cmp(&b.seconds(purpose)));
            assert_eq!(chosen, best.unwrap().algorithm);
            // A layer that is a little larger is treated like it.
            let larger = ConvShape {
                out_channels: shape.out_channels + 1,
                ..shape
            };
            assert_eq!(by_the_table(&row.backend).fastest(&larger, purpose), chosen);
            let grouped = ConvShape { groups: 2, ..shape };
            assert_eq!(
                by_the_table(&row.backend).fastest(&grouped, purpose),
                Direct
            );
        }
    }
}

#[test]
fn the_frequency_domain_is_for_many_images_and_not_for_one_alone() {
    for backend in ["flex", "libtorch"] {
        let chosen = |purpose| Conv::Auto.choose(&by_the_table(backend), &layers("cnn"), purpose);
        assert!(!chosen(one_picture()).contains(&Frequency), "{backend}");
        // One after the other, by kernels whose spectra were computed with the first.
        for batch_size in [1, 1024] {
            let purpose = Purpose::Inference {
                images: 10_000,
                batch_size,
            };
            assert!(chosen(purpose).contains(&Frequency), "{backend}");
        }
    }
}

#[test]
fn kernels_that_are_long_in_preparation_are_for_as_many_images_as_make_up_for_it() {
    let row = |algorithm, inference, preparation| Measurement {
        preparation,
        ..own(0, algorithm, 1, inference)
    };
    let table = Table {
        known: Vec::new(),
        own: vec![row(Direct, 100.0, 0.0), row(Frequency, 200.0, 0.05)],
    };
    let fastest = |images| {
        let purpose = Purpose::Inference {
            images,
            batch_size: 1,
        };
        table.fastest(&layers("cnn")[0], purpose)
    };
    assert_eq!(fastest(9), Direct);
    assert_eq!(fastest(11), Frequency);
}

#[test]
fn a_measurement_has_three_digits() {
    let seconds = Seconds {
        training: 0.128,
        inference: 0.0123456,
        preparation: 0.0273456,
    };
    let row = Measurement::new("flex", &layers("cnn")[0], Direct, 128, 4, seconds).unwrap();
    assert_eq!(
        (row.training, row.inference, row.preparation),
        (31.3, 324.0, 0.0273)
    );
}

#[test]
fn a_layer_unlike_all_that_was_measured_keeps_the_backends_own_algorithm() {
    let config = find("resnet-18").unwrap();
    let graph = graph(&config.config(ImageShape::new(3, 224, 224), 1000)).unwrap();
    let first = graph.convolutions()[0];
    assert_eq!(
        (first.kernel, first.stride, first.input),
        ([7; 2], [2; 2], [224; 2])
    );
    for backend in ["flex", "ndarray", "libtorch"] {
        assert_eq!(
            by_the_table(backend).fastest(&first, one_picture()),
            Direct,
            "{backend}"
        );
    }
}

#[test]
fn every_layer_of_the_lecture_was_measured_on_every_cpu_backend() {
    // ndarray with large batches alone.
    let sizes = [1, 8, 32, 128];
    for (backend, sizes) in [("flex", sizes), ("libtorch", sizes), ("ndarray", [128; 4])] {
        for model in ["cnn", "cnn-maxpool", "cnn-strided"] {
            let layers = layers(model);
            let cases = layers
                .iter()
                .flat_map(|shape| sizes.map(|size| (shape, size)));
            for (shape, size) in cases {
                let measured = |algorithm| {
                    MEASUREMENTS.iter().any(|m| {
                        m.backend == backend
                            && m.algorithm == algorithm
                            && m.batch_size == size
                            && m.distance(shape) == 0.0
                    })
                };
                assert!(
                    ConvAlgorithm::ALL.into_iter().all(measured),
                    "{backend} {shape:?}"
                );
            }
        }
    }
}

#[test]
fn algorithms_are_told_in_words() {
    assert_eq!(in_words(&[Direct; 4]), "4 × direct");
    let mixed = [Im2col, Frequency, Frequency, Direct];
    assert_eq!(in_words(&mixed), "im2col, 2 × frequency, direct");
}

/// A row of this machine's own, for the layer with that number of `cnn`.
fn own(number: usize, algorithm: ConvAlgorithm, batch_size: usize, speed: f64) -> Measurement {
    let shape = layers("cnn")[number];
    let seconds = Seconds {
        training: speed.recip(),
        inference: speed.recip(),
        preparation: 0.0,
    };
    Measurement::new("wgpu", &shape, algorithm, batch_size, 1, seconds).unwrap()
}

#[test]
fn a_device_that_nobody_measured_goes_by_what_was_measured_on_this_machine() {
    let layers = layers("cnn");
    let own = vec![
        own(0, Frequency, 128, 2.0),
        own(0, Im2col, 128, 3.0),
        own(1, Frequency, 128, 2.0),
        own(1, Direct, 128, 1.0),
        own(2, Direct, 1, 5.0),
    ];
    let table = Table {
        known: Vec::new(),
        own,
    };
    // Larger batches are computed in parts of about 128.
    let training = Purpose::Training(1024);
    assert_eq!(table.lacks(&layers, training), [2, 3]);
    assert_eq!(table.lacks(&layers, Purpose::Training(1)), [0, 1, 3]);
    assert_eq!(table.fastest(&layers[0], training), Im2col);
    assert_eq!(table.fastest(&layers[1], training), Frequency);
    // Nothing is known of one picture but of the third layer.
    assert_eq!(table.fastest(&layers[0], one_picture()), Direct);
    assert_eq!(table.fastest(&layers[2], one_picture()), Direct);
    // A layer that was not measured is treated like the one most like it.
    let larger = ConvShape {
        out_channels: layers[1].out_channels + 1,
        ..layers[1]
    };
    assert_eq!(table.fastest(&larger, training), Frequency);
    // Grouped ones are computed by the backend's own algorithm alone.
    let grouped = ConvShape {
        groups: 2,
        ..layers[1]
    };
    assert_eq!(table.fastest(&grouped, training), Direct);
}

#[test]
fn what_was_measured_of_a_layer_on_this_machine_counts_more_than_the_programs_table() {
    let layers = layers("cnn");
    let purpose = Purpose::Training(128);
    let known = known("flex");
    let by_the_table = by_the_table("flex").fastest(&layers[0], purpose);
    let other = ConvAlgorithm::ALL
        .into_iter()
        .find(|way| *way != by_the_table);
    let other = other.unwrap();
    let table = Table {
        known,
        own: vec![own(0, other, 128, 1.0)],
    };
    assert_eq!(table.fastest(&layers[0], purpose), other);
    assert_eq!(table.lacks(&layers, purpose), [] as [usize; 0]);
    // Of another number of images, the table counts.
    assert_eq!(
        table.fastest(&layers[0], Purpose::Training(1)),
        Table {
            own: Vec::new(),
            ..table.clone()
        }
        .fastest(&layers[0], Purpose::Training(1))
    );
}
