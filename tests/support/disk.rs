//! A disk that is soon full.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system in memory, as small as wanted; gone with this value.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts it on a new folder, where this process may mount.
    pub fn mount(folder: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir(folder).unwrap();
        let options = format!("size={size}");
        let mounted = run(Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder));
        mounted.then(|| Self(folder.to_owned()))
    }

    /// Mounts it anew with other options, its files kept.
    pub fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(run(Command::new("mount")
            .args(["-o", &options])
            .arg(&self.0)));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        run(Command::new("umount").arg(&self.0));
    }
}

fn run(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
