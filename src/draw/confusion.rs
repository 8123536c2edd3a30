//! The confusion matrix as a picture.

use super::error::DrawError;
use super::font;
use super::picture::Picture;
use super::pixels::Pixels;
use super::scale::ColourScale;
use super::svg::{Anchor, Paint, Svg, Text};
use crate::numbers::thousands;

/// Beyond this a confusion matrix can no longer be read as a picture.
pub const MOST_CLASSES: usize = 128;

/// From the top to the cells.
const TOP: f64 = 92.0;
/// Room on the right for the scale of the colours.
const RIGHT: f64 = 92.0;
/// The narrowest picture: room for the caption, however few the classes.
const NARROWEST: f64 = 480.0;

/// Draws the confusion matrix: a row for each true class, a column for each predicted one.
///
/// The darker a cell, the larger its share of the row. The caption gives the overall accuracy.
///
/// # Errors
/// [`DrawError`] without classes, with too many, or where the counts are not one for each pair of classes.
pub fn confusion_matrix(
    title: &str,
    classes: &[String],
    counts: &[Vec<u64>],
) -> Result<Picture, DrawError> {
    let n = classes.len();
    if n == 0 {
        return Err(DrawError::Empty("classes"));
    }
    if n > MOST_CLASSES {
        return Err(DrawError::TooManyClasses {
            classes: n,
            most: MOST_CLASSES,
        });
    }
    let shape = |found| DrawError::Shape { classes: n, found };
    if counts.len() != n {
        return Err(shape(format!("there are {}", counts.len())));
    }
    if let Some((row, cells)) = counts.iter().enumerate().find(|(_, row)| row.len() != n) {
        return Err(shape(format!("row {row} has {}", cells.len())));
    }
    let layout = Layout::new(classes, counts);
    let mut svg = Svg::default();
    layout.draw(&mut svg, title, counts)?;
    Picture::new(svg.document(layout.size()))
}

/// Where everything stands.
struct Layout {
    /// The classes' names, cut only where they are absurdly long.
    names: Vec<String>,
    name_size: f64,
    /// Column names lie flat where they fit and stand upright elsewhere.
    upright: bool,
    /// The size of the counts, if they fit into the cells.
    count_size: Option<f64>,
    cell: f64,
    /// Where the cells begin.
    left: f64,
    width: f64,
    /// From the cells to the middle of "true class".
    beside: f64,
    /// From the cells to the picture's lower edge.
    below: f64,
}

impl Layout {
    fn new(classes: &[String], counts: &[Vec<u64>]) -> Self {
        let n = classes.len();
        let cell = (600.0 / n as f64).round().clamp(10.0, 110.0);
        let name_size = (cell * 0.95).clamp(9.0, 15.0);
        let names = classes
            .iter()
            .map(|name| font::shortened(name, name_size, 320.0));
        let names: Vec<String> = names.collect();
        let longest = names.iter().map(|name| font::width(name, name_size));
        let longest = longest.fold(0.0, f64::max).ceil();
        let upright = longest > cell - 6.0;

        let most = counts.iter().flatten().max().copied().unwrap_or(0);
        let room = (cell - 4.0) / font::width(&most.to_string(), 1.0);
        let count_size = Some(room.min(cell * 0.5).min(17.0)).filter(|size| *size >= 7.0);

        let side = cell * n as f64;
        let needed = 44.0 + longest + 8.0 + side + RIGHT;
        let slack = ((NARROWEST - needed).max(0.0) / 2.0).round();
        Self {
            names,
            name_size,
            upright,
            count_size,
            cell,
            left: slack + 44.0 + longest + 8.0,
            width: needed + 2.0 * slack,
            beside: longest + 30.0,
            below: if upright { longest } else { name_size } + 44.0,
        }
    }

    /// The length of all cells of a row or column.
    fn side(&self) -> f64 {
        self.cell * self.names.len() as f64
    }

    fn size(&self) -> [u32; 2] {
        let height = TOP + self.side() + self.below;
        [self.width.ceil() as u32, height.ceil() as u32]
    }

