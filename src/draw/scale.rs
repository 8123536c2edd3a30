//! Which colour stands for which value.

/// The colour of a value that is not a number.
const GREY: [u8; 3] = [150; 3];

/// Which colour stands for which value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ColourScale {
    /// Blue below 0, white at 0, red above; with the largest absolute value.
    Diverging(f32),
    /// From 0, dark, to the largest value, yellow.
    Sequential(f32),
    /// From 0, white, to 1, dark blue.
    Share,
}

impl ColourScale {
    /// The colour of a value; grey where it is not a number.
    pub fn colour(self, value: f32) -> [u8; 3] {
        let share = match self {
            Self::Diverging(most) => 0.5 + 0.5 * value / most.max(f32::MIN_POSITIVE),
            Self::Sequential(most) => value / most.max(f32::MIN_POSITIVE),
            Self::Share => value,
        };
        if share.is_nan() {
            return GREY;
        }
        // The colours at equal distances from the scale's beginning to its end.
        let stops: &[[u8; 3]] = match self {
            // From ColorBrewer's RdBu, whose middle is white.
            Self::Diverging(_) => &[
                [5, 48, 97],
                [67, 147, 195],
                [255, 255, 255],
                [214, 96, 77],
                [103, 0, 31],
            ],
            // From Matplotlib's viridis.
            Self::Sequential(_) => &[
                [68, 1, 84],
                [72, 40, 120],
                [62, 74, 137],
                [49, 104, 142],
                [38, 130, 142],
                [31, 158, 137],
                [53, 183, 121],
                [110, 206, 88],
                [181, 222, 43],
                [253, 231, 37],
            ],
            // From ColorBrewer's Blues.
            Self::Share => &[[255, 255, 255], [107, 174, 214], [8, 48, 107]],
        };
        let place = share.clamp(0.0, 1.0) * (stops.len() - 1) as f32;
        let below = (place as usize).min(stops.len() - 2);
        let [from, to] = [stops[below], stops[below + 1]];
        let part = place - below as f32;
        [0, 1, 2].map(|channel| {
            let [from, to] = [from, to].map(|colour| f32::from(colour[channel]));
            (from + (to - from) * part).round() as u8
        })
    }

    /// The values at both ends.
    pub fn ends(self) -> [f32; 2] {
        match self {
            Self::Diverging(most) => [-most, most],
            Self::Sequential(most) => [0.0, most],
            Self::Share => [0.0, 1.0],
        }
    }

    /// This many colours from one end to the other.
    pub fn steps(self, count: usize) -> Vec<[u8; 3]> {
        let [low, high] = self.ends();
        let share = |index: usize| (index as f32 + 0.5) / count as f32;
        (0..count)
            .map(|index| self.colour(low + share(index) * (high - low)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_white_on_a_diverging_scale_and_signs_are_of_different_colours() {
        let scale = ColourScale::Diverging(2.0);
        assert_eq!(scale.colour(0.0), [255; 3]);
        let ([red, _, blue], [other_red, _, other_blue]) = (scale.colour(1.0), scale.colour(-1.0));
        assert!(red > blue && other_blue > other_red);
        assert_eq!(scale.colour(2.0), scale.colour(9.0));
        let [dark, light] = [0.0, 3.0].map(|value| ColourScale::Sequential(3.0).colour(value));
        assert!(dark[1] < 50 && light[1] > 200, "{dark:?} {light:?}");
        for scale in [
            ColourScale::Diverging(0.0),
            ColourScale::Sequential(0.0),
            ColourScale::Share,
        ] {
            for value in [0.0, 1.0, f32::NAN, f32::INFINITY, -f32::INFINITY] {
                scale.colour(value);
            }
        }
    }
}
