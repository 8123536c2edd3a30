//! The places on this machine in which data are looked for.

use super::download::DownloadSettings;
use crate::data::spec::LoadOptions;
use std::env;
use std::path::PathBuf;
use std::time::Duration;

/// The places on this machine in which data are looked for, and the settings for downloads.
#[derive(Debug)]
pub(super) struct Places {
    /// `--data-dir`.
    pub given: Option<PathBuf>,
    /// `BURN_ZOO_DATA`.
    pub variable: Option<PathBuf>,
    /// The program's folder in the user's cache folder.
    pub cache: Option<PathBuf>,
    /// Whether the folders of packages are looked in.
    pub packages: bool,
    /// `BURN_ZOO_OFFLINE`.
    pub offline: bool,
    /// Replaces the official addresses in tests.
    pub server: Option<String>,
    pub download: DownloadSettings,
}

/// The program's folder in the user's cache folder; `None` if the operating system has no cache folder.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    dirs::cache_dir().map(|folder| folder.join("burn-zoo"))
}

/// Whether `BURN_ZOO_OFFLINE` forbids downloads.
pub(crate) fn is_offline() -> bool {
    let value = env::var_os("BURN_ZOO_OFFLINE").filter(|value| !value.is_empty());
    value.is_some_and(|value| value != "0")
}

impl Places {
    pub fn of_this_machine(options: &LoadOptions) -> Self {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty());
        Self {
            given: options.data_dir.clone(),
            variable: set("BURN_ZOO_DATA").map(PathBuf::from),
            cache: cache_folder(),
            packages: true,
            offline: is_offline(),
            server: None,
            download: DownloadSettings {
                timeout: Duration::from_secs(20),
                pause: Duration::from_secs(2),
                proxy: ureq::Proxy::try_from_env(),
                show_progress: options.show_progress,
            },
        }
    }

    /// The address of a file on the official server.
    pub fn address(&self, base: &str, name: &str) -> String {
        format!("{}/{name}", self.server.as_deref().unwrap_or(base))
    }
}
