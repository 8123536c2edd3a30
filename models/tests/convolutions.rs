//! Every algorithm of a convolution computes the same function and the same gradients.

use burn_autodiff::Autodiff;
use burn_core::module::{AutodiffModule, Module, Param};
use burn_core::tensor::{DType, Tensor, TensorData};
use burn_flex::{Flex, FlexDevice};
use burn_nn::PaddingConfig2d;
use burn_nn::conv::{Conv2d, Conv2dConfig};
use burn_zoo_models::{
    Cnn, CnnConfig, ConvAlgorithm, ConvShape, Convolution, Downsampling, ImageShape, MODELS,
    Network, NetworkConfig, Precision,
};

type Train = Autodiff<Flex>;

/// The device that trains.
fn training() -> FlexDevice {
    FlexDevice
}

/// Values in (−1, 1) that look like noise, from a formula.
fn values<const D: usize>(shape: [usize; D], salt: usize, dtype: DType) -> Tensor<Train, D> {
    let values: Vec<f64> = (0..shape.iter().product())
        .map(|i| ((i * 7919 + salt * 104_729) as f64 * 0.618_033_988_75).fract() * 2.0 - 1.0)
        .collect();
    Tensor::from_data(TensorData::new(values, shape), (&training(), dtype))
}

/// A layer with weights from a formula.
fn layer(config: &Conv2dConfig, dtype: DType) -> Conv2d<Train> {
    let [in_channels, out_channels] = config.channels;
    let [height, width] = config.kernel_size;
    let shape = [out_channels, in_channels / config.groups, height, width];
    let mut conv: Conv2d<Train> = config.init(&training());
    let scale = 1.0 / ((shape[1] * height * width) as f64).sqrt();
    conv.weight = Param::from_tensor(values(shape, 1, dtype) * scale);
    conv.bias = Some(Param::from_tensor(values([out_channels], 2, dtype) * scale));
    conv
}

/// Result, gradient of the images, of the weight and of the bias.
fn results(conv: Convolution<Train>, num_images: usize, dtype: DType) -> [Vec<f64>; 4] {
    let shape = *conv.shape();
    let [height, width] = shape.input;
    let images = values([num_images, shape.in_channels, height, width], 3, dtype).require_grad();
    let maps = conv.forward(images.clone());
    let weighting = values(maps.dims(), 4, dtype);
    let gradients = (maps.clone() * weighting).sum().backward();
    let list = |data: TensorData| data.iter::<f64>().collect();
    let (weight, bias) = (conv.conv.weight.val(), conv.conv.bias.unwrap().val());
    [
        list(maps.into_data()),
        list(images.grad(&gradients).unwrap().into_data()),
        list(weight.grad(&gradients).unwrap().into_data()),
        list(bias.grad(&gradients).unwrap().into_data()),
    ]
}

/// The sum of differences beside the sum of values.
fn error(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(expected);
    let off: f64 = pairs.map(|(a, b)| (a - b).abs()).sum();
    off / expected.iter().map(|x| x.abs()).sum::<f64>()
}

/// Holds every algorithm that serves the layer to `Direct` in float64: itself in float64 as exactly as that allows, and in
/// float32 within float32's rounding.
fn check(config: &Conv2dConfig, input: [usize; 2], num_images: usize) {
    let shape = *Convolution::new(layer(config, DType::F32), input).shape();
    let run = |algorithm, dtype| {
        let conv = Convolution::new(layer(config, dtype), input).with_algorithm(algorithm);
        assert_eq!(conv.algorithm(), algorithm);
        results(conv, num_images, dtype)
    };
    // Burn 0.21 cannot pad the two sides differently in float64; `Im2col` is held to `Direct` elsewhere.
    let symmetric = shape.padding.iter().all(|[before, after]| before == after);
    let exact = match symmetric {
        true => ConvAlgorithm::Direct,
        false => ConvAlgorithm::Im2col,
    };
    let expected = run(exact, DType::F64);
    let serve = |algorithm: &ConvAlgorithm| algorithm.serves(&shape);
    for algorithm in ConvAlgorithm::ALL.into_iter().filter(serve) {
        for (dtype, allowed) in [(DType::F64, 1e-12), (DType::F32, 1e-5)] {
            if dtype == DType::F64 && algorithm == ConvAlgorithm::Direct {
                continue;
            }
            let found = run(algorithm, dtype);
            let names = [
                "maps",
                "gradient of the images",
                "of the weight",
                "of the bias",
            ];
            for ((name, found), expected) in names.iter().zip(&found).zip(&expected) {
                let error = error(found, expected);
                assert!(
                    error < allowed,
                    "{algorithm:?} in {dtype:?}: {name} off by {error:.1e}, {config:?} on {input:?}"
                );
            }
        }
    }
}

