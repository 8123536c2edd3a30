use super::*;
use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
struct Program {
    #[arg(long, global = true)]
    threads: Option<u16>,
    #[command(subcommand)]
    command: Commands,
}

#[derive(Debug, Subcommand)]
enum Commands {
    Make {
        #[arg(required = true)]
        models: Vec<String>,
        #[arg(long)]
        batch_size: Option<usize>,
        #[arg(long, allow_negative_numbers = true)]
        lr: Option<f64>,
        #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
        flip: Option<bool>,
        #[arg(long, num_args = 0..=1, require_equals = true)]
        events: Option<Option<PathBuf>>,
        #[arg(long, value_delimiter = ',', default_value = "all")]
        backends: Vec<String>,
        #[arg(long, value_parser = ["lecture", "tuned"])]
        recipe: Option<String>,
        #[arg(long)]
        json: bool,
        #[arg(long, hide = true)]
        probe: bool,
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

/// The arguments as the program parses them, with a file of this text, as `Debug` prints them.
fn read(text: &str, words: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("options.toml");
    fs::write(&file, text).unwrap();
    let words = format!("program {words} --config");
    let words = words.split(' ').map(OsString::from);
    let words = words.chain([file.clone().into()]).collect();
    let command = <Program as clap::CommandFactory>::command();
    let words = ExpandedArgs::of(command, words);
    let words = words.map_err(|error| error.to_string().replace(file.to_str().unwrap(), "F"))?;
    let said = Program::try_parse_from(words.all).map_err(|error| error.to_string())?;
    Ok(format!("{said:?}"))
}

#[test]
fn a_file_sets_options_of_every_kind_by_their_names() {
    let text = "threads = 2\nmodels = ['cnn', '-x']\nbatch-size = 1_024\nlr = -1e-3\nflip = false\n\
        events = 'folder'\nbackends = ['flex', 'wgpu']\nrecipe = 'tuned'\njson = true";
    let words = "--threads 2 make --batch-size=1024 --lr=-1e-3 --flip=false --events=folder \
        --backends=flex,wgpu --recipe=tuned --json -- cnn -x";
    let expected = Program::try_parse_from(["program"].into_iter().chain(words.split(' ')));
    let found = read(text, "make").unwrap();
    let file = found.split("config: ").nth(1).unwrap();
    let expected = format!("{:?}", expected.unwrap());
    assert_eq!(
        found.strip_suffix(file),
        expected.strip_suffix("None } }"),
        "{found} {expected}"
    );
}

#[test]
fn flags_that_are_off_are_not_there_and_one_that_may_have_a_value_needs_none() {
    let said = read("json = false\nevents = false", "make a").unwrap();
    assert!(said.contains("json: false") && said.contains("events: None"));
    let said = read("events = true", "make a").unwrap();
    assert!(said.contains("events: Some(None)"), "{said}");
}

#[test]
fn the_command_line_wins_over_the_file() {
    let text = "threads = 2\nmodels = 'a'\nbatch-size = 2\nbackends = 'flex'";
    let said = read(text, "--threads 3 make b --batch-size 3 --backends wgpu").unwrap();
    for option in [
        "threads: Some(3)",
        r#"models: ["b"]"#,
        "batch_size: Some(3)",
        r#"backends: ["wgpu"]"#,
    ] {
        assert!(said.contains(option), "{option}: {said}");
    }
}

#[test]
fn what_a_file_says_wrong_is_told_with_line_and_key() {
    for (text, expected) in [
        (
            "\nbatch_size = 3",
            "F, line 2: zoo make has no option `batch_size`: did you mean `batch-size`? (all: zoo make --help)",
        ),
        (
            "[train]\nbatch-size = 3",
            "F, line 1: zoo make has no option `train`: did you mean `threads`? (all: zoo make --help)",
        ),
        ("probe = true", "F, line 1: zoo make has no option `probe`"),
        (
            "config = 'a.toml'",
            "F, line 1: zoo make has no option `config`",
        ),
        (
            "# sizes\nbatch-size = '3'",
            "F, line 2: `batch-size` must be a whole number, for example 3, and is a text",
        ),
        (
            "batch-size = 3.5",
            "F, line 1: `batch-size` must be a whole number",
        ),
        ("lr = true", "F, line 1: `lr` must be a number"),
        ("json = 'yes'", "F, line 1: `json` must be true or false"),
        ("recipe = ['tuned']", "F, line 1: `recipe` must be a text"),
        ("models = [1]", "F, line 1: `models` must be a text"),
        (
            "batch-size = -3",
            "F, line 1: `batch-size` cannot be -3: invalid digit found in string",
        ),
        (
            "recipe = 'mine'",
            "F, line 1: `recipe` cannot be mine: it must be one of lecture, tuned",
        ),
        ("a = 1\na = 2", "F, line 2: duplicate key"),
        ("lr = ", "F, line 1: "),
    ] {
        let said = read(text, "make a").unwrap_err();
        assert!(said.starts_with(expected), "{text:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn a_sentence_is_placed_at_the_line_whose_option_or_value_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("options.toml");
    fs::write(&file, "lr = 0\nmodels = 'cnnn'").unwrap();
    let words = ["program", "make", "--config", file.to_str().unwrap()];
    let command = <Program as clap::CommandFactory>::command();
    let words = ExpandedArgs::of(command, words.map(OsString::from).into()).unwrap();
    let line = |sentence: &str| words.place(sentence).map(|place| place.line);
    assert_eq!(line("no model is called `cnnn`"), Some(2));
    assert_eq!(line("--lr 0 is no learning rate"), Some(1));
    assert_eq!(line("--lr-x 0 of cnnn"), None);
}
