//! NVIDIA's GPUs by name, as Linux's driver tells in `/proc`: neither CUDA's nor LibTorch's bindings do.

#[cfg(any(feature = "tch", feature = "cuda"))]
use super::{described::Described, memory::of_nvidia};
use std::fs;
use std::path::Path;

/// A GPU by its number; a general name and no version of the driver where that does not tell.
#[cfg(any(feature = "tch", feature = "cuda"))]
pub(super) fn nvidia(number: usize) -> Described {
    let (name, driver) = nvidia_in(Path::new("/proc/driver/nvidia"), number);
    Described {
        name,
        driver,
        // CUDA numbers them in an order of its own.
        memory: of_nvidia(None),
    }
}

fn nvidia_in(folder: &Path, number: usize) -> (String, String) {
    let entries = fs::read_dir(folder.join("gpus")).into_iter().flatten();
    let mut models: Vec<String> = entries
        .flatten()
        .filter_map(|gpu| {
            let information = fs::read_to_string(gpu.path().join("information")).ok()?;
            let lines = information.lines();
            let mut models = lines.filter_map(|line| line.strip_prefix("Model:"));
            Some(models.next()?.trim().to_owned())
        })
        .collect();
    models.sort();
    models.dedup();
    let name = match models.as_slice() {
        [] => "NVIDIA GPU".into(),
        [model] => model.clone(),
        // CUDA numbers them in an order of its own.
        several => format!("NVIDIA GPU {number} of {}", several.join(" and ")),
    };
    let version = fs::read_to_string(folder.join("version")).unwrap_or_default();
    let is_version =
        |word: &&str| word.contains('.') && word.chars().all(|c| c.is_ascii_digit() || c == '.');
    let version = version.split_whitespace().find(is_version);
    (name, version.unwrap_or_default().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_is_named_by_the_driver() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            nvidia_in(folder.path(), 0),
            ("NVIDIA GPU".into(), String::new())
        );

        let gpu = |bus: &str, model: &str| {
            let gpu = folder.path().join("gpus").join(bus);
            fs::create_dir_all(&gpu).unwrap();
            let text = format!("Model: \t\t {model}\nIRQ:   \t\t 42\nBus Type: \t PCIe\n");
            fs::write(gpu.join("information"), text).unwrap();
        };
        gpu("0000:17:00.0", "NVIDIA H200");
        gpu("0000:65:00.0", "NVIDIA H200");
        let version = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n\
            GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n";
        fs::write(folder.path().join("version"), version).unwrap();
        assert_eq!(
            nvidia_in(folder.path(), 1),
            ("NVIDIA H200".into(), "550.54.15".into())
        );

        gpu("0000:ca:00.0", "NVIDIA L4");
        let (name, _) = nvidia_in(folder.path(), 1);
        assert_eq!(name, "NVIDIA GPU 1 of NVIDIA H200 and NVIDIA L4");
    }
}
