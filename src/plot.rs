//! Pictures of a run: the curves of loss and accuracy, and the confusion matrix. Beside them, sheets of
//! small images, as PNG only.
//!
//! Every other picture comes as SVG and as PNG, both made by one drawing function and both in memory, so
//! the caller decides where and how they are written. The font is built in: no system font is used.
//!
//! plotters draws on whole pixels. Everything is therefore drawn `FINE` times as large: the SVG's
//! view box scales it back exactly, and the PNG is averaged down, which smooths lines and letters.

mod sheet;

use std::io::Write as _;
use std::ops::Range;
use std::sync::OnceLock;

use crate::numbers::thousands;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

pub use sheet::{Scale, Sheet, SheetError, Tile, sheet, write_sheet};

/// How much larger than asked for a picture is drawn.
const FINE: u32 = 3;
/// The font's name. An SVG viewer without DejaVu takes Verdana, which is about as wide.
const FONT: &str = "DejaVu Sans, Verdana, sans-serif";
/// Beyond this a confusion matrix can no longer be read as a picture.
const MOST_CLASSES: usize = 128;
/// Values are drawn at most this far from zero, so that no axis overflows.
const LARGEST: f64 = 1e30;
/// Longer curves are drawn without markers.
const MOST_MARKERS: usize = 40;

const INK: RGBColor = RGBColor(38, 38, 38);
const GREY: RGBColor = RGBColor(150, 150, 150);
const GRID: RGBColor = RGBColor(228, 228, 228);
/// The colours of Okabe and Ito, which stay apart under every common colour blindness.
const PALETTE: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(90, 90, 90),
];

/// Loss and accuracy of one split after one epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// From 1.
    pub epoch: usize,
    /// The mean cross-entropy.
    pub loss: f64,
    /// The share of correct answers, 0 to 1.
    pub accuracy: f64,
}

/// The course of one split: "train", "valid" or "test".
#[derive(Debug, Clone, Copy)]
pub struct Curve<'a> {
    /// `train`, `valid` or `test`.
    pub name: &'a str,
    /// In order of the epochs.
    pub points: &'a [Point],
}

/// One picture in both formats, ready to be written to files.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The text of an SVG file.
    pub svg: String,
    /// The bytes of a PNG file.
    pub png: Vec<u8>,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    /// There are no values.
    #[error("there is nothing to draw: the {0} hold no values")]
    Empty(&'static str),
    /// The counts are not a square of the classes' number.
    #[error(
        "a confusion matrix of {classes} classes needs {classes} rows of {classes} counts, but {found}"
    )]
    Shape {
        /// The number of classes.
        classes: usize,
        /// What is there instead.
        found: String,
    },
    /// More classes than a picture can show.
    #[error(
        "a confusion matrix of {0} classes cannot be read as a picture; the most is {MOST_CLASSES}"
    )]
    TooManyClasses(usize),
    /// The drawing library failed.
    #[error("the picture could not be drawn: {0}")]
    Drawing(String),
}

/// Draws loss (left) and accuracy in per cent (right) over the epochs, every split in both panels.
///
/// Values that are not finite are left out; the line is broken there.
pub fn curves(title: &str, curves: &[Curve]) -> Result<Picture, PlotError> {
    if curves.iter().all(|curve| curve.points.is_empty()) {
        return Err(PlotError::Empty("curves"));
    }
    picture((1200, 480), CurvesPicture { title, curves })
}

/// Draws the confusion matrix: a row for each true class, a column for each predicted one.
///
/// The darker a cell, the larger its share of the row. The caption gives the overall accuracy.
pub fn confusion_matrix(
    title: &str,
    classes: &[String],
    counts: &[Vec<u64>],
) -> Result<Picture, PlotError> {
    let n = classes.len();
    if n == 0 {
        return Err(PlotError::Empty("classes"));
    }
    if n > MOST_CLASSES {
        return Err(PlotError::TooManyClasses(n));
    }
    let shape = |found| PlotError::Shape { classes: n, found };
    if counts.len() != n {
        return Err(shape(format!("there are {}", counts.len())));
    }
    if let Some((row, cells)) = counts.iter().enumerate().find(|(_, row)| row.len() != n) {
        return Err(shape(format!("row {row} has {}", cells.len())));
    }
    let matrix = MatrixPicture::new(title, classes, counts)?;
    picture(matrix.size(), matrix)
}

// ---------------------------------------------------------------------------------------------
// The curves
// ---------------------------------------------------------------------------------------------

struct CurvesPicture<'a> {
    title: &'a str,
    curves: &'a [Curve<'a>],
}

impl Draw for CurvesPicture<'_> {
    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Result<(), PlotError> {
        canvas.fitted(self.title, 22.0, 1140.0, (600.0, 28.0), MIDDLE)?;
        self.panel(canvas, "Loss", 0.0, |point| point.loss)?;
        self.panel(canvas, "Accuracy (%)", 600.0, |point| {
            point.accuracy * 100.0
        })
    }
}

