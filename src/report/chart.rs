//! Where everything in a chart stands: plain numbers, which `charts.html` writes as SVG.
//!
//! Lengths are in the units of the view box, which are about a pixel of a telephone: a chart is as wide
//! as its column, and its text shrinks with it.

use super::figures::{number, short};
use serde::Serialize;
use std::ops::Range;

const WIDTH: f64 = 360.0;
/// A line chart's height.
const HEIGHT: f64 = 232.0;
/// Room for half of the last tick's label.
const RIGHT: f64 = 26.0;
/// Room above for the vertical axis's unit, and below for ticks and the horizontal axis's name.
const TOP: f64 = 26.0;
const BOTTOM: f64 = 40.0;
/// The height of a bar with its label.
const BAR: f64 = 46.0;
/// About the width of a letter; wide fonts need a little less.
const LETTER: f64 = 7.4;
/// Values are drawn at most this far from zero, so that no axis overflows.
const LARGEST: f64 = 1e30;
/// Times that lie further apart than so many times are drawn on a logarithmic axis.
const WIDE: f64 = 12.0;

/// How a series looks: its colour, and its marker and dash, which tell it apart without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Look {
    /// Of the colours in `style.css`.
    pub colour: usize,
    /// Of the markers and dashes in `style.css`.
    pub shape: usize,
}

impl Look {
    /// That of the series with this number, from 0: 35 are different.
    pub fn new(number: usize) -> Self {
        Self {
            colour: number % 7,
            shape: number % 5,
        }
    }
}

/// A name with its look, for a legend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    /// How it looks in the charts.
    pub look: Look,
    /// What it is.
    pub name: String,
}

/// A place on an axis with its label.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tick {
    /// Where it stands.
    pub at: f64,
    /// Its value, in words.
    pub label: String,
}

/// A value in a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Along the horizontal axis.
    pub x: f64,
    /// Along the vertical one.
    pub y: f64,
    /// What is told where one points at it; nothing where it is empty.
    pub tell: String,
}

/// A line of values; where one is not finite, the line is broken.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// How it looks.
    pub look: Look,
    /// Whether it is there to compare with, and drawn paler.
    pub pale: bool,
    /// In order.
    pub points: Vec<Point>,
}

/// What the horizontal axis of a line chart measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// Whole epochs.
    Epochs,
    /// Seconds, on a logarithmic axis where they differ much.
    Seconds,
}

/// A chart of lines.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LineChart {
    /// What it shows.
    pub title: String,
    /// The same in a sentence, for those who cannot see it.
    pub description: String,
    /// Of the view box.
    pub width: f64,
    /// Of the view box.
    pub height: f64,
    /// The left, top, right and bottom edge of the area within the axes.
    pub area: [f64; 4],
    /// The horizontal axis's name, with its unit.
    pub x_name: String,
    /// The vertical axis's unit.
    pub y_unit: String,
    /// Of the horizontal axis.
    pub x_ticks: Vec<Tick>,
    /// Of the vertical axis.
    pub y_ticks: Vec<Tick>,
    /// The unbroken lines.
    pub lines: Vec<Line>,
}

/// An unbroken line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// How it looks.
    pub look: Look,
    /// Whether it is drawn paler.
    pub pale: bool,
    /// The corners, as SVG's `points` has them.
    pub corners: String,
    /// Its end, which has a marker.
    pub end: [f64; 2],
    /// Places to point at.
    pub spots: Vec<Spot>,
}

/// A place to point at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spot {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// What is told there.
    pub tell: String,
}

/// A bar before it has its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// How it looks.
    pub look: Look,
    /// What it is of.
    pub name: String,
    /// Its length; `None` where it was not measured.
    pub value: Option<f64>,
    /// From where to where the measurements lie.
    pub spread: Option<[f64; 2]>,
    /// What is told where one points at it.
    pub tell: String,
}

/// A chart of horizontal bars, one below the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BarChart {
    /// What it shows, with its unit.
    pub title: String,
    /// The same in a sentence, for those who cannot see it.
    pub description: String,
    /// Of the view box.
    pub width: f64,
    /// Of the view box.
    pub height: f64,
    /// Where the axis ends.
    pub right: f64,
    /// Where the last bar ends.
    pub bottom: f64,
    /// Of the horizontal axis.
    pub ticks: Vec<Tick>,
    /// From above.
    pub bars: Vec<Bar>,
}

