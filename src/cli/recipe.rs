//! The options of a recipe: the settings of `zoo train` that are neither model, data nor place. Each is one entry of
//! [`OPTIONS`].

use burn_zoo_models::{ModelSpec, Precision, Recipe, Schedule};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgMatches, Command, Error, value_parser};

/// An option that changes a recipe.
pub(super) struct RecipeOption {
    /// The setting's name in [`Recipe`], by which the library's errors name it.
    id: &'static str,
    /// Its name on the command line and in a TOML file.
    pub long: &'static str,
    value_name: &'static str,
    help: &'static str,
    /// The value that the option has where none is given with it; without one, a value must be given.
    without_value: Option<&'static str>,
    field: Field,
}

/// The field of a recipe that an option sets, by its type.
enum Field {
    Count(fn(&mut Recipe) -> &mut usize),
    Number(fn(&mut Recipe) -> &mut f64),
    Share(fn(&mut Recipe) -> &mut f32),
    Switch(fn(&mut Recipe) -> &mut bool),
    Schedule(fn(&mut Recipe) -> &mut Schedule),
    Precision(fn(&mut Recipe) -> &mut Precision),
}

pub(super) static OPTIONS: [RecipeOption; 11] = [
    RecipeOption {
        id: "num_epochs",
        long: "epochs",
        value_name: "N",
        help: "Epochs: passes over the training set",
        without_value: None,
        field: Field::Count(|recipe| &mut recipe.num_epochs),
    },
    RecipeOption {
        id: "batch_size",
        long: "batch-size",
        value_name: "N",
        help: "Images in a batch",
        without_value: None,
        field: Field::Count(|recipe| &mut recipe.batch_size),
    },
    RecipeOption {
        id: "learning_rate",
        long: "lr",
        value_name: "LR",
        help: "Adam's learning rate; with a schedule, its largest value",
        without_value: None,
        field: Field::Number(|recipe| &mut recipe.learning_rate),
    },
    RecipeOption {
        id: "schedule",
        long: "schedule",
        value_name: "SCHEDULE",
        help: "How the learning rate changes over the steps",
        without_value: None,
        field: Field::Schedule(|recipe| &mut recipe.refinements.schedule),
    },
    RecipeOption {
        id: "weight_decay",
        long: "weight-decay",
        value_name: "DECAY",
        help: "Decoupled weight decay (AdamW); biases and batch normalisation are left out",
        without_value: None,
        field: Field::Number(|recipe| &mut recipe.refinements.weight_decay),
    },
    RecipeOption {
        id: "label_smoothing",
        long: "label-smoothing",
        value_name: "SHARE",
        help: "Label smoothing: spread this share of each target over all classes",
        without_value: None,
        field: Field::Share(|recipe| &mut recipe.refinements.label_smoothing),
    },
    RecipeOption {
        id: "random_crop",
        long: "random-crop",
        value_name: "SHARE",
        help: "Augmentation: crop at least this share of each training image at random and resize it \
               (torchvision's RandomResizedCrop); with folder:PATH, of the whole picture. 0 turns it off, \
               no value means 0.08",
        without_value: Some("0.08"),
        field: Field::Share(|recipe| &mut recipe.refinements.random_crop),
    },
    RecipeOption {
        id: "flip",
        long: "flip",
        value_name: "BOOL",
        help: "Augmentation: flip half of the training images horizontally",
        without_value: Some("true"),
        field: Field::Switch(|recipe| &mut recipe.refinements.flip),
    },
    RecipeOption {
        id: "shift",
        long: "shift",
        value_name: "PIXELS",
        help: "Augmentation: shift each training image by up to this many pixels",
        without_value: None,
        field: Field::Count(|recipe| &mut recipe.refinements.shift),
    },
    RecipeOption {
        id: "cutout",
        long: "cutout",
        value_name: "PIXELS",
        help: "Augmentation: black out a square of this side in each training image (Cutout)",
        without_value: None,
        field: Field::Count(|recipe| &mut recipe.refinements.cutout),
    },
    RecipeOption {
        id: "precision",
        long: "precision",
        value_name: "PRECISION",
        help: "The floats in which convolutions and dense layers multiply in training; the weights keep 32 bits",
        without_value: None,
        field: Field::Precision(|recipe| &mut recipe.refinements.precision),
    },
];

/// The option that sets how many epochs there are: the only one that a resumed run may change.
const NUM_EPOCHS: &str = "num_epochs";
/// The option that names the recipe that the others change.
const RECIPE: &str = "recipe";

/// The options, by their names for clap, that a resumed run cannot change.
pub(super) fn fixed() -> Vec<&'static str> {
    let ids = OPTIONS.iter().map(|option| option.id);
    let fixed = ids.filter(|id| *id != NUM_EPOCHS);
    fixed.chain([RECIPE]).collect()
}

type Change = Box<dyn Fn(&mut Recipe)>;

/// The options of a recipe as the command line has them.
pub(super) struct RecipeArgs {
    base: Option<Base>,
    changes: Vec<Change>,
    pub num_epochs: Option<usize>,
}

/// A recipe by its name.
#[derive(Clone, Copy)]
enum Base {
    Lecture,
    Tuned,
}

