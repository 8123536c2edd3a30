//! `zoo data`, and the options about data that several commands share.

use super::verbosity::is_quiet;
use super::{Outcome, print, print_json, visible};
use burn_zoo::data::{
    self, CacheSize, DATASETS, DataError, DatasetSpec, LoadOptions, Unreadable, Verified,
};
use burn_zoo::jobs::DatasetRequest;
use burn_zoo::pictures::Fit;
use burn_zoo::system::files::shown;
use burn_zoo_models::{ImageShape, Normalisation, PerChannel, Preprocessing};
use serde_json::json;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

const EXAMPLES: &str = "\
Examples:
  zoo data fetch cifar-10                     # download it into the cache folder
  zoo data verify fashion-mnist               # check every byte of its files
  zoo data verify mnist --data-dir data       # of those in the folder data of torchvision
  zoo data verify folder:my-pictures          # check every picture, and count the classes
  zoo data path fashion-mnist                 # print the folder with its files";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Download a data set into the user's cache folder
    Fetch {
        /// The data set, for example mnist or cifar-10
        dataset: String,
        #[command(flatten)]
        json: JsonArgs,
    },
    /// Check the files of a data set: their sizes, labels, class counts and checksums
    Verify {
        #[arg(help = dataset_help(""))]
        dataset: String,
        /// The folder that holds its files; no other place is tried
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
        #[command(flatten)]
        json: JsonArgs,
    },
    /// Print the folder in which a data set is found
    Path {
        #[arg(help = dataset_help(""))]
        dataset: String,
        /// The folder that holds its files; no other place is tried
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
        #[command(flatten)]
        json: JsonArgs,
    },
}

#[derive(clap::Args)]
struct JsonArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How the pictures of folder:PATH become images.
#[derive(clap::Args)]
pub(super) struct PicturesArgs {
    /// With folder:PATH, the shape of the images made of its pictures: channels, height and width [default: the
    /// shape that the initial weights expect, 3x224x224 for resnet-18, or else 3x32x32]
    #[arg(long, value_name = "CxHxW", value_parser = image_shape)]
    pub(super) image_shape: Option<ImageShape>,
    /// With folder:PATH, how a picture becomes an image of that shape [default: as the initial weights expect it,
    /// crop for resnet-18, or else pad]
    #[arg(long, value_enum)]
    fit: Option<FitName>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum FitName {
    /// The whole picture, with the colour of its border around it
    Pad,
    /// The middle of the picture, as for torchvision's models: it is resized until it covers the image and a
    /// seventh more, then cropped
    Crop,
}

/// How much of the pictures of folder:PATH is kept in memory.
#[derive(clap::Args)]
pub(super) struct CacheArgs {
    /// With folder:PATH, keep at most this many bytes of pictures in memory, for example 500MB or 0; the others
    /// are read again whenever they are needed, with the same result [default: 2GB]
    #[arg(long, value_name = "SIZE")]
    cache: Option<CacheSize>,
}

/// Whether the pictures of folder:PATH that cannot be read are left out.
#[derive(clap::Args)]
pub(super) struct SkipArgs {
    /// With folder:PATH, leave out the pictures that cannot be read, instead of stopping; the run records their
    /// names
    #[arg(long)]
    pub(super) skip_unreadable: bool,
}

impl CacheArgs {
    pub(super) fn size(&self) -> CacheSize {
        self.cache.unwrap_or_default()
    }
}

impl PicturesArgs {
    /// The data set with this name. What the user does not say about a folder's pictures is as `usual`.
    pub(super) fn find(
        &self,
        name: &str,
        data_dir: Option<&Path>,
        usual: Preprocessing,
    ) -> Result<DatasetSpec, DataError> {
        data::choose(name, data_dir, self.image_shape, self.fit(), usual)
    }

    pub(super) fn fit(&self) -> Option<Fit> {
        self.fit.map(|fit| match fit {
            FitName::Pad => Fit::Pad,
            FitName::Crop => Fit::Crop,
        })
    }
}

/// A data set as a job for a child process names it.
pub(super) fn dataset_request(dataset: &DatasetSpec, data_dir: Option<&Path>) -> DatasetRequest {
    let is_folder = data::is_folder(&dataset.id);
    DatasetRequest {
        name: dataset.id.clone(),
        image_shape: is_folder.then_some(dataset.shape),
        fit: is_folder.then_some(dataset.fit),
        data_dir: data_dir.map(Path::to_owned),
        skip_unreadable: false,
    }
}

/// How pixels become a model's input.
#[derive(clap::Args)]
pub(super) struct NormalisationArgs {
    /// The mean that is subtracted from pixels scaled to 0 … 1: one number, or three with commas for red, green
    /// and blue; or a name that sets --std too: unit (0 and 1, ToTensor alone), half (0.5 and 0.5), imagenet
    /// [default: as the weights expect it, or else as usual for the model or the data set]
    #[arg(long, value_name = "MEAN", allow_negative_numbers = true)]
    mean: Option<Numbers>,
    /// The standard deviation by which they are then divided: as for --mean
    #[arg(long, value_name = "STD", allow_negative_numbers = true)]
    std: Option<Numbers>,
}

/// Numbers for the channels, or the name of a normalisation.
#[derive(Clone, Copy)]
enum Numbers {
    Own(PerChannel),
    Named(Normalisation),
}

impl FromStr for Numbers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut named = Normalisation::NAMED.into_iter();
        match named.find(|(name, _)| *name == text) {
            Some((_, normalisation)) => Ok(Self::Named(normalisation)),
            None => text.parse().map(Self::Own).map_err(|reason: String| {
                let names = Normalisation::NAMED.map(|(name, _)| name).join(", ");
                format!("{reason}, or one of the names {names}")
            }),
        }
    }
}