impl CurvesPicture<'_> {
    fn panel<DB: DrawingBackend>(
        &self,
        canvas: &Canvas<DB>,
        name: &str,
        offset: f64,
        value: impl Fn(&Point) -> f64,
    ) -> Result<(), PlotError> {
        let (left, right, top, bottom) = (offset + 74.0, offset + 578.0, 88.0, 424.0);
        let drawable = |point: &Point| {
            let (x, y) = ((point.epoch as f64).min(1e12), value(point));
            y.is_finite().then(|| (x, y.clamp(-LARGEST, LARGEST)))
        };

        // The epochs' axis counts every point, so that both panels have the same one.
        let points = || self.curves.iter().flat_map(|curve| curve.points);
        let epochs = span(points().map(|point| (point.epoch as f64).min(1e12))).unwrap_or(1.0..1.0);
        let values = span(points().filter_map(&drawable).map(|(_, y)| y));
        let margin = ((epochs.end - epochs.start) * 0.03).max(0.5);
        let x_axis = Axis::new(epochs.start - margin..epochs.end + margin, 10.0, 1.0);
        let y_axis = Axis::new(padded(values.clone().unwrap_or(0.0..1.0)), 9.0, 0.0);
        let at = |(x, y): (f64, f64)| {
            let (x, y) = (x_axis.share(x), y_axis.share(y));
            (left + x * (right - left), bottom - y * (bottom - top))
        };

        let in_run = |tick: &(f64, String)| epochs.start <= tick.0 && tick.0 <= epochs.end;
        for (tick, label) in x_axis.ticks().filter(in_run) {
            let x = at((tick, 0.0)).0;
            canvas.line(&[(x, top), (x, bottom)], 1.0, GRID)?;
            canvas.text(&label, 14.0, (x, bottom + 16.0), MIDDLE, INK)?;
        }
        for (tick, label) in y_axis.ticks() {
            let y = at((0.0, tick)).1;
            canvas.line(&[(left, y), (right, y)], 1.0, GRID)?;
            canvas.text(&label, 14.0, (left - 8.0, y), RIGHT, INK)?;
        }
        canvas.line(&[(left, top), (left, bottom), (right, bottom)], 1.0, GREY)?;
        let middle = (left + right) / 2.0;
        canvas.text("Epoch", 15.0, (middle, bottom + 40.0), MIDDLE, INK)?;
        canvas.text(name, 17.0, (left, 66.0), LEFT, INK)?;
        if values.is_none() {
            let centre = (middle, (top + bottom) / 2.0);
            canvas.text("no finite values", 15.0, centre, MIDDLE, GREY)?;
        }

        for (index, curve) in self.curves.iter().enumerate() {
            let (colour, marker) = look(index, curve.name);
            let drawn: Vec<_> = curve.points.iter().map(&drawable).collect();
            for run in drawn.split(Option::is_none) {
                let run: Vec<_> = run.iter().flatten().map(|&point| at(point)).collect();
                canvas.line(&run, 2.2, colour)?;
                // A point without neighbours is no line: only its marker shows it.
                if drawn.len() <= MOST_MARKERS || run.len() == 1 {
                    for &point in &run {
                        canvas.marker(marker, point, colour)?;
                    }
                }
            }
        }

        // The legend stands above the panel, where it hides no curve.
        let mut x = right;
        for (index, curve) in self.curves.iter().enumerate().rev() {
            let (colour, marker) = look(index, curve.name);
            let (label, size) = fitted(curve.name, 15.0, 120.0)?;
            canvas.text(&label, size, (x, 66.0), RIGHT, INK)?;
            x -= width(&label, size)? + 34.0;
            canvas.line(&[(x, 66.0), (x + 26.0, 66.0)], 2.2, colour)?;
            canvas.marker(marker, (x + 13.0, 66.0), colour)?;
            x -= 18.0;
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Marker {
    Disc,
    Square,
    Triangle,
}

/// A split looks the same in every picture, whichever other splits are there.
fn look(index: usize, name: &str) -> (RGBColor, Marker) {
    let index = match name {
        "train" => 0,
        "test" => 1,
        "valid" => 2,
        _ => index + 3,
    };
    let marker = [Marker::Disc, Marker::Square, Marker::Triangle][index % 3];
    (PALETTE[index % PALETTE.len()], marker)
}

/// The smallest range that holds all values, or nothing without any.
fn span(values: impl Iterator<Item = f64>) -> Option<Range<f64>> {
    values.fold(None, |span: Option<Range<f64>>, value| {
        let span = span.unwrap_or(value..value);
        Some(span.start.min(value)..span.end.max(value))
    })
}

/// The range with some air around it, never empty, and not below zero for values that are not.
fn padded(range: Range<f64>) -> Range<f64> {
    let size = range.start.abs().max(range.end.abs());
    let mut air = (range.end - range.start) * 0.05;
    if air <= size * 1e-6 {
        air = if size > 0.0 { size * 0.1 } else { 1.0 };
    }
    let start = range.start - air;
    let start = if range.start >= 0.0 {
        start.max(0.0)
    } else {
        start
    };
    start..range.end + air
}

/// A range with ticks on round values.
struct Axis {
    range: Range<f64>,
    step: f64,
}

impl Axis {
    /// About `ticks` ticks at most, `smallest` or more apart.
    fn new(range: Range<f64>, ticks: f64, smallest: f64) -> Self {
        let raw = ((range.end - range.start) / ticks).max(smallest);
        let power = 10f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|round| round * power)
            .into_iter()
            .find(|step| *step >= raw * 0.999)
            .unwrap_or(raw);
        Self { range, step }
    }

    /// Where a value stands on the axis, from 0 to 1.
    fn share(&self, value: f64) -> f64 {
        let share = (value - self.range.start) / (self.range.end - self.range.start);
        if share.is_finite() { share } else { 0.5 }
    }

    fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        let first = (self.range.start / self.step).ceil();
        let count = (self.range.end / self.step).floor() - first;
        let count = if count.is_finite() {
            count.clamp(-1.0, 30.0) as i32
        } else {
            -1
        };
        (0..=count).map(move |tick| {
            let value = (first + f64::from(tick)) * self.step;
            (value, self.label(value))
        })
    }

    fn label(&self, value: f64) -> String {
        let value = if value == 0.0 { 0.0 } else { value }; // No "-0".
        if self.range.end.abs().max(self.range.start.abs()) >= 1e6 || self.step < 1e-4 {
            let digits = (value.abs().log10().floor() - self.step.log10().floor()).clamp(0.0, 6.0);
            return match value {
                0.0 => "0".into(),
                _ => format!("{value:.*e}", digits as usize),
            };
        }
        let decimals = (-self.step.log10().floor()).max(0.0) as usize;
        format!("{value:.decimals$}")
    }
}

