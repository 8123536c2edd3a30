//! Whether a layer computes what it should on a device, for batches of the size that it is to be used with: kernels that
//! are chosen by the sizes may be wrong for one and right for another.

use super::alone::Alone;
use super::sampling::values;
use crate::backend::{self, Device, Train};
use burn::module::Param;
use burn::tensor::{DType, Tensor, TensorData};
use burn_zoo_models::{ConvAlgorithm, Convolution};

/// The largest difference, relative to the largest value, of a kernel that is right. Products of TF32, in which CUDA may
/// compute what was asked for in 32-bit floats, are off by 5 · 10⁻⁴ each; a wrong kernel is off by about 1.
pub(super) const TOLERANCE: f64 = 5e-3;

/// The images of a batch that are looked at: float64 is slow.
fn watched(batch_size: usize) -> Vec<usize> {
    let mut watched = vec![0, batch_size / 2, batch_size - 1];
    watched.dedup();
    watched
}

/// How far the maps of some images of a batch, and the gradients of a sum of those maps, are from what float64 on the CPU
/// gives: the largest difference, relative to the largest value.
pub(super) fn difference(alone: &Alone<'_>, batch_size: usize, device: &Device) -> f64 {
    let shape = alone.shape;
    let [height, width] = shape.input;
    let [rows, columns] = shape.output();
    let maps_of = |images| [images, shape.out_channels, rows, columns];
    let watched = watched(batch_size);

    // All images are computed, but the maps of those that are not looked at count nothing.
    let factors: Tensor<Train, 4> = values(maps_of(watched.len()), &backend::host());
    let factors: Vec<f32> = factors.into_data().iter().collect();
    let one: usize = factors.len() / watched.len();
    let mut spread = vec![0.0; one * batch_size];
    for (at, image) in watched.iter().enumerate() {
        spread[image * one..][..one].copy_from_slice(&factors[at * one..][..one]);
    }
    let spread = TensorData::new(spread, maps_of(batch_size));

    let conv = alone.conv2d(device);
    // Weights are drawn when they are first asked for, and by each copy anew.
    let weight = conv.weight.val().into_data();
    let bias = conv.bias.as_ref().map(|bias| bias.val().into_data());
    let images: Tensor<Train, 4> = values([batch_size, shape.in_channels, height, width], device);
    let images = images.require_grad();
    let layer = Convolution::new(conv.clone(), shape.input).with_algorithm(alone.algorithm);
    let maps = layer.forward(images.clone());
    let sum = maps.clone() * Tensor::from_data(spread, device);
    let gradients = sum.sum().backward();

    let host = backend::host();
    let exact = |data: TensorData| Tensor::from_data(data, (&host, DType::F64));
    let some = |all: Tensor<Train, 4>| {
        let images = watched.iter().map(|&i| all.clone().narrow(0, i, 1));
        let images: Vec<f64> = images
            .flat_map(|image| image.into_data().iter().collect::<Vec<f64>>())
            .collect();
        let [_, channels, height, width] = all.dims();
        TensorData::new(images, [watched.len(), channels, height, width])
    };
    let exact_images = exact(some(images.clone())).require_grad();
    let mut exact_conv = alone.conv2d(&host);
    exact_conv.weight = Param::from_tensor(exact(weight));
    exact_conv.bias =
        bias.map(|bias| Param::from_tensor(Tensor::from_data(bias, (&host, DType::F64))));
    let exact_layer =
        Convolution::new(exact_conv.clone(), shape.input).with_algorithm(ConvAlgorithm::Direct);
    let exact_maps = exact_layer.forward(exact_images.clone());
    let factors = exact(TensorData::new(factors, maps_of(watched.len())));
    let exact_gradients = (exact_maps.clone() * factors).sum().backward();

    let mut largest = apart(some(maps), exact_maps.into_data());
    let of_weight = conv.weight.grad(&gradients).map(Tensor::into_data);
    let exact_of_weight = exact_conv
        .weight
        .grad(&exact_gradients)
        .map(Tensor::into_data);
    largest = largest.max(of_both(of_weight, exact_of_weight));
    if !alone.is_first {
        let of_images = images
            .grad(&gradients)
            .map(|grad| some(Tensor::from_inner(grad)));
        let exact_of_images = exact_images.grad(&exact_gradients).map(Tensor::into_data);
        largest = largest.max(of_both(of_images, exact_of_images));
    }
    largest
}

fn of_both(seen: Option<TensorData>, exact: Option<TensorData>) -> f64 {
    match (seen, exact) {
        (Some(seen), Some(exact)) => apart(seen, exact),
        _ => f64::INFINITY,
    }
}

/// The largest difference, relative to the largest value; infinite where a value is not finite.
fn apart(seen: TensorData, exact: TensorData) -> f64 {
    let size = exact
        .iter::<f64>()
        .fold(0.0, |size: f64, value| size.max(value.abs()));
    let pairs = seen.iter::<f64>().zip(exact.iter::<f64>());
    let largest = pairs.fold(0.0, |largest: f64, (seen, exact)| {
        match (seen - exact).abs() {
            difference if difference.is_finite() => largest.max(difference),
            _ => f64::INFINITY,
        }
    });
    match seen.shape == exact.shape {
        true => largest / size.max(f64::MIN_POSITIVE),
        false => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_zoo_models::ConvShape;

    #[test]
    fn what_is_right_is_within_roundings_and_what_is_wrong_is_not() {
        let shape = ConvShape {
            in_channels: 4,
            out_channels: 6,
            input: [10; 2],
            kernel: [5; 2],
            stride: [1; 2],
            dilation: [1; 2],
            padding: [[2; 2]; 2],
            groups: 1,
        };
        for algorithm in ConvAlgorithm::ALL {
            let alone = Alone {
                shape: &shape,
                algorithm,
                is_first: false,
            };
            let off = difference(&alone, 7, &backend::host());
            assert!(off < 1e-5, "{algorithm:?}: {off}");
        }

        let data = |values: [f32; 3]| TensorData::from(values);
        let exact = || data([1.0, -4.0, 2.0]);
        assert_eq!(apart(exact(), exact()), 0.0);
        assert_eq!(apart(data([1.0, -4.0, 4.0]), exact()), 0.5);
        assert_eq!(apart(data([f32::NAN, -4.0, 2.0]), exact()), f64::INFINITY);
        let shorter = TensorData::from([1.0_f32, -4.0]);
        assert_eq!(apart(shorter, exact()), f64::INFINITY);
    }
}
