//! Files that are written whole or not at all and outlive a power cut, folders that no two processes use, and why the
//! system refused.

use serde::Serializer;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// A file or folder that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {}", path.display(), io_reason(source))]
pub struct FileError {
    /// The attempted action, a verb: "read".
    pub action: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// The system's answer.
    pub source: io::Error,
}

impl FileError {
    /// The error of an action on a file or folder.
    pub fn new(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self {
            action,
            path: path.into(),
            source,
        }
    }
}

/// Why the system refused to read or write, continuing "it cannot be read: …".
pub fn io_reason(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".into(),
        ErrorKind::PermissionDenied => "permission denied".into(),
        ErrorKind::StorageFull => {
            "the disk is full; what was there before is unharmed, so make room and resume".into()
        }
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".into(),
        ErrorKind::NotADirectory => "a part of the path is a file, not a folder".into(),
        ErrorKind::FileTooLarge => {
            "it would be larger than files may be here (`ulimit -f`), or than the file system can hold"
                .into()
        }
        ErrorKind::QuotaExceeded => {
            "your share of the disk is used up; what was there before is unharmed, so make room and resume".into()
        }
        _ => error.to_string(),
    }
}

/// A path as text. Bytes that are no UTF-8 are written as `\xff`, so that no two paths look the same.
pub fn shown(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    // Where a backslash parts folders, names have none.
    let doubled = cfg!(unix) && bytes.windows(2).any(|two| two == br"\x");
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        match doubled {
            true => text += &chunk.valid().replace('\\', r"\\"),
            false => text += chunk.valid(),
        }
        for byte in chunk.invalid() {
            text += &format!(r"\x{byte:02x}");
        }
    }
    text
}

/// A path in JSON that is to be read and not opened: also where it is not text, of which serde would make an error.
///
/// # Errors
/// As the serializer.
pub fn as_text<S: Serializer>(path: impl AsRef<Path>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&shown(path.as_ref()))
}

/// How the names of files begin that are being written.
const TEMPORARY: &str = ".writing-";

/// Writes a file whole or not at all, whatever happens to the program or the machine: beside its place first, then
/// renamed. When this returns, the file outlives a power cut.
///
/// # Errors
/// [`FileError`], for example when the disk is full.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let write = || {
        let mut temporary = tempfile::Builder::new();
        temporary.prefix(TEMPORARY);
        // Readable by all whom the user lets read files, unlike most temporary files.
        #[cfg(unix)]
        temporary.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let mut file = temporary.tempfile_in(folder_of(path))?;
        file.write_all(bytes)?;
        // Before the new name: after a power cut, a file system may remember the name and not what was written.
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        sync_folder(folder_of(path))
    };
    write().map_err(|error| FileError::new("write", path, error))
}

/// Makes a new file of a name that is free; `None` where it is taken.
///
/// # Errors
/// [`FileError`].
pub fn create_new(path: &Path) -> Result<Option<File>, FileError> {
    let create = || match File::create_new(path) {
        Ok(file) => {
            sync_folder(folder_of(path))?;
            Ok(Some(file))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(error),
    };
    create().map_err(|error| FileError::new("write", path, error))
}

/// Adds to the end of a file. When this returns, what was added outlives a power cut.
///
/// # Errors
/// [`FileError`], for example when the disk is full.
pub fn append(file: &mut File, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let written = file.write_all(bytes).and_then(|()| file.sync_data());
    written.map_err(|error| FileError::new("write", path, error))
}

/// The folder that a file or folder is in.
fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    folder.unwrap_or(Path::new("."))
}

/// Has the names in a folder outlive a power cut, where the system can be asked for that.
fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    match File::open(folder)?.sync_all() {
        // Some network file systems cannot synchronise folders.
        Err(error)
            if !matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            return Err(error);
        }
        _ => {}
    }
    Ok(())
}

/// Makes a folder and the missing ones above it. When this returns, they outlive a power cut.
///
/// # Errors
/// [`FileError`].
pub fn create_folders(path: &Path) -> Result<(), FileError> {
    let named = path.ancestors().filter(|it| *it != Path::new(""));
    let missing: Vec<&Path> = named.take_while(|folder| !folder.exists()).collect();
    let create = || {
        fs::create_dir_all(path)?;
        missing
            .iter()
            .try_for_each(|folder| sync_folder(folder_of(folder)))
    };
    create().map_err(|error| FileError::new("create", path, error))
}

fn is_unfinished(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with(TEMPORARY)
}

/// Removes the files that a killed process was writing in a folder.
pub fn remove_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if is_unfinished(&entry.file_name()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Removes a folder in which a program could not write its first file.
pub fn remove_empty(folder: &Path) {
    remove_unfinished(folder);
    let _ = fs::remove_file(folder.join(LOCK));
    let _ = fs::remove_dir(folder);
}

/// Reads a file.
///
/// # Errors
/// [`FileError`].
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|error| FileError::new("read", path, error))
}

