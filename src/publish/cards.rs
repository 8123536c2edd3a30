//! The model cards: the README of the models' crate.

use super::error::PublishError;
use super::list::{by, constant};
use super::story::{LICENCE, Published};
use crate::data;
use crate::numbers::{mean_and_deviation, thousands};
use crate::summary::{graph, num_params};
use std::fmt::Write;

/// The text of `models/README.md`, from the weights and the rows of `docs/speed.csv`.
pub(super) fn markdown(published: &[Published], speed: &str) -> Result<String, PublishError> {
    let mut text = format!(
        "<!-- Made by `zoo publish` from the files in models/weights and docs/speed.csv: not to be edited. -->\n\n\
         {INTRODUCTION}\n\
         ## Weights\n\n\
         A feature of each model's name brings its weights, `pretrained` all of them; they are constants of the module \
         `pretrained`. Accuracy and loss are those of the published file on all test images; its weights are 16-bit floats, widened to 32 bits when \
         they are read. The column of seeds is the mean over training anew with other seeds, 32-bit \
         weights, ± their standard deviation. Multiply-adds are for one image, convolutions by the \
         direct sum.\n\n\
         | weights | images | parameters | multiply-adds | test accuracy | seeds | test loss | file |\n\
         |---|---|--:|--:|--:|--:|--:|--:|\n"
    );
    for Published { story, size, .. } in published {
        line(
            &mut text,
            &format!(
                "| [`{id}`](#{anchor}) | {images} | {params} | {multiply_adds} | **{accuracy:.2} %** | {seeds} | {loss:.4} | {megabytes:.2} MB |",
                id = story.id,
                anchor = story.id.replace('.', ""),
                images = story.architecture.input(),
                params = thousands(num_params(&story.architecture)?),
                multiply_adds = thousands(graph(&story.architecture)?.multiply_adds()),
                accuracy = 100.0 * story.accuracy,
                seeds = seeds(
                    &story
                        .results
                        .iter()
                        .map(|r| 100.0 * r.accuracy)
                        .collect::<Vec<_>>()
                ),
                loss = story.loss,
                megabytes = *size as f64 / 1e6,
            ),
        );
    }
    text.push_str(SPEED);
    for row in speeds(speed) {
        line(&mut text, &row);
    }
    for weights in published {
        card(&mut text, weights)?;
    }
    Ok(text)
}

/// "92.51 ± 0.08 % (3)"; with one seed there is no deviation.
fn seeds(accuracies: &[f64]) -> String {
    let count = accuracies.len();
    match mean_and_deviation(accuracies) {
        None => String::new(),
        Some((mean, None)) => format!("{mean:.2} % ({count})"),
        Some((mean, Some(deviation))) => format!("{mean:.2} ± {deviation:.2} % ({count})"),
    }
}

/// The rows of the table of speeds: a model, data set and batch size each.
fn speeds(csv: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let Ok(header) = reader.headers().cloned() else {
        return Vec::new();
    };
    let column = |name: &str| header.iter().position(|column| column == name);
    let records: Vec<csv::StringRecord> = reader.records().flatten().collect();
    let cell = |record: &csv::StringRecord, name: &str| {
        let value = column(name).and_then(|column| record.get(column));
        value.unwrap_or_default().to_owned()
    };
    let key = |record: &csv::StringRecord| {
        ["model", "dataset", "batch_size"].map(|name| cell(record, name))
    };
    let mut rows: Vec<[String; 3]> = Vec::new();
    for record in &records {
        if !rows.contains(&key(record)) {
            rows.push(key(record));
        }
    }
    let row = |group: &[String; 3]| {
        let speed = |backend: &str| {
            let mut records = records.iter();
            let record = records.find(|r| key(r) == *group && cell(r, "backend") == backend);
            let speed = |record: &csv::StringRecord, name: &str| {
                let speed = cell(record, name).parse::<f64>().ok()?;
                Some(thousands(speed.round() as usize))
            };
            let speeds = record.and_then(|record| {
                let training = speed(record, "train_images_per_second")?;
                let inference = speed(record, "infer_images_per_second")?;
                Some(format!("{training} / {inference}"))
            });
            speeds.unwrap_or_else(|| "-".into())
        };
        let [model, dataset, batch_size] = group;
        let speeds = ["libtorch", "flex", "ndarray", "pytorch"].map(speed);
        format!(
            "| `{model}` | {dataset} | {batch_size} | {} |",
            speeds.join(" | ")
        )
    };
    rows.iter().map(row).collect()
}

