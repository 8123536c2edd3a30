//! PNG: an SVG rendered to pixels, and pixels encoded as a file.

use super::error::DrawError;
use super::font::FAMILY;
use super::pixels::Pixels;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};
use std::sync::{Arc, OnceLock};

/// Renders an SVG document, pixel by unit.
pub fn render(svg: &str) -> Result<Pixels, DrawError> {
    let options = Options {
        fontdb: fonts(),
        font_family: FAMILY.into(),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(failed)?;
    let size = tree.size().to_int_size();
    let mut page = Pixmap::new(size.width(), size.height())
        .ok_or_else(|| DrawError::Rendering("it is too large".into()))?;
    resvg::render(&tree, Transform::default(), &mut page.as_mut());
    Ok(Pixels {
        width: size.width() as usize,
        height: size.height() as usize,
        // The ground is opaque, so that no pixel is transparent.
        colours: page
            .pixels()
            .iter()
            .map(|pixel| [pixel.red(), pixel.green(), pixel.blue()])
            .collect(),
    })
}

/// Encodes pixels as a PNG file, with a text of this name where there is one.
pub fn encode(pixels: &Pixels, text: Option<[&str; 2]>) -> Result<Vec<u8>, DrawError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, pixels.width as u32, pixels.height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    if let Some([name, text]) = text {
        encoder
            .add_text_chunk(name.into(), text.into())
            .map_err(failed)?;
    }
    let mut writer = encoder.write_header().map_err(failed)?;
    writer
        .write_image_data(pixels.colours.as_flattened())
        .map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(file)
}

/// The built-in font alone, read once.
fn fonts() -> Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    let read = || {
        let mut fonts = Database::new();
        fonts.load_font_source(Source::Binary(Arc::new(dejavu::sans::regular())));
        Arc::new(fonts)
    };
    FONTS.get_or_init(read).clone()
}

fn failed(error: impl std::error::Error) -> DrawError {
    DrawError::Rendering(error.to_string())
}
