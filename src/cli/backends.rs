use super::{Outcome, own_path, print, print_json, table, trimmed};
use burn_zoo::backend::{self, BACKENDS, BackendError, BackendSpec, DeviceInfo, Selected};
use burn_zoo::jobs::Sharing;
use serde::Serialize;
use std::error::Error;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  zoo backends
  zoo backends --json";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    id: &'static str,
    title: &'static str,
    built_in: bool,
    devices: Vec<DeviceInfo>,
    trouble: Option<String>,
}

pub(super) fn run(args: Args) -> Outcome {
    // Opening a driver takes time: open all at once.
    let rows: Vec<Row> = std::thread::scope(|scope| {
        let asked: Vec<_> = BACKENDS
            .iter()
            .map(|spec| scope.spawn(move || row(spec)))
            .collect();
        asked
            .into_iter()
            .map(|row| row.join().expect("a row does not panic"))
            .collect()
    });
    if args.json {
        print_json(&rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = table(&["backend", "built in", "device", "hardware", "description"]);
    for row in rows {
        let built_in = if row.built_in { "yes" } else { "no" };
        if row.devices.is_empty() {
            let trouble = if row.built_in { "none usable" } else { "-" };
            table.add_row([row.id, built_in, trouble, "", row.title]);
        }
        for (index, device) in row.devices.iter().enumerate() {
            let software = if device.software { ", software" } else { "" };
            let hardware = format!("{}{software}", device.name);
            let first = index == 0;
            let only_first = |text: &'static str| if first { text } else { "" };
            table.add_row([
                only_first(row.id),
                only_first(built_in),
                &device.id,
                &hardware,
                only_first(row.title),
            ]);
        }
        if row.built_in
            && let Some(trouble) = row.trouble
        {
            table.add_row(["", "", &format!("({trouble})")]);
        }
    }
    print(&trimmed(&table));
    Ok(ExitCode::SUCCESS)
}

fn row(spec: &'static BackendSpec) -> Row {
    let (devices, trouble) = match spec.devices(Some(&own_path())) {
        Ok(devices) => (devices, None),
        Err(BackendError::NoDevice { why, .. }) => (Vec::new(), Some(why)),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    Row {
        id: spec.id,
        title: spec.title,
        built_in: spec.built_in,
        devices,
        trouble,
    }
}

/// The backends that a command compares.
pub(super) struct Chosen {
    /// Those that can be used, each with its device.
    pub able: Vec<Selected>,
    /// Those that have no device on this machine, each with the reason as a sentence.
    pub unable: Vec<(&'static str, String)>,
}

/// The options for several devices that share each batch.
#[derive(clap::Args)]
pub(super) struct DevicesArgs {
    /// Several devices that share each batch: devices of the backend, 0,1, or of several backends,
    /// flex:cpu,wgpu:discrete:0; the first steps the optimizer
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        conflicts_with = "device"
    )]
    pub devices: Vec<String>,
    /// The share of each batch that each of --devices computes, such as 3,1 [default: equal shares, or
    /// measured ones where the devices are unlike]
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        allow_negative_numbers = true
    )]
    pub shares: Vec<f64>,
}

impl DevicesArgs {
    /// The devices as a job names them.
    pub fn sharing(&self) -> Sharing {
        Sharing {
            devices: self.devices.clone(),
            shares: self.shares.clone(),
        }
    }
}

/// The options for the backends that a command compares.
#[derive(clap::Args)]
pub(super) struct BackendsArgs {
    /// Backends, separated by commas; all means those that are built in and have a device
    #[arg(long, default_value = "all", value_delimiter = ',', value_name = "A,B")]
    backends: Vec<String>,
    /// Device of the backend, if --backends names only one
    #[arg(long)]
    device: Option<String>,
}

impl BackendsArgs {
    pub fn are_all(&self) -> bool {
        self.backends.iter().any(|id| id == "all")
    }

    /// The backends that the user asked for, with or without a device.
    pub fn chosen_or_not(&self) -> Result<Chosen, Box<dyn Error>> {
        let device = self.device.as_deref();
        if device.is_some() && (self.are_all() || self.backends.len() != 1) {
            return Err(
                "--device needs --backends with the one backend that it is a device of".into(),
            );
        }
        let specs: Vec<_> = match self.are_all() {
            true => BACKENDS.iter().filter(|spec| spec.built_in).collect(),
            false => {
                let specs = self.backends.iter().map(|id| backend::find(id));
                specs.collect::<Result<_, _>>()?
            }
        };
        let mut chosen = Chosen {
            able: Vec::new(),
            unable: Vec::new(),
        };
        for spec in specs {
            let mut before = chosen.able.iter();
            if before.any(|subject| subject.backend.id == spec.id) {
                continue; // the user named it twice
            }
            match backend::select(spec.id, device, Some(&own_path())) {
                Ok(subject) => chosen.able.push(subject),
                Err(error @ BackendError::NoDevice { .. }) => {
                    chosen.unable.push((spec.id, error.to_string()));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(chosen)
    }

    /// The backends that the user asked for, each with its device, and a sentence for each backend of `all` that has
    /// none. A backend that the user named and that has none is an error.
    pub fn chosen(&self) -> Result<(Vec<Selected>, Vec<String>), Box<dyn Error>> {
        let Chosen { able, unable } = self.chosen_or_not()?;
        let mut sentences = unable.into_iter().map(|(_, why)| why);
        match sentences.next() {
            Some(why) if !self.are_all() => Err(why.into()),
            first => Ok((able, first.into_iter().chain(sentences).collect())),
        }
    }
}
