//! Where LibTorch is built in, its libraries' folders are written into the program, which then
//! starts without `LD_LIBRARY_PATH`. Nothing else is done here.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    if std::env::var_os("CARGO_FEATURE_TCH").is_none() {
        return;
    }
    let Some(libtorch) = std::env::var_os("LIBTORCH") else {
        return; // a system-wide LibTorch, or one by LIBTORCH_USE_PYTORCH: the user sees to the path
    };
    let Ok(libtorch) = Path::new(&libtorch).canonicalize() else {
        println!(
            "cargo:warning=LIBTORCH is {}, and there is no such folder: run scripts/libtorch.sh first",
            Path::new(&libtorch).display()
        );
        return;
    };
    let mut folders = vec![libtorch.join("lib")];
    // Python's wheel of LibTorch keeps NVIDIA's libraries beside it: nvidia/*/lib.
    if let Some(beside) = libtorch.parent() {
        let mut nvidia: Vec<PathBuf> = std::fs::read_dir(beside.join("nvidia"))
            .into_iter()
            .flatten()
            .flatten()
            .map(|package| package.path().join("lib"))
            .filter(|folder| folder.is_dir())
            .collect();
        nvidia.sort();
        folders.extend(nvidia);
    }
    for folder in folders {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", folder.display());
    }
    if cfg!(target_os = "linux") {
        // RPATH rather than RUNPATH: it also serves the libraries that LibTorch itself loads.
        println!("cargo:rustc-link-arg=-Wl,--disable-new-dtags");
    }
}
