use super::verbosity::is_quiet;
use super::{Outcome, print, print_json};
use burn_zoo::data::{self, CacheSize, DataError, DatasetSpec, LoadOptions};
use burn_zoo::jobs::DatasetRequest;
use burn_zoo::pictures::Fit;
use burn_zoo_models::{ImageShape, Normalisation, PerChannel, Preprocessing};
use serde_json::json;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  zoo data verify fashion-mnist               # checks every byte
  zoo data fetch cifar-10                     # into the user's cache folder
  zoo data path fashion-mnist";

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
        /// The data set: fashion-mnist or cifar-10
        dataset: String,
        #[command(flatten)]
        json: JsonArgs,
    },
    /// Check every file of a data set
    Verify {
        /// The data set: fashion-mnist, cifar-10, or folder:PATH for pictures of your own
        dataset: String,
        /// The folder with its files
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
        #[command(flatten)]
        json: JsonArgs,
    },
    /// Print the folder in which a data set is found
    Path {
        /// The data set: fashion-mnist, cifar-10, or folder:PATH for pictures of your own
        dataset: String,
        /// The folder with its files
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

/// What the pictures of folder:PATH are made into.
#[derive(clap::Args)]
pub(super) struct PicturesArgs {
    /// With folder:PATH, the shape of the images that its pictures are made into: channels, height and
    /// width [default: as the weights to begin with expect it, 3x224x224 for resnet-18, or else 3x32x32]
    #[arg(long, value_name = "CxHxW", value_parser = image_shape)]
    pub(super) image_shape: Option<ImageShape>,
    /// With folder:PATH, how a picture becomes such an image [default: as the weights to begin with expect it,
    /// crop for resnet-18, or else pad]
    #[arg(long, value_enum)]
    fit: Option<FitName>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum FitName {
    /// All of it, with its border's colour around it
    Pad,
    /// Its middle, as torchvision's models are shown pictures: resized until it covers the image and a
    /// seventh more, then cropped
    Crop,
}

/// How much of the pictures of folder:PATH is kept in memory.
#[derive(clap::Args)]
pub(super) struct CacheArgs {
    /// With folder:PATH, keep up to so many bytes of pictures in memory, for example 500MB or 0; the others
    /// are read again whenever they are needed, with the same result [default: 2GB]
    #[arg(long, value_name = "SIZE")]
    cache: Option<CacheSize>,
}

impl CacheArgs {
    pub(super) fn size(&self) -> CacheSize {
        self.cache.unwrap_or_default()
    }
}

impl PicturesArgs {
    /// The data set of that name; pictures become images as is `usual` where it is not said.
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
        image_shape: is_folder.then(|| dataset.image_shape()),
        fit: is_folder.then_some(dataset.fit),
        data_dir: data_dir.map(Path::to_owned),
    }
}

/// How pixels become a model's input.
#[derive(clap::Args)]
pub(super) struct NormalisationArgs {
    /// What is subtracted from pixels scaled to 0 … 1: one number, or three with commas for red, green and
    /// blue [default: as the weights to begin with expect it, or else the model's or the data set's]
    #[arg(long, value_name = "MEAN", allow_negative_numbers = true)]
    mean: Option<PerChannel>,
    /// What they are then divided by: one number, or three [default: as for --mean]
    #[arg(long, value_name = "STD", allow_negative_numbers = true)]
    std: Option<PerChannel>,
}

impl NormalisationArgs {
    /// These in the place of what else would be.
    pub(super) fn over(&self, other: Normalisation) -> Normalisation {
        Normalisation {
            mean: self.mean.unwrap_or(other.mean),
            std: self.std.unwrap_or(other.std),
        }
    }
}

/// "3x32x32", or as it is printed: "3×32×32".
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
            let found = spec.verify(&options(&data_dir))?;
            match json {
                true => print_json(&json!({ "dataset": spec.id, "found": found }))?,
                false => found.iter().for_each(|line| print(&format!("{line}\n"))),
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
        true => print_json(&json!({ "dataset": dataset, "folder": folder }))?,
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
