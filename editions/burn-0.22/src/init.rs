// Made by scripts/edition.py from models/: not to be edited.

//! Initial weights, drawn on the host: one seed gives the same bytes on every backend and machine.

use crate::graph::{Graph, Op};
use crate::parameters::ModulePath;
use crate::{ModelError, Network};
use burn::module::{ModuleMapper, Param, ParamId};
use burn::tensor::Device;
use burn::tensor::{Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde::{Deserialize, Serialize};

/// How the weights are drawn, with PyTorch's distributions.
///
/// `fan_in` and `fan_out` are the inputs and outputs of one neuron: for a convolution the channels
/// times the kernel's area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Initialisation {
    /// `init.xavier_uniform_`: weights U(−a, a) with a = √(6 / (fan_in + fan_out)), biases 0.
    XavierUniform,
    /// `init.kaiming_uniform_(nonlinearity='relu')`: weights U(−a, a) with a = √(6 / fan_in), biases 0.
    KaimingUniform,
    /// The defaults of `nn.Linear` and `nn.Conv2d`: weights and biases U(−a, a) with
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

    /// A parameter of [`uniform`](Self::uniform) values, or of zeros for a bound of 0, which takes no
    /// draws; drawn when it is first asked for.
    fn parameter<const D: usize>(
        &mut self,
        id: ParamId,
        shape: [usize; D],
        bound: f64,
        device: Device,
    ) -> Param<Tensor<D>> {
        let drawn = self.0.clone();
        if bound > 0.0 {
            let count: usize = shape.iter().product();
            self.0.set_word_pos(self.0.get_word_pos() + count as u128);
        }
        let draw = move |device: &Device, is_learned| {
            let values = match bound {
                0.0 => TensorData::zeros::<f32, _>(shape),
                bound => Self(drawn.clone()).uniform(shape, bound),
            };
            let param: Param<Tensor<D>> = Param::from_data(values, device);
            param.val().set_require_grad(is_learned)
        };
        Param::uninitialized(id, draw, device, true, shape.into())
    }
}

/// Gives the layers of a network their weights, drawn in the order of its modules: each layer's weight, then
/// its bias. They are drawn when they are first asked for, so that a network which is given others, or
/// none, costs nothing.
pub(crate) struct Drawer<'a> {
    path: ModulePath,
    graph: &'a Graph,
    initialisation: Initialisation,
    rng: WeightRng,
}

impl<'a> Drawer<'a> {
    pub(crate) fn new(graph: &'a Graph, initialisation: Initialisation, seed: u64) -> Self {
        Self {
            path: ModulePath::default(),
            graph,
            initialisation,
            rng: WeightRng::new(seed),
        }
    }
}

impl ModuleMapper for Drawer<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some((node, place)) = self.graph.find(&self.path.name()) else {
            return param;
        };
        let Some(fan) = Fan::of(&node.op, &node.parameters[0].shape) else {
            return param;
        };
        let shape: [usize; D] = node.parameters[place].shape[..]
            .try_into()
            .expect("a parameter has its module's number of axes");
        let bound = self.initialisation.bound(fan, place == 0);
        self.rng
            .parameter(param.id, shape, bound, param.lazy_device())
    }

    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _: &str, container: &str) {
        self.path.exit(container);
    }
}

