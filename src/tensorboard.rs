//! A run's figures as TensorBoard's event files: `tensorboard --logdir runs` shows every run under
//! `runs/` that has one.
//!
//! Each split has the scalars `loss`, `accuracy` (0 to 1) and `images_per_second`, for example
//! `loss/train` and `loss/test`, whose step is the epoch, from 1.

mod messages;

use crate::run::{METRICS, MetricsRow, RunDir, RunError};
use crate::system::files::{self, FileError};
use messages::{Event, START, SessionLog, Summary, Value};
use prost::Message;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// An event file that is written as the epochs are done.
#[derive(Debug)]
pub(crate) struct EventFile {
    path: PathBuf,
    file: File,
}

impl EventFile {
    /// Begins a file in `folder`, which is made where it is missing, for the epochs after those that are
    /// `done`: what earlier files there say of those is void. Where there are none, the epochs that are
    /// done are in this one.
    ///
    /// # Errors
    /// [`RunError::File`].
    pub fn create(folder: &Path, run: &RunDir, done: &[MetricsRow]) -> Result<Self, RunError> {
        files::create_folders(folder)?;
        let now = seconds(SystemTime::now());
        let latest = latest(folder)?;
        let begin = match latest {
            Some(_) => beginning(done.last().map_or(0, |row| row.epoch) + 1, now),
            None => all(done, ended(run).unwrap_or(now)),
        };
        // TensorBoard reads a folder's files in the order of their names: a run that goes on takes a later one, also
        // within the second in which it began, and when the clock has gone back.
        let mut second = (now as u64).max(latest.map_or(0, |latest| latest + 1));
        loop {
            let path = folder.join(file_name(second, "zoo"));
            if let Some(mut file) = files::create_new(&path)? {
                files::append(&mut file, &path, &begin)?;
                return Ok(Self { path, file });
            }
            second += 1;
        }
    }

    /// Adds the metrics of an epoch that has just ended.
    ///
    /// # Errors
    /// [`RunError::File`].
    pub fn add(&mut self, rows: &[MetricsRow]) -> Result<(), RunError> {
        let record = epoch(rows, seconds(SystemTime::now()));
        // At once: TensorBoard reads the file as it grows.
        Ok(files::append(&mut self.file, &self.path, &record)?)
    }
}

/// An event file of all the epochs that a run has done, from its `metrics.csv`: its name and its bytes.
/// The epochs' times are counted back from that file's.
///
/// # Errors
/// [`RunError::File`], also where the run has done no epoch; [`RunError::BadMetrics`].
pub fn of_run(run: &RunDir) -> Result<(String, Vec<u8>), RunError> {
    let ended =
        ended(run).map_err(|error| FileError::new("read", &run.path().join(METRICS), error))?;
    // A name of its own, after that of a training of the same second, whose file it is not to replace.
    let name = file_name(ended as u64, "zoo-export");
    Ok((name, all(&run.metrics()?, ended)))
}

/// When a run's last epoch so far was done, in seconds since 1970.
fn ended(run: &RunDir) -> io::Result<f64> {
    Ok(seconds(fs::metadata(run.path().join(METRICS))?.modified()?))
}

/// An event file of these rows, the last of which were done at `ended`.
fn all(rows: &[MetricsRow], ended: f64) -> Vec<u8> {
    let mut left: f64 = rows.iter().map(|row| row.seconds).sum();
    let mut bytes = beginning(1, ended - left);
    for rows in rows.chunk_by(|one, other| one.epoch == other.epoch) {
        left -= rows.iter().map(|row| row.seconds).sum::<f64>();
        bytes.extend(epoch(rows, ended - left));
    }
    bytes
}

/// The second in the name of the latest event file in a folder, if it has any.
fn latest(folder: &Path) -> Result<Option<u64>, RunError> {
    let entries = fs::read_dir(folder).map_err(|error| FileError::new("read", folder, error))?;
    let second = |name: OsString| {
        let name = name.to_string_lossy();
        let (_, rest) = name.split_once("tfevents")?;
        let second = rest.split('.').find_map(|part| part.parse().ok());
        // Beyond a million years it is no second, and the next one might not be a number any more.
        Some(second.filter(|second| *second < 1 << 45).unwrap_or(0))
    };
    let seconds = entries
        .flatten()
        .filter_map(|entry| second(entry.file_name()));
    Ok(seconds.max())
}

/// TensorBoard takes every file for an event file that has `tfevents` in its name.
fn file_name(second: u64, writer: &str) -> String {
    format!("events.out.tfevents.{second:010}.{writer}")
}

