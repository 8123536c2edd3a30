//! Planning by several processes: what each of them finds, they agree on.

use super::PlanError;
use super::places::Places;
use crate::backend::{self, BackendError};
use crate::ranks::{Ranks, RanksError};
use crate::run::{DeviceConfig, RunConfig};
use crate::training::{Joined, TrainError};
use serde_json::Value;
use std::path::Path;

/// The same result on all ranks, or an error on all.
///
/// # Errors
/// This rank's own, or else [`RanksError::Other`].
pub(super) fn agreed<T>(ranks: Option<&Ranks>, own: Result<T, PlanError>) -> Result<T, PlanError> {
    match ranks {
        Some(ranks) => ranks.agree(own),
        None => own,
    }
}

/// The backend and device of this rank, where the user leaves them open: the backend that rank 0 finds best, or the
/// earlier run's, and of its best devices the one of this process's number on its machine.
///
/// # Errors
/// [`BackendError`]; [`TrainError::BadSetting`] for several devices of one rank.
pub(super) fn place(
    ranks: &Ranks,
    (backend, device, devices): (&mut Option<String>, &mut Option<String>, &[String]),
    earlier: Option<&RunConfig>,
    zoo: Option<&Path>,
) -> Result<(), PlanError> {
    let several = match devices {
        [] => Ok(()),
        _ => Err(PlanError::from(TrainError::BadSetting(
            "‘devices’ are those of one process: as a rank of several it has one, the device of its number on its machine or the one named by ‘device’".into(),
        ))),
    };
    ranks.agree(several)?;
    let is_auto = |name: &String| name.eq_ignore_ascii_case("auto");
    let asked = backend.take().filter(|name| !is_auto(name));
    // All ranks take part, also those whose user names a backend.
    let best = match ranks.is_first() && asked.is_none() && earlier.is_none() {
        true => backend::select("auto", None, zoo).map(|it| it.backend.id.to_owned()),
        false => Ok(String::new()),
    };
    let best = ranks.agree(best.map_err(PlanError::from))?;
    let best = ranks.broadcast(best.into_bytes())?;
    let best = Some(String::from_utf8_lossy(&best).into_owned()).filter(|it| !it.is_empty());
    let chosen = asked.or(earlier.map(|it| it.backend.clone())).or(best);
    let own = || -> Result<(String, String), BackendError> {
        let chosen = match chosen {
            Some(chosen) => chosen,
            // Where rank 0's user names a backend and this one's does not.
            None => backend::select("auto", None, zoo)?.backend.id.to_owned(),
        };
        let device = match device.take() {
            Some(device) => device,
            None => backend::of_number(&chosen, ranks.local_rank(), zoo)?,
        };
        Ok((chosen, device))
    };
    let (chosen, own) = ranks.agree(own().map_err(PlanError::from))?;
    (*backend, *device) = (Some(chosen), Some(own));
    Ok(())
}

/// What of a run's settings must be the same on all ranks: all but its places.
fn common(config: &RunConfig) -> Value {
    let mut common = serde_json::to_value(config).unwrap_or_default();
    if let Some(fields) = common.as_object_mut() {
        for own in [
            "backend",
            "device",
            "hardware",
            "convolutions",
            "further_devices",
            "earlier",
            "init_from",
        ] {
            fields.remove(own);
        }
    }
    if let Some(dataset) = common["dataset"].as_object_mut() {
        dataset.remove("origin");
        dataset.remove("id");
    }
    common
}

/// The first setting that differs, by its name.
fn difference(first: &Value, other: &Value) -> Option<String> {
    let fields = first.as_object()?;
    // First those that others follow from.
    let names = ["zoo", "burn", "model", "seed"].into_iter();
    let mut names = names.chain(fields.keys().map(String::as_str));
    let name = names.find(|name| first.get(name) != other.get(name))?;
    let inner = difference(&first[name], &other[name]);
    Some(inner.map_or(name.into(), |inner| format!("{name}.{inner}")))
}

/// What a rank tells the others of itself.
#[derive(serde::Serialize, serde::Deserialize)]
struct Own {
    device: DeviceConfig,
    common: Value,
}

/// Joins this rank with the others: their settings and images are compared, and the configuration gets their devices.
///
/// # Errors
/// [`RanksError::Other`] for the first rank that has other settings or images than rank 0.
pub(super) fn join(
    ranks: Ranks,
    config: &mut RunConfig,
    places: &Places,
) -> Result<Joined, PlanError> {
    let rank = ranks.rank();
    let mut device = config.devices().remove(0);
    device.images = places.images[rank];
    device.host = Some(ranks.host(rank).into());
    let own = Own {
        device,
        common: common(config),
    };
    let own = serde_json::to_vec(&own).expect("settings are valid JSON");
    let all = ranks.gather(own)?;
    let all: Result<Vec<Own>, _> = all.iter().map(|own| serde_json::from_slice(own)).collect();
    let other = |rank, reason| RanksError::Other {
        rank: ranks.name(rank),
        reason,
    };
    let another = "it is of another version of the zoo than rank 0, whose settings it cannot read";
    let all = all.map_err(|_| other(rank, another.into()))?;
    for (rank, own) in all.iter().enumerate() {
        if let Some(name) = difference(&all[0].common, &own.common) {
            let reason = match name.as_str() {
                "zoo" | "burn" => format!("it has another version of {name} than rank 0"),
                name if name.starts_with("dataset.") => {
                    format!("it sees other data than rank 0 ({name} differs)")
                }
                name => format!("its settings are not those of rank 0 ({name} differs)"),
            };
            return Err(other(rank, reason).into());
        }
    }
    let devices: Vec<DeviceConfig> = all.into_iter().map(|own| own.device).collect();
    let kind = |it: &DeviceConfig| (it.backend.clone(), it.hardware.clone());
    let unlike = devices.iter().any(|it| kind(it) != kind(&devices[0]));
    let begin = places.images[..rank].iter().sum::<usize>();
    let part = begin..begin + places.images[rank];
    config.further_devices = devices[1..].to_vec();
    Ok(Joined {
        ranks,
        part,
        batch_size: config.batch_size,
        device: places.first.selected.device.clone(),
        unlike,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_setting_that_differs_is_named() {
        let first = json!({"seed": 1, "dataset": {"digest": "a", "limit": 3}});
        assert_eq!(difference(&first, &first.clone()), None);
        let other = json!({"seed": 1, "dataset": {"digest": "b", "limit": 3}});
        assert_eq!(
            difference(&first, &other).as_deref(),
            Some("dataset.digest")
        );
        let other = json!({"seed": 2, "dataset": {"digest": "a", "limit": 3}});
        assert_eq!(difference(&first, &other).as_deref(), Some("seed"));
    }
}