fn config_of(shape: &ConvShape) -> Conv2dConfig {
    let [[top, bottom], [left, right]] = shape.padding;
    Conv2dConfig::new([shape.in_channels, shape.out_channels], shape.kernel)
        .with_stride(shape.stride)
        .with_dilation(shape.dilation)
        .with_padding(PaddingConfig2d::Explicit(top, left, bottom, right))
}

#[test]
fn every_convolution_of_the_zoo_is_the_same_by_every_algorithm() {
    let mut seen = Vec::new();
    for spec in MODELS {
        for input in [ImageShape::new(1, 28, 28), ImageShape::new(3, 32, 32)] {
            let graph = spec.config(input, 10).graph::<Flex>().unwrap();
            for shape in graph.convolutions() {
                // A quarter of the maps: the shapes along the axes are what differs.
                let shape = ConvShape {
                    in_channels: shape.in_channels.div_ceil(4),
                    out_channels: shape.out_channels.div_ceil(4),
                    ..shape
                };
                if !seen.contains(&shape) {
                    seen.push(shape);
                    check(&config_of(&shape), shape.input, 2);
                }
            }
        }
    }
    assert!(seen.len() > 30);
}

#[test]
fn sizes_strides_dilations_and_paddings_of_any_kind_are_served() {
    let plain = |kernel| Conv2dConfig::new([3, 4], kernel);
    let padded = |top, left, bottom, right| PaddingConfig2d::Explicit(top, left, bottom, right);
    // Odd and even images, higher and wider ones, one image.
    let served = [
        (plain([3, 3]), [7, 7], 1),
        (plain([3, 3]), [6, 6], 1),
        (plain([2, 5]), [7, 10], 3),
        (plain([5, 2]), [11, 6], 3),
        (plain([1, 1]), [4, 4], 1),
        (plain([3, 3]).with_stride([2, 3]), [13, 12], 2),
        (plain([3, 2]).with_dilation([2, 3]), [9, 8], 2),
        (plain([3, 3]).with_padding(padded(0, 1, 2, 3)), [10, 15], 2),
        (plain([7, 7]).with_padding(padded(3, 3, 3, 3)), [13, 14], 2),
        (
            plain([3, 3])
                .with_stride([2, 2])
                .with_dilation([2, 1])
                .with_padding(padded(2, 0, 1, 1)),
            [16, 17],
            2,
        ),
        (
            plain([4, 3]).with_padding(PaddingConfig2d::Same),
            [9, 10],
            2,
        ),
        (
            plain([4, 3])
                .with_stride([2, 3])
                .with_padding(PaddingConfig2d::Same),
            [15, 18],
            2,
        ),
    ];
    for (config, input, num_images) in served {
        let conv = Convolution::new(layer(&config, DType::F32), input);
        for algorithm in ConvAlgorithm::ALL {
            assert!(
                algorithm.serves(conv.shape()),
                "{algorithm:?} of {config:?}"
            );
        }
        check(&config, input, num_images);
    }
    // Images as small as the kernel, and smaller.
    check(&plain([4, 4]), [4, 4], 2);
    check(&plain([1, 1]), [1, 1], 1);
    let padding = padded(3, 3, 3, 3);
    check(&plain([7, 7]).with_padding(padding), [3, 2], 2);
}

