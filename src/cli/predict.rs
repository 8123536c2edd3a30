use super::model::{ModelArgs, Opened, PictureArgs};
use super::{Outcome, print, print_json};
use burn_zoo::draw::{Sheet, Tile};
use burn_zoo::evaluate;
use burn_zoo::numbers::thousands;
use burn_zoo::pictures::{Picture, PictureError, is_named_as_a_picture};
use burn_zoo::predict::{Seen, probabilities, ranked, seen};
use burn_zoo::trained::Trained;
use burn_zoo::visualize::{title, write_sheet};
use rayon::prelude::*;
use serde::Serialize;
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
    inverted: bool,
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
            let picture = listed.and_then(|()| read(&path));
            let seen = picture.map(|picture| seen(picture, trained, invert));
            (path.display().to_string(), seen)
        })
        .collect();
    let images: Vec<_> = pictures
        .iter()
        .filter_map(|(_, seen)| Some(seen.as_ref().ok()?.pixels.clone()))
        .collect();
    let default = evaluate::batch_size(trained.architecture.input());
    let batch_size = args.batch_size.map_or(default, |size| size as usize);
    let probabilities = probabilities(
        &opened.model,
        trained,
        &images,
        batch_size,
        &opened.selected,
    )?;
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
                inverted: seen.as_ref().is_ok_and(|seen| seen.inverted),
                error: seen.as_ref().err().cloned(),
            }
        })
        .collect();
    if args.json {
        print_json(&answers)?;
    }
    for answer in &answers {
        match &answer.error {
            Some(error) => {
                let _ = writeln!(io::stderr(), "error: {error}");
            }
            None if args.json => {}
            None => print(&text(answer)),
        }
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

/// The files that an argument means, each with why it is none: of a folder, those named as pictures, in
/// order of their names.
fn files(image: &Path) -> Vec<(PathBuf, Result<(), String>)> {
    if !image.is_dir() {
        return vec![(image.into(), Ok(()))];
    }
    let entries = match fs::read_dir(image) {
        Ok(entries) => entries,
        Err(error) => {
            let error = format!("{} cannot be read: {error}", image.display());
            return vec![(image.into(), Err(error))];
        }
    };
    let hidden = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.as_encoded_bytes().starts_with(b".")
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.is_file() && !hidden(path) && is_named_as_a_picture(path))
        .collect();
    paths.sort();
    if paths.is_empty() {
        let error = format!(
            "{} holds no image files: name a folder with .png, .jpg, .gif, .bmp or .webp files",
            image.display()
        );
        return vec![(image.into(), Err(error))];
    }
    paths.into_iter().map(|path| (path, Ok(()))).collect()
}

fn read(path: &Path) -> Result<Picture, String> {
    let picture = match path.as_os_str() == "-" {
        true => Picture::from_reader(io::stdin()).map_err(|problem| PictureError {
            file: "standard input".into(),
            problem,
        }),
        false => Picture::read(path),
    };
    picture.map_err(|error| error.to_string())
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
    if answer.inverted {
        text.push_str("  (inverted: the model saw its negative)");
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
