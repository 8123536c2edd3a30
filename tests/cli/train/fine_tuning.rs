//! Beginning with weights of elsewhere, and training a part of the network.

use super::resumes_exactly;
use crate::support::data::write_pictures;
use crate::support::*;
use burn_flex::Flex;
use burn_zoo::weights::Weights;
use serde_json::json as value;
use std::fs;
use std::path::Path;
use tempfile::tempdir;

/// A small residual network, on the backend that is in every build.
const SMALL: &str = "resnet-20 --dataset synthetic --limit 16 --batch-size 8 --backend flex";

/// The values of a run's tensors whose names begin so.
fn tensors(run: &Path, prefix: &str) -> Vec<(String, Vec<f32>)> {
    let file = fs::read(run.join("weights.safetensors")).unwrap();
    let (weights, _) = Weights::from_safetensors(&file).unwrap();
    let names = weights.names().filter(|name| name.starts_with(prefix));
    let tensor = |name: &str| (name.to_owned(), weights.get(name).unwrap().iter().collect());
    names.map(tensor).collect()
}

/// A trained run, and the file of its weights for PyTorch.
fn original(folder: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let run = trained(folder, "original", &format!("{SMALL} --epochs 1"));
    let file = folder.join("original.pt");
    let words = format!("export --format pytorch --out {}", file.display());
    succeeds(&words, &run);
    (run, file)
}

#[test]
fn a_frozen_backbone_keeps_its_weights_and_its_batch_statistics_and_the_head_learns() {
    let folder = tempdir().unwrap();
    let (run, _) = original(folder.path());
    let init = format!(
        "{SMALL} --epochs 2 --weight-decay 0.1 --init-from {}",
        run.display()
    );
    let second = trained(
        folder.path(),
        "second",
        &format!("{init} --freeze backbone"),
    );
    for kept in ["conv1", "bn1", "layer"] {
        assert_eq!(tensors(&second, kept), tensors(&run, kept));
    }
    for ((name, before), (_, after)) in tensors(&run, "fc").iter().zip(tensors(&second, "fc")) {
        assert_ne!(*before, after, "{name}");
    }
    let config = json(&second.join("config.json"));
    assert_eq!(config["freeze"], value!(["backbone"]));

    // Of modules named one by one, those alone.
    let some = trained(
        folder.path(),
        "some",
        &format!("{init} --freeze conv1,layer1.0"),
    );
    for kept in ["conv1", "layer1.0."] {
        assert_eq!(tensors(&some, kept), tensors(&run, kept));
    }
    for (learned, at) in [
        ("bn1.running_mean", 0),
        ("layer1.1.conv1", 0),
        ("fc.weight", 0),
    ] {
        assert_ne!(tensors(&some, learned)[at], tensors(&run, learned)[at]);
    }
}

#[test]
fn what_is_frozen_is_said() {
    let folder = tempdir().unwrap();
    let mut command = zoo(&format!("train {SMALL} --epochs 1 --freeze backbone"));
    let said = said_by(command.arg("--out").arg(folder.path().join("run")));
    let expected = "frozen   backbone: 271,536 of 272,186 parameters take no step, and batch normalisation there uses the statistics it came with";
    assert_says(&said.stdout, &[expected]);
    assert_says(&said.stderr, &["--freeze without --init-from"]);
}