impl RecipeArgs {
    /// The recipe that the options change, where one is named.
    pub fn named(&self, model: &ModelSpec) -> Option<Recipe> {
        self.base.map(|base| match base {
            Base::Lecture => model.recipe,
            Base::Tuned => model.tuned,
        })
    }

    /// A recipe with the options' changes.
    pub fn changed(&self, mut recipe: Recipe) -> Recipe {
        self.changes.iter().for_each(|change| change(&mut recipe));
        recipe
    }

    /// The recipe for a model: the named one or the model's own, with the options' changes.
    pub fn recipe(&self, model: &ModelSpec) -> Recipe {
        self.changed(self.named(model).unwrap_or(model.recipe))
    }
}

impl RecipeOption {
    fn arg(&self) -> Arg {
        let arg = Arg::new(self.id)
            .long(self.long)
            .value_name(self.value_name)
            .help(format!("{} [default: the recipe's]", self.help));
        let arg = match self.field {
            Field::Count(_) => arg.value_parser(value_parser!(usize)),
            Field::Number(_) => arg.value_parser(value_parser!(f64)),
            Field::Share(_) => arg.value_parser(value_parser!(f32)),
            Field::Switch(_) => arg.value_parser(value_parser!(bool)),
            Field::Schedule(_) => arg.value_parser(schedule()),
            Field::Precision(_) => arg.value_parser(precision()),
        };
        let arg = match self.field {
            Field::Number(_) | Field::Share(_) => arg.allow_negative_numbers(true),
            _ => arg,
        };
        match self.without_value {
            None => arg,
            Some(value) => arg
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value(value),
        }
    }

    /// The change that the command line asks for.
    fn change(&self, matches: &ArgMatches) -> Option<Change> {
        fn set<T: Copy + Send + Sync + 'static>(
            matches: &ArgMatches,
            id: &str,
            field: fn(&mut Recipe) -> &mut T,
        ) -> Option<Change> {
            let value = *matches.get_one::<T>(id)?;
            Some(Box::new(move |recipe| *field(recipe) = value))
        }
        match self.field {
            Field::Count(field) => set(matches, self.id, field),
            Field::Number(field) => set(matches, self.id, field),
            Field::Share(field) => set(matches, self.id, field),
            Field::Switch(field) => set(matches, self.id, field),
            Field::Schedule(field) => set(matches, self.id, field),
            Field::Precision(field) => set(matches, self.id, field),
        }
    }

    /// The option's value in a recipe, as TOML.
    pub fn toml(&self, mut recipe: Recipe) -> String {
        let recipe = &mut recipe;
        match self.field {
            Field::Count(field) => field(recipe).to_string(),
            // In the fewest digits that are read as the same number, and with a point or an exponent.
            Field::Number(field) => format!("{:?}", field(recipe)),
            Field::Share(field) => format!("{:?}", field(recipe)),
            Field::Switch(field) => field(recipe).to_string(),
            Field::Schedule(field) => toml::Value::from(field(recipe).name()).to_string(),
            Field::Precision(field) => toml::Value::from(field(recipe).name()).to_string(),
        }
    }
}

fn schedule() -> impl TypedValueParser<Value = Schedule> {
    one_of(Schedule::ALL, Schedule::name, |schedule| match schedule {
        Schedule::Constant => "The same in every step",
        Schedule::Cosine => {
            "Linear warm-up over a twentieth of the steps, then cosine annealing to 0"
        }
    })
}

/// A precision by its name.
pub(super) fn precision() -> impl TypedValueParser<Value = Precision> {
    one_of(
        Precision::ALL,
        Precision::name,
        |precision| match precision {
            Precision::F32 => "32 bits",
            Precision::Bf16 => "16 bits with the range of 32, where the device has them",
            Precision::F16 => "16 bits with a scaled loss, where the device has them",
        },
    )
}

/// One of these by its name.
fn one_of<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [T; N],
    name: fn(T) -> &'static str,
    help: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let values = all.map(|value| PossibleValue::new(name(value)).help(help(value)));
    PossibleValuesParser::new(values).map(move |chosen| {
        let mut all = all.into_iter();
        all.find(|value| name(*value) == chosen)
            .expect("a name of one of them")
    })
}

fn base() -> impl TypedValueParser<Value = Base> {
    let lecture = PossibleValue::new("lecture")
        .help("The lecture's: constant learning rate, no augmentation, no weight decay");
    let tuned = PossibleValue::new("tuned")
        .help("Chosen on Fashion-MNIST: cosine schedule, weight decay and augmentation");
    PossibleValuesParser::new([lecture, tuned]).map(|name| match name.as_str() {
        "tuned" => Base::Tuned,
        _ => Base::Lecture,
    })
}

impl clap::Args for RecipeArgs {
    fn augment_args(command: Command) -> Command {
        let recipe = Arg::new(RECIPE)
            .long(RECIPE)
            .value_name("RECIPE")
            .value_parser(base())
            .help("The recipe that the options below change [default: lecture]");
        let command = command.arg(recipe);
        OPTIONS
            .iter()
            .fold(command, |command, option| command.arg(option.arg()))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for RecipeArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let changes = OPTIONS.iter().filter_map(|option| option.change(matches));
        Ok(Self {
            base: matches.get_one(RECIPE).copied(),
            changes: changes.collect(),
            num_epochs: matches.get_one(NUM_EPOCHS).copied(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
