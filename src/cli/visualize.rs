use super::model::{ModelArgs, Opened};
use super::{Outcome, print, warn};
use crate::backend::Infer;
use crate::data::{
    self, DataError, ImageBatcher, ImageDataset, ImageLoader, LoadOptions, Loaded, Order, Split,
};
use crate::evaluate;
use crate::pictures::Picture;
use crate::plot::{Sheet, sheet, write_sheet};
use crate::predict::{probabilities, ranked, seen};
use crate::run::{RunConfig, RunDir};
use crate::trained::Trained;
use crate::visualize::{MISTAKEN, feature_maps, first_layer, worst_mistakes};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// The image whose feature maps are drawn: a picture (PNG, JPEG, GIF, BMP, WebP), or test:17 for an
    /// image of the test set, from 0 on [default: test:0, if the data set is here]
    image: Option<String>,
    /// The folder for the pictures [default: visualize in the run folder, or MODEL-visualize here]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The folder with the data set's files
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Outcome {
    let opened = args.model.open()?;
    let name = args.model.name();
    let run = RunDir::open(Path::new(name)).ok();
    let config = run.as_ref().map(RunDir::config).transpose()?;
    let test = test_set(&opened.trained, config.as_ref(), args.data_dir.clone());
    let image = image(&opened, args.image.as_deref(), &test)?;

    let folder = args.out.unwrap_or_else(|| match &run {
        Some(run) => run.path().join("visualize"),
        None => format!("{name}-visualize").into(),
    });
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let write = |name: &str, content: &Sheet| -> Result<(), Box<dyn Error>> {
        let path = folder.join(name);
        write_sheet(&path, &sheet(content)?)?;
        print(&format!("{}\n", path.display()));
        Ok(())
    };

    let (file, content) = first_layer(&opened.trained);
    write(file, &content)?;
    if let Some(Image { pixels, labels }) = &image {
        let Opened {
            trained,
            model,
            selected,
            ..
        } = &opened;
        let maps = feature_maps(model, trained, pixels, labels, &selected.device)?;
        for (content, number) in maps.iter().zip(1..) {
            write(&format!("maps-{number}-conv{number}.png"), content)?;
        }
    }
    match test {
        Ok(test) => {
            test.warning.iter().for_each(|warning| warn(warning));
            match mistakes(&opened, test.images) {
                Some(content) => write(MISTAKEN, &content)?,
                None => print("no mistakes to draw: every test image was told rightly\n"),
            }
        }
        Err(error) => warn(&format!("without test images no {MISTAKEN}: {error}")),
    }
    Ok(ExitCode::SUCCESS)
}

/// The test set that the model was measured on, if it is on this machine.
fn test_set(
    trained: &Trained,
    config: Option<&RunConfig>,
    data_dir: Option<PathBuf>,
) -> Result<Loaded, DataError> {
    let dataset = data::recorded(
        &trained.dataset,
        trained.architecture.input(),
        &trained.classes,
        data_dir.as_deref(),
    )?;
    let options = LoadOptions {
        data_dir,
        seed: config.map_or(0, |config| config.seed),
        show_progress: true,
    };
    match dataset.path(&options) {
        Ok(_) | Err(DataError::NoFiles { .. }) => {}
        Err(error) => return Err(error),
    }
    let loaded = dataset.load(Split::Test, &options)?;
    let limit = config.and_then(|config| config.dataset.limit);
    Ok(Loaded {
        images: loaded.images.truncated(limit.unwrap_or(usize::MAX)),
        ..loaded
    })
}

/// The image that the user means, and what stands below it.
struct Image {
    pixels: Vec<u8>,
    labels: Vec<String>,
}

fn image(
    opened: &Opened,
    wanted: Option<&str>,
    test: &Result<Loaded, DataError>,
) -> Result<Option<Image>, Box<dyn Error>> {
    let trained = &opened.trained;
    let number = wanted.unwrap_or("test:0").strip_prefix("test:");
    let (pixels, mut labels) = match (number, test) {
        (None, _) => {
            let path = Path::new(wanted.unwrap_or_default());
            let seen = seen(Picture::read(path)?, trained, opened.invert);
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let inverted = seen.inverted.then(|| "inverted".to_owned());
            let labels = [name.into_owned()].into_iter().chain(inverted);
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
            let labels = vec![format!("test image {index}"), format!("is {class}")];
            (images.image(index).to_vec(), labels)
        }
        // Said with the mistakes that are missing as well.
        (Some(_), Err(_)) if wanted.is_none() => return Ok(None),
        (Some(_), Err(error)) => return Err(error.to_string().into()),
    };
    let images = [pixels];
    let probabilities = probabilities(&opened.model, trained, &images, 1, &opened.selected)?;
    let said = ranked(&probabilities[0])[0];
    labels.push(format!(
        "said {} {:.0} %",
        trained.classes[said],
        100.0 * probabilities[0][said]
    ));
    let [pixels] = images;
    Ok(Some(Image { pixels, labels }))
}

/// The model's worst mistakes on these images.
fn mistakes(opened: &Opened, images: ImageDataset) -> Option<Sheet> {
    let images = Arc::new(images);
    let Opened {
        trained, selected, ..
    } = opened;
    let batcher = ImageBatcher::new(images.clone(), trained.mean, trained.std);
    let device = selected.device.clone();
    let loader = ImageLoader::<Infer>::new(batcher, 1024, Order::InOrder, device)
        .prepared(selected.preparation());
    let answers = evaluate::pass(&opened.model, &loader, |_, _| {});
    worst_mistakes(trained, &images, &answers)
}