/// A bar.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bar {
    /// How it looks.
    pub look: Look,
    /// What it is of, shortened to its room.
    pub name: String,
    /// Its value, in words.
    pub value: String,
    /// The upper edge of bar and label.
    pub top: f64,
    /// Its length; 0 where there is no value.
    pub length: f64,
    /// Both ends of the whisker.
    pub whisker: Option<[f64; 2]>,
    /// What is told where one points at it.
    pub tell: String,
}

impl LineChart {
    /// The chart of these series; `None` where they hold nothing to draw.
    pub fn new(title: &str, along: Along, unit: &str, series: &[Series]) -> Option<Self> {
        let drawable = |point: &Point| {
            let finite = point.x.is_finite() && point.y.is_finite();
            finite.then(|| [point.x, point.y].map(|value| value.clamp(-LARGEST, LARGEST)))
        };
        let points = || series.iter().flat_map(|series| &series.points);
        let xs = span(points().filter_map(drawable).map(|[x, _]| x))?;
        let ys = span(points().filter_map(drawable).map(|[_, y]| y))?;
        // A line that comes to its end in a small part of the others' time would be a stroke upwards.
        let ends = series.iter().filter_map(|series| series.points.last());
        let ends = span(ends.map(|point| point.x).filter(|x| x.is_finite()))?;
        let wide = along == Along::Seconds && xs.start > 0.0 && ends.end > WIDE * ends.start;
        let x_scale = match (along, wide) {
            (Along::Epochs, _) => Scale::linear(0.0..xs.end.max(1.0), 5, 1.0),
            (Along::Seconds, false) => Scale::linear(0.0..xs.end, 5, 0.0),
            (Along::Seconds, true) => Scale::logarithmic(xs),
        };
        let y_scale = Scale::linear(ys, 6, 0.0);

        let labels = y_scale.values.iter().map(|&value| y_scale.label(value));
        let letters = labels.map(|label| label.chars().count()).max();
        let left = (letters.unwrap_or(0) as f64 * LETTER + 8.0).round();
        let [top, right, bottom] = [TOP, WIDTH - RIGHT, HEIGHT - BOTTOM];
        let x_at = |x| round(left + x_scale.share(x) * (right - left));
        let y_at = |y| round(bottom - y_scale.share(y) * (bottom - top));

        let lines = series.iter().flat_map(|series| {
            let placed = series.points.iter().map(|point| {
                let [x, y] = drawable(point)?;
                Some(Spot {
                    x: x_at(x),
                    y: y_at(y),
                    tell: point.tell.clone(),
                })
            });
            let placed: Vec<Option<Spot>> = placed.collect();
            let runs = placed.split(Option::is_none);
            let runs = runs.map(|run| run.iter().flatten().cloned().collect::<Vec<_>>());
            let lines = runs.filter_map(|spots| {
                let last = spots.last()?;
                let corners = spots.iter().map(|spot| format!("{},{}", spot.x, spot.y));
                Some(Line {
                    look: series.look,
                    pale: series.pale,
                    corners: corners.collect::<Vec<_>>().join(" "),
                    end: [last.x, last.y],
                    spots: spots
                        .into_iter()
                        .filter(|spot| !spot.tell.is_empty())
                        .collect(),
                })
            });
            lines.collect::<Vec<_>>()
        });
        Some(Self {
            title: title.into(),
            description: format!(
                "{} lines, from {} to {} {unit}.",
                series.len(),
                number(points().map(|point| point.y).fold(f64::INFINITY, f64::min)),
                number(
                    points()
                        .map(|point| point.y)
                        .fold(f64::NEG_INFINITY, f64::max)
                ),
            ),
            width: WIDTH,
            height: HEIGHT,
            area: [left, top, right, bottom],
            x_name: match (along, wide) {
                (Along::Epochs, _) => "epoch".into(),
                (Along::Seconds, false) => "seconds of training".into(),
                (Along::Seconds, true) => "seconds of training, logarithmic".into(),
            },
            y_unit: unit.into(),
            x_ticks: x_scale.ticks(x_at),
            y_ticks: y_scale.ticks(y_at),
            lines: lines.collect(),
        })
    }
}

