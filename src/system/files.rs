//! Files that are written whole or not at all, folders that no two processes use, and why the system refused.

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

/// How the names of files begin that are being written.
const TEMPORARY: &str = ".writing-";

/// Writes a file whole or not at all: beside its place first, then renamed.
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
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        let mut file = temporary.tempfile_in(folder.unwrap_or(Path::new(".")))?;
        file.write_all(bytes)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| FileError::new("write", path, error))
}

/// Removes the files that a killed process was writing in a folder.
pub fn remove_unfinished(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            let _ = fs::remove_file(entry.path());
        }
    }
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
    fs::create_dir_all(parent).map_err(|error| FileError::new("create", parent, error))?;
    for number in 1.. {
        let path = match number {
            1 => parent.join(name),
            _ => parent.join(format!("{name}-{number}")),
        };
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(FileError::new("create", &path, error)),
        }
    }
    unreachable!("numbers do not end")
}

/// Makes a folder where there is none, and says whether it is empty.
///
/// # Errors
/// [`FileError`].
pub fn create_if_missing(path: &Path) -> Result<bool, FileError> {
    fs::create_dir_all(path).map_err(|error| FileError::new("create", path, error))?;
    let mut entries = fs::read_dir(path).map_err(|error| FileError::new("read", path, error))?;
    Ok(entries.next().is_none())
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
