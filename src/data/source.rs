//! Finding the files of a data set on this machine, downloading them, and checking that they are the official
//! ones.
//!
//! Looked at in this order: the folder given by `--data-dir` (and then nothing else), the folder in the
//! environment variable `BURN_ZOO_DATA`, the user's cache folder, the folder of the distribution's package, and
//! the official address, from which the files are downloaded into the cache folder.

use std::env;
use std::fs::{self, File};
use std::io::{BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use flate2::bufread::GzDecoder;
use tempfile::NamedTempFile;

use crate::numbers::thousands;

use super::download::{Manner, download, download_error, keep, sweep, temporary_file, write_error};
use super::files::{self, file_error};
use super::{
    DataError, DatasetSpec, DownloadProblem, FileProblem, ImageDataset, LoadOptions, Loaded, Split,
};

/// Checksums of the unpacked files, written beside them when the archive they came from has been checked; in
/// the format of `sha256sum`.
const SUMS: &str = "SHA256SUMS";

/// The files of a data set, where they may be, and how they are read.
#[derive(Debug, Clone)]
pub(super) struct FileSet {
    /// Every file.
    pub files: &'static [OfficialFile],
    /// The folder into which the official archive unpacks.
    pub subfolder: Option<&'static str>,
    /// The distribution's package, where there is one.
    pub package: Option<Package>,
    /// The official address.
    pub remote: Remote,
    /// Reads a split from a folder.
    pub read: fn(&DatasetSpec, &Path, Split) -> Result<ImageDataset, DataError>,
}

/// A file as its authors made it, uncompressed.
#[derive(Debug)]
pub(super) struct OfficialFile {
    /// Its name, without `.gz`.
    pub name: &'static str,
    /// The split it belongs to.
    pub split: Split,
    /// Its length in bytes.
    pub bytes: usize,
    /// Its SHA-256, where its authors' file is known by one.
    pub sha256: Option<&'static str>,
}

/// A Debian package that installs the files.
#[derive(Debug, Clone)]
pub(super) struct Package {
    /// Its name.
    pub name: &'static str,
    /// Where it puts them.
    pub folder: &'static str,
}

/// How the official address offers the files.
#[derive(Debug, Clone)]
pub(super) enum Remote {
    /// Each compressed, as `<base>/<name>.gz`.
    Files { base: &'static str },
    /// All in one compressed archive, `<base>/<name>`.
    Archive {
        base: &'static str,
        name: &'static str,
        md5: &'static str,
    },
}

/// Where to look, and whether and how to download.
#[derive(Debug)]
pub(super) struct Places {
    /// `--data-dir`.
    given: Option<PathBuf>,
    /// `BURN_ZOO_DATA`.
    variable: Option<PathBuf>,
    /// The program's folder in the user's cache folder.
    cache: Option<PathBuf>,
    /// Whether the folders of packages are looked at.
    packages: bool,
    /// `BURN_ZOO_OFFLINE`.
    offline: bool,
    /// Stands in for the official addresses in tests.
    server: Option<String>,
    manner: Manner,
}

/// The program's folder in the user's cache folder; `None` where the system names none.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    dirs::cache_dir().map(|folder| folder.join("burn-zoo"))
}

/// Whether `BURN_ZOO_OFFLINE` forbids downloads.
pub(crate) fn is_offline() -> bool {
    let value = env::var_os("BURN_ZOO_OFFLINE").filter(|value| !value.is_empty());
    value.is_some_and(|value| value != "0")
}

impl Places {
    pub(super) fn of_this_machine(options: &LoadOptions) -> Self {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty());
        Self {
            given: options.data_dir.clone(),
            variable: set("BURN_ZOO_DATA").map(PathBuf::from),
            cache: cache_folder(),
            packages: true,
            offline: is_offline(),
            server: None,
            manner: Manner {
                patience: Duration::from_secs(20),
                pause: Duration::from_secs(2),
                proxy: ureq::Proxy::try_from_env(),
                show_progress: options.show_progress,
            },
        }
    }

    /// The address of a file on the official server.
    fn address(&self, base: &str, name: &str) -> String {
        format!("{}/{name}", self.server.as_deref().unwrap_or(base))
    }
}

impl OfficialFile {
    /// The path of this file in `folder`, plain or compressed, under its name or the spelling with a dot that
    /// some programs unpack it to.
    pub(super) fn find_in(&self, folder: &Path, dataset: &str) -> Result<PathBuf, DataError> {
        self.path_in(folder)
            .ok_or_else(|| file_error(dataset, &folder.join(self.name), FileProblem::Missing))
    }

