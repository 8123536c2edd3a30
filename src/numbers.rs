//! Numbers as people read them.

use serde::de::{self, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, Value};
use std::borrow::Cow;
use std::fmt::{self, Display};

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

/// A text as a cell of a CSV file: behind an apostrophe where a spreadsheet would take it for a formula and compute it.
pub fn cell(text: &str) -> Cow<'_, str> {
    let begins = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    match begins && text.parse::<f64>().is_err() {
        true => format!("'{text}").into(),
        false => text.into(),
    }
}

/// The first number of a JSON document that is too large for the field that it was read into, with its place:
/// "adam.epsilon is 1e99". Such a field holds an infinity, and would be written as `null`.
pub fn too_large(document: &Value, read: &impl Serialize) -> Option<String> {
    let again = serde_json::to_value(read).expect("what was read as JSON is JSON");
    lost(document, &again).map(|(place, number)| format!("{place} is {number}"))
}

/// The first number of a value that is `null` in another at the same place.
fn lost(before: &Value, after: &Value) -> Option<(String, Number)> {
    let within = |key: &str, before, after| {
        let (place, number) = lost(before, after)?;
        let dot = if place.is_empty() { "" } else { "." };
        Some((format!("{key}{dot}{place}"), number))
    };
    match (before, after) {
        (Value::Number(number), Value::Null) => Some((String::new(), number.clone())),
        (Value::Object(before), Value::Object(after)) => before
            .iter()
            .find_map(|(key, value)| within(key, value, after.get(key)?)),
        (Value::Array(before), Value::Array(after)) => {
            let mut pairs = before.iter().zip(after).enumerate();
            pairs.find_map(|(index, (before, after))| within(&index.to_string(), before, after))
        }
        _ => None,
    }
}

/// A figure in JSON or CSV that may be none: a number, or the text "NaN", "inf" or "-inf", since JSON has no such
/// numbers. Earlier versions wrote `null` for all three, which is read as NaN.
///
/// For fields: `#[serde(with = "figure")]`, or as [`Figure`] within something else.
pub mod figure {
    use super::Figure;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(missing_docs, reason = "as serde asks for")]
    pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        match value.is_finite() {
            true => serializer.serialize_f64(*value),
            false => serializer.collect_str(value),
        }
    }

    #[expect(missing_docs, reason = "as serde asks for")]
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Figure::deserialize(deserializer)?.0)
    }
}

/// [`figure`] for a pair.
pub mod figures {
    use super::Figure;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(missing_docs, reason = "as serde asks for")]
    pub fn serialize<S: Serializer>(pair: &[f64; 2], serializer: S) -> Result<S::Ok, S::Error> {
        pair.map(Figure).serialize(serializer)
    }

    #[expect(missing_docs, reason = "as serde asks for")]
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[f64; 2], D::Error> {
        Ok(<[Figure; 2]>::deserialize(deserializer)?.map(|figure| figure.0))
    }
}

/// See [`figure`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure(pub f64);

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        figure::serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = f64;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, NaN, inf or -inf")
            }
            fn visit_f64<E>(self, value: f64) -> Result<f64, E> {
                Ok(value)
            }
            fn visit_i64<E>(self, value: i64) -> Result<f64, E> {
                Ok(value as f64)
            }
            fn visit_u64<E>(self, value: u64) -> Result<f64, E> {
                Ok(value as f64)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<f64, E> {
                let wrong = |_| E::invalid_value(Unexpected::Str(text), &self);
                text.parse().map_err(wrong)
            }
            fn visit_unit<E>(self) -> Result<f64, E> {
                Ok(f64::NAN)
            }
        }
        deserializer.deserialize_any(Any).map(Self)
    }
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
    fn a_figure_goes_there_and_back_through_json_and_csv_whether_it_is_finite_or_not() {
        let figures = [
            0.1,
            -3.0,
            7.0,
            1e-300,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        for figure in figures {
            let json = serde_json::to_string(&[Figure(figure)]).unwrap();
            let [Figure(read)] = serde_json::from_str(&json).unwrap();
            assert!(
                read == figure || (read.is_nan() && figure.is_nan()),
                "{json}: {read}"
            );

            let mut csv = csv::WriterBuilder::new()
                .has_headers(false)
                .from_writer(Vec::new());
            csv.serialize([Figure(figure)]).unwrap();
            let bytes = csv.into_inner().unwrap();
            let mut csv = csv::ReaderBuilder::new()
                .has_headers(false)
                .from_reader(bytes.as_slice());
            let [Figure(read)] = csv.deserialize().next().unwrap().unwrap();
            assert!(
                read == figure || (read.is_nan() && figure.is_nan()),
                "{bytes:?}: {read}"
            );
        }
        // As earlier versions wrote them.
        assert!(serde_json::from_str::<Figure>("null").unwrap().0.is_nan());
        assert!(serde_json::from_str::<Figure>("\"much\"").is_err());
    }

    #[test]
    fn no_spreadsheet_computes_a_text() {
        for formula in [
            "=1+1",
            "+cmd|' /C calc'!A0",
            "-cats",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
        ] {
            assert_eq!(cell(formula), format!("'{formula}"));
        }
        for text in ["", "Ankle boot", "T-shirt/top", "-1", "+5e3", "a=b"] {
            assert_eq!(cell(text), text);
        }
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
