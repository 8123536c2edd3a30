use super::options::in_options;
use super::verbosity::is_quiet;
use super::{Outcome, print, quoted, select, warn};
use burn_zoo::compare;
use burn_zoo::report::{self, BEGINNING, Run};
use burn_zoo::run::CONFIG;
use burn_zoo::system::files::write_whole;
use std::error::Error;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  zoo report runs/cnn                         # writes report.html into the run folder
  zoo report runs/a runs/b --out a-and-b.html # two runs side by side
  zoo report comparisons/cnn                  # the report of zoo compare anew";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Run folders, or the folder of one comparison
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    /// The file to write [default: report.html in the folder, if there is only one folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The backend that runs are evaluated on: auto, or one of `zoo backends`
    #[arg(long, default_value = "auto")]
    backend: String,
    /// The backend's device, from `zoo backends`
    #[arg(long)]
    device: Option<String>,
    /// The folder with the data set's files
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Outcome {
    let out = match (&args.out, args.folders.as_slice()) {
        (Some(out), _) => out.clone(),
        (None, [folder]) => folder.join(compare::REPORT),
        (None, _) => {
            return Err("a report of several runs needs --out with the file to write".into());
        }
    };
    refuse_foreign(&out)?;
    let is_comparison = |folder: &&PathBuf| folder.join(compare::RESULTS).is_file();
    let html = match (args.folders.iter().find(is_comparison), args.folders.len()) {
        (None, _) => of_runs(&args)?,
        (Some(folder), 1) => report::of_comparison(&compare::read(folder)?)?,
        (Some(folder), _) => {
            return Err(format!(
                "{} is a comparison, which has a report of its own: name it alone, or name run folders only (its own are in {})",
                folder.display(),
                folder.join("runs").display()
            )
            .into());
        }
    };
    write_whole(&out, html.as_bytes())?;
    print(&format!("{}\n", out.display()));
    Ok(ExitCode::SUCCESS)
}

fn of_runs(args: &Args) -> Result<String, Box<dyn Error>> {
    let read = |folder: &PathBuf| -> Result<Run, Box<dyn Error>> {
        let config = folder.join(CONFIG);
        if !config.is_file() {
            return Err(format!(
                "{} is neither a run folder (it has no {CONFIG}) nor a comparison's folder (it has no {})",
                folder.display(),
                compare::RESULTS
            )
            .into());
        }
        let command = format!("zoo train --config {}", quoted(&config));
        Ok(Run::read(folder, command)?)
    };
    let runs: Result<Vec<Run>, _> = args.folders.iter().map(read).collect();
    let mut runs = runs?;
    let selected = select(&args.backend, args.device.as_deref())?;
    for run in &mut runs {
        match run.evaluate(&selected, args.data_dir.as_deref(), !is_quiet()) {
            Ok(warnings) => warnings.into_iter().for_each(|warning| {
                warn(&warning);
                run.remark(in_options(&format!("{warning}.")));
            }),
            Err(error) => {
                warn(&format!("the report has no classes and mistakes: {error}"));
                run.remark(in_options(&format!(
                    "Classes and mistakes are not shown: {error}."
                )));
            }
        }
    }
    Ok(report::of_runs(&runs)?)
}

/// Refuses to write over a file that is no report.
fn refuse_foreign(path: &Path) -> Result<(), String> {
    match std::fs::read(path) {
        Ok(bytes) if bytes.starts_with(BEGINNING.as_bytes()) => Ok(()),
        Ok(_) => Err(format!(
            "{} was not written by zoo report and is left as it is: choose another --out",
            path.display()
        )),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("cannot write {}: {error}", path.display())),
    }
}