    fn path_in(&self, folder: &Path) -> Option<PathBuf> {
        let dotted = self.name.replace("-idx", ".idx");
        [self.name, &dotted]
            .into_iter()
            .flat_map(|name| [name.to_owned(), format!("{name}.gz")])
            .map(|name| folder.join(name))
            // Something unreadable counts as there: reading it gives the error that names it.
            .find(|path| fs::symlink_metadata(path).is_ok())
    }
}

/// A folder that holds the files of a split.
struct Found {
    folder: PathBuf,
    origin: String,
    /// Whether the user named it, and so vouches for its contents.
    given: bool,
}

/// Brings a split into memory.
pub(super) fn load(
    spec: &DatasetSpec,
    set: &FileSet,
    split: Split,
    places: &Places,
) -> Result<Loaded, DataError> {
    let found = match look(spec, set, &[split], places)? {
        Ok(found) => found,
        Err(tried) => match fetch(spec, set, places) {
            Ok(folder) => Found {
                origin: format!(
                    "folder {}, downloaded from the official address",
                    folder.display()
                ),
                folder,
                given: false,
            },
            Err(error) => return Err(not_found(spec, set, places, tried, Some(&error))),
        },
    };
    let images = (set.read)(spec, &found.folder, split)?;
    let warning = check_count(spec, split, &images, &found)?;
    Ok(Loaded {
        images,
        origin: found.origin,
        warning,
    })
}

/// The folder that holds both splits.
pub(super) fn path(
    spec: &DatasetSpec,
    set: &FileSet,
    places: &Places,
) -> Result<PathBuf, DataError> {
    let found = look(spec, set, &[Split::Train, Split::Test], places)?
        .map_err(|tried| not_found(spec, set, places, tried, None))?;
    for file in set.files {
        file.find_in(&found.folder, &spec.id)?;
    }
    Ok(found.folder)
}

/// Reads and checks every file; returns a line for each thing checked.
pub(super) fn verify(
    spec: &DatasetSpec,
    set: &FileSet,
    places: &Places,
) -> Result<Vec<String>, DataError> {
    let found = look(spec, set, &[Split::Train, Split::Test], places)?
        .map_err(|tried| not_found(spec, set, places, tried, None))?;
    let mut lines = vec![format!("{}: {}", spec.id, found.origin)];
    let mut whole = true;
    for split in [Split::Train, Split::Test] {
        let images = (set.read)(spec, &found.folder, split)?;
        let warning = check_count(spec, split, &images, &found)?;
        lines.push(match warning {
            None => {
                let each = check_classes(spec, split, &images, &found.folder)?;
                format!(
                    "{split}: {} images, {} of each class",
                    thousands(images.len()),
                    thousands(each)
                )
            }
            Some(_) => {
                whole = false;
                format!(
                    "{split}: {} of {} images, a subset",
                    thousands(images.len()),
                    thousands(spec.count(split))
                )
            }
        });
    }
    let recorded = recorded_sums(&found.folder);
    for file in set.files {
        let path = file.find_in(&found.folder, &spec.id)?;
        let (_, sum) = files::checksum(&spec.id, &path, file.bytes + 1)?;
        let verdict = match expected_sum(file, &recorded) {
            Some(expected) if expected == sum => "the official contents",
            Some(_) if !whole => "not the official contents",
            Some(expected) => {
                let expected = expected.to_owned();
                let problem = FileProblem::Checksum {
                    found: sum,
                    expected,
                };
                return Err(file_error(&spec.id, &path, problem));
            }
            None => "no official checksum to compare with",
        };
        lines.push(format!("{}: {verdict}, SHA-256 {sum}", file.name));
    }
    Ok(lines)
}

/// Downloads what is missing or damaged in the cache folder; returns the folder.
pub(super) fn fetch(
    spec: &DatasetSpec,
    set: &FileSet,
    places: &Places,
) -> Result<PathBuf, DataError> {
    if places.offline {
        return Err(DataError::Offline {
            dataset: spec.id.clone(),
        });
    }
    let cache = places.cache.as_ref().ok_or(DataError::NoCacheFolder)?;
    let folder = cache.join(&spec.id);
    fs::create_dir_all(&folder).map_err(|cause| write_error(&folder, cause))?;
    sweep(&folder);
    match &set.remote {
        Remote::Files { base } => {
            for file in set.files {
                if !is_sound(spec, file, &folder, file.sha256) {
                    let address = places.address(base, &format!("{}.gz", file.name));
                    fetch_file(file, &address, &folder, &places.manner)?;
                }
            }
        }
        Remote::Archive { base, name, md5 } => {
            let recorded = recorded_sums(&folder);
            let sound = |file| is_sound(spec, file, &folder, expected_sum(file, &recorded));
            if !set.files.iter().all(sound) {
                let address = places.address(base, name);
                fetch_archive(set, &address, md5, &folder, &places.manner)?;
            }
        }
    }
    Ok(folder)
}

