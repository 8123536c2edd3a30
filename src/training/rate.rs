use burn::lr_scheduler::LrScheduler;
use burn::optim::LearningRate;
use burn::tensor::backend::Backend;
use burn_zoo_models::Schedule;

/// The learning rate by the number of the step, so that a run goes on in the middle of a schedule.
#[derive(Debug, Clone)]
pub(super) struct ScheduledRate {
    /// The recipe's learning rate.
    pub largest: LearningRate,
    pub schedule: Schedule,
    /// The next step, from 0.
    pub step: usize,
    /// Steps of all epochs.
    pub num_steps: usize,
}

impl LrScheduler for ScheduledRate {
    type Record<B: Backend> = usize;

    fn step(&mut self) -> LearningRate {
        let share = share(self.schedule, self.step, self.num_steps);
        self.step += 1;
        self.largest * share
    }

    fn to_record<B: Backend>(&self) -> usize {
        self.step
    }

    fn load_record<B: Backend>(self, step: usize) -> Self {
        Self { step, ..self }
    }
}

/// The share of the learning rate in a step, of `num_steps` in all; the first is number 0.
fn share(schedule: Schedule, step: usize, num_steps: usize) -> f64 {
    match schedule {
        Schedule::Constant => 1.0,
        Schedule::Cosine => {
            let warm_up = num_steps.div_ceil(20);
            if step < warm_up {
                return (step + 1) as f64 / warm_up as f64;
            }
            let left = (num_steps - warm_up).max(1) as f64;
            let done = (step - warm_up) as f64 / left;
            0.5 * (1.0 + (std::f64::consts::PI * done).cos())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cosine_rises_for_a_twentieth_of_the_steps_and_falls_to_almost_nothing() {
        let at = |step| share(Schedule::Cosine, step, 100);
        assert_eq!([0, 4, 5].map(at), [0.2, 1.0, 1.0]);
        // Half a cosine over 95 steps: at step 5 + 95 / 2 it is at its middle.
        assert!((at(52) - 0.5).abs() < 0.01 && (at(53) - 0.5).abs() < 0.01);
        assert!((5..99).all(|step| at(step) > at(step + 1)));
        assert!(at(99) > 0.0 && at(99) < 0.001);
        assert_eq!(share(Schedule::Constant, 99, 100), 1.0);
        assert_eq!(share(Schedule::Cosine, 0, 1), 1.0);
    }
}
