//! Backends whose driver hung, remembered for a day, so that not every command waits for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Where they are remembered.
pub(super) struct Hung(Option<PathBuf>);

impl Hung {
    /// In the user's cache folder; where the system has none, nothing is remembered.
    pub(super) fn of_user() -> Self {
        Self(dirs::cache_dir().map(|cache| cache.join("burn-zoo")))
    }

    #[cfg(test)]
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self(Some(folder.into()))
    }

    fn file(&self, backend: &str) -> Option<PathBuf> {
        Some(self.0.as_ref()?.join(format!("hung-{backend}")))
    }

    /// Whether the backend's driver hung within the last day.
    pub(super) fn has(&self, backend: &str) -> bool {
        let age = |file: &Path| fs::metadata(file).ok()?.modified().ok()?.elapsed().ok();
        let file = self.file(backend);
        file.and_then(|file| age(&file))
            .is_some_and(|age| age < DAY)
    }

    /// Remembers whether the backend's driver hung. That it cannot be remembered costs time alone.
    pub(super) fn set(&self, backend: &str, hung: bool) {
        let Some(file) = self.file(backend) else {
            return;
        };
        let _ = match hung {
            true => {
                let folder = file.parent().unwrap_or(Path::new("."));
                fs::create_dir_all(folder).and_then(|()| fs::write(&file, ""))
            }
            false => fs::remove_file(&file),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn a_driver_that_hung_is_remembered_for_a_day_or_until_it_answers() {
        let folder = tempfile::tempdir().unwrap();
        let hung = Hung::in_folder(&folder.path().join("cache"));
        assert!(!hung.has("wgpu"));
        hung.set("wgpu", true);
        assert!(hung.has("wgpu") && !hung.has("cuda"));
        let file = fs::File::open(hung.file("wgpu").unwrap()).unwrap();
        // Also where the clock has gone back since.
        for time in [SystemTime::now() - DAY, SystemTime::now() + DAY] {
            file.set_modified(time).unwrap();
            assert!(!hung.has("wgpu"));
        }
        hung.set("wgpu", true);
        assert!(hung.has("wgpu"));
        hung.set("wgpu", false);
        assert!(!hung.has("wgpu"));
    }
}
