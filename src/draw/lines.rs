//! A chart of lines: where everything stands, and the SVG of it.

use super::axis::{Axis, Tick, drawable, span};
use super::font;
use super::style::Style;
use super::svg::{Anchor, Paint, Place, Svg, Text};
use crate::numbers::number;

/// Times that are more than this many times apart are drawn on a logarithmic axis.
const FAR_APART: f64 = 12.0;
/// Longer lines have no marker at every point.
const MOST_MARKERS: usize = 40;

/// A value in a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Along the horizontal axis.
    pub x: f64,
    /// Along the vertical one.
    pub y: f64,
    /// The text that appears where the mouse points at it; none where it is empty.
    pub tooltip: String,
}

/// A line of values, which is broken where one is not finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// How it looks.
    pub style: Style,
    /// Whether it is there to compare with, and drawn paler.
    pub pale: bool,
    /// In order.
    pub points: Vec<Point>,
}

/// The quantity on the horizontal axis of a line chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Along {
    /// Whole epochs.
    Epochs,
    /// Seconds, on a logarithmic axis where the lines' ends are far apart.
    Seconds,
}

/// Where the lines of a chart have markers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markers {
    /// At the end of each line, which is dashed: for charts of many lines.
    Ends,
    /// At every point, unless there are very many.
    Points,
}

/// The room that a chart has, and how it is drawn into it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Panel {
    pub size: [f64; 2],
    /// The size of the text.
    pub text: f64,
    pub markers: Markers,
}

impl Panel {
    /// A chart of a page. Its units are about a pixel of a telephone: it is as wide as its column, and its
    /// text shrinks with it.
    const PAGE: Self = Self {
        size: [360.0, 232.0],
        text: 11.5,
        markers: Markers::Ends,
    };
}

/// A chart of lines. Lengths are in the units of its panel.
#[derive(Debug, Clone, PartialEq)]
pub struct LineChart {
    /// The heading.
    pub title: String,
    /// The chart in a sentence, for those who cannot see it.
    pub description: String,
    /// The left, top, right and bottom edge of the area within the axes.
    pub area: [f64; 4],
    /// The horizontal axis's name, with its unit.
    pub x_name: String,
    /// The vertical axis's name or unit.
    pub y_name: String,
    /// The ticks of the horizontal axis.
    pub x_ticks: Vec<Tick>,
    /// The ticks of the vertical axis.
    pub y_ticks: Vec<Tick>,
    /// The unbroken lines.
    pub lines: Vec<Line>,
    panel: Panel,
}

/// An unbroken line.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// How it looks.
    pub style: Style,
    /// Whether it is drawn paler.
    pub pale: bool,
    /// The places of its values.
    pub corners: Vec<Place>,
    /// The places that have a tooltip.
    pub spots: Vec<Spot>,
    /// Whether every corner has a marker.
    pub marked: bool,
}

/// A place with a tooltip.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
    /// The text that appears where the mouse points at it.
    pub tooltip: String,
}

/// Longer lines are thinned: a chart has not as many pixels.
const MOST_POINTS: usize = 2_000;

/// The points of a line that can be told from their neighbours: of each stretch of a long one the first, the last, the
/// lowest, the highest, and one at which it is broken.
fn seen(points: &[Point]) -> Vec<&Point> {
    if points.len() <= MOST_POINTS {
        return points.iter().collect();
    }
    let stretch = (5 * points.len()).div_ceil(MOST_POINTS);
    let seen = points.chunks(stretch).flat_map(|points| {
        let heights = points.iter().map(|point| drawable(point.y)).enumerate();
        let finite = heights.filter_map(|(index, height)| Some((index, height?)));
        let by_height = |(_, one): &(usize, f64), (_, other): &(usize, f64)| one.total_cmp(other);
        let mut indices = vec![0, points.len() - 1];
        indices.extend(finite.clone().min_by(by_height).map(|(index, _)| index));
        indices.extend(finite.max_by(by_height).map(|(index, _)| index));
        indices.extend(points.iter().position(|point| drawable(point.y).is_none()));
        indices.sort_unstable();
        indices.dedup();
        indices
            .into_iter()
            .map(|index| &points[index])
            .collect::<Vec<_>>()
    });
    seen.collect()
}

