//! The program itself, and the machine.

use super::finding::{Finding, Section};
use crate::backend::{self, BACKENDS};
use crate::ranks;
use crate::run::BURN;
use crate::system::memory;

/// Launchers of MPI programs, the usual ones first.
const LAUNCHERS: [&str; 3] = ["mpirun", "mpiexec", "srun"];

/// Whether several processes can share a training, and what there is to start them.
fn mpi() -> Finding {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &&str| std::env::split_paths(&path).any(|it| it.join(name).is_file());
    let launchers: Vec<&str> = LAUNCHERS.into_iter().filter(is_there).collect();
    let found = match launchers.as_slice() {
        [] => "no launcher is on the PATH".to_owned(),
        launchers => format!("{} to start it", launchers.join(", ")),
    };
    match (ranks::BUILT_IN, launchers.is_empty()) {
        (true, false) => Finding::ok("MPI", format!("built in; {found}")),
        (true, true) => Finding::note("MPI", format!("built in, but {found}"))
            .cure("install one (Debian: openmpi-bin), or train on one machine"),
        (false, _) => Finding::ok(
            "MPI",
            format!("not built in, and only needed for several machines; {found}"),
        ),
    }
}

pub(super) fn section() -> Section {
    let named = |built_in: bool| {
        let specs = BACKENDS.iter().filter(|spec| spec.built_in == built_in);
        let ids: Vec<&str> = specs.map(|spec| spec.id).collect();
        ids.join(", ")
    };
    let openblas = match cfg!(feature = "openblas") {
        true => " (ndarray with OpenBLAS)",
        false => "",
    };
    let zoo = env!("CARGO_PKG_VERSION");
    let mut findings = vec![
        Finding::ok("zoo", format!("{zoo}, with Burn {BURN}")),
        match named(true).as_str() {
            "" => {
                Finding::note("backends built in", "none").cure("build with the default features")
            }
            built_in => Finding::ok(
                "backends built in",
                format!("{built_in}{openblas}; not {}", named(false)),
            ),
        },
    ];
    findings.push(mpi());
    if cfg!(debug_assertions) {
        let found = "built without optimisations, and computes many times more slowly";
        findings.push(Finding::note("build", found).cure("build with `--release`"));
    }
    let memory =
        memory::of_machine().map(|bytes| format!(", {:.1} GB of memory", bytes as f64 / 1e9));
    let machine = format!(
        "{} {}, {}{}",
        std::env::consts::OS,
        std::env::consts::ARCH,
        backend::cpu_name(),
        memory.unwrap_or_default()
    );
    findings.push(Finding::ok("machine", machine));
    Section {
        title: "program",
        findings,
    }
}
