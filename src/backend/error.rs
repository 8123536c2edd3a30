//! Why a backend or device cannot be used.

/// Why a backend or device cannot be used. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// No backend of that name exists.
    #[error("no backend is called `{id}`; the backends are auto, {}", nearest.join(", "))]
    Unknown {
        /// The name asked for.
        id: String,
        /// The backends' names, the nearest first.
        nearest: Vec<&'static str>,
    },
    /// The program was built without it.
    #[error("the backend {id} is not in this build: to get it, {how_to_build}")]
    NotBuiltIn {
        /// The backend.
        id: &'static str,
        /// The cure.
        how_to_build: &'static str,
    },
    /// It is built in but found no device that computes.
    #[error("the backend {id} has no usable device here ({why}): it needs {needs}")]
    NoDevice {
        /// The backend.
        id: &'static str,
        /// The message of its probe.
        why: String,
        /// The cure.
        needs: &'static str,
    },
    /// It has devices, but not the one asked for.
    #[error("the backend {id} has no device `{device}` here; it has {}", found.join(", "))]
    UnknownDevice {
        /// The backend.
        id: &'static str,
        /// The device asked for.
        device: String,
        /// The devices it has.
        found: Vec<String>,
    },
    /// `auto` with a device: a device belongs to one backend.
    #[error("‘device’ {0} needs a ‘backend’: a device's name means something to one backend only")]
    DeviceOfAuto(String),
    /// A device has no floats of the type asked for.
    #[error(
        "{device} does not multiply in {precision}: leave ‘precision’ out, or choose another backend or device"
    )]
    Precision {
        /// The device.
        device: String,
        /// The type of float.
        precision: &'static str,
    },
    /// Nothing is built in that can compute here.
    #[error("no backend of this build has a usable device here; `zoo backends` shows why")]
    Nothing,
}
