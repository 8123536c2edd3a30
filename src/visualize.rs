//! The weights that a model has learned, its feature maps of an image, and its mistakes, as sheets of small
//! images.

use crate::backend::{Device, Infer};
use crate::data::{self, DataError, ImageBatcher, ImageDataset};
use crate::draw::{ColourScale, Pixels, Sheet, Tile, is_sheet};
use crate::evaluate::Answers;
use crate::numbers::thousands;
use crate::predict::{softmax, unlabelled};
use crate::trained::Trained;
use burn::tensor::TensorData;
use burn_zoo_models::{Classifier, ImageShape, Network};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// At most this many neurons are shown.
const MOST_NEURONS: usize = 64;
/// Rows and columns of mistakes.
const MISTAKES: [usize; 2] = [5, 8];

/// The file for a convolution's kernels.
pub const KERNELS: &str = "kernels.png";
/// The file for a dense layer's weights.
pub const WEIGHTS: &str = "weights.png";
/// The file for a test set's mistakes.
pub const MISTAKEN: &str = "mistakes.png";

/// The weights of the first layer as images: the kernels of a convolution, or each neuron's weights of a
/// dense layer. Returns the name of the sheet's file with it.
///
/// # Panics
/// Where there are no weights.
pub fn first_layer(trained: &Trained) -> (&'static str, Sheet) {
    let weights = trained.weights();
    let weights: Vec<_> = weights
        .names()
        .filter_map(|name| weights.get(name))
        .collect();
    // Sorted by name, the first of a kind belongs to the first layer: `conv1`, `stages.0.0`, `hidden.0`. A
    // convolution's weight has four axes, a dense layer's two.
    let of_rank = |rank| weights.iter().find(|data| data.shape.num_dims() == rank);
    let (file, description, filters) = match (of_rank(4), of_rank(2)) {
        (Some(kernels), _) => {
            let [count, _, height, width] = kernels.shape.dims();
            let description =
                format!("The {count} kernels of the first convolution, {height}×{width}");
            (KERNELS, description, of_kernels(kernels))
        }
        (None, Some(dense)) => {
            let [_, count] = dense.shape.dims();
            let filters = of_neurons(dense, trained.architecture.input());
            let which = match filters.len() {
                shown if shown < count => {
                    format!("Of the first layer's {count} neurons, the {shown} with the largest")
                }
                _ => format!("The first layer's {count} neurons by their"),
            };
            let description = format!("{which} weights, each with its weight for every pixel");
            (WEIGHTS, description, filters)
        }
        (None, None) => panic!("{} has no weights", trained.name),
    };
    let most = largest(filters.iter().flat_map(|filter| &filter.values).copied());
    let in_colour = filters[0].size[0] == 3;
    let scale = match in_colour {
        true => format!(
            "Red, green and blue for the image's channels: grey is 0, black −{most:.3}, white {most:.3}"
        ),
        false => {
            "Blue is below 0, white is 0, red is above 0; the scale is the same for all".into()
        }
    };
    let sheet = Sheet {
        title: title(trained),
        caption: vec![description, scale],
        scale: (!in_colour).then_some(ColourScale::Diverging(most)),
        tiles: filters.iter().map(|filter| filter.tile(most)).collect(),
        columns: 8,
        side: 84,
        ..Sheet::default()
    };
    (file, sheet)
}

/// Weights for the values of an image, or of a part of it, `[C, H, W]`.
struct Filter {
    size: [usize; 3],
    values: Vec<f32>,
}

/// Those of a convolution, from its weight `[C_out, C, H, W]`.
fn of_kernels(weight: &TensorData) -> Vec<Filter> {
    let [count, size @ ..]: [usize; 4] = weight.shape.dims();
    let values: Vec<f32> = weight.iter().collect();
    let kernels = values.chunks(values.len() / count);
    let filter = |values: &[f32]| Filter {
        size,
        values: values.into(),
    };
    kernels.map(filter).collect()
}

