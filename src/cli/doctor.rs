use super::options::in_options;
use super::verbosity::draw_target;
use super::{Outcome, own_path, print, print_json};
use burn_zoo::convolution;
use burn_zoo::doctor::{self, Diagnosis, Mark, Request};
use indicatif::ProgressBar;
use std::process::ExitCode;
use std::time::Duration;

const EXAMPLES: &str = "\
Each line begins with ok, note (no obstacle to training as asked) or PROBLEM, and says what to do.
The exit code is 1 if the backend cannot train.

Examples:
  zoo doctor                                  # can this machine train, and on what?
  zoo doctor --backend wgpu                   # why not on the GPU?
  zoo doctor --quick --json                   # without training steps, for a program";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The backend to check for training: auto, or one of `zoo backends`
    #[arg(long, default_value = "auto")]
    backend: String,
    /// Skip the slow checks: training steps, parity and verification of the data
    #[arg(long)]
    quick: bool,
    /// Only remove what was measured of convolutions on this machine's devices, so that it is measured anew
    #[arg(long, conflicts_with_all = ["quick", "json"])]
    forget_tuning: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args) -> Outcome {
    if args.forget_tuning {
        print(&match convolution::forget()? {
            0 => "nothing was kept of convolutions\n".into(),
            1 => "what was measured of convolutions on one device is removed\n".into(),
            devices => {
                format!("what was measured of convolutions on {devices} devices is removed\n")
            }
        });
        return Ok(ExitCode::SUCCESS);
    }
    let progress = ProgressBar::with_draw_target(None, draw_target());
    progress.enable_steady_tick(Duration::from_millis(200));
    let request = Request {
        backend: &args.backend,
        quick: args.quick,
        zoo: &own_path(),
    };
    let diagnosis = doctor::examine(&request, |what| progress.set_message(what.to_owned()));
    progress.finish_and_clear();
    let diagnosis = diagnosis?;
    match args.json {
        true => print_json(&diagnosis)?,
        false => print(&in_options(&text(&diagnosis))),
    }
    match diagnosis.can_train {
        true => Ok(ExitCode::SUCCESS),
        false => Err(diagnosis.verdict.into()),
    }
}

/// All findings and at the end the verdict, unless it is an error: that goes to standard error.
fn text(diagnosis: &Diagnosis) -> String {
    let mut text = String::new();
    for section in &diagnosis.sections {
        text += &format!("{}\n", section.title);
        for finding in &section.findings {
            let mark = match finding.mark {
                Mark::Ok => "ok",
                Mark::Note => "note",
                Mark::Problem => "PROBLEM",
            };
            let cure = finding.cure.as_ref().map(|cure| format!(": {cure}"));
            text += &format!(
                "  {mark:<8} {}: {}{}\n",
                finding.about,
                finding.found,
                cure.unwrap_or_default()
            );
        }
    }
    if diagnosis.can_train {
        text += &format!("\n{}\n", diagnosis.verdict);
    }
    text
}
