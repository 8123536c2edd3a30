//! Figures with the digits and units that people read.

use crate::numbers::thousands;

/// What stands where there is no figure.
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

/// A share from 0 to 1 in per cent, without the sign.
pub fn percent(share: f64) -> String {
    match share.is_finite() {
        true => format!("{:.2}", 100.0 * share),
        false => NONE.into(),
    }
}

/// A memory in megabytes, of a million bytes.
pub fn megabytes(bytes: u64) -> String {
    number(bytes as f64 / 1e6)
}

/// The value below which a share of the values lies, between two of them in proportion; `None` without
/// values.
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = share * sorted.len().checked_sub(1)? as f64;
    let [below, above] = [place.floor(), place.ceil()].map(|place| sorted[place as usize]);
    Some(below + (above - below) * place.fract())
}

/// A text of at most so many letters.
pub fn short(text: &str, most: usize) -> String {
    match text.chars().count() {
        letters if letters <= most => text.into(),
        _ => text
            .chars()
            .take(most.saturating_sub(1))
            .chain(['…'])
            .collect(),
    }
}

/// "3 models", "1 model".
pub fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{} {what}s", thousands(number)),
    }
}

/// "a, b and c".
pub fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_quantile_lies_between_two_values_in_proportion() {
        let values = [40.0, 10.0, 30.0, 20.0, 50.0];
        assert_eq!(quantile(&values, 0.0), Some(10.0));
        assert_eq!(quantile(&values, 0.5), Some(30.0));
        assert_eq!(quantile(&values, 0.1), Some(14.0));
        assert_eq!(quantile(&values, 0.9), Some(46.0));
        assert_eq!(quantile(&[7.0], 0.9), Some(7.0));
        assert_eq!(quantile(&[], 0.9), None);
    }

    #[test]
    fn lists_and_counts_are_told_in_words() {
        let items = |count: usize| {
            ["flex", "ndarray", "wgpu"][..count]
                .iter()
                .map(|&item| item.into())
                .collect::<Vec<String>>()
        };
        assert_eq!(listed(&items(1)), "flex");
        assert_eq!(listed(&items(2)), "flex and ndarray");
        assert_eq!(listed(&items(3)), "flex, ndarray and wgpu");
        assert_eq!([count(1, "seed"), count(3, "seed")], ["1 seed", "3 seeds"]);
    }
}
