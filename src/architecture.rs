//! A model's settings of its own, changed by their names: `channels=16,32,64,128`.
//!
//! The settings are the fields of the architecture's configuration, so that a new one needs no line here.

use crate::numbers::thousands;
use crate::summary::graph;
use crate::system::memory;
use burn_zoo_models::{ClassifierConfig, ModelError, nearest_first};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// A setting's name and the value that it is to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Change {
    field: String,
    value: String,
}

/// Why a model cannot have such settings. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum ArchitectureError {
    /// The architecture has no such setting.
    #[error("‘set’ {change}: {model} has no setting of that name; it has {}", nearest.join(", "))]
    Unknown {
        /// The change that is asked for.
        change: Change,
        /// The architecture.
        model: String,
        /// The names of its settings, the nearest first.
        nearest: Vec<String>,
    },
    /// A value is none of the setting's.
    #[error("‘set’ {change}: {reason}")]
    BadValue {
        /// The change that is asked for.
        change: Change,
        /// What the setting takes.
        reason: String,
    },
    /// The settings make no model for such images.
    #[error("with ‘set’ {} there is no {model}: {reason}", in_words(changes))]
    Unfit {
        /// The changes that are asked for.
        changes: Vec<Change>,
        /// The architecture.
        model: String,
        /// Why there is none.
        reason: ModelError,
    },
    /// The model is larger than the memory.
    #[error(
        "the model would have {} parameters, and this machine has memory for {} at most: make what ‘set’ gives smaller",
        thousands(*parameters), thousands(*at_most)
    )]
    TooLarge {
        /// Its parameters.
        parameters: usize,
        /// As many as the machine's memory holds.
        at_most: usize,
    },
}

/// The fields that say what a model is for, which follows from the data.
const OF_THE_DATA: [&str; 2] = ["input", "num_classes"];
/// The field that says which architecture it is.
const ARCHITECTURE: &str = "architecture";
/// The largest number that a setting may have: what follows from several such numbers can still be counted.
const LARGEST: u64 = 16_384;
/// The most numbers that a setting may have.
const MOST: usize = 1_000;

impl FromStr for Change {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((field, value)) if !field.trim().is_empty() => Ok(Self {
                field: field.trim().replace('-', "_"),
                value: value.trim().into(),
            }),
            _ => Err("give a setting's name and its value: channels=16,32,64,128".into()),
        }
    }
}

impl TryFrom<String> for Change {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Change> for String {
    fn from(change: Change) -> Self {
        change.to_string()
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.field, self.value)
    }
}

/// The settings with changes.
///
/// # Errors
/// [`ArchitectureError`], naming the first change that cannot be.
pub fn changed(
    architecture: &ClassifierConfig,
    changes: &[Change],
) -> Result<ClassifierConfig, ArchitectureError> {
    let mut architecture = architecture.clone();
    for change in changes {
        architecture = with(&architecture, change)?;
    }
    if !changes.is_empty() {
        let graph = graph(&architecture).map_err(|reason| ArchitectureError::Unfit {
            changes: changes.to_vec(),
            model: name(&to_json(&architecture)),
            reason,
        })?;
        let parameters = graph.num_params();
        let at_most = memory::of_machine().map_or(usize::MAX, |bytes| bytes as usize / 4);
        if parameters > at_most {
            return Err(ArchitectureError::TooLarge {
                parameters,
                at_most,
            });
        }
    }
    Ok(architecture)
}

