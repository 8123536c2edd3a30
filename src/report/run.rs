//! The page of one run or of several.

use super::chart::{Key, LineChart, Look};
use super::comparison::{Cell, Column};
use super::curves::{Course, of_splits, overlaid};
use super::figures::{NONE, count, listed, number, percent};
use super::{Charts, Fact, Headline, ReportError, render};
use crate::backend::Selected;
use crate::bench::median;
use crate::convolution::{Conv, in_words};
use crate::data::{self, DataError, ImageDataset};
use crate::evaluate::{self, Answers, class_scores};
use crate::numbers::thousands;
use crate::plot::Tile;
use crate::run::{MetricsRow, RunConfig, RunDir, RunError, WEIGHTS};
use crate::summary::num_params;
use crate::trained::{Trained, TrainedError};
use crate::training::beginning_in_words;
use crate::visualize::{Mistake, mistakes};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::imageops::{FilterType, resize};
use image::{ImageFormat, RgbImage};
use serde::Serialize;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Mistakes that are shown.
const MOST_MISTAKES: usize = 24;
/// A confusion matrix of more classes is no longer read.
const MOST_CLASSES: usize = 40;
/// Larger images are shown smaller.
const LARGEST_SIDE: u32 = 96;

/// A run to report on.
#[derive(Debug)]
pub struct Run {
    folder: PathBuf,
    config: RunConfig,
    metrics: Vec<MetricsRow>,
    command: Option<String>,
    evaluation: Option<Evaluation>,
    remarks: Vec<String>,
}

/// What came of evaluating a run.
#[derive(Debug)]
struct Evaluation {
    backend: String,
    epoch: Option<usize>,
    answers: Answers,
    /// The images of the worst mistakes that are shown, the worst first.
    mistaken: Vec<Vec<u8>>,
}

/// Why a run cannot be evaluated. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    /// Its weights cannot be read.
    #[error(transparent)]
    Trained(#[from] TrainedError),
    /// Its data set is not there.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl Run {
    /// Reads a run folder. `command` repeats the run.
    ///
    /// # Errors
    /// [`RunError`] where the folder is no run or damaged.
    pub fn read(folder: &Path, command: String) -> Result<Self, RunError> {
        let run = RunDir::open(folder)?;
        let config = run.config()?;
        let metrics = run.metrics()?;
        let imported = config.imported_from.as_ref();
        let remark = match imported {
            Some(file) => Some(format!(
                "It was imported from {} and not trained.",
                file.display()
            )),
            None if metrics.is_empty() => {
                Some("It has not come to the end of its first epoch.".into())
            }
            None => None,
        };
        Ok(Self {
            folder: folder.into(),
            command: imported.is_none().then_some(command),
            config,
            metrics,
            evaluation: None,
            remarks: remark.into_iter().collect(),
        })
    }

    /// Puts a sentence into the report.
    pub fn remark(&mut self, sentence: String) {
        self.remarks.push(sentence);
    }

    /// Evaluates the run's last weights on its test set, for the report to show which classes it confuses.
    /// Tells what the user should know of the data.
    ///
    /// # Errors
    /// [`EvaluationError`] where weights or data are not there; nothing is downloaded.
    pub fn evaluate(
        &mut self,
        selected: &Selected,
        data_dir: Option<&Path>,
        show_progress: bool,
    ) -> Result<Vec<String>, EvaluationError> {
        let trained = Trained::of_run(&self.folder, WEIGHTS)?;
        let test = trained.test_set(data_dir, show_progress)?;
        let mut warnings: Vec<String> = test.warning.into_iter().collect();
        let images = Arc::new(test.images);
        let recorded = self.config.dataset.num_test;
        if images.len() != recorded && self.config.imported_from.is_none() {
            warnings.push(format!(
                "{} was tested on {} images of {}, and {} holds {}",
                self.folder.display(),
                thousands(recorded),
                self.config.dataset.id,
                test.origin,
                thousands(images.len())
            ));
        }
        let model = trained.on(selected, Conv::Auto)?;
        let batcher = trained.batcher(images.clone());
        let batch_size = evaluate::batch_size(trained.architecture.input());
        let answers = evaluate::answers(&model, &batcher, batch_size, selected)?;
        self.evaluation = Some(Evaluation {
            backend: format!("{} {}", selected.backend.id, selected.info.id),
            epoch: trained.epoch,
            mistaken: mistaken(&answers, trained.classes.len(), &images)?,
            answers,
        });
        Ok(warnings)
    }

    fn split(&self, split: &str) -> impl Iterator<Item = &MetricsRow> {
        self.metrics.iter().filter(move |row| row.split == split)
    }

    fn last(&self, split: &str) -> Option<&MetricsRow> {
        self.split(split).last()
    }
}

