//! Options from a TOML file: `--config FILE.toml`.
//!
//! The keys are the options' own names, so that no option is listed here: each line of the file becomes an
//! argument of the command line, and clap parses them all. A command takes such a file if it has [`ConfigArgs`], or an
//! option of its own called `config`.

use burn_zoo::system::files::io_reason;
use burn_zoo_models::nearest_first;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::any::TypeId;
use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

#[derive(clap::Args)]
pub(super) struct ConfigArgs {
    /// Read the options that are not given here from a TOML file, by their names: batch-size = 128. Paths in it
    /// are relative to the current folder
    // Read before all others, by `Words::of`.
    #[arg(long = "config", id = "config", value_name = "FILE.toml", value_parser = toml_file)]
    _config: Option<PathBuf>,
}

fn toml_file(path: &str) -> Result<PathBuf, String> {
    match is_toml(Path::new(path)) {
        true => Ok(path.into()),
        false => Err("it must be a TOML file, and end in .toml".into()),
    }
}

/// Whether a file is TOML, by its ending.
pub(super) fn is_toml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("toml"))
}

/// Why a file of options cannot be used. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConfigError {
    #[error("cannot read {}: {}", .0.display(), io_reason(.1))]
    Io(PathBuf, io::Error),
    #[error("{place}: {reason}")]
    Syntax { place: Place, reason: String },
    #[error(
        "{place}: zoo {command} has no option `{key}`: did you mean `{nearest}`? (all: zoo {command} --help)"
    )]
    Unknown {
        place: Place,
        command: String,
        key: String,
        nearest: String,
    },
    #[error("{place}: `{key}` must be {expected}, for example {example}, and is {found}")]
    WrongType {
        place: Place,
        key: String,
        expected: &'static str,
        example: &'static str,
        found: &'static str,
    },
    #[error("{place}: `{key}` cannot be {value}: {reason}")]
    BadValue {
        place: Place,
        key: String,
        value: String,
        reason: String,
    },
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    file: PathBuf,
    /// From 1.
    line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, line {}", self.file.display(), self.line)
    }
}

/// The arguments of a command line, with those of a TOML file inserted.
pub(super) struct ExpandedArgs {
    pub all: Vec<OsString>,
    from_file: Vec<Line>,
}

/// An option that a file sets.
struct Line {
    place: Place,
    key: String,
    form: Form,
    /// The values as arguments.
    values: Vec<String>,
}

/// How an option stands on the command line.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// `cnn`
    Positional,
    /// `--seed=7`
    Named,
    /// `--tui`
    Flag,
}

impl Line {
    fn words(&self) -> Vec<String> {
        let Self { key, values, .. } = self;
        match self.form {
            Form::Positional => values.clone(),
            Form::Named => values.iter().map(|v| format!("--{key}={v}")).collect(),
            Form::Flag => vec![format!("--{key}")],
        }
    }
}

impl ExpandedArgs {
    /// These words, with what the file that they name says beside.
    ///
    /// # Errors
    /// [`ConfigError`] where the file cannot be read, or says what the command does not understand.
    pub fn of(command: Command, words: Vec<OsString>) -> Result<Self, ConfigError> {
        let mut all = words;
        let mut from_file = Vec::new();
        if let Some(Named { name, file, said }) = named(&command, &all) {
            let mut command = command;
            command.build();
            let command = command.find_subcommand(&name).expect("it was found once");
            from_file = lines(command, &file)?;
            // The command line wins.
            from_file.retain(|line| {
                let id = argument(command, &line.key).expect("it was found").get_id();
                said.value_source(id.as_str()) != Some(ValueSource::CommandLine)
            });
            // Positional arguments come last, so that they are not taken for values of options.
            let (positional, named): (Vec<_>, Vec<_>) = from_file
                .iter()
                .partition(|line| line.form == Form::Positional);
            let words = |lines: Vec<&Line>| {
                let words = lines.into_iter().flat_map(Line::words);
                words.map(OsString::from).collect::<Vec<_>>()
            };
            let index = all.iter().skip(1).position(|word| *word == *name);
            let behind = index.map_or(all.len(), |index| index + 2);
            all.splice(behind..behind, words(named));
            if !positional.is_empty() {
                all.push("--".into());
                all.extend(words(positional));
            }
        }
        Ok(Self { all, from_file })
    }

