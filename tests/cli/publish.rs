//! `zoo publish`: weights for those who import the models.

use crate::support::*;
use safetensors::SafeTensors;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::tempdir;

/// The folders that `zoo publish` writes to, and the speeds that it reads.
fn make_room_for_weights(root: &Path) {
    for folder in ["models/weights", "models/src/pretrained", "docs"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    let speeds = "docs/speed.csv";
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::copy(repository.join(speeds), root.join(speeds)).unwrap();
}

#[test]
fn the_list_and_the_cards_are_those_of_the_published_weights() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    output_of(zoo("publish --check --root").arg(repository));

    // Made anew from the files elsewhere they are the same, and a change is noticed.
    let folder = tempdir().unwrap();
    let root = folder.path();
    make_room_for_weights(root);
    let mut models = 0;
    for folder in fs::read_dir(repository.join("models/weights")).unwrap() {
        let folder = folder.unwrap();
        let copies = root.join("models/weights").join(folder.file_name());
        fs::create_dir(&copies).unwrap();
        for file in fs::read_dir(folder.path()).unwrap() {
            let file = file.unwrap();
            if file.path().extension() == Some("safetensors".as_ref()) {
                fs::copy(file.path(), copies.join(file.file_name())).unwrap();
            }
        }
        models += 1;
    }
    assert!(models >= 10);
    succeeds("publish --backend flex --root", root);
    for file in [
        "models/README.md",
        "models/src/pretrained/list.rs",
        "models/weights/vgg-small/Cargo.toml",
        "models/weights/vgg-small/README.md",
        "models/weights/cnn/src/lib.rs",
    ] {
        let made = fs::read_to_string(root.join(file)).unwrap();
        assert_eq!(
            made,
            fs::read_to_string(repository.join(file)).unwrap(),
            "{file}"
        );
        fs::write(root.join(file), format!("{made}\n")).unwrap();
        refused_at("publish --check --root", root, &[file, "run it and commit"]);
        fs::write(root.join(file), made).unwrap();
    }
    fs::write(root.join("models/weights/cnn/x.safetensors"), "x").unwrap();
    refused_at(
        "publish --check --root",
        root,
        &["x.safetensors", "no file of published"],
    );
}

#[test]
fn what_another_seed_came_to_is_added_to_published_weights_which_stay_as_they_are() {
    let folder = tempdir().unwrap();
    let root = folder.path();
    make_room_for_weights(root);
    let file = root.join("models/weights/mlp-relu/mlp-relu.synthetic.lecture.safetensors");
    let publish = |run: &Path| {
        output_of(zoo("publish --backend flex --root").arg(root).arg(run));
        fs::read(&file).unwrap()
    };
    let tensors = |bytes: &[u8]| -> BTreeMap<String, Vec<u8>> {
        let file = SafeTensors::deserialize(bytes).unwrap();
        file.iter()
            .map(|(name, tensor)| (name.to_owned(), tensor.data().to_vec()))
            .collect()
    };
    let runs = [42, 43].map(|seed| {
        let words = format!("mlp-relu --dataset synthetic --backend flex --seed {seed}");
        trained(root, &format!("run{seed}"), &words)
    });
    let alone = publish(&runs[0]);
    for _ in 0..2 {
        let both = publish(&runs[1]);
        assert!(tensors(&both) == tensors(&alone), "the weights are others");
        let mut expected = metadata(&alone);
        let results = metadata(&both)["results"].clone();
        assert_eq!(results[0], expected["results"][0]);
        assert_eq!(results[1]["seed"], 43);
        assert_ne!(results[1]["loss"], results[0]["loss"]);
        assert_eq!(results.as_array().unwrap().len(), 2);
        expected["results"] = results;
        assert_eq!(metadata(&both), expected);
        let cards = fs::read_to_string(root.join("models/README.md")).unwrap();
        assert_says(&cards, &[" % (2) |", " with seed 43."]);
    }
    // The weights' own seed makes them anew, and the other's result stays.
    let anew = publish(&runs[0]);
    assert_eq!(metadata(&anew), metadata(&publish(&runs[1])));
    assert_eq!(metadata(&anew)["results"][1]["seed"], 43);
}

#[test]
fn runs_whose_products_have_another_precision_are_no_further_seeds() {
    let folder = tempdir().unwrap();
    let root = folder.path();
    make_room_for_weights(root);
    let words = "mlp-relu --dataset synthetic --backend flex --seed";
    let runs =
        [42, 43].map(|seed| trained(root, &format!("run{seed}"), &format!("{words} {seed}")));
    // As LibTorch would have trained the second.
    edit_config(&runs[1], |config| {
        config["refinements"]["precision"] = "bf16".into();
    });

    let publish = |runs: &[&Path]| {
        let mut command = zoo("publish --backend flex --root");
        command.arg(root).args(runs);
        command
    };
    let reason = "products in bf16, and the others by this recipe in f32";
    refused(&mut publish(&[&runs[0], &runs[1]]), &["run43", reason]);
    output_of(&mut publish(&[&runs[0]]));
    refused(&mut publish(&[&runs[1]]), &["run43", reason]);

    // They take the place of weights by a recipe that is the model's no more, and the command says the precision.
    if !available("libtorch") {
        return;
    }
    let file = root.join("models/weights/mlp-relu/mlp-relu.synthetic.lecture.safetensors");
    let bytes = fs::read(&file).unwrap();
    let [own, former] = [10, 11].map(|epochs| format!(r#"\"num_epochs\":{epochs}"#));
    let mut windows = bytes.windows(own.len());
    let place = windows.position(|part| part == own.as_bytes()).unwrap();
    let (before, after) = (&bytes[..place], &bytes[place + own.len()..]);
    fs::write(&file, [before, former.as_bytes(), after].concat()).unwrap();
    let words = "mlp-relu --dataset synthetic --backend libtorch --precision bf16 --seed 43";
    output_of(&mut publish(&[&trained(root, "bf16", words)]));
    let results = &metadata(&fs::read(&file).unwrap())["results"];
    assert_eq!(results.as_array().unwrap().len(), 1);
    assert_eq!(results[0]["seed"], 43);
    let cards = fs::read_to_string(root.join("models/README.md")).unwrap();
    assert_says(&cards, &["--dataset synthetic --precision bf16 --seed 43"]);
}

#[test]
fn weights_of_a_run_on_a_part_of_the_data_are_not_published() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    refused_at(
        "publish --backend flex",
        &run,
        &["not published", "256 images"],
    );
}
