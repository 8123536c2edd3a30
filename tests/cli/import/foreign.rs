//! `zoo import` of files that other programs wrote: how images were normalised, other names and other layers.

use crate::support::data::write_noisy_fashion_mnist;
use crate::support::process::sh;
use crate::support::*;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::tempdir;

/// A file that tests/pytorch/foreign.py wrote, of mlp-relu with 5 hidden units.
fn foreign(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/pytorch/foreign")
        .join(name)
}

const SMALL: &str = "import --model mlp-relu --set hidden=5 --image-shape 1x2x2";

#[test]
fn the_normalisation_that_fits_the_data_is_found_and_told() {
    let folder = tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    write_noisy_fashion_mnist(&data);
    for (name, mean, std) in [("unit", 0.0, 1.0), ("half", 0.5, 0.5)] {
        let words = format!(
            "train mlp-relu --dataset fashion-mnist --data-dir {} --mean {name} --batch-size 20 --epochs 8 \
             --lr 0.003 --backend flex --out",
            data.display()
        );
        let run = folder.path().join(name);
        succeeds(&words, &run);
        // A state dict does not say it.
        succeeds("export --format pytorch", &run);
        let file = run.join("mlp-relu-pytorch.pt");
        let import = |more: &str, out: &str| {
            let out = folder.path().join(format!("{name}-{out}"));
            let words = format!("import --model mlp-relu {more} --out {}", out.display());
            succeeds(&words, &file).stdout
        };
        let at_hand = format!("--data-dir {}", data.display());
        let said = import(&format!("{at_hand} --json"), "measured");
        let report: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(report["normalisation"], "measured", "{said}");
        assert_eq!(
            (&report["mean"], &report["std"]),
            (&mean.into(), &std.into()),
            "{said}"
        );
        assert_eq!(report["tried"][0]["name"], name, "{said}");
        assert_eq!(report["tried"].as_array().unwrap().len(), 4, "{said}");
        let said = import(&at_hand, "told");
        let expected = [
            format!("normalised by a mean of {mean} and a standard deviation of {std}\n"),
            format!("this fits best, by the loss (and accuracy) on 400 test images: {name} "),
        ];
        assert_says(&said, &expected.each_ref().map(String::as_str));
        // What is given is not tried, and a name gives both.
        let said = import(&format!("{at_hand} --std unit --mean 0.25"), "given");
        assert_says(
            &said,
            &["a mean of 0.25 and a standard deviation of 1\nrun"],
        );
        let said = import("--mean half --json", "named");
        let report: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(report["normalisation"], "given");
        assert_eq!(
            (&report["mean"], &report["std"]),
            (&0.5.into(), &0.5.into())
        );
        let none = folder.path().join("none");
        let words = format!(
            "import --model mlp-relu --std imagenet --out {}",
            none.display()
        );
        refused_at(&words, &file, &["--mean and --std", "these have 1"]);
        // A data set that is named is to be there.
        let words = format!(
            "import --model mlp-relu --data-dir {0} --out {0}",
            none.display()
        );
        refused_at(&words, &file, &["none"]);
    }
}

#[test]
fn a_normalisation_that_is_assumed_is_told_with_the_way_to_check_it() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("run");
    let file = foreign("reads/plain.safetensors");
    let said = succeeds(&format!("{SMALL} --out {}", out.display()), &file).stdout;
    let expected = [
        "normalised by a mean of 0.5 and a standard deviation of 0.5\n         (assumed, as the file does not say it: if zoo predict ",
        "--mean unit (ToTensor alone), half, imagenet or numbers)",
        "the tensors would fit mlp-sigmoid as well",
    ];
    assert_says(&said, &expected);
}

#[test]
fn the_zoos_own_safetensors_say_how_images_were_normalised() {
    let folder = tempdir().unwrap();
    let run = trained(
        folder.path(),
        "run",
        &format!("{QUICK} --epochs 1 --mean 0.2 --std 0.3"),
    );
    succeeds("export --format safetensors", &run);
    let out = folder.path().join("imported");
    let words = format!("import --model mlp-relu --out {}", out.display());
    let said = succeeds(&words, &run.join("mlp-relu-pytorch.safetensors")).stdout;
    assert_says(
        &said,
        &["a mean of 0.2 and a standard deviation of 0.3\n         (as the file says)"],
    );
    assert_eq!(weights(&run), weights(&out));
    // It counts for a training that begins with them, too.
    let file = run.join("mlp-relu-pytorch.safetensors");
    let words = format!("{QUICK} --epochs 1 --init-from {}", file.display());
    let on = trained(folder.path(), "on", &words);
    assert_eq!(json(&on.join("config.json"))["dataset"]["mean"], 0.2);
}