/// The page, whose figures are named as `runs.html` has them.
#[derive(Serialize)]
struct View {
    kind: &'static str,
    zoo: &'static str,
    title: String,
    lead: String,
    headlines: Vec<Headline>,
    /// Empty for one run, which needs no table.
    columns: Vec<Column>,
    keys: Vec<Key>,
    overlaid: Vec<LineChart>,
    runs: Vec<RunView>,
}

#[derive(Serialize)]
struct RunView {
    look: Look,
    name: String,
    cells: Vec<Cell>,
    remarks: Vec<String>,
    curves: Charts<LineChart>,
    epochs: Vec<Epoch>,
    evaluation: Option<EvaluationView>,
    facts: Vec<Fact>,
    command: Option<String>,
}

#[derive(Serialize)]
struct Epoch {
    epoch: usize,
    split: String,
    loss: String,
    accuracy: String,
    speed: String,
    seconds: String,
}

#[derive(Serialize)]
struct EvaluationView {
    sentence: String,
    classes: Vec<Class>,
    /// Empty where there are too many classes.
    confusion: Vec<ConfusionRow>,
    mistakes_title: String,
    mistakes: Vec<Picture>,
}

#[derive(Serialize)]
struct Class {
    class: String,
    images: String,
    precision: String,
    recall: String,
    f1: String,
}

#[derive(Serialize)]
struct ConfusionRow {
    class: String,
    cells: Vec<Confused>,
}

#[derive(Serialize)]
struct Confused {
    count: String,
    /// Of the row, in whole per cent.
    share: u64,
    right: bool,
    tell: String,
}

#[derive(Serialize)]
struct Picture {
    /// A data URI.
    picture: String,
    width: u32,
    height: u32,
    image: usize,
    said: String,
    probability: String,
    is: String,
}

/// The report of one run, or of several with their curves overlaid: one page of HTML with everything in
/// it.
///
/// # Errors
/// [`ReportError::Empty`] without runs; [`ReportError::Template`], which would be a defect of this
/// program.
pub fn of_runs(runs: &[Run]) -> Result<String, ReportError> {
    let first = runs.first().ok_or(ReportError::Empty)?;
    let names = names(runs);
    let on = |run: &Run| {
        format!(
            "{} on {}",
            run.config.model,
            data::short_name(&run.config.dataset.id)
        )
    };
    let several = runs.len() > 1;
    let courses = runs.iter().zip(&names).enumerate();
    let courses = courses.map(|(number, (run, name))| Course {
        look: Look::new(number),
        name: name.clone(),
        metrics: &run.metrics,
    });
    let courses: Vec<Course> = courses.collect();
    let keys = courses.iter().map(|course| Key {
        look: course.look,
        name: course.name.clone(),
    });
    let view = View {
        kind: if several {
            "training runs"
        } else {
            "training run"
        },
        zoo: env!("CARGO_PKG_VERSION"),
        title: match several {
            true => count(runs.len(), "training run"),
            false => on(first),
        },
        lead: match several {
            true => {
                let mut all: Vec<String> = runs.iter().map(on).collect();
                all.dedup();
                format!("{}.", listed(&all))
            }
            false => lead(&first.config),
        },
        headlines: if several {
            Vec::new()
        } else {
            headlines(first)
        },
        columns: if several { columns() } else { Vec::new() },
        keys: keys.collect(),
        overlaid: if several {
            overlaid(&courses)
        } else {
            Vec::new()
        },
        runs: runs
            .iter()
            .zip(&courses)
            .map(|(run, course)| view(run, course))
            .collect(),
    };
    render("runs.html", view)
}

