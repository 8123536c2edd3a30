//! The data sets: where they are, and whether they are complete.

use super::finding::{Finding, Section};
use crate::data::{self, DATASETS, DataError, DatasetSpec, LoadOptions};

pub(super) fn section(quick: bool) -> Section {
    Section {
        title: "data sets",
        findings: DATASETS.iter().map(|spec| finding(spec, quick)).collect(),
    }
}

fn finding(spec: &DatasetSpec, quick: bool) -> Finding {
    let id = &*spec.id;
    let options = LoadOptions::default();
    let folder = match spec.path(&options) {
        Ok(folder) => folder.display().to_string(),
        Err(DataError::NoFiles { .. }) => {
            return Finding::ok(id, "drawn from a seed, needs no files");
        }
        Err(DataError::NotFound { ways, .. }) if data::is_offline() => {
            let found = "not on this machine, and BURN_ZOO_OFFLINE forbids its download";
            return Finding::note(id, found).cure(ways);
        }
        Err(DataError::NotFound { .. }) => {
            return Finding::note(
                id,
                "not on this machine; it is downloaded when it is first asked for",
            )
            .cure(format!("`zoo data fetch {id}` does so now"));
        }
        Err(error) => return Finding::note(id, error.to_string()),
    };
    if quick {
        return Finding::ok(id, format!("{folder}, not verified"));
    }
    match spec.verify(&options) {
        Ok(_) => Finding::ok(id, format!("{folder}, verified")),
        // The error says what to do.
        Err(error) => Finding::note(id, error.to_string()),
    }
}