/// Those of a dense layer, from its weight `[C · H · W, neurons]`: the largest, the largest first.
fn of_neurons(weight: &TensorData, input: ImageShape) -> Vec<Filter> {
    let [_, count] = weight.shape.dims();
    let values: Vec<f32> = weight.iter().collect();
    let neuron = |neuron: usize| Filter {
        size: [input.channels, input.height, input.width],
        values: values.iter().skip(neuron).step_by(count).copied().collect(),
    };
    let mut filters: Vec<Filter> = (0..count).map(neuron).collect();
    let norm = |filter: &Filter| filter.values.iter().map(|value| value * value).sum::<f32>();
    filters.sort_by(|a, b| norm(b).total_cmp(&norm(a)));
    filters.truncate(MOST_NEURONS);
    filters
}

impl Filter {
    /// As an image: of one channel on a diverging scale, of three as colours about grey.
    fn tile(&self, most: f32) -> Tile {
        let [channels, height, width] = self.size;
        let size = height * width;
        let colour = |at: usize| match channels {
            1 => ColourScale::Diverging(most).colour(self.values[at]),
            _ => [0, 1, 2].map(|channel| {
                let share = self.values[channel * size + at] / most.max(f32::MIN_POSITIVE);
                (127.5 + 127.5 * share).round() as u8
            }),
        };
        Tile {
            pixels: Pixels {
                width,
                height,
                colours: (0..size).map(colour).collect(),
            },
            labels: Vec::new(),
        }
    }
}

/// The title of a model's sheets.
pub fn title(trained: &Trained) -> String {
    format!(
        "{} on {}",
        trained.model,
        data::short_name(&trained.dataset)
    )
}

/// The largest size of a value.
fn largest(values: impl Iterator<Item = f32>) -> f32 {
    let finite = values.map(f32::abs).filter(|value| value.is_finite());
    finite.fold(0.0, f32::max)
}

/// The feature maps of an image, whose pixels are channels first: a sheet for each activation that has maps, with the
/// name of the module before it; none for an MLP. The labels stand below the image, which stands beside the maps.
///
/// # Errors
/// [`DataError::Lengths`] where the image has another shape than the model's.
pub fn feature_maps(
    model: &Classifier<Infer>,
    trained: &Trained,
    pixels: &[u8],
    labels: &[String],
    device: &Device,
) -> Result<Vec<(String, Sheet)>, DataError> {
    let shape = trained.architecture.input();
    let images = unlabelled(shape, &[pixels.into()])?;
    let batcher = ImageBatcher::new(Arc::new(images), trained.normalisation);
    let maps = model.feature_maps(batcher.batch(&[0], device)?.images);
    let sheets = maps.into_iter().map(|(name, maps)| {
        let [_, channels, height, width] = maps.dims();
        let values: Vec<f32> = maps.into_data().iter().collect();
        let scale = ColourScale::Sequential(largest(values.iter().copied()));
        let tile = |map: &[f32]| Tile {
            pixels: Pixels {
                width,
                height,
                colours: map.iter().map(|&value| scale.colour(value)).collect(),
            },
            labels: Vec::new(),
        };
        let (columns, side) = if channels > 64 { (16, 56) } else { (8, 84) };
        let module = name.rsplit_once('.').map_or(&*name, |(module, _)| module);
        let sheet = Sheet {
            title: title(trained),
            caption: vec![
                format!("The {channels} feature maps after {name}, {height}×{width}"),
                "Light where the image has the map's pattern; the scale is the same for all".into(),
            ],
            scale: Some(scale),
            beside: Some(Tile::of_image(shape, pixels, labels.into())),
            tiles: values.chunks(height * width).map(tile).collect(),
            columns,
            side,
        };
        (module.to_owned(), sheet)
    });
    Ok(sheets.collect())
}

/// An image that a model classified wrongly.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    /// Its number in the split.
    pub image: usize,
    /// Its true class.
    pub target: usize,
    /// The predicted class and its probability.
    pub predicted: (usize, f64),
    /// Its cross-entropy, in nats.
    pub loss: f64,
}

