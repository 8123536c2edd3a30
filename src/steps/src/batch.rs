//! Images and their classes, on the host and on a device.

use burn::tensor::{Int, Tensor, TensorData, backend::Backend};

/// Images and their classes, on a device.
#[derive(Debug, Clone)]
pub struct ImageBatch<B: Backend> {
    /// Normalised pixels `[N, C, H, W]`.
    pub images: Tensor<B, 4>,
    /// Class numbers `[N]`.
    pub targets: Tensor<B, 1, Int>,
}

/// Images and their classes, on the host.
#[derive(Debug, Clone, PartialEq)]
pub struct HostBatch {
    /// Normalised pixels `[N, C, H, W]`.
    pub images: TensorData,
    /// Class numbers `[N]`.
    pub targets: TensorData,
}

impl HostBatch {
    /// The batch on a device, in the device's own type of float.
    pub fn on<B: Backend>(self, device: &B::Device) -> ImageBatch<B> {
        ImageBatch {
            images: Tensor::from_data(self.images, device),
            targets: Tensor::from_data(self.targets, device),
        }
    }
}
