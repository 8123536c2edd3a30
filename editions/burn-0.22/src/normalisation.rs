// Made by scripts/edition.py from models/: not to be edited.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How pixels become a model's input: scaled to [0, 1], then of each channel minus its mean, divided by its
/// standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// The mean that is subtracted from pixels scaled to [0, 1].
    pub mean: PerChannel,
    /// The standard deviation by which they are then divided.
    pub std: PerChannel,
}

/// A number for each channel of an image: one for all of them, or red's, green's and blue's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "OneOrThree", into = "OneOrThree")]
pub struct PerChannel([f32; 3]);

/// As files have it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrThree {
    One(f32),
    Three([f32; 3]),
}

impl Normalisation {
    /// The lecture's: to [−1, 1].
    pub const LECTURE: Self = Self::new(PerChannel::all(0.5), PerChannel::all(0.5));

    /// That of ImageNet's pictures, which torchvision's weights expect.
    pub const IMAGENET: Self = Self::new(
        PerChannel::rgb(0.485, 0.456, 0.406),
        PerChannel::rgb(0.229, 0.224, 0.225),
    );

    /// None beyond the scaling to [0, 1]: torchvision's `ToTensor` alone.
    pub const UNIT: Self = Self::new(PerChannel::all(0.0), PerChannel::all(1.0));

    /// Those that have a name.
    pub const NAMED: [(&'static str, Self); 3] = [
        ("unit", Self::UNIT),
        ("half", Self::LECTURE),
        ("imagenet", Self::IMAGENET),
    ];

    /// By these means and standard deviations.
    pub const fn new(mean: PerChannel, std: PerChannel) -> Self {
        Self { mean, std }
    }

    /// Whether images of this many channels can be normalised by it.
    ///
    /// # Errors
    /// A sentence that says why not: a number is not finite, a standard deviation is not greater than 0, or
    /// the images have other channels than red, green and blue, each of which has numbers of its own.
    pub fn check(&self, channels: usize) -> Result<(), String> {
        let Self { mean, std } = self;
        if !mean.0.iter().all(|mean| mean.is_finite()) {
            return Err(format!("{mean} is no mean: each must be a finite number"));
        }
        if !std.0.iter().all(|std| std.is_finite() && *std > 0.0) {
            return Err(format!(
                "{std} is no standard deviation: each must be a finite number greater than 0"
            ));
        }
        if !self.fits(channels) {
            return Err(format!(
                "a mean of {mean} and a standard deviation of {std} are for images of 3 channels, red, green and blue, and these have {channels}: give one number for all channels"
            ));
        }
        Ok(())
    }

    /// Whether there is a mean and a standard deviation for each of this many channels.
    pub fn fits(&self, channels: usize) -> bool {
        channels == 3 || (self.mean.is_one() && self.std.is_one())
    }

    /// Pixels scaled to [0, 1], `[N, C, H, W]`, as a model takes them.
    ///
    /// # Panics
    /// Where the images have other channels than red, green and blue, and these have numbers of their own.
    pub fn normalise(&self, pixels: Tensor<4>) -> Tensor<4> {
        let [_, channels, _, _] = pixels.dims();
        assert!(
            self.fits(channels),
            "red, green and blue are normalised apart"
        );
        if self.mean.is_one() && self.std.is_one() {
            return (pixels - self.mean.0[0]) / self.std.0[0];
        }
        let device = pixels.device();
        let values =
            |values: [f32; 3]| Tensor::<1>::from_floats(values, &device).reshape([1, 3, 1, 1]);
        (pixels - values(self.mean.0)) / values(self.std.0)
    }
}

impl PerChannel {
    /// One number for all channels.
    pub const fn all(value: f32) -> Self {
        Self([value; 3])
    }

    /// A number for each of red, green and blue.
    pub const fn rgb(red: f32, green: f32, blue: f32) -> Self {
        Self([red, green, blue])
    }

