//! A chart of horizontal bars, one below the other.

use super::axis::{Axis, Tick, drawable, span};
use super::font;
use super::style::Style;
use super::svg::{Anchor, Paint, Place, Svg, Text};
use crate::numbers::number;

const WIDTH: f64 = 360.0;
/// Room for half of the last tick's label.
const RIGHT: f64 = 26.0;
/// The height of a bar with its name.
const BAR: f64 = 46.0;
/// The size of names and values.
const NAME: f64 = 12.5;
/// The size of the ticks' labels.
const LABEL: f64 = 11.5;
/// Where a name begins, behind its marker.
const NAME_LEFT: f64 = 18.0;

/// The value of a bar before the bar has its place.
#[derive(Debug, Clone, PartialEq)]
pub struct BarValue {
    /// How it looks.
    pub style: Style,
    /// The name beside it.
    pub name: String,
    /// Its length; `None` where it was not measured.
    pub value: Option<f64>,
    /// The smallest and the largest of most of the measurements.
    pub spread: Option<[f64; 2]>,
    /// The text that appears where the mouse points at it.
    pub tooltip: String,
}

/// A chart of horizontal bars.
#[derive(Debug, Clone, PartialEq)]
pub struct BarChart {
    /// The heading, with the unit.
    pub title: String,
    /// The chart in a sentence, for those who cannot see it.
    pub description: String,
    /// Where the axis ends.
    pub right: f64,
    /// Where the last bar ends.
    pub bottom: f64,
    /// The ticks of the horizontal axis.
    pub ticks: Vec<Tick>,
    /// From above.
    pub bars: Vec<Bar>,
}

/// A bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// How it looks.
    pub style: Style,
    /// Its name, shortened to its room.
    pub name: String,
    /// Its value as text.
    pub value: String,
    /// The upper edge of bar and name.
    pub top: f64,
    /// Its length; 0 where there is no value.
    pub length: f64,
    /// Both ends of the whisker.
    pub whisker: Option<Place>,
    /// The text that appears where the mouse points at it.
    pub tooltip: String,
}

impl BarChart {
    /// The chart of these values, from 0 on; `None` where none was measured.
    pub fn new(title: &str, unit: &str, values: &[BarValue]) -> Option<Self> {
        let finite = |value: &f64| value.is_finite();
        let length = |value: &BarValue| {
            let value = value.value.and_then(drawable);
            value.map(|value| value.max(0.0))
        };
        let lengths = values.iter().filter_map(length);
        let spreads = values.iter().filter_map(|value| value.spread).flatten();
        let largest = span(lengths.chain(spreads.filter_map(drawable)))?.end;
        let axis = Axis::linear(0.0..largest, 4, 0.0);
        let right = WIDTH - RIGHT;
        let at = |value: f64| axis.share(value) * right;
        let bars = values.iter().enumerate().map(|(index, value)| {
            let words = match length(value) {
                Some(length) => number(length),
                None => "not measured".into(),
            };
            // Values are bold, and so a tenth wider.
            let room = WIDTH - NAME_LEFT - 1.1 * font::width(&words, NAME) - 12.0;
            let spread = value.spread.filter(|ends| ends.iter().all(finite));
            Bar {
                style: value.style,
                name: font::shortened(&value.name, NAME, room),
                value: words,
                top: index as f64 * BAR,
                length: length(value).map_or(0.0, at),
                whisker: spread.map(|ends| ends.map(at)),
                tooltip: value.tooltip.clone(),
            }
        });
        let tooltips = values.iter().map(|value| value.tooltip.as_str());
        Some(Self {
            title: format!("{title}, {unit}"),
            description: tooltips.collect::<Vec<_>>().join("; "),
            right,
            bottom: values.len() as f64 * BAR,
            ticks: axis.ticks(at),
            bars: bars.collect(),
        })
    }

    /// The chart as an element of a page, which has [`super::CHART_CSS`].
    pub fn svg(&self) -> String {
        let mut svg = Svg::default();
        svg.description(&self.description);
        self.draw(&mut svg);
        let label = format!("{}: {}", self.title, self.description);
        svg.on_page([WIDTH, self.bottom + 24.0], &label)
    }

    fn draw(&self, svg: &mut Svg) {
        let ticks = self.ticks.iter().map(|tick| tick.at);
        let grid: Vec<_> = ticks.map(|x| [[x, 0.0], [x, self.bottom]]).collect();
        svg.strokes("grid", &grid);
        for (index, tick) in self.ticks.iter().enumerate() {
            let label = Text::new(&tick.label, LABEL, [tick.at, self.bottom + 13.0]);
            let anchor = if index == 0 {
                Anchor::Start
            } else {
                Anchor::Middle
            };
            svg.text(label.anchor(anchor).paint(Paint::Class("soft")));
        }
        svg.strokes("axis", &[[[0.0, 0.0], [0.0, self.bottom]]]);
        for bar in &self.bars {
            svg.group(&bar.style.colour_class(), |svg| bar.draw(svg));
        }
    }
}

impl Bar {
    fn draw(&self, svg: &mut Svg) {
        svg.tooltip(&self.tooltip);
        let y = self.top + 13.0;
        let name = Text::new(&self.name, NAME, [NAME_LEFT, y]);
        svg.text(name.anchor(Anchor::Start));
        let value = Text::new(&self.value, NAME, [WIDTH, y]);
        svg.text(value.anchor(Anchor::End).paint(Paint::Class("ink value")));
        svg.marker(self.style.shape, [9.0, y]);
        let size = [self.length, 15.0];
        svg.rectangle([0.0, self.top + 23.0], size, 1.5, Paint::Class("bar"));
        if let Some([low, high]) = self.whisker {
            let y = self.top + 30.5;
            let end = |x| [[x, y - 4.0], [x, y + 4.0]];
            svg.strokes("whisker", &[[[low, y], [high, y]], end(low), end(high)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(value: Option<f64>) -> BarValue {
        BarValue {
            style: Style::new(0),
            name: "flex".into(),
            value,
            spread: None,
            tooltip: String::new(),
        }
    }

    #[test]
    fn without_values_there_is_no_chart() {
        assert_eq!(BarChart::new("t", "MB", &[]), None);
        assert_eq!(
            BarChart::new("t", "MB", &[value(None), value(Some(f64::NAN))]),
            None
        );
    }

    #[test]
    fn bars_are_as_long_as_their_values_and_those_not_measured_have_none() {
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
    fn a_long_name_is_shortened_to_the_room_beside_the_value() {
        let mut long = value(Some(1.0));
        long.name = "a backend of a very long name on a device of an even longer one".into();
        let chart = BarChart::new("training", "images/s", &[long]).unwrap();
        let Bar { name, value, .. } = &chart.bars[0];
        let wide = NAME_LEFT + font::width(name, NAME) + font::width(value, NAME);
        assert!(wide < WIDTH - 5.0, "{chart:?}");
        assert!(name.ends_with('…'), "{chart:?}");
    }
}
