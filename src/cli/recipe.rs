//! The options that make a recipe: those of `zoo train` that are not data, place or model.

use burn_zoo::run::RunConfig;
use burn_zoo_models::{ModelSpec, Recipe, Schedule};

#[derive(clap::Args)]
pub(super) struct RecipeArgs {
    /// The recipe that the options below change [default: lecture]
    #[arg(long, value_enum)]
    recipe: Option<Which>,
    /// Passes over the training set [default: the recipe's]
    #[arg(long, value_name = "N")]
    pub(super) epochs: Option<usize>,
    /// Images a step [default: the recipe's]
    #[arg(long, value_name = "N")]
    batch_size: Option<usize>,
    /// Adam's learning rate; with a schedule, its largest [default: the recipe's]
    #[arg(long, allow_negative_numbers = true)]
    lr: Option<f64>,
    /// How the learning rate goes [default: the recipe's]
    #[arg(long, value_enum)]
    schedule: Option<ScheduleName>,
    /// Make weights smaller by so much of themselves a step, times the learning rate (AdamW)
    /// [default: the recipe's]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    weight_decay: Option<f64>,
    /// Spread this share of the target over all classes [default: the recipe's]
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    label_smoothing: Option<f32>,
    /// Cut a part of at least this share of the pixels out of each training image, in a folder out of the whole
    /// picture, and resize it [default: the recipe's; without a value 0.08]
    #[arg(long, value_name = "SHARE", num_args = 0..=1, require_equals = true, default_missing_value = "0.08",
        allow_negative_numbers = true)]
    random_crop: Option<f32>,
    /// Mirror half of the training images, left to right [default: the recipe's]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    flip: Option<bool>,
    /// Move each training image by up to so many pixels [default: the recipe's]
    #[arg(long, value_name = "PIXELS")]
    shift: Option<usize>,
    /// Make a square of this side black in each training image [default: the recipe's]
    #[arg(long, value_name = "PIXELS")]
    cutout: Option<usize>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Which {
    /// The lecture's: constant learning rate, nothing else
    Lecture,
    /// Another, chosen on Fashion-MNIST: learning rate along a cosine, weight decay, changed images
    Tuned,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum ScheduleName {
    /// The same in every step
    Constant,
    /// Up for a twentieth of the steps, then down to 0 along a cosine
    Cosine,
}

impl RecipeArgs {
    /// The options that a run that goes on cannot change: all but the epochs.
    pub(super) const FIXED: [&str; 10] = [
        "recipe",
        "batch_size",
        "lr",
        "schedule",
        "weight_decay",
        "label_smoothing",
        "random_crop",
        "flip",
        "shift",
        "cutout",
    ];

    /// The recipe that is asked for, or else that of an earlier run, or else the model's, with what
    /// the options change of it.
    pub(super) fn recipe(&self, spec: &ModelSpec, old: Option<&RunConfig>) -> Recipe {
        let mut recipe = match (self.recipe, old) {
            (Some(Which::Tuned), _) => spec.tuned,
            (Some(Which::Lecture), _) | (None, None) => spec.recipe,
            (None, Some(old)) => Recipe {
                initialisation: spec.recipe.initialisation,
                learning_rate: old.adam.learning_rate,
                batch_size: old.batch_size,
                num_epochs: old.num_epochs,
                refinements: old.refinements,
            },
        };
        set(&mut recipe.learning_rate, self.lr);
        set(&mut recipe.batch_size, self.batch_size);
        set(&mut recipe.num_epochs, self.epochs);
        let refinements = &mut recipe.refinements;
        let schedule = self.schedule.map(|schedule| match schedule {
            ScheduleName::Constant => Schedule::Constant,
            ScheduleName::Cosine => Schedule::Cosine,
        });
        set(&mut refinements.schedule, schedule);
        set(&mut refinements.weight_decay, self.weight_decay);
        set(&mut refinements.label_smoothing, self.label_smoothing);
        set(&mut refinements.random_crop, self.random_crop);
        set(&mut refinements.flip, self.flip);
        set(&mut refinements.shift, self.shift);
        set(&mut refinements.cutout, self.cutout);
        recipe
    }
}

fn set<T>(setting: &mut T, asked: Option<T>) {
    if let Some(asked) = asked {
        *setting = asked;
    }
}