#[test]
fn frequencies_train_only_where_many_products_make_a_gradient() {
    let of_model = |downsampling| {
        let graph = small_cnn(downsampling).graph::<Flex>().unwrap();
        <[ConvShape; 4]>::try_from(graph.convolutions()).unwrap()
    };
    let fit = |downsampling, batch_size| {
        of_model(downsampling).map(|shape| ConvAlgorithm::Frequency.trains(&shape, batch_size))
    };
    // A tap of `cnn`'s layers sees all of 22², 16², 10² and 4² places.
    assert_eq!(fit(Downsampling::Valid, 3), [false; 4]);
    assert_eq!(fit(Downsampling::Valid, 64), [true, true, true, false]);
    assert_eq!(fit(Downsampling::Valid, 256), [true; 4]);
    // The corners of the last kernels of `cnn-maxpool` see 4² of 7² places, and 1 of 3².
    let fit_maxpool = fit(Downsampling::MaxPool, 1024);
    assert_eq!(fit_maxpool, [true, true, true, false]);
    for algorithm in [ConvAlgorithm::Direct, ConvAlgorithm::Im2col] {
        let shapes = of_model(Downsampling::MaxPool);
        assert!(shapes.iter().all(|shape| algorithm.trains(shape, 1)));
    }
}

#[test]
fn a_convolution_is_burns_own_layer_for_every_kind_of_padding() {
    for padding in [
        PaddingConfig2d::Valid,
        PaddingConfig2d::Same,
        PaddingConfig2d::Explicit(1, 0, 2, 1),
    ] {
        let config = Conv2dConfig::new([2, 3], [4, 3]).with_stride([2, 1]);
        let conv = layer(&config.with_padding(padding), DType::F32);
        let images = values([2, 2, 7, 6], 3, DType::F32);
        let expected = conv.forward(images.clone());
        let found = Convolution::new(conv, [7, 6]).forward(images);
        found.into_data().assert_eq(&expected.into_data(), true);
    }
}

#[test]
fn groups_of_channels_stay_with_the_backends_own_algorithm() {
    let config = Conv2dConfig::new([4, 6], [3, 3]).with_groups(2);
    let direct = Convolution::new(layer(&config, DType::F32), [5, 5]);
    for algorithm in ConvAlgorithm::ALL {
        let conv = direct.clone().with_algorithm(algorithm);
        assert_eq!(conv.algorithm(), ConvAlgorithm::Direct);
        let images = values([1, 4, 5, 5], 3, DType::F32);
        let expected = direct.forward(images.clone()).into_data();
        conv.forward(images).into_data().assert_eq(&expected, true);
    }
}

#[test]
#[should_panic(expected = "must be those of the layer")]
fn images_of_another_size_are_refused() {
    let config = Conv2dConfig::new([1, 1], [3, 3]);
    Convolution::new(layer(&config, DType::F32), [5, 5])
        .with_algorithm(ConvAlgorithm::Frequency)
        .forward(values([1, 1, 5, 6], 3, DType::F32));
}

fn small_cnn(downsampling: Downsampling) -> CnnConfig {
    CnnConfig::new(ImageShape::new(1, 28, 28), 10)
        .with_channels([2, 3, 4, 5])
        .with_downsampling(downsampling)
}

#[test]
fn a_batch_larger_than_a_part_is_the_same_image_by_image() {
    for downsampling in [Downsampling::Valid, Downsampling::MaxPool] {
        let model = small_cnn(downsampling)
            .init_with_seed::<Train>(1, &training())
            .unwrap();
        let images = values([300, 1, 28, 28], 5, DType::F32);
        let expected: Vec<f64> = model.forward(images.clone()).into_data().iter().collect();
        for algorithm in [ConvAlgorithm::Im2col, ConvAlgorithm::Frequency] {
            let model = model.clone().with_algorithms(|_| algorithm);
            let found: Vec<f64> = model.forward(images.clone()).into_data().iter().collect();
            assert!(error(&found, &expected) < 2e-6, "{algorithm:?}");
        }
    }
}