/// The runs' names: their folders' where these differ, or else their paths.
fn names(runs: &[Run]) -> Vec<String> {
    let name = |run: &Run| match run.folder.file_name() {
        Some(name) => name.to_string_lossy().into_owned(),
        None => run.folder.display().to_string(),
    };
    let names: Vec<String> = runs.iter().map(name).collect();
    let is_unique = |name: &String| names.iter().filter(|other| *other == name).count() == 1;
    match names.iter().all(is_unique) {
        true => names,
        false => runs
            .iter()
            .map(|run| run.folder.display().to_string())
            .collect(),
    }
}

fn lead(config: &RunConfig) -> String {
    format!(
        "Trained on {} images on {} {} with the seed {}: {}.",
        thousands(config.dataset.num_train),
        config.backend,
        config.device,
        config.seed,
        config.recipe_in_words()
    )
}

/// What a reader wants to know first.
fn headlines(run: &Run) -> Vec<Headline> {
    let Some(test) = run.last("test") else {
        return Vec::new();
    };
    let mut headlines = vec![
        Headline {
            name: "test accuracy".into(),
            figure: percent(test.accuracy),
            unit: "%",
            remark: format!("after epoch {} of {}", test.epoch, run.config.num_epochs),
        },
        Headline {
            name: "test loss".into(),
            figure: format!("{:.4}", test.loss),
            unit: "nats",
            remark: "the mean cross-entropy".into(),
        },
    ];
    if let (Some(speed), Some(seconds)) = (speed(run), trained_s(run)) {
        headlines.push(Headline {
            name: "training".into(),
            figure: number(speed),
            unit: "images/s",
            remark: format!("{} s in all, without the evaluations", number(seconds)),
        });
    }
    headlines
}

/// The median over the epochs.
fn speed(run: &Run) -> Option<f64> {
    let speeds = run.split("train").map(|row| row.images_per_second);
    Some(median(&speeds.collect::<Vec<_>>())).filter(|speed| speed.is_finite())
}

fn trained_s(run: &Run) -> Option<f64> {
    let seconds = run.split("train").map(|row| row.seconds);
    seconds.reduce(|sum, seconds| sum + seconds)
}

fn columns() -> Vec<Column> {
    vec![
        Column::words("run"),
        Column::words("model"),
        Column::words("data"),
        Column::words("backend"),
        Column::figures("seed", ""),
        Column::figures("epochs", ""),
        Column::figures("test accuracy", "%"),
        Column::figures("test loss", "nats"),
        Column::figures("train loss", "nats"),
        Column::figures("training", "images/s"),
        Column::figures("time", "s"),
    ]
}

/// What stands in the columns after the first.
fn cells(run: &Run) -> Vec<Cell> {
    let config = &run.config;
    let loss = |split| Cell::optional(run.last(split).map(|row| format!("{:.4}", row.loss)));
    let done = run.metrics.last().map_or(0, |row| row.epoch);
    let epochs = Cell::figure(done.to_string());
    vec![
        Cell::words(&config.model),
        Cell::words(data::short_name(&config.dataset.id)),
        Cell::words(format!("{} {}", config.backend, config.device)),
        Cell::figure(config.seed.to_string()),
        match done == config.num_epochs {
            true => epochs,
            false => epochs.remark(format!("of {}", config.num_epochs)),
        },
        Cell::optional(run.last("test").map(|row| percent(row.accuracy))),
        loss("test"),
        loss("train"),
        Cell::optional(speed(run).map(number)),
        Cell::optional(trained_s(run).map(number)),
    ]
}

fn view(run: &Run, course: &Course) -> RunView {
    let (keys, charts) = of_splits(&Course {
        name: String::new(),
        ..*course
    });
    let epochs = run.metrics.iter().map(|row| Epoch {
        epoch: row.epoch,
        split: row.split.clone(),
        loss: format!("{:.4}", row.loss),
        accuracy: percent(row.accuracy),
        speed: number(row.images_per_second),
        seconds: number(row.seconds),
    });
    RunView {
        look: course.look,
        name: course.name.clone(),
        cells: cells(run),
        remarks: run.remarks.clone(),
        curves: Charts { keys, charts },
        epochs: epochs.collect(),
        evaluation: run
            .evaluation
            .as_ref()
            .map(|found| evaluation(&run.config, found)),
        facts: facts(run),
        command: run.command.clone(),
    }
}

