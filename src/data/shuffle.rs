//! Shuffling in the same way on every machine.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore;

/// The Fisher–Yates shuffle. The same state of the generator gives the same order on every machine.
pub(super) fn shuffle(indices: &mut [usize], rng: &mut ChaCha8Rng) {
    for last in (1..indices.len()).rev() {
        // The high half of a product is uniform to within 2⁻⁴⁰ for any data set that fits in memory.
        let draw = u128::from(rng.next_u64()) * (last as u128 + 1);
        indices.swap(last, (draw >> 64) as usize);
    }
}
