//! The list of published weights as constants of the models' crate.

use super::{LICENCE, Published, Story};
use crate::data;
use std::fmt::Write;

/// The text of `models/src/pretrained/list.rs`, as rustfmt leaves it.
pub(super) fn rust(published: &[Published]) -> String {
    let mut text = String::from(
        "// Made by `zoo publish` from the files in models/weights: not to be edited.\n\n\
         use super::Weights;\n\
         use crate::Initialisation::*;\n\
         use crate::Schedule::*;\n\
         use crate::{ImageShape, Recipe, Refinements};\n\n\
         impl Weights {\n    \
             /// Every set of weights.\n    \
             pub const ALL: &'static [&'static Self] = &[\n",
    );
    for weights in published {
        line(
            &mut text,
            2,
            &format!("&Self::{},", constant(&weights.story.id)),
        );
    }
    text.push_str("    ];\n");
    for weights in published {
        entry(&mut text, weights);
    }
    text.push_str("}\n");
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
        &format!(
            "/// `{}` on {}, {accuracy}: {}.",
            story.model,
            dataset.title,
            by(story)
        ),
    );
    line(
        text,
        1,
        &format!("pub const {}: Self = Self {{", constant(id)),
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
    field("mean", format!("{:?}", dataset.mean));
    field("std", format!("{:?}", dataset.std));
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
        format!("include_bytes!(\"../../weights/{id}.safetensors\")"),
    );
    line(text, 1, "};");
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

/// The constant's name: `CNN_MAXPOOL_FASHION_MNIST`.
pub(super) fn constant(id: &str) -> String {
    id.to_uppercase().replace(['-', '.'], "_")
}
