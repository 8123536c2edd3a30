//! `zoo export`; tests/pytorch/exchange.py gives the weights to PyTorch itself and takes them from it.

use crate::support::*;
use std::fs;
use tempfile::tempdir;

#[test]
fn a_run_exported_in_either_format_comes_back_as_a_run_with_the_same_weights() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    for (format, suffix) in [("pytorch", "pt"), ("safetensors", "safetensors")] {
        let said = succeeds(&format!("export --format {format}"), &run).stdout;
        let file = run.join(format!("mlp-relu-pytorch.{suffix}"));
        assert_eq!(said.trim_end(), file.to_str().unwrap());
        let imported = folder.path().join(format);
        let out = imported.to_str().unwrap();
        let said = succeeds(&format!("import --model mlp-relu --out {out}"), &file).stdout;
        assert_says(
            &said,
            &[
                "203,530 parameters",
                "the 10 of fashion-mnist",
                "--init-from",
            ],
        );
        let files = ["config.json", "weights.safetensors"];
        assert_eq!(names(&imported), files);
        let [before, after] = [&run, &imported].map(|run| weights(run));
        assert!(before == after, "{format}");
    }
}

#[test]
fn a_run_is_exported_as_a_whole_model_for_onnx_and_as_weights_for_burn() {
    let folder = tempdir().unwrap();
    let run = one_epoch(folder.path());
    let weights = fs::read(run.join("weights.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&weights).unwrap();
    for (format, name) in [("onnx", "mlp-relu.onnx"), ("burnpack", "mlp-relu.bpk")] {
        let said = succeeds(&format!("export --format {format}"), &run).stdout;
        let file = run.join(name);
        assert_eq!(said.trim_end(), file.to_str().unwrap());
        let bytes = fs::read(file).unwrap();
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        for layer in ["hidden.0.bias", "output.weight", "output.bias"] {
            assert!(holds(layer.as_bytes()), "{format}: {layer}");
            let tensor = tensors.tensor(layer).unwrap();
            let values = match (format, tensor.shape()) {
                // ONNX has dense weights the other way round.
                ("onnx", &[rows, columns]) => {
                    let places = (0..columns)
                        .flat_map(|column| (0..rows).map(move |row| 4 * (row * columns + column)));
                    places
                        .flat_map(|at| tensor.data()[at..at + 4].to_vec())
                        .collect()
                }
                _ => tensor.data().to_vec(),
            };
            assert!(holds(&values), "{format}: {layer}");
        }
        assert!(holds("minus 0.5, divided by 0.5".as_bytes()), "{format}");
        let words = format!("export --format {format} --out /no/such/folder/file");
        refused_at(&words, &run, &["cannot write /no/such/folder/file"]);
        let words = format!("export --format {format}");
        refused_at(&words, folder.path(), &["is not a run folder"]);
    }
    let output = zoo("export --format torchscript run").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_says(&said, &["--format", "safetensors, pytorch, onnx, burnpack"]);
}

#[test]
fn a_model_is_exported_as_rust_source_with_its_weights_beside_it() {
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let export = |words: &str, file: &str| {
        let words = format!("export vgg-small.fashion-mnist --format rust {words} --out");
        output_of(zoo(&words).arg(at(file)))
    };
    let said = export("", "mine.rs");
    let expected = [at("mine.rs"), at("mine.bpk")].map(|path| path.display().to_string());
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
    let text = fs::read_to_string(at("mine.rs")).unwrap();
    // The whole of it is held to a file that is compiled, in src/exchange/rust.
    assert_says(
        &text,
        &[
            "pub struct VggSmall {",
            "try_load_file(\"mine.bpk\")",
            "for Burn 0.22",
        ],
    );
    assert!(fs::metadata(at("mine.bpk")).unwrap().len() > 4 * 426_058);

    export("--burn 0.21 --json", "older.rs");
    let text = fs::read_to_string(at("older.rs")).unwrap();
    assert_says(
        &text,
        &["pub struct VggSmall<B: Backend> {", "for Burn 0.21"],
    );
}

#[test]
fn names_and_versions_that_go_with_no_rust_source_are_refused() {
    let folder = tempdir().unwrap();
    let name = "vgg-small.fashion-mnist";
    refused_at(
        &format!("export {name} --format rust --out"),
        &folder.path().join("model.bpk"),
        &["model.bpk is no name for Rust source", "ends in .rs"],
    );
    refused_at(
        &format!("export {name} --format onnx --burn 0.21 --out"),
        &folder.path().join("model.onnx"),
        &["--format rust"],
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