    /// That of a channel, from 0.
    ///
    /// # Panics
    /// For a channel beyond the third where the numbers differ.
    pub fn of(&self, channel: usize) -> f32 {
        match self.is_one() {
            true => self.0[0],
            false => self.0[channel],
        }
    }

    /// The number, where all channels have the same.
    pub fn one(&self) -> Option<f32> {
        self.is_one().then_some(self.0[0])
    }

    fn is_one(&self) -> bool {
        self.0.iter().all(|value| *value == self.0[0])
    }
}

impl From<OneOrThree> for PerChannel {
    fn from(values: OneOrThree) -> Self {
        match values {
            OneOrThree::One(value) => Self::all(value),
            OneOrThree::Three(values) => Self(values),
        }
    }
}

impl From<PerChannel> for OneOrThree {
    fn from(values: PerChannel) -> Self {
        match values.one() {
            Some(value) => Self::One(value),
            None => Self::Three(values.0),
        }
    }
}

/// "0.5", or "0.485, 0.456, 0.406".
impl fmt::Display for PerChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.one(), self.0) {
            (Some(value), _) => write!(f, "{value}"),
            (None, [red, green, blue]) => write!(f, "{red}, {green}, {blue}"),
        }
    }
}

impl FromStr for PerChannel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let values: Option<Vec<f32>> = text
            .split(',')
            .map(|part| part.trim().parse().ok())
            .collect();
        match values.as_deref() {
            Some([value]) => Ok(Self::all(*value)),
            Some([red, green, blue]) => Ok(Self::rgb(*red, *green, *blue)),
            _ => Err(
                "give one number for all channels, or three with commas between them, for red, green and blue".into(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_is_normalised_by_its_own_mean_and_standard_deviation() {
        let pixels = Tensor::<4>::full([2, 3, 1, 2], 0.75, &Default::default());
        let images = Normalisation::IMAGENET.normalise(pixels.clone());
        let found: Vec<f32> = images.into_data().iter().collect();
        // (0.75 − 0.485) / 0.229, …, twice a channel
        let expected = [1.157_205, 1.157_205, 1.3125, 1.3125, 1.528_889, 1.528_889];
        for (found, expected) in found.iter().zip(expected.iter().cycle()) {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
        let images = Normalisation::LECTURE.normalise(pixels);
        assert_eq!(images.into_data().iter::<f32>().next(), Some(0.5));
    }

    #[test]
    fn one_number_is_written_as_a_number_and_three_as_a_list_and_both_are_read_back() {
        for (values, json, text) in [
            (PerChannel::all(0.5), "0.5", "0.5"),
            (
                Normalisation::IMAGENET.std,
                "[0.229,0.224,0.225]",
                "0.229, 0.224, 0.225",
            ),
        ] {
            assert_eq!(serde_json::to_string(&values).unwrap(), json);
            assert_eq!(serde_json::from_str::<PerChannel>(json).unwrap(), values);
            assert_eq!(values.to_string(), text);
            assert_eq!(text.parse(), Ok(values));
        }
        for text in ["", "a", "1,2", "1,2,3,4", "1;2;3", "1,,3"] {
            assert!(text.parse::<PerChannel>().is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_that_normalise_nothing_are_refused() {
        let by = |mean, std| Normalisation::new(mean, PerChannel::all(std));
        assert_eq!(by(PerChannel::all(0.5), 0.5).check(7), Ok(()));
        assert_eq!(Normalisation::IMAGENET.check(3), Ok(()));
        for (wrong, channels, said) in [
            (by(PerChannel::all(f32::NAN), 0.5), 1, "NaN is no mean"),
            (
                by(PerChannel::all(0.5), 0.0),
                1,
                "0 is no standard deviation",
            ),
            (by(PerChannel::all(0.5), -1.0), 3, "-1 is no standard"),
            (Normalisation::IMAGENET, 1, "these have 1: give one number"),
        ] {
            let error = wrong.check(channels).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
