use super::*;
use crate::backend::Arithmetic;
use crate::compare::{FORMAT, Parity, SeedRun};
use crate::data::Split;
use crate::run::MetricsRow;
use burn_zoo_models::ConvAlgorithm;

fn run(seed: u64, num_epochs: usize, finished: bool) -> SeedRun {
    let epochs = 1..=num_epochs;
    let metrics = epochs.flat_map(|epoch| {
        [Split::Train, Split::Test].map(|split| MetricsRow {
            epoch,
            split,
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
            arithmetic: Arithmetic::Float32,
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
fn every_trouble_and_breach_is_listed_and_its_row_is_marked() {
    let mut crashed = row("cnn", "wgpu", 1.0);
    crashed.troubles = vec!["training with seed 43: the process ended with signal 11".into()];
    crashed.runs[1].finished = false;
    let mut wrong = row("cnn", "ndarray", 0.1);
    wrong.parity = Some(Parity {
        arithmetic: Arithmetic::Tf32,
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
