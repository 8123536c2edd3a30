//! Who takes the models takes little else with them.

use std::collections::BTreeSet;
use std::process::Command;

/// The packages that the crate brings along when it is compiled with these options.
fn packages(options: &[&str]) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--package", "burn-zoo-models"])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(options)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs its tests");
    let error = String::from_utf8_lossy(&tree.stderr);
    assert!(tree.status.success(), "{error}");
    let lines = String::from_utf8_lossy(&tree.stdout).into_owned();
    let names = lines.lines().filter_map(|line| line.split(' ').next());
    names.map(String::from).collect()
}

#[test]
fn without_features_the_crate_brings_burns_core_and_no_backend() {
    let packages = packages(&[]);
    let of_burn: Vec<&str> = packages
        .iter()
        .map(String::as_str)
        .filter(|name| name.starts_with("burn"))
        .collect();
    let core = [
        "burn-backend",
        "burn-core",
        "burn-derive",
        "burn-nn",
        "burn-std",
        "burn-tensor",
        "burn-zoo-models",
    ];
    assert_eq!(of_burn, core);
    // 107 when this was written, all but a dozen of them what Burn's core itself brings.
    assert!(packages.len() <= 110, "{}: {packages:?}", packages.len());
    for backend in ["ndarray", "wgpu", "tch", "cudarc", "safetensors"] {
        assert!(!packages.contains(backend), "{backend}");
    }
}

#[test]
fn weights_of_a_model_bring_safetensors_a_hash_and_their_own_crate() {
    let without = packages(&[]);
    let with = packages(&["--features", "vgg-small"]);
    let more: BTreeSet<_> = with.difference(&without).map(String::as_str).collect();
    assert!(
        more.contains("safetensors") && more.contains("sha2"),
        "{more:?}"
    );
    let weights = more.iter().filter(|name| name.starts_with("burn-zoo-"));
    assert_eq!(weights.collect::<Vec<_>>(), [&"burn-zoo-weights-vgg-small"]);
    assert!(more.len() <= 13, "{more:?}");
}