fn facts(run: &Run) -> Vec<Fact> {
    let config = &run.config;
    let dataset = &config.dataset;
    let mut facts = vec![Fact::new(
        "model",
        match num_params(&config.architecture) {
            Ok(parameters) => format!("{}, {} parameters", config.model, thousands(parameters)),
            Err(_) => config.model.clone(),
        },
    )];
    let trained = config.imported_from.is_none();
    if trained {
        let valid = match dataset.num_valid {
            0 => String::new(),
            images => format!(", {} for validation", thousands(images)),
        };
        facts.push(Fact::new("recipe", config.recipe_in_words()));
        facts.push(Fact::new(
            "data",
            format!(
                "{}, {} images to train on{valid}, {} to test on ({})",
                dataset.id,
                thousands(dataset.num_train),
                thousands(dataset.num_test),
                dataset.origin
            ),
        ));
        facts.push(Fact::new(
            "backend",
            format!(
                "{} on {}, {}",
                config.backend, config.device, config.hardware
            ),
        ));
        facts.push(Fact::new("seed", config.seed.to_string()));
    }
    if !config.convolutions.is_empty() {
        facts.push(Fact::new("convolutions", in_words(&config.convolutions)));
    }
    let beginning = beginning_in_words(config).unwrap_or_default();
    facts.extend(
        beginning
            .into_iter()
            .map(|(name, words)| Fact::new(name, words)),
    );
    if !config.earlier.is_empty() {
        facts.push(Fact::new("earlier", config.earlier.join("; ")));
    }
    facts.push(Fact::new("run", run.folder.display().to_string()));
    facts.push(Fact::new("burn-zoo", &config.zoo));
    facts.push(Fact::new("Burn", &config.burn));
    facts
}

/// The images of the worst mistakes.
fn mistaken(
    answers: &Answers,
    num_classes: usize,
    images: &ImageDataset,
) -> Result<Vec<Vec<u8>>, DataError> {
    let mistakes = mistakes(answers, num_classes).into_iter();
    let images = mistakes
        .take(MOST_MISTAKES)
        .map(|mistake| Ok(images.image(mistake.image)?.into_owned()));
    images.collect()
}

fn evaluation(config: &RunConfig, found: &Evaluation) -> EvaluationView {
    let classes = &config.dataset.classes;
    let confusion = found.answers.confusion(classes.len());
    let tally = found.answers.tally();
    let share = |share: Option<f64>| share.map_or(NONE.into(), percent);
    let scores = class_scores(classes, &confusion);
    let scores = scores.into_iter().map(|score| Class {
        class: score.class,
        images: thousands(score.images),
        precision: share(score.precision),
        recall: share(score.recall),
        f1: share(score.f1),
    });
    let mistakes = mistakes(&found.answers, classes.len());
    let shown = mistakes.iter().zip(&found.mistaken);
    let pictures: Vec<Picture> = shown
        .map(|(mistake, pixels)| picture(config, mistake, pixels))
        .collect();
    EvaluationView {
        sentence: format!(
            "The weights{}, evaluated on {}: of {} images {} % are told rightly, loss {:.4} nats.",
            found
                .epoch
                .map_or(String::new(), |epoch| format!(" after epoch {epoch}")),
            found.backend,
            thousands(tally.images),
            percent(tally.accuracy()),
            tally.mean_loss(),
        ),
        classes: scores.collect(),
        confusion: match classes.len() {
            0..=MOST_CLASSES => matrix(classes, &confusion),
            _ => Vec::new(),
        },
        mistakes_title: match pictures.len() < mistakes.len() {
            true => format!(
                "The {} worst of {} mistakes",
                pictures.len(),
                thousands(mistakes.len())
            ),
            false => "The mistakes, the worst first".into(),
        },
        mistakes: pictures,
    }
}

