//! LibTorch: the version that the backend needs, and the version on this machine.

use super::finding::{Finding, Mark, Section};
use crate::backend::{BACKENDS, BackendSpec, Library};
use crate::child;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The version that the crate `tch` needs and that scripts/libtorch.sh installs.
const WANTED: &str = "2.9.0";

/// The folder in which scripts/libtorch.sh installs it, relative to the project.
const BESIDE: &str = ".libtorch/torch";

const ABOUT: &str = "libtorch";

pub(super) fn section(needed: bool) -> Section {
    let spec = BACKENDS
        .iter()
        .find(|spec| spec.foreign == Some(Library::LibTorch))
        .expect("a backend is LibTorch's");
    let findings = match spec.built_in {
        true => vec![loaded(needed)],
        false => not_built_in(spec, found_here()),
    };
    Section {
        title: "LibTorch",
        findings,
    }
}

/// A folder with a LibTorch.
struct Found {
    folder: PathBuf,
    /// The reason why this folder was looked at.
    origin: String,
    version: Option<String>,
}

/// The library that this program runs with.
fn loaded(needed: bool) -> Finding {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let Some(library) = mapped(&maps, "libtorch_cpu.so") else {
        let found =
            format!("built in for {WANTED}; this system does not report which one is loaded");
        return Finding::note(ABOUT, found);
    };
    let version = library.parent().and_then(Path::parent).and_then(version);
    let place = format!("{} is loaded", library.display());
    match version {
        Some(version) if fits(&version) => Finding::ok(ABOUT, format!("{version}, {place}")),
        Some(version) => Finding::new(
            Mark::of_trouble(needed),
            ABOUT,
            format!("{version} where {WANTED} is wanted: {place}"),
        )
        .cure("run `scripts/libtorch.sh build --release`, and start the program without LD_LIBRARY_PATH"),
        None => Finding::note(
            ABOUT,
            format!("built in for {WANTED}; {place}, whose version is unknown"),
        ),
    }
}

fn not_built_in(spec: &BackendSpec, found: Vec<Found>) -> Vec<Finding> {
    if found.is_empty() {
        let text = format!("not built in, and no LibTorch {WANTED} is here");
        return vec![Finding::note(ABOUT, text).cure(spec.how_to_build)];
    }
    let findings = found.into_iter().map(|found| {
        let place = format!("{}, {}", found.folder.display(), found.origin);
        match found.version {
            Some(version) if fits(&version) => {
                Finding::note(ABOUT, format!("not built in; {version} is in {place}"))
                    .cure("build with `--features tch`")
            }
            version => {
                let version = version.map_or("of unknown version".into(), |version| {
                    format!("{version} where {WANTED} is wanted")
                });
                Finding::note(ABOUT, format!("not built in; {place}, is {version}"))
                    .cure(spec.how_to_build)
            }
        }
    });
    findings.collect()
}

/// Every LibTorch that a build could use.
fn found_here() -> Vec<Found> {
    let set = |name| env::var_os(name).filter(|value: &OsString| !value.is_empty());
    let mut found = Vec::new();
    if let Some(folder) = set("LIBTORCH") {
        found.extend(in_folder(folder.into(), "named by LIBTORCH".into()));
    }
    let starts = [env::current_dir().ok(), env::current_exe().ok()];
    for start in starts.iter().flatten() {
        for project in start.ancestors() {
            let folder = project.join(BESIDE);
            found.extend(in_folder(folder, "put there by scripts/libtorch.sh".into()));
        }
    }
    // Several paths may lead to one folder.
    let mut seen = Vec::new();
    found.retain(|found| {
        let place = fs::canonicalize(&found.folder).ok();
        let is_new = !seen.contains(&place);
        seen.push(place);
        is_new
    });
    if set("LIBTORCH_USE_PYTORCH").is_some() {
        found.extend(of_python());
    }
    found
}

fn in_folder(folder: PathBuf, origin: String) -> Option<Found> {
    folder.join("lib").is_dir().then(|| Found {
        version: version(&folder),
        folder,
        origin,
    })
}

