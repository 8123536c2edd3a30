//! Pictures of the user's own: a folder with a folder for each class.
//!
//! Either `PATH/train/CLASS/…` and `PATH/test/CLASS/…`; or `PATH/CLASS/…`, of which a fifth of each class is held
//! out to test on, drawn by the seed. A class has its folder's name, and its pictures may lie in folders within
//! that. What is hidden, or named as text is, is no picture and not used; everything else must be one.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use burn_zoo_models::{ImageShape, Normalisation};
use indicatif::{ProgressBar, ProgressStyle};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::cache::{FolderPicture, Room};
use super::{
    DataError, DatasetSpec, FolderProblem, ImageDataset, LoadOptions, Loaded, Split, Supply,
    short_name, shuffle,
};
use crate::numbers::thousands;
use crate::pictures::{Fit, Picture, PictureError};

/// What the id begins with; the path follows.
pub(super) const PREFIX: &str = "folder:";
/// The images' shape unless the user says another: CIFAR-10's.
pub(super) const SHAPE: ImageShape = ImageShape::new(3, 32, 32);
/// More folders than these are hardly classes that someone named. A label, of 16 bits, tells them apart.
const MOST_CLASSES: usize = 10_000;
/// Of so many pictures of a class, one is held out to test on.
const TRAIN_AND_TEST: usize = 5;
/// The streams of ChaCha8 that draw the test set, one a class, so that a picture more of one class leaves the
/// others' as they are. The epochs' are below, those of the images' changes above.
const TEST_STREAMS: u64 = 1 << 62;
/// The names of files that are no pictures.
const OTHERS: [&str; 6] = [
    "readme",
    "license",
    "licence",
    "copying",
    "thumbs.db",
    "desktop.ini",
];
/// How names of such files end.
const OTHER_SUFFIXES: [&str; 11] = [
    "txt", "md", "rst", "csv", "tsv", "json", "xml", "yaml", "yml", "html", "pdf",
];

/// The most pixels of an image's side.
const LONGEST_SIDE: usize = 4096;

/// What a folder holds, without the pixels.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
    /// The pictures to train on; with no test set of their own, to test on too: class by class, by name.
    train: Vec<Vec<PathBuf>>,
    /// Those to test on, where the user keeps them apart.
    test: Option<Vec<Vec<PathBuf>>>,
    unused: Unused,
}

/// What is no picture of a class, and so not used.
#[derive(Debug, Clone, Default)]
struct Unused {
    count: usize,
    first: Option<PathBuf>,
}

impl Unused {
    fn add(&mut self, path: PathBuf) {
        self.count += 1;
        self.first.get_or_insert(path);
    }

    fn in_words(&self) -> Option<String> {
        let first = self.first.as_ref()?.display();
        Some(match self.count {
            1 => format!(
                "{first} is not used, as it is hidden, no picture by its name or in no class's folder"
            ),
            count => format!(
                "{first} and {} more are not used, as they are hidden, no pictures by their names or in no class's folder",
                thousands(count - 1)
            ),
        })
    }
}

/// That pictures can be made into images of a shape.
///
/// # Errors
/// A sentence that says why not.
pub fn check_shape(shape: ImageShape) -> Result<(), String> {
    let sides = [shape.height, shape.width];
    if ![1, 3].contains(&shape.channels) {
        return Err(format!(
            "images of {shape} have neither 1 channel (grey) nor 3 (red, green, blue)"
        ));
    }
    if !sides.iter().all(|side| (1..=LONGEST_SIDE).contains(side)) {
        return Err(format!(
            "images of {shape} have a side that is not 1 to {LONGEST_SIDE} pixels long"
        ));
    }
    Ok(())
}

