//! What computes a convolution.

use serde::{Deserialize, Serialize};

/// A device as far as the speed of its algorithms depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hardware {
    /// The backend that computes on it.
    pub backend: String,
    /// The hardware's or driver's own name.
    pub name: String,
    /// The driver and its version; empty where it has none, or does not tell.
    pub driver: String,
    /// Whether it is the CPU.
    pub is_cpu: bool,
}

impl Hardware {
    /// A backend's device by the names of both.
    pub fn new([backend, device]: [&str; 2], name: &str, driver: &str) -> Self {
        Self {
            backend: backend.into(),
            name: name.into(),
            driver: driver.into(),
            is_cpu: device == "cpu",
        }
    }
}