/// Looks for a folder that holds all files of `splits`; otherwise gives what is missing in each place.
///
/// # Errors
/// If `--data-dir` is not a folder.
fn look(
    spec: &DatasetSpec,
    set: &FileSet,
    splits: &[Split],
    places: &Places,
) -> Result<Result<Found, Vec<String>>, DataError> {
    if let Some(given) = &places.given {
        if !given.is_dir() {
            let path = given.clone();
            let dataset = spec.id.clone();
            return Err(DataError::NotAFolder { dataset, path });
        }
        // Also with files missing: reading then names the first of them.
        let folder = best_folder(spec, set, splits, given).0;
        let origin = format!("folder {}, given by --data-dir", folder.display());
        return Ok(Ok(Found {
            folder,
            origin,
            given: true,
        }));
    }

    let package = set.package.as_ref().filter(|_| places.packages);
    let candidates = [
        places
            .variable
            .as_ref()
            .map(|folder| (folder.clone(), "given by BURN_ZOO_DATA".to_owned())),
        places
            .cache
            .as_ref()
            .map(|folder| (folder.join(&spec.id), "the cache folder".to_owned())),
        package.map(|package| {
            let origin = format!("installed by Debian's package {}", package.name);
            (PathBuf::from(package.folder), origin)
        }),
    ];
    let mut tried = Vec::new();
    if places.variable.is_none() {
        tried.push("BURN_ZOO_DATA is not set".to_owned());
    }
    for (place, origin) in candidates.into_iter().flatten() {
        match best_folder(spec, set, splits, &place) {
            (folder, None) => {
                return Ok(Ok(Found {
                    origin: format!("folder {}, {origin}", folder.display()),
                    folder,
                    given: false,
                }));
            }
            (folder, Some(missing)) => tried.push(format!(
                "no {} in {}, {}",
                missing.name,
                folder.display(),
                origin.replace("installed by", "where it would be installed by")
            )),
        }
    }
    Ok(Err(tried))
}

/// The folder in `place` that misses the fewest files, and the first file that it misses.
///
/// The files may lie in `place` itself, in its subfolder named after the data set, or in the official archive's
/// folder in either.
fn best_folder<'a>(
    spec: &DatasetSpec,
    set: &'a FileSet,
    splits: &[Split],
    place: &Path,
) -> (PathBuf, Option<&'a OfficialFile>) {
    let missing = |folder: &Path| -> Vec<&'a OfficialFile> {
        let wanted = set.files.iter().filter(|f| splits.contains(&f.split));
        wanted.filter(|f| f.path_in(folder).is_none()).collect()
    };
    let mut others = vec![place.join(&spec.id)];
    if let Some(name) = set.subfolder {
        others.push(place.join(name));
        others.push(place.join(&spec.id).join(name));
    }
    let mut best = (place.to_owned(), missing(place));
    for folder in others {
        let missing = missing(&folder);
        if missing.len() < best.1.len() {
            best = (folder, missing);
        }
    }
    (best.0, best.1.first().copied())
}

/// A folder with fewer images than the official set is the user's own choice, or an error.
fn check_count(
    spec: &DatasetSpec,
    split: Split,
    images: &ImageDataset,
    found: &Found,
) -> Result<Option<String>, DataError> {
    let expected = spec.count(split);
    if images.len() == expected {
        return Ok(None);
    }
    if !found.given {
        return Err(DataError::Incomplete {
            dataset: spec.id.clone(),
            split,
            folder: found.folder.clone(),
            found: images.len(),
            expected,
        });
    }
    let kind = match split {
        Split::Train => "training",
        Split::Test => "test",
    };
    Ok(Some(format!(
        "{} at {}: {} of {} {kind} images: a figure measured on it is the subset's",
        spec.id,
        found.folder.display(),
        thousands(images.len()),
        thousands(expected)
    )))
}

/// Every class of the official sets has equally many images: returns how many.
fn check_classes(
    spec: &DatasetSpec,
    split: Split,
    images: &ImageDataset,
    folder: &Path,
) -> Result<usize, DataError> {
    let expected = spec.count(split) / spec.classes.len();
    let counts = images.class_counts(spec.classes.len());
    match counts.iter().position(|&count| count != expected) {
        None => Ok(expected),
        Some(class) => Err(DataError::ClassCount {
            dataset: spec.id.clone(),
            split,
            folder: folder.to_owned(),
            class,
            found: counts[class],
            expected,
        }),
    }
}

