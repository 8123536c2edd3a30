//! `zoo visualize`: what a trained model has learned.

use crate::support::pictures::{png_size, striped_run};
use crate::support::*;
use image::{GrayImage, Luma};
use std::fs;
use tempfile::tempdir;

#[test]
fn a_cnn_is_shown_by_its_kernels_the_maps_of_an_image_and_its_mistakes() {
    let folder = tempdir().unwrap();
    let words =
        "cnn-strided --dataset synthetic-rgb --limit 8 --batch-size 8 --backend flex --epochs 1";
    let run = trained(folder.path(), "run", words);
    let expected = [
        "kernels.png",
        "maps-1-conv1.png",
        "maps-2-conv2.png",
        "maps-3-conv3.png",
        "maps-4-conv4.png",
        "mistakes.png",
    ];
    let said = succeeds("visualize --backend flex", &run).stdout;
    assert_eq!(names(&run.join("visualize")), expected);
    for name in expected {
        let path = run.join("visualize").join(name);
        assert_says(&said, &[path.to_str().unwrap()]);
        let (width, height) = png_size(&path);
        assert!(width >= 640 && height > 150, "{name}: {width} × {height}");
    }
    // 32 maps in four rows, 256 in sixteen.
    let heights = [1, 4]
        .map(|number| png_size(&run.join(format!("visualize/maps-{number}-conv{number}.png"))).1);
    // Four rows of 5 × 16 pixels, sixteen of 28 × 2, and the gaps between them.
    assert_eq!(heights[1] - heights[0], 16 * 56 + 15 * 7 - (4 * 80 + 3 * 7));

    // A picture of the user's own, again into the same folder.
    let picture = folder.path().join("own.png");
    GrayImage::from_pixel(50, 20, Luma([90]))
        .save(&picture)
        .unwrap();
    let before = fs::read(run.join("visualize/maps-1-conv1.png")).unwrap();
    let mut command = zoo("visualize --backend flex");
    said_by(command.arg(&run).arg(&picture));
    assert!(fs::read(run.join("visualize/maps-1-conv1.png")).unwrap() != before);
}

#[test]
fn an_mlp_is_shown_by_its_weights_and_without_its_data_has_no_mistakes() {
    let folder = tempdir().unwrap();
    let run = striped_run(folder.path());
    let data = folder.path().display();
    let out = folder.path().join("sheets");
    let words = format!(
        "visualize --backend flex --data-dir {data} --out {}",
        out.display()
    );
    succeeds(&words, &run);
    assert!(names(&out).contains(&"weights.png".to_owned()));
    assert_eq!(png_size(&out.join("weights.png")).0, 8 * 91 - 7 + 64);

    let nowhere = folder.path().join("nowhere");
    let words = format!("visualize --backend flex --data-dir {}", nowhere.display());
    let said = succeeds(&words, &run);
    assert_says(
        &said.stderr,
        &["warning: without test images no mistakes.png"],
    );
    assert_eq!(names(&run.join("visualize")), ["weights.png"]);
}

#[test]
fn what_cannot_be_shown_is_said_in_a_sentence_and_no_file_of_the_users_is_replaced() {
    let folder = tempdir().unwrap();
    let run = striped_run(folder.path());
    let data = folder.path().display();
    let visualize = format!("visualize --backend flex --data-dir {data}");
    for (image, expected) in [
        ("test:20", "those of the test set are test:0 to test:19"),
        ("test:-1", "there is no image test:-1"),
        ("none.png", "none.png cannot be read: there is no such file"),
    ] {
        refused(zoo(&visualize).arg(&run).arg(image), &[expected]);
    }
    refused(
        zoo("visualize --backend flex --data-dir /no/such")
            .arg(&run)
            .arg("test:0"),
        &["/no/such"],
    );
    let out = folder.path().join("mine");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("weights.png"), "years of work").unwrap();
    let words = format!("{visualize} --out {}", out.display());
    refused_at(
        &words,
        &run,
        &["weights.png is no picture that this program drew"],
    );
    assert_eq!(
        fs::read_to_string(out.join("weights.png")).unwrap(),
        "years of work"
    );
    refused(
        zoo("predict --backend flex no-such-run").arg(folder.path().join("b.png")),
        &["no-such-run is neither a run folder nor the name of weights"],
    );
    let colour = trained(
        folder.path(),
        "colour",
        "--dataset synthetic-rgb --limit 64 --batch-size 64 --backend flex --epochs 1",
    );
    refused(
        zoo("predict --backend flex --invert yes")
            .arg(&colour)
            .arg(folder.path().join("b.png")),
        &["takes colour images", "leave --invert out"],
    );
}
