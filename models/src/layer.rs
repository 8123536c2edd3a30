use crate::ConvShape;

/// One row of a model's layer table, as the lecture prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The layer's kind, by PyTorch's name: `Conv2d`, `ReLU`, `Linear`, …
    pub kind: &'static str,
    /// The shape of its output for one image: `[C, H, W]` or `[features]`.
    pub output: Vec<usize>,
    /// The number of its weights and biases.
    pub num_params: usize,
}

impl Layer {
    /// A layer that learns nothing: an activation, a pooling, a flatten.
    pub(crate) fn fixed(kind: &'static str, output: &[usize]) -> Self {
        Self {
            kind,
            output: output.to_vec(),
            num_params: 0,
        }
    }

    /// A convolution with a bias.
    pub(crate) fn conv(shape: &ConvShape) -> Self {
        Self {
            kind: "Conv2d",
            output: shape.maps().to_vec(),
            num_params: shape.num_params(),
        }
    }

    /// A dense layer with a bias.
    pub(crate) fn linear(d_input: usize, d_output: usize) -> Self {
        Self {
            kind: "Linear",
            output: vec![d_output],
            num_params: d_input * d_output + d_output,
        }
    }
}
