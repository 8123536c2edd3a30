//! The page of a comparison.

use super::chart::{BarChart, Key, LineChart, Look, Value};
use super::curves::{Course, overlaid};
use super::figures::{NONE, count, listed, megabytes, number, percent, quantile};
use super::{Fact, Headline, ReportError, render};
use crate::bench::median;
use crate::compare::{Comparison, Machine, Row};
use crate::convolution::in_words;
use crate::data;
use crate::numbers::mean_and_deviation;
use crate::numbers::thousands;
use serde::Serialize;

/// The page, whose figures are named as `comparison.html` has them.
#[derive(Serialize)]
struct View {
    kind: &'static str,
    zoo: &'static str,
    title: String,
    lead: String,
    headlines: Vec<Headline>,
    columns: Vec<Column>,
    models: Vec<Model>,
    note: String,
    facts: Vec<Fact>,
    skipped: Vec<String>,
    command: String,
}

/// A column of a table of figures.
#[derive(Serialize)]
pub(super) struct Column {
    pub name: String,
    pub unit: &'static str,
    /// Whether it holds words, and stands left.
    pub words: bool,
}

/// What stands in such a column.
#[derive(Serialize)]
pub(super) struct Cell {
    pub figure: String,
    pub remark: String,
    pub words: bool,
    pub fastest: bool,
    pub bad: bool,
}

#[derive(Serialize)]
struct Model {
    name: String,
    setting: String,
    rows: Vec<RowView>,
    keys: Vec<Key>,
    bars: Vec<BarChart>,
    curves: Vec<LineChart>,
}

#[derive(Serialize)]
struct RowView {
    look: Look,
    backend: String,
    place: String,
    mark: &'static str,
    cells: Vec<Cell>,
    troubles: Vec<String>,
}

impl Column {
    pub fn figures(name: impl Into<String>, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            unit,
            words: false,
        }
    }

    pub fn words(name: impl Into<String>) -> Self {
        Self {
            words: true,
            ..Self::figures(name, "")
        }
    }
}

impl Cell {
    pub fn figure(figure: impl Into<String>) -> Self {
        Self {
            figure: figure.into(),
            remark: String::new(),
            words: false,
            fastest: false,
            bad: false,
        }
    }

    pub fn words(words: impl Into<String>) -> Self {
        Self {
            words: true,
            ..Self::figure(words)
        }
    }

    pub fn optional(figure: Option<String>) -> Self {
        Self::figure(figure.unwrap_or(NONE.into()))
    }

    pub fn remark(mut self, remark: impl Into<String>) -> Self {
        self.remark = remark.into();
        self
    }
}

/// The report of a comparison: one page of HTML with everything in it.
///
/// # Errors
/// [`ReportError::Template`], which would be a defect of this program.
pub fn of_comparison(comparison: &Comparison) -> Result<String, ReportError> {
    let Comparison { rows, machine, .. } = comparison;
    let models = rows.chunk_by(|a, b| a.model == b.model);
    let columns = columns(comparison);
    let view = View {
        kind: "comparison of backends",
        zoo: env!("CARGO_PKG_VERSION"),
        title: format!("Backends on {}", data::short_name(&comparison.dataset)),
        lead: lead(comparison),
        headlines: models.clone().filter_map(headline).collect(),
        models: models
            .map(|rows| model(comparison, rows, &columns))
            .collect(),
        columns: columns.into_iter().map(|(column, _)| column).collect(),
        note: note(comparison),
        facts: facts(machine),
        skipped: comparison.skipped.clone(),
        command: comparison.command.clone(),
    };
    render("comparison.html", view)
}

