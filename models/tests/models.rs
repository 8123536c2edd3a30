//! What holds for every registered model.

use burn_autodiff::Autodiff;
use burn_core::module::{Module, ModuleVisitor, Param};
use burn_core::tensor::activation::{relu, sigmoid};
use burn_core::tensor::backend::{AutodiffBackend, Backend};
use burn_core::tensor::module::conv2d;
use burn_core::tensor::ops::PaddedConvOptions;
use burn_core::tensor::{Tensor, TensorData};
use burn_flex::{Flex, FlexDevice};
use burn_nn::PaddingConfig2d;
use burn_nn::pool::{AvgPool2dConfig, MaxPool2dConfig};
use burn_zoo_models::{
    Classifier, ClassifierConfig, CnnConfig, ConvAlgorithm, Downsampling, ImageShape, MODELS,
    MlpConfig, ModelError, Network, NetworkConfig, Op, Window, find, parameters,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

type Train = Autodiff<Flex>;

/// The device that trains.
fn training() -> FlexDevice {
    FlexDevice
}

const FASHION_MNIST: ImageShape = ImageShape::new(1, 28, 28);
const CIFAR_10: ImageShape = ImageShape::new(3, 32, 32);

/// Images that are neither constant nor symmetric: sin of the value's number.
fn images(count: usize, shape: ImageShape) -> Tensor<Train, 4> {
    let values: Vec<f32> = (0..count * shape.num_values())
        .map(|i| (i as f32 * 0.37).sin())
        .collect();
    let dims = [count, shape.channels, shape.height, shape.width];
    Tensor::from_data(TensorData::new(values, dims), &training())
}

fn every_model() -> impl Iterator<Item = (&'static str, ClassifierConfig)> {
    MODELS
        .iter()
        .flat_map(|spec| [FASHION_MNIST, CIFAR_10].map(|shape| (spec.id, spec.config(shape, 10))))
}

fn init(config: &ClassifierConfig, seed: u64) -> Classifier<Train> {
    config.init_with_seed(seed, &training()).unwrap()
}

/// All parameters' bytes, one after another.
fn bytes(model: &Classifier<Train>) -> Vec<u8> {
    #[derive(Default)]
    struct Bytes(Vec<u8>);
    impl ModuleVisitor<Train> for Bytes {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
            self.0.extend_from_slice(param.val().into_data().as_bytes());
        }
    }
    let mut bytes = Bytes::default();
    model.visit(&mut bytes);
    bytes.0
}

fn sha256(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_model_gives_finite_logits_for_every_image_and_class() {
    for (id, config) in every_model() {
        let logits = init(&config, 1).forward(images(2, config.input()));
        assert_eq!(logits.dims(), [2, 10], "{id}");
        let logits: Vec<f32> = logits.into_data().iter().collect();
        assert!(
            logits.iter().all(|logit| logit.is_finite()),
            "{id}: {logits:?}"
        );
        assert!(
            logits[..10] != logits[10..],
            "{id} does not look at the image"
        );
    }
}

#[test]
fn every_parameter_of_every_model_gets_a_gradient() {
    struct Gradients<'a>(&'a <Train as AutodiffBackend>::Gradients, usize);
    impl ModuleVisitor<Train> for Gradients<'_> {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
            // Running statistics have none; that there are enough is asked below.
            let Some(gradient) = param.val().grad(self.0) else {
                return;
            };
            let largest = gradient.abs().max().into_scalar();
            assert!(largest > 0.0, "the gradient is 0 everywhere");
            self.1 += 1;
        }
    }
    for (id, config) in every_model() {
        let model = init(&config, 1);
        // Of two images batch normalisation makes −1 and 1 where a map has one pixel, whatever they are.
        let gradients = model
            .forward(images(5, config.input()))
            .sin()
            .sum()
            .backward();
        let mut visitor = Gradients(&gradients, 0);
        model.visit(&mut visitor);
        let learned = model.graph().parameters().filter(|own| own.is_learned);
        assert_eq!(visitor.1, learned.count(), "{id}");
    }
}

