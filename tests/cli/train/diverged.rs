//! Figures that are not finite: a run that diverges stops, and files that hold some are read.

use crate::support::*;
use burn_zoo::weights::Weights;
use std::fs;
use tempfile::tempdir;

#[test]
fn a_run_that_diverges_in_its_only_batch_is_an_error_and_no_damaged_run() {
    let folder = tempdir().unwrap();
    let run = folder.path().join("run");
    let words = "train --dataset synthetic --limit 64 --batch-size 64 --backend flex --epochs 1";
    let expected = ["test set", "epoch 1, batch 1", "diverged", "--lr"];
    refused_at(&format!("{words} --lr 1e30 --out"), &run, &expected);
    let advice = ["before its first checkpoint", "--config"];
    refused_at("train --epochs 2 --resume", &run, &advice);
    let listed = succeeds("runs", folder.path()).stdout;
    assert!(!listed.to_lowercase().contains("damaged"), "{listed}");
}

#[test]
fn a_run_that_diverges_later_keeps_its_last_checkpoint_and_resumes_from_it() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let path = run.join("checkpoint.safetensors");
    let sound = fs::read(&path).unwrap();
    // Its weights are still finite, and its next loss is not.
    let (mut weights, metadata) = Weights::from_safetensors(&sound).unwrap();
    let name = "model.output.weight";
    let shape = weights.get(name).unwrap().shape.clone();
    let huge = vec![3e38_f32; shape.num_elements()];
    weights.insert(name.into(), burn::tensor::TensorData::new(huge, shape));
    let about_to = weights.to_safetensors(metadata);
    fs::write(&path, &about_to).unwrap();
    for _ in 0..2 {
        let expected = [
            "epoch 2, batch 1",
            "diverged",
            "keeps what was trained before",
        ];
        refused_at("train --epochs 2 --resume", &run, &expected);
        assert!(
            fs::read(&path).unwrap() == about_to,
            "the checkpoint changed"
        );
    }
    fs::write(&path, sound).unwrap();
    succeeds("train --epochs 2 --resume", &run);
    let whole = trained(folder.path(), "whole", &format!("{QUICK} --epochs 2"));
    assert_same_run(&whole, &run);
}

#[test]
fn a_run_whose_figures_are_not_finite_is_listed_reported_and_exported() {
    let folder = tempdir().unwrap();
    let run = trained(folder.path(), "run", &format!("{QUICK} --epochs 3"));
    // As an earlier version left them.
    let csv = "epoch,split,loss,accuracy,images_per_second,seconds\n\
        1,train,2.3,0.1,100.0,1.0\n1,test,inf,0.1,100.0,1.0\n\
        2,train,NaN,0.1,inf,0.0\n2,test,NaN,NaN,100.0,1.0\n\
        3,train,NaN,0.1,100.0,1.0\n3,test,-inf,0.1,100.0,1.0\n";
    fs::write(run.join("metrics.csv"), csv).unwrap();
    fs::remove_file(run.join("checkpoint.safetensors")).unwrap();
    for words in [
        "runs",
        "runs --json",
        "report --backend flex",
        "export --format tensorboard",
    ] {
        succeeds(words, &run);
    }
}
