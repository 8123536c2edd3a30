use super::backends::{BackendsArgs, Chosen};
use super::bench::check_seconds;
use super::config::ConfigArgs;
use super::data::PicturesArgs;
use super::recipe::{self, RecipeArgs};
use super::verbosity::{draw_target, is_quiet};
use super::{Outcome, own_path, print, print_json, quoted, table, trimmed, warn};
use burn_zoo::bench::median;
use burn_zoo::compare::{
    Aspect, Comparison, ComparisonDir, Event, FORMAT, Machine, Part, Plan, Planned, REPORT, Row,
    Step, Subject, carry_out,
};
use burn_zoo::convolution::{Conv, in_words};
use burn_zoo::data::Splits;
use burn_zoo::numbers::{mean_and_deviation, thousands};
use burn_zoo::system::memory;
use burn_zoo::{backend, data, run};
use comfy_table::CellAlignment;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::HashMap;
use std::error::Error;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  zoo compare mlp-relu cnn                    # every backend with a device, 3 seeds
  zoo compare cnn-maxpool --backends flex,wgpu --limit 6000 --epochs 2 --time-to 80%
  zoo compare cnn --without training          # speed, memory and parity alone
  zoo compare --resume comparisons/cnn-fashion-mnist --retry";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The models, by their names in `zoo list` [default: mlp-relu]
    #[arg(value_name = "MODEL")]
    models: Vec<String>,
    #[command(flatten)]
    backends: BackendsArgs,
    /// The data set, or folder:PATH for pictures of your own
    #[arg(long, default_value = "fashion-mnist")]
    dataset: String,
    #[command(flatten)]
    pictures: PicturesArgs,
    /// The folder with the data set's files
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Use only the first N images of the training and of the test set
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    recipe: RecipeArgs,
    /// How convolutions are computed: auto (the fastest measured), direct, im2col, frequency
    #[arg(long, value_name = "ALGORITHM", default_value = "auto")]
    conv: Conv,
    /// Train each model on each backend so many times, with seeds that follow on each other
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Tell how many seconds of training it takes to this test accuracy: 0.85, or 85%
    #[arg(long, value_name = "ACCURACY", value_parser = accuracy)]
    time_to: Option<f64>,
    /// Measure training and inference for about so long each
    #[arg(long, default_value_t = 4.0, allow_negative_numbers = true)]
    seconds: f64,
    /// How long one process may take: one training, or one measurement [default: 3600]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Leave out what is not asked for
    #[arg(long, value_delimiter = ',', value_name = "PART,PART")]
    without: Vec<Left>,
    /// The folder for what comes of it, new or empty [default: a new one under comparisons/]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on with a comparison that was stopped
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "models", "backends", "device", "dataset", "image_shape", "fit", "data_dir", "limit", "conv", "seeds",
        "seed", "time_to", "seconds", "without", "out", "epochs",
    ], conflicts_with_all = recipe::fixed())]
    resume: Option<PathBuf>,
    /// With --resume: try again what went wrong
    #[arg(long, requires = "resume")]
    retry: bool,
    #[command(flatten)]
    _file: ConfigArgs,
    /// Print JSON: what is in compare.json
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Left {
    /// Whether the backends compute the same function
    Parity,
    /// First step, speed and memory
    Speed,
    /// Accuracy
    Training,
}

/// "0.85" or "85%".
fn accuracy(text: &str) -> Result<f64, String> {
    let (number, unit) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim_end(), 100.0),
        None => (text, 1.0),
    };
    let share = number.parse::<f64>().map(|number| number / unit);
    share
        .ok()
        .filter(|share| *share > 0.0 && *share <= 1.0)
        .ok_or_else(|| "give a share above 0 and up to 1, such as 0.85, or 85%".into())
}