/// What was compared, in a sentence or two.
fn lead(comparison: &Comparison) -> String {
    let names = |name: fn(&Row) -> &str| {
        let mut names: Vec<String> = Vec::new();
        for row in &comparison.rows {
            if names.iter().all(|known| known != name(row)) {
                names.push(name(row).into());
            }
        }
        names
    };
    let models = names(|row| &row.model);
    let backends = names(|row| &row.backend);
    let dataset = data::short_name(&comparison.dataset);
    let on = match models.as_slice() {
        [] => "No model".into(),
        models => listed(models),
    };
    let on = format!("{on} on {}", listed(&backends));
    let seeds: Vec<String> = comparison.seeds.iter().map(u64::to_string).collect();
    let trained = match comparison.num_train {
        0 => format!(", with images of the shape of {dataset}; nothing was trained to the end."),
        images => format!(
            ", trained on {} images of {dataset} with the {} {} and tested on {}.",
            thousands(images),
            if seeds.len() == 1 { "seed" } else { "seeds" },
            listed(&seeds),
            thousands(comparison.num_test)
        ),
    };
    let bad = comparison.rows.iter().filter(|row| !row.holds()).count();
    let all = count(comparison.rows.len(), "row");
    let verdict = match bad {
        0 => String::new(),
        1 => format!(" One of {all} has a fault, which the table tells."),
        _ => format!(" {bad} of {all} have faults, which the table tells."),
    };
    format!("{on}{trained}{verdict}")
}

/// The backend on which a model trains fastest, of those without fault.
fn headline(rows: &[Row]) -> Option<Headline> {
    let speeds = speeds(rows, Row::training);
    let &(fastest, speed) = speeds.first()?;
    let remark = match speeds.get(1) {
        Some((next, slower)) => format!(
            "in training on {}, {:.2} × {}",
            name(fastest, rows),
            speed / slower,
            name(next, rows)
        ),
        None => format!("in training on {}", name(fastest, rows)),
    };
    Some(Headline {
        name: fastest.model.clone(),
        figure: number(speed),
        unit: "images/s",
        remark,
    })
}

/// The median speed of each row without fault, the fastest first.
fn speeds(rows: &[Row], speed: fn(&Row) -> Vec<f64>) -> Vec<(&Row, f64)> {
    let sound = rows.iter().filter(|row| row.holds());
    let speeds = sound.map(|row| (row, median(&speed(row))));
    let mut speeds: Vec<_> = speeds.filter(|(_, speed)| speed.is_finite()).collect();
    speeds.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    speeds
}

/// A row's backend, with the device where it is there on several.
fn name(row: &Row, rows: &[Row]) -> String {
    let same = rows.iter().filter(|other| other.backend == row.backend);
    match same.count() {
        1 => row.backend.clone(),
        _ => format!("{} {}", row.backend, row.device),
    }
}

/// What a cell is made from, beside its row.
struct Context<'a> {
    /// The rows of the same model.
    rows: &'a [Row],
    /// The accuracy that the time is taken to.
    time_to: f64,
}

type Fill = fn(&Row, &Context) -> Cell;

/// The columns and how they are filled, without those that would be empty; the first is the row's name.
fn columns(comparison: &Comparison) -> Vec<(Column, Fill)> {
    let rows = &comparison.rows;
    let trained = comparison.num_train > 0;
    let time_to = comparison.time_to.unwrap_or_default();
    let time_to = format!("time to {}\u{a0}%", (1e4 * time_to).round() / 100.0);
    let with_convolutions = rows.iter().any(|row| !row.convolutions.is_empty());
    let on_gpu = rows.iter().any(|row| row.gpu_memory_bytes.is_some());
    let columns: [(bool, Column, Fill); 12] = [
        (true, Column::words("backend"), |row, _| {
            Cell::words(&row.backend)
        }),
        (
            true,
            Column::figures("training", "images/s"),
            |row, context| speed(row, context.rows, Row::training),
        ),
        (
            true,
            Column::figures("inference", "images/s"),
            |row, context| speed(row, context.rows, Row::inference),
        ),
        (trained, Column::figures("epoch", "s"), |row, _| {
            Cell::optional(row.epoch_s().map(number))
        }),
        (
            comparison.time_to.is_some(),
            Column::figures(time_to, "s"),
            |row, context| match row.time_to(context.time_to) {
                Some(seconds) => Cell::figure(number(seconds)),
                None if row.runs.iter().all(|run| run.metrics.is_empty()) => Cell::figure(NONE),
                None => Cell::figure("not reached"),
            },
        ),
        (trained, Column::figures("test accuracy", "%"), |row, _| {
            accuracy(row)
        }),
        (true, Column::words("parity"), |row, _| parity(row)),
        (true, Column::figures("peak memory", "MB"), |row, _| {
            Cell::optional(row.peak_memory_bytes.map(megabytes))
        }),
        (on_gpu, Column::figures("GPU memory", "MB"), |row, _| {
            Cell::optional(row.gpu_memory_bytes.map(megabytes))
        }),
        (true, Column::figures("first step, cold", "s"), |row, _| {
            Cell::optional(row.first_step_cold_s.map(number))
        }),
        (
            true,
            Column::figures("first step, kernels kept", "s"),
            |row, _| Cell::optional(row.first_step_cached_s.map(number)),
        ),
        (
            with_convolutions,
            Column::words("convolutions"),
            |row, _| match in_words(&row.convolutions) {
                words if words.is_empty() => Cell::words(NONE),
                // "3 × direct" stays in one line.
                words => Cell::words(words.replace(" × ", "\u{a0}×\u{a0}")),
            },
        ),
    ];
    let there = columns.into_iter().filter(|(is_there, ..)| *is_there);
    there.map(|(_, column, fill)| (column, fill)).collect()
}

