//! A training's settings as a TOML file, for `--print-config`.

use super::super::recipe::OPTIONS;
use super::Args;
use burn_zoo::architecture::differences;
use burn_zoo::backend;
use burn_zoo::convolution::{Conv, Purpose};
use burn_zoo::data;
use burn_zoo::plan::{Settings, TrainRequest};
use burn_zoo::run::AdamSettings;
use burn_zoo::summary::graph;
use burn_zoo::training::in_one_word;
use burn_zoo_models::ConvAlgorithm;
use std::error::Error;
use std::path::Path;

/// All settings of a training, each by its option's name.
///
/// # Errors
/// Where the settings are those of a run that no options describe.
pub(super) fn toml(
    args: &Args,
    request: &TrainRequest,
    settings: &Settings,
) -> Result<String, Box<dyn Error>> {
    let Settings {
        dataset, recipe, ..
    } = settings;
    let is_plain = settings.adam == AdamSettings::new(recipe.learning_rate);
    let (Some(conv), true) = (conv(args, settings)?, is_plain) else {
        let file = args.config.as_deref().unwrap_or(Path::new("config.json"));
        return Err(format!(
            "{} has convolutions or constants of Adam that no option says: give it to --config itself",
            file.display()
        )
        .into());
    };
    let mut lines = String::from(
        "# The settings of a training, for zoo train --config; options on the command line come first.\n",
    );
    let mut add = |key: &str, value: String| lines += &format!("{key} = {value}\n");
    add("model", text(settings.model.id));
    let set = differences(
        &settings.architecture,
        &dataset.architecture(settings.model),
    );
    let set: Vec<String> = set.iter().map(ToString::to_string).collect();
    add("set", toml::Value::from(set).to_string());
    add("dataset", text(&dataset.id));
    if data::is_folder(&dataset.id) {
        let shape = settings.architecture.input().to_string();
        add("image-shape", text(&shape.replace('×', "x")));
        add("fit", text(dataset.fit.name()));
        add("cache", text(&request.files.cache.to_string()));
        add("skip-unreadable", settings.skip_unreadable.to_string());
    }
    if let Some(folder) = &args.data_dir {
        add("data-dir", path(folder)?);
    }
    if let Some(limit) = settings.limit {
        add("limit", limit.to_string());
    }
    add("valid-fraction", format!("{:?}", settings.valid_fraction));
    add("mean", text(&settings.normalisation.mean.to_string()));
    add("std", text(&settings.normalisation.std.to_string()));
    let first = &settings.places.first.selected;
    match settings.places.further.is_empty() {
        true => {
            add("backend", text(first.backend.id));
            add("device", text(&first.info.id));
        }
        false => {
            let parts = settings.places.all();
            let (names, images): (Vec<_>, Vec<_>) = parts
                .map(|part| (part.selected.name(), part.images as i64))
                .unzip();
            add("devices", toml::Value::from(names).to_string());
            add("shares", toml::Value::from(images).to_string());
        }
    }
    add("threads", backend::threads().to_string());
    add("conv", text(&conv.to_string()));
    for option in &OPTIONS {
        add(option.long, option.toml(*recipe));
    }
    add("seed", settings.seed.to_string());
    if let Some(origin) = &settings.origin {
        add("init-from", path(origin.path())?);
    }
    add("freeze", text(&in_one_word(&settings.freeze)));
    if let Some(rate) = settings.backbone_learning_rate {
        add("backbone-lr", format!("{rate:?}"));
    }
    if let Some(folder) = &args.out {
        add("out", path(folder)?);
    }
    match &args.tensorboard {
        None => {}
        Some(None) => add("tensorboard", "true".into()),
        Some(Some(folder)) => add("tensorboard", path(folder)?),
    }
    Ok(lines)
}

fn text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn path(path: &Path) -> Result<String, String> {
    let named = path.to_str().map(text);
    named.ok_or_else(|| {
        format!(
            "{} is not UTF-8, as TOML has to be: give it another name",
            path.display()
        )
    })
}

/// The value of `--conv` that gives the settled algorithms; `None` where there is none.
fn conv(args: &Args, settings: &Settings) -> Result<Option<Conv>, Box<dyn Error>> {
    let layers = graph(&settings.architecture)?.convolutions();
    let all = ConvAlgorithm::ALL.map(Conv::All);
    let mut ways = args.conv.into_iter().chain([Conv::Auto]).chain(all);
    let gives = |way: &Conv| {
        settings.places.all().all(|part| {
            let measured = part.selected.measured();
            way.choose(&measured, &layers, Purpose::Training(part.images)) == part.convolutions
        })
    };
    Ok(ways.find(gives))
}

#[cfg(test)]
mod tests {
    use crate::cli::{Cli, config};
    use clap::{CommandFactory, Parser};
    use std::collections::BTreeSet;

    /// The options that make no setting: where others come from, and what is shown.
    const NO_SETTINGS: [&str; 7] = [
        "json",
        "quiet",
        "recipe",
        "resume",
        "tui",
        "tune-seconds",
        "verbose",
    ];

    #[test]
    fn every_option_of_train_is_a_setting_or_known_to_be_none() {
        let words = "zoo train --backend flex --dataset synthetic --limit 9 --batch-size 9 --out a \
            --init-from mlp-relu.fashion-mnist --backbone-lr 1e-4 --tensorboard --data-dir c --print-config";
        let cli = Cli::parse_from(words.split_whitespace());
        let crate::cli::Command::Train(args) = cli.command else {
            panic!("{words}");
        };
        let request = args.request().unwrap();
        let settings = burn_zoo::plan::settle(&request).unwrap();
        let text = super::toml(&args, &request, &settings).unwrap();
        let written: toml::Table = text.parse().unwrap();
        let mut command = Cli::command();
        command.build();
        let train = command.find_subcommand("train").unwrap();
        let options: BTreeSet<_> = config::keys(train).map(|(key, _)| key).collect();
        let none = NO_SETTINGS
            .into_iter()
            .chain(["cache", "fit", "image-shape", "skip-unreadable"])
            .chain(["devices", "shares"]);
        let known: BTreeSet<_> = written.keys().map(String::as_str).chain(none).collect();
        assert_eq!(known, options, "{text}");
    }
}
