mod screen;
mod table;

use super::backends::{BackendsArgs, Chosen, DevicesArgs};
use super::bench::check_seconds;
use super::config::ConfigArgs;
use super::data::{PicturesArgs, SkipArgs, dataset_request};
use super::interrupt::{INTERRUPTED, Stop, stop_on_ctrl_c};
use super::options::in_options;
use super::recipe::{self, RecipeArgs};
use super::tuning::TuneArgs;
use super::verbosity::is_quiet;
use super::{Outcome, own_path, print, print_json, quoted, warn};
use burn_zoo::compare::{
    Aspect, Comparison, ComparisonDir, FORMAT, Machine, Plan, Planned, REPORT, Row, Subject,
    carry_out,
};
use burn_zoo::convolution::Conv;
use burn_zoo::data::Splits;
use burn_zoo::jobs::DatasetRequest;
use burn_zoo::plan::check_recipe;
use burn_zoo::summary::graph;
use burn_zoo::system::memory;
use burn_zoo::{backend, data, report, run, tuning};
use screen::{Screen, opening};
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const EXAMPLES: &str = "\
Examples:
  zoo compare mlp-relu cnn                    # every backend with a device, 3 seeds
  zoo compare cnn-maxpool --backends flex,wgpu --limit 6000 --epochs 2 --time-to 80%
  zoo compare cnn --without training          # speed, memory and parity alone
  zoo compare --resume comparisons/cnn-fashion-mnist --retry";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Models, by their names in `zoo list` [default: mlp-relu]
    #[arg(value_name = "MODEL")]
    models: Vec<String>,
    #[command(flatten)]
    backends: BackendsArgs,
    #[command(flatten)]
    devices: DevicesArgs,
    /// Data set, or folder:PATH for your own pictures
    #[arg(long, default_value = "fashion-mnist")]
    dataset: String,
    #[command(flatten)]
    pictures: PicturesArgs,
    #[command(flatten)]
    skip: SkipArgs,
    /// Folder with the data set's files
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Use only the first N images of the training and of the test set
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    recipe: RecipeArgs,
    /// Algorithm of convolutions: auto (the fastest that was measured), direct, im2col, frequency
    #[arg(long, value_name = "ALGORITHM", default_value = "auto")]
    conv: Conv,
    #[command(flatten)]
    tuning: TuneArgs,
    /// Number of training runs of each model on each backend, with consecutive seeds
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,
    /// Random seed of the first training run
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Report the seconds of training until this test accuracy: 0.85, or 85%
    #[arg(long, value_name = "ACCURACY", value_parser = accuracy)]
    time_to: Option<f64>,
    /// Duration in seconds of each measurement: training, inference
    #[arg(long, default_value_t = 4.0, allow_negative_numbers = true)]
    seconds: f64,
    /// Time limit for one training run or one measurement [default: 3600]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Skip these parts of the comparison
    #[arg(long, value_delimiter = ',', value_name = "PART,PART")]
    without: Vec<Skippable>,
    /// Folder for the results, new or empty [default: a new one under comparisons/]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Resume a comparison that was stopped
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "models", "backends", "device", "devices", "shares", "dataset", "image_shape", "fit", "data_dir", "skip_unreadable", "limit", "conv", "seeds",
        "seed", "time_to", "seconds", "without", "out", "num_epochs",
    ], conflicts_with_all = recipe::fixed())]
    resume: Option<PathBuf>,
    /// With --resume: repeat the steps that failed
    #[arg(long, requires = "resume")]
    retry: bool,
    #[command(flatten)]
    _file: ConfigArgs,
    /// Print JSON, the same as in compare.json
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Skippable {
    /// The parity check: do the backends compute the same function?
    Parity,
    /// The time of the first step, speed and memory
    Speed,
    /// The training runs and their accuracy
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
    let paths = [&args.resume, &args.out, &args.data_dir];
    if let Some(path) = paths.into_iter().flatten().find(|it| it.to_str().is_none()) {
        return Err(format!(
            "{} is not UTF-8, in which the comparison's plan is written: give the folder another name",
            path.display()
        )
        .into());
    }
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
    let stopped = Arc::new(AtomicBool::new(false));
    let asked = stopped.clone();
    stop_on_ctrl_c(move || {
        asked.store(true, Ordering::Relaxed);
        Stop::InOrder("stopping; press Ctrl-C again to stop at once")
    })?;
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
    folder.finish(&report::of_comparison(&folder.comparison)?)?;
    let comparison = &folder.comparison;
    if !folder.left().is_empty() {
        let path = quoted(folder.path());
        let sentence = format!("interrupted; to go on: zoo compare --resume {path}");
        match args.json {
            // What was measured so far, so that whoever reads JSON gets some.
            true => {
                print_json(comparison)?;
                warn(&sentence);
            }
            false => print(&format!("{sentence}\n")),
        }
        return Ok(ExitCode::from(INTERRUPTED));
    }
    match args.json {
        true => print_json(comparison)?,
        false => print(&format!(
            "{}\nreport: {}\n",
            in_options(&table::text(comparison)),
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
    if args.conv == Conv::Auto {
        for (planned, selected) in models
            .iter()
            .flat_map(|it| able.iter().map(move |on| (it, on)))
        {
            let architecture = dataset.architecture(burn_zoo_models::find(&planned.model)?);
            let request = tuning::Request {
                layers: &graph(&architecture)?.convolutions(),
                batch_size: planned.recipe.batch_size,
                again: false,
                limit: args.tuning.limit(),
                zoo: &own_path(),
            };
            tuning::tune_and_tell(&request, selected);
        }
    }
    let asked_for_all = args.backends.are_all();
    let sharing = args.devices.sharing();
    for selected in &able {
        backend::select_all(
            Some(selected.backend.id),
            &sharing.devices,
            Some(&own_path()),
        )?;
    }
    let mut subjects: Vec<Subject> = able
        .iter()
        .map(|selected| Subject {
            backend: selected.backend.id.into(),
            device: selected.info.id.clone(),
            hardware: selected.info.name.clone(),
            driver: selected.info.driver.clone(),
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
                driver: String::new(),
                trouble: Some(why),
            }),
        }
    }
    let without = |left: &Skippable| match left {
        Skippable::Parity => Aspect::Parity,
        Skippable::Speed => Aspect::Speed,
        Skippable::Training => Aspect::Training,
    };
    let last = args.seed.checked_add(args.seeds - 1).ok_or_else(|| {
        let Args { seed, seeds, .. } = args;
        format!("--seed {seed} is too large for {seeds} consecutive seeds")
    })?;
    let DatasetRequest {
        image_shape, fit, ..
    } = dataset_request(&dataset, data_dir);
    let mut plan = Plan {
        models,
        subjects,
        sharing,
        dataset: dataset.id.clone(),
        image_shape,
        fit,
        data_dir: args.data_dir.clone(),
        skip_unreadable: args.skip.skip_unreadable,
        data_digest: None,
        limit: args.limit,
        conv: args.conv,
        seeds: (args.seed..=last).collect(),
        time_to: args.time_to,
        without: args.without.iter().map(without).collect(),
        seconds: args.seconds,
        timeout: args.timeout.unwrap_or(3600),
        threads: backend::threads(),
    };
    let rows = plan.rows(&dataset)?;
    if !plan.without.contains(&Aspect::Training) {
        plan.data_digest = check_training(&plan, &dataset)?;
    }
    let name = match &plan.models[..] {
        [planned] => planned.model.clone(),
        several => format!("{}-models", several.len()),
    };
    let name = format!("{name}-{}", data::short_name(&dataset.id));
    let words = std::env::args_os().skip(1);
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

/// Refuses models that cannot be trained, before anything is measured; returns the digest of the images.
fn check_training(
    plan: &Plan,
    dataset: &data::DatasetSpec,
) -> Result<Option<String>, Box<dyn Error>> {
    for planned in &plan.models {
        let model = burn_zoo_models::find(&planned.model)?;
        check_recipe(model, dataset, &planned.recipe)?;
    }
    let options = data::LoadOptions {
        data_dir: plan.data_dir.clone(),
        seed: plan.seeds[0],
        show_progress: true,
        skip_unreadable: plan.skip_unreadable,
        ..data::LoadOptions::default()
    };
    let splits = Splits::load(dataset, plan.limit, 0.0, &options)?;
    splits.warnings.iter().for_each(|warning| warn(warning));
    for planned in &plan.models {
        let batch_size = planned.recipe.batch_size;
        if batch_size > splits.train.len() {
            return Err(format!(
                "the batches of {batch_size} images of {} are larger than the training set of {} images: choose a smaller --batch-size",
                planned.model,
                splits.train.len()
            )
            .into());
        }
    }
    Ok(splits.digest)
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