    /// The line of the file that an error speaks of: whose option or value is in its sentence.
    pub fn place(&self, sentence: &str) -> Option<&Place> {
        let has = |word: &str| sentence.split(|c: char| !is_of_word(c)).any(|w| w == word);
        let by_option = |line: &&Line| has(&format!("--{}", line.key));
        let by_value = |line: &&Line| {
            let quoted = |v: &String| ['`', '"'].map(|quote| format!("{quote}{v}{quote}"));
            let mut quoted = line.values.iter().flat_map(quoted);
            quoted.any(|value| sentence.contains(&value))
        };
        let line = self.from_file.iter().find(by_option);
        let line = line.or_else(|| self.from_file.iter().find(by_value));
        line.map(|line| &line.place)
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '-'
}

/// The command that words name, and the file of options.
struct Named {
    name: String,
    file: PathBuf,
    said: ArgMatches,
}

/// The TOML file that the arguments name, if any; errors in the arguments are left to clap.
fn named(command: &Command, words: &[OsString]) -> Option<Named> {
    let command = command.clone().ignore_errors(true);
    let mut said = command.try_get_matches_from(words).ok()?;
    let (name, said) = said.remove_subcommand()?;
    let file = said.try_get_one::<PathBuf>("config").ok()??.clone();
    is_toml(&file).then_some(Named { name, file, said })
}

/// The argument of a command that a key means: by its option's name, or its own where it has none.
fn argument<'a>(command: &'a Command, key: &str) -> Option<&'a Arg> {
    keys(command).find_map(|(name, arg)| (name == key).then_some(arg))
}

/// The options that a file can hold for a command.
pub(super) fn keys(command: &Command) -> impl Iterator<Item = (&str, &Arg)> {
    let arguments = command.get_arguments().filter(|arg| {
        let id = arg.get_id().as_str();
        !arg.is_hide_set() && !["config", "help", "print_config", "version"].contains(&id)
    });
    arguments.map(|arg| (arg.get_long().unwrap_or(arg.get_id().as_str()), arg))
}

/// The options that a file sets.
fn lines(command: &Command, file: &Path) -> Result<Vec<Line>, ConfigError> {
    let text = fs::read_to_string(file).map_err(|error| ConfigError::Io(file.into(), error))?;
    let place = |span: Range<usize>| Place {
        file: file.into(),
        line: text[..span.start.min(text.len())].matches('\n').count() + 1,
    };
    let table = DeTable::parse(&text).map_err(|error| ConfigError::Syntax {
        place: place(error.span().unwrap_or_default()),
        reason: error
            .message()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" "),
    })?;
    let table = table.get_ref().iter();
    let mut lines = table
        .map(|(key, value)| line(command, place(key.span()), key.get_ref(), value.get_ref()))
        .collect::<Result<Vec<_>, _>>()?;
    // A flag that is not to be there is no word.
    lines.retain(|line| line.form == Form::Flag || !line.values.is_empty());
    lines.retain(|line| line.form != Form::Flag || line.values == ["true"]);
    lines.sort_by_key(|line| line.place.line);
    Ok(lines)
}

