//! Fashion-MNIST: 28×28 grey images of clothes, in the IDX files of its authors.
//!
//! Format: <http://yann.lecun.com/exdb/mnist/>, big-endian: the magic number 0x00000801 (labels) or 0x00000803
//! (images), the count, for images the height and the width, then one unsigned byte for each label or pixel,
//! row-major.

use std::path::Path;

use burn_zoo_models::Normalisation;

use super::files::{self, file_error};
use super::images::check_labels;
use super::source::{FileSet, OfficialFile, Package, Remote};
use super::{DataError, DatasetSpec, FileProblem, ImageDataset, Split, Supply};
use crate::pictures::Fit;

/// The line of the table.
pub(super) fn spec() -> DatasetSpec {
    DatasetSpec {
        id: "fashion-mnist".into(),
        aliases: &["fmnist"],
        title: "Fashion-MNIST".into(),
        shape: [1, 28, 28],
        fit: Fit::Pad,
        classes: CLASSES.map(String::from).into(),
        num_train: 60_000,
        num_test: 10_000,
        normalisation: Normalisation::LECTURE,
        source: "Xiao, Rasul, Vollgraf 2017 (arXiv 1708.07747), github.com/zalandoresearch/fashion-mnist; MIT licence",
        supply: Supply::Files(FileSet {
            files: &FILES,
            subfolder: None,
            package: Some(Package {
                name: "dataset-fashion-mnist",
                folder: "/usr/share/datasets/fashion-mnist",
            }),
            remote: Remote::Files {
                base: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
            },
            read,
        }),
    }
}

const CLASSES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