#[test]
fn tensors_of_other_names_come_in_by_their_order_by_their_shapes_or_renamed() {
    let folder = tempdir().unwrap();
    let import = |name: &str, more: &str| {
        let out = folder
            .path()
            .join(format!("{}-{}", name.replace('/', "-"), more.len()));
        let words = format!("{SMALL} {more} --out {}", out.display());
        (succeeds(&words, &foreign(name)).stdout, out)
    };
    let (_, plain) = import("reads/plain.safetensors", "");
    for (name, more, said) in [
        (
            "reads/sequential-in-a-module.pt",
            "",
            "names    taken by their order: linear_relu_stack.0 is 1, linear_relu_stack.2 is 3\n",
        ),
        (
            "reads/sequential-in-a-module.pt",
            "--rename linear_relu_stack.0=1 --rename linear_relu_stack.2=3",
            "model    mlp-relu, 43 parameters",
        ),
        (
            "reads/averaged.pt",
            "",
            "left out n_averaged, as they are no weights of a network\n",
        ),
        (
            "model.safetensors.index.json",
            "",
            "model    mlp-relu, 43 parameters",
        ),
        ("reads/module.pt", "", "model    mlp-relu, 43 parameters"),
    ] {
        let (text, out) = import(name, more);
        assert_says(&text, &[said]);
        assert_eq!(weights(&plain), weights(&out), "{name}");
    }
    let none = folder.path().join("none");
    let words = format!("{SMALL} --rename 7=1 --out {}", none.display());
    refused_at(
        &words,
        &foreign("reads/plain.safetensors"),
        &["no tensor's name has 7, which --rename names"],
    );
    let words = format!(
        "import --model mlp-relu --image-shape 1x2x2 --out {}",
        none.display()
    );
    let expected = [
        "1.bias has the shape [5] instead of [256]",
        "--set changes the model's own settings",
    ];
    refused_at(&words, &foreign("reads/plain.safetensors"), &expected);
    let words = format!(
        "import --model mlp-relu-2 --set hidden=5 --image-shape 1x2x2 --match-shapes --ignore 3.* --out {}",
        none.display()
    );
    refused_at(
        &words,
        &foreign("reads/plain.safetensors"),
        &["does not fit"],
    );
    assert!(!none.exists());
}

#[test]
fn a_file_that_only_python_can_read_is_refused_with_its_command_and_a_hostile_one_in_a_sentence() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("none");
    let words = format!("{SMALL} --out {}", out.display());
    let expected = [
        "such as a defaultdict",
        "if you trust the file",
        "python3 -c",
    ];
    refused_at(&words, &foreign("refuses/defaultdict.pt"), &expected);
    let nested = folder.path().join("nested.pt");
    fs::write(
        &nested,
        [b"]".repeat(200_000), b"a".repeat(199_999), b".".to_vec()].concat(),
    )
    .unwrap();
    refused_at(
        &words,
        &nested,
        &["nested.pt would take more memory than a file of weights may"],
    );
    assert!(!out.exists());
}

#[cfg(target_os = "linux")]
#[test]
fn what_stands_beside_a_model_in_a_file_takes_no_memory() {
    let folder = tempdir().unwrap();
    let plain = fs::read(foreign("reads/plain.safetensors")).unwrap();
    let length = u64::from_le_bytes(plain[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&plain[8..8 + length])
        .unwrap()
        .trim_end();
    let values = &plain[8 + length..];
    // 16 GB of an optimiser's, of which the disk holds nothing.
    let (begin, end) = (values.len(), values.len() + (16 << 30));
    let state = format!(
        r#","optimizer.exp_avg":{{"dtype":"F32","shape":[{}],"data_offsets":[{begin},{end}]}}}}"#,
        4u64 << 30
    );
    let header = header
        .replace("\"1.", "\"model.1.")
        .replace("\"3.", "\"model.3.");
    let header = header.strip_suffix('}').unwrap().to_owned() + &state;
    let file = folder.path().join("large.safetensors");
    let bytes = [
        &(header.len() as u64).to_le_bytes(),
        header.as_bytes(),
        values,
    ]
    .concat();
    fs::write(&file, &bytes).unwrap();
    let opened = fs::File::options().write(true).open(&file).unwrap();
    opened.set_len(bytes.len() as u64 + (16 << 30)).unwrap();
    // LibTorch's libraries take gigabytes of addresses.
    let line = format!(
        "ulimit -v 12000000; exec {} {SMALL} --out {} {}",
        env!("CARGO_BIN_EXE_zoo"),
        folder.path().join("run").display(),
        file.display()
    );
    let output = sh(&line);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
