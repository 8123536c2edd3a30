//! Tensors read from their device or moved to another, compiled once.

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

/// A tensor on another device, of another backend too.
pub fn moved<const D: usize>(tensor: Tensor<Infer, D>, device: &Device) -> Tensor<Infer, D> {
    Tensor::from_primitive(moved_primitive(tensor.into_primitive(), device))
}

#[inline(never)]
fn moved_primitive(tensor: TensorPrimitive<Infer>, device: &Device) -> TensorPrimitive<Infer> {
    let tensor = Tensor::<Infer, 1>::from_primitive(tensor);
    tensor.to_device(device).into_primitive()
}

/// Waits until everything sent to the device has been computed.
pub fn sync(device: &Device) {
    // A device that was lost says so at the next read, with its reason.
    let _ = Infer::sync(device);
}