fn with(
    architecture: &ClassifierConfig,
    change: &Change,
) -> Result<ClassifierConfig, ArchitectureError> {
    let bad = |reason: String| ArchitectureError::BadValue {
        change: change.clone(),
        reason,
    };
    let mut json = to_json(architecture);
    if OF_THE_DATA.contains(&change.field.as_str()) {
        return Err(bad("it follows from the data".into()));
    }
    let own = json
        .get(&change.field)
        .filter(|_| change.field != ARCHITECTURE);
    let Some(own) = own.cloned() else {
        let names = settings(&json).map(|(name, _)| name.clone());
        let names: Vec<String> = names.collect();
        let nearest = nearest_first(&change.field, names.iter().map(String::as_str));
        return Err(ArchitectureError::Unknown {
            change: change.clone(),
            model: name(&json),
            nearest: nearest.into_iter().map(String::from).collect(),
        });
    };
    for value in readings(&change.value) {
        if let Err(reason) = check(&value) {
            return Err(bad(reason));
        }
        json[&change.field] = value;
        if let Ok(changed) = serde_json::from_value(json.clone()) {
            return Ok(changed);
        }
    }
    let example = text(&own);
    Err(bad(format!(
        "give it in the way of {}={example}",
        change.field
    )))
}

/// The settings whose values differ from the usual ones, as the changes that make them so.
pub fn differences(architecture: &ClassifierConfig, usual: &ClassifierConfig) -> Vec<Change> {
    let (own, usual) = (to_json(architecture), to_json(usual));
    let differing = settings(&own).filter(|(name, value)| usual.get(name) != Some(value));
    let changes = differing.map(|(name, value)| Change {
        field: name.clone(),
        value: text(value),
    });
    changes.collect()
}

/// The same settings for images of another shape, or other classes.
pub fn for_data_of(architecture: &ClassifierConfig, other: &ClassifierConfig) -> ClassifierConfig {
    let (mut own, other) = (to_json(architecture), to_json(other));
    for field in OF_THE_DATA {
        own[field] = other[field].clone();
    }
    serde_json::from_value(own).expect("each field has a value of its own kind")
}

/// The same settings for another number of classes.
pub fn for_classes(architecture: &ClassifierConfig, num_classes: usize) -> ClassifierConfig {
    let mut json = to_json(architecture);
    json["num_classes"] = num_classes.into();
    serde_json::from_value(json).expect("each field has a value of its own kind")
}

/// The name of the architecture.
fn name(json: &Value) -> String {
    json[ARCHITECTURE].as_str().unwrap_or_default().into()
}

fn in_words(changes: &[Change]) -> String {
    let changes: Vec<String> = changes.iter().map(Change::to_string).collect();
    changes.join(" ")
}

fn to_json(architecture: &ClassifierConfig) -> Value {
    serde_json::to_value(architecture).expect("settings are valid JSON")
}

/// The settings that can be changed.
fn settings(json: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let fields = json.as_object().into_iter().flatten();
    fields.filter(|(name, _)| *name != ARCHITECTURE && !OF_THE_DATA.contains(&name.as_str()))
}

/// A value as it is written: `5`, `16,32`, `32;64,64`, `max-pool`, `none`.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let is_nested = values.iter().any(Value::is_array);
            let values: Vec<String> = values.iter().map(text).collect();
            values.join(if is_nested { ";" } else { "," })
        }
        other => other.to_string(),
    }
}

/// What a text may stand for.
fn readings(text: &str) -> Vec<Value> {
    let list = |text: &str| serde_json::from_str::<Value>(&format!("[{text}]")).ok();
    let lists: Option<Vec<Value>> = text.split(';').map(list).collect();
    let none = (text == "none").then_some(Value::Null);
    let readings = [
        none,
        serde_json::from_str(text).ok(),
        list(text),
        lists.map(Value::Array),
        Some(Value::String(text.into())),
    ];
    readings.into_iter().flatten().collect()
}

