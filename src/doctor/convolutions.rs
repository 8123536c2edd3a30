//! What was measured of convolutions on this machine's devices, which `--conv auto` goes by.

use super::backends::Patient;
use super::finding::{Finding, Section};
use crate::convolution::{self, Kept};

/// The findings; `None` where nothing was measured.
pub(super) fn section(patients: &[Patient]) -> Option<Section> {
    let kept = convolution::kept();
    let findings = kept.iter().map(|(_, kept)| finding(kept, patients));
    let findings: Vec<Finding> = findings.collect();
    (!findings.is_empty()).then_some(Section {
        title: "convolutions measured on this machine",
        findings,
    })
}

fn finding(kept: &Kept, patients: &[Patient]) -> Finding {
    let hardware = &kept.hardware;
    let devices = patients
        .iter()
        .filter(|patient| patient.spec.id == hardware.backend)
        .flat_map(|patient| patient.devices.iter().flatten());
    let device = devices
        .into_iter()
        .find(|device| device.name == hardware.name);
    let driver = device.map_or(&hardware.driver, |device| &device.driver);
    let about = format!("{}, {}", hardware.backend, hardware.name);
    let number = match kept.measurements.len() {
        1 => "1 measurement".into(),
        number => format!("{number} measurements"),
    };
    match kept.outdated(driver) {
        None => Finding::ok(about, number),
        Some(why) => Finding::note(about, format!("{number} that count no more: {why}")).cure(
            "the next training of a CNN measures anew; `zoo doctor --forget-tuning` removes them",
        ),
    }
}
