//! Pictures of one's own.

use super::resumes_exactly;
use crate::support::data::write_pictures;
use crate::support::pictures::own;
use crate::support::*;
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::tempdir;

/// Writes two classes, `left` and `right`, of 20 pictures each.
fn write_two_classes(folder: &Path) {
    write_pictures(&folder.join("left"), 20, false);
    write_pictures(&folder.join("right"), 20, true);
}

#[test]
fn a_model_learns_to_tell_the_pictures_of_two_folders_apart() {
    let folder = tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    write_two_classes(&pictures);
    // From its own folder, by a relative path: the run knows the whole one.
    let mut command = zoo(&format!("train {} --epochs 8", own(Path::new("pictures"))));
    let said = said_by(command.current_dir(&folder));
    assert_eq!(said.stderr, "");
    assert_says(&said.stdout, &["32 images to train on, 8 to test on"]);
    let run = folder.path().join("runs/mlp-relu-pictures-flex-seed42");
    assert_eq!(names(&run), RUN_FILES);
    let config = json(&run.join("config.json"));
    let whole = fs::canonicalize(&pictures).unwrap();
    assert_eq!(
        config["dataset"]["id"],
        format!("folder:{}", whole.display())
    );
    assert_eq!(
        config["dataset"]["classes"],
        serde_json::json!(["left", "right"])
    );
    assert_eq!(config["architecture"]["input"]["height"], 8);

    for (split, images) in [("test", 8), ("train", 32)] {
        let words = format!("evaluate --json --backend flex --split {split}");
        let Said { stdout, stderr } = succeeds(&words, &run);
        assert_eq!(stderr, "");
        let report: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(report["images"], images);
        assert!(report["accuracy"].as_f64().unwrap() > 0.9, "{stdout}");
        assert_eq!(report["classes"][1]["class"], "right");
        assert_eq!(report["classes"][1]["images"], images / 2);
    }
}

#[test]
fn a_run_on_pictures_of_ones_own_resumes_and_repeats_in_the_same_bytes() {
    let folder = tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    write_two_classes(&pictures);
    let words = format!("{} --valid-fraction 0.25", own(&pictures));
    resumes_exactly(&words, [1, 3]);
    let run = trained(folder.path(), "run", &format!("{words} --epochs 2"));
    let words = format!("--config {}", run.join("config.json").display());
    assert_same_run(&run, &trained(folder.path(), "again", &words));
}

#[test]
fn the_folders_of_ones_own_are_found_again_where_they_have_moved() {
    let folder = tempdir().unwrap();
    let [pictures, moved] = ["pictures", "moved"].map(|name| folder.path().join(name));
    write_two_classes(&pictures);
    let run = trained(
        folder.path(),
        "run",
        &format!("{} --epochs 1", own(&pictures)),
    );
    fs::rename(&pictures, &moved).unwrap();
    let evaluate = "evaluate --backend flex";
    let resume = "train --epochs 2 --resume";
    for words in [evaluate, resume] {
        refused_at(words, &run, &["pictures does not exist", "--data-dir"]);
    }
    let data_dir = format!("--data-dir {}", moved.display());
    let repeat = format!("{data_dir} --config {}", run.join("config.json").display());
    let again = trained(folder.path(), "again", &repeat);
    assert_eq!(figures(&again), figures(&run));
    let before = succeeds(&format!("{evaluate} {data_dir} --json"), &run);
    succeeds(&format!("train --epochs 2 {data_dir} --resume"), &run);

    // Where a class or a picture has come, that is said.
    write_pictures(&moved.join("right"), 30, true);
    let said = succeeds(&format!("{evaluate} {data_dir}"), &run).stderr;
    let expected = ["trained on 32 and tested on 8 images", "holds 40 and 10"];
    assert_says(&said, &expected);
    assert_eq!(before.stderr, "");
    let words = format!("train --epochs 3 {data_dir} --resume");
    refused_at(&words, &run, &["trained on 32", "holds", "--data-dir"]);
    write_pictures(&moved.join("upright"), 10, true);
    let expected = ["it has a new class upright", "--data-dir"];
    refused_at(&format!("{evaluate} {data_dir}"), &run, &expected);
}

