//! The devices of a training, and the part of each batch that each of them computes.

use super::PlanError;
use crate::backend::{self, Selected};
use crate::convolution::{Conv, Purpose};
use crate::run::{DeviceConfig, RunConfig};
use crate::summary::graph;
use crate::training::{Part, Start, TrainError, measured_speeds, split};
use crate::tuning;
use burn_zoo_models::{ClassifierConfig, ConvAlgorithm, ModelError};
use std::path::Path;
use std::time::Duration;

/// The wishes of a request.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// The backend's name, or `auto`.
    pub backend: Option<&'a str>,
    /// The backend's device.
    pub device: Option<&'a str>,
    /// Several devices, of the backend or with their own.
    pub devices: &'a [String],
    /// The share of each.
    pub shares: &'a [f64],
    /// How convolutions are computed.
    pub conv: Option<Conv>,
    /// How long convolutions may be measured on a device that nobody has measured, by this process alone.
    pub tune: Duration,
    /// The program `zoo`, in processes of which drivers are opened.
    pub zoo: Option<&'a Path>,
    /// This process's number and the number of processes, where several share each batch.
    pub rank: Option<(usize, usize)>,
}

/// The devices of a training, each with its part of a batch.
pub struct Places {
    /// The device that steps the optimizer.
    pub first: Part,
    /// Further ones, where several share each batch.
    pub further: Vec<Part>,
    /// Whether the shares were measured, and may be others when they are measured again.
    pub measured: bool,
    /// The images of each part of a batch, also of those of other processes.
    pub images: Vec<usize>,
}

impl Places {
    /// The devices as wanted, or else those of an earlier run, or else the best one; with convolutions as wanted, or
    /// else as in the earlier run with parts of the same size on the same backend, or else the fastest.
    ///
    /// # Errors
    /// [`PlanError`], naming the setting.
    pub fn choose(
        wanted: &Wanted<'_>,
        start: &Start<'_>,
        batch_size: usize,
        earlier: Option<&RunConfig>,
    ) -> Result<Self, PlanError> {
        if let Some(rank) = wanted.rank {
            return Self::of_rank(wanted, start, batch_size, earlier, rank);
        }
        let selected = wanted.selected(earlier)?;
        let before = earlier.map_or(Vec::new(), RunConfig::devices);
        let is_alike = computes_alike(start, earlier)?;
        let parts = |images: Vec<usize>| -> Result<Vec<Part>, PlanError> {
            let parts = selected.iter().zip(images).enumerate();
            let part = |(index, (selected, images)): (usize, (&Selected, usize))| {
                let before = before.get(index).filter(|_| is_alike);
                Ok(Part {
                    selected: selected.clone(),
                    images,
                    convolutions: convolutions(wanted, (start, images), selected, before)?,
                })
            };
            parts.map(part).collect()
        };
        let is_same = before.len() == selected.len()
            && before.iter().zip(&selected).all(|(before, now)| {
                (before.backend.as_str(), &before.device) == (now.backend.id, &now.info.id)
            });
        let mut measured = false;
        let images = match wanted.shares {
            [] if selected.len() == 1 => vec![batch_size],
            [] if is_same => {
                let images: Vec<f64> = before.iter().map(|it| it.images as f64).collect();
                split(batch_size, &images)?
            }
            [] if are_alike(&selected) => split(batch_size, &vec![1.0; selected.len()])?,
            [] => {
                measured = true;
                let equal = split(batch_size, &vec![1.0; selected.len()])?;
                split(batch_size, &measured_speeds(start, &parts(equal)?)?)?
            }
            shares if shares.len() != selected.len() || shares.len() == 1 => {
                return Err(TrainError::BadSetting(format!(
                    "‘shares’ are {} for {} of ‘devices’: name one for each, of two devices or more",
                    shares.len(),
                    selected.len()
                ))
                .into());
            }
            shares => split(batch_size, shares)?,
        };
        let mut parts = parts(images.clone())?.into_iter();
        let places = Self {
            images,
            first: parts.next().expect("there is a device"),
            further: parts.collect(),
            measured,
        };
        for part in places.all() {
            log::debug!(
                "{} has {} images of each batch",
                part.selected.name(),
                part.images
            );
        }
        Ok(places)
    }