/// A network and seven images for it.
fn small_network() -> (Cnn<Train>, Tensor<Train, 4>) {
    let config = small_cnn(Downsampling::Valid);
    let network = config.init_with_seed(1, &training()).unwrap();
    (network, values([7, 1, 28, 28], 3, DType::F32))
}

#[test]
fn how_many_images_are_computed_at_once_changes_roundings_alone() {
    let (network, images) = small_network();
    for algorithm in ConvAlgorithm::ALL {
        let network = network.clone().with_algorithms(|_| algorithm);
        let whole: Vec<f64> = network.forward(images.clone()).into_data().iter().collect();
        for at_once in [0, 1, 3, 7, usize::MAX] {
            let network = network.clone().with_images_at_once(at_once);
            let parts: Vec<f64> = network.forward(images.clone()).into_data().iter().collect();
            assert!(error(&parts, &whole) < 1e-5, "{algorithm:?}, {at_once}");
        }
    }
}

#[test]
fn products_in_16_bits_are_near_those_in_32_and_come_back_in_the_type_of_the_weights() {
    let (network, images) = small_network();
    for algorithm in ConvAlgorithm::ALL {
        let network = network.clone().with_algorithms(|_| algorithm);
        let computed = |precision: Precision| {
            let network = network.clone().with_precision(precision);
            let images = images.clone().require_grad();
            let logits = network.forward(images.clone());
            assert_eq!(logits.dtype(), DType::F32);
            let gradients = logits.clone().square().sum().backward();
            let of_images = images.grad(&gradients).unwrap();
            assert_eq!(of_images.dtype(), DType::F32);
            [logits.into_data(), of_images.into_data()]
                .map(|data| data.iter().collect::<Vec<f64>>())
        };
        let [exact, exact_gradients] = computed(Precision::F32);
        for (precision, roundoff) in [(Precision::Bf16, 2e-2), (Precision::F16, 2e-3)] {
            let [logits, gradients] = computed(precision);
            let off = error(&logits, &exact);
            assert!(
                off > 0.0 && off < roundoff,
                "{algorithm:?}, {precision:?}: {off}"
            );
            let off = error(&gradients, &exact_gradients);
            assert!(
                off > 0.0 && off < 8.0 * roundoff,
                "{algorithm:?}, {precision:?}: {off}"
            );
        }
    }
}

#[test]
fn weights_go_from_any_algorithm_to_any_other() {
    let config = small_cnn(Downsampling::Valid);
    for from in ConvAlgorithm::ALL {
        for to in ConvAlgorithm::ALL {
            let source = config.init_with_seed::<Train>(1, &training()).unwrap();
            let source = source.with_algorithms(|_| from);
            let target = config.init_with_seed::<Train>(2, &training()).unwrap();
            let target = target.with_algorithms(|_| to);
            let images = values([2, 1, 28, 28], 5, DType::F32);
            let list = |data: TensorData| data.iter::<f64>().collect::<Vec<_>>();
            let expected = list(source.forward(images.clone()).into_data());
            let target = target.load_record(source.into_record());
            assert!(
                target
                    .convolutions()
                    .iter()
                    .all(|conv| conv.algorithm() == to)
            );
            let found = list(target.valid().forward(images.inner()).into_data());
            assert!(error(&found, &expected) < 2e-6, "{from:?} to {to:?}");
        }
    }
}

#[test]
fn the_direct_sum_of_the_lectures_cnn_takes_92_million_multiplications() {
    let config = CnnConfig::new(ImageShape::new(1, 28, 28), 10);
    let model = config.init_with_seed::<Flex>(1, &FlexDevice).unwrap();
    let each = model.convolutions().iter();
    let each: Vec<_> = each.map(|conv| conv.shape().multiply_adds()).collect();
    // 7² · C_in · C_out · H_out · W_out
    assert_eq!(each, [758_912, 25_690_112, 40_140_800, 25_690_112]);
}
