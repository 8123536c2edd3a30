use super::{Outcome, print, print_json, table, trimmed};
use burn_zoo::data::short_name;
use burn_zoo::numbers::thousands;
use burn_zoo::run::RunConfig;
use burn_zoo::runs::{self, Listed, State};
use comfy_table::CellAlignment;
use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

/// Where `zoo train` makes its folders.
const RUNS: &str = "runs";

const EXAMPLES: &str = "\
Examples:
  zoo runs                                    # those under runs/, the newest first
  zoo runs --sort accuracy                    # the best first
  zoo runs runs/compare --json                # a comparison's, for a program";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The folder to search for runs, recursively [default: runs]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// The order of the runs
    #[arg(long, value_enum, default_value_t = Order::Time)]
    sort: Order,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Order {
    /// By test accuracy after the last epoch, highest first
    Accuracy,
    /// By the time of the last change, newest first
    Time,
    /// By name
    Name,
}

impl Order {
    fn compare(self, one: &Listed, other: &Listed) -> Ordering {
        // Runs without a value come last.
        match self {
            Self::Accuracy => {
                let accuracy = |run: &Listed| run.last_accuracy.unwrap_or(-1.0);
                accuracy(other).total_cmp(&accuracy(one))
            }
            Self::Time => other.written.cmp(&one.written),
            Self::Name => one.name.cmp(&other.name),
        }
    }
}

pub(super) fn run(args: Args) -> Outcome {
    let folder = args.folder.as_deref().unwrap_or(Path::new(RUNS));
    // Before the first training there is no folder yet, which is no error.
    let mut runs = match args.folder.is_none() && !folder.exists() {
        true => Vec::new(),
        false => runs::list(folder)?,
    };
    runs.sort_by(|one, other| args.sort.compare(one, other));
    match args.json {
        true => print_json(&runs)?,
        false => print(&text(folder, &runs, SystemTime::now())),
    }
    Ok(ExitCode::SUCCESS)
}

fn text(folder: &Path, runs: &[Listed], now: SystemTime) -> String {
    if runs.is_empty() {
        return format!(
            "there are no runs in {}: `zoo train` makes one\n",
            folder.display()
        );
    }
    let mut table = table(&[
        "run", "model", "data", "backend", "device", "seed", "epochs", "state", "test", "best",
        "trained", "written",
    ]);
    for column in [5, 6, 8, 9, 10] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut sentences = String::new();
    for run in runs {
        let mut cells = vec![run.name.clone()];
        match &run.config {
            Some(config) => cells.extend(settings(run, config)),
            None => cells.resize(7, "-".into()),
        }
        let percent = |accuracy: Option<f64>| {
            accuracy.map_or("-".into(), |accuracy| format!("{:.2} %", 100.0 * accuracy))
        };
        cells.extend([
            in_words(run.state).into(),
            percent(run.last_accuracy),
            percent(run.best_accuracy),
            match run.num_epochs_done {
                0 => "-".into(),
                _ => length(run.train_seconds),
            },
            run.written.map_or("-".into(), |time| age(time, now)),
        ]);
        table.add_row(cells);
        if let Some(trouble) = &run.trouble {
            sentences += &format!("{trouble}\n");
        }
    }
    if !sentences.is_empty() {
        sentences.insert(0, '\n');
    }
    trimmed(&table) + &sentences
}

/// The cells from the model to the epochs.
fn settings(run: &Listed, config: &RunConfig) -> [String; 6] {
    let dataset = &config.dataset;
    let name = short_name(&dataset.id);
    let here = |what: &str| match run.state {
        State::Imported => "-".to_owned(),
        _ => what.to_owned(),
    };
    [
        config.model.clone(),
        match dataset.limit {
            Some(limit) => format!("{name}, {} images", thousands(limit)),
            None => name.into(),
        },
        here(&config.backend),
        here(&config.device),
        here(&config.seed.to_string()),
        here(&format!("{}/{}", run.num_epochs_done, config.num_epochs)),
    ]
}

fn in_words(state: State) -> &'static str {
    match state {
        State::Finished => "finished",
        State::Interrupted => "interrupted",
        State::Training => "training now",
        State::Imported => "imported",
        State::Damaged => "DAMAGED",
    }
}

/// A length of time: "4.2 s", "3 min 12 s", "2 h 5 min".
fn length(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole / 60 % 60),
    }
}

/// How long ago it was, and after a month the day (in UTC).
fn age(time: SystemTime, now: SystemTime) -> String {
    // A clock may have been set back.
    let age = now.duration_since(time).unwrap_or(Duration::ZERO).as_secs();
    let ago = |number: u64, unit: &str| format!("{number} {unit} ago");
    match age {
        0..60 => ago(age, "s"),
        60..3600 => ago(age / 60, "min"),
        3600..86_400 => ago(age / 3600, "h"),
        86_400..2_592_000 => ago(age / 86_400, "d"),
        _ => jiff::Timestamp::try_from(time)
            .map_or("-".into(), |time| time.strftime("%Y-%m-%d").to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_the_unit_that_fits() {
        let lengths = [0.04, 59.4, 60.2, 192.0, 7500.0].map(length);
        let expected = ["0.0 s", "59.4 s", "1 min 0 s", "3 min 12 s", "2 h 5 min"];
        assert_eq!(lengths, expected);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_859_000);
        let ages = [5, 119, 7300, 90_000, 40 * 86_400];
        let ages = ages.map(|seconds| age(now - Duration::from_secs(seconds), now));
        let expected = ["5 s ago", "1 min ago", "2 h ago", "1 d ago", "2026-10-19"];
        assert_eq!(ages, expected);
        assert_eq!(age(now + Duration::from_secs(9), now), "0 s ago");
    }
}