fn card(text: &mut String, weights: &Published) -> Result<(), PublishError> {
    let Published {
        story,
        size,
        sha256,
    } = weights;
    let spec = burn_zoo_models::find(&story.model)?;
    let dataset = data::find(&story.dataset)?;
    let each: Vec<_> = story
        .results
        .iter()
        .map(|result| format!("{} with seed {}", percent(result.accuracy), result.seed))
        .collect();
    line(text, &format!("\n### {}\n", story.id));
    line(
        text,
        &format!(
            "{} (`pretrained::{}`), trained {} on all {} training images of {}. The architecture is from: {}.\n",
            spec.title,
            constant(story),
            by(story),
            thousands(dataset.num_train),
            dataset.title,
            spec.source,
        ),
    );
    line(
        text,
        &format!(
            "- **Test set:** {}, loss {:.4}; in 32 bits {}.",
            percent(story.accuracy),
            story.loss,
            each.join(", ")
        ),
    );
    line(text, &format!("- **Made by:** `{}`", story.command));
    line(text, &format!("- **On:** {}", story.trained_on));
    line(
        text,
        &format!(
            "- **Images:** {}, pixels scaled to [0, 1], then (x − {}) / {}; classes: {}.",
            story.architecture.input(),
            story.normalisation.mean,
            story.normalisation.std,
            dataset.classes.join(", ")
        ),
    );
    line(
        text,
        &format!(
            "- **File:** `weights/{}/{}.safetensors`, {} bytes, SHA-256 `{sha256}`; licence {LICENCE}.",
            story.model,
            story.id,
            thousands(*size)
        ),
    );
    Ok(())
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

fn line(text: &mut String, words: &str) {
    writeln!(text, "{words}").expect("a string can be written to");
}

const INTRODUCTION: &str = "\
# burn-zoo-models

The MLPs and CNNs of a university lecture on convolutional neural networks, for Burn 0.21: each defined
once, generic over the backend, with trained weights. The crate brings tensors and modules only: no
backend, no training, no files.

**The architecture only**, with weights drawn from a seed, the same bytes on every backend:
```rust
let config = burn_zoo_models::find(\"cnn-maxpool\")?.config(ImageShape::new(1, 28, 28), 10);
let model = config.init_with_seed::<B>(42, &device)?;       // or CnnConfig::new(…)
```

**With trained weights** (the feature of the model's name, here `mlp-relu-3`; `pretrained` brings all):
```rust
let model = Mlp::<B>::pretrained(&pretrained::mlp_relu_3::FASHION_MNIST, &device)?;
let model = model.with_classes(4, 42)?;                     // a new head, to fine-tune
```

**Inside another module**: every model is a Burn `Module`.
```rust
#[derive(Module, Debug)]
struct Mine<B: Backend> { look: Cnn<B>, think: Linear<B> }
```

`examples/downstream` of the repository is a project of its own that does all three. The first two numbers of the crate's
version are those of the Burn that it is for: 0.21, and 0.22 with the same models and weights.
";

const SPEED: &str = "
## Speed

Images a second with Burn 0.21, training / inference, on two cores of an AMD EPYC, measured beside PyTorch 2.9 in turn
(`benches/against_pytorch.py`, docs/speed.csv of the repository); - was not measured.

| model | data set | batch | LibTorch | flex | ndarray | PyTorch |
|---|---|--:|--:|--:|--:|--:|
";