// ---------------------------------------------------------------------------------------------
// The confusion matrix
// ---------------------------------------------------------------------------------------------

struct MatrixPicture<'a> {
    title: &'a str,
    caption: String,
    counts: &'a [Vec<u64>],
    /// The classes' names, cut only where they are absurdly long.
    names: Vec<String>,
    name_size: f64,
    /// Column names lie flat where they fit and stand upright elsewhere.
    upright: bool,
    /// The size of the counts, if they fit into the cells.
    count_size: Option<f64>,
    cell: f64,
    left: f64,
    across: f64,
    /// From the cells to the middle of "true class".
    beside: f64,
    below: f64,
}

impl<'a> MatrixPicture<'a> {
    const TOP: f64 = 92.0;
    const RIGHT: f64 = 92.0;
    /// Room for the caption, however few the classes.
    const NARROWEST: f64 = 480.0;

    fn new(title: &'a str, classes: &[String], counts: &'a [Vec<u64>]) -> Result<Self, PlotError> {
        let n = classes.len();
        let cell = (600.0 / n as f64).round().clamp(10.0, 110.0);
        let name_size = (cell * 0.95).clamp(9.0, 15.0);
        let names = classes
            .iter()
            .map(|name| shortened(&clean(name), name_size, 320.0))
            .collect::<Result<Vec<_>, _>>()?;
        let longest = names.iter().try_fold(0f64, |longest, name| {
            Ok(longest.max(width(name, name_size)?))
        })?;
        let upright = longest > cell - 6.0;

        let most = counts.iter().flatten().max().copied().unwrap_or(0);
        let room = (cell - 4.0) / width(&most.to_string(), 100.0)?.max(1.0) * 100.0;
        let count_size = Some(room.min(cell * 0.5).min(17.0)).filter(|size| *size >= 7.0);

        let sum = |cells: &mut dyn Iterator<Item = u64>| cells.map(u128::from).sum::<u128>();
        let all = sum(&mut counts.iter().flatten().copied());
        let correct = sum(&mut counts.iter().zip(0..).map(|(row, index)| row[index]));
        let caption = match all {
            0 => "no images".to_string(),
            _ => format!(
                "accuracy {:.2} % ({} of {} images)",
                correct as f64 / all as f64 * 100.0,
                thousands(correct),
                thousands(all)
            ),
        };
        let side = cell * n as f64;
        let needed = 44.0 + longest + 8.0 + side + Self::RIGHT;
        let slack = (Self::NARROWEST - needed).max(0.0) / 2.0;
        Ok(Self {
            title,
            caption,
            counts,
            names,
            name_size,
            upright,
            count_size,
            cell,
            left: slack + 44.0 + longest + 8.0,
            across: needed + 2.0 * slack,
            beside: longest + 30.0,
            below: if upright { longest } else { name_size } + 44.0,
        })
    }

    fn side(&self) -> f64 {
        self.cell * self.names.len() as f64
    }

    fn size(&self) -> (u32, u32) {
        let height = Self::TOP + self.side() + self.below;
        (self.across.ceil() as u32, height.ceil() as u32)
    }
}

