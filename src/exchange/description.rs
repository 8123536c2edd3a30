//! The metadata of an exported model: the meaning of its images and its classes.

use crate::data::{self, Background, short_name};
use crate::pictures::Fit;
use crate::trained::Trained;
use burn_zoo_models::Normalisation;

/// Names and values.
pub(super) fn entries(trained: &Trained) -> Vec<(&'static str, String)> {
    let classes = serde_json::to_string(&trained.classes).expect("names are text");
    let mut entries = vec![
        ("model", trained.model.clone()),
        // Not where a folder of the user's own is.
        ("dataset", short_name(&trained.dataset).into()),
        ("classes", classes),
        ("layout", "NCHW".into()),
        ("channels", channels(trained).into()),
        ("scale", "1/255".into()),
        ("mean", trained.normalisation.mean.to_string()),
        ("std", trained.normalisation.std.to_string()),
        ("preprocessing", preprocessing(trained)),
    ];
    if let Ok(spec) = burn_zoo_models::find(&trained.model) {
        entries.push(("source", spec.source.into()));
    }
    entries
}

/// The model in a few sentences.
pub(super) fn text(trained: &Trained) -> String {
    format!(
        "{} of burn-zoo, for the {} classes of {}. {}",
        trained.model,
        trained.classes.len(),
        short_name(&trained.dataset),
        preprocessing(trained)
    )
}

/// The channels of an image in their order.
fn channels(trained: &Trained) -> &'static str {
    match trained.architecture.input().channels {
        3 => "red, green, blue",
        _ => "grey",
    }
}

/// How pixels become the model's input.
fn preprocessing(trained: &Trained) -> String {
    let background = match data::background(&trained.dataset) {
        Background::Black => {
            " Things are bright on a black background: an image on a white background is inverted first."
        }
        Background::Any => "",
    };
    let Normalisation { mean, std } = trained.normalisation;
    let by_channel = match (mean.one(), std.one()) {
        (Some(_), Some(_)) => "",
        _ => ", channel by channel",
    };
    let fit = match (data::is_folder(&trained.dataset), trained.fit) {
        (false, _) => String::new(),
        (true, Fit::Pad) => {
            " A picture keeps its proportions: it is as large as it fits in the middle of the image, on a \
             ground of its border's colour."
                .into()
        }
        (true, Fit::Crop) => {
            let [across, down] = Fit::covered(trained.architecture.input());
            format!(
                " A picture is resized, bilinear with antialiasing, until it just covers {down} × {across} (height \
                 × width), and its middle is cut out, as torchvision's ImageClassification does."
            )
        }
    };
    format!(
        "Images of {} (channels, height, width; {}), values from 0, dark, to 255, bright: each divided by \
         255, minus {mean}, divided by {std}{by_channel}.{background}{fit}",
        trained.architecture.input(),
        channels(trained),
    )
}
