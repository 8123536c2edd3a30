//! The list of published weights as constants of the models' crate.

use super::story::{LICENCE, Published, Story};
use crate::data;
use burn_zoo_models::{ClassifierConfig, Normalisation, PerChannel};
use std::fmt::Write;

/// The text of `models/src/pretrained/list.rs`, as rustfmt leaves it.
pub(super) fn rust(published: &[Published]) -> String {
    let mut text = String::from(
        "// Made by `zoo publish` from the files in models/weights: not to be edited.\n\n\
         use super::Weights;\n\
         use crate::Initialisation::*;\n\
         use crate::Precision::*;\n\
         use crate::Schedule::*;\n\
         use crate::*;\n\
         use std::marker::PhantomData;\n\n\
         impl Weights {\n    \
             /// Every set of weights.\n    \
             pub const ALL: &'static [Self] = &[\n",
    );
    for weights in published {
        let constant = constant(&weights.story);
        line(&mut text, 2, &feature(&weights.story.model));
        line(&mut text, 2, &format!("{constant}.of_any_architecture(),"));
    }
    text.push_str("    ];\n}\n");
    for of_model in published.chunk_by(|a, b| a.story.model == b.story.model) {
        let model = &of_model[0].story.model;
        let module = module(model);
        let feature = feature(model);
        let head = format!(
            "\n/// Weights of `{model}`.\n{feature}\npub mod {module} {{\n    use super::*;\n"
        );
        text.push_str(&head);
        for weights in of_model {
            entry(&mut text, weights);
        }
        text.push_str("}\n");
    }
    text
}

fn entry(text: &mut String, Published { story, sha256, .. }: &Published) {
    let Story { id, recipe, .. } = story;
    let dataset = data::find(&story.dataset).expect("it was published");
    let input = story.architecture.input();
    let quoted = |words: &str| format!("{words:?}");
    let results = story.results.iter();
    let accuracies: Vec<_> = results.map(|result| result.accuracy.to_string()).collect();
    let accuracy = format!("{:.2} %", 100.0 * story.accuracy);
    text.push('\n');
    line(
        text,
        1,
        &format!("/// {accuracy} on {}, {}.", dataset.title, by(story)),
    );
    line(
        text,
        1,
        &format!(
            "pub const {}: Weights<{}> = Weights {{",
            own_name(story),
            config(&story.architecture)
        ),
    );
    let mut field = |name: &str, value: String| line(text, 2, &format!("{name}: {value},"));
    field("id", quoted(id));
    field("model", quoted(&story.model));
    field("dataset", quoted(&story.dataset));
    field(
        "input",
        format!(
            "ImageShape::new({}, {}, {})",
            input.channels, input.height, input.width
        ),
    );
    let classes: String = dataset
        .classes
        .iter()
        .map(|class| format!("            {class:?},\n"))
        .collect();
    field("classes", format!("&[\n{classes}        ]"));
    field("normalisation", normalisation(&story.normalisation));
    field("recipe", format!("{recipe:#?}").replace('\n', "\n        "));
    field("seed", story.results[0].seed.to_string());
    field("accuracy", story.accuracy.to_string());
    field("loss", story.loss.to_string());
    field("accuracies", format!("&[{}]", accuracies.join(", ")));
    field("sha256", quoted(sha256));
    field("licence", quoted(LICENCE));
    field("command", quoted(&story.command));
    field("trained_on", quoted(&story.trained_on));
    field(
        "file",
        format!("{}::{}", module(&package(&story.model)), own_name(story)),
    );
    field("architecture", "PhantomData".into());
    line(text, 1, "};");
}

/// As Rust source.
fn normalisation(normalisation: &Normalisation) -> String {
    let per_channel = |values: PerChannel| match values.one() {
        Some(value) => format!("PerChannel::all({value:?})"),
        None => {
            let [red, green, blue] = [0, 1, 2].map(|channel| values.of(channel));
            format!("PerChannel::rgb({red:?}, {green:?}, {blue:?})")
        }
    };
    match *normalisation {
        Normalisation::LECTURE => "Normalisation::LECTURE".into(),
        Normalisation { mean, std } => {
            let [mean, std] = [mean, std].map(per_channel);
            format!("Normalisation::new({mean}, {std})")
        }
    }
}

/// Which recipe it is, in words.
pub(super) fn by(story: &Story) -> &'static str {
    match story.id.ends_with(".lecture") {
        true => "by the lecture's recipe",
        false => "by the tuned recipe",
    }
}

fn line(text: &mut String, depth: usize, words: &str) {
    writeln!(text, "{:indent$}{words}", "", indent = 4 * depth)
        .expect("a string can be written to");
}

/// The condition that a model's weights are wanted.
fn feature(model: &str) -> String {
    format!("#[cfg(feature = \"{model}\")]")
}

/// The constant: `cnn_maxpool::FASHION_MNIST`.
pub(super) fn constant(story: &Story) -> String {
    format!("{}::{}", module(&story.model), own_name(story))
}

/// Its model's module: `cnn_maxpool`.
fn module(model: &str) -> String {
    model.replace('-', "_")
}

/// The crate that holds a model's files: `burn-zoo-weights-cnn-maxpool`.
pub(super) fn package(model: &str) -> String {
    format!("burn-zoo-weights-{model}")
}

/// Its name there: `FASHION_MNIST`.
pub(super) fn own_name(story: &Story) -> String {
    let own = story.id.strip_prefix(&story.model).unwrap_or(&story.id);
    let own = own.trim_start_matches('.').to_uppercase();
    own.replace(['-', '.'], "_")
}

/// The type of an architecture's settings: `CnnConfig`.
pub(super) fn config(architecture: &ClassifierConfig) -> String {
    let settings = serde_json::to_value(architecture).expect("settings are plain values");
    let name = settings["architecture"].as_str().unwrap_or_default();
    let (first, rest) = name.split_at(1);
    format!("{}{rest}Config", first.to_uppercase())
}