impl Draw for MatrixPicture<'_> {
    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Result<(), PlotError> {
        let (left, top, cell, side) = (self.left, Self::TOP, self.cell, self.side());
        let (right, bottom, middle) = (left + side, top + side, left + side / 2.0);
        let (room, centre) = (self.across - 40.0, self.across / 2.0);
        canvas.fitted(self.title, 20.0, room, (centre, 28.0), MIDDLE)?;
        canvas.fitted(&self.caption, 15.0, room, (centre, 58.0), MIDDLE)?;

        for (row, cells) in self.counts.iter().enumerate() {
            let y = top + row as f64 * cell;
            let all: u128 = cells.iter().copied().map(u128::from).sum();
            for (column, &count) in cells.iter().enumerate() {
                let x = left + column as f64 * cell;
                let share = count as f64 / all.max(1) as f64;
                let colour = shade(share);
                if count > 0 {
                    canvas.rectangle((x, y), (x + cell, y + cell), colour)?;
                }
                if let Some(size) = self.count_size {
                    let centre = (x + cell / 2.0, y + cell / 2.0);
                    let ink = if count > 0 { ink_on(colour) } else { GREY };
                    canvas.text(&count.to_string(), size, centre, MIDDLE, ink)?;
                }
            }
        }
        for index in 0..=self.names.len() {
            let step = index as f64 * cell;
            canvas.line(&[(left + step, top), (left + step, bottom)], 0.7, GRID)?;
            canvas.line(&[(left, top + step), (right, top + step)], 0.7, GRID)?;
        }

        for (index, name) in self.names.iter().enumerate() {
            let step = (index as f64 + 0.5) * cell;
            let size = self.name_size;
            canvas.text(name, size, (left - 8.0, top + step), RIGHT, INK)?;
            if self.upright {
                canvas.upright(name, size, (left + step, bottom + 8.0), RIGHT, INK)?;
            } else {
                let centre = (left + step, bottom + 8.0 + size / 2.0);
                canvas.text(name, size, centre, MIDDLE, INK)?;
            }
        }
        let low = bottom + self.below - 18.0;
        canvas.text("predicted class", 15.0, (middle, low), MIDDLE, INK)?;
        let far_left = (left - self.beside, (top + bottom) / 2.0);
        canvas.upright("true class", 15.0, far_left, MIDDLE, INK)?;

        // The scale of the colours.
        let (bar, steps) = (right + 18.0, 100);
        let step = side / f64::from(steps);
        for index in 0..steps {
            let y = bottom - f64::from(index + 1) * step;
            let colour = shade((f64::from(index) + 0.5) / f64::from(steps));
            canvas.rectangle((bar, y), (bar + 14.0, y + step), colour)?;
        }
        let (a, b) = ((bar, top), (bar + 14.0, bottom));
        canvas.line(&[a, (b.0, a.1), b, (a.0, b.1), a], 0.7, GREY)?;
        for (label, share) in [("0 %", 0.0), ("50 %", 0.5), ("100 %", 1.0)] {
            let y = (bottom - share * side).clamp(top + 6.0, bottom - 6.0);
            canvas.text(label, 12.0, (bar + 19.0, y), LEFT, INK)?;
        }
        Ok(())
    }
}

/// White for nothing, through a light blue, to dark blue for everything.
fn shade(share: f64) -> RGBColor {
    const STOPS: [[f64; 3]; 3] = [
        [255.0, 255.0, 255.0],
        [107.0, 174.0, 214.0],
        [8.0, 48.0, 107.0],
    ];
    let place = share.clamp(0.0, 1.0) * 2.0;
    let (from, to) = if place < 1.0 {
        (STOPS[0], STOPS[1])
    } else {
        (STOPS[1], STOPS[2])
    };
    let part = if place < 1.0 { place } else { place - 1.0 };
    let mix = |channel: usize| (from[channel] + (to[channel] - from[channel]) * part).round() as u8;
    RGBColor(mix(0), mix(1), mix(2))
}

/// The colour of text that can be read on `ground`.
fn ink_on(ground: RGBColor) -> RGBColor {
    let light = |value: u8| (f64::from(value) / 255.0).powf(2.2);
    let luminance = 0.2126 * light(ground.0) + 0.7152 * light(ground.1) + 0.0722 * light(ground.2);
    if luminance > 0.25 { INK } else { WHITE }
}

// ---------------------------------------------------------------------------------------------
// The canvas: plotters' elements in the picture's own units
// ---------------------------------------------------------------------------------------------

/// A picture that can be drawn on any of plotters' backends.
trait Draw {
    fn draw<DB: DrawingBackend>(&self, canvas: &Canvas<DB>) -> Result<(), PlotError>;
}

/// Draws a picture of `size` once as SVG and once as PNG.
fn picture(size: (u32, u32), content: impl Draw) -> Result<Picture, PlotError> {
    Ok(Picture {
        svg: svg(size, &content)?,
        png: png(size, &averaged_page(size, &content)?)?,
    })
}

