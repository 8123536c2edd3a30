//! Vulkan, as its loader finds it on Linux: the loader, and the drivers that their manifests name.
//!
//! The folders are those in the loader's documentation (LoaderDriverInterface.md). No driver is opened here: this
//! happens in a child process when the backend's devices are listed, as a driver may crash.

use super::finding::{Finding, Mark, Section};
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

const LOADER: &str = "libvulkan.so.1";

/// The findings on Vulkan; `None` on systems other than Linux, which keep their drivers elsewhere.
pub(super) fn section(needed: bool) -> Option<Section> {
    let places = Places {
        variable: &|name| env::var_os(name),
    };
    cfg!(target_os = "linux").then(|| Section {
        title: "Vulkan",
        findings: places.findings(needed),
    })
}

/// The folders to search, as the environment variables set them.
struct Places<'a> {
    variable: &'a dyn Fn(&str) -> Option<OsString>,
}

impl Places<'_> {
    fn findings(&self, needed: bool) -> Vec<Finding> {
        let loader = match self.find_library(LOADER) {
            Some(path) => Finding::ok("loader", path.display().to_string()),
            None => Finding::new(
                Mark::of_trouble(needed),
                "loader",
                format!("there is no {LOADER}"),
            )
            .cure("install it (on Debian, libvulkan1)"),
        };
        let manifests = self.manifests();
        let drivers = manifests.iter().map(|path| self.driver(path));
        let mut findings: Vec<Finding> = [loader].into_iter().chain(drivers).collect();
        if !findings[1..].iter().any(|finding| finding.mark == Mark::Ok) {
            let places: Vec<String> = self
                .folders()
                .iter()
                .map(|folder| folder.display().to_string())
                .collect();
            let (found, cure) = match self.named_drivers() {
                Some((variable, _)) => (
                    format!("{variable} names no working driver"),
                    format!("unset {variable}, or name a driver's manifest by it"),
                ),
                None => (
                    format!("no driver is installed (looked in {})", places.join(", ")),
                    "install your GPU's driver with its part for Vulkan, or, to compute on the CPU, Debian's mesa-vulkan-drivers".into(),
                ),
            };
            findings.push(Finding::new(Mark::of_trouble(needed), "drivers", found).cure(cure));
        }
        findings
    }

    /// The driver that a manifest names.
    fn driver(&self, manifest: &Path) -> Finding {
        let about = manifest.display().to_string();
        let bad = |found: String| {
            Finding::note(&*about, found)
                .cure("reinstall the driver, or take the file away if the driver is gone")
        };
        let text = match fs::read(manifest) {
            Ok(text) => text,
            Err(error) => return bad(format!("cannot be read ({error})")),
        };
        let json: serde_json::Value = match serde_json::from_slice(&text) {
            Ok(json) => json,
            Err(error) => return bad(format!("is no driver's manifest ({error})")),
        };
        let Some(named) = json["ICD"]["library_path"].as_str() else {
            return bad("is no driver's manifest: it names no library".into());
        };
        // By the loader's rules the system finds a bare name, and any other path is relative to the manifest.
        let library = match named.contains('/') {
            true => {
                let folder = manifest.parent().unwrap_or(Path::new("."));
                Some(folder.join(named)).filter(|path| path.is_file())
            }
            false => self.find_library(named),
        };
        match library {
            Some(library) => Finding::ok(about, library.display().to_string()),
            None => bad(format!("names the driver {named}, which is not there")),
        }
    }

    /// Every manifest, in the loader's order.
    fn manifests(&self) -> Vec<PathBuf> {
        let mut manifests: Vec<PathBuf> = self.paths("VK_ADD_DRIVER_FILES");
        match self.named_drivers() {
            Some((_, paths)) => manifests.extend(paths),
            None => manifests.extend(self.folders()),
        }
        // A path may be a manifest or a folder of manifests. A path that does not exist is a missing driver only if
        // a variable names it.
        let mut all = Vec::new();
        for path in manifests {
            match fs::read_dir(&path) {
                Ok(entries) => {
                    let files = entries.flatten().map(|entry| entry.path());
                    let mut files: Vec<_> = files
                        .filter(|file| file.extension().is_some_and(|end| end == "json"))
                        .collect();
                    files.sort();
                    all.extend(files);
                }
                Err(_) if path.ends_with(FOLDER) => {}
                Err(_) => all.push(path),
            }
        }
        all
    }

    /// The variable that replaces the installed manifests, and the manifests that it names.
    fn named_drivers(&self) -> Option<(&'static str, Vec<PathBuf>)> {
        let variables = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].into_iter();
        let mut named = variables.map(|variable| (variable, self.paths(variable)));
        named.find(|(_, paths)| !paths.is_empty())
    }

    /// The folders of the drivers that are installed.
    fn folders(&self) -> Vec<PathBuf> {
        let or = |paths: Vec<PathBuf>, default: &[&str]| match paths.is_empty() {
            true => default.iter().map(PathBuf::from).collect(),
            false => paths,
        };
        let home = |below: &str| {
            let home = self.paths("HOME").into_iter().next();
            home.map(|home| home.join(below)).into_iter().collect()
        };
        let own = |variable: &str, below: &str| match self.paths(variable) {
            paths if paths.is_empty() => home(below),
            paths => paths,
        };
        let mut folders: Vec<PathBuf> = [
            own("XDG_CONFIG_HOME", ".config"),
            or(self.paths("XDG_CONFIG_DIRS"), &["/etc/xdg"]),
            vec!["/usr/local/etc".into(), "/etc".into()],
            own("XDG_DATA_HOME", ".local/share"),
            or(
                self.paths("XDG_DATA_DIRS"),
                &["/usr/local/share", "/usr/share"],
            ),
        ]
        .concat();
        folders
            .iter_mut()
            .for_each(|folder| *folder = folder.join(FOLDER));
        folders
    }

    /// The paths in a variable, separated by colons.
    fn paths(&self, variable: &str) -> Vec<PathBuf> {
        let value = (self.variable)(variable).unwrap_or_default();
        let paths = env::split_paths(&value);
        paths.filter(|path| path != Path::new("")).collect()
    }

    /// The path of a library where the system would find it.
    fn find_library(&self, name: &str) -> Option<PathBuf> {
        let mut places = self.paths("LD_LIBRARY_PATH");
        let usual = ["/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib"];
        places.extend(usual.map(PathBuf::from));
        let mut candidates = places.iter().map(|folder| folder.join(name));
        let cache = fs::read("/etc/ld.so.cache").unwrap_or_default();
        candidates
            .find(|path| path.is_file())
            .or_else(|| in_cache(&cache, name))
    }
}