    fn draw(&self, svg: &mut Svg, title: &str, counts: &[Vec<u64>]) -> Result<(), DrawError> {
        let (left, side) = (self.left, self.side());
        let (bottom, middle) = (TOP + side, left + side / 2.0);
        let (room, centre) = (self.width - 40.0, self.width / 2.0);
        svg.fitted(Text::new(title, 20.0, [centre, 28.0]), room);
        svg.fitted(Text::new(&caption(counts), 15.0, [centre, 58.0]), room);

        self.draw_cells(svg, counts);
        self.draw_names(svg);
        let low = bottom + self.below - 18.0;
        svg.text(Text::new("predicted class", 15.0, [middle, low]));
        let beside = [left - self.beside, TOP + side / 2.0];
        svg.text(Text::new("true class", 15.0, beside).upright());
        self.draw_scale(svg)
    }

    fn draw_cells(&self, svg: &mut Svg, counts: &[Vec<u64>]) {
        let (left, cell, side) = (self.left, self.cell, self.side());
        for (row, counts) in counts.iter().enumerate() {
            let y = TOP + row as f64 * cell;
            let all: u128 = counts.iter().copied().map(u128::from).sum();
            for (column, &count) in counts.iter().enumerate() {
                let x = left + column as f64 * cell;
                let colour = ColourScale::Share.colour(count as f32 / all.max(1) as f32);
                if count > 0 {
                    svg.rectangle([x, y], [cell, cell], 0.0, Paint::Colour(colour));
                }
                if let Some(size) = self.count_size {
                    let centre = [x + cell / 2.0, y + cell / 2.0];
                    let ink = if count > 0 {
                        ink_on(colour)
                    } else {
                        Paint::Class("faint")
                    };
                    svg.text(Text::new(&count.to_string(), size, centre).paint(ink));
                }
            }
        }
        let steps = (0..=self.names.len()).map(|index| index as f64 * cell);
        let lines = steps.flat_map(|step| {
            let (x, y) = (left + step, TOP + step);
            [[[x, TOP], [x, TOP + side]], [[left, y], [left + side, y]]]
        });
        svg.strokes("grid", &lines.collect::<Vec<_>>());
    }

    fn draw_names(&self, svg: &mut Svg) {
        let (left, size) = (self.left, self.name_size);
        let bottom = TOP + self.side();
        for (index, name) in self.names.iter().enumerate() {
            let step = (index as f64 + 0.5) * self.cell;
            let row = Text::new(name, size, [left - 8.0, TOP + step]);
            svg.text(row.anchor(Anchor::End));
            if self.upright {
                let column = Text::new(name, size, [left + step, bottom + 8.0]);
                svg.text(column.anchor(Anchor::End).upright());
            } else {
                let centre = [left + step, bottom + 8.0 + size / 2.0];
                svg.text(Text::new(name, size, centre));
            }
        }
    }

    /// Draws a bar with the colours of all shares.
    fn draw_scale(&self, svg: &mut Svg) -> Result<(), DrawError> {
        let (side, bar) = (self.side(), self.left + self.side() + 18.0);
        let mut colours = ColourScale::Share.steps(256);
        colours.reverse();
        let pixels = Pixels {
            width: 1,
            height: colours.len(),
            colours,
        };
        svg.image([bar, TOP], [14.0, side], &pixels)?;
        svg.frame([bar, TOP], [14.0, side]);
        let bottom = TOP + side;
        for (label, share) in [("0 %", 0.0), ("50 %", 0.5), ("100 %", 1.0)] {
            let y = (bottom - share * side).clamp(TOP + 6.0, bottom - 6.0);
            svg.text(Text::new(label, 12.0, [bar + 19.0, y]).anchor(Anchor::Start));
        }
        Ok(())
    }
}

fn caption(counts: &[Vec<u64>]) -> String {
    let all: u128 = counts.iter().flatten().copied().map(u128::from).sum();
    let correct = counts.iter().enumerate().map(|(index, row)| row[index]);
    let correct: u128 = correct.map(u128::from).sum();
    match all {
        0 => "no images".to_string(),
        _ => format!(
            "accuracy {:.2} % ({} of {} images)",
            correct as f64 / all as f64 * 100.0,
            thousands(correct),
            thousands(all)
        ),
    }
}

/// The colour of text that can be read on a ground.
fn ink_on(ground: [u8; 3]) -> Paint<'static> {
    let [red, green, blue] = ground.map(|value| (f64::from(value) / 255.0).powf(2.2));
    let luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    match luminance > 0.25 {
        true => Paint::Class("ink"),
        false => Paint::Colour([255; 3]),
    }
}

#[cfg(test)]
mod tests;