fn svg((width, height): (u32, u32), content: &impl Draw) -> Result<String, PlotError> {
    let mut svg = String::new();
    let fine = (width * FINE, height * FINE);
    Canvas::fill(SVGBackend::with_string(&mut svg, fine), 0.0, content)?;
    let drawn = format!("width=\"{}\" height=\"{}\"", fine.0, fine.1);
    let shown = format!("width=\"{width}\" height=\"{height}\"");
    Ok(svg.replacen(&drawn, &shown, 1))
}

/// The RGB pixels of a page.
fn averaged_page((width, height): (u32, u32), content: &impl Draw) -> Result<Vec<u8>, PlotError> {
    let fine = (width * FINE, height * FINE);
    let mut pixels = vec![255; fine.0 as usize * fine.1 as usize * 3];
    let bitmap = BitMapBackend::with_buffer(&mut pixels, fine);
    Canvas::fill(bitmap, 0.16, content)?; // plotters sets a bitmap's texts too high.
    Ok(averaged((width, height), &pixels))
}

type Place = (f64, f64);

const LEFT: HPos = HPos::Left;
const MIDDLE: HPos = HPos::Center;
const RIGHT: HPos = HPos::Right;

struct Canvas<DB: DrawingBackend> {
    area: DrawingArea<DB, Shift>,
    /// By which share of its size a text must be lowered to stand in the middle of its place.
    sink: f64,
}

impl<DB: DrawingBackend> Canvas<DB> {
    /// Draws `content` on a white page of `backend`.
    fn fill(backend: DB, sink: f64, content: &impl Draw) -> Result<(), PlotError> {
        font()?;
        let canvas = Self {
            area: backend.into_drawing_area(),
            sink,
        };
        canvas.area.fill(&WHITE).map_err(undrawn)?;
        content.draw(&canvas)?;
        canvas.area.present().map_err(undrawn)
    }

    fn line(&self, places: &[Place], thick: f64, colour: RGBColor) -> Result<(), PlotError> {
        if places.len() < 2 {
            return Ok(());
        }
        let places: Vec<_> = places.iter().copied().map(fine).collect();
        let style = colour.stroke_width((thick * f64::from(FINE)).round().max(1.0) as u32);
        let element = PathElement::new(places, style);
        self.area.draw(&element).map_err(undrawn)
    }

    fn rectangle(&self, from: Place, to: Place, colour: RGBColor) -> Result<(), PlotError> {
        let element = Rectangle::new([fine(from), fine(to)], colour.filled());
        self.area.draw(&element).map_err(undrawn)
    }

    fn marker(&self, marker: Marker, (x, y): Place, colour: RGBColor) -> Result<(), PlotError> {
        match marker {
            Marker::Disc => {
                let radius = (4.0 * f64::from(FINE)) as i32;
                let element = Circle::new(fine((x, y)), radius, colour.filled());
                self.area.draw(&element).map_err(undrawn)
            }
            Marker::Square => self.rectangle((x - 3.6, y - 3.6), (x + 3.6, y + 3.6), colour),
            Marker::Triangle => {
                let corners = [(x - 4.8, y + 3.6), (x + 4.8, y + 3.6), (x, y - 5.0)];
                let element = Polygon::new(corners.map(fine), colour.filled());
                self.area.draw(&element).map_err(undrawn)
            }
        }
    }

    fn text(
        &self,
        text: &str,
        size: f64,
        place: Place,
        anchor: HPos,
        colour: RGBColor,
    ) -> Result<(), PlotError> {
        self.write(text, size, place, anchor, colour, FontTransform::None)
    }

    /// Writes from bottom to top.
    fn upright(
        &self,
        text: &str,
        size: f64,
        place: Place,
        anchor: HPos,
        colour: RGBColor,
    ) -> Result<(), PlotError> {
        self.write(text, size, place, anchor, colour, FontTransform::Rotate270)
    }

    /// Writes as large as `size`, but never wider than `room`.
    fn fitted(
        &self,
        text: &str,
        size: f64,
        room: f64,
        place: Place,
        anchor: HPos,
    ) -> Result<(), PlotError> {
        let (text, size) = fitted(text, size, room)?;
        self.text(&text, size, place, anchor, INK)
    }

    fn write(
        &self,
        text: &str,
        size: f64,
        place: Place,
        anchor: HPos,
        colour: RGBColor,
        turn: FontTransform,
    ) -> Result<(), PlotError> {
        let sink = self.sink * size;
        let place = match turn {
            FontTransform::None => (place.0, place.1 + sink),
            _ => (place.0 + sink, place.1),
        };
        let style = TextStyle::from((FONT, size * f64::from(FINE)).into_font().transform(turn))
            .color(&colour)
            .pos(Pos::new(anchor, VPos::Center));
        let element = Text::new(clean(text), fine(place), style);
        self.area.draw(&element).map_err(undrawn)
    }
}

fn fine((x, y): Place) -> (i32, i32) {
    let fine = |value: f64| (value * f64::from(FINE)).round() as i32;
    (fine(x), fine(y))
}

fn undrawn(error: impl std::error::Error) -> PlotError {
    PlotError::Drawing(error.to_string())
}

