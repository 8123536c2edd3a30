//! Whole runs end in the same bytes when they are repeated.

use super::{ZOO, run_command};
use burn_zoo::backend::Selected;
use libtest_mimic::Failed;
use std::path::Path;
use std::process::Command;

/// The backends whose runs are repeatable: those that compute on the CPU. On GPUs, the order of sums
/// is the driver's.
const REPEATABLE: [&str; 3] = ["flex", "ndarray", "libtorch"];

pub fn applies_to(selected: &Selected) -> bool {
    REPEATABLE.contains(&selected.backend.id) && selected.info.id == "cpu"
}

pub fn a_run_repeated_ends_in_the_same_bytes(selected: &Selected) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    for (model, recipe) in [
        ("mlp-relu", ["--limit=512", "--batch-size=64", "--epochs=3"]),
        (
            "cnn-strided",
            ["--limit=16", "--batch-size=8", "--epochs=2"],
        ),
    ] {
        for threads in ["1", "2"] {
            let run = |name: &str| -> Result<Vec<u8>, Failed> {
                let out = folder.path().join(format!("{model}-{threads}-{name}"));
                train(selected, model, &recipe, threads, &out)?;
                Ok(std::fs::read(out.join("checkpoint.safetensors"))?)
            };
            let (first, second) = (run("first")?, run("second")?);
            if weights(&first) != weights(&second) {
                return Err(format!("{model} with {threads} threads: two runs differ").into());
            }
        }
    }
    Ok(())
}

/// Weights and moments: the file without its header, where the seconds that epochs took stand.
fn weights(checkpoint: &[u8]) -> &[u8] {
    let length = u64::from_le_bytes(checkpoint[..8].try_into().expect("eight bytes"));
    &checkpoint[8 + length as usize..]
}

fn train(
    selected: &Selected,
    model: &str,
    recipe: &[&str],
    threads: &str,
    out: &Path,
) -> Result<(), Failed> {
    let mut command = Command::new(ZOO);
    command
        .args([
            "train",
            model,
            "--dataset",
            "synthetic",
            "--backend",
            selected.backend.id,
        ])
        .args(recipe)
        .arg("--out")
        .arg(out);
    // Of rayon, of ndarray's matrix products, and of LibTorch.
    for variable in [
        "RAYON_NUM_THREADS",
        "MATMUL_NUM_THREADS",
        "OMP_NUM_THREADS",
        "MKL_NUM_THREADS",
    ] {
        command.env(variable, threads);
    }
    run_command(&mut command).map(drop)
}
