//! What holds for every registered model.

use burn_autodiff::Autodiff;
use burn_core::module::{Module, ModuleVisitor, Param};
use burn_core::tensor::activation::relu;
use burn_core::tensor::backend::AutodiffBackend;
use burn_core::tensor::module::{avg_pool2d, max_pool2d};
use burn_core::tensor::{Tensor, TensorData};
use burn_flex::Flex;
use burn_zoo_models::{
    Classifier, ClassifierConfig, CnnConfig, ConvAlgorithm, Downsampling, ImageShape, MODELS,
    MlpConfig, ModelError, find,
};

type Train = Autodiff<Flex>;

const FASHION_MNIST: ImageShape = ImageShape::new(1, 28, 28);
const CIFAR_10: ImageShape = ImageShape::new(3, 32, 32);

/// Images that are neither constant nor symmetric: sin of the value's number.
fn images(count: usize, shape: ImageShape) -> Tensor<Train, 4> {
    let values: Vec<f32> = (0..count * shape.num_values())
        .map(|i| (i as f32 * 0.37).sin())
        .collect();
    let dims = [count, shape.channels, shape.height, shape.width];
    Tensor::from_data(TensorData::new(values, dims), &Default::default())
}

fn every_model() -> impl Iterator<Item = (&'static str, ClassifierConfig)> {
    MODELS
        .iter()
        .flat_map(|spec| [FASHION_MNIST, CIFAR_10].map(|shape| (spec.id, spec.config(shape, 10))))
}

fn init(config: &ClassifierConfig, seed: u64) -> Classifier<Train> {
    config.init(seed, &Default::default()).unwrap()
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
            let gradient = param.val().grad(self.0).expect("a gradient");
            let largest = gradient.abs().max().into_scalar();
            assert!(largest > 0.0, "the gradient is 0 everywhere");
            self.1 += 1;
        }
    }
    for (id, config) in every_model() {
        let model = init(&config, 1);
        let gradients = model
            .forward(images(2, config.input()))
            .sin()
            .sum()
            .backward();
        let mut visitor = Gradients(&gradients, 0);
        model.visit(&mut visitor);
        let layers = config.layers().unwrap();
        let learning = layers.iter().filter(|layer| layer.num_params > 0).count();
        assert_eq!(visitor.1, 2 * learning, "{id}: a weight and a bias each");
    }
}

#[test]
fn the_parameters_are_as_many_as_the_lecture_and_pytorch_count() {
    // LECTURE.md's table and, where the lecture has none, scripts/pytorch_reference.py.
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
    assert_eq!(expected.len(), MODELS.len());
    for (id, grey, colour) in expected {
        for (shape, expected) in [(FASHION_MNIST, grey), (CIFAR_10, colour)] {
            let config = find(id).unwrap().config(shape, 10);
            assert_eq!(init(&config, 1).num_params(), expected, "{id} on {shape}");
            let layers = config.layers().unwrap();
            let listed: usize = layers.iter().map(|layer| layer.num_params).sum();
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
        let logits = init(&config, 1).forward(images(1, FASHION_MNIST));
        assert_eq!(logits.dims(), [1, 3], "{}", spec.id);
    }
}

#[test]
fn the_last_feature_maps_lead_to_the_models_logits() {
    /// The dense layers' weights and biases, in order.
    #[derive(Default)]
    struct Dense(Vec<Tensor<Train, 2>>, Vec<Tensor<Train, 1>>);
    impl ModuleVisitor<Train> for Dense {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<Train, D>>) {
            let [first, .., last] = *param.dims().as_slice() else {
                return self.1.push(param.val().flatten(0, 0));
            };
            if D == 2 {
                self.0.push(param.val().reshape([first, last]));
            }
        }
    }
    for spec in MODELS {
        let (id, config) = (spec.id, spec.config(FASHION_MNIST, 10));
        for algorithm in [ConvAlgorithm::Direct, ConvAlgorithm::Frequency] {
            let model = init(&config, 1).with_algorithms(|_| algorithm);
            let images = images(2, config.input());
            let maps = model.feature_maps(images.clone());
            let convolutions = config.convolutions().unwrap();
            assert_eq!(maps.len(), convolutions.len(), "{id}");
            for (maps, conv) in maps.iter().zip(&convolutions) {
                let [height, width] = conv.output();
                assert_eq!(maps.dims(), [2, conv.out_channels, height, width], "{id}");
                assert!(maps.clone().min().into_scalar() >= 0.0, "{id}: after ReLU");
            }
            let Some(last) = maps.last() else { continue };
            let last = match id {
                "cnn-maxpool" | "vgg-small" => {
                    max_pool2d(last.clone(), [2, 2], [2, 2], [0, 0], [1, 1], false)
                }
                "cnn-avgpool" => avg_pool2d(last.clone(), [2, 2], [2, 2], [0, 0], true, false),
                _ => last.clone(),
            };
            let mut dense = Dense::default();
            model.visit(&mut dense);
            let Dense(weights, biases) = dense;
            let biases = &biases[convolutions.len()..];
            let mut x = last.flatten::<2>(1, 3);
            for (index, (weight, bias)) in weights.iter().zip(biases).enumerate() {
                x = if index > 0 { relu(x) } else { x };
                x = x.matmul(weight.clone()) + bias.clone().unsqueeze();
            }
            let off = (x - model.forward(images)).abs().max().into_scalar();
            assert!(off < 1e-5, "{id}: off by {off}");
        }
    }
}

#[test]
fn images_too_small_for_the_stages_are_refused_with_the_stage() {
    let config = CnnConfig::new(ImageShape::new(1, 24, 28), 10);
    let error = config.init::<Flex>(1, &Default::default()).unwrap_err();
    assert!(matches!(
        error,
        ModelError::ImagesTooSmall {
            stage: 4,
            needed: 7,
            height: 6,
            ..
        }
    ));
    let smallest = CnnConfig::new(ImageShape::new(1, 25, 25), 10);
    assert!(smallest.init::<Flex>(1, &Default::default()).is_ok());

    let pooled =
        CnnConfig::new(ImageShape::new(1, 15, 16), 10).with_downsampling(Downsampling::MaxPool);
    let error = pooled.init::<Flex>(1, &Default::default()).unwrap_err();
    assert!(matches!(
        error,
        ModelError::ImagesTooSmall {
            stage: 4,
            needed: 2,
            height: 1,
            ..
        }
    ));
}

#[test]
fn settings_that_build_nothing_are_refused() {
    let device = Default::default();
    let mlp = MlpConfig::new(FASHION_MNIST, 10).with_hidden(vec![256, 0]);
    assert!(matches!(
        mlp.init::<Flex>(1, &device),
        Err(ModelError::BadConfig { .. })
    ));
    let cnn = CnnConfig::new(FASHION_MNIST, 0);
    assert!(matches!(
        cnn.init::<Flex>(1, &device),
        Err(ModelError::BadConfig { .. })
    ));
    let even = CnnConfig::new(FASHION_MNIST, 10).with_kernel_size(4);
    assert!(matches!(
        even.init::<Flex>(1, &device),
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
        assert!(spec.recipe.learning_rate > 0.0 && spec.recipe.num_epochs > 0);
        assert_eq!(
            spec.recipe.batch_size, 1024,
            "{}: the lecture's batch",
            spec.id
        );
    }
}
