//! Initial weights, drawn on the host: one seed gives the same bytes on every backend and machine.

use crate::ModelError;
use burn::module::Param;
use burn::tensor::{Tensor, TensorData, backend::Backend};
use burn_nn::Linear;
use burn_nn::conv::{Conv2d, Conv2dConfig};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};

/// How the weights are drawn, with PyTorch's distributions.
///
/// `fan_in` and `fan_out` are the inputs and outputs of one neuron: for a convolution the channels
/// times the kernel's area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Initialisation {
    /// `init.xavier_uniform_`: weights U(−a, a) with a = √(6 / (fan_in + fan_out)), biases 0.
    XavierUniform,
    /// `init.kaiming_uniform_(nonlinearity='relu')`: weights U(−a, a) with a = √(6 / fan_in), biases 0.
    KaimingUniform,
    /// What `nn.Linear` and `nn.Conv2d` do by themselves: weights and biases U(−a, a) with
    /// a = 1 / √fan_in.
    PytorchDefault,
}

impl std::fmt::Display for Initialisation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::XavierUniform => "Xavier uniform, bias 0",
            Self::KaimingUniform => "He uniform, bias 0",
            Self::PytorchDefault => "PyTorch's default",
        })
    }
}

/// The host's generator of initial weights: ChaCha8, whose stream is fixed for good.
pub struct WeightRng(ChaCha8Rng);

impl WeightRng {
    /// The generator for a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// `shape` values from U(−bound, bound), in row-major order.
    ///
    /// Each takes 24 bits of one 32-bit draw, as PyTorch does, so all values are exact multiples of
    /// bound / 2²³ before rounding.
    fn uniform<const D: usize>(&mut self, shape: [usize; D], bound: f64) -> TensorData {
        let scale = bound / f64::from(1 << 23);
        let values: Vec<f32> = (0..shape.iter().product())
            .map(|_| {
                let bits = f64::from(self.0.next_u32() >> 8);
                ((bits - f64::from(1 << 23)) * scale) as f32
            })
            .collect();
        TensorData::new(values, shape)
    }
}

impl Initialisation {
    /// A dense layer, its weight `[d_input, d_output]` and bias `[d_output]` drawn in this order.
    pub(crate) fn linear<B: Backend>(
        self,
        d_input: usize,
        d_output: usize,
        rng: &mut WeightRng,
        device: &B::Device,
    ) -> Linear<B> {
        let (weight, bias) = self.draw(
            [d_input, d_output],
            [d_output],
            Fan {
                inputs: d_input,
                outputs: d_output,
            },
            rng,
            device,
        );
        Linear {
            weight,
            bias: Some(bias),
        }
    }

    /// The convolution that `config` describes, its weight `[C_out, C_in, K, K]` and bias `[C_out]`
    /// drawn in this order.
    pub(crate) fn conv2d<B: Backend>(
        self,
        config: &Conv2dConfig,
        rng: &mut WeightRng,
        device: &B::Device,
    ) -> Conv2d<B> {
        let [in_channels, out_channels] = config.channels;
        let [kernel_height, kernel_width] = config.kernel_size;
        let (weight, bias) = self.draw(
            [out_channels, in_channels, kernel_height, kernel_width],
            [out_channels],
            Fan {
                inputs: in_channels * kernel_height * kernel_width,
                outputs: out_channels * kernel_height * kernel_width,
            },
            rng,
            device,
        );
        // Burn's own values are lazy: replaced before they are drawn.
        let layer = config.init(device);
        Conv2d {
            weight,
            bias: Some(bias),
            ..layer
        }
    }

    fn draw<B: Backend, const D: usize>(
        self,
        weight: [usize; D],
        bias: [usize; 1],
        fan: Fan,
        rng: &mut WeightRng,
        device: &B::Device,
    ) -> (Param<Tensor<B, D>>, Param<Tensor<B, 1>>) {
        let (inputs, outputs) = (fan.inputs as f64, fan.outputs as f64);
        let (bound, bias_bound) = match self {
            Self::XavierUniform => ((6.0 / (inputs + outputs)).sqrt(), 0.0),
            Self::KaimingUniform => ((6.0 / inputs).sqrt(), 0.0),
            Self::PytorchDefault => (1.0 / inputs.sqrt(), 1.0 / inputs.sqrt()),
        };
        let weight = rng.uniform(weight, bound);
        let bias = match bias_bound {
            0.0 => TensorData::zeros::<f32, _>(bias),
            bound => rng.uniform(bias, bound),
        };
        (
            Param::from_data(weight, device),
            Param::from_data(bias, device),
        )
    }
}