/// The checksums are of the uncompressed files: the compressed ones of Debian's package differ.
const FILES: [OfficialFile; 4] = [
    OfficialFile {
        name: "train-images-idx3-ubyte",
        split: Split::Train,
        bytes: 47_040_016,
        sha256: Some("c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
    },
    OfficialFile {
        name: "train-labels-idx1-ubyte",
        split: Split::Train,
        bytes: 60_008,
        sha256: Some("bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
    },
    OfficialFile {
        name: "t10k-images-idx3-ubyte",
        split: Split::Test,
        bytes: 7_840_016,
        sha256: Some("5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
    },
    OfficialFile {
        name: "t10k-labels-idx1-ubyte",
        split: Split::Test,
        bytes: 10_008,
        sha256: Some("0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    },
];

const LABELS_MAGIC: u32 = 0x0000_0801;
const IMAGES_MAGIC: u32 = 0x0000_0803;

/// Reads one split from `folder`.
fn read(spec: &DatasetSpec, folder: &Path, split: Split) -> Result<ImageDataset, DataError> {
    let (images_file, labels_file) = match split {
        Split::Train => (&FILES[0], &FILES[1]),
        Split::Test => (&FILES[2], &FILES[3]),
    };
    let limit = spec.count(split);

    let path = images_file.find_in(folder, &spec.id)?;
    let bytes = files::read(&spec.id, &path, images_file.bytes)?;
    let pixels = parse_images(bytes, spec.shape, limit)
        .map_err(|problem| file_error(&spec.id, &path, problem))?;
    let images = pixels.len() / spec.shape.iter().product::<usize>();

    let path = labels_file.find_in(folder, &spec.id)?;
    let bytes = files::read(&spec.id, &path, labels_file.bytes)?;
    let labels = parse_labels(bytes, spec.classes.len(), limit)
        .and_then(|labels| match labels.len() {
            count if count == images => Ok(labels),
            labels => Err(FileProblem::CountMismatch { labels, images }),
        })
        .map_err(|problem| file_error(&spec.id, &path, problem))?;

    ImageDataset::new(spec.shape, pixels, labels)
}

/// The pixels of an IDX file of at most `limit` one-channel images.
fn parse_images(
    bytes: Vec<u8>,
    [channels, height, width]: [usize; 3],
    limit: usize,
) -> Result<Vec<u8>, FileProblem> {
    let [magic, count, rows, columns] = header(&bytes)?;
    check_magic(magic, IMAGES_MAGIC)?;
    if [rows as usize, columns as usize] != [height, width] {
        return Err(FileProblem::ImageSize {
            found: [rows, columns],
            expected: [height, width],
        });
    }
    body(bytes, 16, count, channels * height * width, limit)
}

/// The labels of an IDX file of at most `limit` of them.
fn parse_labels(bytes: Vec<u8>, classes: usize, limit: usize) -> Result<Vec<u16>, FileProblem> {
    let [magic, count] = header(&bytes)?;
    check_magic(magic, LABELS_MAGIC)?;
    let labels = body(bytes, 8, count, 1, limit)?.into_iter();
    let labels: Vec<u16> = labels.map(u16::from).collect();
    check_labels(&labels, classes)?;
    Ok(labels)
}

/// The big-endian numbers at the start of the file.
fn header<const N: usize>(bytes: &[u8]) -> Result<[u32; N], FileProblem> {
    let (numbers, _) = bytes.as_chunks::<4>();
    let numbers = numbers.first_chunk::<N>().ok_or(FileProblem::TooShort {
        found: bytes.len(),
        expected: 4 * N,
    })?;
    Ok(numbers.map(u32::from_be_bytes))
}

fn check_magic(found: u32, expected: u32) -> Result<(), FileProblem> {
    if found == expected {
        Ok(())
    } else {
        Err(FileProblem::Magic { found, expected })
    }
}

/// The bytes after the header, which must be exactly `count` entries.
///
/// `count` is only compared with what is there, never allocated.
fn body(
    mut bytes: Vec<u8>,
    header: usize,
    count: u32,
    entry: usize,
    limit: usize,
) -> Result<Vec<u8>, FileProblem> {
    let count = count as usize;
    if count == 0 {
        return Err(FileProblem::Empty);
    }
    if count > limit {
        return Err(FileProblem::TooMany { limit });
    }
    let expected = header + count * entry;
    if bytes.len() < expected {
        let found = bytes.len();
        return Err(FileProblem::TooShort { found, expected });
    }
    if bytes.len() > expected {
        return Err(FileProblem::TrailingBytes { expected });
    }
    bytes.drain(..header);
    Ok(bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;

    use super::super::files::tests::gzip;
    use super::*;

    fn idx(numbers: &[u32], body: &[u8]) -> Vec<u8> {
        let mut bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_be_bytes()).collect();
        bytes.extend_from_slice(body);
        bytes
    }

    /// The pixel of image `n` at a row and column, different for each neighbour.
    fn pixel(n: usize, row: usize, column: usize) -> u8 {
        (n * 100 + row * 5 + column) as u8
    }

    fn image_file(count: usize) -> Vec<u8> {
        let mut body = Vec::new();
        for n in 0..count {
            for row in 0..28 {
                body.extend((0..28).map(|column| pixel(n, row, column)));
            }
        }
        idx(&[IMAGES_MAGIC, count as u32, 28, 28], &body)
    }

    fn label_file(labels: &[u8]) -> Vec<u8> {
        idx(&[LABELS_MAGIC, labels.len() as u32], labels)
    }

    /// Two training images (9, 3) and one test image (4).
    pub(in super::super) fn write_subset(folder: &Path) {
        fs::write(folder.join(FILES[0].name), image_file(2)).unwrap();
        fs::write(folder.join(FILES[1].name), label_file(&[9, 3])).unwrap();
        fs::write(folder.join(FILES[2].name), image_file(1)).unwrap();
        fs::write(folder.join(FILES[3].name), label_file(&[4])).unwrap();
    }

    /// The message for a folder in which one file of the subset has these bytes instead.
    fn message(file: &OfficialFile, bytes: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        write_subset(folder.path());
        let path = folder.path().join(file.name);
        fs::write(&path, bytes).unwrap();
        let text = read(&spec(), folder.path(), Split::Train)
            .unwrap_err()
            .to_string();
        assert!(text.starts_with(&path.display().to_string()), "{text}");
        assert!(text.contains("zoo data fetch fashion-mnist"), "{text}");
        text
    }

    #[test]
    fn every_pixel_is_at_its_row_and_column() {
        let folder = tempfile::tempdir().unwrap();
        write_subset(folder.path());
        let images = read(&spec(), folder.path(), Split::Train).unwrap();
        assert_eq!(images.labels(), [9, 3]);
        for n in 0..2 {
            for row in 0..28 {
                for column in 0..28 {
                    let found = images.image(n).unwrap()[row * 28 + column];
                    assert_eq!(found, pixel(n, row, column));
                }
            }
        }
        let test = read(&spec(), folder.path(), Split::Test).unwrap();
        assert_eq!((test.len(), test.labels()), (1, [4].as_slice()));
    }

    #[test]
    fn height_comes_before_width() {
        let bytes = idx(&[IMAGES_MAGIC, 1, 2, 3], &[1, 2, 3, 4, 5, 6]);
        let pixels = parse_images(bytes.clone(), [1, 2, 3], 1).unwrap();
        assert_eq!(pixels, [1, 2, 3, 4, 5, 6]);
        let problem = parse_images(bytes, [1, 3, 2], 1).unwrap_err();
        assert_eq!(
            problem.to_string(),
            "has images of 2 × 3 pixels, not 3 × 2 (height × width)"
        );
    }

    #[test]
    fn compressed_files_and_the_other_spelling_are_read_too() {
        let folder = tempfile::tempdir().unwrap();
        let images = folder.path().join("train-images.idx3-ubyte");
        fs::write(images, image_file(2)).unwrap();
        let labels = folder.path().join("train-labels-idx1-ubyte.gz");
        fs::write(labels, gzip(&label_file(&[9, 3]))).unwrap();
        let read = read(&spec(), folder.path(), Split::Train).unwrap();
        assert_eq!(read.labels(), [9, 3]);
    }

    #[test]
    fn a_wrong_magic_number_is_an_error_naming_the_file() {
        let text = message(&FILES[0], &label_file(&[1; 800]));
        assert!(text.contains("0x00000801, not with 0x00000803"), "{text}");
        let text = message(&FILES[1], &image_file(1));
        assert!(text.contains("0x00000803, not with 0x00000801"), "{text}");
    }

    #[test]
    fn a_wrong_image_size_is_an_error_naming_the_file() {
        let text = message(&FILES[0], &idx(&[IMAGES_MAGIC, 1, 14, 56], &[0; 784]));
        assert!(text.contains("14 × 56 pixels, not 28 × 28"), "{text}");
    }

    #[test]
    fn a_header_cut_short_is_an_error_naming_the_file() {
        for (file, bytes) in [(&FILES[0], 15), (&FILES[1], 7), (&FILES[0], 1)] {
            let text = message(file, &image_file(1)[..bytes]);
            assert!(text.contains("ends too early"), "{text}");
        }
    }

    #[test]
    fn a_file_shorter_than_its_header_says_is_an_error_naming_the_file() {
        let whole = image_file(2);
        let text = message(&FILES[0], &whole[..whole.len() - 1]);
        assert!(text.contains("1,583 of the 1,584 bytes"), "{text}");
    }

    #[test]
    fn a_header_with_an_absurd_count_is_an_error_and_allocates_nothing() {
        let text = message(&FILES[0], &idx(&[IMAGES_MAGIC, u32::MAX, 28, 28], &[]));
        assert!(text.contains("more than 60,000"), "{text}");
        let text = message(&FILES[0], &idx(&[IMAGES_MAGIC, 60_000, 28, 28], &[0; 9]));
        assert!(text.contains("25 of the 47,040,016 bytes"), "{text}");
    }

    #[test]
    fn trailing_bytes_are_an_error_naming_the_file() {
        let mut bytes = label_file(&[9, 3]);
        bytes.push(0);
        let text = message(&FILES[1], &bytes);
        assert!(text.contains("goes on after the 10 bytes"), "{text}");
    }

    #[test]
    fn a_label_above_nine_is_an_error_naming_the_file() {
        let text = message(&FILES[1], &label_file(&[9, 10]));
        assert!(text.contains("the label 10 at image 1"), "{text}");
    }

    #[test]
    fn labels_for_another_number_of_images_are_an_error_naming_the_file() {
        let text = message(&FILES[1], &label_file(&[9, 3, 1]));
        assert!(text.contains("3 labels for the 2 images"), "{text}");
    }

    #[test]
    fn files_without_images_are_an_error_naming_the_file() {
        assert!(message(&FILES[0], &image_file(0)).contains("is empty"));
        assert!(message(&FILES[0], &[]).contains("is empty"));
    }

    #[test]
    fn a_missing_file_is_an_error_naming_the_file() {
        let folder = tempfile::tempdir().unwrap();
        write_subset(folder.path());
        let path = folder.path().join(FILES[1].name);
        fs::remove_file(&path).unwrap();
        let text = read(&spec(), folder.path(), Split::Train)
            .unwrap_err()
            .to_string();
        assert!(
            text.contains(&format!("{} is missing", path.display())),
            "{text}"
        );
    }

    #[test]
    fn a_folder_in_a_files_place_is_an_error_naming_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("train-images-idx3-ubyte.gz");
        fs::create_dir(&path).unwrap();
        let text = read(&spec(), folder.path(), Split::Train)
            .unwrap_err()
            .to_string();
        assert!(
            text.contains(&format!("{} is not a file", path.display())),
            "{text}"
        );
    }
}
