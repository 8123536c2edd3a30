//! How long convolutions may be measured on a device that nobody has measured.

use std::time::Duration;

#[derive(clap::Args)]
pub(super) struct TuneArgs {
    /// With --conv auto, on a device that nobody has measured: measure for up to this many seconds which algorithm computes
    /// the model's convolutions fastest, and keep it for the next time; 0 leaves it, and computes by the backend's own
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(..=86_400))]
    tune_seconds: u64,
}

impl TuneArgs {
    pub fn limit(&self) -> Duration {
        Duration::from_secs(self.tune_seconds)
    }
}