/// A last layer for other classes, in the place of `head` and on its device.
pub(crate) fn new_head<B: Backend>(
    head: &Linear<B>,
    num_classes: usize,
    seed: u64,
) -> Result<Linear<B>, ModelError> {
    if num_classes == 0 {
        return Err(ModelError::BadConfig {
            what: "a model for 0 classes has nothing to tell apart".into(),
        });
    }
    let [features, _] = head.weight.dims();
    let rng = &mut WeightRng::new(seed);
    let initialisation = Initialisation::PytorchDefault;
    Ok(initialisation.linear(features, num_classes, rng, &head.weight.device()))
}

/// The inputs and outputs of one neuron.
struct Fan {
    inputs: usize,
    outputs: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_flex::Flex;

    /// Smallest, largest, mean and variance of the values.
    fn moments(data: TensorData) -> (f64, f64, f64, f64) {
        let values: Vec<f64> = data.iter::<f64>().collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64;
        let min = values.iter().copied().fold(f64::INFINITY, f64::min);
        let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (min, max, mean, variance)
    }

    fn assert_uniform(data: TensorData, bound: f64) {
        let count = data.num_elements() as f64;
        let (min, max, mean, variance) = moments(data);
        assert!(
            min >= -bound && max <= bound,
            "[{min}, {max}] exceeds {bound}"
        );
        assert!(
            max > 0.99 * bound && min < -0.99 * bound,
            "[{min}, {max}] falls short of {bound}"
        );
        // Five standard errors of the mean and of the variance of a uniform distribution.
        let sd = bound / 3f64.sqrt();
        assert!(mean.abs() < 5.0 * sd / count.sqrt(), "mean {mean}");
        let expected = bound * bound / 3.0;
        let error = 5.0 * expected * (0.8 / count).sqrt();
        assert!(
            (variance - expected).abs() < error,
            "variance {variance}, expected {expected}"
        );
    }

    #[test]
    fn a_dense_layer_follows_pytorchs_distributions() {
        let device = Default::default();
        // a = √(6 / (784 + 256)), √(6 / 784), 1 / √784
        for (initialisation, bound, bias_bound) in [
            (Initialisation::XavierUniform, 0.075_955_453, 0.0),
            (Initialisation::KaimingUniform, 0.087_481_777, 0.0),
            (Initialisation::PytorchDefault, 0.035_714_286, 0.035_714_286),
        ] {
            let layer: Linear<Flex> =
                initialisation.linear(784, 256, &mut WeightRng::new(1), &device);
            assert_uniform(layer.weight.to_data(), bound);
            let (min, max, _, _) = moments(layer.bias.unwrap().to_data());
            assert!(min >= -bias_bound && max <= bias_bound);
            assert_eq!(max > 0.0, bias_bound > 0.0);
        }
    }

    #[test]
    fn a_convolution_counts_its_kernels_area_in_the_fan() {
        let config = Conv2dConfig::new([32, 64], [7, 7]);
        let layer: Conv2d<Flex> = Initialisation::PytorchDefault.conv2d(
            &config,
            &mut WeightRng::new(1),
            &Default::default(),
        );
        assert_uniform(layer.weight.to_data(), 1.0 / (32.0 * 49.0f64).sqrt());
        // 64 biases do not fill the interval to its ends, but most of it.
        let bound = 1.0 / (32.0 * 49.0f64).sqrt();
        let (min, max, _, _) = moments(layer.bias.unwrap().to_data());
        assert!((-bound..-0.8 * bound).contains(&min) && (0.8 * bound..bound).contains(&max));
    }

    #[test]
    fn the_stream_of_a_seed_is_fixed_for_good() {
        let drawn = WeightRng::new(42).uniform([4], 1.0);
        assert_eq!(drawn.as_slice::<f32>().unwrap(), PINNED);
    }

    /// From tests/host_draws.py of the zoo.
    const PINNED: [f32; 4] = [-0.551_838_5, 0.363_792_3, -0.707_227_6, 0.900_550_7];
}