/// The header of a safetensors file, and the number of bytes that follow it.
///
/// # Errors
/// [`FileError`].
pub fn read_safetensors_header(path: &Path) -> Result<(Vec<u8>, u64), FileError> {
    let read = || {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut first = Vec::new();
        (&file).take(8).read_to_end(&mut first)?;
        let header_length = first.try_into().map_or(0, u64::from_le_bytes);
        let mut header = Vec::new();
        (&file).take(header_length).read_to_end(&mut header)?;
        let values = length.saturating_sub(header_length.saturating_add(8));
        Ok((header, values))
    };
    read().map_err(|error| FileError::new("read", path, error))
}

/// The file in a folder by which the processes at work there keep others out.
const LOCK: &str = ".lock";

/// Whether a folder could be locked.
#[derive(Debug)]
pub enum Lock {
    /// It is locked for as long as the file is open, however the process ends. On a file system without locks
    /// there is no file.
    Held(Option<File>),
    /// Another process holds it.
    InUse,
}

/// Locks a folder against other processes.
///
/// # Errors
/// [`FileError`] where the folder cannot be written to.
pub fn lock(folder: &Path) -> Result<Lock, FileError> {
    let path = folder.join(LOCK);
    let lock = File::create(&path).map_err(|error| FileError::new("write", &path, error))?;
    Ok(match lock.try_lock() {
        Ok(()) => Lock::Held(Some(lock)),
        Err(fs::TryLockError::WouldBlock) => Lock::InUse,
        Err(fs::TryLockError::Error(_)) => Lock::Held(None),
    })
}

/// Whether another process has locked a folder.
pub fn is_locked(folder: &Path) -> bool {
    let lock = File::open(folder.join(LOCK));
    // Let go of at once: only a process that begins in this moment could be kept out by it.
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
}

/// Makes a folder of a name that is free: `PARENT/NAME`, or with a number behind it where that is taken.
///
/// # Errors
/// [`FileError`].
pub fn create_numbered(parent: &Path, name: &str) -> Result<PathBuf, FileError> {
    create_folders(parent)?;
    for number in 1.. {
        let path = match number {
            1 => parent.join(name),
            _ => parent.join(format!("{name}-{number}")),
        };
        let created = fs::create_dir(&path).and_then(|()| sync_folder(parent));
        match created {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(FileError::new("create", &path, error)),
        }
    }
    unreachable!("numbers do not end")
}

/// Makes a folder where there is none, and says whether it is empty. One in which a program was stopped before it had
/// written its first file counts as empty.
///
/// # Errors
/// [`FileError`].
pub fn create_if_missing(path: &Path) -> Result<bool, FileError> {
    create_folders(path)?;
    let entries = fs::read_dir(path).map_err(|error| FileError::new("read", path, error))?;
    let is_left_over = |entry: io::Result<fs::DirEntry>| {
        let name = entry.map(|entry| entry.file_name());
        name.is_ok_and(|name| name == LOCK || is_unfinished(&name))
    };
    Ok(entries.into_iter().all(is_left_over))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn no_two_paths_look_the_same() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        for (name, expected) in [
            (&b"a/\xc3\xa9.png"[..], "a/é.png"),
            (b"a\xff", r"a\xff"),
            (b"a\xfe", r"a\xfe"),
            (br"a\xff", r"a\\xff"),
            (br"a\b", r"a\b"),
        ] {
            assert_eq!(shown(Path::new(OsStr::from_bytes(name))), expected);
        }
    }

    #[test]
    fn equal_names_are_numbered() {
        let folder = tempfile::tempdir().unwrap();
        for expected in ["run", "run-2", "run-3"] {
            let path = create_numbered(folder.path(), "run").unwrap();
            assert_eq!(path, folder.path().join(expected));
        }
    }

    #[test]
    fn a_folder_without_a_finished_file_of_its_own_counts_as_empty() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".writing-x7"), "half a configuration").unwrap();
        drop(lock(folder.path()).unwrap());
        assert!(create_if_missing(folder.path()).unwrap());
        fs::write(folder.path().join("thesis.tex"), "years of work").unwrap();
        assert!(!create_if_missing(folder.path()).unwrap());
    }

    #[test]
    fn what_a_killed_process_was_writing_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.json"), "{}").unwrap();
        fs::write(folder.path().join(".writing-x7"), "half a checkpoint").unwrap();
        remove_unfinished(folder.path());
        assert!(!folder.path().join(".writing-x7").exists());
        assert!(folder.path().join("config.json").exists());
    }

    #[test]
    fn a_folder_is_locked_once() {
        let folder = tempfile::tempdir().unwrap();
        let held = lock(folder.path()).unwrap();
        assert!(matches!(held, Lock::Held(Some(_))), "{held:?}");
        assert!(is_locked(folder.path()));
        let second = lock(folder.path()).unwrap();
        assert!(matches!(second, Lock::InUse), "{second:?}");
        drop(held);
        assert!(!is_locked(folder.path()));
    }
}