/// All images classified wrongly, those with the largest loss first.
pub fn mistakes(answers: &Answers, num_classes: usize) -> Vec<Mistake> {
    let classes = answers.targets.iter().zip(&answers.predicted);
    let images = classes.zip(answers.logits.chunks_exact(num_classes));
    let mut mistakes: Vec<Mistake> = images
        .enumerate()
        .filter(|(_, ((target, predicted), _))| target != predicted)
        .map(|(image, ((&target, &predicted), logits))| {
            let probabilities = softmax(logits);
            Mistake {
                image,
                target,
                predicted: (predicted, probabilities[predicted]),
                loss: -probabilities[target].ln(),
            }
        })
        .collect();
    mistakes.sort_by(|a, b| b.loss.total_cmp(&a.loss));
    mistakes
}

/// The worst mistakes on a test set, or `None` where there are no mistakes.
///
/// # Errors
/// [`DataError::Pictures`] where one of the images cannot be read.
pub fn worst_mistakes(
    trained: &Trained,
    images: &ImageDataset,
    answers: &Answers,
) -> Result<Option<Sheet>, DataError> {
    let mistakes = mistakes(answers, trained.classes.len());
    let [rows, columns] = MISTAKES;
    let tiles = mistakes.iter().take(rows * columns).map(|mistake| {
        let (predicted, probability) = mistake.predicted;
        let labels = [
            format!(
                "{} {:.0} %",
                trained.classes[predicted],
                100.0 * probability
            ),
            format!("true: {}", trained.classes[mistake.target]),
        ];
        let pixels = images.image(mistake.image)?;
        Ok(Tile::of_image(
            trained.architecture.input(),
            &pixels,
            labels.into(),
        ))
    });
    let tiles: Vec<Tile> = tiles.collect::<Result<_, DataError>>()?;
    let shown = tiles.len();
    let which = match shown < mistakes.len() {
        true => format!(
            "The {shown} worst of {} mistakes",
            thousands(mistakes.len())
        ),
        false => "The mistakes".into(),
    };
    let images = thousands(images.len());
    let sheet = (shown > 0).then(|| Sheet {
        title: title(trained),
        caption: vec![
            format!("{which} in {images} test images, the largest loss first"),
            "Below each image: the predicted class with its probability, and the true class".into(),
        ],
        tiles,
        columns,
        side: 112,
        ..Sheet::default()
    });
    Ok(sheet)
}

/// Why a sheet is not written.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// There is another file of that name.
    #[error("{} is no picture that this program drew, and is not overwritten: choose another path", .0.display())]
    Foreign(PathBuf),
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// Writes a sheet's file as a whole or not at all. It replaces an earlier sheet, but no other file.
///
/// # Errors
/// [`SheetError`].
pub fn write_sheet(path: &Path, png: &[u8]) -> Result<(), SheetError> {
    let failed = |source| SheetError::Write {
        path: path.into(),
        source,
    };
    if !may_be_replaced(path).map_err(failed)? {
        return Err(SheetError::Foreign(path.into()));
    }
    crate::system::files::write_whole(path, png).map_err(|error| failed(error.source))
}

