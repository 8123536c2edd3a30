//! The memory of GPUs, as their drivers tell it on Linux: wgpu does not.

use crate::child;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The bytes of the NVIDIA GPU at this place on the PCI bus; of the smallest, where the place is not known.
pub(super) fn of_nvidia(bus: Option<&str>) -> Option<u64> {
    if !Path::new("/proc/driver/nvidia").exists() {
        return None;
    }
    let query = [
        "--query-gpu=pci.bus_id,memory.total",
        "--format=csv,noheader,nounits",
    ];
    let ended = child::run(
        Command::new("nvidia-smi").args(query),
        Duration::from_secs(20),
    );
    in_table(&ended.stdout, bus)
}

/// From lines of "00000000:17:00.0, MEBIBYTES".
fn in_table(table: &str, bus: Option<&str>) -> Option<u64> {
    let gpus = table.lines().filter_map(|line| {
        let (place, mebibytes) = line.split_once(',')?;
        let mebibytes: u64 = mebibytes.trim().parse().ok()?;
        let wanted = bus.is_none_or(|bus| without_domain(bus) == without_domain(place));
        wanted.then_some(mebibytes << 20)
    });
    gpus.min()
}

/// "0000:17:00.0" and "00000000:17:00.0" are one place.
fn without_domain(bus: &str) -> String {
    let place = bus.trim().split_once(':').map_or(bus, |(_, place)| place);
    place.to_lowercase()
}

/// The bytes of the AMD GPU at this place on the PCI bus; of the smallest, where the place is not known.
pub(super) fn of_amd(bus: Option<&str>) -> Option<u64> {
    in_sys(Path::new("/sys/bus/pci/devices"), bus)
}

/// As the kernel's driver amdgpu writes it.
fn in_sys(devices: &Path, bus: Option<&str>) -> Option<u64> {
    let devices = fs::read_dir(devices).ok()?.flatten();
    let sizes = devices.filter_map(|device| {
        let place = device.file_name().into_string().ok()?;
        let wanted = bus.is_none_or(|bus| without_domain(bus) == without_domain(&place));
        let size = fs::read_to_string(device.path().join("mem_info_vram_total")).ok()?;
        size.trim().parse().ok().filter(|_| wanted)
    });
    sizes.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_nvidia_gpu_is_found_by_its_place_and_else_the_smallest_counts() {
        let table = "00000000:17:00.0, 143771\n00000000:CA:00.0, 23034\n00000000:DA:00.0, [N/A]\n";
        assert_eq!(in_table(table, Some("0000:17:00.0")), Some(143_771 << 20));
        assert_eq!(in_table(table, Some("0000:ca:00.0")), Some(23_034 << 20));
        assert_eq!(in_table(table, Some("0000:da:00.0")), None);
        assert_eq!(in_table(table, None), Some(23_034 << 20));
        assert_eq!(in_table("No devices were found\n", None), None);
    }

    #[test]
    fn an_amd_gpu_is_found_by_its_place_and_else_the_smallest_counts() {
        let folder = tempfile::tempdir().unwrap();
        let device = |place: &str, size: Option<&str>| {
            let folder = folder.path().join(place);
            fs::create_dir(&folder).unwrap();
            if let Some(size) = size {
                fs::write(folder.join("mem_info_vram_total"), size).unwrap();
            }
        };
        device("0000:00:1f.0", None);
        device("0000:03:00.0", Some("17163091968\n"));
        device("0000:04:00.0", Some("8573157376\n"));
        let found = |bus| in_sys(folder.path(), bus);
        assert_eq!(found(Some("0000:03:00.0")), Some(17_163_091_968));
        assert_eq!(found(Some("0000:00:1f.0")), None);
        assert_eq!(found(None), Some(8_573_157_376));
        assert_eq!(in_sys(&folder.path().join("none"), None), None);
    }
}