fn not_found(
    spec: &DatasetSpec,
    set: &FileSet,
    places: &Places,
    tried: Vec<String>,
    download: Option<&DataError>,
) -> DataError {
    let download = download.map(|error| match error {
        DataError::Offline { .. } => {
            " and may not be downloaded, as BURN_ZOO_OFFLINE is set".to_owned()
        }
        DataError::Download { address, problem } => {
            format!(" and {address} could not be downloaded ({problem})")
        }
        other => format!(" and could not be downloaded ({other})"),
    });
    let names: Vec<&str> = set.files.iter().map(|file| file.name).collect();
    let install = match &set.package {
        Some(package) => format!("install Debian's package {}, or ", package.name),
        None => String::new(),
    };
    let cache = match &places.cache {
        Some(cache) => cache.join(&spec.id).display().to_string(),
        None => "the cache folder here".to_owned(),
    };
    let ways = format!(
        "{install}put its files ({}) into a folder and name that with --data-dir or BURN_ZOO_DATA, or run \
         `zoo data fetch {}` on a machine with internet access and copy the folder it names to {cache}",
        names.join(", "),
        spec.id
    );
    DataError::NotFound {
        dataset: spec.id.clone(),
        tried,
        download,
        ways,
    }
}

/// Whether the file in `folder` that would be read has the expected contents.
fn is_sound(
    spec: &DatasetSpec,
    file: &OfficialFile,
    folder: &Path,
    expected: Option<&str>,
) -> bool {
    let sum = file
        .find_in(folder, &spec.id)
        .and_then(|path| files::checksum(&spec.id, &path, file.bytes + 1));
    sum.is_ok_and(|(_, sum)| Some(sum.as_str()) == expected)
}

/// Downloads one compressed file and checks its contents.
fn fetch_file(
    file: &OfficialFile,
    address: &str,
    folder: &Path,
    manner: &Manner,
) -> Result<(), DataError> {
    // A compressed file is hardly ever longer than its contents.
    let target = download(address, folder, file.bytes + (1 << 20), manner)?;
    let contents = GzDecoder::new(reopen(&target)?);
    let (_, found) = files::digest::<sha2::Sha256>(&mut contents.take(file.bytes as u64 + 1))
        .map_err(|cause| download_error(address, DownloadProblem::Archive(cause.to_string())))?;
    check_sum(address, found, file.sha256.unwrap_or_default())?;
    // Damaged, or we would not be here; a plain one would be read in place of the new compressed one.
    while let Some(path) = file.path_in(folder) {
        fs::remove_file(&path).map_err(|cause| write_error(&path, cause))?;
    }
    keep(target, &folder.join(format!("{}.gz", file.name)))
}

/// Downloads the archive, checks it, and takes the files of the data set out of it, and nothing else.
fn fetch_archive(
    set: &FileSet,
    address: &str,
    md5: &str,
    folder: &Path,
    manner: &Manner,
) -> Result<(), DataError> {
    let bytes: usize = set.files.iter().map(|file| file.bytes).sum();
    let archive = download(address, folder, bytes + (1 << 20), manner)?;
    let (_, found) = files::digest::<md5::Md5>(&mut reopen(&archive)?)
        .map_err(|cause| write_error(archive.path(), cause))?;
    check_sum(address, found, md5)?;

    let problem = |text: String| download_error(address, DownloadProblem::Archive(text));
    let broken = |cause: std::io::Error| problem(cause.to_string());
    let mut unpacked: Vec<(&OfficialFile, NamedTempFile)> = Vec::new();
    let mut entries = tar::Archive::new(GzDecoder::new(reopen(&archive)?));
    for entry in entries.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        // Only the name is used, never the folder, so that nothing is written elsewhere.
        let wanted = set
            .files
            .iter()
            .find(|file| path.file_name().is_some_and(|name| name == file.name));
        let Some(file) = wanted.filter(|_| entry.header().entry_type().is_file()) else {
            continue;
        };
        let mut target = temporary_file(folder)?;
        let length = entry.size();
        if length != file.bytes as u64 {
            let name = file.name;
            return Err(problem(format!("its {name} has {length} bytes")));
        }
        std::io::copy(&mut entry, &mut target).map_err(broken)?;
        unpacked.push((file, target));
    }
    for file in set.files {
        let count = unpacked.iter().filter(|(f, _)| f.name == file.name).count();
        if count != 1 {
            return Err(problem(format!("it holds {count} files {}", file.name)));
        }
    }

    // The sums first: with them, files that are still missing or old after an interruption are noticed.
    let mut sums = temporary_file(folder)?;
    for (file, target) in &unpacked {
        let (_, sum) = files::digest::<sha2::Sha256>(&mut reopen(target)?)
            .map_err(|cause| write_error(target.path(), cause))?;
        writeln!(sums, "{sum}  {}", file.name).map_err(|cause| write_error(folder, cause))?;
    }
    keep(sums, &folder.join(SUMS))?;
    for (file, target) in unpacked {
        keep(target, &folder.join(file.name))?;
    }
    Ok(())
}

