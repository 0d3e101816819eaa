//! A picture of rectangles, as PNG.

use std::ops::Range;

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError};

use crate::colour::PALETTE;

/// Pixels, each a place in the [`PALETTE`].
pub(crate) struct Canvas {
    width: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    /// A white picture.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            pixels: vec![0; width * height],
        }
    }

    /// Its height in pixels.
    pub(crate) fn height(&self) -> usize {
        self.pixels.len() / self.width
    }

    /// Paints a rectangle; what lies outside is left out.
    pub(crate) fn fill(&mut self, columns: Range<usize>, rows: Range<usize>, colour: u8) {
        let columns = columns.start.min(self.width)..columns.end.min(self.width);
        let lines = self.pixels.chunks_exact_mut(self.width);
        for line in lines.take(rows.end).skip(rows.start) {
            line[columns.clone()].fill(colour);
        }
    }

    /// The picture as PNG, two pixels to a byte.
    pub(crate) fn to_png(&self) -> Result<Vec<u8>, EncodingError> {
        let mut bytes = Vec::new();
        let side = |pixels: usize| u32::try_from(pixels).unwrap_or(0);
        let mut encoder = Encoder::new(&mut bytes, side(self.width), side(self.height()));
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(BitDepth::Four);
        encoder.set_compression(Compression::Fast);
        encoder.set_palette(PALETTE.as_flattened().to_vec());
        let lines = self.pixels.chunks_exact(self.width);
        let packed: Vec<u8> = lines
            .flat_map(|line| line.chunks(2))
            .map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0))
            .collect();
        encoder.write_header()?.write_image_data(&packed)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_are_painted_and_cut_off_at_the_edge() {
        let mut canvas = Canvas::new(5, 4);
        canvas.fill(3..9, 1..9, 4);
        assert_eq!(canvas.pixels[5..10], [0, 0, 0, 4, 4]);
        assert!(canvas.pixels[..5].iter().all(|pixel| *pixel == 0));
        canvas.fill(7..9, 0..1, 4);
        let png = canvas.to_png().expect("a picture");
        let reader = png::Decoder::new(std::io::Cursor::new(png)).read_info();
        let mut reader = reader.expect("PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("small")];
        reader.next_frame(&mut pixels).expect("a frame");
        assert_eq!(pixels, [0, 0, 0, 0, 4, 0x40, 0, 4, 0x40, 0, 4, 0x40]);
    }
}