/// The median speed with the range of the samples.
fn speed(row: &Row, rows: &[Row], samples: fn(&Row) -> Vec<f64>) -> Cell {
    let values = samples(row);
    let Some([low, high]) = spread(&values) else {
        return Cell::figure(NONE);
    };
    let others = speeds(rows, samples);
    Cell {
        fastest: others.len() > 1 && std::ptr::eq(others[0].0, row),
        ..Cell::figure(number(median(&values)))
    }
    .remark(format!("{} – {}", number(low), number(high)))
}

/// Where most of some values lie: without the tenth at either end.
fn spread(values: &[f64]) -> Option<[f64; 2]> {
    Some([quantile(values, 0.1)?, quantile(values, 0.9)?])
}

fn accuracy(row: &Row) -> Cell {
    let accuracies = row.accuracies();
    match mean_and_deviation(&accuracies) {
        Some((mean, deviation)) => {
            let deviation = deviation.map_or(String::new(), |deviation| {
                format!(" ± {}", percent(deviation))
            });
            Cell::figure(format!("{}{deviation}", percent(mean)))
                .remark(format!("n = {}", accuracies.len()))
        }
        None => Cell::figure(NONE),
    }
}

fn parity(row: &Row) -> Cell {
    let Some(parity) = &row.parity else {
        return Cell::words(NONE);
    };
    // The words of `zoo parity`.
    let cell = match parity.holds {
        true => Cell::words("same"),
        false => Cell {
            bad: true,
            ..Cell::words("DIFFERENT")
        },
    };
    cell.remark(format!("gradient off by {}", relative(parity.gradient)))
}

/// A relative error as `zoo parity` prints it.
fn relative(error: f64) -> String {
    match error.is_finite() {
        true => format!("{error:.1e}"),
        false => "no number".into(),
    }
}

fn model(comparison: &Comparison, rows: &[Row], columns: &[(Column, Fill)]) -> Model {
    let looks = looks(comparison);
    let look = |row: &Row| {
        let place = looks.iter().position(|known| *known == place_of(row));
        Look::new(place.unwrap_or_default())
    };
    let keys = rows.iter().map(|row| Key {
        look: look(row),
        name: name(row, rows),
    });
    let keys: Vec<Key> = keys.collect();
    let context = Context {
        rows,
        time_to: comparison.time_to.unwrap_or_default(),
    };
    let views = rows.iter().map(|row| {
        let breaches = row.parity.iter().flat_map(|parity| &parity.breaches);
        let breaches = breaches.map(|breach| format!("parity: {breach}"));
        RowView {
            look: look(row),
            backend: row.backend.clone(),
            place: match row.hardware.as_str() {
                "" => row.device.clone(),
                hardware => format!("{}: {hardware}", row.device),
            },
            mark: if row.troubles.is_empty() {
                ""
            } else {
                "FAILED"
            },
            cells: columns[1..]
                .iter()
                .map(|(_, fill)| fill(row, &context))
                .collect(),
            troubles: row.troubles.iter().cloned().chain(breaches).collect(),
        }
    });
    let bars = |title, unit, amount: fn(&Row) -> Amount| {
        let values = keys
            .iter()
            .zip(rows)
            .map(|(key, row)| amount(row).of(key, unit));
        BarChart::new(title, unit, &values.collect::<Vec<_>>())
    };
    let charts = [
        bars("Training", "images/s", |row| {
            Amount::median(&row.training())
        }),
        bars("Inference", "images/s", |row| {
            Amount::median(&row.inference())
        }),
        bars("Peak memory in training", "MB", |row| {
            Amount::megabytes(row.peak_memory_bytes)
        }),
        bars("Memory on the GPU", "MB", |row| {
            Amount::megabytes(row.gpu_memory_bytes)
        }),
    ];
    let courses = keys.iter().zip(rows).flat_map(|(key, row)| {
        row.runs.iter().map(|run| Course {
            look: key.look,
            name: format!("{}, seed {}", key.name, run.seed),
            metrics: &run.metrics,
        })
    });
    let curves = overlaid(&courses.collect::<Vec<_>>());
    Model {
        name: rows[0].model.clone(),
        setting: setting(&rows[0], comparison),
        rows: views.collect(),
        bars: charts.into_iter().flatten().collect(),
        keys,
        curves,
    }
}