impl LineChart {
    /// The chart of these series for a page; `None` where they hold nothing to draw.
    pub fn new(title: &str, along: Along, unit: &str, series: &[Series]) -> Option<Self> {
        Self::in_panel(title, along, unit, series, Panel::PAGE)
    }

    /// The chart of these series for a panel; `None` where they hold nothing to draw.
    pub(super) fn in_panel(
        title: &str,
        along: Along,
        unit: &str,
        series: &[Series],
        panel: Panel,
    ) -> Option<Self> {
        let points = || series.iter().flat_map(|series| &series.points);
        let xs = span(points().filter_map(|point| drawable(point.x)))?;
        let ys = span(points().filter_map(|point| drawable(point.y)))?;
        // On a linear axis, a line that ends after a small part of the others' time would be a stroke upwards.
        let ends = series.iter().filter_map(|series| series.points.last());
        let ends = span(ends.filter_map(|point| drawable(point.x)));
        let far_apart = ends.is_some_and(|ends| ends.end > FAR_APART * ends.start);
        let far_apart = along == Along::Seconds && xs.start > 0.0 && far_apart;
        let x_axis = match (along, far_apart) {
            (Along::Epochs, _) => Axis::linear(xs, 9, 1.0),
            (Along::Seconds, false) => Axis::linear(0.0..xs.end, 5, 0.0),
            (Along::Seconds, true) => Axis::logarithmic(xs),
        };
        let [width, height] = panel.size;
        let text = panel.text;
        let most_ticks = (height / text / 3.2).round() as usize;
        let y_axis = Axis::linear(ys.clone(), most_ticks, 0.0);
        let labels = y_axis.labels().map(|label| font::width(&label, text));
        let left = (labels.fold(0.0, f64::max) + 8.0).round();
        // Above there is room for the vertical axis's name, on the right for half of the last label, and below
        // for labels and the horizontal axis's name.
        let [top, right, bottom] = [
            (2.26 * text).round(),
            width - (2.26 * text).round(),
            height - (3.5 * text).round(),
        ];
        // The first epoch stands beside the vertical axis's labels, not at them.
        let inset = match along {
            Along::Epochs => text,
            Along::Seconds => 0.0,
        };
        let x_at = |x| left + inset + x_axis.share(x) * (right - left - 2.0 * inset);
        let y_at = |y| bottom - y_axis.share(y) * (bottom - top);

        let lines = series.iter().flat_map(|series| {
            let seen = seen(&series.points);
            let placed = seen.into_iter().map(|point| {
                Some(Spot {
                    x: x_at(drawable(point.x)?),
                    y: y_at(drawable(point.y)?),
                    tooltip: point.tooltip.clone(),
                })
            });
            let placed: Vec<Option<Spot>> = placed.collect();
            let marked = panel.markers == Markers::Points && placed.len() <= MOST_MARKERS;
            let unbroken = placed.split(Option::is_none);
            let unbroken = unbroken.map(|run| run.iter().flatten().cloned().collect::<Vec<_>>());
            let lines = unbroken
                .filter(|spots| !spots.is_empty())
                .map(|spots| Line {
                    style: series.style,
                    pale: series.pale,
                    corners: spots.iter().map(|spot| [spot.x, spot.y]).collect(),
                    // A single point is no line: only its marker shows it.
                    marked: marked || spots.len() == 1,
                    spots: spots
                        .into_iter()
                        .filter(|spot| !spot.tooltip.is_empty())
                        .collect(),
                });
            lines.collect::<Vec<_>>()
        });
        Some(Self {
            title: title.into(),
            description: format!(
                "{} {}, from {} to {} {unit}.",
                series.len(),
                if series.len() == 1 { "line" } else { "lines" },
                number(ys.start),
                number(ys.end),
            ),
            area: [left, top, right, bottom],
            x_name: match (along, far_apart) {
                (Along::Epochs, _) => "epoch".into(),
                (Along::Seconds, false) => "seconds of training".into(),
                (Along::Seconds, true) => "seconds of training, logarithmic".into(),
            },
            y_name: unit.into(),
            lines: lines.collect(),
            x_ticks: x_axis.ticks(x_at),
            y_ticks: y_axis.ticks(y_at),
            panel,
        })
    }

