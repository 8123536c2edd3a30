//! The axis of a chart: its ends, its ticks and their labels.

use crate::numbers::number;
use std::ops::Range;

/// Values are drawn at most this far from zero, so that no axis overflows.
const LARGEST: f64 = 1e30;

/// A place on an axis with its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where it stands in the chart.
    pub at: f64,
    /// Its value as text.
    pub label: String,
}

/// An axis: its round values, the first and the last of which are its ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    values: Vec<f64>,
    logarithmic: bool,
}

impl Axis {
    /// An axis over the whole of a range, with about `most` steps or fewer, each at least `smallest`.
    pub fn linear(range: Range<f64>, most: usize, smallest: f64) -> Self {
        let size = range.start.abs().max(range.end.abs());
        let range = match range.end - range.start {
            width if width > size * 1e-9 => range,
            // Equal values stand in the middle.
            _ if size == 0.0 => 0.0..1.0,
            _ => range.start - 0.1 * size..range.end + 0.1 * size,
        };
        let raw = ((range.end - range.start) / most as f64).max(smallest);
        let power = 10_f64.powf(raw.log10().floor());
        let rounded = [1.0, 2.0, 5.0, 10.0].map(|round| round * power);
        let step = rounded.into_iter().find(|step| *step >= raw * 0.999);
        let step = step.unwrap_or(raw);
        // An end that differs from a tick by rounding alone needs no further tick.
        let first = (range.start / step + 1e-6).floor();
        let last = (range.end / step - 1e-6).ceil();
        let count = (last - first).clamp(1.0, 30.0) as i32;
        Self {
            values: (0..=count)
                .map(|tick| (first + f64::from(tick)) * step)
                .collect(),
            logarithmic: false,
        }
    }

    /// A logarithmic axis over the whole of a range above 0. It begins and ends at one of 1, 2, 5, 10, … and
    /// has ticks at those between, or at some powers of ten where they are many.
    pub fn logarithmic(range: Range<f64>) -> Self {
        let powers = range.start.log10().floor() as i32..=range.end.log10().ceil() as i32;
        let values = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * 10_f64.powi(power)));
        let mut values: Vec<f64> = values.collect();
        // An end that differs from a tick by rounding alone needs no further tick.
        let from = values
            .iter()
            .rposition(|value| *value <= range.start * 1.000_001);
        values.drain(..from.unwrap_or(0));
        let to = values
            .iter()
            .position(|value| *value >= range.end * 0.999_999);
        values.truncate(to.map_or(values.len(), |to| to + 1).max(2));
        if values.len() > 7 {
            let [low, high] = [values[0], values[values.len() - 1]];
            let every = ((high / low).log10() / 5.0).ceil();
            values.retain(|value| {
                let power = value.log10().round();
                let is_power = (value.log10() - power).abs() < 1e-6 && power % every == 0.0;
                // Beside an end there would be no room for its label.
                let is_free = value / low > 2.1 && high / value > 2.1;
                *value == low || *value == high || (is_power && is_free)
            });
        }
        Self {
            values,
            logarithmic: true,
        }
    }

    /// Where a value stands on the axis, from 0 to 1.
    pub fn share(&self, value: f64) -> f64 {
        let [low, high] = [self.values[0], self.values[self.values.len() - 1]];
        let share = match self.logarithmic {
            true => (value / low).ln() / (high / low).ln(),
            false => (value - low) / (high - low),
        };
        if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.5
        }
    }

    /// The labels of the ticks.
    pub fn labels(&self) -> impl Iterator<Item = String> {
        self.values.iter().map(|&value| self.label(value))
    }

    /// The ticks, at the places where `at` puts their values.
    pub fn ticks(&self, at: impl Fn(f64) -> f64) -> Vec<Tick> {
        let places = self.values.iter().map(|&value| at(value));
        let ticks = places.zip(self.labels());
        ticks.map(|(at, label)| Tick { at, label }).collect()
    }

    fn label(&self, value: f64) -> String {
        let step = match self.logarithmic {
            true => value,
            false => self.values[1] - self.values[0],
        };
        let value = if value.abs() < 1e-6 * step {
            0.0
        } else {
            value
        };
        let size = self.values[self.values.len() - 1]
            .abs()
            .max(self.values[0].abs());
        if value != 0.0 && (size >= 1e6 || step < 1e-4) {
            return format!("{value:.1e}").replace(".0e", "e");
        }
        // A step that is a tenth but for its rounding has one digit.
        let decimals = (-(step * 1.001).log10().floor()).max(0.0) as usize;
        match decimals {
            0 if value >= 1e3 => number(value),
            _ => format!("{value:.decimals$}"),
        }
    }
}

