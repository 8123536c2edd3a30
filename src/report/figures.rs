//! Figures and lists with the digits, units and words that people read.

use crate::numbers::{NONE, number, thousands};

/// A share from 0 to 1 in per cent, without the sign.
pub fn percent(share: f64) -> String {
    match share.is_finite() {
        true => format!("{:.2}", 100.0 * share),
        false => NONE.into(),
    }
}

/// An amount of memory in megabytes of a million bytes.
pub fn megabytes(bytes: u64) -> String {
    number(bytes as f64 / 1e6)
}

/// A quantile of the values, interpolated linearly between two of them; `None` without values.
fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = share * sorted.len().checked_sub(1)? as f64;
    let [below, above] = [place.floor(), place.ceil()].map(|place| sorted[place as usize]);
    Some(below + (above - below) * place.fract())
}

/// The range in which most of some values lie, without a tenth of them at either end.
pub fn spread(values: &[f64]) -> Option<[f64; 2]> {
    Some([quantile(values, 0.1)?, quantile(values, 0.9)?])
}

/// "3 models", "1 model".
pub fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{} {noun}s", thousands(number)),
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
    fn lists_and_counts_are_written_in_words() {
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
