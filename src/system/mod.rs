//! The operating system: files that are written whole, locks, memory.

pub mod files;
pub mod memory;
