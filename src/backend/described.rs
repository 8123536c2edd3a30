//! A device as its driver describes it.

/// A device as its driver describes it.
#[derive(Default)]
pub(super) struct Described {
    /// The hardware's own name.
    pub name: String,
    /// The driver's name and version, where it tells.
    pub driver: String,
    /// The memory of a GPU in bytes, where something tells.
    pub memory: Option<u64>,
}

impl Described {
    pub(super) fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}