/// Hands plotters the built-in font, once.
fn font() -> Result<(), PlotError> {
    static FONT_IS_THERE: OnceLock<bool> = OnceLock::new();
    let register = || register_font(FONT, FontStyle::Normal, dejavu::sans::regular()).is_ok();
    match FONT_IS_THERE.get_or_init(register) {
        true => Ok(()),
        false => Err(PlotError::Drawing("the built-in font is unusable".into())),
    }
}

/// How wide a text is drawn.
fn width(text: &str, size: f64) -> Result<f64, PlotError> {
    font()?;
    let font = (FONT, size * f64::from(FINE)).into_font();
    let (width, _) = font.box_size(text).map_err(undrawn)?;
    Ok(f64::from(width) / f64::from(FINE))
}

/// The text and the size at which it is no wider than `room`: smaller, and shortened if need be.
fn fitted(text: &str, size: f64, room: f64) -> Result<(String, f64), PlotError> {
    let text = clean(text);
    let size = (size * room / width(&text, size)?.max(1.0)).clamp(size * 0.6, size);
    Ok((shortened(&text, size, room)?, size))
}

/// The text, cut with an ellipsis where it is wider than `room`.
fn shortened(text: &str, size: f64, room: f64) -> Result<String, PlotError> {
    // No letter that can be seen is narrower than a fiftieth of the size: the rest cannot fit.
    let most = (room / size * 50.0) as usize;
    let mut short: Vec<char> = text.chars().take(most).collect();
    if short.len() == text.chars().count() && width(text, size)? <= room {
        return Ok(text.to_string());
    }
    let with_ellipsis = |letters: &[char]| letters.iter().collect::<String>() + "…";
    while !short.is_empty() && width(&with_ellipsis(&short), size)? > room {
        short.pop();
    }
    Ok(with_ellipsis(&short))
}

/// The text without what neither a line of text nor XML may hold.
fn clean(text: &str) -> String {
    let allowed = |letter: char| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}');
    text.chars()
        .map(|letter| if allowed(letter) { letter } else { ' ' })
        .collect()
}

// ---------------------------------------------------------------------------------------------
// PNG
// ---------------------------------------------------------------------------------------------

/// Scales the pixels drawn down to `size`, each the mean of the [`FINE`]² it covers.
fn averaged((width, height): (u32, u32), pixels: &[u8]) -> Vec<u8> {
    let (width, height, fine) = (width as usize, height as usize, FINE as usize);
    let mut result = Vec::with_capacity(width * height * 3);
    let mut sums = vec![0u32; width * 3];
    for band in pixels.chunks_exact(width * fine * 3 * fine) {
        sums.fill(0);
        for line in band.chunks_exact(width * fine * 3) {
            for (sum, block) in sums.chunks_exact_mut(3).zip(line.chunks_exact(fine * 3)) {
                for pixel in block.chunks_exact(3) {
                    for (sum, &value) in sum.iter_mut().zip(pixel) {
                        *sum += u32::from(value);
                    }
                }
            }
        }
        result.extend(sums.iter().map(|sum| (sum / (FINE * FINE)) as u8));
    }
    result
}

