use super::model::{ModelArgs, Opened, PictureArgs, hex};
use super::verbosity::is_quiet;
use super::{Outcome, print, print_json, warn};
use burn_zoo::data::{self, Background};
use burn_zoo::draw::{Sheet, Tile};
use burn_zoo::evaluate;
use burn_zoo::numbers::thousands;
use burn_zoo::pictures::{FileKind, Picture, PictureError, kind};
use burn_zoo::predict::{Change, Doubt, Seen, probabilities, ranked, seen};
use burn_zoo::trained::Trained;
use burn_zoo::visualize::{title, write_sheet};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  zoo predict mlp-relu-3.fashion-mnist shoe.jpg photos/
  zoo predict runs/cnn photos/ --top 1 --grid seen.png
  zoo predict runs/cnn - --json               # a picture from standard input";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    pictures: PictureArgs,
    /// Image files (PNG, JPEG, GIF, BMP, WebP), folders of image files (not searched recursively), or - for
    /// standard input
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// The number of most probable classes to print for each picture
    #[arg(long, value_name = "K", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    top: u16,
    /// Write the images as the model receives them, with its predictions, to this PNG file
    #[arg(long, value_name = "FILE")]
    grid: Option<PathBuf>,
    /// Images in a batch [default: 1024, fewer if images are larger than 3x32x32]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The prediction for a picture.
#[derive(Serialize)]
struct Answer {
    file: String,
    /// The most probable classes in descending order; none for a file that is not a picture.
    top: Vec<Guess>,
    /// Whether the model saw what is dark in the picture as light.
    inverted: bool,
    /// The colour of the picture's ground, if the model saw how far the pixels are from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ground: Option<String>,
    /// Why the prediction may mean nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<String>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Guess {
    class: String,
    probability: f64,
}