/// The package `torch` of the Python that the build of `tch` uses, found without importing it.
fn of_python() -> Option<Found> {
    let python = match env::var_os("VIRTUAL_ENV") {
        Some(_) => "python",
        None => "python3",
    };
    let question =
        "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])";
    let ended = child::run(
        Command::new(python).args(["-c", question]),
        Duration::from_secs(20),
    );
    let origin = format!("the package torch of {python}, as LIBTORCH_USE_PYTORCH asks for");
    in_folder(ended.stdout.trim().into(), origin)
}

/// The version of the LibTorch in a folder: the Python package and PyTorch's archive store it in different files.
fn version(folder: &Path) -> Option<String> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let of_package = read("version.py").and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("__version__"))?;
        Some(line.split(['\'', '"']).nth(1)?.to_owned())
    });
    of_package.or_else(|| Some(read("build-version")?.trim().to_owned()))
}

/// Whether a version is the wanted one: "2.9.0+cu128" is 2.9.0 with CUDA.
fn fits(version: &str) -> bool {
    version.split('+').next() == Some(WANTED)
}

/// The path of a loaded library, from the lines of `/proc/self/maps`.
fn mapped(maps: &str, name: &str) -> Option<PathBuf> {
    let paths = maps
        .lines()
        .filter_map(|line| Some(&line[line.find('/')?..]));
    let mut paths = paths.map(Path::new);
    let path = paths.find(|path| {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        file == name || file.starts_with(&format!("{name}."))
    })?;
    Some(path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(name: &str, text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("lib")).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
        folder
    }

    #[test]
    fn the_version_wanted_is_the_one_that_the_script_installs() {
        let script = include_str!("../../scripts/libtorch.sh");
        assert!(script.contains(&format!("\nversion={WANTED}\n")));
        let spec = BACKENDS
            .iter()
            .find(|spec| spec.foreign == Some(Library::LibTorch));
        assert!(spec.unwrap().needs.contains(WANTED));
    }

    #[test]
    fn the_version_is_read_from_the_python_package_and_from_pytorchs_archive() {
        let python = folder_with("version.py", "debug = False\n__version__ = '2.9.0+cu128'\n");
        assert_eq!(version(python.path()).as_deref(), Some("2.9.0+cu128"));
        let archive = folder_with("build-version", "2.9.0+cpu\n");
        assert_eq!(version(archive.path()).as_deref(), Some("2.9.0+cpu"));
        assert_eq!(version(&archive.path().join("lib")), None);
        assert!(fits("2.9.0+cu128") && fits("2.9.0"));
        assert!(!fits("2.9.1") && !fits("2.9.0a0"));
    }

    #[test]
    fn a_libtorch_that_is_here_but_not_built_in_is_reported_with_its_version() {
        let spec = crate::backend::find("libtorch").unwrap();
        let old = folder_with("build-version", "2.4.1");
        let right = folder_with("build-version", "2.9.0");
        let found = [&old, &right]
            .map(|folder| in_folder(folder.path().into(), "named by LIBTORCH".into()).unwrap());
        let findings = not_built_in(spec, found.into());
        assert!(
            findings[0]
                .found
                .ends_with("is 2.4.1 where 2.9.0 is wanted"),
            "{findings:?}"
        );
        assert_eq!(
            findings[1].cure.as_deref(),
            Some("build with `--features tch`")
        );
        assert!(findings.iter().all(|finding| finding.mark == Mark::Note));
        assert!(
            not_built_in(spec, Vec::new())[0]
                .found
                .contains("no LibTorch 2.9.0 is here")
        );
    }

    #[test]
    fn a_loaded_library_is_found_by_its_name_with_spaces_in_its_path() {
        let maps = "7f00-7f01 r--p 00000000 00:00 0\n\
            7f02-7f03 r-xp 00001000 fe:01 42    /opt/my torch/lib/libtorch_cpu.so\n\
            7f04-7f05 r-xp 00001000 fe:01 43    /opt/my torch/lib/libtorch_cpu_helper.so\n";
        let expected = Path::new("/opt/my torch/lib/libtorch_cpu.so");
        assert_eq!(mapped(maps, "libtorch_cpu.so").as_deref(), Some(expected));
        assert_eq!(mapped(maps, "libtorch.so"), None);
    }
}