const PNG_MAGIC: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// Packs RGB pixels as a PNG file.
fn png((width, height): (u32, u32), pixels: &[u8]) -> Result<Vec<u8>, PlotError> {
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    for line in pixels.chunks_exact(width as usize * 3) {
        // Each line starts with its filter: 0, none.
        packed
            .write_all(&[0])
            .and_then(|()| packed.write_all(line))
            .map_err(undrawn)?;
    }
    let packed = packed.finish().map_err(undrawn)?;

    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]); // 8 bits a channel, RGB, no interlacing.
    let mut file = PNG_MAGIC.to_vec();
    for (kind, data) in [(b"IHDR", &header), (b"IDAT", &packed), (b"IEND", &vec![])] {
        file.extend(chunk(kind, data));
    }
    Ok(file)
}

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut checksum = flate2::Crc::new();
    checksum.update(kind);
    checksum.update(data);
    let length = (data.len() as u32).to_be_bytes();
    [&length, &kind[..], data, &checksum.sum().to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(epochs: usize, loss: impl Fn(usize) -> f64) -> Vec<Point> {
        (1..=epochs)
            .map(|epoch| Point {
                epoch,
                loss: loss(epoch),
                accuracy: 1.0 - 0.5 / epoch as f64,
            })
            .collect()
    }

    fn draw(points: &[Point]) -> Picture {
        let picture = curves(
            "a title",
            &[
                Curve {
                    name: "train",
                    points,
                },
                Curve {
                    name: "test",
                    points: &points[..points.len() / 2],
                },
            ],
        )
        .unwrap();
        assert_eq!(png_size(&picture.png), (1200, 480));
        picture
    }

    /// Only the SVG, which is made much faster.
    fn draw_svg(points: &[Point]) -> String {
        let train = Curve {
            name: "train",
            points,
        };
        let content = CurvesPicture {
            title: "a title",
            curves: &[train],
        };
        svg((1200, 480), &content).unwrap()
    }

    fn png_size(png: &[u8]) -> (u32, u32) {
        assert!(png.starts_with(&PNG_MAGIC));
        assert_eq!(&png[12..16], b"IHDR");
        assert!(png.ends_with(b"\0\0\0\0IEND\xae\x42\x60\x82"));
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        (number(16), number(20))
    }

    /// The texts of an SVG, in the order drawn.
    fn texts(svg: &str) -> Vec<&str> {
        svg.split("<text")
            .skip(1)
            .map(|text| text.split(['>', '<']).nth(1).unwrap().trim())
            .collect()
    }

    fn names(n: usize) -> Vec<String> {
        (0..n).map(|index| format!("class {index}")).collect()
    }

    #[test]
    fn both_panels_name_every_split_in_their_legend() {
        let picture = draw(&points(10, |epoch| 1.0 / epoch as f64));
        let texts = texts(&picture.svg);
        for (text, times) in [("train", 2), ("test", 2), ("Epoch", 2), ("a title", 1)] {
            assert_eq!(texts.iter().filter(|other| **other == text).count(), times);
        }
        assert!(texts.contains(&"Loss") && texts.contains(&"Accuracy (%)"));
        assert!(
            picture
                .svg
                .starts_with("<svg width=\"1200\" height=\"480\"")
        );
    }

    #[test]
    fn a_png_holds_the_pixels_it_was_made_of() {
        let pixels: Vec<u8> = (0..18).collect();
        let png = png((3, 2), &pixels).unwrap();
        assert_eq!(png_size(&png), (3, 2));
        let length = u32::from_be_bytes(png[33..37].try_into().unwrap()) as usize;
        let mut lines = Vec::new();
        let mut unpack = flate2::write::ZlibDecoder::new(&mut lines);
        unpack.write_all(&png[41..41 + length]).unwrap();
        unpack.finish().unwrap();
        let expected = [&[0], &pixels[..9], &[0], &pixels[9..]].concat();
        assert_eq!(lines, expected);
    }

    #[test]
    fn averaging_gives_the_mean_of_each_block() {
        let mut fine = vec![0; 6 * 3 * 3];
        fine[..3].copy_from_slice(&[90, 180, 9]); // One of the nine pixels of the left block.
        assert_eq!(averaged((2, 1), &fine), [10, 20, 1, 0, 0, 0]);
    }

    #[test]
    fn a_single_epoch_still_gives_a_picture() {
        let picture = draw(&points(1, |_| 0.4));
        assert!(picture.svg.contains("<circle"));
        assert!(texts(&picture.svg).contains(&"1"));
    }

    #[test]
    fn epochs_are_marked_by_whole_numbers() {
        for epochs in [1, 2, 3, 10, 200, 1000] {
            let axis = Axis::new(0.5..epochs as f64 + 0.5, 9.0, 1.0);
            let ticks: Vec<_> = axis.ticks().collect();
            assert!((1..=10).contains(&ticks.len()), "{epochs}: {ticks:?}");
            for (_, label) in ticks {
                label.parse::<usize>().unwrap();
            }
        }
    }

    #[test]
    fn two_hundred_epochs_are_drawn_without_markers() {
        let picture = draw(&points(200, |epoch| 2.3 / epoch as f64));
        assert_eq!(picture.svg.matches("<circle").count(), 2); // The legend's.
    }

    #[test]
    fn a_loss_that_is_not_finite_or_huge_does_no_harm() {
        let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, -1e300];
        for value in bad {
            draw_svg(&points(7, |epoch| if epoch == 3 { value } else { 0.5 }));
            draw_svg(&points(3, |_| value));
        }
        let mixed = |epoch: usize| bad[epoch % bad.len()];
        draw(&points(9, mixed));
        assert!(draw_svg(&points(3, |_| f64::NAN)).contains("no finite values"));
    }

    #[test]
    fn a_loss_that_is_not_finite_breaks_the_line() {
        let broken = points(8, |epoch| if epoch == 4 { f64::NAN } else { 0.5 });
        let whole = points(8, |_| 0.5);
        let lines = |points: &[Point]| draw_svg(points).matches("<polyline").count();
        assert_eq!(lines(&broken), lines(&whole) + 1);
    }

    #[test]
    fn equal_values_get_an_axis_with_room() {
        for value in [0.0, 1e-12, 0.3, 100.0, -2.0, 1e30] {
            let range = padded(value..value);
            assert!(range.start < range.end, "{value}: {range:?}");
            draw_svg(&points(5, |_| value));
        }
    }

    #[test]
    fn ticks_are_round_and_labelled_without_noise() {
        let labels = |range, ticks| -> Vec<String> {
            let axis = Axis::new(range, ticks, 0.0);
            axis.ticks().map(|(_, label)| label).collect()
        };
        assert_eq!(labels(0.25..0.62, 5.0), ["0.3", "0.4", "0.5", "0.6"]);
        assert_eq!(labels(-0.1..0.25, 4.0), ["-0.1", "0.0", "0.1", "0.2"]);
        assert_eq!(labels(0.0..2e8, 2.0), ["0", "1e8", "2e8"]);
    }

    #[test]
    fn extreme_epochs_do_no_harm() {
        for epochs in [vec![0], vec![usize::MAX], vec![0, usize::MAX], vec![3, 3]] {
            let point = |epoch| Point {
                epoch,
                loss: 1.0,
                accuracy: 0.5,
            };
            draw_svg(&epochs.into_iter().map(point).collect::<Vec<_>>());
        }
    }

    #[test]
    fn curves_without_points_are_an_error_in_one_sentence() {
        let empty = Curve {
            name: "train",
            points: &[],
        };
        for none in [&[][..], &[empty]] {
            let error = curves("a title", none).unwrap_err().to_string();
            assert_eq!(error, "there is nothing to draw: the curves hold no values");
        }
    }

    #[test]
    fn a_title_may_hold_anything() {
        let title = "a < b & \"c\"\0\n\u{ffff}".to_string() + &"long ".repeat(2000);
        let points = points(2, |_| 1.0);
        let train = Curve {
            name: &title,
            points: &points,
        };
        let picture = curves(&title, &[train]).unwrap();
        assert!(picture.svg.contains("a &lt; b &amp; &quot;c&quot;"));
        assert!(!picture.svg.contains('\0'));
        confusion_matrix(&title, std::slice::from_ref(&title), &[vec![1]]).unwrap();
    }

    #[test]
    fn a_confusion_matrix_shows_names_counts_and_accuracy() {
        let classes = ["cat & dog".to_string(), "bird".to_string()];
        let counts = [vec![1500, 7], vec![93, 400]];
        let picture = confusion_matrix("a title", &classes, &counts).unwrap();
        let texts = texts(&picture.svg);
        for text in ["1500", "7", "93", "400", "a title"] {
            assert!(texts.contains(&text), "{text}");
        }
        for name in ["cat &amp; dog", "bird"] {
            assert_eq!(texts.iter().filter(|text| **text == name).count(), 2);
        }
        assert!(texts.contains(&"accuracy 95.00 % (1,900 of 2,000 images)"));
        let (width, height) = png_size(&picture.png);
        let size = format!("<svg width=\"{width}\" height=\"{height}\"");
        assert!(picture.svg.starts_with(&size));
    }

    #[test]
    fn confusion_matrices_of_any_usual_size_are_drawn() {
        for n in [1, 2, 10, 50] {
            let counts = vec![vec![123; n]; n];
            let picture = confusion_matrix("a title", &names(n), &counts).unwrap();
            let (width, height) = png_size(&picture.png);
            assert!(width.max(height) < 1000, "{n}: {width} × {height}");
        }
    }

    #[test]
    fn cells_too_small_for_their_counts_stay_without() {
        let matrix = |count| {
            let counts = vec![vec![count; 30]; 30];
            confusion_matrix("", &names(30), &counts).unwrap().svg
        };
        assert!(texts(&matrix(77)).contains(&"77"));
        assert!(!texts(&matrix(7_777_777)).contains(&"7777777"));
    }

    #[test]
    fn a_class_without_images_gets_an_empty_row() {
        let counts = [vec![0, 0], vec![0, u64::MAX]];
        confusion_matrix("a title", &names(2), &counts).unwrap();
        let none = confusion_matrix("a title", &names(2), &vec![vec![0; 2]; 2]).unwrap();
        assert!(texts(&none.svg).contains(&"no images"));
    }

    #[test]
    fn a_long_class_name_is_not_cut_off() {
        let name = "a class with an uncommonly long name";
        let mut classes = names(10);
        classes[3] = name.to_string();
        let picture = confusion_matrix("", &classes, &vec![vec![1; 10]; 10]).unwrap();
        let texts = texts(&picture.svg);
        assert_eq!(texts.iter().filter(|text| **text == name).count(), 2);
        let (width, height) = png_size(&picture.png);
        assert!(width.min(height) > 900);
    }

    #[test]
    fn a_matrix_of_the_wrong_shape_is_an_error_in_one_sentence() {
        let error = |n, counts: &[Vec<u64>]| {
            let error = confusion_matrix("", &names(n), counts).unwrap_err();
            error.to_string()
        };
        let needs = "a confusion matrix of 2 classes needs 2 rows of 2 counts, but ";
        assert_eq!(
            error(2, &[vec![0, 0]]),
            format!("{needs}there are 1") // rows
        );
        assert_eq!(
            error(2, &[vec![0, 0], vec![0]]),
            format!("{needs}row 1 has 1")
        );
        assert!(error(0, &[]).contains("nothing to draw"));
        assert!(error(1000, &[]).contains("the most is 128"));
    }

    #[test]
    fn text_on_a_cell_contrasts_with_it() {
        assert_eq!(ink_on(shade(0.0)), INK);
        assert_eq!(ink_on(shade(1.0)), WHITE);
    }
}