    /// The chart as an element of a page, which has [`super::CHART_CSS`].
    pub fn svg(&self) -> String {
        let mut svg = Svg::default();
        svg.description(&self.description);
        self.draw(&mut svg);
        let label = format!("{}: {}", self.title, self.description);
        svg.on_page(self.panel.size, &label)
    }

    /// Where the middle of the vertical axis's name stands.
    pub(super) fn name_y(panel: Panel) -> f64 {
        0.65 * panel.text
    }

    pub(super) fn draw(&self, svg: &mut Svg) {
        let [left, _, right, bottom] = self.area;
        let Panel { text, markers, .. } = self.panel;
        let soft = Paint::Class("soft");
        let y_ticks = self.y_ticks.iter().map(|tick| crisp(tick.at));
        let grid: Vec<_> = y_ticks.map(|y| [[left, y], [right, y]]).collect();
        svg.strokes("grid", &grid);
        for tick in &self.y_ticks {
            let label = Text::new(&tick.label, text, [left - 7.0, tick.at]);
            svg.text(label.anchor(Anchor::End).paint(soft));
        }
        let x_ticks = self.x_ticks.iter().map(|tick| crisp(tick.at));
        let x_ticks = x_ticks.map(|x| [[x, bottom], [x, bottom + 4.0]]);
        let base = crisp(bottom);
        let axis: Vec<_> = x_ticks.chain([[[left, base], [right, base]]]).collect();
        svg.strokes("axis", &axis);
        for tick in &self.x_ticks {
            let at = [tick.at, bottom + 1.2 * text];
            svg.text(Text::new(&tick.label, text, at).paint(soft));
        }
        let at = [left, Self::name_y(self.panel)];
        let y_name = Text::new(&self.y_name, text, at);
        svg.text(y_name.anchor(Anchor::Start).paint(soft));
        let at = [(left + right) / 2.0, bottom + 2.65 * text];
        svg.text(Text::new(&self.x_name, text, at).paint(soft));

        for line in &self.lines {
            let pale = if line.pale { " pale" } else { "" };
            let class = format!("{}{pale}", line.style.colour_class());
            svg.group(&class, |svg| {
                let class = line.style.line_class(markers == Markers::Ends);
                svg.polyline(&class, &line.corners);
                let ends = line.corners.len() - 1;
                let marked = match (line.marked, markers) {
                    (true, _) => &line.corners[..],
                    (false, Markers::Ends) => &line.corners[ends..],
                    (false, Markers::Points) => &[],
                };
                for &corner in marked {
                    svg.marker(line.style.shape, corner);
                }
                for spot in &line.spots {
                    svg.spot([spot.x, spot.y], &spot.tooltip);
                }
            });
        }
    }
}

/// The middle of a pixel, where a stroke of one pixel is not blurred.
fn crisp(length: f64) -> f64 {
    length.floor() + 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(points: &[[f64; 2]]) -> Series {
        let point = |&[x, y]: &[f64; 2]| Point {
            x,
            y,
            tooltip: format!("{y}"),
        };
        Series {
            style: Style::new(0),
            pale: false,
            points: points.iter().map(point).collect(),
        }
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
            assert_eq!(line.corners[line.corners.len() - 1][1], line.spots[0].y);
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
    fn text_from_outside_is_escaped() {
        let mut odd = series(&[[1.0, 0.5]]);
        odd.points[0].tooltip = "<b>&\"'\0\u{ffff}".into();
        let svg = LineChart::new("<i>", Along::Epochs, "%", &[odd])
            .unwrap()
            .svg();
        assert!(
            svg.contains("<title>&lt;b&gt;&amp;&quot;&#39;  </title>"),
            "{svg}"
        );
        assert!(svg.contains("aria-label=\"&lt;i&gt;: "), "{svg}");
    }
}
