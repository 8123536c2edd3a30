//! A data set whose images come from the pictures in a folder.

use super::contents::name_below;
use super::doubts::{imbalance, repeated};
use super::listing::unreadable;
use super::pictures::{Drawing, Folder, named};
use super::read::{all_of, progress_bar};
use super::scan::wrong;
use super::verify::verify;
use crate::data::digest::{Digest, hex};
use crate::data::error::DataError;
use crate::data::folder_picture::{FolderPicture, Opening, Room};
use crate::data::images::ImageDataset;
use crate::data::names::{FOLDER_PREFIX, short_name};
use crate::data::problems::FolderProblem;
use crate::data::spec::{Background, DatasetSpec, LoadOptions, Loaded, Supply, Verified};
use crate::data::split::{HoldOut, Split};
use crate::pictures::Fit;
use burn_zoo_models::{ImageShape, Normalisation};
use rayon::prelude::*;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The data set of the pictures in a folder, which become images of this shape. No picture is decoded yet. The classes
/// are in the order of those that are `expected`, if they are the same.
pub(in crate::data) fn spec(
    path: &Path,
    shape: ImageShape,
    fit: Fit,
    expected: Option<&[String]>,
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
    let (classes, folder) = Folder::open(path, expected)?;
    Ok(DatasetSpec {
        title: short_name(&id).into(),
        id,
        aliases: &[],
        shape,
        fit,
        background: Background::Any,
        classes,
        num_train: folder.num_files(Split::Train),
        num_test: folder.num_files(Split::Test),
        normalisation: Normalisation::LECTURE,
        source: "pictures of the user's own",
        supply: Arc::new(folder),
    })
}

impl Supply for Folder {
    fn has(&self, split: Split, options: &LoadOptions) -> bool {
        match split {
            Split::Valid => options.hold_out == HoldOut::ByContent && Folder::has(self, split),
            Split::Train | Split::Test => true,
        }
    }

    /// Reads the pictures of the split for which there is room, and the beginnings of the others.
    fn load(
        &self,
        spec: &DatasetSpec,
        split: Split,
        options: &LoadOptions,
    ) -> Result<Loaded, DataError> {
        let (shape, fit) = (spec.shape, spec.fit);
        let drawing = Drawing {
            seed: options.seed,
            hold_out: options.hold_out,
        };
        let contents = self.contents(options.show_progress);
        let pictures = self.pictures(split, drawing);
        let bar = progress_bar(pictures.len(), options.show_progress);
        let opening = Opening {
            whole: options.whole && split == Split::Train,
            // What cannot be read is only known when all is read.
            checked: options.skip_unreadable || options.check_all,
            room: Room::new(options.cache),
            shape,
            fit,
        };
        let (read, unreadable) = all_of(pictures.par_iter().map(|(_, path)| {
            let picture = FolderPicture::open(path, &opening);
            bar.inc(1);
            picture.map_err(|error| named(path, error))
        }));
        bar.finish_and_clear();
        if !unreadable.is_empty() && !options.skip_unreadable {
            return Err(DataError::Pictures {
                unreadable: self.unreadable(options.show_progress),
                can_skip: true,
            });
        }
        let (mut labels, mut images, mut own) = (Vec::new(), Vec::new(), Vec::<Digest>::new());
        let mut skipped = Vec::new();
        for ((label, path), picture) in pictures.into_iter().zip(read) {
            match picture {
                Some(picture) => {
                    labels.push(label);
                    images.push(picture);
                    own.push(contents.of(path));
                }
                None => skipped.push(name_below(&self.root, path)),
            }
        }
        skipped.sort();
        let images = ImageDataset::of_pictures(shape, fit, images, labels);
        let mut warnings: Vec<String> = unreadable
            .iter()
            .map(|error| format!("left out: {error}"))
            .collect();
        match split {
            Split::Train => {
                let counts = images.class_counts(spec.classes.len());
                if let Some(class) = counts.iter().position(|count| *count == 0) {
                    let class = spec.classes[class].clone();
                    return Err(wrong(&self.root, FolderProblem::NoneReadable(class)));
                }
                warnings.extend(self.notes());
                warnings.extend(imbalance(&spec.classes, &counts));
            }
            Split::Valid => warnings.extend(self.untested(split, &spec.classes)),
            Split::Test => {
                warnings.extend(self.untested(split, &spec.classes));
                warnings.extend(repeated(self, drawing));
            }
        }
        Ok(Loaded {
            images,
            origin: self.origin(options.hold_out),
            warnings,
            digest: Some(hex(&contents.whole())),
            contents: Some(own),
            skipped,
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

    fn verify(&self, spec: &DatasetSpec, options: &LoadOptions) -> Result<Verified, DataError> {
        Ok(verify(self, spec, options))
    }
}