pub(super) fn run(args: Args) -> Outcome {
    let mut folder = match &args.resume {
        Some(path) => {
            let mut folder = ComparisonDir::open(path, args.retry)?;
            if let Some(timeout) = args.timeout {
                folder.set_timeout(timeout);
            }
            folder
        }
        None => begin(&args)?,
    };
    let stopped = stop_on_ctrl_c()?;
    let mut screen = Screen::new(&folder);
    if !is_quiet() {
        let _ = writeln!(std::io::stderr(), "{}", opening(&folder));
    }
    let done = carry_out(
        &mut folder,
        &own_path(),
        |event| screen.show(&event),
        || stopped.load(Ordering::Relaxed),
    );
    screen.finish();
    done?;
    folder.finish()?;
    let comparison = &folder.comparison;
    if !folder.left().is_empty() {
        let path = quoted(folder.path());
        print(&format!(
            "interrupted; to go on: zoo compare --resume {path}\n"
        ));
        return Ok(ExitCode::from(130));
    }
    match args.json {
        true => print_json(comparison)?,
        false => print(&format!(
            "{}\nreport: {}\n",
            text(comparison),
            folder.path().join(REPORT).display()
        )),
    }
    Ok(match comparison.rows.iter().all(Row::holds) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn begin(args: &Args) -> Result<ComparisonDir, Box<dyn Error>> {
    check_seconds(args.seconds)?;
    let ids = match args.models.as_slice() {
        [] => &["mlp-relu".to_owned()],
        ids => ids,
    };
    let specs = ids.iter().map(|id| burn_zoo_models::find(id));
    let specs = specs.collect::<Result<Vec<_>, _>>()?;
    let data_dir = args.data_dir.as_deref();
    let dataset = args
        .pictures
        .find(&args.dataset, data_dir, data::usual(&specs))?;
    let mut models: Vec<Planned> = Vec::new();
    for spec in specs {
        if models.iter().all(|planned| planned.model != spec.id) {
            models.push(Planned {
                model: spec.id.into(),
                recipe: args.recipe.recipe(spec),
            });
        }
    }
    let Chosen { able, unable } = args.backends.chosen_or_not()?;
    let asked_for_all = args.backends.are_all();
    let mut subjects: Vec<Subject> = able
        .iter()
        .map(|selected| Subject {
            backend: selected.backend.id.into(),
            device: selected.info.id.clone(),
            hardware: selected.info.name.clone(),
            trouble: None,
        })
        .collect();
    let mut skipped = Vec::new();
    for (backend, why) in unable {
        match asked_for_all {
            true => skipped.push(why),
            false => subjects.push(Subject {
                backend: backend.into(),
                device: String::new(),
                hardware: String::new(),
                trouble: Some(why),
            }),
        }
    }
    let without = |left: &Left| match left {
        Left::Parity => Aspect::Parity,
        Left::Speed => Aspect::Speed,
        Left::Training => Aspect::Training,
    };
    let last = args.seed.checked_add(args.seeds - 1);
    let last = last.ok_or("--seed is too large for so many seeds to follow on it")?;
    let is_folder = data::is_folder(&dataset.id);
    let plan = Plan {
        models,
        subjects,
        dataset: dataset.id.clone(),
        image_shape: is_folder.then_some(dataset.shape),
        fit: is_folder.then_some(dataset.fit),
        data_dir: args.data_dir.clone(),
        limit: args.limit,
        conv: args.conv.to_string(),
        seeds: (args.seed..=last).collect(),
        time_to: args.time_to,
        without: args.without.iter().map(without).collect(),
        seconds: args.seconds,
        timeout: args.timeout.unwrap_or(3600),
        threads: backend::threads(),
    };
    let rows = plan.rows(&dataset)?;
    if !plan.without.contains(&Aspect::Training) {
        check_training(&plan, &dataset)?;
    }
    let name = match &plan.models[..] {
        [planned] => planned.model.clone(),
        several => format!("{}-models", several.len()),
    };
    let name = format!("{name}-{}", data::short_name(&dataset.id));
    let words = std::env::args().skip(1);
    let words = words.map(|word| quoted(Path::new(&word)));
    let comparison = Comparison {
        format: FORMAT,
        command: format!("zoo {}", words.collect::<Vec<_>>().join(" ")),
        dataset: dataset.id,
        num_train: 0,
        num_test: 0,
        seeds: plan.seeds.clone(),
        time_to: plan.time_to,
        machine: Machine {
            cpu: backend::cpu_name(),
            memory_bytes: memory::of_machine(),
            os: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            zoo: env!("CARGO_PKG_VERSION").into(),
            burn: run::BURN.into(),
            began: jiff::Timestamp::from_second(jiff::Timestamp::now().as_second())?.to_string(),
        },
        skipped,
        rows,
    };
    Ok(ComparisonDir::create(
        args.out.as_deref(),
        &name,
        plan,
        comparison,
    )?)
}

/// Says what cannot be trained before anything is measured.
fn check_training(plan: &Plan, dataset: &data::DatasetSpec) -> Result<(), Box<dyn Error>> {
    let options = data::LoadOptions {
        data_dir: plan.data_dir.clone(),
        seed: plan.seeds[0],
        show_progress: true,
        ..data::LoadOptions::default()
    };
    let splits = Splits::load(dataset, plan.limit, 0.0, &options)?;
    splits.warnings.iter().for_each(|warning| warn(warning));
    for planned in &plan.models {
        let batch_size = planned.recipe.batch_size;
        if batch_size > splits.train.len() {
            return Err(format!(
                "the batches of {batch_size} images of {} are larger than the training set of {}: say --batch-size",
                planned.model,
                splits.train.len()
            )
            .into());
        }
    }
    Ok(())
}

/// The first Ctrl-C has the process at work keep what it has done; the second ends the program.
fn stop_on_ctrl_c() -> Result<Arc<AtomicBool>, ctrlc::Error> {
    let stopped = Arc::new(AtomicBool::new(false));
    let asked = stopped.clone();
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        warn("stopping; press Ctrl-C again to stop at once");
    })?;
    Ok(stopped)
}