fn may_be_replaced(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(100).read_to_end(&mut start)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    Ok(is_sheet(&start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::Fit;
    use crate::weights::Weights;
    use burn_flex::{Flex, FlexDevice};
    use burn_zoo_models::{NetworkConfig, Normalisation, find};

    fn trained(model: &str, input: ImageShape) -> Trained {
        let architecture = find(model).unwrap().config(input, 10);
        let weights = Weights::of(&architecture.init_with_seed::<Flex>(1, &FlexDevice).unwrap());
        Trained {
            name: model.into(),
            model: model.into(),
            architecture,
            dataset: "fashion-mnist".into(),
            classes: (0..10).map(|class| format!("class {class}")).collect(),
            normalisation: Normalisation::LECTURE,
            fit: Fit::Pad,
            weights,
            run: None,
            epoch: None,
        }
    }

    #[test]
    fn every_models_first_layer_is_drawn_as_kernels_or_as_images() {
        for (model, file, count, side) in [
            ("mlp-relu", WEIGHTS, 64, [28, 32]),
            ("cnn-strided", KERNELS, 32, [7, 7]),
            ("vgg-small", KERNELS, 32, [3, 3]),
        ] {
            let inputs = [ImageShape::new(1, 28, 28), ImageShape::new(3, 32, 32)];
            for (input, side) in inputs.into_iter().zip(side) {
                let (name, sheet) = first_layer(&trained(model, input));
                assert_eq!((name, sheet.tiles.len()), (file, count), "{model}");
                let tile = &sheet.tiles[0];
                assert_eq!(
                    (tile.pixels.width, tile.pixels.height),
                    (side, side),
                    "{model} {input}"
                );
                assert_eq!(sheet.scale.is_some(), input.channels == 1);
            }
        }
    }

    #[test]
    fn a_neurons_weights_are_those_to_its_pixels_and_the_largest_norm_comes_first() {
        let mut trained = trained("mlp-relu", ImageShape::new(1, 2, 2));
        // Neuron j has the weight j · 0.01 to the last of four pixels, and 0 to the others.
        let mut values = vec![0.0; 4 * 256];
        for (neuron, value) in values[3 * 256..].iter_mut().enumerate() {
            *value = 0.01 * neuron as f32;
        }
        let data = TensorData::new(values, [4, 256]);
        trained.weights.insert("hidden.0.weight".into(), data);
        let (_, sheet) = first_layer(&trained);
        let white = [255; 3];
        let darkest = ColourScale::Diverging(1.0).colour(1.0);
        assert_eq!(
            sheet.tiles[0].pixels.colours,
            [white, white, white, darkest]
        );
        assert_eq!(
            sheet.tiles[63].pixels.colours[3],
            ColourScale::Diverging(255.0).colour(192.0)
        );
        assert_eq!(sheet.scale, Some(ColourScale::Diverging(2.55)));
    }

    #[test]
    fn weights_to_three_channels_are_colours_about_grey() {
        let filter = Filter {
            size: [3, 1, 2],
            values: vec![1.0, 0.0, -1.0, 0.0, 0.0, 1.0],
        };
        assert_eq!(
            filter.tile(1.0).pixels.colours,
            [[255, 0, 128], [128, 128, 255]]
        );
    }

    #[test]
    fn mistakes_are_the_images_classified_wrongly_the_largest_loss_first() {
        let answers = Answers {
            targets: vec![0, 1, 0],
            predicted: vec![1, 1, 1],
            logits: vec![0.0, 1.0, 0.0, 5.0, 0.0, 3.0],
            ..Answers::default()
        };
        let mistakes = mistakes(&answers, 2);
        let order: Vec<_> = mistakes.iter().map(|mistake| mistake.image).collect();
        assert_eq!(order, [2, 0]);
        // ln(1 + e³)
        assert!((mistakes[0].loss - 3.048_587_351_573_742).abs() < 1e-12);
        let (predicted, probability) = mistakes[0].predicted;
        assert!(predicted == 1 && (probability - 0.952_574_126_822_433_4).abs() < 1e-12);
    }

    #[test]
    fn a_sheet_replaces_a_sheet_and_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kernels.png");
        let (_, mut content) = first_layer(&trained("cnn-strided", ImageShape::new(1, 28, 28)));
        let first = content.png().unwrap();
        write_sheet(&path, &first).unwrap();
        content.title = "another".into();
        let second = content.png().unwrap();
        write_sheet(&path, &second).unwrap();
        assert!(std::fs::read(&path).unwrap() == second && first != second);

        let own = crate::draw::encode_png(&content.tiles[0].pixels, None).unwrap();
        for foreign in [&own[..], b"", b"a thesis"] {
            std::fs::write(&path, foreign).unwrap();
            let error = write_sheet(&path, &first).unwrap_err();
            assert!(matches!(error, SheetError::Foreign(_)), "{error}");
            assert_eq!(std::fs::read(&path).unwrap(), foreign);
        }
    }
}