#[test]
fn the_parameters_are_as_many_as_the_lecture_and_pytorch_count() {
    // The lecture's table and, where the lecture has none, scripts/pytorch_reference.py; every other model's
    // tensors are held to PyTorch's one by one, in tests/backends of the program.
    let expected = [
        ("mlp-sigmoid", 203_530, 789_258),
        ("mlp-relu", 203_530, 789_258),
        ("mlp-relu-2", 269_322, 855_050),
        ("mlp-relu-3", 335_114, 920_842),
        ("cnn-simple", 2_150_410, 2_276_426),
        ("cnn", 2_635_146, 4_211_146),
        ("cnn-maxpool", 2_143_626, 2_245_066),
        ("cnn-avgpool", 2_143_626, 2_245_066),
        ("cnn-strided", 2_241_930, 2_245_066),
        ("vgg-small", 426_058, 541_322),
    ];
    for (id, grey, colour) in expected {
        for (shape, expected) in [(FASHION_MNIST, grey), (CIFAR_10, colour)] {
            let config = find(id).unwrap().config(shape, 10);
            assert_eq!(init(&config, 1).num_params(), expected, "{id} on {shape}");
            let listed = config.graph::<Flex>().unwrap().num_params();
            assert_eq!(listed, expected, "the layer table of {id} on {shape}");
        }
    }
}

#[test]
fn a_seed_gives_the_same_bytes_again_and_another_seed_others() {
    for (id, config) in every_model() {
        let drawn = bytes(&init(&config, 7));
        assert!(drawn == bytes(&init(&config, 7)), "{id}");
        assert!(drawn != bytes(&init(&config, 8)), "{id}");
    }
}

#[test]
fn images_of_other_channels_are_refused_by_a_clear_sentence() {
    for (id, config) in every_model() {
        let [right, wrong] = match config.input() {
            FASHION_MNIST => [FASHION_MNIST, ImageShape::new(3, 28, 28)],
            shape => [shape, ImageShape::new(1, 32, 32)],
        };
        let model = init(&config, 1);
        assert_eq!(model.input(), right);
        let images = images(2, wrong);
        let forward = std::panic::AssertUnwindSafe(|| model.forward(images));
        let panic = std::panic::catch_unwind(forward).unwrap_err();
        let message = panic.downcast_ref::<String>().expect("a sentence");
        let expected = "the channels of the data must equal the channels of the kernel";
        assert!(message.contains(expected), "{id}: {message}");
    }
}

#[test]
fn a_model_built_for_other_classes_gives_that_many_logits() {
    for spec in MODELS {
        let config = spec.config(FASHION_MNIST, 3);
        let logits = init(&config, 1).forward(images(2, FASHION_MNIST));
        assert_eq!(logits.dims(), [2, 3], "{}", spec.id);
    }
}