impl BarChart {
    /// The chart of these values, from 0 on; `None` where none was measured.
    pub fn new(title: &str, unit: &str, values: &[Value]) -> Option<Self> {
        let finite = |value: &f64| value.is_finite();
        let length = |value: &Value| {
            value
                .value
                .filter(finite)
                .map(|value| value.clamp(0.0, LARGEST))
        };
        let lengths = values.iter().filter_map(length);
        let spreads = values.iter().filter_map(|value| value.spread).flatten();
        let largest = span(lengths.chain(spreads.filter(finite)))?.end;
        let scale = Scale::linear(0.0..largest.min(LARGEST), 4, 0.0);
        let right = WIDTH - RIGHT;
        let at = |value: f64| round(scale.share(value) * right);
        let bars = values.iter().enumerate().map(|(index, value)| {
            let words = match length(value) {
                Some(length) => number(length),
                None => "not measured".into(),
            };
            let room = (WIDTH / LETTER) as usize - words.chars().count() - 4;
            let spread = value.spread.filter(|ends| ends.iter().all(finite));
            Bar {
                look: value.look,
                name: short(&value.name, room),
                value: words,
                top: index as f64 * BAR,
                length: length(value).map_or(0.0, at),
                whisker: spread.map(|ends| ends.map(at)),
                tell: value.tell.clone(),
            }
        });
        let told = values.iter().map(|value| value.tell.as_str());
        let bottom = values.len() as f64 * BAR;
        Some(Self {
            title: format!("{title}, {unit}"),
            description: told.collect::<Vec<_>>().join("; "),
            width: WIDTH,
            height: bottom + 24.0,
            right,
            bottom,
            ticks: scale.ticks(at),
            bars: bars.collect(),
        })
    }
}

/// An axis: its round values, the first and the last of which are its ends.
#[derive(Debug, Clone, PartialEq)]
struct Scale {
    values: Vec<f64>,
    logarithmic: bool,
}

