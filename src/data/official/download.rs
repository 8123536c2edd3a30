//! Downloading a file: with time-outs, retries and a progress bar, and never half a file under its final name.

use crate::data::error::DataError;
use crate::data::problems::DownloadProblem;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, SystemTime};
use tempfile::NamedTempFile;
use ureq::Agent;

/// How often a download is tried.
const ATTEMPTS: usize = 3;
/// The beginning of the names of temporary files.
const PREFIX: &str = ".unfinished-";
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The settings of a download.
#[derive(Debug, Clone)]
pub(super) struct DownloadSettings {
    /// How long to wait for a connection, an answer or the next bytes.
    pub timeout: Duration,
    /// How long to wait before trying again.
    pub pause: Duration,
    /// The proxy to go through.
    pub proxy: Option<ureq::Proxy>,
    /// Whether to show a progress bar.
    pub show_progress: bool,
}

/// Downloads at most `limit` bytes into a new temporary file in `folder`. The caller checks it and renames it by
/// [`keep`]; otherwise it is deleted when dropped.
pub(super) fn download(
    address: &str,
    folder: &Path,
    limit: usize,
    settings: &DownloadSettings,
) -> Result<NamedTempFile, DataError> {
    let agent: Agent = Agent::config_builder()
        .timeout_connect(Some(settings.timeout))
        .timeout_recv_response(Some(settings.timeout))
        .timeout_per_read(Some(settings.timeout))
        .proxy(settings.proxy.clone())
        .build()
        .into();
    let mut attempt = 1;
    loop {
        let mut target = temporary_file(folder)?;
        match transfer(&agent, address, &mut target, limit, settings.show_progress) {
            Ok(()) => return Ok(target),
            Err(Failure::Disk(cause)) => return Err(write_error(folder, cause)),
            Err(Failure::Network(problem)) if attempt == ATTEMPTS || is_final(&problem) => {
                return Err(download_error(address, problem));
            }
            Err(Failure::Network(_)) => thread::sleep(settings.pause),
        }
        attempt += 1;
    }
}

/// A new temporary file in `folder`, which is on the same disk as the final file, so that it can be renamed.
pub(super) fn temporary_file(folder: &Path) -> Result<NamedTempFile, DataError> {
    let mut temporary = tempfile::Builder::new();
    temporary.prefix(PREFIX);
    // Unlike most temporary files, data may be read by other users, as far as the user's umask allows it.
    #[cfg(unix)]
    temporary.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = temporary.tempfile_in(folder);
    file.map_err(|cause| write_error(folder, cause))
}

