//! Parts of training images, drawn as torchvision's `RandomResizedCrop` does.

use crate::pictures::Area;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// How often a part is drawn before it is the middle.
const TRIES: usize = 10;
/// The narrowest and the widest part: width over height.
const RATIOS: [f64; 2] = [3.0 / 4.0, 4.0 / 3.0];
/// The streams of the parts, one an epoch; those of the other changes begin at 2⁶³.
const STREAMS: u64 = 3 << 62;
/// The words of the stream for one image: two blocks, of which an area and a ratio a try and two for the
/// place are used.
const WORDS_AN_IMAGE: u128 = 32;

/// The parts of an epoch's images.
#[derive(Clone)]
pub(super) struct RandomCrop {
    /// The least share of an image's pixels.
    share: f64,
    rng: ChaCha8Rng,
}

impl RandomCrop {
    pub(super) fn of_epoch(share: f32, seed: u64, epoch: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(STREAMS | epoch as u64);
        Self {
            // The share as it is written: 0.08, not 0.079999998….
            share: share.to_string().parse().unwrap_or(f64::from(share)),
            rng,
        }
    }

    /// The part of an image, or picture, of a size that is trained on at a place of the epoch.
    pub(super) fn area(&self, place: usize, [width, height]: [usize; 2]) -> Area {
        let mut rng = self.rng.clone();
        rng.set_word_pos(place as u128 * WORDS_AN_IMAGE);
        let mut uniform = || f64::from(rng.next_u32()) / (f64::from(u32::MAX) + 1.0);
        let draws = [(); TRIES].map(|()| [uniform(), uniform()]);
        let place = [uniform(), uniform()];
        let pixels = width as f64 * height as f64;
        let [narrow, wide] = RATIOS.map(f64::ln);
        let sizes = draws.iter().map(|[share, ratio]| {
            let area = pixels * (self.share + (1.0 - self.share) * share);
            let ratio = (narrow + (wide - narrow) * ratio).exp();
            [area * ratio, area / ratio].map(|side| side.sqrt().round_ties_even() as usize)
        });
        let mut fitting =
            sizes.filter(|[w, h]| (1..=width).contains(w) && (1..=height).contains(h));
        if let Some([part_width, part_height]) = fitting.next() {
            let below = |uniform: f64, bound: usize| (uniform * bound as f64) as usize;
            return Area {
                top: below(place[0], height - part_height + 1),
                left: below(place[1], width - part_width + 1),
                width: part_width,
                height: part_height,
            };
        }
        middle([width, height])
    }
}

/// The largest part in the middle that is neither too narrow nor too wide.
fn middle([width, height]: [usize; 2]) -> Area {
    let ratio = width as f64 / height as f64;
    let [narrow, wide] = RATIOS;
    let rounded = |side: f64| side.round_ties_even() as usize;
    let [part_width, part_height] = match ratio {
        _ if ratio < narrow => [width, rounded(width as f64 / narrow)],
        _ if ratio > wide => [rounded(height as f64 * wide), height],
        _ => [width, height],
    };
    Area {
        left: (width - part_width) / 2,
        top: (height - part_height) / 2,
        width: part_width,
        height: part_height,
    }
}