pub(super) fn run(args: Args) -> Outcome {
    let opened = args.model.open()?;
    let Opened { trained, .. } = &opened;
    let invert = args.pictures.invert(trained)?;
    let files: Vec<_> = args.images.iter().flat_map(|image| files(image)).collect();
    let pictures: Vec<(String, Result<Seen, String>)> = files
        .into_par_iter()
        .map(|(path, listed)| {
            let seen = listed.and_then(|()| {
                let seen = read(&path, |picture| seen(picture, trained, invert))?;
                let is_on_black = data::background(&trained.dataset) == Background::Black;
                match seen.doubt {
                    Some(doubt @ Doubt::Blank) if is_on_black => {
                        Err(format!("{} {doubt}", path.display()))
                    }
                    _ => Ok(seen),
                }
            });
            (path.display().to_string(), seen)
        })
        .collect();
    let images: Vec<_> = pictures
        .iter()
        .filter_map(|(_, seen)| Some(seen.as_ref().ok()?.pixels.clone()))
        .collect();
    let default = evaluate::batch_size(trained.architecture.input());
    let batch_size = args.batch_size.map_or(default, |size| size as usize);
    let model = opened.model(images.len(), batch_size)?;
    let probabilities = probabilities(&model, trained, &images, batch_size, &opened.selected)?;
    let mut probabilities = probabilities.into_iter();
    let answers: Vec<Answer> = pictures
        .iter()
        .map(|(file, seen)| {
            let probabilities = seen.as_ref().ok().and_then(|_| probabilities.next());
            Answer {
                file: file.clone(),
                top: guesses(
                    &probabilities.unwrap_or_default(),
                    &trained.classes,
                    args.top,
                ),
                inverted: seen.as_ref().is_ok_and(Seen::is_inverted),
                ground: match seen.as_ref().map(|seen| seen.change) {
                    Ok(Change::FromGround(ground)) => Some(hex(ground)),
                    _ => None,
                },
                doubt: seen
                    .as_ref()
                    .ok()
                    .and_then(|seen| Some(seen.doubt?.to_string())),
                error: seen.as_ref().err().cloned(),
            }
        })
        .collect();
    if args.json {
        print_json(&answers)?;
    }
    for answer in &answers {
        if let Some(doubt) = &answer.doubt {
            warn(&format!("{} {doubt}", answer.file));
        }
        match &answer.error {
            Some(error) => {
                let _ = writeln!(io::stderr(), "error: {error}");
            }
            None if args.json => {}
            None => print(&text(answer)),
        }
    }
    let prepared = answers.iter().filter(|answer| answer.ground.is_some());
    if let number @ 1.. = prepared.count() {
        note(&format!(
            "{number} of {} pictures became the distance of each pixel from the colour of their ground, as {} shows \
             light things on black: --invert no leaves them as they are",
            answers.len(),
            trained.dataset
        ));
    }
    let failed = answers.iter().any(|answer| answer.error.is_some());
    if let Some(path) = args.grid.filter(|_| !images.is_empty()) {
        write_sheet(&path, &grid(trained, &images, &answers).png()?)?;
    }
    Ok(match failed {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

/// The files that an argument means, each with why it cannot be read: of a folder, the pictures in order of their
/// names. What else is there is counted.
fn files(image: &Path) -> Vec<(PathBuf, Result<(), String>)> {
    if !image.is_dir() {
        return vec![(image.into(), Ok(()))];
    }
    let refused = |error: String| vec![(image.to_owned(), Err(error))];
    let entries = fs::read_dir(image).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut paths: Vec<_> = match entries {
        Ok(entries) => entries.iter().map(fs::DirEntry::path).collect(),
        Err(error) => {
            return refused(format!("{} cannot be read: {error}", image.display()));
        }
    };
    paths.sort();
    let (mut files, mut others) = (Vec::new(), BTreeMap::<String, usize>::new());
    for path in paths {
        match kind(&path) {
            FileKind::Picture(_) => files.push((path, Ok(()))),
            FileKind::Unreadable(problem) => {
                let file = path.display().to_string();
                files.push((path, Err(PictureError { file, problem }.to_string())));
            }
            FileKind::Other(word) => *others.entry(word).or_default() += 1,
        }
    }
    let others = others
        .iter()
        .map(|(word, count)| format!("{count} × {word}"));
    let others = others.collect::<Vec<_>>().join(", ");
    if files.is_empty() {
        let others = match others.is_empty() {
            true => String::new(),
            false => format!(" ({others})"),
        };
        return refused(format!(
            "{} holds no image files{others}: name a folder with .png, .jpg, .gif, .bmp or .webp files",
            image.display()
        ));
    }
    if !others.is_empty() {
        note(&format!(
            "left out of {}, as they are no pictures: {others}",
            image.display()
        ));
    }
    files
}

/// Writes a line that is no warning to standard error.
fn note(text: &str) {
    if !is_quiet() {
        let _ = writeln!(io::stderr(), "note: {text}");
    }
}

fn read(path: &Path, make: impl FnOnce(Picture) -> Seen) -> Result<Seen, String> {
    let seen = match path.as_os_str() == "-" {
        true => Picture::from_reader(io::stdin())
            .map(make)
            .map_err(|problem| PictureError {
                file: "standard input".into(),
                problem,
            }),
        false => Picture::read_as(path, make),
    };
    seen.map_err(|error| error.to_string())
}

fn guesses(probabilities: &[f64], classes: &[String], top: u16) -> Vec<Guess> {
    let ranked = ranked(probabilities).into_iter().take(top.into());
    let guess = |class: usize| Guess {
        class: classes[class].clone(),
        probability: probabilities[class],
    };
    ranked.map(guess).collect()
}

/// The widest bar, for a probability of 1.
const BAR: usize = 30;

fn text(answer: &Answer) -> String {
    let columns: usize = terminal_size::terminal_size().map_or(80, |(width, _)| width.0.into());
    let names = answer.top.iter().map(|guess| guess.class.chars().count());
    let beside = "  100.0 %  ".len() + names.max().unwrap_or(0);
    let width = columns.saturating_sub(beside + 1).clamp(4, BAR);
    let mut text = answer.file.clone();
    match (&answer.ground, answer.inverted) {
        (Some(ground), _) => {
            text.push_str(&format!("  (the model saw its distance from {ground})"));
        }
        (None, true) => text.push_str("  (inverted: the model saw its negative)"),
        (None, false) => {}
    }
    text.push('\n');
    for Guess { class, probability } in &answer.top {
        let bar = bar(*probability, width);
        text.push_str(&format!("  {:>5.1} % {bar} {class}\n", 100.0 * probability));
    }
    text
}

/// A bar of this many letters for 1, in eighths of a letter.
fn bar(share: f64, width: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share * 8.0 * width as f64).round() as usize;
    let bar = "█".repeat(eighths / 8) + PARTS[eighths % 8];
    format!("{bar:<width$}")
}

/// More images than these can no longer be looked at in one picture.
const MOST_IN_GRID: usize = 240;

fn grid(trained: &Trained, images: &[Vec<u8>], answers: &[Answer]) -> Sheet {
    let shape = trained.architecture.input();
    let answers = answers.iter().filter(|answer| answer.error.is_none());
    let tiles = images.iter().zip(answers).take(MOST_IN_GRID);
    let tiles: Vec<Tile> = tiles
        .map(|(pixels, answer)| {
            let Guess { class, probability } = &answer.top[0];
            let name = Path::new(&answer.file).file_name().unwrap_or_default();
            let labels = [
                format!("{class} {:.0} %", 100.0 * probability),
                name.to_string_lossy().into_owned(),
            ];
            Tile::of_image(shape, pixels, labels.into())
        })
        .collect();
    let shown = match tiles.len() < images.len() {
        true => format!(
            "The first {} of {} pictures",
            tiles.len(),
            thousands(images.len())
        ),
        false => "The pictures".into(),
    };
    Sheet {
        title: title(trained),
        caption: vec![format!(
            "{shown} as the model sees them ({shape}), each with its most probable class"
        )],
        tiles,
        columns: 6,
        side: 112,
        ..Sheet::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share_to_an_eighth_of_a_letter() {
        assert_eq!(bar(1.0, 4), "████");
        assert_eq!(bar(0.0, 4), "    ");
        assert_eq!(bar(0.5 + 1.0 / 32.0, 4), "██▏ ");
        assert_eq!(bar(f64::NAN, 2), "  ");
    }
}