/// The data set of the pictures in a folder, made into images of a shape. No picture is read yet.
pub(super) fn spec(path: &Path, shape: ImageShape, fit: Fit) -> Result<DatasetSpec, DataError> {
    if path == Path::new("") {
        return Err(wrong(Path::new(PREFIX), FolderProblem::Unnamed));
    }
    let path = match path.strip_prefix("~") {
        // The shell leaves it to us, as it does not begin the word.
        Ok(rest) => dirs::home_dir().map(|home| home.join(rest)),
        Err(_) => None,
    }
    .unwrap_or(path.to_owned());
    // Whatever the current folder is later, and whatever way leads there.
    let path = match fs::canonicalize(&path) {
        Ok(found) if found.is_dir() => found,
        Ok(_) => return Err(wrong(&path, FolderProblem::NotAFolder)),
        Err(cause) if cause.kind() == ErrorKind::NotFound => {
            return Err(wrong(&path, FolderProblem::Missing));
        }
        Err(cause) => return Err(unreadable(&path, cause)),
    };
    let id = match path.to_str() {
        Some(path) => format!("{PREFIX}{path}"),
        None => return Err(wrong(&path, FolderProblem::Name)),
    };
    let (classes, folder) = Folder::open(path)?;
    Ok(DatasetSpec {
        title: short_name(&id).into(),
        id,
        aliases: &[],
        shape: [shape.channels, shape.height, shape.width],
        fit,
        classes,
        num_train: folder.count(Split::Train),
        num_test: folder.count(Split::Test),
        normalisation: Normalisation::LECTURE,
        source: "pictures of the user's own",
        supply: Supply::Folder(folder),
    })
}

impl Folder {
    /// Looks at what is where; gives the classes' names too.
    fn open(path: PathBuf) -> Result<(Vec<String>, Self), DataError> {
        // A folder `train` of pictures is a class like any other.
        match holds_folders(&path.join("train"))? {
            true => Self::open_split(path),
            false => Self::open_whole(path),
        }
    }

    /// A folder with a folder for each class.
    fn open_whole(path: PathBuf) -> Result<(Vec<String>, Self), DataError> {
        let mut unused = Unused::default();
        let (classes, train) = classes_to_train_on(&path, &mut unused)?;
        if let Some(class) = train.iter().position(|pictures| pictures.len() == 1) {
            let class = path.join(&classes[class]);
            return Err(wrong(&class, FolderProblem::OnePicture));
        }
        let folder = Self {
            path,
            train,
            test: None,
            unused,
        };
        Ok((classes, folder))
    }