fn matrix(classes: &[String], counts: &[Vec<u64>]) -> Vec<ConfusionRow> {
    let rows = classes.iter().zip(counts).enumerate();
    let rows = rows.map(|(row, (class, counts))| {
        let images: u64 = counts.iter().sum();
        let cells = counts.iter().enumerate().map(|(column, &count)| Confused {
            count: match count {
                0 => String::new(),
                _ => thousands(count),
            },
            share: (100 * count).checked_div(images).unwrap_or(0),
            right: row == column,
            tell: format!(
                "{} of {} images of {class} said to be {}",
                thousands(count),
                thousands(images),
                classes[column]
            ),
        });
        ConfusionRow {
            class: class.clone(),
            cells: cells.collect(),
        }
    });
    rows.collect()
}

fn picture(config: &RunConfig, mistake: &Mistake, pixels: &[u8]) -> Picture {
    let classes = &config.dataset.classes;
    let tile = Tile::of_pixels(config.architecture.input(), pixels, Vec::new());
    let (said, probability) = mistake.said;
    let (picture, [width, height]) = png(&tile);
    Picture {
        picture: format!("data:image/png;base64,{}", STANDARD.encode(picture)),
        width,
        height,
        image: mistake.image,
        said: classes[said].clone(),
        probability: format!("{:.0}", 100.0 * probability),
        is: classes[mistake.target].clone(),
    }
}