fn opening(folder: &ComparisonDir) -> String {
    let Plan {
        models,
        subjects,
        seeds,
        dataset,
        ..
    } = folder.plan();
    let models: Vec<&str> = models
        .iter()
        .map(|planned| planned.model.as_str())
        .collect();
    let backends: Vec<&str> = subjects
        .iter()
        .map(|subject| subject.backend.as_str())
        .collect();
    let skipped: Vec<String> = folder
        .comparison
        .skipped
        .iter()
        .map(|why| format!("\nleft out {why}"))
        .collect();
    format!(
        "compare  {} on {}, {} of {} ({} steps left)\nfolder   {}{}",
        models.join(", "),
        backends.join(", "),
        match seeds.len() {
            1 => "1 seed".into(),
            count => format!("{count} seeds"),
        },
        dataset,
        folder.left().len(),
        folder.path().display(),
        skipped.concat()
    )
}

/// All backends on one screen: a line for each model and backend on a terminal, or else a line for each
/// step that has ended.
struct Screen {
    bars: HashMap<(String, String), ProgressBar>,
    is_terminal: bool,
}

impl Screen {
    fn new(folder: &ComparisonDir) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let screen = MultiProgress::with_draw_target(draw_target());
        let style =
            ProgressStyle::with_template("{prefix} {bar:16.cyan/blue} {pos:>2}/{len:2} {wide_msg}");
        let style = style.expect("the template is valid");
        let steps = folder.plan().steps();
        let left = folder.left();
        let rows = &folder.comparison.rows;
        let widest =
            |of: fn(&Row) -> &String| rows.iter().map(|row| of(row).len()).max().unwrap_or(0);
        let (models, backends) = (widest(|row| &row.model), widest(|row| &row.backend));
        let bars = rows.iter().map(|row| {
            let is_of = |step: &&Step| (&step.model, &step.backend) == (&row.model, &row.backend);
            let total = steps.iter().filter(is_of).count();
            let done = total - left.iter().filter(is_of).count();
            let bar = screen.add(ProgressBar::new(total as u64).with_style(style.clone()));
            bar.set_prefix(format!("{:models$}  {:backends$}", row.model, row.backend));
            bar.set_position(done as u64);
            let idle = if done == total { "done" } else { "waits" };
            bar.set_message(row.troubles.last().cloned().unwrap_or(idle.into()));
            ((row.model.clone(), row.backend.clone()), bar)
        });
        Self {
            bars: bars.collect(),
            is_terminal,
        }
    }

    fn show(&mut self, event: &Event) {
        let (Event::Begins(step) | Event::Says(step, _) | Event::Ends(step, _)) = event;
        let Some(bar) = self.bars.get(&(step.model.clone(), step.backend.clone())) else {
            return;
        };
        match event {
            Event::Begins(_) => {
                bar.set_message(step.part.to_string());
                bar.enable_steady_tick(Duration::from_millis(200));
            }
            Event::Says(_, line) => {
                if let (Part::Training(seed), Some(epoch)) = (step.part, line.strip_prefix("epoch"))
                {
                    bar.set_message(format!("seed {seed}, epoch {}", epoch.trim_start()));
                }
            }
            Event::Ends(_, trouble) => {
                bar.inc(1);
                bar.disable_steady_tick();
                let came = trouble.map_or("done".into(), |trouble| format!("FAILED: {trouble}"));
                bar.set_message(format!("{}: {came}", step.part));
                if !self.is_terminal && !is_quiet() {
                    let (model, backend, part) = (&step.model, &step.backend, step.part);
                    let line = format!("{model} on {backend}: {part}: {came}");
                    let _ = writeln!(std::io::stderr(), "{line}");
                }
            }
        }
    }

    fn finish(&self) {
        for bar in self.bars.values() {
            bar.abandon();
        }
    }
}