fn seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

/// The first event of a file.
fn beginning(first_epoch: usize, wall_time: f64) -> Vec<u8> {
    let version = Event {
        wall_time,
        file_version: Some("brain.Event:2".into()),
        ..Event::default()
    };
    let start = Event {
        wall_time,
        step: first_epoch as i64,
        session_log: Some(SessionLog { status: START }),
        ..Event::default()
    };
    [record(&version), record(&start)].concat()
}

/// The metrics of an epoch.
fn epoch(rows: &[MetricsRow], wall_time: f64) -> Vec<u8> {
    let value = rows.iter().flat_map(|row| {
        let figures = [
            ("loss", row.loss),
            ("accuracy", row.accuracy),
            ("images_per_second", row.images_per_second),
        ];
        figures.map(|(name, figure)| Value {
            tag: format!("{name}/{}", row.split),
            simple_value: Some(figure as f32),
        })
    });
    let summary = Summary {
        value: value.collect(),
    };
    record(&Event {
        wall_time,
        step: rows.first().map_or(0, |row| row.epoch as i64),
        summary: Some(summary),
        ..Event::default()
    })
}

/// A message in TFRecord's frame: its length, that length's checksum, the message, its checksum.
fn record(event: &Event) -> Vec<u8> {
    let message = event.encode_to_vec();
    let length = (message.len() as u64).to_le_bytes();
    let mut record = Vec::from(length);
    record.extend(checksum(&length));
    record.extend(&message);
    record.extend(checksum(&message));
    record
}

/// TFRecord's: CRC-32C, turned by 15 bits and shifted, so that it can be stored in what is summed up.
fn checksum(bytes: &[u8]) -> [u8; 4] {
    let masked = crc32c::crc32c(bytes).rotate_right(15);
    masked.wrapping_add(0xa282_ead8).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Split;

    /// The bytes that TensorBoard itself writes for the same events: `python tests/tensorboard.py --bytes`.
    const TENSORBOARDS: &str = "\
        1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c0f00000000\
        0000006d532b0909000000000000f83f10033a020801ec8612fc5700000000000000e6ba948c09000000000000\
        044010032a4a0a110a0a6c6f73732f747261696e150000803e0a150a0e61636375726163792f747261696e1500\
        0000000a1e0a17696d616765735f7065725f7365636f6e642f747261696e1500247449e807a368";

    fn row(epoch: usize, split: Split) -> MetricsRow {
        MetricsRow {
            epoch,
            split,
            loss: 0.25,
            accuracy: 0.0,
            images_per_second: 1e6,
            seconds: 2.0,
        }
    }

    #[test]
    fn an_event_file_has_the_bytes_that_tensorboard_itself_writes() {
        let bytes = [beginning(3, 1.5), epoch(&[row(3, Split::Train)], 2.5)].concat();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, TENSORBOARDS);
    }

    #[test]
    fn a_run_that_goes_on_within_the_same_second_gets_a_later_file() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(Some(&folder.path().join("run")), "x").unwrap();
        let events = folder.path().join("events");
        let begun = |done: &[MetricsRow]| EventFile::create(&events, &run, done).unwrap().path;
        let [first, second] = [begun(&[]), begun(&[row(1, Split::Train)])];
        assert!(first < second, "{first:?} {second:?}");
    }

    #[test]
    fn a_run_that_goes_on_after_the_clock_has_gone_back_gets_a_later_file() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDir::create(Some(&folder.path().join("run")), "x").unwrap();
        let tomorrow = seconds(SystemTime::now()) as u64 + 86_400;
        let first = folder.path().join(file_name(tomorrow, "zoo"));
        fs::write(&first, beginning(1, 0.0)).unwrap();
        let events = EventFile::create(folder.path(), &run, &[row(1, Split::Train)]).unwrap();
        assert!(first < events.path, "{first:?} {:?}", events.path);
    }

    #[test]
    fn the_times_of_epochs_that_are_done_are_counted_back_from_the_end() {
        let rows = [
            (1, Split::Train),
            (1, Split::Test),
            (2, Split::Train),
            (2, Split::Test),
        ];
        let rows = rows.map(|(epoch, split)| row(epoch, split));
        let bytes = all(&rows, 100.0);
        let mut times = Vec::new();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
            let event = Event::decode(&rest[12..12 + length]).unwrap();
            times.push((event.step, event.wall_time));
            rest = &rest[12 + length + 4..];
        }
        assert_eq!(times, [(0, 92.0), (1, 92.0), (1, 96.0), (2, 100.0)]);
    }
}
