//! Numbers as people read them.

use serde::{Deserialize, Deserializer};
use std::fmt::Display;

/// A whole number that is not negative, with its thousands apart: 2,635,146.
pub fn thousands(number: impl Display) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The sign that is shown instead of a missing number.
pub const NONE: &str = "–";

/// A number that is not negative, with three digits or, from a hundred on, whole; [`NONE`] where it is
/// not finite.
pub fn number(value: f64) -> String {
    match value {
        _ if !value.is_finite() => NONE.into(),
        _ if value >= 1e12 => format!("{value:.2e}"),
        _ if value >= 99.95 => thousands(value.round()),
        _ if value >= 9.995 => format!("{value:.1}"),
        _ if value >= 0.0995 || value == 0.0 => format!("{value:.2}"),
        _ if value >= 0.001 => format!("{value:.3}"),
        _ => format!("{value:.1e}"),
    }
}

/// The mean and, of two or more values, the standard deviation (of a sample); `None` of none.
pub fn mean_and_deviation(values: &[f64]) -> Option<(f64, Option<f64>)> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    match values.len() {
        0 => None,
        1 => Some((mean, None)),
        _ => Some((mean, Some((squares / (count - 1.0)).sqrt()))),
    }
}

/// A number from JSON, which has `null` for those that are none.
pub fn or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// [`or_nan`] of a pair.
pub fn each_or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[f64; 2], D::Error> {
    let pair = <[Option<f64>; 2]>::deserialize(deserializer)?;
    Ok(pair.map(|number| number.unwrap_or(f64::NAN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_kept_apart() {
        let numbers = [0, 999, 1000, 5_085, 50_000, 1_234_567].map(thousands);
        let expected = ["0", "999", "1,000", "5,085", "50,000", "1,234,567"];
        assert_eq!(numbers, expected);
    }

    #[test]
    fn numbers_have_three_digits_or_are_whole() {
        let values = [
            0.0,
            4e-7,
            0.0123,
            0.5,
            9.994,
            42.0,
            99.96,
            1_234.6,
            f64::NAN,
        ];
        let expected = [
            "0.00", "4.0e-7", "0.012", "0.50", "9.99", "42.0", "100", "1,235", "–",
        ];
        assert_eq!(values.map(number), expected);
    }

    #[test]
    fn the_deviation_is_that_of_a_sample_and_one_value_has_none() {
        assert_eq!(mean_and_deviation(&[]), None);
        assert_eq!(mean_and_deviation(&[3.0]), Some((3.0, None)));
        assert_eq!(
            mean_and_deviation(&[1.0, 3.0]),
            Some((2.0, Some(2_f64.sqrt())))
        );
    }
}
