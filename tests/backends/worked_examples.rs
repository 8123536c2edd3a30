//! The lecture's worked examples come out exactly.

#[path = "../../examples/worked_examples/steps.rs"]
mod steps;

use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::Tensor;
use burn_zoo::backend::{Infer, Selected, read};
use libtest_mimic::Failed;
use std::panic::{AssertUnwindSafe, catch_unwind};
use steps::*;

fn same(what: &str, seen: &[f32], expected: &[f32]) -> Result<(), Failed> {
    // Sums of a few tenths: a float32 rounding or two.
    let near = |(seen, expected): (&f32, &f32)| (seen - expected).abs() < 1e-6;
    match seen.len() == expected.len() && seen.iter().zip(expected).all(near) {
        true => Ok(()),
        false => Err(format!("{what}: {seen:?} instead of {expected:?}").into()),
    }
}

pub fn the_convolution_example(selected: &Selected) -> Result<(), Failed> {
    for kernel in KERNELS {
        let name = format!("{}, {}", kernel.name, kernel.what);
        let output = convolve(&kernel, 1, &selected.device);
        assert_eq!(output.len(), output_size(5, 3, 1));
        same(
            &format!("{name}, stride 1"),
            &output.concat(),
            kernel.stride_1.as_flattened(),
        )?;
        let output = convolve(&kernel, 2, &selected.device);
        assert_eq!(output.len(), output_size(5, 3, 2));
        same(
            &format!("{name}, stride 2"),
            &output.concat(),
            kernel.stride_2.as_flattened(),
        )?;
    }
    Ok(())
}

pub fn from_mlp_to_cnn(selected: &Selected) -> Result<(), Failed> {
    let neuron = |v: [usize; 4]| {
        let products = v.iter().zip(W).map(|(&v, w)| V[v - 1] * w);
        products.sum::<f32>() + BIAS
    };
    let expected = [[1, 2, 4, 5], [2, 3, 5, 6], [4, 5, 7, 8], [5, 6, 8, 9]].map(neuron);
    same(
        "as a convolution",
        &from_convolution(&selected.device),
        &expected,
    )?;
    same("as a dense layer", &from_dense(&selected.device), &expected)
}

pub fn the_shape_examples(selected: &Selected) -> Result<(), Failed> {
    for example in SHAPES {
        let computed = example.compute(&selected.device);
        if computed != (example.output, example.num_params) {
            let (expected, params) = (example.output, example.num_params);
            return Err(format!("{computed:?} instead of {expected:?}, {params}").into());
        }
    }
    Ok(())
}

pub fn the_channel_rule(selected: &Selected) -> Result<(), Failed> {
    let layer: Conv2d<Infer> = Conv2dConfig::new([3, 4], [5, 5]).init(&selected.device);
    for channels in [1, 2, 4] {
        let data = Tensor::zeros([1, channels, 32, 32], &selected.device);
        let output = catch_unwind(AssertUnwindSafe(|| read(layer.forward(data))));
        if output.is_ok() {
            return Err(format!("a kernel of 3 channels took data of {channels}").into());
        }
    }
    Ok(())
}