    /// A folder with the folders `train` and `test`, each with a folder for each class.
    fn open_split(path: PathBuf) -> Result<(Vec<String>, Self), DataError> {
        let mut unused = Unused::default();
        let [train, test] = ["train", "test"].map(|name| path.join(name));
        if !test.is_dir() {
            return Err(wrong(&path, FolderProblem::NoTest));
        }
        let others = entries(&path)?.into_iter().map(|entry| entry.path);
        let others = others.filter(|other| *other != train && *other != test);
        others.for_each(|other| unused.add(other));
        let (classes, train) = classes_to_train_on(&train, &mut unused)?;
        let tested = class_folders(&test, &mut unused)?;
        if tested.is_empty() {
            return Err(wrong(&test, FolderProblem::NoClasses));
        }
        let mut test = vec![Vec::new(); classes.len()];
        for (name, folder) in tested {
            match classes.iter().position(|class| *class == name) {
                Some(class) => test[class] = pictures_in(&folder, &mut unused)?,
                None => return Err(wrong(&folder, FolderProblem::NotInTrain)),
            }
        }
        let folder = Self {
            path,
            train,
            test: Some(test),
            unused,
        };
        Ok((classes, folder))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The number of pictures of a class in a split.
    fn count_of(&self, class: usize, split: Split) -> usize {
        let all = self.train[class].len();
        match (split, &self.test) {
            (Split::Train, Some(_)) => all,
            (Split::Test, Some(test)) => test[class].len(),
            (Split::Train, None) => all - num_held_out(all),
            (Split::Test, None) => num_held_out(all),
        }
    }

    fn count(&self, split: Split) -> usize {
        let classes = 0..self.train.len();
        classes.map(|class| self.count_of(class, split)).sum()
    }

    /// The pictures of a class in a split, by their names.
    fn of_class(&self, class: usize, split: Split, seed: u64) -> Vec<&Path> {
        let all = &self.train[class];
        let pictures: Vec<&PathBuf> = match (&self.test, split) {
            (Some(_), Split::Train) => all.iter().collect(),
            (Some(test), Split::Test) => test[class].iter().collect(),
            (None, _) => {
                let part = part(all.len(), class, split, seed).into_iter();
                part.map(|index| &all[index]).collect()
            }
        };
        pictures.into_iter().map(PathBuf::as_path).collect()
    }

    /// A split's pictures with their labels. The classes take turns, each as often as it has pictures, so
    /// that the first few of a split are of all classes.
    fn pictures(&self, split: Split, seed: u64) -> Vec<(u16, &Path)> {
        let mut turns = Vec::with_capacity(self.count(split));
        for class in 0..self.train.len() {
            let pictures = self.of_class(class, split, seed);
            let number = pictures.len() as f64;
            let pictures = pictures.into_iter().enumerate();
            turns.extend(pictures.map(|(index, path)| {
                let turn = (index as f64 + 0.5) / number;
                (turn, (class as u16, path))
            }));
        }
        turns.sort_by(|(turn, _), (other, _)| turn.total_cmp(other));
        turns.into_iter().map(|(_, picture)| picture).collect()
    }

    /// Reads a split: the pictures that there is room for, and of the others the beginning.
    pub(super) fn load(
        &self,
        spec: &DatasetSpec,
        split: Split,
        options: &LoadOptions,
    ) -> Result<Loaded, DataError> {
        let (shape, fit) = (spec.image_shape(), spec.fit);
        let pictures = self.pictures(split, options.seed);
        let bar = progress_bar(pictures.len(), options.show_progress);
        let room = Room::new(options.cache);
        let whole = options.whole && split == Split::Train;
        let read = all_of(pictures.par_iter().map(|(_, path)| {
            let picture = FolderPicture::open(path, whole, &room, shape, fit)?;
            bar.inc(1);
            Ok(picture)
        }))?;
        bar.finish_and_clear();
        let labels = pictures.iter().map(|(label, _)| *label).collect();
        Ok(Loaded {
            images: ImageDataset::of_pictures(shape, fit, read, labels),
            origin: format!("folder {}, {}", self.path.display(), self.split_in_words()),
            warning: match split {
                Split::Train => self.unused.in_words(),
                Split::Test => self.untested(&spec.classes),
            },
        })
    }

    /// Reads every picture, and says what there is of each class, in which formats and sizes.
    pub(super) fn verify(
        &self,
        spec: &DatasetSpec,
        options: &LoadOptions,
    ) -> Result<Vec<String>, DataError> {
        let [train, test] = [Split::Train, Split::Test].map(|split| {
            let pictures = self.pictures(split, options.seed).into_iter();
            pictures.map(|(_, path)| path).collect::<Vec<_>>()
        });
        let mut paths = [train, test].concat();
        paths.sort_unstable();
        let bar = progress_bar(paths.len(), options.show_progress);
        let seen = all_of(paths.par_iter().map(|path| {
            let picture = Picture::read(path)?;
            bar.inc(1);
            Ok((picture.format(), picture.size()))
        }))?;
        bar.finish_and_clear();

        let mut lines = vec![format!("{}: {}", spec.id, self.split_in_words())];
        let longest = spec.classes.iter().map(|name| name.chars().count()).max();
        let width = longest.unwrap_or(0).max("all".len());
        let counts = |name: &str, [train, test]: [usize; 2]| {
            let [train, test] = [train, test].map(thousands);
            format!("{name:<width$}  {train:>9} to train on  {test:>9} to test on")
        };
        let splits = [Split::Train, Split::Test];
        for (class, name) in spec.classes.iter().enumerate() {
            let count = splits.map(|split| self.count_of(class, split));
            lines.push(counts(name, count));
        }
        lines.push(counts("all", splits.map(|split| self.count(split))));
        let mut formats = BTreeMap::new();
        for (format, _) in &seen {
            *formats.entry(*format).or_insert(0_usize) += 1;
        }
        let formats = formats.iter();
        let formats = formats.map(|(format, count)| format!("{} {format}", thousands(count)));
        let formats: Vec<String> = formats.collect();
        lines.push(format!("formats: {}", formats.join(", ")));
        lines.push(sizes_in_words(seen.iter().map(|(_, size)| *size)));
        lines.extend(self.unused.in_words());
        lines.extend(self.untested(&spec.classes));
        Ok(lines)
    }

    fn split_in_words(&self) -> &'static str {
        match self.test {
            Some(_) => "its folders train and test",
            None => "a fifth of each class held out to test on, drawn by the seed",
        }
    }

    /// Of classes that are not tested, what a figure measured on the others must say.
    fn untested(&self, classes: &[String]) -> Option<String> {
        let test = self.test.as_ref()?.iter().zip(classes);
        let untested = test.filter(|(pictures, _)| pictures.is_empty());
        let untested: Vec<&str> = untested.map(|(_, class)| class.as_str()).collect();
        (!untested.is_empty()).then(|| {
            format!(
                "{} has no pictures of {}: a figure measured there says nothing of them",
                self.path.join("test").display(),
                untested.join(", ")
            )
        })
    }
}

