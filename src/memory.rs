//! The process's memory.

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

/// The most memory that the process has held so far, in bytes, where the system tells.
pub fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
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