/// A value that an axis can show; `None` for one that is not finite.
pub fn drawable(value: f64) -> Option<f64> {
    value.is_finite().then(|| value.clamp(-LARGEST, LARGEST))
}

/// The smallest range that holds all values, or `None` without any.
pub fn span(values: impl Iterator<Item = f64>) -> Option<Range<f64>> {
    values.fold(None, |span: Option<Range<f64>>, value| {
        let span = span.unwrap_or(value..value);
        Some(span.start.min(value)..span.end.max(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a number is 1, 2 or 5 times a power of ten.
    fn is_round(number: f64) -> bool {
        let digits = number / 10_f64.powf((number * 1.001).log10().floor());
        [1.0, 2.0, 5.0]
            .iter()
            .any(|round| (digits - round).abs() < 1e-6)
    }

    #[test]
    fn ticks_are_round_numbers_evenly_apart_and_cover_the_data() {
        for (low, high) in [
            (0.0, 1.0),
            (82.6, 87.59),
            (0.2797, 0.7140),
            (0.0, 166_614.0),
            (-3.0, 7.5),
            (99.99, 100.0),
            (1e-9, 3e-9),
            (1e29, 1e30),
        ] {
            let axis = Axis::linear(low..high, 5, 0.0);
            let values = &axis.values;
            let step = values[1] - values[0];
            assert!(is_round(step), "{low} to {high}: {values:?}");
            assert!(
                values[0] <= low + step * 1e-5,
                "{low} to {high}: {values:?}"
            );
            let last = values[values.len() - 1];
            assert!(last >= high - step * 1e-5, "{low} to {high}: {values:?}");
            assert!(
                (2..=8).contains(&values.len()),
                "{low} to {high}: {values:?}"
            );
            for value in values {
                let steps = value / step;
                assert!((steps - steps.round()).abs() < 1e-6, "{values:?}");
            }
        }
    }

    #[test]
    fn logarithmic_ticks_are_round_numbers_and_cover_the_data() {
        for (low, high) in [(0.4, 90.0), (1.0, 100.0), (3.0, 3e5), (1e-9, 1e9)] {
            let axis = Axis::logarithmic(low..high);
            let values = &axis.values;
            assert!(values.iter().all(|&value| is_round(value)), "{values:?}");
            assert!(
                values[0] <= low && values[values.len() - 1] >= high,
                "{values:?}"
            );
            assert!(
                (2..=9).contains(&values.len()),
                "{low} to {high}: {values:?}"
            );
        }
    }

    #[test]
    fn labels_have_the_digits_that_distinguish_ticks() {
        let labels = |low, high| {
            let axis = Axis::linear(low..high, 4, 0.0);
            axis.labels().collect::<Vec<_>>()
        };
        assert_eq!(labels(0.1, 0.5), ["0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(labels(0.3, 0.6), ["0.3", "0.4", "0.5", "0.6"]);
        assert_eq!(labels(-0.1, 0.2), ["-0.1", "0.0", "0.1", "0.2"]);
        assert_eq!(
            labels(0.0, 150_000.0),
            ["0", "50,000", "100,000", "150,000"]
        );
        assert_eq!(labels(-1.0, 1.0), ["-1.0", "-0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(labels(0.0, 4e6), ["0", "1e6", "2e6", "3e6", "4e6"]);
        assert_eq!(labels(0.0, 2e8)[..2], ["0", "5e7"]);
    }

    #[test]
    fn epochs_are_marked_by_whole_numbers() {
        for epochs in [1, 2, 3, 10, 200, 1000] {
            let axis = Axis::linear(1.0..f64::from(epochs), 9, 1.0);
            let labels: Vec<_> = axis.labels().collect();
            assert!((2..=11).contains(&labels.len()), "{epochs}: {labels:?}");
            for label in labels {
                label.replace(',', "").parse::<usize>().unwrap();
            }
        }
    }

    #[test]
    fn equal_values_get_an_axis_with_room_around_them() {
        for value in [0.0, 1e-12, 0.3, 100.0, -2.0, 1e30] {
            let axis = Axis::linear(value..value, 6, 0.0);
            let [low, high] = [axis.values[0], axis.values[axis.values.len() - 1]];
            assert!(low < high && low <= value && value <= high, "{axis:?}");
        }
    }
}
