//! Tensors read from their device, compiled once.

use super::{Device, Infer};
use burn::tensor::ops::IntTensor;
use burn::tensor::{Int, Tensor, TensorData, TensorPrimitive, backend::Backend};

/// A tensor's values, read from its device.
///
/// The same as [`Tensor::into_data`], but compiled here: where that is called on [`Infer`], all of wgpu's kernels are
/// compiled once more.
pub fn read<const D: usize>(tensor: Tensor<Infer, D>) -> TensorData {
    read_primitive(tensor.into_primitive())
}

#[inline(never)]
fn read_primitive(tensor: TensorPrimitive<Infer>) -> TensorData {
    // The values have the tensor's shape, whatever the type says.
    Tensor::<Infer, 1>::from_primitive(tensor).into_data()
}

/// [`read`] for whole numbers.
pub fn read_int<const D: usize>(tensor: Tensor<Infer, D, Int>) -> TensorData {
    read_int_primitive(tensor.into_primitive())
}

#[inline(never)]
fn read_int_primitive(tensor: IntTensor<Infer>) -> TensorData {
    Tensor::<Infer, 1, Int>::from_primitive(tensor).into_data()
}

/// Waits until everything sent to the device has been computed.
pub fn sync(device: &Device) {
    // A device that was lost says so at the next read, with its reason.
    let _ = Infer::sync(device);
}
