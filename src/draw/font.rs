//! The built-in font, DejaVu Sans: how wide text is in it, and text fitted into its room.

use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// The font as a browser looks for it. One without DejaVu takes Verdana, which is about as wide.
pub const FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";

/// How wide a text is drawn. Kerning is left out, which makes it a little narrower.
pub fn width(text: &str, size: f64) -> f64 {
    let font = FontRef::new(dejavu::sans::regular()).expect("the built-in font can be read");
    let letters = font.charmap();
    let widths = font.glyph_metrics(Size::new(size as f32), LocationRef::default());
    let width = |letter: char| {
        let glyph = letters.map(letter).unwrap_or_default();
        widths.advance_width(glyph).unwrap_or_default()
    };
    text.chars().map(width).map(f64::from).sum()
}

/// The text and the size at which it is no wider than `room`: smaller, and shortened if need be.
pub fn fitted(text: &str, size: f64, room: f64) -> (String, f64) {
    let size = (size * room / width(text, size).max(1.0)).clamp(size * 0.6, size);
    (shortened(text, size, room), size)
}

/// The text, cut with an ellipsis where it is wider than `room`.
pub fn shortened(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.into();
    }
    let room = room - width("…", size);
    let mut used = 0.0;
    let fitting = text.chars().take_while(|letter| {
        used += width(letter.encode_utf8(&mut [0; 4]), size);
        used <= room
    });
    fitting.chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_wide_becomes_smaller_and_then_shorter() {
        let room = width("fashion", 10.0) + 0.01;
        assert_eq!(fitted("fashion", 10.0, room), ("fashion".into(), 10.0));
        let (text, size) = fitted("fashion-", 10.0, room);
        assert!(text == "fashion-" && size < 10.0, "{text} {size}");
        let (text, size) = fitted(
            "fashion-mnist in a folder with a very long name",
            10.0,
            room,
        );
        assert!(text.ends_with('…') && size == 6.0, "{text} {size}");
        assert!(width(&text, size) <= room);
    }
}