/// What a bar shows.
struct Amount {
    value: Option<f64>,
    spread: Option<[f64; 2]>,
}

impl Amount {
    /// The median of some values, and where most of them lie.
    fn median(values: &[f64]) -> Self {
        Self {
            value: Some(median(values)).filter(|value| value.is_finite()),
            spread: spread(values),
        }
    }

    fn megabytes(bytes: Option<u64>) -> Self {
        Self {
            value: bytes.map(|bytes| bytes as f64 / 1e6),
            spread: None,
        }
    }

    fn of(self, key: &Key, unit: &str) -> Value {
        let Self { value, spread } = self;
        let told = match (value.map(number), spread.map(|ends| ends.map(number))) {
            (None, _) => "not measured".into(),
            (Some(value), None) => format!("{value} {unit}"),
            (Some(value), Some([low, high])) => {
                format!("{value} {unit}, most from {low} to {high}")
            }
        };
        Value {
            look: key.look,
            name: key.name.clone(),
            value,
            spread,
            tell: format!("{}: {told}", key.name),
        }
    }
}

/// What all rows of a model have in common.
fn setting(row: &Row, comparison: &Comparison) -> String {
    let batches = format!("batches of {}", thousands(row.batch_size));
    match comparison.num_train {
        0 => batches,
        _ => format!("{batches}, {}", count(row.num_epochs, "epoch")),
    }
}

fn place_of(row: &Row) -> (&str, &str) {
    (&row.backend, &row.device)
}

/// Every backend with its device, in the order in which they come: each looks the same in all models.
fn looks(comparison: &Comparison) -> Vec<(&str, &str)> {
    let mut looks = Vec::new();
    for place in comparison.rows.iter().map(place_of) {
        if !looks.contains(&place) {
            looks.push(place);
        }
    }
    looks
}

fn note(comparison: &Comparison) -> String {
    let mut note = "Speeds are medians, with the range in which most of the measured steps lie (10 % to 90 %). \
         The first step counts from the start of the process: cold, without kernels kept from \
         before, and with those that the cold start left. Memory is the process's, in training. "
        .to_owned();
    if comparison.num_train > 0 {
        note += "An epoch is its training pass alone, the median over all epochs and seeds. \
             Accuracies are of the finished seeds after the last epoch: mean ± standard deviation, n seeds. ";
    }
    if comparison.time_to.is_some() {
        note += "The time to an accuracy is the median over the seeds, of training alone. ";
    }
    note += "Parity: whether a backend computes what float64 computes, as exactly as float32 allows, and the \
         relative error of the gradient that is nearest to its tolerance. The fastest is marked among the \
         rows without fault.";
    note
}

fn facts(machine: &Machine) -> Vec<Fact> {
    let memory = machine.memory_bytes.map(|bytes| {
        let gigabytes = bytes as f64 / 1e9;
        Fact::new("memory", format!("{} GB", number(gigabytes)))
    });
    let facts = [
        Some(Fact::new("CPU", &machine.cpu)),
        memory,
        Some(Fact::new("system", &machine.os)),
        Some(Fact::new("burn-zoo", &machine.zoo)),
        Some(Fact::new("Burn", &machine.burn)),
        Some(Fact::new("began", date(&machine.began))),
    ];
    facts.into_iter().flatten().collect()
}