#[test]
fn the_graph_computes_what_the_model_computes() {
    /// The parameters by name.
    fn values(model: &Classifier<Train>) -> BTreeMap<String, TensorData> {
        parameters::read(model).into_iter().collect()
    }
    for (id, config) in every_model() {
        let model = init(&config, 1);
        let weights = values(&model);
        let weight = |name: &str| weights[name].clone();
        let images = images(5, config.input());
        // Every operation once more, by Burn's own functions, from what the graph says of it.
        let mut results: Vec<Tensor<Train, 4>> = Vec::new();
        for node in model.graph().nodes() {
            let input = |n: usize| results[node.inputs[n]].clone();
            let tensor = |n: usize| weight(&node.parameters[n].name);
            let device = training();
            let result: Tensor<Train, 4> = match &node.op {
                Op::Images => images.clone(),
                Op::Conv2d(shape) => {
                    let [[top, bottom], [left, right]] = shape.padding;
                    let options = PaddedConvOptions::asymmetric(
                        shape.stride,
                        [top, left],
                        [bottom, right],
                        shape.dilation,
                        shape.groups,
                    );
                    let bias = node.parameters.get(1).map(|own| weight(&own.name));
                    let bias = bias.map(|bias| Tensor::from_data(bias, &device));
                    conv2d(
                        input(0),
                        Tensor::from_data(tensor(0), &device),
                        bias,
                        options,
                    )
                }
                Op::Linear => {
                    let [n, features, ..] = input(0).dims();
                    let product = input(0)
                        .reshape([n, features])
                        .matmul(Tensor::<Train, 2>::from_data(tensor(0), &device));
                    let bias = Tensor::<Train, 1>::from_data(tensor(1), &device);
                    let sum = product + bias.unsqueeze();
                    let [n, outputs] = sum.dims();
                    sum.reshape([n, outputs, 1, 1])
                }
                Op::Relu => relu(input(0)),
                Op::Sigmoid => sigmoid(input(0)),
                Op::MaxPool2d(w) => {
                    let pool = MaxPool2dConfig::new([w.size; 2]).with_strides([w.stride; 2]);
                    pool.with_padding(padding(w)).init().forward(input(0))
                }
                Op::AvgPool2d(w) => {
                    let pool = AvgPool2dConfig::new([w.size; 2]).with_strides([w.stride; 2]);
                    let pool = pool.with_padding(padding(w)).with_count_include_pad(false);
                    pool.init().forward(input(0))
                }
                Op::GlobalAvgPool2d => input(0).mean_dim(3).mean_dim(2),
                Op::Flatten => {
                    let [n, c, h, w] = input(0).dims();
                    input(0).reshape([n, c * h * w, 1, 1])
                }
                Op::Add => input(0) + input(1),
                Op::BatchNorm2d => {
                    let (weight, bias) = (tensor(0), tensor(1));
                    batch_norm(input(0), weight, bias)
                }
                other => panic!("{id}: this test knows no {other:?}"),
            };
            let [_, shape @ ..] = result.dims();
            let shape = &shape[..node.output.len()];
            assert_eq!(shape, node.output, "{id}: {}", node.name);
            results.push(result);
        }
        let logits = model.forward(images.clone());
        let last = results.last().unwrap().clone().reshape(logits.dims());
        let off = (last - logits).abs().max().into_scalar();
        assert!(off < 1e-4, "{id}: off by {off}");

        for algorithm in [ConvAlgorithm::Direct, ConvAlgorithm::Frequency] {
            let model = init(&config, 1).with_algorithms(|_| algorithm);
            let nodes = model.graph().nodes();
            let of_maps = nodes.iter().zip(&results).filter(|(node, _)| {
                matches!(node.op, Op::Relu | Op::Sigmoid) && node.output.len() == 3
            });
            let of_maps: Vec<_> = of_maps.collect();
            let maps = model.feature_maps(images.clone());
            assert_eq!(maps.len(), of_maps.len(), "{id}");
            for ((name, maps), (node, expected)) in maps.into_iter().zip(of_maps) {
                assert_eq!(name, node.name, "{id}");
                let largest = expected.clone().abs().max().into_scalar();
                let off = (maps - expected.clone()).abs().max().into_scalar();
                assert!(
                    off < 1e-4 * largest,
                    "{id}: {name} is off by {off} of {largest}"
                );
            }
        }
    }
}

#[test]
fn a_prepared_network_gives_the_same_bytes_batch_after_batch_and_the_networks_logits() {
    for id in ["cnn-strided", "vgg-small", "resnet-20"] {
        let config = find(id).unwrap().config(FASHION_MNIST, 10);
        for algorithm in ConvAlgorithm::ALL {
            let model = config
                .init_with_seed::<Flex>(1, &Default::default())
                .unwrap();
            let model = model.with_algorithms(|_| algorithm);
            let prepared = model.prepared();
            for (number, size) in [3, 1, 130].into_iter().enumerate() {
                let shape = [size, 1, 28, 28];
                let images = Tensor::arange(0..(size * 784) as i64, &Default::default()).float();
                let images = (images * (0.3 + number as f64)).sin().reshape(shape);
                let logits = prepared.forward(images.clone());
                let anew = model.prepared().forward(images.clone()).into_data();
                assert_eq!(logits.clone().into_data(), anew, "{id} {algorithm:?}");
                let expected = model.forward(images);
                let largest = expected.clone().abs().max().into_scalar();
                let off = (logits - expected).abs().max().into_scalar() / largest;
                // A normalisation within the kernels changes roundings.
                let normalises = model.graph().looks_at_the_whole_batch();
                let most = if normalises { 1e-5 } else { 0.0 };
                assert!(off <= most, "{id} {algorithm:?}: {off}");
                assert_eq!(off > 0.0, normalises, "{id} {algorithm:?}");
            }
        }
    }
}

fn padding(window: &Window) -> PaddingConfig2d {
    let padding = window.padding;
    PaddingConfig2d::Explicit(padding, padding, padding, padding)
}

/// By the batch's own statistics.
fn batch_norm(maps: Tensor<Train, 4>, weight: TensorData, bias: TensorData) -> Tensor<Train, 4> {
    let [_, channels, ..] = maps.dims();
    let of_channels =
        |data| Tensor::<Train, 1>::from_data(data, &training()).reshape([1, channels, 1, 1]);
    let mean = |x: Tensor<Train, 4>| x.mean_dim(0).mean_dim(2).mean_dim(3);
    let centred = maps.clone() - mean(maps);
    let variance = mean(centred.clone().square());
    centred / (variance + 1e-5).sqrt() * of_channels(weight) + of_channels(bias)
}

