//! The picture of a run: loss and accuracy by epoch.

use super::error::DrawError;
use super::font;
use super::lines::{Along, LineChart, Markers, Panel, Point, Series};
use super::picture::Picture;
use super::style::Style;
use super::svg::{Anchor, Paint, Svg, Text};

const SIZE: [u32; 2] = [1200, 480];
/// The size of the names in the legends.
const LEGEND: f64 = 15.0;
/// Where a panel begins, and how much room it has.
const TOP: f64 = 58.0;
const PANEL: Panel = Panel {
    size: [582.0, 410.0],
    text: 14.0,
    markers: Markers::Points,
};

/// Loss and accuracy of one split after one epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// From 1.
    pub epoch: usize,
    /// The mean cross-entropy.
    pub loss: f64,
    /// The share of correct predictions, 0 to 1.
    pub accuracy: f64,
}

/// Loss and accuracy of one split by epoch.
#[derive(Debug, Clone, Copy)]
pub struct Curve<'a> {
    /// `train`, `valid` or `test`.
    pub name: &'a str,
    /// In order of the epochs.
    pub points: &'a [CurvePoint],
}

/// Draws loss (left) and accuracy in per cent (right) over the epochs, every split in both panels.
///
/// Values that are not finite are left out; the line is broken there.
///
/// # Errors
/// [`DrawError::Empty`] without points; [`DrawError::Rendering`], which would be a defect of this program.
pub fn curves(title: &str, curves: &[Curve]) -> Result<Picture, DrawError> {
    Picture::new(svg(title, curves)?)
}

fn svg(title: &str, curves: &[Curve]) -> Result<String, DrawError> {
    if curves.iter().all(|curve| curve.points.is_empty()) {
        return Err(DrawError::Empty("curves"));
    }
    let mut svg = Svg::default();
    svg.fitted(Text::new(title, 22.0, [600.0, 28.0]), 1140.0);
    svg.moved([20.0, TOP], |svg| {
        panel(svg, "Loss", curves, |point| point.loss);
    });
    svg.moved([618.0, TOP], |svg| {
        panel(svg, "Accuracy (%)", curves, |point| 100.0 * point.accuracy);
    });
    Ok(svg.document(SIZE))
}

fn panel(svg: &mut Svg, name: &str, curves: &[Curve], value: impl Fn(&CurvePoint) -> f64) {
    let styles = curves.iter().enumerate();
    let styles = styles.map(|(index, curve)| Style::of_split(curve.name, index));
    let styles: Vec<Style> = styles.collect();
    let series = curves.iter().zip(&styles).map(|(curve, &style)| Series {
        style,
        pale: false,
        points: curve
            .points
            .iter()
            .map(|point| Point {
                x: point.epoch as f64,
                y: value(point),
                tooltip: String::new(),
            })
            .collect(),
    });
    let series: Vec<Series> = series.collect();
    let [width, height] = PANEL.size;
    let name_y = LineChart::name_y(PANEL);
    let mut right = width;
    match LineChart::in_panel("", Along::Epochs, name, &series, PANEL) {
        Some(mut chart) => {
            chart.x_name = "Epoch".into();
            right = chart.area[2];
            chart.draw(svg);
        }
        None => {
            svg.text(Text::new(name, PANEL.text, [0.0, name_y]).anchor(Anchor::Start));
            let middle = [width / 2.0, height / 2.0];
            let text = Text::new("no finite values", PANEL.text, middle);
            svg.text(text.paint(Paint::Class("faint")));
        }
    }
    // The legend stands above the area, where it hides no curve.
    for (curve, style) in curves.iter().zip(&styles).rev() {
        let (label, size) = font::fitted(curve.name, LEGEND, 120.0);
        svg.text(Text::new(&label, size, [right, name_y]).anchor(Anchor::End));
        right -= font::width(&label, size) + 34.0;
        style.draw_swatch(svg, [right, name_y], 26.0, false);
        right -= 18.0;
    }
}

#[cfg(test)]
mod tests;
