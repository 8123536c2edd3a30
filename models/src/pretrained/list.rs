// Made by `zoo publish` from the files in models/weights: not to be edited.

use super::Weights;
use crate::Initialisation::*;
use crate::Precision::*;
use crate::Schedule::*;
use crate::*;
use std::marker::PhantomData;

impl Weights {
    /// Every set of weights.
    pub const ALL: &'static [Self] = &[
        #[cfg(feature = "mlp-sigmoid")]
        mlp_sigmoid::FASHION_MNIST.of_any_architecture(),
        #[cfg(feature = "mlp-sigmoid")]
        mlp_sigmoid::FASHION_MNIST_LECTURE.of_any_architecture(),
        #[cfg(feature = "mlp-relu")]
        mlp_relu::FASHION_MNIST.of_any_architecture(),
        #[cfg(feature = "mlp-relu")]
        mlp_relu::FASHION_MNIST_LECTURE.of_any_architecture(),
        #[cfg(feature = "mlp-relu-2")]
        mlp_relu_2::FASHION_MNIST.of_any_architecture(),
        #[cfg(feature = "mlp-relu-2")]
        mlp_relu_2::FASHION_MNIST_LECTURE.of_any_architecture(),
        #[cfg(feature = "mlp-relu-3")]
        mlp_relu_3::FASHION_MNIST.of_any_architecture(),
        #[cfg(feature = "mlp-relu-3")]
        mlp_relu_3::FASHION_MNIST_LECTURE.of_any_architecture(),
        #[cfg(feature = "cnn-simple")]
        cnn_simple::FASHION_MNIST.of_any_architecture(),
        #[cfg(feature = "cnn-simple")]
        cnn_simple::FASHION_MNIST_LECTURE.of_any_architecture(),
        #[cfg(feature = "cnn")]
        cnn::FASHION_MNIST.of_any_architecture(),
        #[cfg(feature = "cnn")]
        cnn::FASHION_MNIST_LECTURE.of_any_architecture(),
        #[cfg(feature = "cnn-maxpool")]
        cnn_maxpool::FASHION_MNIST.of_any_architecture(),
        #[cfg(feature = "cnn-avgpool")]
        cnn_avgpool::FASHION_MNIST.of_any_architecture(),
        #[cfg(feature = "cnn-strided")]
        cnn_strided::FASHION_MNIST.of_any_architecture(),
        #[cfg(feature = "vgg-small")]
        vgg_small::FASHION_MNIST.of_any_architecture(),
        #[cfg(feature = "resnet-20")]
        resnet_20::FASHION_MNIST.of_any_architecture(),
    ];
}

/// Weights of `mlp-sigmoid`.
#[cfg(feature = "mlp-sigmoid")]
pub mod mlp_sigmoid {
    use super::*;

