//! Tables of images as they are on Kaggle: a row an image, its label and its pixels from 0 to 255, row-major. The label
//! is the first number of a row, or that under the heading "label" or "class".

use super::contents::{self, file_error};
use super::file_set::Form;
use super::sniff::foreign;
use crate::data::error::DataError;
use crate::data::images::{ImageDataset, check_labels};
use crate::data::problems::FileProblem;
use crate::data::spec::DatasetSpec;
use crate::data::split::Split;
use crate::numbers::thousands;
use std::path::Path;

/// Reads a split from `folder`.
pub(super) fn read(
    spec: &DatasetSpec,
    form: &Form,
    folder: &Path,
    split: Split,
) -> Result<ImageDataset, DataError> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for file in form.files_of(split) {
        let path = file.find_in(folder, &spec.id)?;
        let bytes = contents::read(&spec.id, &path, file.bytes)?;
        let limit = spec.count(split);
        parse(&bytes, spec, limit, &mut pixels, &mut labels)
            .map_err(|problem| file_error(&spec.id, &path, problem))?;
    }
    ImageDataset::new(spec.shape, pixels, labels)
}

fn parse(
    bytes: &[u8],
    spec: &DatasetSpec,
    limit: usize,
    pixels: &mut Vec<u8>,
    labels: &mut Vec<u16>,
) -> Result<(), FileProblem> {
    let size = spec.shape.num_values();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.split(|&byte| byte == b'\n').next().unwrap_or(bytes);
    // Where numbers have commas, others separate them.
    let separator = [b',', b';', b'\t']
        .into_iter()
        .find(|it| first.contains(it));
    let Some(separator) = separator else {
        let table = FileProblem::Table("is no table, as no commas are in its first line".into());
        return Err(foreign(bytes).unwrap_or(table));
    };
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).flexible(true);
    let reader = reader.delimiter(separator).trim(csv::Trim::All);
    let mut reader = reader.from_reader(bytes);
    let mut row = csv::ByteRecord::new();
    let (mut label_at, mut skipped) = (0, 0);
    let mut is_first = true;
    for number_of_row in 1.. {
        let problem =
            |text: String| FileProblem::Table(format!("has in row {number_of_row} {text}"));
        let more = reader.read_byte_record(&mut row);
        if !more.map_err(|cause| FileProblem::Table(format!("is no table ({cause})")))? {
            break;
        }
        if std::mem::take(&mut is_first)
            && let Some(columns) = headings(&row)
        {
            (label_at, skipped) = columns.ok_or_else(|| {
                problem("no heading “label”, so that its labels cannot be told".into())
            })?;
            continue;
        }
        let found = row.len().saturating_sub(skipped);
        if found != size + 1 {
            return Err(problem(format!(
                "{} numbers, where a label and {} pixels are expected",
                thousands(found),
                thousands(size)
            )));
        }
        if labels.len() == limit {
            return Err(FileProblem::TooMany { limit });
        }
        for (column, text) in row.iter().enumerate().skip(skipped) {
            let number = number(text).ok_or_else(|| {
                let text = String::from_utf8_lossy(text);
                let text: String = text.chars().take(20).flat_map(char::escape_debug).collect();
                problem(format!(
                    "“{text}”, where a whole number from 0 to 255 is expected"
                ))
            })?;
            match column == label_at {
                true => labels.push(number.into()),
                false => pixels.push(number),
            }
        }
    }
    if labels.is_empty() {
        return Err(FileProblem::Empty);
    }
    check_labels(labels, spec.classes.len())
}

/// If the row has headings: the column of the label, and how many columns before it are only numbers of rows; none
/// if no heading is that of the label.
fn headings(row: &csv::ByteRecord) -> Option<Option<(usize, usize)>> {
    let is_label = |text: &[u8]| {
        let text = text.to_ascii_lowercase();
        [&b"label"[..], b"labels", b"class", b"target", b"y"].contains(&&*text)
    };
    let Some(label) = row.iter().position(is_label) else {
        let is_number =
            |text: &&[u8]| std::str::from_utf8(text).is_ok_and(|text| text.parse::<f64>().is_ok());
        let numbers = row.iter().filter(is_number).count();
        return (numbers < row.len() / 2).then_some(None);
    };
    // pandas writes the numbers of rows under a heading that is empty.
    let skipped = usize::from(row.get(0).is_some_and(<[u8]>::is_empty));
    Some(Some((label, skipped)))
}

/// A number from 0 to 255; as programs write it that compute with fractions, it may have zeros after a point.
fn number(text: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(text).ok()?;
    let whole = match text.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return None,
        None => text,
    };
    whole.parse().ok()
}