#[test]
fn layers_are_named_after_their_modules_and_what_follows_them() {
    let names = |id: &str| {
        let config = find(id).unwrap().config(FASHION_MNIST, 10);
        let graph = config.graph::<Flex>().unwrap();
        let layers = graph.layers().iter();
        layers
            .map(|node| node.name.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        names("mlp-sigmoid"),
        "flatten hidden.0 hidden.0.sigmoid output"
    );
    assert_eq!(
        names("vgg-small"),
        "stages.0.0 stages.0.0.relu stages.0.0.max_pool stages.1.0 stages.1.0.relu stages.1.1 \
         stages.1.1.relu stages.1.1.max_pool stages.2.0 stages.2.0.relu stages.2.1 stages.2.1.relu \
         stages.2.1.max_pool flatten dense1 dense1.relu dense2"
    );
}

const DRAWN: [(&str, ImageShape, &str); 20] = [
    (
        "mlp-sigmoid",
        FASHION_MNIST,
        "0572bc396bc77f888c24aa2496364c010c1316243c0e18ce433a7d003d78eb74",
    ),
    (
        "mlp-sigmoid",
        CIFAR_10,
        "37cde23ea04ef9deee66650caef09a0753a4a8ad385c2deb76f46709c60f6fbf",
    ),
    (
        "mlp-relu",
        FASHION_MNIST,
        "22342c6fe9f367d326f1d286d0c0b0a9322b58a406e608f478fae1b1b1da44ab",
    ),
    (
        "mlp-relu",
        CIFAR_10,
        "7fa041a6994e7ae7f141a023368438c333db31134254ef9ed55b6f1166d5aade",
    ),
    (
        "mlp-relu-2",
        FASHION_MNIST,
        "8d41ac5a90e19a60e2d7ee2caad3d896088862c114e668d1491f36ea5adf0510",
    ),
    (
        "mlp-relu-2",
        CIFAR_10,
        "18e799b3f337ca56101d2aa2725943368f33a7b36ebe8605fb9ba4e640bb248c",
    ),
    (
        "mlp-relu-3",
        FASHION_MNIST,
        "623f9a0615b78c44ab1fd546f53c9a01e8cf976eb4db6854cbedd41fb9505c63",
    ),
    (
        "mlp-relu-3",
        CIFAR_10,
        "3e1ba64aa780bc482fb658be4d086c0f38b060fda5a8dffb3fd78d80a0eee944",
    ),
    (
        "cnn-simple",
        FASHION_MNIST,
        "f6d2fd060d45f366908c4eb3c89c88122c8c761ed6060e79cc97152debe4d49c",
    ),
    (
        "cnn-simple",
        CIFAR_10,
        "6c714168f267928c5075587fa3fe6dfbc5012a79be6b6e9b585e9d7ac4d294fd",
    ),
    (
        "cnn",
        FASHION_MNIST,
        "e3ae14c71c5806adfac3a2a5797340fdf75fb2caff6cc01a2daf7a5a9b820787",
    ),
    (
        "cnn",
        CIFAR_10,
        "14ce40f4386d58af660b1d97cb57186b778573087aab218ee4a1f0c4db6b826b",
    ),
    (
        "cnn-maxpool",
        FASHION_MNIST,
        "e8622bdd302b3183f470fa808d847eed39b830f212a3f7826fcede0d84ad29bf",
    ),
    (
        "cnn-maxpool",
        CIFAR_10,
        "cbaa7b7090a127c82be6745d29456bbc49af1f0e9c4ac05f1f8efa703c7824cc",
    ),
    (
        "cnn-avgpool",
        FASHION_MNIST,
        "e8622bdd302b3183f470fa808d847eed39b830f212a3f7826fcede0d84ad29bf",
    ),
    (
        "cnn-avgpool",
        CIFAR_10,
        "cbaa7b7090a127c82be6745d29456bbc49af1f0e9c4ac05f1f8efa703c7824cc",
    ),
    (
        "cnn-strided",
        FASHION_MNIST,
        "d90e8ca9be1de1804c0f08de17eefb8a46af9da6a5f45ae7685e62925fb15d27",
    ),
    (
        "cnn-strided",
        CIFAR_10,
        "cbaa7b7090a127c82be6745d29456bbc49af1f0e9c4ac05f1f8efa703c7824cc",
    ),
    (
        "vgg-small",
        FASHION_MNIST,
        "2a36b8efd99653cc34d4db8f77955732d4e026f1ec6426e14156c911f240b1fa",
    ),
    (
        "vgg-small",
        CIFAR_10,
        "289b6a0e02d41063a0075aff88f392a73f9afed1ccba7d8665bdf95270f8a5cd",
    ),
];

#[test]
fn weights_are_drawn_as_before_there_were_trial_runs() {
    // SHA-256 of all parameters' bytes in the order of the modules, by the commit 37e1347.
    for (id, shape, expected) in DRAWN {
        let model = init(&find(id).unwrap().config(shape, 10), 42);
        assert_eq!(sha256(&bytes(&model)), expected, "{id} on {shape}");
    }
}

#[test]
fn burns_own_seed_draws_the_weights_where_none_is_given() {
    let config = find("mlp-relu").unwrap().config(FASHION_MNIST, 10);
    let drawn = |seed| {
        Train::seed(&training(), seed);
        bytes(&config.init(&training()).unwrap())
    };
    assert!(drawn(1) == drawn(1));
    assert!(drawn(1) != drawn(2));
}

#[test]
fn images_too_small_are_refused_with_the_layer_that_has_nothing_left_to_look_at() {
    let config = CnnConfig::new(ImageShape::new(1, 24, 28), 10);
    let error = config
        .init_with_seed::<Flex>(1, &Default::default())
        .unwrap_err();
    assert!(matches!(
        error,
        ModelError::ImagesTooSmall {
            ref layer,
            needed: 7,
            height: 6,
            ..
        } if layer == "conv4"
    ));
    let smallest = CnnConfig::new(ImageShape::new(1, 25, 25), 10);
    assert!(
        smallest
            .init_with_seed::<Flex>(1, &Default::default())
            .is_ok()
    );

    let pooled =
        CnnConfig::new(ImageShape::new(1, 15, 16), 10).with_downsampling(Downsampling::MaxPool);
    let error = pooled
        .init_with_seed::<Flex>(1, &Default::default())
        .unwrap_err();
    assert!(matches!(
        error,
        ModelError::ImagesTooSmall {
            ref layer,
            needed: 2,
            height: 1,
            ..
        } if layer == "conv4.max_pool"
    ));
}

#[test]
fn settings_that_build_nothing_are_refused() {
    let device = Default::default();
    let mlp = MlpConfig::new(FASHION_MNIST, 10).with_hidden(vec![256, 0]);
    assert!(matches!(
        mlp.init_with_seed::<Flex>(1, &device),
        Err(ModelError::BadConfig { .. })
    ));
    let cnn = CnnConfig::new(FASHION_MNIST, 0);
    assert!(matches!(
        cnn.init_with_seed::<Flex>(1, &device),
        Err(ModelError::BadConfig { .. })
    ));
    let even = CnnConfig::new(FASHION_MNIST, 10).with_kernel_size(4);
    assert!(matches!(
        even.init_with_seed::<Flex>(1, &device),
        Err(ModelError::BadConfig { .. })
    ));
}

#[test]
fn settings_survive_json() {
    for (id, config) in every_model() {
        let json = serde_json::to_string(&config).unwrap();
        let read: ClassifierConfig = serde_json::from_str(&json).unwrap();
        assert_eq!(read, config, "{id}: {json}");
    }
}

#[test]
fn an_unknown_model_names_the_nearest_first() {
    let error = find("cnn-maxpol").err().unwrap().to_string();
    assert!(error.contains("the models are cnn-maxpool, "), "{error}");
    assert!(MODELS.iter().all(|spec| error.contains(spec.id)), "{error}");
}

#[test]
fn every_model_says_how_it_is_trained_and_where_it_is_from() {
    for spec in MODELS {
        assert!(
            !spec.title.is_empty() && !spec.source.is_empty(),
            "{}",
            spec.id
        );
        for recipe in [spec.recipe, spec.tuned] {
            assert!(recipe.learning_rate > 0.0 && recipe.num_epochs > 0 && recipe.batch_size > 0);
        }
        if spec.source.starts_with("lecture") {
            let batch_size = spec.recipe.batch_size;
            assert_eq!(batch_size, 1024, "{}: the lecture's batch", spec.id);
        }
    }
}