    /// 88.11 % on Fashion-MNIST, by the tuned recipe.
    pub const FASHION_MNIST: Weights<MlpConfig> = Weights {
        id: "mlp-sigmoid.fashion-mnist",
        model: "mlp-sigmoid",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: XavierUniform,
            learning_rate: 0.002,
            batch_size: 256,
            num_epochs: 40,
            refinements: Refinements {
                schedule: Cosine,
                weight_decay: 0.3,
                label_smoothing: 0.1,
                random_crop: 0.0,
                flip: true,
                shift: 0,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.8811,
        loss: 0.4126568440657089,
        accuracies: &[0.881, 0.8828, 0.8839],
        sha256: "622c36f201bd849eeff3e396739cefeb0a40ed9daa01994dd174b25dff4ebb8f",
        licence: "MIT OR Apache-2.0",
        command: "zoo train mlp-sigmoid --dataset fashion-mnist --recipe tuned --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, AMD EPYC, 2 threads, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_mlp_sigmoid::FASHION_MNIST,
        architecture: PhantomData,
    };

    /// 85.41 % on Fashion-MNIST, by the lecture's recipe.
    pub const FASHION_MNIST_LECTURE: Weights<MlpConfig> = Weights {
        id: "mlp-sigmoid.fashion-mnist.lecture",
        model: "mlp-sigmoid",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: XavierUniform,
            learning_rate: 0.001,
            batch_size: 1024,
            num_epochs: 10,
            refinements: Refinements {
                schedule: Constant,
                weight_decay: 0.0,
                label_smoothing: 0.0,
                random_crop: 0.0,
                flip: false,
                shift: 0,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.8541,
        loss: 0.40047020120688254,
        accuracies: &[0.854, 0.8589, 0.8566, 0.8598, 0.8581],
        sha256: "f53b8406fba6062a78c91b4340e3002a4d04e8c3e872eead03f9c46e821ae554",
        licence: "MIT OR Apache-2.0",
        command: "zoo train mlp-sigmoid --dataset fashion-mnist --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, AMD EPYC, 2 threads, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_mlp_sigmoid::FASHION_MNIST_LECTURE,
        architecture: PhantomData,
    };
}

/// Weights of `mlp-relu`.
#[cfg(feature = "mlp-relu")]
pub mod mlp_relu {
    use super::*;

    /// 89.74 % on Fashion-MNIST, by the tuned recipe.
    pub const FASHION_MNIST: Weights<MlpConfig> = Weights {
        id: "mlp-relu.fashion-mnist",
        model: "mlp-relu",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: KaimingUniform,
            learning_rate: 0.002,
            batch_size: 256,
            num_epochs: 40,
            refinements: Refinements {
                schedule: Cosine,
                weight_decay: 0.3,
                label_smoothing: 0.1,
                random_crop: 0.0,
                flip: true,
                shift: 0,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.8974,
        loss: 0.37593469802670176,
        accuracies: &[0.8974, 0.8958, 0.8979],
        sha256: "95ae450963ebf6cf66cb62970b1a6b5baa5e183142e75f4fd6707497bd97d307",
        licence: "MIT OR Apache-2.0",
        command: "zoo train mlp-relu --dataset fashion-mnist --recipe tuned --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, AMD EPYC, 2 threads, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_mlp_relu::FASHION_MNIST,
        architecture: PhantomData,
    };

    /// 87.54 % on Fashion-MNIST, by the lecture's recipe.
    pub const FASHION_MNIST_LECTURE: Weights<MlpConfig> = Weights {
        id: "mlp-relu.fashion-mnist.lecture",
        model: "mlp-relu",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: KaimingUniform,
            learning_rate: 0.001,
            batch_size: 1024,
            num_epochs: 10,
            refinements: Refinements {
                schedule: Constant,
                weight_decay: 0.0,
                label_smoothing: 0.0,
                random_crop: 0.0,
                flip: false,
                shift: 0,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.8754,
        loss: 0.34711413594061363,
        accuracies: &[0.8753, 0.8757, 0.8763, 0.8739, 0.8753],
        sha256: "db711b037a18b90f73b6363c1dadd7fbc2afe72fd106f1492c5637240328d913",
        licence: "MIT OR Apache-2.0",
        command: "zoo train mlp-relu --dataset fashion-mnist --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, AMD EPYC, 2 threads, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_mlp_relu::FASHION_MNIST_LECTURE,
        architecture: PhantomData,
    };
}

/// Weights of `mlp-relu-2`.
#[cfg(feature = "mlp-relu-2")]
pub mod mlp_relu_2 {
    use super::*;

    /// 90.37 % on Fashion-MNIST, by the tuned recipe.
    pub const FASHION_MNIST: Weights<MlpConfig> = Weights {
        id: "mlp-relu-2.fashion-mnist",
        model: "mlp-relu-2",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: KaimingUniform,
            learning_rate: 0.002,
            batch_size: 256,
            num_epochs: 40,
            refinements: Refinements {
                schedule: Cosine,
                weight_decay: 0.3,
                label_smoothing: 0.1,
                random_crop: 0.0,
                flip: true,
                shift: 0,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.9037,
        loss: 0.34655612676604247,
        accuracies: &[0.9037, 0.9038, 0.902],
        sha256: "41bbc90c6aaeada6d13ffa1a6ca99787502762344cd781cc542325955a8916fc",
        licence: "MIT OR Apache-2.0",
        command: "zoo train mlp-relu-2 --dataset fashion-mnist --recipe tuned --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, AMD EPYC, 2 threads, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_mlp_relu_2::FASHION_MNIST,
        architecture: PhantomData,
    };

    /// 88.06 % on Fashion-MNIST, by the lecture's recipe.
    pub const FASHION_MNIST_LECTURE: Weights<MlpConfig> = Weights {
        id: "mlp-relu-2.fashion-mnist.lecture",
        model: "mlp-relu-2",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: KaimingUniform,
            learning_rate: 0.001,
            batch_size: 1024,
            num_epochs: 10,
            refinements: Refinements {
                schedule: Constant,
                weight_decay: 0.0,
                label_smoothing: 0.0,
                random_crop: 0.0,
                flip: false,
                shift: 0,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.8806,
        loss: 0.331278574453368,
        accuracies: &[0.8805, 0.8766, 0.8825, 0.8791, 0.8838],
        sha256: "61026fe4b87f1a712b4eb6b2039d6eb1ea0cc89bb94336686f33c31d6c53d6c9",
        licence: "MIT OR Apache-2.0",
        command: "zoo train mlp-relu-2 --dataset fashion-mnist --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, AMD EPYC, 2 threads, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_mlp_relu_2::FASHION_MNIST_LECTURE,
        architecture: PhantomData,
    };
}

/// Weights of `mlp-relu-3`.
#[cfg(feature = "mlp-relu-3")]
pub mod mlp_relu_3 {
    use super::*;

    /// 90.54 % on Fashion-MNIST, by the tuned recipe.
    pub const FASHION_MNIST: Weights<MlpConfig> = Weights {
        id: "mlp-relu-3.fashion-mnist",
        model: "mlp-relu-3",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: KaimingUniform,
            learning_rate: 0.002,
            batch_size: 256,
            num_epochs: 40,
            refinements: Refinements {
                schedule: Cosine,
                weight_decay: 0.3,
                label_smoothing: 0.1,
                random_crop: 0.0,
                flip: true,
                shift: 0,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.9054,
        loss: 0.3489496904456554,
        accuracies: &[0.9054, 0.906, 0.9047],
        sha256: "2c82eef59ab9505b1cfe6c3daa2e331f3f17868b44e1dd575b87d24a7ccfefeb",
        licence: "MIT OR Apache-2.0",
        command: "zoo train mlp-relu-3 --dataset fashion-mnist --recipe tuned --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, AMD EPYC, 2 threads, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_mlp_relu_3::FASHION_MNIST,
        architecture: PhantomData,
    };

    /// 88.31 % on Fashion-MNIST, by the lecture's recipe.
    pub const FASHION_MNIST_LECTURE: Weights<MlpConfig> = Weights {
        id: "mlp-relu-3.fashion-mnist.lecture",
        model: "mlp-relu-3",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: KaimingUniform,
            learning_rate: 0.001,
            batch_size: 1024,
            num_epochs: 10,
            refinements: Refinements {
                schedule: Constant,
                weight_decay: 0.0,
                label_smoothing: 0.0,
                random_crop: 0.0,
                flip: false,
                shift: 0,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.8831,
        loss: 0.33486657876283527,
        accuracies: &[0.8832, 0.8824, 0.88, 0.8826, 0.8772],
        sha256: "9c6133cc993fd11b65d637553a329ffb1a879f3994fc7dae2bc59e8a9bd6f898",
        licence: "MIT OR Apache-2.0",
        command: "zoo train mlp-relu-3 --dataset fashion-mnist --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, AMD EPYC, 2 threads, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_mlp_relu_3::FASHION_MNIST_LECTURE,
        architecture: PhantomData,
    };
}

/// Weights of `cnn-simple`.
#[cfg(feature = "cnn-simple")]
pub mod cnn_simple {
    use super::*;

    /// 92.98 % on Fashion-MNIST, by the tuned recipe.
    pub const FASHION_MNIST: Weights<CnnConfig> = Weights {
        id: "cnn-simple.fashion-mnist",
        model: "cnn-simple",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: PytorchDefault,
            learning_rate: 0.001,
            batch_size: 128,
            num_epochs: 20,
            refinements: Refinements {
                schedule: Cosine,
                weight_decay: 0.05,
                label_smoothing: 0.0,
                random_crop: 0.0,
                flip: true,
                shift: 1,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.9298,
        loss: 0.24022908444158278,
        accuracies: &[0.9299],
        sha256: "6211fc91af1047404702f633787d371bb826e1e975fe7a95d013e4f2ccc6582f",
        licence: "MIT OR Apache-2.0",
        command: "zoo train cnn-simple --dataset fashion-mnist --recipe tuned --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, Intel(R) Xeon(R) Processor, 1 thread, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_cnn_simple::FASHION_MNIST,
        architecture: PhantomData,
    };

    /// 75.94 % on Fashion-MNIST, by the lecture's recipe.
    pub const FASHION_MNIST_LECTURE: Weights<CnnConfig> = Weights {
        id: "cnn-simple.fashion-mnist.lecture",
        model: "cnn-simple",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: PytorchDefault,
            learning_rate: 1e-5,
            batch_size: 1024,
            num_epochs: 10,
            refinements: Refinements {
                schedule: Constant,
                weight_decay: 0.0,
                label_smoothing: 0.0,
                random_crop: 0.0,
                flip: false,
                shift: 0,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.7594,
        loss: 0.6399124977223952,
        accuracies: &[0.7594],
        sha256: "9399c63e1b942268b2d7183cf2acd0705cad0a379b2964f58b3ceb0018a8021c",
        licence: "MIT OR Apache-2.0",
        command: "zoo train cnn-simple --dataset fashion-mnist --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, Intel(R) Xeon(R) Processor, 1 thread, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_cnn_simple::FASHION_MNIST_LECTURE,
        architecture: PhantomData,
    };
}

/// Weights of `cnn`.
#[cfg(feature = "cnn")]
pub mod cnn {
    use super::*;

    /// 92.33 % on Fashion-MNIST, by the tuned recipe.
    pub const FASHION_MNIST: Weights<CnnConfig> = Weights {
        id: "cnn.fashion-mnist",
        model: "cnn",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: PytorchDefault,
            learning_rate: 0.001,
            batch_size: 128,
            num_epochs: 10,
            refinements: Refinements {
                schedule: Cosine,
                weight_decay: 0.05,
                label_smoothing: 0.0,
                random_crop: 0.0,
                flip: true,
                shift: 1,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.9233,
        loss: 0.220540177404297,
        accuracies: &[0.9233],
        sha256: "16b5f7474daa36850b52acaae8a6f19f1c7022cc0a46ddebd07b4bb7d4839e7e",
        licence: "MIT OR Apache-2.0",
        command: "zoo train cnn --dataset fashion-mnist --recipe tuned --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, AMD EPYC, 1 thread, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_cnn::FASHION_MNIST,
        architecture: PhantomData,
    };

    /// 74.01 % on Fashion-MNIST, by the lecture's recipe.
    pub const FASHION_MNIST_LECTURE: Weights<CnnConfig> = Weights {
        id: "cnn.fashion-mnist.lecture",
        model: "cnn",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: PytorchDefault,
            learning_rate: 1e-5,
            batch_size: 1024,
            num_epochs: 10,
            refinements: Refinements {
                schedule: Constant,
                weight_decay: 0.0,
                label_smoothing: 0.0,
                random_crop: 0.0,
                flip: false,
                shift: 0,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.7401,
        loss: 0.6876849844102336,
        accuracies: &[0.7401],
        sha256: "85c199cf7abd5720283b902b33a3035b5f6902204ffde9ee3bafc3b9e821a360",
        licence: "MIT OR Apache-2.0",
        command: "zoo train cnn --dataset fashion-mnist --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, AMD EPYC, 1 thread, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_cnn::FASHION_MNIST_LECTURE,
        architecture: PhantomData,
    };
}

/// Weights of `cnn-maxpool`.
#[cfg(feature = "cnn-maxpool")]
pub mod cnn_maxpool {
    use super::*;

    /// 93.33 % on Fashion-MNIST, by the tuned recipe.
    pub const FASHION_MNIST: Weights<CnnConfig> = Weights {
        id: "cnn-maxpool.fashion-mnist",
        model: "cnn-maxpool",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: PytorchDefault,
            learning_rate: 0.001,
            batch_size: 128,
            num_epochs: 20,
            refinements: Refinements {
                schedule: Cosine,
                weight_decay: 0.05,
                label_smoothing: 0.0,
                random_crop: 0.0,
                flip: true,
                shift: 1,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.9333,
        loss: 0.212728150764332,
        accuracies: &[0.9333],
        sha256: "b4c16208cdf98579d9b3f57a128c3b929d4060744da35fb6df5935bb214523da",
        licence: "MIT OR Apache-2.0",
        command: "zoo train cnn-maxpool --dataset fashion-mnist --recipe tuned --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, AMD EPYC, 2 threads, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_cnn_maxpool::FASHION_MNIST,
        architecture: PhantomData,
    };
}

/// Weights of `cnn-avgpool`.
#[cfg(feature = "cnn-avgpool")]
pub mod cnn_avgpool {
    use super::*;

    /// 92.13 % on Fashion-MNIST, by the tuned recipe.
    pub const FASHION_MNIST: Weights<CnnConfig> = Weights {
        id: "cnn-avgpool.fashion-mnist",
        model: "cnn-avgpool",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: PytorchDefault,
            learning_rate: 0.001,
            batch_size: 128,
            num_epochs: 20,
            refinements: Refinements {
                schedule: Cosine,
                weight_decay: 0.05,
                label_smoothing: 0.0,
                random_crop: 0.0,
                flip: true,
                shift: 1,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.9213,
        loss: 0.21906256318295267,
        accuracies: &[0.9211],
        sha256: "34497ef9686a1401ff458217c6f6917d9d1090052d71f5e710956bc9a5af6910",
        licence: "MIT OR Apache-2.0",
        command: "zoo train cnn-avgpool --dataset fashion-mnist --recipe tuned --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, Intel(R) Xeon(R) Processor, 1 thread, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_cnn_avgpool::FASHION_MNIST,
        architecture: PhantomData,
    };
}

/// Weights of `cnn-strided`.
#[cfg(feature = "cnn-strided")]
pub mod cnn_strided {
    use super::*;

    /// 92.88 % on Fashion-MNIST, by the tuned recipe.
    pub const FASHION_MNIST: Weights<CnnConfig> = Weights {
        id: "cnn-strided.fashion-mnist",
        model: "cnn-strided",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: PytorchDefault,
            learning_rate: 0.001,
            batch_size: 128,
            num_epochs: 20,
            refinements: Refinements {
                schedule: Cosine,
                weight_decay: 0.05,
                label_smoothing: 0.0,
                random_crop: 0.0,
                flip: true,
                shift: 1,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.9288,
        loss: 0.21753087078154132,
        accuracies: &[0.9288],
        sha256: "c36ec59276ecb40ff7ee9f08017b11bea590dea6f73ff7318ff1f5179a0bf3e8",
        licence: "MIT OR Apache-2.0",
        command: "zoo train cnn-strided --dataset fashion-mnist --recipe tuned --seed 42 --backend libtorch --conv direct",
        trained_on: "libtorch cpu, AMD EPYC, 2 threads, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_cnn_strided::FASHION_MNIST,
        architecture: PhantomData,
    };
}

/// Weights of `vgg-small`.
#[cfg(feature = "vgg-small")]
pub mod vgg_small {
    use super::*;

    /// 93.74 % on Fashion-MNIST, by the tuned recipe.
    pub const FASHION_MNIST: Weights<VggConfig> = Weights {
        id: "vgg-small.fashion-mnist",
        model: "vgg-small",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: KaimingUniform,
            learning_rate: 0.001,
            batch_size: 128,
            num_epochs: 20,
            refinements: Refinements {
                schedule: Cosine,
                weight_decay: 0.05,
                label_smoothing: 0.0,
                random_crop: 0.0,
                flip: true,
                shift: 1,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.9374,
        loss: 0.18456858841155052,
        accuracies: &[0.9375],
        sha256: "54ab9cbd18233b735a0ccfff425439243af7ac2d4f196bc9412802cd4484e17e",
        licence: "MIT OR Apache-2.0",
        command: "zoo train vgg-small --dataset fashion-mnist --recipe tuned --seed 42 --backend libtorch",
        trained_on: "libtorch cpu, AMD EPYC, 1 thread, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_vgg_small::FASHION_MNIST,
        architecture: PhantomData,
    };
}

/// Weights of `resnet-20`.
#[cfg(feature = "resnet-20")]
pub mod resnet_20 {
    use super::*;

    /// 94.66 % on Fashion-MNIST, by the tuned recipe.
    pub const FASHION_MNIST: Weights<ResnetConfig> = Weights {
        id: "resnet-20.fashion-mnist",
        model: "resnet-20",
        dataset: "fashion-mnist",
        input: ImageShape::new(1, 28, 28),
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        normalisation: Normalisation::LECTURE,
        recipe: Recipe {
            initialisation: KaimingUniform,
            learning_rate: 0.004,
            batch_size: 128,
            num_epochs: 40,
            refinements: Refinements {
                schedule: Cosine,
                weight_decay: 0.05,
                label_smoothing: 0.0,
                random_crop: 0.0,
                flip: true,
                shift: 2,
                cutout: 0,
                precision: F32,
            },
        },
        seed: 42,
        accuracy: 0.9466,
        loss: 0.17418004153573216,
        accuracies: &[0.9466],
        sha256: "1ff8415192bd1e901ff030b71877e3ae32d702ba86a9ba1e7da5598dd91ff894",
        licence: "MIT OR Apache-2.0",
        command: "zoo train resnet-20 --dataset fashion-mnist --recipe tuned --seed 42 --backend libtorch --conv direct",
        trained_on: "libtorch cpu, Intel(R) Xeon(R) Processor, 2 threads, zoo 0.1.0, Burn 0.21.0",
        file: burn_zoo_weights_resnet_20::FASHION_MNIST,
        architecture: PhantomData,
    };
}
