// Made by scripts/edition.py from models/: not to be edited.

//! A network that classifies many batches.

use crate::maps::Pass;
use crate::network::Network;
use burn::tensor::Tensor;
use std::rc::Rc;

/// A [`Network`] for many batches of images: the kernels of each convolution are brought into the form that its
/// algorithm needs with the first batch, with the batch normalisation after it, and kept for those that follow.
///
/// It is for inference, as the network cannot change meanwhile; a training step needs the forms of its own weights.
/// Where a normalisation is within the kernels, logits differ from [`Network::forward`]'s by roundings.
///
/// ```
/// # use burn_core::tensor::Device;
/// # use burn_core::tensor::Tensor;
/// # use burn_zoo_models::{ConvAlgorithm, ImageShape, Network, NetworkConfig, find};
/// # let config = find("cnn-strided")?.config(ImageShape::new(1, 28, 28), 10);
/// let network = config.init_with_seed(1, &Device::flex())?;
/// let network = network.with_algorithms(|_| ConvAlgorithm::Frequency);
/// let prepared = network.prepared();
/// for _ in 0..3 {
///     let images = Tensor::zeros([2, 1, 28, 28], &Device::flex());
///     assert_eq!(prepared.forward(images).dims(), [2, 10]);
/// }
/// # Ok::<(), burn_zoo_models::ModelError>(())
/// ```
#[derive(Debug)]
pub struct Prepared<'a, N: Network> {
    network: &'a N,
    pass: Rc<Pass>,
    in_parts: bool,
}

impl<'a, N: Network> Prepared<'a, N> {
    pub(crate) fn new(network: &'a N) -> Self {
        let plan = network.plan();
        Self::by(network, plan.pass().folding(plan.normalised.clone()))
    }

    /// For one batch: with few images, to multiply all kernels by their normalisations takes longer than to
    /// normalise the maps.
    pub(crate) fn once(network: &'a N) -> Self {
        Self::by(network, network.plan().pass())
    }

    fn by(network: &'a N, pass: Pass) -> Self {
        let plan = network.plan();
        Self {
            network,
            pass: Rc::new(pass),
            in_parts: plan.saved_activations() > 0 && !network.looks_at_the_whole_batch(),
        }
    }

    /// As [`Network::forward`].
    ///
    /// # Panics
    /// As [`Network::forward`].
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.network.plan().check(&images);
        let begin = |images| self.pass.begin(Some(images));
        let features = |images| self.network.features(begin(images)).into_features();
        let features = match self.in_parts {
            true => {
                let in_training = images.is_autodiff();
                let images_at_once = self.network.plan().images_at_once(in_training);
                let parts = images.split(images_at_once, 0).into_iter();
                Tensor::cat(parts.map(features).collect(), 0)
            }
            false => features(images),
        };
        self.network
            .logits(self.pass.features(features))
            .into_features()
    }
}
