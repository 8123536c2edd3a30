//! A training's settings as a TOML file, for `--print-config`.

use super::fine_tuning::in_one_word;
use super::{Args, Settled};
use burn_zoo::backend;
use burn_zoo::convolution::{Conv, Purpose};
use burn_zoo::data;
use burn_zoo::run::AdamSettings;
use burn_zoo::summary::graph;
use burn_zoo_models::{ConvAlgorithm, Refinements};
use std::error::Error;
use std::path::Path;

/// All that `zoo train` takes, as it is settled, each by its option's name.
///
/// # Errors
/// Where the settings are those of a run that had some that no option says.
pub(super) fn toml(args: &Args, settled: &Settled) -> Result<String, Box<dyn Error>> {
    let Settled {
        config, dataset, ..
    } = settled;
    let spec = burn_zoo_models::find(&config.model)?;
    let rate = config.adam.learning_rate;
    let plain =
        config.adam == AdamSettings::new(rate) && config.architecture == dataset.architecture(spec);
    let (Some(conv), true) = (conv(args, settled)?, plain) else {
        let file = args.config.as_deref().unwrap_or(Path::new("config.json"));
        return Err(format!(
            "{} has layers, convolutions or constants of Adam that no option says: give it to --config itself",
            file.display()
        )
        .into());
    };
    let Refinements {
        schedule,
        weight_decay,
        label_smoothing,
        random_crop,
        flip,
        shift,
        cutout,
    } = config.refinements;
    let mut lines = String::from(
        "# The settings of a training, for zoo train --config; the command line counts before them.\n",
    );
    let mut add = |key: &str, value: String| lines += &format!("{key} = {value}\n");
    add("model", text(&config.model));
    add("dataset", text(&dataset.id));
    if data::is_folder(&dataset.id) {
        let shape = config.architecture.input().to_string();
        add("image-shape", text(&shape.replace('×', "x")));
        add("fit", text(dataset.fit.name()));
        add("cache", text(&args.cache.size().to_string()));
    }
    if let Some(folder) = &args.data_dir {
        add("data-dir", path(folder));
    }
    if let Some(limit) = config.dataset.limit {
        add("limit", limit.to_string());
    }
    add("valid-fraction", number(config.dataset.valid_fraction));
    let normalisation = config.dataset.normalisation();
    add("mean", text(&normalisation.mean.to_string()));
    add("std", text(&normalisation.std.to_string()));
    add("backend", text(&config.backend));
    add("device", text(&config.device));
    add("threads", backend::threads().to_string());
    add("conv", text(&conv.to_string()));
    add("epochs", config.num_epochs.to_string());
    add("batch-size", config.batch_size.to_string());
    add("lr", number(rate));
    add("schedule", text(schedule.name()));
    add("weight-decay", number(weight_decay));
    // In the digits of a float32.
    add("label-smoothing", format!("{label_smoothing:?}"));
    add("random-crop", format!("{random_crop:?}"));
    add("flip", flip.to_string());
    add("shift", shift.to_string());
    add("cutout", cutout.to_string());
    add("seed", config.seed.to_string());
    if let Some(run) = &config.init_from {
        add("init-from", path(run));
    }
    add("freeze", text(&in_one_word(&config.freeze)));
    if let Some(rate) = config.backbone_learning_rate {
        add("backbone-lr", number(rate));
    }
    if let Some(folder) = &args.out {
        add("out", path(folder));
    }
    match &args.tensorboard {
        None => {}
        Some(None) => add("tensorboard", "true".into()),
        Some(Some(folder)) => add("tensorboard", path(folder)),
    }
    Ok(lines)
}

fn text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn path(path: &Path) -> String {
    text(&path.display().to_string())
}

/// In the fewest digits that are read as the same number, and with a point or an exponent.
fn number(number: f64) -> String {
    format!("{number:?}")
}

/// What `--conv` says that comes to the settled algorithms; `None` where nothing does.
fn conv(args: &Args, settled: &Settled) -> Result<Option<Conv>, Box<dyn Error>> {
    let Settled {
        config, selected, ..
    } = settled;
    let layers = graph(&config.architecture)?.convolutions();
    let purpose = Purpose::Training(config.batch_size);
    let all = ConvAlgorithm::ALL.map(Conv::All);
    let mut ways = args.conv.into_iter().chain([Conv::Auto]).chain(all);
    Ok(ways.find(|way| way.choose(selected.backend.id, &layers, purpose) == config.convolutions))
}

#[cfg(test)]
mod tests {
    use crate::cli::{Cli, config};
    use clap::{CommandFactory, Parser};
    use std::collections::BTreeSet;

    /// The options that make no setting: where others come from, and what is shown.
    const NO_SETTINGS: [&str; 6] = ["json", "quiet", "recipe", "resume", "tui", "verbose"];

    #[test]
    fn every_option_of_train_is_a_setting_or_known_to_be_none() {
        let words = "zoo train --backend flex --dataset synthetic --limit 9 --batch-size 9 --out a \
            --init-from mlp-relu.fashion-mnist --backbone-lr 1e-4 --tensorboard --data-dir c --print-config";
        let cli = Cli::parse_from(words.split_whitespace());
        let crate::cli::Command::Train(args) = cli.command else {
            panic!("{words}");
        };
        let settled = super::super::settle(&args, None).unwrap();
        let text = super::toml(&args, &settled).unwrap();
        let written: toml::Table = text.parse().unwrap();
        let mut command = Cli::command();
        command.build();
        let train = command.find_subcommand("train").unwrap();
        let options: BTreeSet<_> = config::keys(train).map(|(key, _)| key).collect();
        let none = NO_SETTINGS
            .into_iter()
            .chain(["cache", "fit", "image-shape"]);
        let known: BTreeSet<_> = written.keys().map(String::as_str).chain(none).collect();
        assert_eq!(known, options, "{text}");
    }
}