/// The folder of the manifests below each of the folders to search.
const FOLDER: &str = "vulkan/icd.d";

/// The path of a library in the linker's cache, which separates paths by zero bytes.
fn in_cache(cache: &[u8], name: &str) -> Option<PathBuf> {
    let mut words = cache
        .split(|byte| *byte == 0)
        .filter_map(|word| std::str::from_utf8(word).ok());
    let path = words.find(|word| {
        let file = word.strip_suffix(name);
        file.is_some_and(|folder| folder.starts_with('/') && folder.ends_with('/'))
    })?;
    Some(path.into()).filter(|path: &PathBuf| path.is_file())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use serde_json::json;

    fn write_manifest(path: &Path, library: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let json = json!({ "file_format_version": "1.0.0", "ICD": { "library_path": library } });
        fs::write(path, json.to_string()).unwrap();
    }

    /// The findings with these variables and no others.
    fn findings(variables: &[(&str, &Path)]) -> Vec<Finding> {
        let variable = |wanted: &str| {
            let found = variables.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| value.as_os_str().to_owned())
        };
        let places = Places {
            variable: &variable,
        };
        places.findings(true)
    }

    #[track_caller]
    fn of<'a>(findings: &'a [Finding], about: &Path) -> &'a Finding {
        let about = about.display().to_string();
        let finding = findings.iter().find(|finding| finding.about == about);
        finding.unwrap_or_else(|| panic!("nothing about {about}: {findings:#?}"))
    }

    #[test]
    fn drivers_are_found_in_the_folders_of_the_variables_and_each_needs_its_library() {
        let folder = tempfile::tempdir().unwrap();
        let [whole, beside, bare, gone, torn] =
            ["whole", "beside", "bare", "gone", "torn"].map(|name| {
                folder
                    .path()
                    .join(format!("share/vulkan/icd.d/{name}.json"))
            });
        let library = folder.path().join("lib/libvulkan_x.so");
        fs::create_dir_all(library.parent().unwrap()).unwrap();
        fs::write(&library, "ELF").unwrap();
        write_manifest(&whole, library.to_str().unwrap());
        write_manifest(&beside, "../../../lib/libvulkan_x.so");
        write_manifest(&bare, "libvulkan_x.so");
        write_manifest(&gone, "/no/such/libvulkan_y.so");
        fs::write(&torn, r#"{ "ICD": "#).unwrap();
        let share = folder.path().join("share");
        let found = findings(&[
            ("XDG_DATA_HOME", &share),
            ("LD_LIBRARY_PATH", library.parent().unwrap()),
        ]);
        for manifest in [&whole, &beside, &bare] {
            assert_eq!(of(&found, manifest).mark, Mark::Ok, "{found:#?}");
        }
        let gone = of(&found, &gone);
        assert!(
            gone.found.contains("libvulkan_y.so, which is not there"),
            "{gone:?}"
        );
        assert_eq!(gone.mark, Mark::Note);
        assert!(of(&found, &torn).found.contains("no driver's manifest"));
        assert!(!found.iter().any(|finding| finding.about == "drivers"));
    }

    #[test]
    fn named_drivers_replace_installed_ones_and_a_missing_one_is_a_problem() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("a.json"), folder.path().join("b.json"));
        let found = findings(&[("VK_DRIVER_FILES", &first), ("VK_ICD_FILENAMES", &second)]);
        assert!(of(&found, &first).found.contains("cannot be read"));
        let last = found.last().unwrap();
        assert_eq!(last.found, "VK_DRIVER_FILES names no working driver");
        assert_eq!(last.mark, Mark::Problem);
        let found = findings(&[("VK_ICD_FILENAMES", &second)]);
        assert!(of(&found, &second).found.contains("cannot be read"));
    }

    #[test]
    fn the_folders_are_those_of_the_loader() {
        let variable = |name: &str| (name == "HOME").then(|| OsString::from("/home/me"));
        let places = Places {
            variable: &variable,
        };
        let folders = places.folders();
        let folders: Vec<_> = folders
            .iter()
            .filter_map(|folder| folder.to_str())
            .collect();
        let expected = [
            "/home/me/.config",
            "/etc/xdg",
            "/usr/local/etc",
            "/etc",
            "/home/me/.local/share",
            "/usr/local/share",
            "/usr/share",
        ];
        assert_eq!(
            folders,
            expected.map(|place| format!("{place}/vulkan/icd.d"))
        );
    }

    #[test]
    fn a_library_is_found_in_the_linkers_cache_by_its_whole_name() {
        let folder = tempfile::tempdir().unwrap();
        let [library, other] = ["libx.so.1", "mylibx.so.1"].map(|name| folder.path().join(name));
        for path in [&library, &other] {
            fs::write(path, "ELF").unwrap();
        }
        let cache = format!(
            "glibc-ld\0libx.so.1\0{}\0{}\0",
            other.display(),
            library.display()
        );
        assert_eq!(in_cache(cache.as_bytes(), "libx.so.1"), Some(library));
        assert_eq!(in_cache(cache.as_bytes(), "liby.so.1"), None);
    }
}