    /// The place of one of several processes, each of which has one device.
    fn of_rank(
        wanted: &Wanted<'_>,
        start: &Start<'_>,
        batch_size: usize,
        earlier: Option<&RunConfig>,
        (rank, count): (usize, usize),
    ) -> Result<Self, PlanError> {
        let before = earlier.map_or(Vec::new(), RunConfig::devices);
        let were_ranks = before.iter().skip(1).all(|device| device.host.is_some());
        let shares: Vec<f64> = match wanted.shares {
            [] if before.len() == count && were_ranks => {
                before.iter().map(|device| device.images as f64).collect()
            }
            [] => vec![1.0; count],
            shares => shares.to_vec(),
        };
        if shares.len() != count {
            return Err(TrainError::BadSetting(format!(
                "‘shares’ are {} for {count} ranks: name one for each",
                shares.len()
            ))
            .into());
        }
        let images = split(batch_size, &shares)?;
        let selected = wanted.selected(earlier)?.remove(0);
        let is_alike = computes_alike(start, earlier)?;
        let convolutions = convolutions(
            wanted,
            (start, images[rank]),
            &selected,
            before.get(rank).filter(|_| is_alike),
        )?;
        Ok(Self {
            first: Part {
                selected,
                images: images[rank],
                convolutions,
            },
            further: Vec::new(),
            measured: false,
            images,
        })
    }

    /// All of them, in their order.
    pub fn all(&self) -> impl Iterator<Item = &Part> {
        std::iter::once(&self.first).chain(&self.further)
    }

    /// The images of the smallest part.
    pub(super) fn fewest(&self) -> usize {
        let images = self.images.iter().copied();
        images.min().expect("there is a device")
    }

    /// The further devices as a run's configuration has them.
    pub(super) fn record(&self) -> Vec<DeviceConfig> {
        let record = |part: &Part| DeviceConfig {
            backend: part.selected.backend.id.into(),
            device: part.selected.info.id.clone(),
            hardware: part.selected.info.name.clone(),
            images: part.images,
            convolutions: part.convolutions.clone(),
            host: None,
        };
        self.further.iter().map(record).collect()
    }

    /// What the user should read of them.
    pub(super) fn warnings(&self, looks_at_the_whole_batch: bool) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.measured {
            let images: Vec<String> = self.all().map(|part| part.images.to_string()).collect();
            warnings.push(format!(
                "the devices are unlike, and their shares were measured; measured again they may differ, and the weights in their last digits: ‘shares’ {} repeats them",
                images.join(",")
            ));
        }
        if looks_at_the_whole_batch && self.images.len() > 1 {
            warnings.push(
                "each device normalises its part of a batch by that part's own statistics, so the losses are not those of one device; the running statistics are those of the first device".into(),
            );
        }
        warnings
    }
}

impl Wanted<'_> {
    fn selected(&self, earlier: Option<&RunConfig>) -> Result<Vec<Selected>, PlanError> {
        let zoo = self.zoo;
        if !self.devices.is_empty() {
            if let Some(device) = self.device {
                return Err(TrainError::BadSetting(format!(
                    "‘device’ {device} and ‘devices’ are both named: name all devices by ‘devices’"
                ))
                .into());
            }
            return Ok(backend::select_all(self.backend, self.devices, zoo)?);
        }
        let one = |backend, device| Ok(vec![backend::select(backend, device, zoo)?]);
        match (self.backend, self.device, earlier) {
            (Some(backend), device, _) => one(backend, device),
            (None, Some(device), Some(earlier)) => one(&earlier.backend, Some(device)),
            (None, None, Some(earlier)) => {
                let before = earlier.devices();
                // Those of other processes are not of this one.
                let again = before
                    .iter()
                    .filter(|it| it.host.is_none())
                    .map(|it| backend::select(&it.backend, Some(&it.device), zoo));
                Ok(again.collect::<Result<_, _>>()?)
            }
            (None, device, None) => one("auto", device),
        }
    }
}

/// Whether devices may be expected to be equally fast.
fn are_alike(selected: &[Selected]) -> bool {
    let kind = |it: &Selected| (it.backend.id, it.info.name.clone());
    selected.iter().all(|it| kind(it) == kind(&selected[0]))
}

fn layers(architecture: &ClassifierConfig) -> Result<Vec<burn_zoo_models::ConvShape>, ModelError> {
    Ok(graph(architecture)?.convolutions())
}

/// Whether an earlier run's algorithms are for the same layers, with products in the same type of float.
fn computes_alike(start: &Start<'_>, earlier: Option<&RunConfig>) -> Result<bool, ModelError> {
    let Some(earlier) = earlier else {
        return Ok(false);
    };
    let same_precision = earlier.refinements.precision == start.precision;
    Ok(same_precision && layers(start.architecture)? == layers(&earlier.architecture)?)
}