impl Scale {
    /// With at most about so many steps, each `smallest` or more, over the whole of a range.
    fn linear(range: Range<f64>, most: usize, smallest: f64) -> Self {
        let size = range.start.abs().max(range.end.abs());
        let range = match range.end - range.start {
            // Equal values stand in the middle.
            width if width > size * 1e-9 => range,
            _ if size == 0.0 => 0.0..1.0,
            _ => range.start - 0.1 * size..range.end + 0.1 * size,
        };
        let raw = ((range.end - range.start) / most as f64).max(smallest);
        let power = 10_f64.powf(raw.log10().floor());
        let rounded = [1.0, 2.0, 5.0, 10.0].map(|round| round * power);
        let step = rounded.into_iter().find(|step| *step >= raw * 0.999);
        let step = step.unwrap_or(raw);
        // A value that is a tick but for its rounding needs no further one.
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

    /// Over the whole of a range above 0, from one of the values 1, 2, 5, 10, … to another, with those
    /// between them or, where they are many, some powers of ten.
    fn logarithmic(range: Range<f64>) -> Self {
        let powers = range.start.log10().floor() as i32..=range.end.log10().ceil() as i32;
        let values = powers.flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * 10_f64.powi(power)));
        let mut values: Vec<f64> = values.collect();
        // A value that is a tick but for its rounding needs no further one.
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
    fn share(&self, value: f64) -> f64 {
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

    fn ticks(&self, at: impl Fn(f64) -> f64) -> Vec<Tick> {
        let tick = |&value: &f64| Tick {
            at: at(value),
            label: self.label(value),
        };
        self.values.iter().map(tick).collect()
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

/// The smallest range that holds all values, or nothing without any.
fn span(values: impl Iterator<Item = f64>) -> Option<Range<f64>> {
    values.fold(None, |span: Option<Range<f64>>, value| {
        let span = span.unwrap_or(value..value);
        Some(span.start.min(value)..span.end.max(value))
    })
}

/// To a tenth: nobody sees less, and it keeps the page small.
fn round(length: f64) -> f64 {
    (length * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(points: &[[f64; 2]]) -> Series {
        let point = |&[x, y]: &[f64; 2]| Point {
            x,
            y,
            tell: format!("{y}"),
        };
        Series {
            look: Look::new(0),
            pale: false,
            points: points.iter().map(point).collect(),
        }
    }

    fn value(value: Option<f64>) -> Value {
        Value {
            look: Look::new(0),
            name: "flex".into(),
            value,
            spread: None,
            tell: String::new(),
        }
    }

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
            let scale = Scale::linear(low..high, 5, 0.0);
            let values = &scale.values;
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
            let scale = Scale::logarithmic(low..high);
            let values = &scale.values;
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
    fn labels_have_the_digits_that_tell_ticks_apart() {
        let labels = |low, high| {
            let scale = Scale::linear(low..high, 4, 0.0);
            let labels = scale.values.iter().map(|&value| scale.label(value));
            labels.collect::<Vec<_>>()
        };
        assert_eq!(labels(0.1, 0.5), ["0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(
            labels(0.0, 150_000.0),
            ["0", "50,000", "100,000", "150,000"]
        );
        assert_eq!(labels(-1.0, 1.0), ["-1.0", "-0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(labels(0.0, 4e6), ["0", "1e6", "2e6", "3e6", "4e6"]);
    }

    #[test]
    fn a_single_point_and_equal_values_stand_within_the_area() {
        for points in [&[[1.0, 0.1]][..], &[[1.0, 0.5], [2.0, 0.5]], &[[1.0, 0.0]]] {
            let chart = LineChart::new("t", Along::Epochs, "%", &[series(points)]).unwrap();
            let [left, top, right, bottom] = chart.area;
            for spot in &chart.lines[0].spots {
                assert!(left <= spot.x && spot.x <= right, "{points:?}: {spot:?}");
                assert!(top <= spot.y && spot.y <= bottom, "{points:?}: {spot:?}");
            }
            let line = &chart.lines[0];
            assert_eq!(line.end[1], line.spots[0].y);
        }
    }

    #[test]
    fn a_line_is_broken_where_a_value_is_not_finite_and_the_axis_is_that_of_the_others() {
        let points = [
            [1.0, 0.5],
            [2.0, f64::NAN],
            [3.0, 0.7],
            [4.0, f64::INFINITY],
        ];
        let chart = LineChart::new("t", Along::Epochs, "", &[series(&points)]).unwrap();
        let corners: Vec<usize> = chart.lines.iter().map(|line| line.spots.len()).collect();
        assert_eq!(corners, [1, 1]);
        let labels: Vec<_> = chart
            .y_ticks
            .iter()
            .map(|tick| tick.label.as_str())
            .collect();
        assert_eq!(labels, ["0.50", "0.55", "0.60", "0.65", "0.70"]);
    }

    #[test]
    fn without_values_there_is_no_chart() {
        assert_eq!(LineChart::new("t", Along::Epochs, "%", &[]), None);
        let nothing = [series(&[]), series(&[[1.0, f64::NAN]])];
        assert_eq!(LineChart::new("t", Along::Seconds, "%", &nothing), None);
        assert_eq!(BarChart::new("t", "MB", &[]), None);
        assert_eq!(
            BarChart::new("t", "MB", &[value(None), value(Some(f64::NAN))]),
            None
        );
    }

    #[test]
    fn bars_are_as_long_as_their_values_and_what_was_not_measured_has_none() {
        let mut longest = value(Some(200.0));
        longest.spread = Some([150.0, 250.0]);
        let values = [longest, value(Some(100.0)), value(None), value(Some(-1.0))];
        let chart = BarChart::new("training", "images/s", &values).unwrap();
        let lengths: Vec<f64> = chart.bars.iter().map(|bar| bar.length).collect();
        assert!((lengths[0] / lengths[1] - 2.0).abs() < 0.01, "{lengths:?}");
        assert_eq!(lengths[2..], [0.0, 0.0]);
        assert_eq!(chart.bars[2].value, "not measured");
        // The whisker ends within the axis, which is as long as the spread asks for.
        let [from, to] = chart.bars[0].whisker.unwrap();
        assert!(
            from < lengths[0] && lengths[0] < to && to <= chart.right,
            "{chart:?}"
        );
    }

    #[test]
    fn times_far_apart_are_drawn_on_a_logarithmic_axis_and_others_from_zero() {
        let axis = |slow: f64| {
            let lines = [series(&[[1.0, 0.1], [2.0, 0.2]]), series(&[[slow, 0.1]])];
            let chart = LineChart::new("t", Along::Seconds, "%", &lines).unwrap();
            (chart.x_name, chart.x_ticks[0].label.clone())
        };
        assert_eq!(axis(20.0), ("seconds of training".into(), "0".into()));
        assert_eq!(
            axis(50.0),
            ("seconds of training, logarithmic".into(), "1".into())
        );
    }

    #[test]
    fn a_long_name_is_shortened_to_the_room_beside_the_value() {
        let mut long = value(Some(1.0));
        long.name = "a backend of a very long name on a device of an even longer one".into();
        let chart = BarChart::new("training", "images/s", &[long]).unwrap();
        let letters = chart.bars[0].name.chars().count() + chart.bars[0].value.chars().count();
        assert!(letters as f64 * LETTER < WIDTH, "{chart:?}");
        assert!(chart.bars[0].name.ends_with('…'), "{chart:?}");
    }
}
