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
        let share = self.schedule.share(self.step, self.num_steps);
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