#[test]
fn weights_for_other_classes_get_a_new_last_layer_from_a_run_and_from_a_file() {
    let folder = tempdir().unwrap();
    let (run, file) = original(folder.path());
    // For images of other channels.
    let words = format!("{} --epochs 1", SMALL.replace("synthetic", "synthetic-rgb"));
    let grey = "conv1.weight has the shape [16, 1, 3, 3] instead of [16, 3, 3, 3]";
    refused_at(
        &format!("train {words} --init-from"),
        &run,
        &["do not fit the model", grey],
    );
    refused_at(
        &format!("train {words} --init-from"),
        &file,
        &["does not fit", grey],
    );

    let pictures = folder.path().join("pictures");
    for class in ["down", "left", "up"] {
        write_pictures(&pictures.join(class), 10, class == "up");
    }
    let own = format!(
        "resnet-20 --dataset folder:{} --image-shape 1x28x28 --batch-size 8 --backend flex --epochs 1",
        pictures.display()
    );
    for (name, origin) in [("of a run", &run), ("of a file", &file)] {
        let out = folder.path().join(name);
        let mut command = zoo(&format!(
            "train {own} --lr 1e-9 --freeze backbone --init-from"
        ));
        let said = said_by(command.arg(origin).arg("--out").arg(&out));
        let expected = "; the last layer, fc, is drawn anew for 3 classes";
        assert_says(&said.stdout, &[&format!("{}{expected}", origin.display())]);
        assert_eq!(tensors(&out, "layer"), tensors(&run, "layer"));
        let [bias, weight] = &tensors(&out, "fc")[..] else {
            panic!("a weight and a bias");
        };
        assert_eq!((bias.1.len(), weight.1.len()), (3, 64 * 3));
        // As PyTorch draws it, 1 / √64 at most; both are drawn, and from the seed alone.
        let largest = weight
            .1
            .iter()
            .fold(0f32, |largest, value| largest.max(value.abs()));
        assert!((0.115..0.126).contains(&largest), "{largest}");
        assert_eq!(json(&out.join("config.json"))["new_head"], true);
    }
    let heads = ["of a run", "of a file"].map(|name| tensors(&folder.path().join(name), "fc"));
    assert_eq!(heads[0], heads[1]);

    // The same classes keep theirs, of which a file says the number only.
    for (name, origin) in [("same run", &run), ("same file", &file)] {
        let words = format!(
            "{SMALL} --epochs 1 --lr 1e-12 --init-from {}",
            origin.display()
        );
        let out = folder.path().join(name);
        let said = succeeds(&format!("train {words} --out"), &out).stdout;
        let is_guess = said.contains("is taken to tell the same classes apart, in their order");
        assert_eq!(is_guess, name == "same file", "{said}");
        assert_eq!(tensors(&out, "fc"), tensors(&run, "fc"), "{name}");
        assert!(json(&out.join("config.json")).get("new_head").is_none());
    }
}

#[test]
fn weights_that_come_with_the_zoo_are_a_beginning() {
    let folder = tempdir().unwrap();
    let words = format!("{QUICK} --epochs 1 --freeze backbone --init-from mlp-relu.fashion-mnist");
    let run = trained(folder.path(), "run", &words);
    let device = Default::default();
    let published = burn_zoo_models::Weights::find("mlp-relu.fashion-mnist").unwrap();
    let published = Weights::of(&published.load::<Flex>(&device).unwrap());
    for (name, values) in tensors(&run, "hidden") {
        let expected: Vec<f32> = published.get(&name).unwrap().iter().collect();
        assert_eq!(values, expected, "{name}");
    }
}

#[test]
fn fine_tuning_resumes_and_repeats_in_the_same_bytes() {
    let folder = tempdir().unwrap();
    let (_, file) = original(folder.path());
    let init = format!("--weight-decay 0.1 --init-from {}", file.display());
    let parts = "--freeze layer1,bn1 --backbone-lr 1e-4";
    for words in ["--freeze backbone", "--backbone-lr 1e-4", parts] {
        resumes_exactly(&format!("{SMALL} {init} {words}"), [1, 2]);
    }
    let words = format!("{SMALL} {init} {parts} --mean 0.2 --std 0.4 --epochs 1");
    let run = trained(folder.path(), "run", &words);
    let repeat = format!("--config {}", run.join("config.json").display());
    assert_same_run(&run, &trained(folder.path(), "again", &repeat));
    let mut settings = zoo(&format!("train {repeat} --print-config"));
    let toml = folder.path().join("settings.toml");
    fs::write(&toml, output_of(&mut settings)).unwrap();
    let repeat = format!("--config {}", toml.display());
    assert_same_run(&run, &trained(folder.path(), "from TOML", &repeat));
}

#[test]
fn what_was_frozen_learns_from_where_a_run_is_resumed_without_and_then_resumes_in_the_same_bytes() {
    let folder = tempdir().unwrap();
    let words = format!("{SMALL} --epochs 1 --freeze backbone");
    let head_only = trained(folder.path(), "run", &words);
    let again = copied(&head_only, &folder.path().join("again"));
    let thawed = |epochs: u8| format!("train --freeze none --epochs {epochs} --resume");
    let said = succeeds(&thawed(3), &head_only);
    assert_says(
        &said.stderr,
        &["frozen from here on: none", "up to epoch 1 it was backbone"],
    );
    assert_ne!(tensors(&head_only, "conv1"), tensors(&again, "conv1"));
    let config = json(&head_only.join("config.json"));
    assert!(config.get("freeze").is_none());
    assert_eq!(
        config["earlier"],
        value!(["to epoch 1 with backbone frozen"])
    );

    succeeds(&thawed(2), &again);
    succeeds("train --epochs 3 --resume", &again);
    assert!(weights(&head_only) == weights(&again), "the weights");
    assert_eq!(figures(&head_only), figures(&again));
}

