//! The table of data sets, and finding a data set by its name.

use super::error::DataError;
use super::folder;
use super::names::{FOLDER_PREFIX, UNKNOWN};
use super::spec::{Background, DatasetSpec};
use crate::pictures::Fit;
use burn_zoo_models::{ImageShape, ModelSpec, Normalisation, Preprocessing, nearest_first};
use std::path::Path;
use std::sync::LazyLock;

/// Every data set that has a name. A new one is a file beside this one and a line here.
pub static DATASETS: LazyLock<Vec<DatasetSpec>> = LazyLock::new(|| {
    vec![
        super::fashion_mnist::spec(),
        super::cifar10::spec(),
        super::mnist::spec(),
        super::kmnist::spec(),
        super::synthetic::grey(),
        super::synthetic::rgb(),
    ]
});

/// The data set called `name`: its id, an alias, or either of them in other case or without hyphens; or
/// `folder:PATH`.
///
/// # Errors
/// [`DataError::UnknownDataset`], which lists the ids, the nearest first; [`DataError::Folder`].
pub fn find(name: &str) -> Result<DatasetSpec, DataError> {
    choose(name, None, None, None, usual(&[]))
}

/// How the pictures of a folder become images if the user does not say: as the usual weights of these models expect
/// it, if it is the same for all of them, or else as small images.
pub fn usual(models: &[&ModelSpec]) -> Preprocessing {
    let small = Preprocessing::new(folder::SHAPE, Fit::Pad, Normalisation::LECTURE);
    let mut all = models
        .iter()
        .map(|model| model.preprocessing.unwrap_or(small));
    match all.next() {
        Some(first) if all.all(|other| other == first) => first,
        _ => small,
    }
}

/// As [`find`], with options for `folder:PATH`: its pictures are read from `data_dir` instead, if given, as they may
/// have moved, and become images of this `shape` by this `fit`, or of the `usual` ones.
///
/// # Errors
/// As [`find`]; [`DataError::FixedShape`] if a `shape` or a `fit` is given for another data set.
pub fn choose(
    name: &str,
    data_dir: Option<&Path>,
    shape: Option<ImageShape>,
    fit: Option<Fit>,
    usual: Preprocessing,
) -> Result<DatasetSpec, DataError> {
    if let Some(path) = name.strip_prefix(FOLDER_PREFIX) {
        let path = data_dir.unwrap_or(Path::new(path));
        let (shape, fit) = (shape.unwrap_or(usual.input), fit.unwrap_or(usual.fit));
        return folder::spec(path, shape, fit, None);
    }
    let spec = named(name)?;
    let setting = shape.map(|_| "image_shape").or(fit.map(|_| "fit"));
    match setting {
        Some(setting) => Err(DataError::FixedShape {
            setting,
            shape: spec.shape,
            dataset: spec.id.clone(),
        }),
        None => Ok(spec.clone()),
    }
}

/// The data set of an earlier run, with images of the run's shape and with its classes. As in [`choose`], `data_dir`
/// is the folder of pictures that have moved.
///
/// # Errors
/// As [`find`]; [`DataError::OtherClasses`] if the folder has other classes now; [`DataError::NotKnown`] if the run
/// does not say which data set it was.
pub fn recorded(
    id: &str,
    shape: ImageShape,
    fit: Fit,
    classes: &[String],
    data_dir: Option<&Path>,
) -> Result<DatasetSpec, DataError> {
    if id == UNKNOWN {
        return Err(DataError::NotKnown);
    }
    let Some(path) = id.strip_prefix(FOLDER_PREFIX) else {
        return choose(id, data_dir, None, None, usual(&[]));
    };
    let path = data_dir.unwrap_or(Path::new(path));
    let spec = folder::spec(path, shape, fit, Some(classes))?;
    if spec.classes != classes {
        return Err(DataError::OtherClasses {
            dataset: spec.id,
            found: spec.classes,
            expected: classes.into(),
        });
    }
    Ok(spec)
}

