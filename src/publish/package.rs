//! The crates that hold the weights, one for each model: crates.io takes none of more than 10 MB.

use super::list::{by, own_name, package};
use super::story::Published;
use crate::data;
use std::fmt::Write;

/// The licences, which each crate has to bring along.
const LICENCES: [(&str, &str); 2] = [
    ("LICENSE-APACHE", include_str!("../../LICENSE-APACHE")),
    ("LICENSE-MIT", include_str!("../../LICENSE-MIT")),
];

/// The files of the crate of one model's weights beside the weights, by their names in its folder.
pub(super) fn files(of_model: &[Published]) -> Vec<(&'static str, String)> {
    let model = &of_model[0].story.model;
    let mut library = String::from(
        "// Made by `zoo publish` from the files beside it: not to be edited.\n\
         #![doc = include_str!(\"../README.md\")]\n",
    );
    let mut readme = format!(
        "<!-- Made by `zoo publish` from the files beside it: not to be edited. -->\n\n\
         # {package}\n\n\
         Trained weights of `{model}`, for the feature `{model}` of the crate\n\
         [`burn-zoo-models`](https://crates.io/crates/burn-zoo-models), whose page says how they were trained: that\n\
         crate checks them, widens them and fills the model. Here they are bytes, safetensors of 16-bit floats, for\n\
         every version of Burn.\n\n",
        package = package(model),
    );
    for Published { story, .. } in of_model {
        let dataset = data::find(&story.dataset).expect("it was published");
        let accuracy = format!("{:.2} % on {}", 100.0 * story.accuracy, dataset.title);
        let (name, id, by) = (own_name(story), &story.id, by(story));
        let (left, right) = (
            format!("pub const {name}: &[u8] ="),
            format!("include_bytes!(\"../{id}.safetensors\");"),
        );
        // As rustfmt leaves it.
        let between = match left.len() + 1 + right.len() > 100 {
            true => "\n    ",
            false => " ",
        };
        write!(library, "\n/// {accuracy}, {by}.\n{left}{between}{right}\n")
            .expect("a string can be written to");
        writeln!(readme, "* `{name}`: {accuracy}, {by}").expect("a string can be written to");
    }
    let manifest = format!(
        "# Made by `zoo publish`: not to be edited.\n\
         [package]\n\
         name = \"{package}\"\n\
         description = \"Trained weights of {model}, for the crate burn-zoo-models\"\n\
         version.workspace = true\n\
         edition.workspace = true\n\
         rust-version.workspace = true\n\
         license.workspace = true\n\
         keywords = [\"burn\", \"deep-learning\", \"weights\"]\n\
         categories = [\"science\"]\n",
        package = package(model),
    );
    let licences = LICENCES.map(|(name, text)| (name, text.to_owned()));
    let own = [
        ("Cargo.toml", manifest),
        ("README.md", readme),
        ("src/lib.rs", library),
    ];
    own.into_iter().chain(licences).collect()
}
