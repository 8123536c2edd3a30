// Made by scripts/edition.py from models/: not to be edited.

use crate::ImageShape;

/// Errors of a model's name, settings or input. Each message is one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No model of that name is registered.
    #[error("no model is called `{id}`; the models are {}", nearest.join(", "))]
    UnknownModel {
        /// The name asked for.
        id: String,
        /// The registered names, the nearest first.
        nearest: Vec<&'static str>,
    },
    /// A setting has a value that no model can be built from.
    #[error("{what}")]
    BadConfig {
        /// The setting, its value and what it should be.
        what: String,
    },
    /// The images are too small for the architecture's stages.
    #[error(
        "images of {input} are too small: {layer} needs at least {needed}×{needed} and gets \
         {height}×{width}; use larger images, smaller kernels or another down-sampling"
    )]
    ImagesTooSmall {
        /// The shape of the images.
        input: ImageShape,
        /// The name of the layer that cannot be computed.
        layer: String,
        /// The smallest side that the layer can take.
        needed: usize,
        /// The height that reaches the layer.
        height: usize,
        /// The width that reaches the layer.
        width: usize,
    },
    /// The images' shape is not the one that the model was built for.
    #[error(
        "this model takes images [N, {}, {}, {}] and was given {found:?}{}",
        expected.channels, expected.height, expected.width,
        if found[1] == expected.channels { "" } else {
            ": the channels of the data must equal the channels of the kernel"
        }
    )]
    WrongInput {
        /// The shape that the model was built for.
        expected: ImageShape,
        /// The shape `[N, C, H, W]` of the images it was given.
        found: [usize; 4],
    },
}

impl ModelError {
    /// [`BadConfig`](Self::BadConfig) where something is wrong.
    pub(crate) fn bad_config(is_wrong: bool, what: &str) -> Result<(), Self> {
        match is_wrong {
            true => Err(Self::BadConfig { what: what.into() }),
            false => Ok(()),
        }
    }
}
