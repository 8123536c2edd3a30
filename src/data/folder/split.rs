//! Holding out pictures to test on, drawn from the seed.

use crate::data::shuffle::shuffle;
use crate::data::split::Split;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// One picture in this many is held out.
const ONE_IN: usize = 5;
/// The first of the streams of ChaCha8 from which the test set is drawn. Each class has a stream of its own, so that
/// adding a picture to one class does not change which pictures of the others are held out. The streams below shuffle the
/// epochs, and those above draw augmentations.
const TEST_STREAMS: u64 = 1 << 62;
/// The numbers, in ascending order, of those of a class's `count` pictures that are in a split.
pub(super) fn part(count: usize, class: usize, split: Split, seed: u64) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..count).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(TEST_STREAMS | class as u64);
    shuffle(&mut indices, &mut rng);
    let (test, train) = indices.split_at(num_held_out(count));
    let mut part = match split {
        Split::Train => train,
        Split::Valid => &[],
        Split::Test => test,
    }
    .to_vec();
    part.sort_unstable();
    part
}

/// The number of pictures that are held out of a class with `count` pictures: a fifth, rounded, but at least one.
pub(super) fn num_held_out(count: usize) -> usize {
    ((count + ONE_IN / 2) / ONE_IN).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_draws_the_same_test_set_for_good() {
        // Computed by the functions of tests/host_draws.py.
        assert_eq!(part(20, 0, Split::Test, 42), [12, 14, 16, 17]);
        assert_eq!(part(20, 1, Split::Test, 42), [7, 12, 13, 19]);
        assert_eq!(part(20, 0, Split::Test, 43), [5, 11, 13, 16]);
    }
}
