use super::{Outcome, print};
use crate::data::{self, LoadOptions};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Download a data set into the user's cache folder
    Fetch {
        /// The data set: fashion-mnist or cifar-10
        dataset: String,
    },
    /// Check every file of a data set
    Verify {
        /// The data set: fashion-mnist or cifar-10
        dataset: String,
        /// The folder with its files
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
    /// Print the folder in which a data set is found
    Path {
        /// The data set: fashion-mnist or cifar-10
        dataset: String,
        /// The folder with its files
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
}

pub(super) fn run(args: Args) -> Outcome {
    let options = |data_dir| LoadOptions {
        data_dir,
        ..LoadOptions::default()
    };
    match args.action {
        Action::Fetch { dataset } => {
            let folder = data::find(&dataset)?.fetch(true)?;
            print(&format!("{}\n", folder.display()));
        }
        Action::Verify { dataset, data_dir } => {
            for line in data::find(&dataset)?.verify(&options(data_dir))? {
                print(&format!("{line}\n"));
            }
        }
        Action::Path { dataset, data_dir } => {
            let folder = data::find(&dataset)?.path(&options(data_dir))?;
            print(&format!("{}\n", folder.display()));
        }
    }
    Ok(ExitCode::SUCCESS)
}