#[test]
fn folders_of_ones_own_that_make_no_data_set_are_told_in_a_sentence() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let pictures = folder.path().join("pictures");
    let train = format!("train {} --out", own(&pictures));
    let refuses = |expected: &[&str]| {
        refused_at(&train, &out, expected);
        assert!(!out.exists(), "a run folder without a run");
    };
    refuses(&["pictures does not exist", "folder:PATH"]);
    fs::create_dir(&pictures).unwrap();
    refuses(&["pictures holds no folders", "class's name"]);
    write_pictures(&pictures.join("left"), 4, false);
    refuses(&["pictures holds no class but left", "another"]);
    fs::create_dir(pictures.join("right")).unwrap();
    refuses(&["right holds no pictures", "take the folder away"]);
    write_pictures(&pictures.join("right"), 1, true);
    refuses(&["right holds a single picture", "add another"]);
    write_pictures(&pictures.join("right"), 4, true);
    refuses(&["--batch-size 16 is larger than the training set of 6 images"]);
    let heic = pictures.join("right/photo.heic");
    fs::write(&heic, "no picture").unwrap();
    refuses(&["photo.heic is no picture", "PNG, JPEG"]);
    fs::remove_file(heic).unwrap();
    fs::create_dir_all(pictures.join("train/left")).unwrap();
    refuses(&["holds the folder train and no folder test"]);

    // A shape is for pictures, which take any; and a name that is not known may be meant for a folder.
    let words = "train --dataset cifar-10 --image-shape 3x32x32";
    refused(&mut zoo(words), &["cifar-10 are 3×32×32", "--image-shape"]);
    refused(&mut zoo("train --dataset pictures"), &["folder:PATH"]);
    let output = zoo("summary cnn --image-shape 2x8x8").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_says(&String::from_utf8_lossy(&output.stderr), &["1 channel"]);
}

#[test]
fn how_pictures_become_images_is_recorded_told_and_repeated() {
    let folder = tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    write_two_classes(&pictures);
    let words = format!("train {} --epochs 1 --fit crop --out", own(&pictures));
    let run = folder.path().join("run");
    let said = succeeds(&words, &run);
    let expected = ["pictures resized and cropped to 1×8×8; all in memory\n"];
    assert_says(&said.stdout, &expected);
    let config = json(&run.join("config.json"));
    assert_eq!(config["dataset"]["fit"], "crop");
    assert_eq!(config["refinements"], Value::Null);
    let words = format!("--config {}", run.join("config.json").display());
    assert_same_run(&run, &trained(folder.path(), "again", &words));

    let padded = trained(folder.path(), "padded", &format!("{words} --fit pad"));
    let config = json(&padded.join("config.json"));
    assert_eq!(config["dataset"].get("fit"), None);
    assert_ne!(figures(&padded), figures(&run));
    let evaluated = ["0", "2GB"].map(|cache| {
        let words = format!("evaluate --json --backend flex --cache {cache}");
        let said = succeeds(&words, &run).stdout;
        let report: Value = serde_json::from_str(&said).unwrap();
        report["loss"].as_f64().unwrap()
    });
    assert_eq!(evaluated[0], evaluated[1]);
    let words = "train --dataset synthetic --fit crop";
    refused(
        &mut zoo(words),
        &["synthetic are 1×28×28", "leave --fit out"],
    );
}

#[test]
fn pictures_that_are_not_kept_in_memory_train_to_the_same_bytes_also_after_resuming() {
    let folder = tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    write_two_classes(&pictures);
    let options = "--random-crop=0.3 --flip --shift 1 --valid-fraction 0.25 --batch-size 4";
    let words = format!("{} {options}", own(&pictures));
    let words = words.replace("--batch-size 16 ", "");
    let whole = trained(folder.path(), "whole", &format!("{words} --epochs 3"));
    let run = folder.path().join("parts");
    let said = succeeds(&format!("train {words} --epochs 1 --cache 0 --out"), &run);
    assert_says(
        &said.stdout,
        &[
            "1×8×8; read as they are needed\n",
            "random crops of at least 0.3",
        ],
    );
    let said = succeeds("train --epochs 3 --cache 1KB --resume", &run);
    assert_says(&said.stdout, &[" in memory (--cache 1KB), "]);
    assert_same_run(&whole, &run);
    let config = json(&run.join("config.json"));
    assert_eq!(config["refinements"]["random_crop"], 0.3);
}

#[test]
fn a_picture_damaged_while_training_is_named_and_the_run_goes_on_when_it_is_whole_again() {
    let folder = tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    write_two_classes(&pictures);
    let words = format!("{} --epochs 2", own(&pictures)).replace("16", "4");
    let whole = trained(folder.path(), "whole", &words);
    // Those of the training set, of which some come in the first batch, and those of the test set.
    for number in 0..8 {
        let picture = pictures.join(format!("right/{number:03}.png"));
        let bytes = fs::read(&picture).unwrap();
        fs::write(&picture, &bytes[..70]).unwrap();
        let run = folder.path().join(format!("run{number}"));
        let shown = picture.display().to_string();
        let expected = [shown.as_str(), "ends too early"];
        refused_at(&format!("train {words} --cache 0 --out"), &run, &expected);
        let said = refused_at("train --cache 0 --resume", &run, &expected);
        assert_says(&said, &["--resume"]);
        fs::write(&picture, bytes).unwrap();
        succeeds("train --cache 0 --resume", &run);
        assert_same_run(&whole, &run);
    }
}
