//! `zoo predict`: what a trained model says of pictures.

use crate::support::pictures::{png_size, striped_run};
use crate::support::*;
use serde_json::Value;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use tempfile::tempdir;

/// What `zoo predict --json` says, and its exit code.
fn predicted(command: &mut Command) -> (Vec<Value>, Option<i32>) {
    let output = command.output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    (said.as_array().unwrap().clone(), output.status.code())
}

#[test]
fn a_prediction_names_the_likeliest_classes_of_every_picture_and_passes_over_a_broken_one() {
    let folder = tempdir().unwrap();
    let run = striped_run(folder.path());
    let mut command = zoo("predict --backend flex --top 2");
    command.arg(&run);
    for name in ["c.png", "b.png", "a.bmp"] {
        command.arg(folder.path().join(name));
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let [said, error] = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2 * 3, "{said}");
    assert!(lines[0].ends_with("b.png"), "{said}");
    assert!(
        lines[3].ends_with("a.bmp  (the model saw its distance from #ffffff)"),
        "{said}"
    );
    assert!(
        lines[1].contains(" % █") && lines[1].ends_with("Dress"),
        "{said}"
    );
    assert_eq!(lines[1..3], lines[4..6], "the negative was not inverted");
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert_says(
        lines[0],
        &["error: ", "c.png ends too early: copy or save it anew"],
    );
    assert_says(
        lines[1],
        &[
            "note: 1 of 3 pictures became the distance of each pixel from the colour of their ground",
            "--invert no leaves them as they are",
        ],
    );
}

#[test]
fn a_prediction_has_the_probabilities_of_the_evaluations_logits() {
    let folder = tempdir().unwrap();
    let run = striped_run(folder.path());
    let data = folder.path().display();
    let csv = folder.path().join("logits.csv");
    let words = format!(
        "evaluate --backend flex --data-dir {data} --predictions {}",
        csv.display()
    );
    succeeds(&words, &run);
    let csv = fs::read_to_string(&csv).unwrap();
    let row = csv
        .lines()
        .find(|line| line.starts_with("3,Dress,"))
        .unwrap();
    let powers = row
        .split(',')
        .skip(3)
        .map(|logit| logit.parse::<f64>().unwrap().exp());
    let powers: Vec<f64> = powers.collect();
    let sum: f64 = powers.iter().sum();

    let mut command = zoo("predict --backend flex --top 10 --json");
    let (answers, code) = predicted(command.arg(&run).arg(folder.path().join("b.png")));
    assert_eq!(code, Some(0));
    let top = answers[0]["top"].as_array().unwrap();
    assert_eq!((top.len(), &top[0]["class"]), (10, &Value::from("Dress")));
    let probability = top[0]["probability"].as_f64().unwrap();
    assert!(
        (probability - powers[3] / sum).abs() < 1e-6,
        "{probability} {row}"
    );
    let all: f64 = top
        .iter()
        .map(|guess| guess["probability"].as_f64().unwrap())
        .sum();
    assert!((all - 1.0).abs() < 1e-12);
}

#[test]
fn a_folders_pictures_are_taken_in_order_and_standard_input_is_a_picture_too() {
    let folder = tempdir().unwrap();
    let run = striped_run(folder.path());
    let pictures = folder.path().join("pictures");
    fs::create_dir_all(pictures.join("more")).unwrap();
    for (from, to) in [
        ("b.png", "z.png"),
        ("a.bmp", "m.bmp"),
        ("c.png", "more/x.png"),
    ] {
        fs::copy(folder.path().join(from), pictures.join(to)).unwrap();
    }
    for other in [".hidden.png", "notes.txt"] {
        fs::write(pictures.join(other), "").unwrap();
    }
    let mut command = zoo("predict --backend flex --json");
    command.arg(&run).arg(&pictures).arg("-");
    command.stdin(File::open(folder.path().join("b.png")).unwrap());
    let (answers, code) = predicted(&mut command);
    assert_eq!(code, Some(0));
    let files = answers
        .iter()
        .map(|answer| answer["file"].as_str().unwrap());
    let files: Vec<_> = files.collect();
    let inside = |name: &str| pictures.join(name).display().to_string();
    assert_eq!(files, [&inside("m.bmp"), &inside("z.png"), "-"]);
    let inverted = answers
        .iter()
        .map(|answer| answer["inverted"].as_bool().unwrap());
    assert!(inverted.eq([true, false, false]));
    assert!(
        answers
            .iter()
            .all(|answer| answer["top"] == answers[0]["top"])
    );

    let empty = folder.path().join("pictures/more/none");
    fs::create_dir(&empty).unwrap();
    command = zoo("predict --backend flex");
    refused(command.arg(&run).arg(&empty), &["holds no image files"]);
}