fn line(
    command: &Command,
    place: Place,
    key: &str,
    value: &DeValue<'_>,
) -> Result<Line, ConfigError> {
    let Some(arg) = argument(command, key) else {
        let nearest = nearest_first(key, keys(command).map(|(name, _)| name));
        return Err(ConfigError::Unknown {
            place,
            command: command.get_name().into(),
            key: key.into(),
            nearest: nearest.first().copied().unwrap_or_default().into(),
        });
    };
    let kind = Kind::of(arg);
    let words = match value {
        DeValue::Array(values) if matches!(arg.get_action(), ArgAction::Append) => values
            .iter()
            .map(|value| word(value.get_ref(), kind))
            .collect(),
        value => word(value, kind).map(|word| vec![word]),
    };
    let Some(values) = words else {
        let (expected, example) = kind.in_words();
        return Err(ConfigError::WrongType {
            place,
            key: key.into(),
            expected,
            example,
            found: in_words(value),
        });
    };
    let flag = kind == Kind::Flag || (kind == Kind::FlagOrText && value.is_bool());
    let form = match (flag, arg.is_positional()) {
        (true, _) => Form::Flag,
        (false, true) => Form::Positional,
        (false, false) => Form::Named,
    };
    let line = Line {
        place,
        key: key.into(),
        form,
        values,
    };
    match refusal(command, &line) {
        None => Ok(line),
        Some(reason) => Err(ConfigError::BadValue {
            place: line.place,
            key: line.key,
            value: line.values.join(", "),
            reason,
        }),
    }
}

/// The kind of value that an option takes.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Flag,
    /// A flag that may have a value.
    FlagOrText,
    Boolean,
    Integer,
    Number,
    Text,
}

impl Kind {
    fn of(arg: &Arg) -> Self {
        let takes = arg.get_value_parser().type_id();
        let is_one_of = |types: &[TypeId]| types.iter().any(|id| takes == *id);
        let without_value = arg
            .get_num_args()
            .is_some_and(|range| range.min_values() == 0);
        let integers = [
            TypeId::of::<u16>(),
            TypeId::of::<u32>(),
            TypeId::of::<u64>(),
            TypeId::of::<usize>(),
        ];
        match arg.get_action() {
            ArgAction::SetTrue => Self::Flag,
            _ if is_one_of(&[TypeId::of::<bool>()]) => Self::Boolean,
            _ if is_one_of(&integers) => Self::Integer,
            _ if is_one_of(&[TypeId::of::<f32>(), TypeId::of::<f64>()]) => Self::Number,
            _ if without_value => Self::FlagOrText,
            _ => Self::Text,
        }
    }

    fn in_words(self) -> (&'static str, &'static str) {
        match self {
            Self::Flag | Self::Boolean => ("true or false", "true"),
            Self::FlagOrText => ("true or a text in quotes", "true"),
            Self::Integer => ("a whole number", "3"),
            Self::Number => ("a number", "0.5"),
            Self::Text => ("a text in quotes", "\"auto\""),
        }
    }
}

fn in_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A value as a word of the command line, if it has the right kind.
fn word(value: &DeValue<'_>, kind: Kind) -> Option<String> {
    match (value, kind) {
        (DeValue::String(text), Kind::Text | Kind::FlagOrText) => Some(text.to_string()),
        (DeValue::Boolean(is), Kind::Flag | Kind::FlagOrText | Kind::Boolean) => {
            Some(is.to_string())
        }
        (DeValue::Integer(number), Kind::Integer | Kind::Number) => {
            let digits = number.as_str();
            match number.radix() {
                10 => Some(digits.to_owned()),
                radix => Some(u64::from_str_radix(digits, radix).ok()?.to_string()),
            }
        }
        (DeValue::Float(number), Kind::Number) => Some(number.as_str().to_owned()),
        _ => None,
    }
}

/// Why clap does not take what a line says; other errors are for the whole command line to make.
fn refusal(command: &Command, line: &Line) -> Option<String> {
    let words = [command.get_name().to_owned()].into_iter();
    let words = match line.form {
        Form::Positional => words.chain(["--".to_owned()]).chain(line.words()).collect(),
        Form::Named | Form::Flag => words.chain(line.words()).collect::<Vec<_>>(),
    };
    let error = command.clone().try_get_matches_from(words).err()?;
    match error.kind() {
        ErrorKind::ValueValidation => error.source().map(ToString::to_string),
        ErrorKind::InvalidValue => match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(known)) => {
                Some(format!("it must be one of {}", known.join(", ")))
            }
            _ => Some("it must not be empty".into()),
        },
        ErrorKind::TooManyValues | ErrorKind::WrongNumberOfValues => {
            Some("it takes another number of values".into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
