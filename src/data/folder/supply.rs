//! A data set whose images come from the pictures in a folder.

use super::pictures::Folder;
use super::read::{all_of, progress_bar};
use super::scan::{unreadable, wrong};
use super::verify::verify;
use crate::data::error::DataError;
use crate::data::folder_picture::{FolderPicture, Room};
use crate::data::images::ImageDataset;
use crate::data::names::{FOLDER_PREFIX, short_name};
use crate::data::problems::FolderProblem;
use crate::data::spec::{Background, DatasetSpec, LoadOptions, Loaded, Supply};
use crate::data::split::Split;
use crate::pictures::Fit;
use burn_zoo_models::{ImageShape, Normalisation};
use rayon::prelude::*;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The data set of the pictures in a folder, which become images of this shape. No picture is read yet.
pub(in crate::data) fn spec(
    path: &Path,
    shape: ImageShape,
    fit: Fit,
) -> Result<DatasetSpec, DataError> {
    if path == Path::new("") {
        return Err(wrong(Path::new(FOLDER_PREFIX), FolderProblem::Unnamed));
    }
    let path = match path.strip_prefix("~") {
        // The shell does not replace `~` after `folder:`.
        Ok(rest) => dirs::home_dir().map(|home| home.join(rest)),
        Err(_) => None,
    }
    .unwrap_or(path.to_owned());
    // The absolute path, as a later run may be started in another folder.
    let path = match fs::canonicalize(&path) {
        Ok(found) if found.is_dir() => found,
        Ok(_) => return Err(wrong(&path, FolderProblem::NotAFolder)),
        Err(cause) if cause.kind() == ErrorKind::NotFound => {
            return Err(wrong(&path, FolderProblem::Missing));
        }
        Err(cause) => return Err(unreadable(&path, cause)),
    };
    let id = match path.to_str() {
        Some(path) => format!("{FOLDER_PREFIX}{path}"),
        None => return Err(wrong(&path, FolderProblem::Name)),
    };
    let (classes, folder) = Folder::open(path)?;
    Ok(DatasetSpec {
        title: short_name(&id).into(),
        id,
        aliases: &[],
        shape,
        fit,
        background: Background::Any,
        classes,
        num_train: folder.count(Split::Train),
        num_test: folder.count(Split::Test),
        normalisation: Normalisation::LECTURE,
        source: "pictures of the user's own",
        supply: Arc::new(folder),
    })
}

impl Supply for Folder {
    /// Reads the pictures of the split for which there is room, and the beginnings of the others.
    fn load(
        &self,
        spec: &DatasetSpec,
        split: Split,
        options: &LoadOptions,
    ) -> Result<Loaded, DataError> {
        let (shape, fit) = (spec.shape, spec.fit);
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
            origin: format!(
                "folder {}, {}",
                self.path().display(),
                self.split_in_words()
            ),
            warning: match split {
                Split::Train => self.unused(),
                Split::Valid => None,
                Split::Test => self.untested(&spec.classes),
            },
        })
    }

    fn fetch(&self, spec: &DatasetSpec, _: &LoadOptions) -> Result<PathBuf, DataError> {
        Err(DataError::NothingToFetch {
            dataset: spec.id.clone(),
        })
    }

    fn path(&self, _: &DatasetSpec, _: &LoadOptions) -> Result<PathBuf, DataError> {
        Ok(self.path().to_owned())
    }

    fn verify(&self, spec: &DatasetSpec, options: &LoadOptions) -> Result<Vec<String>, DataError> {
        verify(self, spec, options)
    }
}