#[test]
fn every_file_of_a_folder_that_is_a_picture_and_cannot_be_read_is_named_and_the_others_are_counted()
{
    let folder = tempdir().unwrap();
    let run = striped_run(folder.path());
    let pictures = folder.path().join("pictures");
    fs::create_dir_all(pictures.join("more")).unwrap();
    fs::copy(folder.path().join("b.png"), pictures.join("b.JPEG")).unwrap();
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
    for number in 1..=9 {
        fs::write(pictures.join(format!("IMG_{number}.HEIC")), heic).unwrap();
    }
    let others: [(&str, &[u8]); 8] = [
        ("broken.jpg", b"<!DOCTYPE html><html>"),
        ("empty.png", b""),
        ("scan", b"II*\0\x08\0\0\0"),
        ("a.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"),
        ("b.MP4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"),
        ("notes.txt", b"BMW"),
        (".DS_Store", b"\0"),
        ("Icon\r", b""),
    ];
    for (name, content) in others {
        fs::write(pictures.join(name), content).unwrap();
    }
    let mut command = zoo("predict --backend flex --json");
    let output = command.arg(&run).arg(&pictures).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let with_an_error = answers.iter().filter(|answer| !answer["error"].is_null());
    assert_eq!((answers.len(), with_an_error.count()), (13, 12));
    let said = String::from_utf8(output.stderr).unwrap();
    let number = |words: &str| said.lines().filter(|line| line.contains(words)).count();
    assert_eq!(number("HEIC is a HEIC picture, which cannot be read"), 9);
    assert_says(
        &said,
        &[
            "broken.jpg is a web page, not a picture",
            "empty.png is empty",
            "scan is a TIFF picture",
            "they are no pictures: 2 × .mp4, 1 × .txt, 1 × folder, 1 × hidden, 1 × without an ending",
        ],
    );
    for number in 1..=9 {
        fs::remove_file(pictures.join(format!("IMG_{number}.HEIC"))).unwrap();
    }
    for name in ["b.JPEG", "broken.jpg", "empty.png", "scan"] {
        fs::remove_file(pictures.join(name)).unwrap();
    }
    let mut command = zoo("predict --backend flex");
    refused(
        command.arg(&run).arg(&pictures),
        &["holds no image files (2 × .mp4, 1 × .txt"],
    );
}

#[test]
fn a_blank_picture_has_no_answer_and_one_unlike_the_training_images_has_a_warning() {
    let folder = tempdir().unwrap();
    let run = striped_run(folder.path());
    let [blank, odd] = ["blank.png", "odd.png"].map(|name| folder.path().join(name));
    image::GrayImage::from_pixel(90, 60, image::Luma([77]))
        .save(&blank)
        .unwrap();
    let half = |x, _| image::Luma([if x < 40 { 20 } else { 220 }]);
    image::GrayImage::from_fn(90, 60, half).save(&odd).unwrap();
    let mut command = zoo("predict --backend flex --json");
    let output = command.arg(&run).args([&blank, &odd]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers[0]["top"], Value::Array(Vec::new()));
    assert!(
        answers[1]["doubt"]
            .as_str()
            .unwrap()
            .starts_with("does not look like")
    );
    assert_eq!(answers[1]["ground"], "#dcdcdc");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_says(
        &said,
        &[
            "blank.png is blank",
            "warning: ",
            "odd.png does not look like the images",
        ],
    );
}

#[test]
fn the_grid_shows_every_picture_and_replaces_no_picture_of_the_users() {
    let folder = tempdir().unwrap();
    let run = striped_run(folder.path());
    let grid = folder.path().join("grid.png");
    let predict = |grid: &Path, times: usize| {
        let mut command = zoo("predict --backend flex --grid");
        command.arg(grid).arg(&run);
        command.args(vec![folder.path().join("b.png"); times]);
        command
    };
    let sizes = [6, 12].map(|times| {
        said_by(&mut predict(&grid, times));
        png_size(&grid)
    });
    assert_eq!(sizes[0].0, sizes[1].0);
    // A second row: an image, two lines and the gap.
    assert_eq!(sizes[1].1 - sizes[0].1, 112 + 5 + 2 * 17 + 12);

    let own = folder.path().join("b.png");
    let before = fs::read(&own).unwrap();
    let output = predict(&own, 1).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_says(&said, &["b.png is no picture that this program drew"]);
    assert!(fs::read(&own).unwrap() == before);
}