fn check_sum(address: &str, found: String, expected: &str) -> Result<(), DataError> {
    if found == expected {
        return Ok(());
    }
    let expected = expected.to_owned();
    Err(download_error(
        address,
        DownloadProblem::Checksum { found, expected },
    ))
}

/// A second handle on a temporary file, at its start.
fn reopen(file: &NamedTempFile) -> Result<BufReader<File>, DataError> {
    let mut handle = file
        .reopen()
        .map_err(|cause| write_error(file.path(), cause))?;
    handle
        .rewind()
        .map_err(|cause| write_error(file.path(), cause))?;
    Ok(BufReader::new(handle))
}

/// The names and checksums recorded when the files were unpacked; none if they came another way.
fn recorded_sums(folder: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(folder.join(SUMS)).unwrap_or_default();
    let pairs = text.lines().filter_map(|line| line.split_once("  "));
    pairs
        .map(|(sum, name)| (name.to_owned(), sum.to_owned()))
        .collect()
}

fn expected_sum<'a>(file: &OfficialFile, recorded: &'a [(String, String)]) -> Option<&'a str> {
    let recorded = || recorded.iter().find(|(name, _)| name == file.name);
    file.sha256
        .or_else(|| recorded().map(|(_, sum)| sum.as_str()))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::super::download::tests::{Server, answer, cut, hasty};
    use super::super::files::tests::gzip;
    use super::super::{DATASETS, cifar10, fashion_mnist};
    use super::*;

    /// Nowhere to look but an empty cache folder.
    fn places(cache: &TempDir, server: Option<&Server>) -> Places {
        Places {
            given: None,
            variable: None,
            cache: Some(cache.path().to_owned()),
            packages: false,
            offline: server.is_none(),
            server: server.map(|server| server.address.clone()),
            manner: hasty(),
        }
    }

    fn temporary_folder() -> TempDir {
        tempfile::tempdir().unwrap()
    }

    fn spec(id: &str) -> (&'static DatasetSpec, &'static FileSet) {
        let spec = DATASETS.iter().find(|spec| spec.id == id).unwrap();
        (spec, spec.file_set().unwrap())
    }

    /// A data set of one file a split, `train` ("hello") and `test` ("world"), each a few bytes.
    fn tiny(remote: Remote) -> FileSet {
        const FILES: [OfficialFile; 2] = [
            OfficialFile {
                name: "train",
                split: Split::Train,
                bytes: 5,
                sha256: Some("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"),
            },
            OfficialFile {
                name: "test",
                split: Split::Test,
                bytes: 5,
                sha256: Some("486ea46224d1bb4fb680f34f7c9ad96a8f24ec88be73ea8e5a6c65260e9cb8a7"),
            },
        ];
        // In the archive's files, only what is recorded on unpacking vouches for them.
        const UNKNOWN: [OfficialFile; 2] = [
            OfficialFile {
                sha256: None,
                ..FILES[0]
            },
            OfficialFile {
                sha256: None,
                ..FILES[1]
            },
        ];
        let files: &[OfficialFile] = match remote {
            Remote::Files { .. } => &FILES,
            Remote::Archive { .. } => &UNKNOWN,
        };
        FileSet {
            files,
            subfolder: None,
            package: None,
            remote,
            read: |_, _, _| ImageDataset::new([1, 1, 1], vec![], vec![]),
        }
    }

    fn tiny_files() -> FileSet {
        tiny(Remote::Files { base: "unused" })
    }

    fn tiny_archive(bytes: &[u8]) -> FileSet {
        let (_, md5) = files::digest::<md5::Md5>(&mut &bytes[..]).unwrap();
        tiny(Remote::Archive {
            base: "unused",
            name: "all.tar.gz",
            md5: md5.leak(),
        })
    }

    fn tar_gz(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, bytes) in entries {
            let mut header = tar::Header::new_gnu();
            // Not `set_path`, which refuses the names that a malicious archive has.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append(&header, *bytes).unwrap();
        }
        gzip(&builder.into_inner().unwrap())
    }

    fn good() -> Vec<Vec<u8>> {
        vec![
            answer("200 OK", &gzip(b"hello")),
            answer("200 OK", &gzip(b"world")),
        ]
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn any_spec() -> &'static DatasetSpec {
        spec("fashion-mnist").0
    }

    #[test]
    fn files_are_fetched_once_and_then_found() {
        let cache = temporary_folder();
        let server = Server::start(good());
        let places = places(&cache, Some(&server));
        let folder = fetch(any_spec(), &tiny_files(), &places).unwrap();
        assert_eq!(folder, cache.path().join("fashion-mnist"));
        assert_eq!(names(&folder), ["test.gz", "train.gz"]);
        assert_eq!(path(any_spec(), &tiny_files(), &places).unwrap(), folder);
        fetch(any_spec(), &tiny_files(), &places).unwrap();
        assert_eq!(server.requests(), ["/train.gz", "/test.gz"]);
    }

    #[test]
    fn a_damaged_file_in_the_cache_is_fetched_again() {
        let cache = temporary_folder();
        let folder = cache.path().join("fashion-mnist");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("train"), b"hellO").unwrap();
        fs::write(folder.join("test"), b"world").unwrap();
        let server = Server::start(good());
        fetch(any_spec(), &tiny_files(), &places(&cache, Some(&server))).unwrap();
        assert_eq!(server.requests(), ["/train.gz"]);
        assert_eq!(names(&folder), ["test", "train.gz"]);
    }

    #[test]
    fn what_is_not_the_official_file_is_never_taken_for_data() {
        let not_found = answer("404 Not Found", b"no");
        let cases = [
            (vec![answer("200 OK", &gzip(b"other"))], "its checksum is"),
            (vec![answer("200 OK", b"a page")], "cannot be unpacked"),
            (
                vec![answer("200 OK", &gzip(b"hello")[..12])],
                "cannot be unpacked",
            ),
            (vec![not_found], "status 404"),
            (vec![cut(&gzip(b"hello")); 3], "broke off"),
        ];
        for (answers, expected) in cases {
            let cache = temporary_folder();
            let server = Server::start(answers);
            let places = places(&cache, Some(&server));
            let text = fetch(any_spec(), &tiny_files(), &places)
                .unwrap_err()
                .to_string();
            assert!(text.contains(expected), "{text}");
            assert!(
                text.contains(&format!("{}/train.gz", server.address)),
                "{text}"
            );
            assert!(names(&cache.path().join("fashion-mnist")).is_empty());
            assert!(path(any_spec(), &tiny_files(), &places).is_err());
        }
    }

    #[test]
    fn an_interrupted_fetch_goes_on_with_the_missing_file() {
        let cache = temporary_folder();
        let [first, second]: [Vec<u8>; 2] = good().try_into().unwrap();
        let server = Server::start(vec![first, answer("404 Not Found", b""), second]);
        let places = places(&cache, Some(&server));
        assert!(fetch(any_spec(), &tiny_files(), &places).is_err());
        let folder = fetch(any_spec(), &tiny_files(), &places).unwrap();
        assert_eq!(server.requests(), ["/train.gz", "/test.gz", "/test.gz"]);
        assert_eq!(names(&folder), ["test.gz", "train.gz"]);
    }

    #[test]
    fn only_the_files_of_the_data_set_are_taken_from_an_archive() {
        let archive = tar_gz(&[
            ("all/readme.html", b"about"),
            ("all/train", b"hello"),
            ("../../escaped", b"evil!"),
            ("/../test", b"world"),
        ]);
        let set = tiny_archive(&archive);
        let cache = temporary_folder();
        let server = Server::start(vec![answer("200 OK", &archive)]);
        let places = places(&cache, Some(&server));
        let folder = fetch(any_spec(), &set, &places).unwrap();
        assert_eq!(names(&folder), [SUMS, "test", "train"]);
        assert_eq!(names(cache.path()), ["fashion-mnist"]);
        assert_eq!(fs::read(folder.join("train")).unwrap(), b"hello");
        // What is sound is not fetched again.
        fetch(any_spec(), &set, &places).unwrap();
        assert_eq!(server.requests(), ["/all.tar.gz"]);
    }

    #[test]
    fn an_archive_that_is_not_as_it_should_be_leaves_nothing() {
        let good = tar_gz(&[("all/train", b"hello"), ("all/test", b"world")]);
        let short = tar_gz(&[("all/train", b"hell"), ("all/test", b"world")]);
        let missing = tar_gz(&[("all/train", b"hello")]);
        let twice = tar_gz(&[
            ("train", b"hello"),
            ("a/train", b"hello"),
            ("test", b"world"),
        ]);
        let cases = [
            (tiny_archive(b"another"), good.clone(), "its checksum is"),
            (
                tiny_archive(&good[..40]),
                good[..40].to_vec(),
                "cannot be unpacked",
            ),
            (tiny_archive(&short), short, "its train has 4 bytes"),
            (tiny_archive(&missing), missing, "it holds 0 files test"),
            (tiny_archive(&twice), twice, "it holds 2 files train"),
        ];
        for (set, body, expected) in cases {
            let cache = temporary_folder();
            let server = Server::start(vec![answer("200 OK", &body)]);
            let places = places(&cache, Some(&server));
            let text = fetch(any_spec(), &set, &places).unwrap_err().to_string();
            assert!(text.contains(expected), "{text}");
            assert!(names(&cache.path().join("fashion-mnist")).is_empty());
        }
    }

    #[test]
    fn a_damaged_unpacked_file_is_fetched_again() {
        let archive = tar_gz(&[("all/train", b"hello"), ("all/test", b"world")]);
        let set = tiny_archive(&archive);
        let cache = temporary_folder();
        let server = Server::start(vec![answer("200 OK", &archive); 2]);
        let places = places(&cache, Some(&server));
        let folder = fetch(any_spec(), &set, &places).unwrap();
        fs::write(folder.join("test"), b"w0rld").unwrap();
        fetch(any_spec(), &set, &places).unwrap();
        assert_eq!(fs::read(folder.join("test")).unwrap(), b"world");
        assert_eq!(server.requests().len(), 2);
    }

    #[test]
    fn offline_the_error_says_what_was_tried_and_the_ways_to_get_the_data() {
        for (id, package) in [("fashion-mnist", true), ("cifar-10", false)] {
            let (spec, set) = spec(id);
            let (cache, variable) = (temporary_folder(), temporary_folder());
            let places = Places {
                variable: Some(variable.path().to_owned()),
                ..places(&cache, None)
            };
            let text = load(spec, set, Split::Train, &places)
                .unwrap_err()
                .to_string();
            let cached = cache.path().join(id).display().to_string();
            for part in [
                &format!("{id} was not found"),
                &format!(
                    "no {} in {}, given by BURN_ZOO_DATA",
                    set.files[0].name,
                    variable.path().display()
                ),
                &cached,
                "BURN_ZOO_OFFLINE is set",
                "--data-dir",
                &format!("`zoo data fetch {id}` on a machine with internet access"),
            ] {
                assert!(text.contains(part), "{part:?} not in: {text}");
            }
            assert_eq!(
                text.contains("Debian's package dataset-fashion-mnist"),
                package
            );
            assert!(!cache.path().join(id).exists());
        }
    }

    #[test]
    fn a_failed_download_is_part_of_the_error() {
        let (spec, set) = spec("cifar-10");
        let cache = temporary_folder();
        let server = Server::start(vec![answer("404 Not Found", b"")]);
        let places = places(&cache, Some(&server));
        let text = load(spec, set, Split::Test, &places)
            .unwrap_err()
            .to_string();
        assert!(
            text.contains("was not found") && text.contains("status 404"),
            "{text}"
        );
        assert!(text.contains("cifar-10-binary.tar.gz"), "{text}");
    }

    #[test]
    fn a_subset_named_with_data_dir_is_used_with_a_warning() {
        let subsets: [(_, fn(&Path), _); 2] = [
            (
                "fashion-mnist",
                fashion_mnist::tests::write_subset,
                "2 of 60,000",
            ),
            ("cifar-10", cifar10::tests::write_subset, "5 of 50,000"),
        ];
        for (id, write, counts) in subsets {
            let (spec, set) = spec(id);
            let (cache, folder) = (temporary_folder(), temporary_folder());
            write(folder.path());
            let places = Places {
                given: Some(folder.path().to_owned()),
                ..places(&cache, None)
            };
            let loaded = load(spec, set, Split::Train, &places).unwrap();
            let shown = folder.path().display();
            assert_eq!(
                loaded.warning.unwrap(),
                format!(
                    "{id} at {shown}: {counts} training images: a figure measured on it is the subset's"
                )
            );
            assert_eq!(
                loaded.origin,
                format!("folder {shown}, given by --data-dir")
            );
            let lines = verify(spec, set, &places).unwrap();
            assert!(lines[1].contains("a subset"), "{lines:?}");
        }
    }

    #[test]
    fn a_subset_found_anywhere_else_is_an_error_naming_the_folder() {
        let (spec, set) = spec("cifar-10");
        let (cache, variable) = (temporary_folder(), temporary_folder());
        cifar10::tests::write_subset(variable.path());
        let places = Places {
            variable: Some(variable.path().to_owned()),
            ..places(&cache, None)
        };
        for error in [
            load(spec, set, Split::Train, &places).unwrap_err(),
            verify(spec, set, &places).unwrap_err(),
        ] {
            let text = error.to_string();
            assert!(text.contains("5 of 50,000 train images"), "{text}");
            assert!(
                text.contains(&variable.path().display().to_string()),
                "{text}"
            );
        }
    }

    #[test]
    fn the_files_may_lie_in_a_subfolder() {
        let (spec, set) = spec("cifar-10");
        for inner in [
            "",
            "cifar-10",
            "cifar-10-batches-bin",
            "cifar-10/cifar-10-batches-bin",
        ] {
            let (cache, folder) = (temporary_folder(), temporary_folder());
            let inner = folder.path().join(inner);
            fs::create_dir_all(&inner).unwrap();
            cifar10::tests::write_subset(&inner);
            for given in [true, false] {
                let place = Some(folder.path().to_owned());
                let (given, variable) = if given { (place, None) } else { (None, place) };
                let places = Places {
                    given,
                    variable,
                    ..places(&cache, None)
                };
                let found = path(spec, set, &places).unwrap();
                assert_eq!(
                    found.components().collect::<PathBuf>(),
                    inner.components().collect::<PathBuf>()
                );
            }
        }
    }

    #[test]
    fn the_named_folder_comes_first_then_the_variable_then_the_cache() {
        let (spec, set) = spec("cifar-10");
        let (cache, given, variable) = (temporary_folder(), temporary_folder(), temporary_folder());
        let cached = cache.path().join("cifar-10");
        fs::create_dir(&cached).unwrap();
        for folder in [given.path(), variable.path(), &cached] {
            cifar10::tests::write_subset(folder);
        }
        let mut places = Places {
            given: Some(given.path().to_owned()),
            variable: Some(variable.path().to_owned()),
            ..places(&cache, None)
        };
        assert_eq!(path(spec, set, &places).unwrap(), given.path());
        places.given = None;
        assert_eq!(path(spec, set, &places).unwrap(), variable.path());
        places.variable = None;
        assert_eq!(path(spec, set, &places).unwrap(), cached);
    }

    #[test]
    fn a_named_folder_is_the_only_place_tried() {
        let (spec, set) = spec("cifar-10");
        let (cache, given) = (temporary_folder(), temporary_folder());
        let cached = cache.path().join("cifar-10");
        fs::create_dir(&cached).unwrap();
        cifar10::tests::write_subset(&cached);
        let mut places = Places {
            given: Some(given.path().to_owned()),
            ..places(&cache, None)
        };
        let text = load(spec, set, Split::Train, &places)
            .unwrap_err()
            .to_string();
        let missing = given.path().join("data_batch_1.bin").display().to_string();
        assert!(text.starts_with(&format!("{missing} is missing")), "{text}");
        assert!(path(spec, set, &places).is_err());

        for path in [given.path().join("nowhere"), cached.join("test_batch.bin")] {
            places.given = Some(path.clone());
            let text = load(spec, set, Split::Train, &places)
                .unwrap_err()
                .to_string();
            assert!(text.starts_with(&path.display().to_string()), "{text}");
            assert!(text.contains("is not a folder"), "{text}");
        }
    }

    /// What verifying a complete data set of ten images a split says: `train` holds `contents`, and the labels
    /// are `labels`.
    fn verified(contents: &[u8], read: Reader) -> Result<Vec<String>, DataError> {
        let spec = DatasetSpec {
            num_train: 10,
            num_test: 10,
            ..fashion_mnist::spec()
        };
        let set = FileSet {
            read,
            ..tiny_files()
        };
        let (cache, variable) = (temporary_folder(), temporary_folder());
        fs::write(variable.path().join("train"), contents).unwrap();
        fs::write(variable.path().join("test.gz"), gzip(b"world")).unwrap();
        let places = Places {
            variable: Some(variable.path().to_owned()),
            ..places(&cache, None)
        };
        verify(&spec, &set, &places)
    }

    type Reader = fn(&DatasetSpec, &Path, Split) -> Result<ImageDataset, DataError>;

    const BALANCED: Reader = |_, _, _| ImageDataset::new([1, 1, 1], vec![0; 10], (0..10).collect());

    #[test]
    fn verifying_reports_counts_and_checksums() {
        let lines = verified(b"hello", BALANCED).unwrap();
        assert!(lines[0].ends_with("given by BURN_ZOO_DATA"), "{lines:?}");
        assert_eq!(lines[1], "train: 10 images, 1 of each class");
        assert!(
            lines[3].starts_with("train: the official contents, SHA-256 2cf24dba"),
            "{lines:?}"
        );
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn other_contents_than_the_official_ones_are_an_error_naming_the_file() {
        let text = verified(b"hellO", BALANCED).unwrap_err().to_string();
        assert!(text.contains("train has other contents"), "{text}");
    }

    #[test]
    fn unbalanced_classes_in_a_complete_set_are_an_error() {
        let text = verified(b"hello", |_, _, _| {
            ImageDataset::new([1, 1, 1], vec![0; 10], vec![3; 10])
        });
        let text = text.unwrap_err().to_string();
        assert!(text.contains("has 0 train images of class 0"), "{text}");
    }

    #[test]
    fn a_cache_folder_in_whose_place_a_file_is_is_an_error_naming_it() {
        let (spec, set) = spec("cifar-10");
        let cache = temporary_folder();
        fs::write(cache.path().join("cifar-10"), b"").unwrap();
        let server = Server::start(vec![]);
        let error = fetch(spec, set, &places(&cache, Some(&server))).unwrap_err();
        assert!(matches!(error, DataError::Write { .. }), "{error}");
    }
}