/// How the convolutions of a part are computed: as requested, or else as in an earlier run, or else the fastest.
fn convolutions(
    wanted: &Wanted<'_>,
    (start, images): (&Start<'_>, usize),
    selected: &Selected,
    earlier: Option<&DeviceConfig>,
) -> Result<Vec<ConvAlgorithm>, PlanError> {
    let precision = start.precision;
    selected.check_precision(precision)?;
    let earlier = earlier.filter(|earlier| {
        wanted.conv.is_none() && earlier.backend == selected.backend.id && earlier.images == images
    });
    if let Some(earlier) = earlier {
        log::debug!("convolutions as in the earlier run");
        return Ok(earlier.convolutions.clone());
    }
    let conv = wanted.conv.unwrap_or(Conv::Auto);
    let conv = conv.in_precision(precision);
    let conv = conv.map_err(TrainError::BadSetting)?;
    let layers = layers(start.architecture)?;
    // Several ranks would measure the same device at once.
    if let (Conv::Auto, Some(zoo), None) = (conv, wanted.zoo, wanted.rank) {
        let request = tuning::Request {
            layers: &layers,
            batch_size: images,
            again: false,
            limit: wanted.tune,
            zoo,
        };
        tuning::tune_and_tell(&request, selected);
    }
    let measured = selected.measured();
    let chosen = conv.choose(&measured, &layers, Purpose::Training(images));
    for (layer, algorithm) in layers.iter().zip(&chosen) {
        let [height, width] = layer.input;
        let [rows, columns] = layer.kernel;
        log::debug!(
            "convolution {rows}×{columns} from {}×{height}×{width} to {} maps: {} (‘conv’ {conv})",
            layer.in_channels,
            layer.out_channels,
            algorithm.name()
        );
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use crate::backend::{Infer, host, read_int};
    use crate::data::{ImageBatcher, ImageDataset, ImageLoader, Order};
    use crate::plan::{Monitor, Plan, ResumeRequest, TrainRequest, begin, resume};
    use crate::training::TrainError;
    use burn::data::dataloader::DataLoader;
    use burn_zoo_models::{Normalisation, Recipe};
    use std::path::Path;
    use std::sync::Arc;

    fn planned(out: &Path, devices: &[&str]) -> Plan {
        let recipe = burn_zoo_models::find("mlp-relu").unwrap().recipe;
        let request = TrainRequest {
            dataset: Some("synthetic".into()),
            limit: Some(64),
            recipe: Some(Recipe {
                batch_size: 16,
                num_epochs: 2,
                ..recipe
            }),
            devices: devices.iter().map(ToString::to_string).collect(),
            out: Some(out.into()),
            ..TrainRequest::default()
        };
        begin(request).unwrap()
    }

    /// The number of the image that is at a place of a batch in the first epoch.
    fn image_at(images: &ImageDataset, batch: usize, place: usize) -> usize {
        let shape = images.shape();
        let pixels = vec![0; images.len() * shape.num_values()];
        let numbered = ImageDataset::new(shape, pixels, (0..images.len() as u16).collect());
        let batcher = ImageBatcher::new(Arc::new(numbered.unwrap()), Normalisation::LECTURE);
        let loader = ImageLoader::<Infer>::new(batcher, 16, Order::Shuffled(42), host());
        let batch = loader.iter().nth(batch).unwrap();
        let numbers: Vec<i64> = read_int(batch.targets).iter().collect();
        numbers[place] as usize
    }

    #[test]
    fn a_device_that_fails_ends_the_run_with_its_name_and_the_others_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        for (place, failed) in [(4, 1), (12, 2)] {
            let _ = std::fs::remove_dir_all(&run);
            let mut plan = planned(&run, &["flex", "flex"]);
            let images = &plan.splits.train;
            // In the third batch, an image of a class that the model does not have.
            let mut labels = images.labels().to_vec();
            labels[image_at(images, 2, place)] = 60_000;
            let pixels = (0..images.len()).flat_map(|index| images.image(index).unwrap().to_vec());
            let spoilt = ImageDataset::new(images.shape(), pixels.collect(), labels);
            plan.splits.train = Arc::new(spoilt.unwrap());
            let error = plan.train(Monitor::default()).unwrap_err();
            let TrainError::Device {
                device,
                others,
                epoch,
                batch,
                ..
            } = &error
            else {
                panic!("{error}");
            };
            assert_eq!(device, &format!("flex:cpu (device {failed} of 2)"));
            assert_eq!((epoch, batch), (&1, &3));
            assert_eq!(others, &["flex:cpu"]);
            let plan = resume(ResumeRequest {
                run: run.clone(),
                devices: others.clone(),
                ..ResumeRequest::default()
            });
            let plan = plan.unwrap();
            let position = &plan.checkpoint.as_ref().unwrap().position;
            assert_eq!((position.batches, position.tally.images), (2, 32));
            let resumed = plan.train(Monitor::default()).unwrap();
            let whole = planned(&folder.path().join(format!("whole-{failed}")), &["flex"]);
            let whole = whole.train(Monitor::default()).unwrap();
            for (resumed, whole) in resumed.position.rows.iter().zip(&whole.position.rows) {
                assert!((resumed.loss - whole.loss).abs() < 1e-5 * whole.loss);
            }
        }
    }
}
