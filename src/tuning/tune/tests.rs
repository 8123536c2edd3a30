use super::*;
use crate::backend;
use crate::convolution::Seconds;
use burn_zoo_models::{ConvAlgorithm, ImageShape};
use std::os::unix::fs::PermissionsExt;

/// `cnn`'s convolutions.
fn layers() -> Vec<ConvShape> {
    let config = burn_zoo_models::find("cnn").unwrap();
    let graph = crate::summary::graph(&config.config(ImageShape::new(1, 28, 28), 10)).unwrap();
    graph.convolutions()
}

fn measured(layer: usize, algorithm: ConvAlgorithm) -> Trial {
    let seconds = Seconds {
        training: 3.2,
        inference: 1.6,
        preparation: 0.0,
    };
    let row = Measurement::new("flex", &layers()[layer], algorithm, 32, 32, seconds);
    Trial {
        layer,
        algorithm,
        outcome: Outcome::Measured(row.unwrap()),
    }
}

/// What comes of a child that prints these trials and then does this.
fn asked(trials: &[Trial], then: &str, limit: Duration) -> (Tuned, Vec<Trial>) {
    let folder = tempfile::tempdir().unwrap();
    let zoo = folder.path().join("zoo");
    let events: String = trials.iter().map(jobs::event).collect();
    std::fs::write(folder.path().join("events"), events).unwrap();
    let events = folder.path().join("events");
    let script = format!(
        "#!/bin/sh\ncat > /dev/null\ncat {}\n{then}\n",
        events.display()
    );
    std::fs::write(&zoo, script).unwrap();
    std::fs::set_permissions(&zoo, PermissionsExt::from_mode(0o755)).unwrap();
    let layers = layers();
    let request = Request {
        layers: &layers,
        batch_size: 32,
        again: true,
        limit,
        zoo: &zoo,
    };
    let selected = backend::select("flex", None, None).unwrap();
    let mut told = Vec::new();
    // A program that was written just now may still be open in a process that another thread is about to start.
    loop {
        let asked = request.missing(&selected);
        let tuned = ask(&request, &selected, asked, |_, trial| {
            told.push(trial.clone())
        });
        let busy = tuned
            .cut_short
            .as_ref()
            .is_some_and(|why| why.contains("Text file busy"));
        if !busy {
            return (tuned, told);
        }
    }
}

const LONG: Duration = Duration::from_secs(600);

#[test]
fn all_trials_of_a_child_are_taken_and_what_is_left_is_counted() {
    let trials = [
        measured(0, ConvAlgorithm::Frequency),
        measured(1, ConvAlgorithm::Frequency),
        Trial {
            layer: 2,
            algorithm: ConvAlgorithm::Direct,
            outcome: Outcome::Wrong(f64::INFINITY),
        },
        Trial {
            layer: 3,
            algorithm: ConvAlgorithm::Direct,
            outcome: Outcome::Failed("no memory".into()),
        },
    ];
    let result = jobs::result(&()).trim_end().to_owned();
    let (tuned, told) = asked(&trials, &format!("echo '{result}'"), LONG);
    assert_eq!(tuned.cut_short, None);
    assert_eq!(tuned.trials, trials);
    assert_eq!(told, trials);
    assert_eq!(tuned.measurements().count(), 2);
    assert_eq!(tuned.left(), 2);
}

#[test]
fn a_child_that_hangs_is_stopped_and_what_it_measured_before_counts() {
    let trials = [measured(0, ConvAlgorithm::Frequency)];
    let (tuned, _) = asked(&trials, "exec sleep 10000", Duration::from_secs(2));
    let why = tuned.cut_short.as_deref();
    assert_eq!(why, Some("there was no time for more within 2 s"));
    assert_eq!(tuned.trials, trials);
}

#[test]
fn a_child_that_dies_is_told_of_and_what_it_measured_before_counts() {
    let trials = [measured(0, ConvAlgorithm::Frequency)];
    let (tuned, _) = asked(&trials, "kill -SEGV $$", LONG);
    let why = tuned.cut_short.as_deref().unwrap();
    assert!(
        why.starts_with("the process that measured ended with signal: 11"),
        "{why}"
    );
    assert_eq!(tuned.trials, trials);
}

#[test]
fn a_child_that_answers_what_was_not_asked_is_not_believed() {
    let trials = [Trial {
        layer: 4,
        ..measured(0, ConvAlgorithm::Frequency)
    }];
    let result = jobs::result(&()).trim_end().to_owned();
    let then = format!("echo '{{\"event\": {{\"layer\": 0}}}}'; echo hello; echo '{result}'");
    let (tuned, told) = asked(&trials, &then, LONG);
    assert!(tuned.trials.is_empty() && told.is_empty());
    assert_eq!(tuned.left(), 4);
}

#[test]
fn trials_are_told_in_words() {
    let shape = layers()[1];
    let words = measured(1, ConvAlgorithm::Frequency).in_words(&shape);
    assert_eq!(
        words,
        "convolution 7×7 from 32×22×22 to 64 maps by frequency: 10 images/s in training, 20 in inference"
    );
    let wrong = Trial {
        layer: 1,
        algorithm: ConvAlgorithm::Direct,
        outcome: Outcome::Wrong(0.5),
    };
    let words = wrong.in_words(&shape);
    assert!(words.ends_with(
        "by direct: left out, as it is off by 5.0e-1 of the largest value from float64"
    ));
}
