//! Random parts of training images, drawn in the way of torchvision's `RandomResizedCrop`.

use crate::pictures::Area;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// How often a part is drawn that does not fit before the middle is taken.
const TRIES: usize = 10;
/// The smallest and the largest ratio of a part's width to its height.
const RATIOS: [f64; 2] = [3.0 / 4.0, 4.0 / 3.0];
/// The first of the streams from which the parts are drawn, one for each epoch. Those of the other augmentations begin at
/// 2⁶³.
const STREAMS: u64 = 3 << 62;
/// The words of the stream for one image: two blocks, of which an area and a ratio for each try, and two words for the
/// place, are used.
const WORDS_AN_IMAGE: u128 = 32;

/// The random parts of the images of an epoch.
#[derive(Clone)]
pub(super) struct RandomCrop {
    /// The smallest share of an image's pixels.
    share: f64,
    rng: ChaCha8Rng,
}

impl RandomCrop {
    pub(super) fn of_epoch(share: f32, seed: u64, epoch: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(STREAMS | epoch as u64);
        Self {
            // By its decimal digits, 0.08 and not 0.079999998….
            share: share.to_string().parse().unwrap_or(f64::from(share)),
            rng,
        }
    }

    /// The part of an image or picture of this size for this place in the epoch.
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

/// The largest part in the middle whose ratio of width to height is allowed.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn areas(share: f32, size: [usize; 2], count: usize) -> Vec<Area> {
        let crop = RandomCrop::of_epoch(share, 42, 1);
        (0..count).map(|place| crop.area(place, size)).collect()
    }

    fn sides(area: Area) -> [usize; 4] {
        [area.left, area.top, area.width, area.height]
    }

    #[test]
    fn a_part_follows_from_seed_epoch_and_place_for_good() {
        let part = |seed, epoch, place| {
            sides(RandomCrop::of_epoch(0.08, seed, epoch).area(place, [500, 375]))
        };
        // From tests/host_draws.py.
        assert_eq!([part(42, 1, 0), part(42, 1, 7)], PINNED);
        let others = [part(42, 1, 8), part(42, 2, 7), part(43, 1, 7)];
        assert!(others.iter().all(|other| *other != PINNED[1]));
    }

    const PINNED: [[usize; 4]; 2] = [[112, 28, 297, 305], [98, 69, 166, 219]];

    #[test]
    fn parts_stay_inside_and_their_shares_and_ratios_within_bounds() {
        for size @ [width, height] in [[500, 375], [32, 32], [5, 7], [1, 1]] {
            for area in areas(0.25, size, 2000) {
                assert!(area.left + area.width <= width && area.top + area.height <= height);
                assert!(area.width > 0 && area.height > 0);
                if size == [500, 375] {
                    let share = (area.width * area.height) as f64 / 187_500.0;
                    assert!((0.248..=1.0).contains(&share), "{area:?}");
                    let ratio = area.width as f64 / area.height as f64;
                    assert!((0.745..=1.34).contains(&ratio), "{area:?}");
                }
            }
        }
    }

    #[test]
    fn shares_ratios_and_places_are_drawn_evenly() {
        // Of a square, parts up to 3/4 of it always fit, so that no draw is turned down.
        let areas = areas(0.08, [10_000, 10_000], 10_000);
        let shares = areas
            .iter()
            .map(|area| (area.width * area.height) as f64 / 1e8);
        let shares: Vec<f64> = shares.collect();
        let between = |from: f64, to: f64| {
            shares
                .iter()
                .filter(|share| (from..to).contains(share))
                .count()
        };
        // Of the larger ones some are turned down, and drawn again.
        let tenths = (0..7).map(|tenth| 0.08 + 0.092 * f64::from(tenth));
        let counts: Vec<usize> = tenths.map(|from| between(from, from + 0.092)).collect();
        let mean = counts.iter().sum::<usize>() / 7;
        for count in counts {
            // Five standard deviations.
            assert!(count.abs_diff(mean) < 170, "{count} beside {mean}");
        }
        let wide = areas.iter().filter(|area| area.width > area.height).count();
        assert!((4750..=5250).contains(&wide), "{wide}");
        let small = areas.iter().filter(|area| area.width < 5_000);
        let (left, all) = small.fold((0, 0), |(left, all), area| {
            let is_left = 2 * area.left < 10_000 - area.width;
            (left + usize::from(is_left), all + 1)
        });
        assert!((2 * left as i64 - all).abs() < 5 * (all as f64).sqrt() as i64);
    }

    #[test]
    fn of_a_picture_that_no_part_fits_the_middle_is_taken() {
        assert_eq!(sides(middle([1000, 30])), [480, 0, 40, 30]);
        assert_eq!(sides(middle([30, 1000])), [0, 480, 30, 40]);
        assert_eq!(sides(middle([40, 50])), [0, 0, 40, 50]);
        let whole = areas(1.0, [1000, 30], 20);
        assert!(whole.iter().all(|area| *area == middle([1000, 30])));
    }
}