/// Whether the numbers in a value are ones that a model can have.
fn check(value: &Value) -> Result<(), String> {
    match value {
        Value::Number(number) if number.as_u64().is_some_and(|number| number > LARGEST) => {
            Err(format!("{number} is larger than {LARGEST}"))
        }
        Value::Array(values) if values.len() > MOST => {
            Err(format!("{} numbers are more than {MOST}", values.len()))
        }
        Value::Array(values) => values.iter().try_for_each(check),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_zoo_models::{ImageShape, MODELS, find};

    fn usual(model: &str) -> ClassifierConfig {
        find(model).unwrap().config(ImageShape::new(1, 28, 28), 10)
    }

    fn set(model: &str, changes: &[&str]) -> Result<ClassifierConfig, String> {
        let changes: Vec<Change> = changes.iter().map(|text| text.parse().unwrap()).collect();
        changed(&usual(model), &changes).map_err(|error| error.to_string())
    }

    #[test]
    fn a_models_own_settings_are_changed_by_their_names_and_written_back_the_same() {
        for (model, changes) in [
            (
                "mlp-relu",
                ["hidden=512,512", "activation=sigmoid"].as_slice(),
            ),
            ("mlp-relu", &["hidden=8"]),
            (
                "cnn",
                &["channels=16,32,64,128", "hidden=256", "kernel_size=5"],
            ),
            ("cnn", &["hidden=none", "downsampling=max-pool"]),
            (
                "cnn-simple",
                &["hidden=7", "initialisation=kaiming-uniform"],
            ),
            ("vgg-small", &["hidden=64", "stages=8;16,16"]),
            ("resnet-20", &["blocks=1", "channels=8,16"]),
        ] {
            let architecture = set(model, changes).unwrap_or_else(|error| panic!("{error}"));
            let mut differences: Vec<String> = differences(&architecture, &usual(model))
                .iter()
                .map(ToString::to_string)
                .collect();
            let mut expected: Vec<&str> = changes.to_vec();
            differences.sort();
            expected.sort();
            assert_eq!(differences, expected, "{model}");
        }
        for spec in MODELS {
            assert!(differences(&usual(spec.id), &usual(spec.id)).is_empty());
        }
        let hyphens = set("cnn", &["kernel-size=3"]).unwrap();
        assert_eq!(
            hyphens,
            set("cnn", &["kernel_size=[3]", "kernel_size=3"]).unwrap_or(hyphens.clone())
        );
    }

    #[test]
    fn what_is_no_setting_or_no_value_of_it_is_refused_in_a_sentence() {
        for (model, change, said) in [
            ("cnn", "width=3", "cnn has no setting of that name; it has "),
            ("cnn", "architecture=mlp", "has no setting of that name"),
            ("cnn", "num_classes=3", "it follows from the data"),
            (
                "cnn",
                "channels=16,32",
                "give it in the way of channels=32,64,128,256",
            ),
            ("cnn", "channels=a,b,c,d", "give it in the way of"),
            (
                "cnn",
                "kernel_size=-1",
                "give it in the way of kernel_size=7",
            ),
            (
                "cnn",
                "kernel_size=4",
                "kernels of even side have no middle",
            ),
            ("cnn", "kernel_size=9999", "‘set’ kernel_size=9999"),
            (
                "cnn",
                "hidden=0",
                "with ‘set’ hidden=0 there is no cnn: dense1 has 0 outputs and needs at least 1",
            ),
            (
                "cnn",
                "channels=0,64,128,256",
                "with ‘set’ channels=0,64,128,256 there is no cnn: conv1 has a size of 0",
            ),
            (
                "cnn",
                "downsampling=best",
                "give it in the way of downsampling=valid",
            ),
            ("mlp-relu", "hidden=99999999999", "is larger than 16384"),
            (
                "mlp-relu",
                "hidden=1e30",
                "give it in the way of hidden=256",
            ),
            ("vgg-small", "stages=", "‘set’ stages="),
        ] {
            let error = set(model, &[change]).unwrap_err();
            assert!(!error.contains('\n'), "{error}");
            let known = ["kernel_size=9999", "stages="].contains(&change);
            assert!(known || error.contains(said), "{change}: {error}");
        }
        for text in ["", "hidden", "=3"] {
            assert!(text.parse::<Change>().is_err(), "{text}");
        }
    }
}