#[test]
fn the_backbone_learns_at_its_own_rate() {
    let folder = tempdir().unwrap();
    let run = |name: &str, words: &str| {
        let words = format!("{} --epochs 1 {words}", SMALL.replace("size 8", "size 16"));
        trained(folder.path(), name, &words)
    };
    let slow = run("slow", "--lr 1e-3 --backbone-lr 1e-5");
    let [head, backbone] = [run("head", "--lr 1e-3"), run("backbone", "--lr 1e-5")];
    // After one step.
    assert_eq!(tensors(&slow, "fc"), tensors(&head, "fc"));
    for layer in ["conv1", "bn1", "layer"] {
        assert_eq!(tensors(&slow, layer), tensors(&backbone, layer));
    }
    assert_ne!(tensors(&head, "conv1"), tensors(&backbone, "conv1"));
}

#[test]
fn what_cannot_be_frozen_or_begun_with_is_told_in_a_sentence() {
    let folder = tempdir().unwrap();
    let train = |words: &str| zoo(&format!("train {SMALL} --epochs 1 {words}"));
    for (words, expected) in [
        (
            "--freeze layer9",
            "--freeze layer9 names no module of the model: it has backbone (all but the last layer), conv1, bn1, layer1",
        ),
        ("--freeze lay", "--freeze lay names no module"),
        ("--freeze backbone,fc", "leaves nothing to train"),
        ("--backbone-lr 0", "--backbone-lr 0 is not a learning rate"),
        (
            "--backbone-lr 1 --weight-decay 2",
            "--weight-decay 2 times --backbone-lr 1",
        ),
        (
            "--init-from nothing.pth",
            "nothing.pth is neither a run folder nor the name of weights",
        ),
        ("--std 0", "0 is no standard deviation"),
        ("--mean 0.1,0.2,0.3", "these have 1: give one number"),
    ] {
        refused(&mut train(words), &[expected]);
    }
    let text = folder.path().join("text.pth");
    fs::write(&text, "no weights").unwrap();
    let words = format!("train {SMALL} --init-from");
    refused_at(&words, &text, &["text.pth is neither a safetensors file"]);
}

#[test]
fn a_model_takes_its_images_as_its_weights_expect_them() {
    let folder = tempdir().unwrap();
    let dataset = |run: &Path| json(&run.join("config.json"))["dataset"].clone();
    let words = |model: &str, dataset: &str| {
        format!("{model} --dataset {dataset} --limit 8 --batch-size 8 --epochs 1 --backend flex")
    };
    // resnet-18 as torchvision's weights do, in colour; all else as the lecture.
    let colour = trained(
        folder.path(),
        "colour",
        &words("resnet-18", "synthetic-rgb"),
    );
    assert_eq!(dataset(&colour)["mean"], value!([0.485, 0.456, 0.406]));
    assert_eq!(dataset(&colour)["std"], value!([0.229, 0.224, 0.225]));
    let grey = trained(folder.path(), "grey", &words("resnet-18", "synthetic"));
    assert_eq!(dataset(&grey)["mean"], 0.5);
    let other = trained(folder.path(), "other", &words("resnet-20", "synthetic-rgb"));
    assert_eq!(dataset(&other)["std"], 0.5);

    // A run's weights go on as they were trained, and whoever knows better says so.
    let own = format!(
        "{} --mean 0.1 --std 0.2",
        words("resnet-20", "synthetic-rgb")
    );
    let own = trained(folder.path(), "own", &own);
    let init = format!(
        "{} --init-from {}",
        words("resnet-20", "synthetic-rgb"),
        own.display()
    );
    let taken = trained(folder.path(), "taken over", &init);
    assert_eq!(
        (&dataset(&taken)["mean"], &dataset(&taken)["std"]),
        (&value!(0.1), &value!(0.2))
    );
    let said = trained(folder.path(), "said", &format!("{init} --mean 0.3"));
    assert_eq!(
        (&dataset(&said)["mean"], &dataset(&said)["std"]),
        (&value!(0.3), &value!(0.2))
    );
}
