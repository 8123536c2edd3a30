// Made by scripts/edition.py from models/: not to be edited.

//! The lecture's convolutional networks ("Simple Convolutional Neural Network", "Apply for
//! Fashion-MNIST dataset: case 1", "Apply for Cifar-10 dataset: case 2") and, for its chapter
//! "Feature Map Down-sampling", the same four stages made smaller by pooling or stride.

use crate::network::{Network, NetworkConfig, Plan, Purpose, conv2d, linear};
use crate::{ImageShape, Initialisation, Maps, ModelError, PytorchNames, Window};
use burn::tensor::Device;
use burn::{config::Config, module::Module};
use burn_nn::{Linear, conv::Conv2d};
use serde::{Deserialize, Serialize};

/// The layer that makes the feature maps smaller, stage by stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Downsampling {
    /// Only the valid convolution itself: a 7×7 kernel takes 6 from each side.
    Valid,
    /// A padded convolution that keeps the size, ReLU, then the largest of each 2×2 block.
    MaxPool,
    /// A padded convolution that keeps the size, ReLU, then the mean of each 2×2 block.
    AvgPool,
    /// A padded convolution that computes every second row and column only.
    Strided,
}

/// Settings of a [`Cnn`].
#[derive(Config, Debug, PartialEq)]
pub struct CnnConfig {
    /// The shape of the images.
    pub input: ImageShape,
    /// The number of classes.
    pub num_classes: usize,
    /// The feature maps of the four convolutions.
    #[config(default = "[32, 64, 128, 256]")]
    pub channels: [usize; 4],
    /// The side of the convolutions' square kernels; odd.
    #[config(default = 7)]
    pub kernel_size: usize,
    /// The width of a dense layer before the last, if there is one.
    pub hidden: Option<usize>,
    /// The layer that makes the feature maps smaller.
    #[config(default = "Downsampling::Valid")]
    pub downsampling: Downsampling,
    /// How the weights are drawn.
    #[config(default = "Initialisation::PytorchDefault")]
    pub initialisation: Initialisation,
}

/// Four stages of convolution and ReLU, flatten, one or two dense layers to the logits.
#[derive(Module, Debug)]
pub struct Cnn {
    conv1: Conv2d,
    conv2: Conv2d,
    conv3: Conv2d,
    conv4: Conv2d,
    dense1: Option<Linear>,
    dense2: Linear,
    #[module(skip)]
    downsampling: Downsampling,
    plan: Plan,
}

impl Network for Cnn {
    type Config = CnnConfig;

    fn features(&self, images: Maps) -> Maps {
        let stage = |x: Maps, conv| {
            let x = x.conv2d(conv).relu();
            match self.downsampling {
                Downsampling::MaxPool => x.max_pool2d(Window::blocks(2)),
                Downsampling::AvgPool => x.avg_pool2d(Window::blocks(2)),
                Downsampling::Valid | Downsampling::Strided => x,
            }
        };
        let convs = [&self.conv1, &self.conv2, &self.conv3, &self.conv4];
        convs.into_iter().fold(images, stage).flatten()
    }

    fn logits(&self, features: Maps) -> Maps {
        let dense1 = |x: Maps, dense1| x.linear(dense1).relu();
        let hidden = self.dense1.iter().fold(features, dense1);
        hidden.linear(&self.dense2)
    }

    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn plan_mut(&mut self) -> &mut Plan {
        &mut self.plan
    }

    fn pytorch_names(&self) -> PytorchNames {
        let alone = PytorchNames::Renamed("dense2", "dense");
        self.dense1.as_ref().map_or(alone, |_| PytorchNames::Same)
    }
}

impl NetworkConfig for CnnConfig {
    type Network = Cnn;

    fn layers(&self, device: &Device) -> Cnn {
        let (padding, stride) = match self.downsampling {
            Downsampling::Valid => (0, 1),
            Downsampling::MaxPool | Downsampling::AvgPool => (self.kernel_size / 2, 1),
            Downsampling::Strided => (self.kernel_size / 2, 2),
        };
        let conv = |channels| conv2d(channels, self.kernel_size, stride, padding).init(device);
        let [conv1, conv2, conv3, conv4] = self.channels.map(conv);
        Cnn {
            conv1,
            conv2,
            conv3,
            conv4,
            dense1: self.hidden.map(|width| linear(width, device)),
            dense2: linear(self.num_classes, device),
            downsampling: self.downsampling,
            plan: Plan::new(self.input),
        }
    }

    fn check(&self) -> Result<(), ModelError> {
        let even = self.kernel_size.is_multiple_of(2);
        ModelError::bad_config(even, "kernels of even side have no middle")
    }

    fn purpose(&self) -> Purpose {
        Purpose::new(self.input, self.num_classes, self.initialisation)
    }
}