fn text(comparison: &Comparison) -> String {
    let time_to = comparison.time_to;
    let to = time_to.map(|accuracy| format!("to {} %", 100.0 * accuracy));
    let mut header = vec![
        "model",
        "backend",
        "device",
        "convolutions",
        "first step",
        "again",
        "training",
        "inference",
        "epoch",
        "memory",
        "test accuracy",
        "gradient",
        "parity",
    ];
    let mut units = vec![
        "", "", "", "", "s, cold", "s", "images/s", "images/s", "s", "MB", "%", "rel", "",
    ];
    if let Some(to) = &to {
        header.push(to);
        units.push("s");
    }
    let mut table = table(&header);
    table.add_row(units);
    let mut sentences = String::new();
    for row in &comparison.rows {
        let seconds = |seconds: Option<f64>, digits: usize| {
            seconds.map_or("-".into(), |seconds| format!("{seconds:.digits$}"))
        };
        let speed = |speeds: Vec<f64>| match speeds.is_empty() {
            true => "-".into(),
            false => thousands(median(&speeds).round()),
        };
        let mut cells = vec![
            row.model.clone(),
            row.backend.clone(),
            row.device.clone(),
            in_words(&row.convolutions),
            seconds(row.first_step_cold_s, 2),
            seconds(row.first_step_cached_s, 2),
            speed(row.training()),
            speed(row.inference()),
            seconds(row.epoch_s(), 1),
            match (row.peak_memory_bytes, row.gpu_memory_bytes) {
                (None, _) => "-".into(),
                (Some(bytes), None) => megabytes(bytes),
                (Some(bytes), Some(gpu)) => {
                    format!("{} + GPU {}", megabytes(bytes), megabytes(gpu))
                }
            },
            percent(&row.accuracies()),
        ];
        cells.extend(match &row.parity {
            None => ["-".into(), "-".into()],
            Some(parity) => [
                format!("{:.1e}", parity.gradient),
                if parity.holds { "same" } else { "DIFFERENT" }.into(),
            ],
        });
        if let Some(accuracy) = time_to {
            cells.push(seconds(row.time_to(accuracy), 1));
        }
        table.add_row(cells);
        let breaches = row.parity.iter().flat_map(|parity| &parity.breaches);
        for sentence in row.troubles.iter().chain(breaches) {
            sentences += &format!("{} on {}: {sentence}\n", row.model, row.backend);
        }
    }
    for column in table.column_iter_mut().skip(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for why in &comparison.skipped {
        sentences += &format!("left out: {why}\n");
    }
    let seeds = match comparison.seeds.as_slice() {
        [seed] => format!("seed {seed}"),
        [first, .., last] => format!("seeds {first} to {last}"),
        [] => String::new(),
    };
    format!(
        "{}; {}, {seeds}; speeds are medians, accuracy is mean ± standard deviation over the seeds\n\n{}\n{sentences}",
        comparison.machine.cpu,
        comparison.dataset,
        trimmed(&table)
    )
}

fn megabytes(bytes: u64) -> String {
    thousands((bytes as f64 / 1e6).round())
}

fn percent(accuracies: &[f64]) -> String {
    match mean_and_deviation(accuracies) {
        None => "-".into(),
        Some((mean, None)) => format!("{:.2}", 100.0 * mean),
        Some((mean, Some(deviation))) => {
            format!("{:.2} ± {:.2}", 100.0 * mean, 100.0 * deviation)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accuracy_is_a_share_or_per_cent() {
        assert_eq!(accuracy("0.85"), Ok(0.85));
        assert_eq!(accuracy("85%"), Ok(0.85));
        assert_eq!(accuracy("87.5 %"), Ok(0.875));
        for text in ["", "85", "0", "-0.1", "101%", "much"] {
            assert!(accuracy(text).is_err(), "{text}");
        }
    }
}