/// An image as a PNG file with its size, made smaller where it is large.
fn png(tile: &Tile) -> (Vec<u8>, [u32; 2]) {
    let [width, height] = [tile.width as u32, tile.height as u32];
    let mut image = RgbImage::from_raw(width, height, tile.colours.concat())
        .expect("a tile has a colour for every pixel");
    let larger = width.max(height);
    if larger > LARGEST_SIDE {
        let side = |side: u32| (side * LARGEST_SIDE / larger).max(1);
        image = resize(&image, side(width), side(height), FilterType::Triangle);
    }
    let mut file = Cursor::new(Vec::new());
    image
        .write_to(&mut file, ImageFormat::Png)
        .expect("memory can be written to");
    (file.into_inner(), [image.width(), image.height()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::DatasetConfig;
    use burn_zoo_models::{ImageShape, PerChannel, find};

    fn run(name: &str, epochs: usize) -> Run {
        let spec = find("mlp-relu").unwrap();
        let classes = vec!["<b>&\"".to_owned(), "boot".into()];
        let rows = (1..=epochs).flat_map(|epoch| {
            ["train", "test"].map(|split| MetricsRow {
                epoch,
                split: split.into(),
                loss: 0.5,
                accuracy: 0.75,
                images_per_second: 2_000.0,
                seconds: 1.5,
            })
        });
        Run {
            folder: format!("runs/{name}").into(),
            config: RunConfig {
                format: 1,
                zoo: "0.1.0".into(),
                burn: "0.21.0".into(),
                model: "mlp-relu".into(),
                architecture: spec.config(ImageShape::new(1, 2, 2), 2),
                dataset: DatasetConfig {
                    id: "fashion-mnist".into(),
                    origin: "folder data".into(),
                    classes,
                    fit: Default::default(),
                    mean: PerChannel::all(0.5),
                    std: PerChannel::all(0.5),
                    limit: None,
                    valid_fraction: 0.0,
                    num_train: 60_000,
                    num_valid: 0,
                    num_test: 2,
                },
                adam: burn_zoo_steps::AdamSettings::new(1e-3),
                batch_size: 1024,
                num_epochs: 3,
                refinements: burn_zoo_models::Refinements::NONE,
                seed: 42,
                backend: "flex".into(),
                device: "cpu".into(),
                hardware: "a CPU".into(),
                initial_weights_sha256: String::new(),
                convolutions: Vec::new(),
                init_from: None,
                new_head: false,
                freeze: Vec::new(),
                backbone_learning_rate: None,
                imported_from: None,
                earlier: Vec::new(),
            },
            metrics: rows.collect(),
            command: Some("zoo train --config runs/a/config.json".into()),
            evaluation: Some(Evaluation {
                backend: "flex cpu".into(),
                epoch: Some(3),
                mistaken: vec![vec![0, 90, 180, 255]],
                answers: Answers {
                    targets: vec![0, 1],
                    predicted: vec![1, 1],
                    logits: vec![0.0, 2.0, 0.0, 3.0],
                    loss: 2.0,
                    seconds: 1.0,
                },
            }),
            remarks: Vec::new(),
        }
    }

    fn page(runs: &[Run]) -> String {
        of_runs(runs).unwrap().replace("&#x2f;", "/")
    }

    #[test]
    fn a_run_is_told_with_its_recipe_its_figures_and_the_command_that_repeats_it() {
        let page = page(&[run("a", 3)]);
        for word in [
            "Adam at 1e-3, batches of 1024, 3 epochs",
            "60,000 images to train on, 2 to test on",
            "flex on cpu, a CPU",
            "zoo train --config runs/a/config.json",
            "75.00 <span class=\"unit\">%</span>",
            "Accuracy by epoch",
        ] {
            assert!(page.contains(word), "without {word:?}: {page}");
        }
        assert!(
            !page.contains("<tr data-row"),
            "one run needs no table of runs"
        );
    }

    #[test]
    fn a_class_of_any_name_is_shown_as_it_is_and_never_markup() {
        let page = page(&[run("a", 3)]);
        assert!(!page.contains("<b>&\""), "{page}");
        assert!(
            page.contains("<th scope=\"row\">&lt;b&gt;&amp;&quot;</th>"),
            "{page}"
        );
    }

    #[test]
    fn a_mistake_is_shown_with_what_was_said_and_what_it_is() {
        let page = page(&[run("a", 3)]);
        assert_eq!(page.matches("<img src=\"data:image/png;base64,").count(), 1);
        assert!(
            page.contains("said <b>boot</b> <span>88 %</span><br>is <b>&lt;b&gt;&amp;&quot;</b>"),
            "{page}"
        );
        assert!(
            page.contains("1 of 1 images of boot said to be boot"),
            "{page}"
        );
    }

    #[test]
    fn a_picture_has_the_images_pixels_and_a_large_one_is_made_smaller() {
        let colours: Vec<[u8; 3]> = (0..4).map(|value| [60 * value; 3]).collect();
        let tile = |width, height, colours| Tile {
            width,
            height,
            colours,
            labels: Vec::new(),
        };
        let (file, size) = png(&tile(2, 2, colours.clone()));
        let read = image::load_from_memory(&file).unwrap().into_rgb8();
        assert_eq!((size, read.into_raw()), ([2, 2], colours.concat()));
        let (_, size) = png(&tile(192, 96, vec![[7; 3]; 192 * 96]));
        assert_eq!(size, [96, 48]);
    }

    #[test]
    fn several_runs_have_a_table_overlaid_curves_and_each_its_details() {
        let runs = [run("a", 3), run("b", 2)];
        let page = page(&runs);
        assert_eq!(page.matches("<tr data-row").count(), 2);
        assert!(page.contains("Test accuracy by time of training"), "{page}");
        assert!(page.contains("<small>of 3</small>"), "{page}");
        for name in ["<h2>a</h2>", "<h2>b</h2>"] {
            assert!(page.contains(name), "without {name}: {page}");
        }
    }

    #[test]
    fn runs_of_equal_folder_names_are_told_apart_by_their_paths() {
        let mut other = run("a", 3);
        other.folder = "elsewhere/a".into();
        assert_eq!(names(&[run("a", 3), other]), ["runs/a", "elsewhere/a"]);
    }

    #[test]
    fn a_run_without_epochs_or_evaluation_is_a_page_too() {
        let mut bare = run("a", 0);
        bare.evaluation = None;
        bare.command = None;
        bare.remark("It was imported from <x>.".into());
        let page = page(&[bare]);
        assert!(page.contains("imported from &lt;x&gt;"), "{page}");
        for word in ["Accuracy by epoch", "Confusion matrix", "repeats it"] {
            assert!(!page.contains(word), "{word}: {page}");
        }
        assert!(matches!(of_runs(&[]), Err(ReportError::Empty)));
    }

    #[test]
    fn more_classes_than_can_be_read_have_no_confusion_matrix_but_their_scores() {
        let mut many = run("a", 1);
        many.config.dataset.classes = (0..=MOST_CLASSES)
            .map(|class| format!("class {class}"))
            .collect();
        let classes = many.config.dataset.classes.len();
        many.evaluation.as_mut().unwrap().answers.logits = vec![0.0; 2 * classes];
        let page = page(&[many]);
        assert!(!page.contains("Confusion matrix"));
        assert!(page.contains(">class 40</th>"), "{page}");
    }
}
