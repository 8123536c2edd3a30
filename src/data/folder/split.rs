//! Holding out pictures to test on, drawn from the seed.

use crate::data::digest::{Digest, drawn};
use crate::data::shuffle::shuffle;
use crate::data::split::Split;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// One picture in this many is held out.
const ONE_IN: usize = 5;
/// The first of the streams of ChaCha8 from which the test set is drawn by position. Each class has a stream of its own,
/// so that adding a picture to one class does not change which pictures of the others are held out. The streams below
/// shuffle the epochs, and those above draw augmentations.
const TEST_STREAMS: u64 = 1 << 62;

/// Which of a class's pictures are held out to test on: each with a chance of a fifth that its content and the seed
/// draw. If none would be, or all, it is the one that was nearest to it; equal pictures go together.
pub(super) fn by_content(contents: &[Digest], seed: u64) -> Vec<bool> {
    let draws: Vec<u64> = contents
        .iter()
        .map(|content| drawn(content, "test", seed))
        .collect();
    let [least, most] = [draws.iter().min(), draws.iter().max()].map(|it| it.copied().unwrap_or(0));
    let bound = u64::MAX / ONE_IN as u64;
    let is_held_out: Vec<bool> = match (least < bound, most < bound) {
        (true, false) => draws.iter().map(|draw| *draw < bound).collect(),
        (false, _) => draws.iter().map(|draw| *draw == least).collect(),
        (true, true) => draws.iter().map(|draw| *draw != most).collect(),
    };
    match is_held_out.windows(2).all(|two| two[0] == two[1]) {
        // All pictures are equal.
        true => (0..draws.len()).map(|index| index == 0).collect(),
        false => is_held_out,
    }
}

/// The numbers, in ascending order, of those of a class's `count` pictures that are in a split of a run of before.
pub(super) fn by_position(count: usize, class: usize, split: Split, seed: u64) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..count).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(TEST_STREAMS | class as u64);
    shuffle(&mut indices, &mut rng);
    let num_held_out = ((count + ONE_IN / 2) / ONE_IN).max(1);
    let (test, train) = indices.split_at(num_held_out.min(count));
    let mut part = match split {
        Split::Train => train,
        Split::Valid => &[],
        Split::Test => test,
    }
    .to_vec();
    part.sort_unstable();
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_draws_the_same_test_set_for_good() {
        // Computed by the functions of tests/host_draws.py.
        assert_eq!(by_position(20, 0, Split::Test, 42), [12, 14, 16, 17]);
        assert_eq!(by_position(20, 1, Split::Test, 42), [7, 12, 13, 19]);
        assert_eq!(by_position(20, 0, Split::Test, 43), [5, 11, 13, 16]);
    }

    fn held_out(contents: &[Digest], seed: u64) -> Vec<usize> {
        let held_out = by_content(contents, seed).into_iter().enumerate();
        held_out
            .filter_map(|(index, is)| is.then_some(index))
            .collect()
    }

    /// Contents of which each byte is the same number.
    fn contents(numbers: std::ops::Range<u8>) -> Vec<Digest> {
        numbers.map(|number| [number; 32]).collect()
    }

    #[test]
    fn contents_draw_the_same_test_set_for_good() {
        // Computed by tests/folders.py.
        assert_eq!(held_out(&contents(0..20), 42), [2, 5, 8, 9, 10, 16]);
        assert_eq!(held_out(&contents(0..20), 43), [0, 3, 4, 9]);
    }

    #[test]
    fn at_least_one_of_a_class_is_held_out_and_one_is_not() {
        for first in 0..100 {
            for count in 2..6 {
                let held_out = held_out(&contents(first..first + count), 42);
                assert!((1..usize::from(count)).contains(&held_out.len()));
            }
            assert_eq!(held_out(&[[first; 32]; 3], 42), [0]);
        }
    }

    #[test]
    fn a_picture_that_comes_moves_no_other() {
        let few = held_out(&contents(0..200), 42);
        let mut more = held_out(&contents(0..255), 42);
        more.retain(|index| *index < 200);
        assert_eq!(few, more);
        assert!((25..55).contains(&few.len()), "{}", few.len());
    }
}
