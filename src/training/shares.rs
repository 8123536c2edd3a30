//! The part of each batch that a device computes, where there are several.

use super::beginning::{Start, initial};
use super::error::TrainError;
use super::replicas::Part;
use crate::backend::{self, Device, Train};
use crate::system::caught;
use burn::tensor::{Tensor, TensorData};
use burn::train::TrainStep;
use burn_zoo_models::ClassifierConfig;
use burn_zoo_steps::ImageBatch;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// The images of a batch on each of several devices, in proportion to their shares: the sum is the batch, and each has
/// at least one.
///
/// # Errors
/// [`TrainError::BadSetting`] where a share is no positive number, or there are more devices than images.
pub fn split(batch_size: usize, shares: &[f64]) -> Result<Vec<usize>, TrainError> {
    let bad = |reason| Err(TrainError::BadSetting(reason));
    let sum: f64 = shares.iter().sum();
    if let Some(share) = shares
        .iter()
        .find(|share| !(**share > 0.0 && sum.is_finite()))
    {
        return bad(format!(
            "‘shares’ {share} is no share of a batch: each must be a number greater than 0"
        ));
    }
    if shares.len() > batch_size {
        return bad(format!(
            "‘batch_size’ {batch_size} is too small for {} devices, each of which needs an image of every batch",
            shares.len()
        ));
    }
    let exact = |share: f64| share / sum * batch_size as f64;
    let mut images: Vec<usize> = shares
        .iter()
        .map(|&share| (exact(share) as usize).max(1))
        .collect();
    // To those that are owed the most, the first among equals; or from those that have the most too much.
    let owed = |images: &[usize], index: usize| exact(shares[index]) - images[index] as f64;
    while images.iter().sum::<usize>() < batch_size {
        let most = (0..images.len())
            .rev()
            .max_by(|&a, &b| owed(&images, a).total_cmp(&owed(&images, b)));
        images[most.expect("there are devices")] += 1;
    }
    while images.iter().sum::<usize>() > batch_size {
        let least = (0..images.len())
            .filter(|&index| images[index] > 1)
            .min_by(|&a, &b| owed(&images, a).total_cmp(&owed(&images, b)));
        images[least.expect("the batch has an image for each")] -= 1;
    }
    Ok(images)
}

/// For about this long each device is measured, after two steps that do not count.
const MEASURED_FOR: Duration = Duration::from_millis(400);

/// Images a second of training steps on each of several devices, which compute at the same time, as they will.
///
/// # Errors
/// [`TrainError::DeviceUnfit`] where one cannot do a step.
pub fn measured_speeds(start: &Start<'_>, parts: &[Part]) -> Result<Vec<f64>, TrainError> {
    let together = Barrier::new(parts.len());
    let speeds: Vec<_> = std::thread::scope(|scope| {
        let together = &together;
        let run = |part| scope.spawn(move || speed(start, part, together));
        let threads: Vec<_> = parts.iter().map(run).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| thread.join();
        threads.into_iter().map(join).collect()
    });
    let speeds = speeds.into_iter().zip(parts).map(|(speed, part)| {
        let speed = speed.expect("panics have been caught");
        speed.map_err(|reason| TrainError::DeviceUnfit {
            device: part.selected.name(),
            reason,
        })
    });
    speeds.collect()
}

fn speed(start: &Start<'_>, part: &Part, together: &Barrier) -> Result<f64, String> {
    let device = &part.selected.device;
    let ready = caught(|| {
        let start = Start {
            convolutions: &part.convolutions,
            ..*start
        };
        let trainee = initial(&start, &part.selected).map_err(|error| error.to_string())?;
        let trainee = trainee.trainee();
        let batch = artificial(start.architecture, part.images, device);
        let step = move || {
            std::hint::black_box(TrainStep::step(&trainee, batch.clone()));
            backend::sync(device);
        };
        step();
        step();
        Ok::<_, String>(step)
    });
    // The others wait for it, also where it failed.
    together.wait();
    let step = ready??;
    caught(|| {
        let begun = Instant::now();
        let mut steps = 0;
        while steps < 2 || begun.elapsed() < MEASURED_FOR {
            step();
            steps += 1;
        }
        (steps * part.images) as f64 / begun.elapsed().as_secs_f64()
    })
}

/// Images of a formula: the time of a step does not depend on them.
fn artificial(
    architecture: &ClassifierConfig,
    images: usize,
    device: &Device,
) -> ImageBatch<Train> {
    let input = architecture.input();
    let num_values = images * input.num_values();
    let values = (0..num_values).map(|i| (i % 251) as f32 / 125.0 - 1.0);
    let classes = (0..images).map(|i| (i % architecture.num_classes()) as i32);
    let shape = [images, input.channels, input.height, input.width];
    ImageBatch {
        images: Tensor::from_data(TensorData::new(values.collect(), shape), device),
        targets: Tensor::from_data(TensorData::new(classes.collect(), [images]), device),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_the_batch_in_proportion_to_the_shares() {
        for (batch_size, shares, expected) in [
            (128, vec![1.0, 1.0], vec![64, 64]),
            (64, vec![1.0, 1.0, 1.0], vec![22, 21, 21]),
            (10, vec![3.0, 1.0], vec![8, 2]),
            (128, vec![85.0, 43.0], vec![85, 43]),
            (8, vec![1000.0, 1.0, 1.0], vec![6, 1, 1]),
            (2, vec![0.1, 0.9], vec![1, 1]),
            (7, vec![5.0], vec![7]),
        ] {
            assert_eq!(split(batch_size, &shares).unwrap(), expected, "{shares:?}");
        }
    }

    #[test]
    fn shares_that_are_none_and_batches_that_are_too_small_are_refused() {
        for shares in [
            vec![1.0, 0.0],
            vec![1.0, -2.0],
            vec![f64::NAN],
            vec![f64::INFINITY],
        ] {
            let error = split(8, &shares).unwrap_err().to_string();
            assert!(error.contains("‘shares’"), "{shares:?}: {error}");
        }
        let error = split(2, &[1.0; 3]).unwrap_err().to_string();
        assert!(
            error.contains("‘batch_size’ 2 is too small for 3 devices"),
            "{error}"
        );
    }
}