impl NormalisationArgs {
    /// The mean that the user gave, or that of a name given for the standard deviation.
    pub(super) fn mean(&self) -> Option<PerChannel> {
        match (self.mean, self.std) {
            (Some(Numbers::Own(mean)), _) => Some(mean),
            (Some(Numbers::Named(named)), _) | (None, Some(Numbers::Named(named))) => {
                Some(named.mean)
            }
            (None, _) => None,
        }
    }

    /// The standard deviation that the user gave, or that of a name given for the mean.
    pub(super) fn std(&self) -> Option<PerChannel> {
        match (self.std, self.mean) {
            (Some(Numbers::Own(std)), _) => Some(std),
            (Some(Numbers::Named(named)), _) | (None, Some(Numbers::Named(named))) => {
                Some(named.std)
            }
            (None, _) => None,
        }
    }
}

/// The help of an argument that names a data set, with every name in the table.
pub(super) fn dataset_help(end: &str) -> String {
    let names: Vec<&str> = DATASETS.iter().map(|spec| spec.id.as_str()).collect();
    format!(
        "The data set: {}, or folder:PATH for pictures of your own{end}",
        names.join(", ")
    )
}

/// A shape as it is written, "3x32x32", or printed, "3×32×32".
fn image_shape(text: &str) -> Result<ImageShape, String> {
    let sides: Vec<Option<usize>> = text
        .split(['x', '×'])
        .map(|side| side.parse().ok())
        .collect();
    let [Some(channels), Some(height), Some(width)] = sides[..] else {
        return Err("give channels, height and width, for example 1x28x28".into());
    };
    let shape = ImageShape::new(channels, height, width);
    data::check_shape(shape).map(|()| shape)
}

pub(super) fn run(args: Args) -> Outcome {
    let options = |data_dir: &Option<PathBuf>| LoadOptions {
        data_dir: data_dir.clone(),
        show_progress: !is_quiet(),
        ..LoadOptions::default()
    };
    match args.action {
        Action::Fetch { dataset, json } => {
            let folder = data::find(&dataset)?.fetch(!is_quiet())?;
            print_folder(&dataset, &folder, json)?;
        }
        Action::Verify {
            dataset,
            data_dir,
            json: JsonArgs { json },
        } => {
            let spec = data::choose(&dataset, data_dir.as_deref(), None, None, data::usual(&[]))?;
            let Verified { lines, unreadable } = spec.verify(&options(&data_dir))?;
            let bad = |one: &Unreadable| format!("{} {}", one.file, one.problem);
            if json {
                let mut report = json!({ "dataset": spec.id, "found": lines });
                if data::is_folder(&spec.id) {
                    report["unreadable"] = json!(unreadable);
                }
                print_json(&report)?;
            } else {
                let lines = lines.iter().cloned().chain(unreadable.iter().map(bad));
                lines.for_each(|line| print(&format!("{}\n", visible(&line))));
            }
            if !unreadable.is_empty() {
                return Err(format!(
                    "{} of the pictures cannot be read ({}): mend or replace what is listed, or train without it by ‘skip_unreadable’",
                    unreadable.len(),
                    bad(&unreadable[0])
                )
                .into());
            }
        }
        Action::Path {
            dataset,
            data_dir,
            json,
        } => {
            let spec = data::choose(&dataset, data_dir.as_deref(), None, None, data::usual(&[]))?;
            let folder = spec.path(&options(&data_dir))?;
            print_folder(&spec.id, &folder, json)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print_folder(dataset: &str, folder: &Path, json: JsonArgs) -> Result<(), Box<dyn Error>> {
    match json.json {
        true => print_json(&json!({ "dataset": dataset, "folder": shown(folder) }))?,
        false => print(&format!("{}\n", folder.display())),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_read_as_it_is_written_and_printed() {
        for text in ["3x32x40", "3×32×40"] {
            assert_eq!(image_shape(text), Ok(ImageShape::new(3, 32, 40)));
        }
        for text in [
            "",
            "28x28",
            "1x28x28x1",
            "1x28x-28",
            "1x28xa",
            "2x28x28",
            "3x0x9",
            "3x9x9999",
        ] {
            assert!(image_shape(text).is_err(), "{text}");
        }
    }
}
