//! A data set whose images come from its official files.

use super::fetch::fetch;
use super::file_set::FileSet;
use super::find::{Found, look, not_found, path};
use super::places::Places;
use super::verify::{check, verify};
use crate::data::error::DataError;
use crate::data::spec::{DatasetSpec, LoadOptions, Loaded, Supply, Verified};
use crate::data::split::Split;
use std::path::PathBuf;

impl Supply for FileSet {
    fn load(
        &self,
        spec: &DatasetSpec,
        split: Split,
        options: &LoadOptions,
    ) -> Result<Loaded, DataError> {
        load(spec, self, split, &Places::of_this_machine(options))
    }

    fn fetch(&self, spec: &DatasetSpec, options: &LoadOptions) -> Result<PathBuf, DataError> {
        fetch(spec, self, &Places::of_this_machine(options))
    }

    fn path(&self, spec: &DatasetSpec, options: &LoadOptions) -> Result<PathBuf, DataError> {
        path(spec, self, &Places::of_this_machine(options))
    }

    fn verify(&self, spec: &DatasetSpec, options: &LoadOptions) -> Result<Verified, DataError> {
        Ok(verify(spec, self, &Places::of_this_machine(options))?.into())
    }
}

/// Loads a split, after downloading the files if they are nowhere on this machine.
pub(super) fn load(
    spec: &DatasetSpec,
    set: &FileSet,
    split: Split,
    places: &Places,
) -> Result<Loaded, DataError> {
    let found = match look(spec, set, &[split], places)? {
        Ok(found) => found,
        Err(tried) => match fetch(spec, set, places) {
            Ok(folder) => {
                let form = set.forms.first();
                let form = form.ok_or_else(|| DataError::NoFiles {
                    dataset: spec.id.clone(),
                })?;
                Found::new(form, folder, "downloaded from the official address", false)
            }
            Err(error) => return Err(not_found(spec, set, places, tried, Some(&error))),
        },
    };
    let images = (found.form.read)(spec, found.form, &found.folder, split)?;
    let warning = check(spec, set, split, &images, &found)?;
    Ok(Loaded::official(images, found.origin, warning))
}
