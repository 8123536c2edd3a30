use super::model::{ModelArgs, Opened, PictureArgs, hex};
use super::verbosity::is_quiet;
use super::{Outcome, print, print_json, warn};
use burn_zoo::data::{DataError, ImageDataset, Loaded};
use burn_zoo::draw::Sheet;
use burn_zoo::evaluate;
use burn_zoo::pictures::Picture;
use burn_zoo::predict::{Change, probabilities, ranked, seen};
use burn_zoo::run::RunDir;
use burn_zoo::system::files::shown;
use burn_zoo::trained::Placed;
use burn_zoo::visualize::{MISTAKEN, feature_maps, first_layer, worst_mistakes, write_sheet};
use serde_json::json;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

const EXAMPLES: &str = "\
Examples:
  zoo visualize runs/cnn                      # feature maps of the first test image
  zoo visualize runs/cnn test:17
  zoo visualize mlp-relu-3.fashion-mnist shoe.jpg --out pictures";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    pictures: PictureArgs,
    /// The image whose feature maps are drawn: an image file (PNG, JPEG, GIF, BMP, WebP), or test:17 for
    /// image 17 of the test set, counted from 0 [default: test:0, if the data set is on this machine]
    image: Option<String>,
    /// The folder for the pictures [default: visualize in the run folder, or MODEL-visualize here]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The folder with the data set's files
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args) -> Outcome {
    let opened = args.model.open()?;
    let name = &args.model.trained.model;
    let run = RunDir::open(Path::new(name)).ok();
    let test = opened
        .trained
        .test_set(args.data_dir.as_deref(), !is_quiet());
    let invert = args.pictures.invert(&opened.trained)?;
    let model = opened.model(1, 1)?;
    let image = image(&opened, &model, args.image.as_deref(), invert, &test)?;

    let folder = args.out.unwrap_or_else(|| match &run {
        Some(run) => run.path().join("visualize"),
        None => format!("{name}-visualize").into(),
    });
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let mut files = Vec::new();
    let mut write = |name: &str, content: &Sheet| -> Result<(), Box<dyn Error>> {
        let path = folder.join(name);
        write_sheet(&path, &content.png()?)?;
        if !args.json {
            print(&format!("{}\n", path.display()));
        }
        files.push(shown(&path));
        Ok(())
    };

    let (file, content) = first_layer(&opened.trained);
    write(file, &content)?;
    if let Some(Image { pixels, labels }) = &image {
        let Opened {
            trained, selected, ..
        } = &opened;
        let maps = feature_maps(&model, trained, pixels, labels, &selected.device)?;
        let digits = maps.len().to_string().len();
        for ((module, content), number) in maps.iter().zip(1..) {
            write(&format!("maps-{number:0digits$}-{module}.png"), content)?;
        }
    }
    match test {
        Ok(test) => {
            test.warnings.iter().for_each(|warning| warn(warning));
            match mistakes(&opened, test.images)? {
                Some(content) => write(MISTAKEN, &content)?,
                None if args.json => {}
                None => print("no mistakes to draw: every test image is classified correctly\n"),
            }
        }
        Err(error) => warn(&format!("without test images no {MISTAKEN}: {error}")),
    }
    if args.json {
        print_json(&json!({ "files": files }))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The image that the user means, and what stands below it.
struct Image {
    pixels: Vec<u8>,
    labels: Vec<String>,
}

fn image(
    opened: &Opened,
    model: &Placed,
    wanted: Option<&str>,
    invert: Option<bool>,
    test: &Result<Loaded, DataError>,
) -> Result<Option<Image>, Box<dyn Error>> {
    let trained = &opened.trained;
    let number = wanted.unwrap_or("test:0").strip_prefix("test:");
    let (pixels, mut labels) = match (number, test) {
        (None, _) => {
            let path = Path::new(wanted.unwrap_or_default());
            let seen = Picture::read_as(path, |picture| seen(picture, trained, invert))?;
            if let Some(doubt) = seen.doubt {
                warn(&format!("{} {doubt}", path.display()));
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let change = match seen.change {
                Change::None => None,
                Change::Negative => Some("inverted".to_owned()),
                Change::FromGround(ground) => Some(format!("distance from {}", hex(ground))),
            };
            let labels = [name.into_owned()].into_iter().chain(change);
            (seen.pixels, labels.collect::<Vec<_>>())
        }
        (Some(number), Ok(Loaded { images, .. })) => {
            let index = number.parse().ok().filter(|&index| index < images.len());
            let index: usize = index.ok_or_else(|| {
                format!(
                    "there is no image test:{number}: those of the test set are test:0 to test:{}",
                    images.len().saturating_sub(1)
                )
            })?;
            let class = &trained.classes[usize::from(images.labels()[index])];
            let labels = vec![format!("test image {index}"), format!("true: {class}")];
            (images.image(index)?.into_owned(), labels)
        }
        // Said with the mistakes that are missing as well.
        (Some(_), Err(_)) if wanted.is_none() => return Ok(None),
        (Some(_), Err(error)) => return Err(error.to_string().into()),
    };
    let images = [pixels];
    let probabilities = probabilities(model, trained, &images, 1, &opened.selected)?;
    let predicted = ranked(&probabilities[0])[0];
    labels.push(format!("predicted: {}", trained.classes[predicted]));
    labels.push(format!(
        "probability: {:.0} %",
        100.0 * probabilities[0][predicted]
    ));
    let [pixels] = images;
    Ok(Some(Image { pixels, labels }))
}

/// The model's worst mistakes on these images.
fn mistakes(opened: &Opened, images: ImageDataset) -> Result<Option<Sheet>, Box<dyn Error>> {
    let images = Arc::new(images);
    let Opened {
        trained, selected, ..
    } = opened;
    let batcher = trained.batcher(images.clone());
    let batch_size = evaluate::batch_size(trained.architecture.input());
    let model = opened.model_as_trained(images.len(), batch_size)?;
    let answers = evaluate::answers(&model, &batcher, batch_size, selected)?;
    Ok(worst_mistakes(trained, &images, &answers)?)
}