/// The numbers of a class's pictures that are in a split, in order, where the seed draws the test set.
fn part(count: usize, class: usize, split: Split, seed: u64) -> Vec<usize> {
    let mut indices: Vec<usize> = (0..count).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(TEST_STREAMS | class as u64);
    shuffle(&mut indices, &mut rng);
    let (test, train) = indices.split_at(num_held_out(count));
    let mut part = match split {
        Split::Train => train,
        Split::Test => test,
    }
    .to_vec();
    part.sort_unstable();
    part
}

/// Of so many pictures of a class, how many are held out: a fifth, rounded, but at least one.
fn num_held_out(count: usize) -> usize {
    ((count + TRAIN_AND_TEST / 2) / TRAIN_AND_TEST).max(1)
}

/// What all pictures gave, in their order, or the first that cannot be read, with the names of the others.
fn all_of<T: Send>(
    pictures: impl IndexedParallelIterator<Item = Result<T, PictureError>>,
) -> Result<Vec<T>, DataError> {
    let pictures: Vec<Result<T, PictureError>> = pictures.collect();
    let (mut good, mut bad) = (Vec::with_capacity(pictures.len()), Vec::new());
    for picture in pictures {
        match picture {
            Ok(picture) => good.push(picture),
            Err(error) => bad.push(error),
        }
    }
    let mut bad = bad.into_iter();
    match bad.next() {
        None => Ok(good),
        Some(first) => Err(DataError::Pictures {
            first,
            others: bad.map(|error| error.file).collect(),
        }),
    }
}

fn progress_bar(count: usize, show: bool) -> ProgressBar {
    if !show {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}");
    ProgressBar::new(count as u64)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        .with_message("reading pictures")
}

/// "sizes: 3 different, from 28 × 28 to 640 × 480 pixels".
fn sizes_in_words(sizes: impl Iterator<Item = (u32, u32)>) -> String {
    let mut sizes: Vec<(u32, u32)> = sizes.collect();
    sizes.sort_by_key(|&(width, height)| (u64::from(width) * u64::from(height), width));
    sizes.dedup();
    let shown = |(width, height): &(u32, u32)| format!("{width} × {height}");
    match sizes.as_slice() {
        [] => "no sizes".into(),
        [size] => format!("sizes: all {} pixels (width × height)", shown(size)),
        [smallest, .., largest] => format!(
            "sizes: {} different, from {} to {} pixels (width × height)",
            thousands(sizes.len()),
            shown(smallest),
            shown(largest)
        ),
    }
}

/// Something in a folder.
struct Entry {
    path: PathBuf,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Folder,
    Picture,
    Other,
}