/// "28 November 2026, 09:41 UTC" for "2026-11-28T09:41:07Z".
fn date(time: &str) -> String {
    match time.parse::<jiff::Timestamp>() {
        Ok(time) => time.strftime("%-d %B %Y, %H:%M UTC").to_string(),
        Err(_) => time.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{FORMAT, Parity, SeedRun};
    use crate::run::MetricsRow;
    use burn_zoo_models::ConvAlgorithm;

    fn run(seed: u64, num_epochs: usize, finished: bool) -> SeedRun {
        let epochs = 1..=num_epochs;
        let metrics = epochs.flat_map(|epoch| {
            ["train", "test"].map(|split| MetricsRow {
                epoch,
                split: split.into(),
                loss: 0.7 / epoch as f64 + 0.01 * seed as f64,
                accuracy: 0.9 - 0.1 / epoch as f64,
                images_per_second: 1000.0,
                seconds: 2.0,
            })
        });
        SeedRun {
            seed,
            finished,
            metrics: metrics.collect(),
        }
    }

    fn row(model: &str, backend: &str, step_s: f64) -> Row {
        Row {
            model: model.into(),
            backend: backend.into(),
            device: "cpu".into(),
            hardware: "a CPU, 2 threads".into(),
            batch_size: 1000,
            num_epochs: 3,
            convolutions: vec![ConvAlgorithm::Im2col, ConvAlgorithm::Frequency],
            first_step_cold_s: Some(3.25),
            first_step_cached_s: Some(1.5),
            train_step_s: vec![step_s, 1.1 * step_s, 0.9 * step_s],
            infer_step_s: vec![0.5 * step_s; 3],
            peak_memory_bytes: Some(804_000_000),
            gpu_memory_bytes: None,
            parity: Some(Parity {
                holds: true,
                convolutions: Vec::new(),
                logits: 1e-7,
                gradient: 7.7e-7,
                breaches: Vec::new(),
            }),
            runs: vec![run(42, 3, true), run(43, 3, true)],
            troubles: Vec::new(),
        }
    }

    fn comparison(rows: Vec<Row>) -> Comparison {
        Comparison {
            format: FORMAT,
            command: "zoo compare cnn --backends flex,libtorch".into(),
            dataset: "fashion-mnist".into(),
            num_train: 60_000,
            num_test: 10_000,
            seeds: vec![42, 43],
            time_to: Some(0.85),
            machine: Machine {
                cpu: "a CPU, 2 threads".into(),
                memory_bytes: Some(16_000_000_000),
                os: "linux x86_64".into(),
                zoo: "0.1.0".into(),
                burn: "0.21.0".into(),
                began: "2026-11-28T09:41:07Z".into(),
            },
            skipped: vec!["the backend cuda needs an NVIDIA GPU".into()],
            rows,
        }
    }

    /// The page, with what the templates escape beyond need as it was.
    fn page(comparison: &Comparison) -> String {
        of_comparison(comparison).unwrap().replace("&#x2f;", "/")
    }

    #[track_caller]
    fn assert_says(page: &str, words: &[&str]) {
        for word in words {
            assert!(page.contains(word), "without {word:?}: {page}");
        }
    }

    #[test]
    fn every_row_stands_in_the_table_with_its_figures_and_units() {
        let rows = vec![
            row("cnn", "flex", 2.0),
            row("cnn", "libtorch", 1.0),
            row("mlp-relu", "flex", 0.01),
        ];
        let page = page(&comparison(rows));
        assert_eq!(page.matches("<tr data-row").count(), 3);
        assert_says(
            &page,
            &[
                "training <small>images/s</small>",
                "500 <small>464 – 544</small>",
                "804",
                "same",
                "gradient off by 7.7e-7",
                "86.67 ± 0.00 <small>n = 2</small>",
                "im2col, frequency",
                "time to 85\u{a0}%",
                "3.25",
                "28 November 2026, 09:41 UTC",
                "16.0 GB",
                "the backend cuda needs an NVIDIA GPU",
                "zoo compare cnn --backends flex,libtorch",
                "2.00 × flex",
            ],
        );
        assert!(!page.contains("FAILED") && !page.contains("DIFFERENT"));
    }

    #[test]
    fn every_trouble_and_breach_is_told_and_its_row_says_so() {
        let mut crashed = row("cnn", "wgpu", 1.0);
        crashed.troubles = vec!["training with seed 43: the process ended with signal 11".into()];
        crashed.runs[1].finished = false;
        let mut wrong = row("cnn", "ndarray", 0.1);
        wrong.parity = Some(Parity {
            holds: false,
            convolutions: Vec::new(),
            logits: f64::NAN,
            gradient: f64::INFINITY,
            breaches: vec!["the gradient of conv1.weight is off by 1.0e-3".into()],
        });
        let nothing = Row {
            model: "cnn".into(),
            backend: "cuda".into(),
            troubles: vec!["speed: the process did not end within 60 s".into()],
            ..Row::default()
        };
        let rows = vec![row("cnn", "flex", 2.0), crashed, wrong, nothing];
        let page = page(&comparison(rows));
        assert_eq!(page.matches("<tr data-row").count(), 4);
        assert_eq!(page.matches("<strong class=\"mark\">FAILED").count(), 2);
        assert_eq!(page.matches("<strong class=\"mark\">DIFFERENT").count(), 1);
        assert_says(
            &page,
            &[
                "training with seed 43: the process ended with signal 11",
                "the gradient of conv1.weight is off by 1.0e-3",
                "speed: the process did not end within 60 s",
                "3 of 4 rows have faults",
            ],
        );
        // The fast ones have faults, and one without rivals is not the fastest.
        assert!(!page.contains("class=\"best\""), "{page}");
    }

    #[test]
    fn the_fastest_in_training_and_in_inference_are_marked_once_a_model() {
        let mut rows = vec![row("cnn", "flex", 2.0), row("cnn", "libtorch", 1.0)];
        rows[0].infer_step_s = vec![0.1; 3];
        let page = page(&comparison(rows));
        assert_eq!(page.matches("class=\"best\"").count(), 2);
        assert_says(
            &page,
            &[
                "<strong>1,000</strong> <small>927 – 1,089</small> <span class=\"best\">fastest</span>",
                "<strong>10,000</strong> <small>10,000 – 10,000</small> <span class=\"best\">fastest</span>",
            ],
        );
    }

    #[test]
    fn text_from_outside_is_shown_and_never_markup() {
        let name = "<b>&\"'";
        let mut odd = row(name, name, 1.0);
        odd.device = name.into();
        odd.hardware = name.into();
        odd.troubles = vec![name.into()];
        let mut comparison = comparison(vec![odd]);
        comparison.command = name.into();
        comparison.dataset = name.into();
        comparison.skipped = vec![name.into()];
        let page = page(&comparison);
        assert!(!page.contains(name) && !page.contains("<b>"), "{page}");
        let shown = page.matches("&lt;b&gt;&amp;&quot;").count();
        assert!(shown > 10, "{shown} times: {page}");
    }

    #[test]
    fn a_comparison_of_nothing_or_without_training_is_a_page_too() {
        let empty = comparison(Vec::new());
        assert_says(&page(&empty), &["No model"]);
        let mut untrained = row("cnn", "flex", 1.0);
        untrained.runs = Vec::new();
        let page = page(&Comparison {
            num_train: 0,
            num_test: 0,
            time_to: None,
            ..comparison(vec![untrained])
        });
        assert_says(&page, &["nothing was trained"]);
        for word in ["test accuracy", "Loss by epoch", "time to"] {
            assert!(!page.contains(word), "{word}: {page}");
        }
    }

    #[test]
    fn a_large_comparison_stays_below_a_megabyte() {
        let mut rows = Vec::new();
        for model in ["mlp-relu", "cnn", "cnn-maxpool"] {
            for backend in ["flex", "ndarray", "libtorch", "wgpu"] {
                let runs = [42, 43, 44].map(|seed| run(seed, 10, true));
                rows.push(Row {
                    runs: runs.into(),
                    ..row(model, backend, 1.0)
                });
            }
        }
        let page = of_comparison(&comparison(rows)).unwrap();
        assert!(page.len() < 1_000_000, "{} bytes", page.len());
    }

    #[test]
    fn the_page_loads_nothing() {
        let page = page(&comparison(vec![row("cnn", "flex", 2.0)]));
        for address in [
            "http://", "https://", "src=", "url(", "@import", "<script", "<link",
        ] {
            assert!(!page.contains(address), "{address}");
        }
    }
}
