//! Whether an MPI launcher started this process.

use std::env;

/// This process as its launcher numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Launched {
    /// Its number, from 0.
    pub rank: usize,
    /// How many there are, where the launcher says.
    pub count: Option<usize>,
}

/// The variables of launchers for a process's number and the number of all: Open MPI's, and those of the interfaces PMIx
/// and PMI, by which SLURM, MPICH and Intel MPI start processes.
const VARIABLES: [[&str; 2]; 4] = [
    ["OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"],
    ["PMIX_RANK", "SLURM_STEP_NUM_TASKS"],
    ["PMI_RANK", "PMI_SIZE"],
    ["MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"],
];

/// This process as an MPI launcher started it, if one did.
pub fn launched() -> Option<Launched> {
    by(|variable| env::var(variable).ok())
}

fn by(value: impl Fn(&str) -> Option<String>) -> Option<Launched> {
    let number = |variable| value(variable)?.parse().ok();
    VARIABLES.iter().find_map(|[rank, count]| {
        Some(Launched {
            rank: number(rank)?,
            count: number(count),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn launchers_are_known_by_their_variables() {
        let started = |set: &[(&str, &str)]| {
            let value = |variable: &str| {
                let found = set.iter().find(|(name, _)| *name == variable);
                found.map(|(_, value)| (*value).to_owned())
            };
            by(value).map(|it| (it.rank, it.count))
        };
        assert_eq!(started(&[("PATH", "/bin")]), None);
        let open_mpi = [("OMPI_COMM_WORLD_RANK", "2"), ("OMPI_COMM_WORLD_SIZE", "4")];
        assert_eq!(started(&open_mpi), Some((2, Some(4))));
        assert_eq!(started(&[("PMIX_RANK", "0")]), Some((0, None)));
        // A batch script of SLURM's is no process of an MPI program.
        assert_eq!(
            started(&[("SLURM_PROCID", "0"), ("SLURM_NTASKS", "4")]),
            None
        );
    }
}
