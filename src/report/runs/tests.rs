use super::evaluation::MOST_CLASSES;
use super::page::names;
use super::*;
use crate::data::Split;
use crate::report::ReportError;
use crate::run::DatasetConfig;
use burn_zoo_models::{ImageShape, PerChannel, find};

fn run(name: &str, epochs: usize) -> Run {
    let spec = find("mlp-relu").unwrap();
    let classes = vec!["<b>&\"".to_owned(), "boot".into()];
    let rows = (1..=epochs).flat_map(|epoch| {
        [Split::Train, Split::Test].map(|split| MetricsRow {
            epoch,
            split,
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
                digest: None,
                skipped: Vec::new(),
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
            further_devices: Vec::new(),
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
fn the_page_of_a_run_has_its_recipe_its_figures_and_the_command_that_repeats_it() {
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
fn a_mistake_is_shown_with_the_predicted_and_the_true_class() {
    let page = page(&[run("a", 3)]);
    assert_eq!(page.matches("<img src=\"data:image/png;base64,").count(), 1);
    assert!(
        page.contains("<b>boot</b> <span>88 %</span><br>true: <b>&lt;b&gt;&amp;&quot;</b>"),
        "{page}"
    );
    assert!(
        page.contains("1 of 1 images of boot classified as boot"),
        "{page}"
    );
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
fn runs_of_equal_folder_names_are_named_by_their_paths() {
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
    for word in ["Accuracy by epoch", "Confusion matrix", "repeats the run"] {
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