/// What a folder holds, links followed, in the order of the names.
fn entries(folder: &Path) -> Result<Vec<Entry>, DataError> {
    let found = fs::read_dir(folder).map_err(|cause| unreadable(folder, cause))?;
    let mut paths = Vec::new();
    for entry in found {
        paths.push(entry.map_err(|cause| unreadable(folder, cause))?.path());
    }
    paths.sort();
    let entries = paths.into_iter().map(|path| {
        let name = path.file_name().unwrap_or_default();
        let kind = if is_hidden(name) {
            Kind::Other
        } else {
            let kind = fs::metadata(&path).map_err(|cause| unreadable(&path, cause))?;
            match kind {
                kind if kind.is_dir() => Kind::Folder,
                kind if kind.is_file() && !is_no_picture(name) => Kind::Picture,
                _ => Kind::Other,
            }
        };
        Ok(Entry { path, kind })
    });
    entries.collect()
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether a file is known by its name to be something else than a picture.
fn is_no_picture(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    let suffix = name.rsplit_once('.').map(|(_, suffix)| suffix);
    OTHERS.contains(&name.as_str()) || suffix.is_some_and(|suffix| OTHER_SUFFIXES.contains(&suffix))
}

fn holds_folders(folder: &Path) -> Result<bool, DataError> {
    if !folder.is_dir() {
        return Ok(false);
    }
    let mut entries = entries(folder)?.into_iter();
    Ok(entries.any(|entry| entry.kind == Kind::Folder))
}

/// The names and folders of the classes in a folder.
fn class_folders(folder: &Path, unused: &mut Unused) -> Result<Vec<(String, PathBuf)>, DataError> {
    let here = canonical(folder)?;
    let mut classes = Vec::new();
    for Entry { path, kind } in entries(folder)? {
        // A link to where we come from would be a class of all the others.
        if kind != Kind::Folder || here.starts_with(canonical(&path)?) {
            unused.add(path);
            continue;
        }
        let name = path.file_name().and_then(OsStr::to_str);
        match name.filter(|name| !name.contains(char::is_control)) {
            Some(name) => classes.push((name.to_owned(), path)),
            None => return Err(wrong(&path, FolderProblem::Name)),
        }
    }
    Ok(classes)
}

/// The names of the classes in a folder and the pictures of each.
fn classes_to_train_on(
    folder: &Path,
    unused: &mut Unused,
) -> Result<(Vec<String>, Vec<Vec<PathBuf>>), DataError> {
    let classes = class_folders(folder, unused)?;
    let problem = match classes.as_slice() {
        [] => Some(FolderProblem::NoClasses),
        [(name, _)] => Some(FolderProblem::OneClass(name.clone())),
        many if many.len() > MOST_CLASSES => Some(FolderProblem::TooManyClasses {
            found: many.len(),
            most: MOST_CLASSES,
        }),
        _ => None,
    };
    if let Some(problem) = problem {
        return Err(wrong(folder, problem));
    }
    let mut names = Vec::new();
    let mut pictures = Vec::new();
    for (name, folder) in classes {
        names.push(name);
        pictures.push(pictures_in(&folder, unused)?);
    }
    Ok((names, pictures))
}

/// The pictures of a class, of which there must be some.
fn pictures_in(class: &Path, unused: &mut Unused) -> Result<Vec<PathBuf>, DataError> {
    let mut found = Vec::new();
    collect(class, &mut HashSet::new(), unused, &mut found)?;
    match found.as_slice() {
        [] => Err(wrong(class, FolderProblem::NoPictures)),
        _ => Ok(found),
    }
}

/// Finds the pictures in a folder and the folders in it, each looked at once, however links lead there.
fn collect(
    folder: &Path,
    seen: &mut HashSet<PathBuf>,
    unused: &mut Unused,
    found: &mut Vec<PathBuf>,
) -> Result<(), DataError> {
    if !seen.insert(canonical(folder)?) {
        return Ok(());
    }
    for Entry { path, kind } in entries(folder)? {
        match kind {
            Kind::Folder => collect(&path, seen, unused, found)?,
            Kind::Picture => found.push(path),
            Kind::Other => unused.add(path),
        }
    }
    Ok(())
}

fn canonical(path: &Path) -> Result<PathBuf, DataError> {
    fs::canonicalize(path).map_err(|cause| unreadable(path, cause))
}

fn wrong(path: &Path, problem: FolderProblem) -> DataError {
    DataError::Folder {
        path: path.to_owned(),
        problem,
    }
}

fn unreadable(path: &Path, cause: io::Error) -> DataError {
    DataError::Read {
        path: path.to_owned(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};
    use tempfile::TempDir;

    use super::super::{choose, find, recorded, usual};
    use super::*;

    /// Writes a picture of one colour.
    fn write_picture(path: &Path, colour: [u8; 3]) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        RgbImage::from_pixel(4, 4, Rgb(colour)).save(path).unwrap();
    }

    /// A folder in which each class has so many pictures; the number of each is in its colour, and the class
    /// in the colour too.
    fn folder_of(classes: &[(&str, u8)]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (class, (name, count)) in classes.iter().enumerate() {
            for number in 0..*count {
                let path = folder.path().join(name).join(format!("{number:03}.png"));
                write_picture(&path, [class as u8, number, 200]);
            }
        }
        folder
    }

    fn opened(folder: &TempDir) -> DatasetSpec {
        spec(folder.path(), SHAPE, Fit::Pad).unwrap()
    }

    fn loaded(spec: &DatasetSpec, split: Split, seed: u64) -> Loaded {
        let options = LoadOptions {
            seed,
            ..LoadOptions::default()
        };
        spec.load(split, &options).unwrap()
    }

    /// The class and the number of every image of a split, as their colours have it.
    fn numbers(images: &ImageDataset) -> Vec<(u8, u8)> {
        let size = 32 * 32;
        let image = |index| images.image(index).unwrap();
        (0..images.len())
            .map(|index| (image(index)[0], image(index)[size]))
            .collect()
    }

    /// The sentence that is said of a folder in which something is wrong, of which it names `place`.
    #[track_caller]
    fn sentence(folder: &TempDir, place: &str) -> String {
        let error = spec(folder.path(), SHAPE, Fit::Pad)
            .unwrap_err()
            .to_string();
        let place = fs::canonicalize(folder.path()).unwrap().join(place);
        let place = place.display().to_string();
        assert!(error.starts_with(place.trim_end_matches('/')), "{error}");
        error
    }

    #[test]
    fn classes_are_the_folders_in_order_of_their_names() {
        let folder = folder_of(&[("dog", 5), ("Cat", 10), ("bird", 7)]);
        let spec = opened(&folder);
        assert_eq!(spec.classes, ["Cat", "bird", "dog"]);
        // A fifth of 10, 7 and 5 to test on.
        assert_eq!((spec.num_test, spec.num_train), (2 + 1 + 1, 8 + 6 + 4));
        assert_eq!(spec.shape, [3, 32, 32]);
        let path = fs::canonicalize(folder.path()).unwrap();
        assert_eq!(spec.id, format!("folder:{}", path.display()));
        assert_eq!(spec.path(&LoadOptions::default()).unwrap(), path);
        assert!(matches!(
            spec.fetch(false),
            Err(DataError::NothingToFetch { .. })
        ));
    }

    #[test]
    fn an_image_has_the_pixels_of_its_picture_and_the_label_of_its_folder() {
        let folder = folder_of(&[("cat", 5), ("dog", 5)]);
        for split in [Split::Train, Split::Test] {
            let images = loaded(&opened(&folder), split, 1).images;
            for (index, (class, number)) in numbers(&images).into_iter().enumerate() {
                assert_eq!(images.labels()[index], u16::from(class));
                let [red, green, blue] = [class, number, 200].map(|value| vec![value; 32 * 32]);
                assert_eq!(*images.image(index).unwrap(), [red, green, blue].concat());
            }
        }
        let grey = spec(folder.path(), ImageShape::new(1, 5, 6), Fit::Pad).unwrap();
        assert_eq!(loaded(&grey, Split::Test, 1).images.shape(), [1, 5, 6]);
    }

    #[test]
    fn every_picture_is_in_one_split_and_the_classes_keep_their_shares() {
        let folder = folder_of(&[("cat", 20), ("dog", 9), ("fish", 2)]);
        let spec = opened(&folder);
        let [train, test] =
            [Split::Train, Split::Test].map(|split| loaded(&spec, split, 42).images);
        assert_eq!(train.class_counts(3), [16, 7, 1]);
        assert_eq!(test.class_counts(3), [4, 2, 1]);
        assert_eq!((spec.num_train, spec.num_test), (train.len(), test.len()));
        let mut all = [numbers(&train), numbers(&test)].concat();
        all.sort_unstable();
        let expected = [(0, 20), (1, 9), (2, 2)];
        let expected = expected.map(|(class, count)| (0..count).map(move |n| (class, n)));
        assert_eq!(all, expected.into_iter().flatten().collect::<Vec<_>>());
    }

    #[test]
    fn the_seed_draws_the_same_test_set_for_good() {
        // Computed by the functions of tests/host_draws.py.
        assert_eq!(part(20, 0, Split::Test, 42), [12, 14, 16, 17]);
        assert_eq!(part(20, 1, Split::Test, 42), [7, 12, 13, 19]);
        assert_eq!(part(20, 0, Split::Test, 43), [5, 11, 13, 16]);
    }

    #[test]
    fn more_classes_than_a_byte_tells_apart_have_labels_of_their_own() {
        let names: Vec<String> = (0..300).map(|class| format!("class {class:03}")).collect();
        let classes: Vec<(&str, u8)> = names.iter().map(|name| (name.as_str(), 2)).collect();
        let images = loaded(&opened(&folder_of(&classes)), Split::Train, 1).images;
        assert!(images.labels().iter().copied().eq(0..300));
        for index in [0, 255, 256, 299] {
            // The low byte of the class is in the picture's colour.
            assert_eq!(images.image(index).unwrap()[0], index as u8);
        }
        assert_eq!(images.class_counts(300), [1; 300]);
    }

    #[test]
    fn another_class_leaves_a_class_its_test_set() {
        let small = folder_of(&[("cat", 20), ("dog", 20)]);
        let large = folder_of(&[("cat", 20), ("dog", 25), ("fish", 5)]);
        let cats = |folder| {
            let images = loaded(&opened(folder), Split::Test, 42).images;
            let mut cats = numbers(&images);
            cats.retain(|(class, _)| *class == 0);
            cats
        };
        assert_eq!(cats(&small), cats(&large));
    }

    #[test]
    fn the_first_few_images_are_of_all_classes_by_their_shares() {
        let folder = folder_of(&[("train/cat", 9), ("train/dog", 3), ("test/cat", 1)]);
        let labels = loaded(&opened(&folder), Split::Train, 1).images;
        assert_eq!(labels.labels(), [0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0]);
        // Each class by the names of its files.
        let cats = numbers(&labels)
            .into_iter()
            .filter(|(class, _)| *class == 0);
        assert!(cats.map(|(_, number)| number).eq(0..9));
    }

    #[test]
    fn folders_named_train_and_test_are_the_splits() {
        let folder = folder_of(&[
            ("train/cat", 3),
            ("train/dog", 1),
            ("test/dog", 2),
            ("validation/cat", 1),
        ]);
        let spec = opened(&folder);
        assert_eq!(spec.classes, ["cat", "dog"]);
        let train = loaded(&spec, Split::Train, 1);
        let test = loaded(&spec, Split::Test, 1);
        assert_eq!(train.images.class_counts(2), [3, 1]);
        assert_eq!(test.images.class_counts(2), [0, 2]);
        assert_eq!((spec.num_train, spec.num_test), (4, 2));
        let warning = train.warning.unwrap();
        assert!(warning.contains("validation is not used"), "{warning}");
        let warning = test.warning.unwrap();
        assert!(warning.contains("no pictures of cat"), "{warning}");
    }

    #[test]
    fn a_folder_train_of_pictures_is_a_class() {
        let folder = folder_of(&[("bus", 2), ("train", 3)]);
        assert_eq!(opened(&folder).classes, ["bus", "train"]);
    }

    #[test]
    fn what_is_no_picture_by_its_name_is_not_used_and_counted() {
        let folder = folder_of(&[("cat", 3), ("dog", 2)]);
        assert_eq!(loaded(&opened(&folder), Split::Train, 1).warning, None);
        for name in [
            "cat/.DS_Store",
            "cat/Thumbs.db",
            "cat/._000.png",
            "dog/README",
            "dog/notes.TXT",
            "labels.csv",
            "cat.png",
        ] {
            fs::write(folder.path().join(name), "no picture").unwrap();
        }
        fs::create_dir(folder.path().join(".git")).unwrap();
        let spec = opened(&folder);
        assert_eq!((spec.num_train, spec.num_test), (3, 2));
        let warning = loaded(&spec, Split::Train, 1).warning.unwrap();
        assert!(warning.contains("and 7 more are not used"), "{warning}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_once_and_loops_end() {
        use std::os::unix::fs::symlink;
        let elsewhere = folder_of(&[("dogs", 4)]);
        let folder = folder_of(&[("cat/young", 3)]);
        let path = |name| folder.path().join(name);
        symlink(elsewhere.path().join("dogs"), path("dog")).unwrap();
        symlink(path("cat/young"), path("cat/small")).unwrap();
        symlink(path("cat"), path("cat/young/up")).unwrap();
        symlink(folder.path(), path("everything")).unwrap();
        symlink(path("cat/young/000.png"), path("dog/linked.png")).unwrap();
        let spec = opened(&folder);
        assert_eq!(spec.classes, ["cat", "dog"]);
        assert_eq!(spec.num_train + spec.num_test, 3 + 5);
    }

    #[test]
    fn what_is_wrong_with_a_folder_is_said_in_a_sentence() {
        let empty = tempfile::tempdir().unwrap();
        assert!(sentence(&empty, "").contains("holds no folders"));
        let one = folder_of(&[("cat", 3)]);
        assert!(sentence(&one, "").contains("holds no class but cat"));
        let single = folder_of(&[("cat", 3), ("dog", 1)]);
        assert!(sentence(&single, "dog").contains("holds a single picture"));
        let empty = folder_of(&[("cat", 3), ("dog", 3)]);
        fs::create_dir(empty.path().join("fish")).unwrap();
        assert!(sentence(&empty, "fish").contains("holds no pictures"));
        let many = tempfile::tempdir().unwrap();
        for class in 0..10_001 {
            fs::create_dir(many.path().join(format!("class {class}"))).unwrap();
        }
        let text = sentence(&many, "");
        assert!(
            text.contains("holds 10,001 classes, where 10,000 are the most"),
            "{text}"
        );

        let train = [("train/cat", 1), ("train/dog", 1)];
        assert!(sentence(&folder_of(&train), "").contains("no folder test"));
        let other = folder_of(&[train[0], train[1], ("test/fish", 1)]);
        assert!(sentence(&other, "test/fish").contains("is no class to train on"));
        let none = folder_of(&train);
        fs::create_dir(none.path().join("test")).unwrap();
        assert!(sentence(&none, "test").contains("holds no folders"));
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_no_text_and_what_the_system_refuses_are_told_in_a_sentence() {
        use std::os::unix::{ffi::OsStrExt, fs::symlink};
        let unnamed = folder_of(&[("cat", 3), ("dog", 3)]);
        fs::create_dir(unnamed.path().join(OsStr::from_bytes(b"z\xff"))).unwrap();
        assert!(sentence(&unnamed, "z").contains("is not text in UTF-8"));
        // A link to itself is no more readable than a folder without permission, which root may read.
        let link = folder_of(&[("cat", 3), ("dog", 3)]);
        let path = link.path().join("cat/x.png");
        symlink(&path, &path).unwrap();
        assert!(sentence(&link, "cat/x.png").contains("cannot be read ("));
    }

    #[test]
    fn a_path_that_is_no_folder_is_told_with_the_cure() {
        let folder = folder_of(&[("cat", 2)]);
        for (path, expected) in [
            ("", "folder: names no folder: write folder:PATH"),
            ("/nowhere/at/all", "does not exist: say folder:PATH"),
            ("cat/000.png", "is not a folder"),
        ] {
            let path = match path.starts_with('/') || path.is_empty() {
                true => path.to_owned(),
                false => folder.path().join(path).display().to_string(),
            };
            let error = find(&format!("{PREFIX}{path}")).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        // The folder that --data-dir names stands in for the other.
        let moved = folder_of(&[("cat", 2), ("dog", 2)]);
        let spec = choose(
            "folder:/nowhere",
            Some(moved.path()),
            None,
            None,
            usual(&[]),
        )
        .unwrap();
        assert_eq!(spec.classes, ["cat", "dog"]);
    }

    #[test]
    fn every_picture_that_cannot_be_read_is_named() {
        let folder = folder_of(&[("cat", 3), ("dog", 3)]);
        let spec = opened(&folder);
        fs::write(folder.path().join("cat/001.png"), "no picture").unwrap();
        fs::write(folder.path().join("dog/000.png"), "").unwrap();
        let error = spec
            .verify(&LoadOptions::default())
            .unwrap_err()
            .to_string();
        for words in [
            "001.png is no picture",
            "; these cannot be read either: ",
            "000.png",
        ] {
            assert!(error.contains(words), "{error}");
        }
        fs::write(folder.path().join("cat/000.png"), "no picture").unwrap();
        fs::write(folder.path().join("cat/002.png"), "no picture").unwrap();
        let error = spec
            .load(Split::Train, &LoadOptions::default())
            .unwrap_err();
        assert!(matches!(error, DataError::Pictures { .. }), "{error}");
    }

    #[test]
    fn verifying_tells_counts_formats_and_sizes() {
        let folder = folder_of(&[("cat", 10), ("dog", 5)]);
        RgbImage::new(30, 20)
            .save(folder.path().join("dog/last.jpg"))
            .unwrap();
        let lines = opened(&folder).verify(&LoadOptions::default()).unwrap();
        for (line, expected) in [
            (1, "cat          8 to train on          2 to test on"),
            (2, "dog          5 to train on          1 to test on"),
            (3, "all         13 to train on          3 to test on"),
            (4, "formats: 1 JPEG, 15 PNG"),
            (
                5,
                "sizes: 2 different, from 4 × 4 to 30 × 20 pixels (width × height)",
            ),
        ] {
            assert_eq!(lines[line], expected);
        }
    }

    #[test]
    fn a_run_keeps_to_its_classes() {
        let folder = folder_of(&[("cat", 2), ("dog", 2), ("fish", 2)]);
        let id = opened(&folder).id;
        let classes = |names: &[&str]| names.iter().map(|&name| name.into()).collect::<Vec<_>>();
        let recorded = |names| recorded(&id, SHAPE, Fit::Pad, &classes(names), None);
        assert_eq!(recorded(&["cat", "dog", "fish"]).unwrap().id, id);
        let error = recorded(&["bird", "cat", "dog"]).unwrap_err().to_string();
        let expected = "it has no class bird and a new class fish";
        assert!(error.contains(expected), "{error}");
    }
}
