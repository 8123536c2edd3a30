//! The process's memory, and the machine's.

use crate::child;

/// Has the C library keep freed memory for the next tensors.
///
/// By default it gives large blocks back to the system as they are freed, and a training step frees
/// and asks for hundreds of them: taking their pages anew, zeroed, is then up to half of the time of
/// a step. Does nothing where the C library is not glibc.
pub fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: mallopt has no preconditions; it returns 0 for a setting that it does not know.
    unsafe {
        libc::mallopt(libc::M_MMAP_MAX, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, -1);
    }
}

/// The most memory that the process has held so far, in bytes, if the system reports it.
pub fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// The memory that the process holds on GPUs, in bytes; `None` where it uses none or no driver reports it.
///
/// Linux's drivers for AMD and Intel report it for each open device in the process's files
/// (the kernel's `drm-usage-stats`), NVIDIA's by its own program.
pub fn on_gpu() -> Option<u64> {
    of_drm().or_else(of_nvidia)
}

fn of_drm() -> Option<u64> {
    let files = std::fs::read_dir("/proc/self/fdinfo").ok()?;
    let texts = files
        .flatten()
        .filter_map(|file| std::fs::read_to_string(file.path()).ok());
    sum_of_drm(texts)
}

/// The video memory that the process's open devices report; a device opened twice counts once.
fn sum_of_drm(files: impl Iterator<Item = String>) -> Option<u64> {
    let mut of_clients = std::collections::BTreeMap::new();
    for text in files {
        let field = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(':'));
            let value = lines.find(|(key, _)| *key == name)?.1;
            Some(value.trim().to_owned())
        };
        let bytes = ["drm-resident-vram0", "drm-resident-vram", "drm-memory-vram"];
        let bytes = bytes.into_iter().find_map(|name| of_kernel(&field(name)?));
        if let (Some(client), Some(bytes)) = (field("drm-client-id"), bytes) {
            of_clients.insert((field("drm-pdev"), client), bytes);
        }
    }
    let sum: u64 = of_clients.values().sum();
    (sum > 0).then_some(sum)
}

/// "1024 KiB" in bytes.
fn of_kernel(size: &str) -> Option<u64> {
    let (number, unit) = size.split_once(' ').unwrap_or((size, ""));
    let unit = match unit {
        "" => 1,
        "KiB" => 1024,
        "MiB" => 1024 * 1024,
        _ => return None,
    };
    Some(number.parse::<u64>().ok()? * unit)
}

fn of_nvidia() -> Option<u64> {
    if !std::path::Path::new("/proc/driver/nvidia").exists() {
        return None;
    }
    let query = [
        "--query-compute-apps=pid,used_memory",
        "--format=csv,noheader,nounits",
    ];
    let mut command = std::process::Command::new("nvidia-smi");
    let ended = child::run(command.args(query), std::time::Duration::from_secs(20));
    sum_of_nvidia(&ended.stdout, std::process::id())
}

/// From lines of "PID, MEBIBYTES".
fn sum_of_nvidia(table: &str, process: u32) -> Option<u64> {
    let rows = table.lines().filter_map(|line| {
        let (pid, mebibytes) = line.split_once(',')?;
        let mebibytes: u64 = mebibytes.trim().parse().ok()?;
        (pid.trim().parse() == Ok(process)).then_some(mebibytes * 1024 * 1024)
    });
    let sum: u64 = rows.sum();
    (sum > 0).then_some(sum)
}

/// The machine's memory in bytes, if the system reports it.
pub fn of_machine() -> Option<u64> {
    #[cfg(unix)]
    {
        // SAFETY: sysconf has no preconditions; it returns −1 for what it does not know.
        let [pages, size] = [libc::_SC_PHYS_PAGES, libc::_SC_PAGESIZE]
            .map(|name| u64::try_from(unsafe { libc::sysconf(name) }).ok());
        Some(pages? * size?)
    }
    #[cfg(not(unix))]
    None
}

#[cfg(test)]
mod gpu_tests {
    use super::*;

    #[test]
    fn video_memory_is_read_as_the_kernel_documents_it() {
        // From the kernel's Documentation/gpu/drm-usage-stats.rst: keys, and sizes in bytes, KiB or MiB.
        let amd = "pos:\t0\ndrm-driver:\tamdgpu\ndrm-client-id:\t7\ndrm-pdev:\t0000:03:00.0\ndrm-memory-vram:\t2048 KiB\n";
        let intel = "drm-driver:\txe\ndrm-client-id:\t9\ndrm-pdev:\t0000:00:02.0\ndrm-total-vram0:\t8 MiB\ndrm-resident-vram0:\t5 MiB\n";
        let file = "pos:\t0\nflags:\t02\n";
        let files = |texts: &[&str]| sum_of_drm(texts.iter().map(|text| (*text).to_owned()));
        assert_eq!(files(&[amd, file, intel]), Some(7 << 20));
        assert_eq!(files(&[amd, amd]), Some(2 << 20));
        assert_eq!(files(&[file]), None);
    }

    #[test]
    fn nvidias_table_is_summed_over_the_process_alone() {
        let table = "101, 300\n202, 512\n202, 256\n";
        assert_eq!(sum_of_nvidia(table, 202), Some(768 << 20));
        assert_eq!(sum_of_nvidia(table, 303), None);
        assert_eq!(sum_of_nvidia("202, [N/A]\n", 202), None);
    }

    #[test]
    fn the_machine_has_some_memory() {
        assert!(of_machine().is_none_or(|bytes| bytes > 1 << 28));
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_peak_grows_by_what_is_filled() {
        let before = peak().unwrap();
        let filled = std::hint::black_box(vec![1_u8; 256 << 20]);
        assert!(peak().unwrap() >= before.max(filled.len() as u64));
    }
}