/// Removes temporary files that are older than a day from `folder`: they were left by programs that were stopped. A
/// file that cannot be removed stays, as it does no harm.
pub(super) fn sweep(folder: &Path) {
    let is_old = |modified: SystemTime| modified.elapsed().is_ok_and(|age| age > A_DAY);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let unfinished = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        if unfinished && modified.is_ok_and(is_old) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Gives a complete and checked temporary file its final name.
pub(super) fn keep(file: NamedTempFile, path: &Path) -> Result<(), DataError> {
    // Synced before it is renamed, as a crash could otherwise leave a short file under the final name.
    file.as_file()
        .sync_all()
        .and_then(|()| file.persist(path).map_err(|error| error.error))
        .map_err(|cause| write_error(path, cause))?;
    Ok(())
}

pub(super) fn write_error(path: &Path, cause: io::Error) -> DataError {
    DataError::Write {
        path: path.to_owned(),
        cause,
    }
}

pub(super) fn download_error(address: &str, problem: DownloadProblem) -> DataError {
    DataError::Download {
        address: address.to_owned(),
        problem,
    }
}

/// The kind of failure: only after a failure of the network another attempt makes sense.
enum Failure {
    Network(DownloadProblem),
    Disk(io::Error),
}

/// Whether another attempt would end the same way.
fn is_final(problem: &DownloadProblem) -> bool {
    match problem {
        // 408 and 429 ask to try again.
        DownloadProblem::Status(status) => *status < 500 && ![408, 429].contains(status),
        DownloadProblem::Connection(_) => false,
        _ => true,
    }
}

fn transfer(
    agent: &Agent,
    address: &str,
    target: &mut impl Write,
    limit: usize,
    show_progress: bool,
) -> Result<(), Failure> {
    let mut response = agent.get(address).call().map_err(|error| {
        Failure::Network(match error {
            ureq::Error::StatusCode(status) => DownloadProblem::Status(status),
            error => DownloadProblem::Connection(error.to_string()),
        })
    })?;
    let announced = response.body().content_length();
    let bar = progress_bar(address, announced, show_progress);
    let mut reader = response.body_mut().as_reader();
    let mut buffer = vec![0; 1 << 16];
    let mut received = 0;
    loop {
        let count = reader.read(&mut buffer).map_err(|error| {
            Failure::Network(DownloadProblem::Connection(format!(
                "the connection broke off: {error}"
            )))
        })?;
        if count == 0 {
            break;
        }
        received += count;
        if received > limit {
            return Err(Failure::Network(DownloadProblem::TooLong { limit }));
        }
        target.write_all(&buffer[..count]).map_err(Failure::Disk)?;
        bar.inc(count as u64);
    }
    bar.finish_and_clear();
    if announced.is_some_and(|announced| announced != received as u64) {
        let text = "the connection broke off".to_owned();
        return Err(Failure::Network(DownloadProblem::Connection(text)));
    }
    Ok(())
}

fn progress_bar(address: &str, length: Option<u64>, show: bool) -> ProgressBar {
    if !show {
        return ProgressBar::hidden();
    }
    let (bar, template) = match length {
        Some(length) => (
            ProgressBar::new(length),
            "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{msg} {spinner} {bytes} {bytes_per_sec}",
        ),
    };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let name = address.rsplit('/').next().unwrap_or(address);
    bar.with_style(style).with_message(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::official::tests::server::{Server, answer, cut, hasty};
    use std::fs::File;
    use std::net::TcpListener;

    fn try_with(answers: Vec<Vec<u8>>) -> (Result<Vec<u8>, String>, usize) {
        let server = Server::start(answers);
        let folder = tempfile::tempdir().unwrap();
        let address = format!("{}/file", server.address);
        let result = download(&address, folder.path(), 100, &hasty())
            .map(|file| fs::read(file.path()).unwrap())
            .map_err(|error| error.to_string());
        if let Err(text) = &result {
            assert!(text.starts_with(&address), "{text}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        (result, server.requests().len())
    }

    #[test]
    fn a_good_answer_is_the_file() {
        let (result, requests) = try_with(vec![answer("200 OK", b"hello")]);
        assert_eq!((result.unwrap(), requests), (b"hello".to_vec(), 1));
    }

    #[test]
    fn a_progress_bar_does_not_change_the_file() {
        let server = Server::start(vec![answer("200 OK", b"hello")]);
        let folder = tempfile::tempdir().unwrap();
        let settings = DownloadSettings {
            show_progress: true,
            ..hasty()
        };
        let file = download(&server.address, folder.path(), 100, &settings).unwrap();
        assert_eq!(fs::read(file.path()).unwrap(), b"hello");
    }

    #[test]
    fn only_old_unfinished_files_are_swept_away() {
        let folder = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - 2 * A_DAY;
        for (name, modified) in [
            (".unfinished-old", Some(old)),
            (".unfinished-new", None),
            ("train.gz", Some(old)),
        ] {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(modified.unwrap_or(SystemTime::now()))
                .unwrap();
        }
        sweep(folder.path());
        assert!(!folder.path().join(".unfinished-old").exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_missing_page_is_an_error_at_once() {
        let (result, requests) = try_with(vec![answer("404 Not Found", b"no"); 3]);
        assert!(result.unwrap_err().contains("status 404"));
        assert_eq!(requests, 1);
    }

    #[test]
    fn a_server_error_is_tried_again() {
        let error = answer("500 Internal Server Error", b"sorry");
        let (result, requests) = try_with(vec![error, answer("200 OK", b"hello")]);
        assert_eq!((result.unwrap(), requests), (b"hello".to_vec(), 2));
    }

    #[test]
    fn a_lasting_server_error_is_an_error_after_three_attempts() {
        let error = answer("503 Service Unavailable", b"sorry");
        let (result, requests) = try_with(vec![error; 5]);
        assert!(result.unwrap_err().contains("status 503"));
        assert_eq!(requests, 3);
    }

    #[test]
    fn a_connection_cut_half_way_is_tried_again_and_leaves_nothing() {
        let (result, requests) = try_with(vec![cut(b"hello"), answer("200 OK", b"hello")]);
        assert_eq!((result.unwrap(), requests), (b"hello".to_vec(), 2));
        let (result, requests) = try_with(vec![cut(b"hello"); 3]);
        assert!(result.unwrap_err().contains("broke off"));
        assert_eq!(requests, 3);
    }

    #[test]
    fn more_than_the_file_can_have_is_an_error_at_once() {
        let (result, requests) = try_with(vec![answer("200 OK", &[0; 101]); 3]);
        assert!(result.unwrap_err().contains("larger than the 100 bytes"));
        assert_eq!(requests, 1);
    }

    #[test]
    fn a_server_that_says_nothing_is_an_error_after_a_while() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/file", listener.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let settings = DownloadSettings {
            timeout: Duration::from_millis(50),
            ..hasty()
        };
        let text = download(&address, folder.path(), 100, &settings)
            .unwrap_err()
            .to_string();
        assert!(text.contains("timeout"), "{text}");
    }

    #[test]
    fn a_refused_connection_is_an_error_naming_the_address() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/file", listener.local_addr().unwrap());
        drop(listener);
        let folder = tempfile::tempdir().unwrap();
        let error = download(&address, folder.path(), 100, &hasty()).unwrap_err();
        assert!(error.to_string().starts_with(&address), "{error}");
    }

    #[test]
    fn a_folder_that_does_not_exist_is_an_error_naming_it() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let error = download("http://127.0.0.1:1/", &missing, 1, &hasty()).unwrap_err();
        assert!(matches!(error, DataError::Write { .. }), "{error}");
    }
}