/// A network with a new last layer for other classes, in the place of the old one and on its device.
pub(crate) fn draw_head<N: Network>(
    network: N,
    num_classes: usize,
    seed: u64,
) -> Result<N, ModelError> {
    struct Head {
        path: ModulePath,
        names: Vec<String>,
        features: usize,
        num_classes: usize,
        rng: WeightRng,
    }
    impl ModuleMapper for Head {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let name = self.path.name();
            let Some(place) = self.names.iter().position(|own| *own == name) else {
                return param;
            };
            let mut shape = [self.num_classes; D];
            if D == 2 {
                shape[0] = self.features;
            }
            let fan = Fan {
                inputs: self.features,
                outputs: self.num_classes,
            };
            let bound = Initialisation::PytorchDefault.bound(fan, place == 0);
            // Another parameter than before: what an optimizer knew of that is of no use.
            self.rng
                .parameter(ParamId::new(), shape, bound, param.lazy_device())
        }

        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }

        fn exit_module(&mut self, _: &str, container: &str) {
            self.path.exit(container);
        }
    }
    let nothing = "a model for 0 classes has nothing to classify";
    ModelError::bad_config(num_classes == 0, nothing)?;
    let head = network.graph().head();
    let head = head.expect("a dense layer gives a network's logits");
    let mut head = Head {
        path: ModulePath::default(),
        names: head.parameters.iter().map(|own| own.name.clone()).collect(),
        features: head.parameters[0].shape[0],
        num_classes,
        rng: WeightRng::new(seed),
    };
    Ok(network.map(&mut head))
}

impl Initialisation {
    /// The largest size of a weight or of a bias.
    fn bound(self, fan: Fan, is_weight: bool) -> f64 {
        let (inputs, outputs) = (fan.inputs as f64, fan.outputs as f64);
        match self {
            Self::XavierUniform if is_weight => (6.0 / (inputs + outputs)).sqrt(),
            Self::KaimingUniform if is_weight => (6.0 / inputs).sqrt(),
            Self::XavierUniform | Self::KaimingUniform => 0.0,
            Self::PytorchDefault => 1.0 / inputs.sqrt(),
        }
    }
}

impl Fan {
    /// That of a convolution or a dense layer, whose weight has this shape; others draw nothing.
    fn of(op: &Op, weight: &[usize]) -> Option<Self> {
        match (op, weight) {
            (Op::Conv2d(_), &[outputs, inputs, height, width]) => Some(Self {
                inputs: inputs * height * width,
                outputs: outputs * height * width,
            }),
            (Op::Linear, &[inputs, outputs]) => Some(Self { inputs, outputs }),
            _ => None,
        }
    }
}

/// The inputs and outputs of one neuron.
#[derive(Clone, Copy)]
struct Fan {
    inputs: usize,
    outputs: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CnnConfig, ImageShape, MlpConfig, NetworkConfig, parameters};

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

    /// The values of a parameter of a network drawn from the seed 1.
    fn drawn(config: &impl NetworkConfig, name: &str) -> TensorData {
        let network = config.init_with_seed(1, &Default::default());
        parameters::read(&network.unwrap()).remove(name).unwrap()
    }

    #[test]
    fn a_dense_layer_follows_pytorchs_distributions() {
        // a = √(6 / (784 + 256)), √(6 / 784), 1 / √784
        for (initialisation, bound, bias_bound) in [
            (Initialisation::XavierUniform, 0.075_955_453, 0.0),
            (Initialisation::KaimingUniform, 0.087_481_777, 0.0),
            (Initialisation::PytorchDefault, 0.035_714_286, 0.035_714_286),
        ] {
            let config = MlpConfig::new(ImageShape::new(1, 28, 28), 10);
            let config = config.with_initialisation(initialisation);
            assert_uniform(drawn(&config, "hidden.0.weight"), bound);
            let (min, max, _, _) = moments(drawn(&config, "hidden.0.bias"));
            assert!(min >= -bias_bound && max <= bias_bound);
            assert_eq!(max > 0.0, bias_bound > 0.0);
        }
    }

    #[test]
    fn a_convolution_counts_its_kernels_area_in_the_fan() {
        let config = CnnConfig::new(ImageShape::new(1, 28, 28), 10);
        let bound = 1.0 / (32.0 * 49.0f64).sqrt();
        assert_uniform(drawn(&config, "conv2.weight"), bound);
        // 64 biases do not fill the interval to its ends, but most of it.
        let (min, max, _, _) = moments(drawn(&config, "conv2.bias"));
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
