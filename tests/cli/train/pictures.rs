//! Pictures of one's own.

use super::resumes_exactly;
use crate::support::data::write_pictures;
use crate::support::pictures::own;
use crate::support::*;
use serde_json::Value;
use std::fs;
use std::ops::Range;
use std::path::Path;
use tempfile::tempdir;

/// Writes two classes, `left` and `right`, of 20 pictures each.
fn write_two_classes(folder: &Path) {
    write_pictures(&folder.join("left"), 20, false);
    write_pictures(&folder.join("right"), 20, true);
}

/// The images that a run was trained on, validated on and tested on.
fn counts(run: &Path) -> [u64; 3] {
    let config = json(&run.join("config.json"));
    ["num_train", "num_valid", "num_test"].map(|name| config["dataset"][name].as_u64().unwrap())
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
    let run = folder.path().join("runs/mlp-relu-pictures-flex-seed42");
    assert_eq!(names(&run), RUN_FILES);
    let [train, valid, test] = counts(&run);
    // A chance of a fifth for each picture.
    assert_eq!((train + test, valid), (40, 0));
    assert!((2..16).contains(&test), "{test}");
    let expected = format!("{train} images to train on, {test} to test on");
    assert_says(&said.stdout, &[&expected, "classes  left, right\n"]);
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

    for (split, images) in [("test", test), ("train", train)] {
        let words = format!("evaluate --json --backend flex --split {split}");
        let Said { stdout, stderr } = succeeds(&words, &run);
        assert_eq!(stderr, "");
        let report: Value = serde_json::from_str(&stdout).unwrap();
        assert_eq!(report["images"], images);
        assert!(report["accuracy"].as_f64().unwrap() > 0.9, "{stdout}");
        assert_eq!(report["classes"][1]["class"], "right");
        let of_class = |class: usize| report["classes"][class]["images"].as_u64().unwrap();
        assert_eq!(of_class(0) + of_class(1), images);
        assert!(of_class(0) > 0 && of_class(1) > 0);
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
    let [train, _, test] = counts(&run);
    let trained_on = format!("trained on {train} and tested on {test} images");
    assert_says(&said, &[&trained_on, " holds "]);
    assert_eq!(before.stderr, "");
    let words = format!("train --epochs 3 {data_dir} --resume");
    refused_at(&words, &run, &[&trained_on, "holds", "--data-dir"]);
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
    refuses(&["--batch-size 16 is larger than the training set of "]);
    let heic = pictures.join("right/photo.heic");
    fs::write(&heic, "no picture").unwrap();
    refuses(&["photo.heic is ", "--skip-unreadable"]);
    fs::remove_file(heic).unwrap();
    fs::create_dir_all(pictures.join("train/left")).unwrap();
    refuses(&["holds the folder train and no folder test"]);
    for split in ["train", "test"] {
        fs::create_dir_all(pictures.join("A").join(split)).unwrap();
    }
    fs::remove_dir_all(pictures.join("train")).unwrap();
    refuses(&["A holds the folders test, train, so it is split within the class"]);

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
fn a_picture_that_is_damaged_is_named_and_the_run_goes_on_when_it_is_whole_again() {
    let folder = tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    write_two_classes(&pictures);
    let words = own(&pictures).replace("16", "4");
    let whole = trained(folder.path(), "whole", &format!("{words} --epochs 2"));
    let half = trained(
        folder.path(),
        "half",
        &format!("{words} --epochs 1 --cache 0"),
    );
    // Of the training set and of the test set.
    for number in 0..8 {
        let picture = pictures.join(format!("right/{number:03}.png"));
        let bytes = fs::read(&picture).unwrap();
        fs::write(&picture, &bytes[..70]).unwrap();
        let new = folder.path().join(format!("new{number}"));
        let shown = picture.display().to_string();
        let expected = [shown.as_str(), "ends too early", "--skip-unreadable"];
        refused_at(&format!("train {words} --cache 0 --out"), &new, &expected);
        let run = copied(&half, &folder.path().join(format!("run{number}")));
        let resume = "train --cache 0 --epochs 2 --resume";
        let shown = format!("right/{number:03}.png ends too early");
        refused_at(resume, &run, &[&shown]);
        fs::write(&picture, bytes).unwrap();
        succeeds(resume, &run);
        assert_same_run(&whole, &run);
    }
}

#[test]
fn another_folder_with_as_many_pictures_is_not_taken_for_the_same() {
    let folder = tempdir().unwrap();
    let [pictures, other] = ["pictures", "other"].map(|name| folder.path().join(name));
    for (split, numbers) in [("train", 0..20), ("test", 20..25)] {
        write_two_classes_of(&pictures.join(split), numbers.clone(), false);
        write_two_classes_of(&other.join(split), numbers, true);
    }
    let run = trained(
        folder.path(),
        "run",
        &format!("{} --epochs 1", own(&pictures)),
    );
    let digest = json(&run.join("config.json"))["dataset"]["digest"].clone();
    assert_eq!(digest.as_str().unwrap().len(), 64);
    let evaluate = "evaluate --backend flex";
    assert_eq!(succeeds(evaluate, &run).stderr, "");
    let data_dir = format!("--data-dir {}", other.display());
    let said = succeeds(&format!("{evaluate} {data_dir}"), &run).stderr;
    let expected = [
        "was trained on other images of folder:",
        "with other contents or names",
    ];
    assert_says(&said, &expected);
    let words = format!("train --epochs 2 {data_dir} --resume");
    refused_at(&words, &run, &[expected[0], "--data-dir", "--init-from"]);
    let config = run.join("config.json");
    let words = format!("train {data_dir} --config {} --out", config.display());
    let said = succeeds(&words, &folder.path().join("again")).stderr;
    assert_says(&said, &["the run to repeat had other images of folder:"]);

    // Two pictures that swap their names, too.
    let path = |name: &str| pictures.join("train/left").join(name);
    fs::rename(path("000.png"), path("x.png")).unwrap();
    fs::rename(path("001.png"), path("000.png")).unwrap();
    fs::rename(path("x.png"), path("001.png")).unwrap();
    refused_at("train --epochs 2 --resume", &run, &[expected[0]]);

    // A run of before has no digest: its split is that by positions, and goes on.
    let swap = || {
        fs::rename(path("000.png"), path("x.png")).unwrap();
        fs::rename(path("001.png"), path("000.png")).unwrap();
        fs::rename(path("x.png"), path("001.png")).unwrap();
    };
    swap();
    edit_config(&run, |config| {
        config["dataset"].as_object_mut().unwrap().remove("digest");
    });
    succeeds("train --epochs 2 --resume", &run);
    assert!(json(&config)["dataset"].get("digest").is_none());
}

/// Two classes of those pictures each; where `turned`, with the pictures of each other.
fn write_two_classes_of(folder: &Path, pictures: Range<u8>, turned: bool) {
    for (class, mirrored) in [("left", turned), ("right", !turned)] {
        let class = folder.join(class);
        write_pictures(&class, pictures.end, mirrored);
        for number in 0..pictures.start {
            fs::remove_file(class.join(format!("{number:03}.png"))).unwrap();
        }
    }
}

#[test]
fn pictures_that_cannot_be_read_are_skipped_on_demand_and_recorded() {
    let folder = tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    write_two_classes_of(&pictures.join("train"), 0..20, false);
    write_two_classes_of(&pictures.join("test"), 20..24, false);
    let words = format!("{} --epochs 1", own(&pictures));
    let whole = trained(folder.path(), "whole", &words);
    for name in ["train/left/x.png", "train/right/y.heic", "test/left/z.jpg"] {
        fs::write(pictures.join(name), "no picture").unwrap();
    }
    let run = folder.path().join("run");
    let expected = ["3 pictures cannot be read: ", "x.png", "y.heic", "z.jpg"];
    refused_at(&format!("train {words} --out"), &run, &expected);
    let said = succeeds(&format!("train {words} --skip-unreadable --out"), &run);
    assert_eq!(said.stderr.matches("warning: left out: ").count(), 3);
    assert_eq!(figures(&run), figures(&whole));
    let skipped = json(&run.join("config.json"))["dataset"]["skipped"].clone();
    let expected = ["test/left/z.jpg", "train/left/x.png", "train/right/y.heic"];
    assert_eq!(skipped, serde_json::json!(expected));
    assert_eq!(counts(&run), counts(&whole));
    // What was skipped is skipped again.
    succeeds("evaluate --backend flex", &run);
    succeeds("train --epochs 2 --resume", &run);
    let again = format!("--config {} --epochs 2", run.join("config.json").display());
    let again = trained(folder.path(), "again", &again);
    assert_same_run(&run, &again);
    fs::write(pictures.join("train/left/x.png"), "mended?").unwrap();
    refused_at(
        "train --epochs 3 --resume",
        &run,
        &["other contents or names"],
    );
}

#[test]
fn a_folder_for_validation_is_evaluated_after_each_epoch() {
    let folder = tempdir().unwrap();
    let pictures = folder.path().join("pictures");
    for (split, numbers) in [
        ("Training", 0..20),
        ("Testing", 20..25),
        ("Validation", 25..29),
    ] {
        write_two_classes_of(&pictures.join(split), numbers, false);
    }
    let words = format!("{} --epochs 2", own(&pictures));
    let run = trained(folder.path(), "run", &words);
    assert_eq!(counts(&run), [40, 8, 10]);
    assert_eq!(losses(&run, "valid").len(), 2);
    let said = succeeds("evaluate --json --backend flex --split valid", &run).stdout;
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(report["images"], 8);
    succeeds("train --epochs 3 --resume", &run);
    let out = folder.path().join("out");
    let words = format!("train {words} --valid-fraction 0.2 --out");
    refused_at(
        &words,
        &out,
        &["--valid-fraction 0.2 would hold", "leave it out"],
    );
}
