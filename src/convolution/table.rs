//! What was measured: the table that comes with the program, and what this machine's user measured on a device.

use super::cache;
use super::hardware::Hardware;
use super::measurement::{MEASUREMENTS, Measurement};
use super::purpose::Purpose;
use burn_zoo_models::{ConvAlgorithm, ConvShape};

/// How unlike a layer may be to one that was measured: by a factor of 16 in all sizes together.
const FARTHEST: f64 = 2.8;

/// How many times as large a batch may be as one that was measured on this machine, or as small.
const FARTHEST_BATCH: f64 = 8.0;

/// What is known of the speed of algorithms on a device.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The rows that come with the program.
    pub(super) known: Vec<&'static Measurement>,
    /// Those measured on this machine.
    pub(super) own: Vec<Measurement>,
}

impl Table {
    /// What is known of a device: by the program's table, where that was measured on such hardware, and by what was
    /// measured on this machine.
    pub fn of(hardware: &Hardware) -> Self {
        let is_known = hardware.is_cpu && cpu_is_of_the_table();
        let known = match is_known {
            true => known(&hardware.backend),
            false => Vec::new(),
        };
        let own = cache::read(hardware);
        Self { known, own }
    }

    /// The algorithm that computes a layer fastest: by what was measured of this very layer on this machine; or else by
    /// the program's table, or else by this machine's of other layers, by the layer most like it with the number of
    /// images nearest to a batch's; the backend's own where nothing like it was measured.
    pub fn fastest(&self, shape: &ConvShape, purpose: Purpose) -> ConvAlgorithm {
        let own = self.own.iter();
        let own = own.filter(|row| row.unlike(purpose) <= FARTHEST_BATCH.ln());
        let (exact, others): (Vec<_>, Vec<_>) = own.partition(|row| row.is_of(shape));
        nearest(&exact, shape, purpose)
            .or_else(|| nearest(&self.known, shape, purpose))
            .or_else(|| nearest(&others, shape, purpose))
            .unwrap_or(ConvAlgorithm::Direct)
    }

    /// Which of these layers it knows nothing of, by their numbers: neither in the program's table, nor measured on this
    /// machine with about as many images.
    pub fn lacks(&self, layers: &[ConvShape], purpose: Purpose) -> Vec<usize> {
        let lacks = |shape: &ConvShape| {
            let measured = self.own.iter();
            let mut measured = measured.filter(|row| row.is_of(shape));
            self.known.is_empty() && !measured.any(|row| row.unlike(purpose) <= 2_f64.ln() + 1e-9)
        };
        let numbers = layers.iter().enumerate();
        let measurable = numbers.filter(|(_, shape)| Measurement::is_kept(shape));
        let lacking = measurable.filter(|(_, shape)| lacks(shape));
        lacking.map(|(number, _)| number).collect()
    }
}

/// The rows that come with the program for a backend.
pub(super) fn known(backend: &str) -> Vec<&'static Measurement> {
    let rows = MEASUREMENTS.iter();
    rows.filter(|row| row.backend == backend).collect()
}

/// Whether this CPU is of the kind that the program's table was measured on.
fn cpu_is_of_the_table() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

fn nearest(rows: &[&Measurement], shape: &ConvShape, purpose: Purpose) -> Option<ConvAlgorithm> {
    let nearest = rows
        .iter()
        .map(|row| row.distance(shape))
        .min_by(f64::total_cmp)
        .filter(|nearest| *nearest <= FARTHEST)?;
    let of_layer = || rows.iter().filter(|row| row.distance(shape) == nearest);
    let batch = of_layer()
        .map(|row| row.unlike(purpose))
        .min_by(f64::total_cmp)?;
    of_layer()
        .filter(|row| row.unlike(purpose) == batch && is_fit(row.algorithm, shape, purpose))
        .min_by(|a, b| a.seconds(purpose).total_cmp(&b.seconds(purpose)))
        .map(|row| row.algorithm)
}

/// Whether an algorithm can compute a layer, and is fit for this use of it.
pub(super) fn is_fit(algorithm: ConvAlgorithm, shape: &ConvShape, purpose: Purpose) -> bool {
    let fit = match purpose {
        Purpose::Training(batch_size) => algorithm.trains(shape, batch_size),
        Purpose::Inference { .. } => true,
    };
    fit && algorithm.serves(shape)
}
