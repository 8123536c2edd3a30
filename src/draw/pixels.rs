//! Small images as pixels.

use burn_zoo_models::ImageShape;
use image::RgbImage;
use image::imageops::{FilterType, resize};

/// An image in red, green and blue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pixels {
    /// Columns of pixels.
    pub width: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Red, green and blue, row by row.
    pub colours: Vec<[u8; 3]>,
}

impl Pixels {
    /// An image as a data set has it: channels first, either grey or red, green and blue.
    pub fn of_image(shape: ImageShape, values: &[u8]) -> Self {
        let size = shape.height * shape.width;
        let channel = |channel: usize| channel.min(shape.channels - 1) * size;
        let colours = (0..size).map(|at| [0, 1, 2].map(|c| values[channel(c) + at]));
        Self {
            width: shape.width,
            height: shape.height,
            colours: colours.collect(),
        }
    }

    /// The longer side.
    pub fn side(&self) -> u32 {
        self.width.max(self.height) as u32
    }

    /// The image, made smaller where its longer side is longer than this.
    pub fn at_most(self, side: u32) -> Self {
        let longer = self.side();
        if longer <= side {
            return self;
        }
        let [width, height] = [self.width as u32, self.height as u32];
        let image = RgbImage::from_raw(width, height, self.colours.concat())
            .expect("an image has a colour for every pixel");
        let shorter = |length: u32| (length * side / longer).max(1);
        let image = resize(
            &image,
            shorter(width),
            shorter(height),
            FilterType::Triangle,
        );
        Self {
            width: image.width() as usize,
            height: image.height() as usize,
            colours: image.pixels().map(|pixel| pixel.0).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_one_channel_is_grey_and_of_three_in_colour() {
        let grey = Pixels::of_image(ImageShape::new(1, 1, 2), &[7, 9]);
        assert_eq!(grey.colours, [[7; 3], [9; 3]]);
        let colour = Pixels::of_image(ImageShape::new(3, 2, 1), &[1, 2, 3, 4, 5, 6]);
        assert_eq!(colour.colours, [[1, 3, 5], [2, 4, 6]]);
        assert_eq!((colour.width, colour.height), (1, 2));
    }

    #[test]
    fn a_png_holds_the_images_pixels_and_a_large_image_is_made_smaller() {
        let pixels = |width, height, colours| Pixels {
            width,
            height,
            colours,
        };
        let colours: Vec<[u8; 3]> = (0..6).map(|value| [40 * value, 2, 200]).collect();
        let small = pixels(3, 2, colours.clone()).at_most(96);
        let read =
            image::load_from_memory(&crate::draw::encode_png(&small, None).unwrap()).unwrap();
        assert_eq!((read.width(), read.height()), (3, 2));
        assert_eq!(read.into_rgb8().into_raw(), colours.concat());
        let large = pixels(192, 96, vec![[7; 3]; 192 * 96]).at_most(96);
        assert_eq!((large.width, large.height), (96, 48));
        assert_eq!(large.colours, vec![[7; 3]; 96 * 48]);
    }
}