/// The background of the images of the data set with this id; nothing is read. Of data sets that are not in
/// the table, it is [`Background::Any`].
pub fn background(id: &str) -> Background {
    let spec = DATASETS.iter().find(|spec| spec.id == id);
    spec.map_or(Background::Any, |spec| spec.background)
}

fn named(name: &str) -> Result<&'static DatasetSpec, DataError> {
    let wanted = plain(name);
    let found = DATASETS
        .iter()
        .find(|spec| plain(&spec.id) == wanted || spec.aliases.contains(&wanted.as_str()));
    found.ok_or_else(|| {
        let known = nearest_first(name, DATASETS.iter().map(|spec| spec.id.as_str()));
        DataError::UnknownDataset {
            name: name.to_owned(),
            known: known.into_iter().map(String::from).collect(),
        }
    })
}

/// The letters and digits of a name, in lower case.
fn plain(name: &str) -> String {
    let kept = name.chars().filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_data_set_is_found_by_id_alias_and_other_spellings() {
        for (name, id) in [
            ("fashion-mnist", "fashion-mnist"),
            ("fashionmnist", "fashion-mnist"),
            ("Fashion_MNIST", "fashion-mnist"),
            ("fmnist", "fashion-mnist"),
            ("MNIST", "mnist"),
            ("KMNIST", "kmnist"),
            ("Kuzushiji-MNIST", "kmnist"),
            ("cifar10", "cifar-10"),
            ("CIFAR-10", "cifar-10"),
            ("synthetic-rgb", "synthetic-rgb"),
            ("synthetic", "synthetic"),
        ] {
            assert_eq!(find(name).unwrap().id, id);
        }
    }

    #[test]
    fn an_unknown_name_lists_the_data_sets_nearest_first() {
        for (name, nearest) in [
            ("minst", "mnist"),
            ("kmnits", "kmnist"),
            ("fashon-mnist", "fashion-mnist"),
            ("cifra10", "cifar-10"),
            ("cifar-100", "cifar-10"),
            ("sinthetic", "synthetic"),
        ] {
            let error = find(name).unwrap_err();
            let DataError::UnknownDataset { known, .. } = &error else {
                panic!("{error}");
            };
            assert_eq!(known[0], nearest);
            assert_eq!(known.len(), DATASETS.len());
            assert!(error.to_string().contains(&format!("{name:?}")));
            assert!(error.to_string().contains("folder:PATH"));
        }
        for name in ["", "🦀", "-"] {
            assert!(find(name).is_err());
        }
    }

    #[test]
    fn every_line_of_the_table_is_consistent() {
        let mut names = HashSet::new();
        for spec in DATASETS.iter() {
            assert!(names.insert(plain(&spec.id)), "{}", spec.id);
            for alias in spec.aliases {
                assert_eq!(&plain(alias), alias);
                assert!(names.insert(plain(alias)), "{alias}");
            }
            assert!(spec.classes.len() > 1);
            assert!(spec.num_train > 0 && spec.num_test > 0);
            assert_eq!(spec.normalisation.check(spec.shape.channels), Ok(()));
            assert!(!spec.source.is_empty());
        }
    }

    #[test]
    fn a_data_set_with_a_shape_of_its_own_is_given_no_other() {
        let shape = Some(ImageShape::new(1, 28, 28));
        let error = choose("cifar-10", None, shape, None, usual(&[]))
            .unwrap_err()
            .to_string();
        let expected = "the images of cifar-10 are 3×32×32: leave ‘image_shape’ out";
        assert!(error.starts_with(expected), "{error}");
        let error = choose("cifar-10", None, None, Some(Fit::Crop), usual(&[])).unwrap_err();
        assert!(error.to_string().contains("leave ‘fit’ out"), "{error}");
    }

    #[test]
    fn clothes_and_letters_are_shown_on_black_and_photographs_on_any_background() {
        for id in ["fashion-mnist", "mnist", "kmnist"] {
            assert_eq!(background(id), Background::Black, "{id}");
        }
        for id in ["cifar-10", "synthetic", "folder:/pictures", UNKNOWN] {
            assert_eq!(background(id), Background::Any, "{id}");
        }
    }
}
