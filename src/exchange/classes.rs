//! The names of a model's classes, which a file of weights does not hold.

use super::ExchangeError;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Lists of names as they are found beside weights.
#[derive(Deserialize)]
#[serde(untagged)]
enum Names {
    /// `["tench", "goldfish", …]`
    List(Vec<String>),
    /// `{"0": "tench", …}`
    ByNumber(BTreeMap<String, String>),
    /// `{"0": ["n01440764", "tench"], …}`, as Keras and PyTorch's examples have ImageNet's
    BySynset(BTreeMap<String, (String, String)>),
}

/// Reads the names of classes in order of the logits: a name a line, or JSON, a list or an object from the
/// classes' numbers, from 0, to names or to ImageNet's pairs of a synset and a name.
///
/// # Errors
/// [`ExchangeError::Io`]; [`ExchangeError::Unreadable`] where it is neither, or a class has no name.
pub fn read_classes(path: &Path) -> Result<Vec<String>, ExchangeError> {
    let text = std::fs::read_to_string(path).map_err(|source| ExchangeError::Io {
        path: path.into(),
        source,
    })?;
    let unreadable = |reason: String| ExchangeError::Unreadable {
        path: path.into(),
        reason,
    };
    let text = text.trim_start_matches('\u{feff}');
    let classes = match text.trim_start().starts_with(['[', '{']) {
        true => from_json(text).map_err(unreadable)?,
        false => text
            .trim_end()
            .lines()
            .map(|line| line.trim().into())
            .collect(),
    };
    match classes.iter().position(String::is_empty) {
        None if classes.is_empty() => Err(unreadable("names no class".into())),
        None => Ok(classes),
        Some(class) => Err(unreadable(format!("has no name for class {class}, from 0"))),
    }
}

fn from_json(text: &str) -> Result<Vec<String>, String> {
    let names = serde_json::from_str(text).map_err(|error| {
        format!(
            "is no list of classes: give a name a line, or JSON, [\"NAME\", …] or {{\"0\": \"NAME\", …}} ({error})"
        )
    })?;
    let by_key = match names {
        Names::List(names) => return Ok(names),
        Names::ByNumber(names) => names,
        Names::BySynset(names) => {
            let names = names.into_iter();
            names.map(|(key, (_, name))| (key, name)).collect()
        }
    };
    let mut by_number = BTreeMap::new();
    for (key, name) in by_key {
        let number: usize = key
            .parse()
            .map_err(|_| format!("has {key:?} where the number of a class, from 0, is wanted"))?;
        by_number.insert(number, name);
    }
    let missing = by_number
        .keys()
        .zip(0..)
        .find(|(number, expected)| **number != *expected);
    match missing {
        None => Ok(by_number.into_values().collect()),
        Some((_, missing)) => Err(format!("has no name for class {missing}, from 0")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let path = file.path().display().to_string();
        read_classes(file.path()).map_err(|error| {
            let error = error.to_string();
            assert!(error.starts_with(&path), "{error}");
            error
        })
    }

    #[test]
    fn names_are_read_from_lines_and_from_json_in_order_of_the_classes() {
        for text in [
            "tench\ngreat white shark\nhen\n",
            "\u{feff}tench\r\n great white shark \r\nhen",
            r#"["tench", "great white shark", "hen"]"#,
            r#"{"2": "hen", "0": "tench", "1": "great white shark"}"#,
            r#" {"0": ["n01440764", "tench"], "1": ["n01484850", "great white shark"], "2": ["n01514859", "hen"]}"#,
        ] {
            assert_eq!(read(text).unwrap(), ["tench", "great white shark", "hen"]);
        }
    }

    #[test]
    fn a_class_without_a_name_is_an_error() {
        for (text, said) in [
            ("", "names no class"),
            ("\n\n", "names no class"),
            ("[]", "names no class"),
            ("a\n\nb\n", "no name for class 1"),
            (r#"["a", ""]"#, "no name for class 1"),
            (r#"{"0": "a", "2": "b"}"#, "no name for class 1"),
            (r#"{"1": "a"}"#, "no name for class 0"),
            (r#"{"a": 1}"#, "is no list of classes"),
            (r#"{"a": "b"}"#, "has \"a\" where the number of a class"),
            ("[1, 2]", "is no list of classes"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(said), "{text:?}: {error}");
        }
    }
}
