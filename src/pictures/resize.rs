//! Resizing to the same bytes as Pillow: bilinear with antialiasing, in whole numbers, so that every processor
//! gives the same result.
//!
//! It is written here because weights that come from torchvision were trained on images resized by Pillow.

/// Fractional bits of a weight: those that a weighted sum of bytes leaves free in 32 bits.
const PRECISION: u32 = 32 - 8 - 2;
/// Values of a row that are summed at once, in registers.
const AT_ONCE: usize = 32;
/// Bytes after a row that may be read without being used, as two pixels are read with 8 bytes.
const SPARE: usize = 8;

/// A rectangle of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

impl Area {
    /// The whole of a picture with this width and height.
    pub fn whole([width, height]: [usize; 2]) -> Self {
        Self {
            left: 0,
            top: 0,
            width,
            height,
        }
    }
}

/// Along one side of the result, the source pixels of each pixel and their weights.
struct Side {
    /// For each pixel of the result, the first source pixel and the number of source pixels.
    spans: Vec<(usize, usize)>,
    /// The weights, `longest` for each pixel of the result, which is an even number.
    weights: Vec<i32>,
    longest: usize,
}

impl Side {
    /// For `count` pixels from `first` on, of a side that is resized from one length to another.
    fn new(from: usize, to: usize, first: usize, count: usize) -> Self {
        let scale = from as f64 / to as f64;
        // How far the source pixels of a pixel reach: one pixel of the source or of the result, whichever is larger.
        let reach = scale.max(1.0);
        let longest = reach.ceil() as usize * 2 + 2;
        let mut side = Self {
            spans: Vec::with_capacity(count),
            weights: vec![0; count * longest],
            longest,
        };
        let mut shares = Vec::with_capacity(longest);
        for (pixel, weights) in (first..).zip(side.weights.chunks_exact_mut(longest)) {
            let centre = (pixel as f64 + 0.5) * scale;
            // A negative number becomes 0.
            let start = (centre - reach + 0.5) as usize;
            let end = ((centre + reach + 0.5) as usize).min(from);
            let share = |at: usize| {
                let distance = (at as f64 - centre + 0.5) * (1.0 / reach);
                (1.0 - distance.abs()).max(0.0)
            };
            shares.clear();
            shares.extend((start..end).map(share));
            let sum: f64 = shares.iter().sum();
            for (weight, share) in weights.iter_mut().zip(&shares) {
                *weight = (share / sum * f64::from(1 << PRECISION) + 0.5) as i32;
            }
            side.spans.push((start, end - start));
        }
        side
    }

    /// For each pixel of the result, its first source pixel and its weights.
    fn pixels(&self) -> impl Iterator<Item = (usize, &[i32])> {
        let pixels = self
            .spans
            .iter()
            .zip(self.weights.chunks_exact(self.longest));
        pixels.map(|(&(start, count), weights)| (start, &weights[..count]))
    }
}

/// Cuts out a part of a picture, resizes it to a width and height, and returns a window of the result, one
/// channel after the other.
///
/// The picture's bytes are rows of `row` pixels with `C` interleaved channels.
pub(crate) fn resized<const C: usize>(
    bytes: &[u8],
    row: usize,
    part: Area,
    [width, height]: [usize; 2],
    window: Area,
) -> Vec<u8> {
    let across = Side::new(part.width, width, window.left, window.width);
    let down = Side::new(part.height, height, window.top, window.height);
    let first = down.spans.iter().map(|span| span.0).min().unwrap_or(0);
    let end = down.spans.iter().map(|span| span.0 + span.1).max();
    let rows = bytes.chunks_exact(row * C).skip(part.top + first);
    let rows = rows.take(end.unwrap_or(0) - first);
    let rows = rows.map(|row| &row[part.left * C..][..part.width * C]);
    // Rows of the result's width, in each of them one channel after the other.
    let mut narrow = vec![0; rows.len() * C * window.width];
    let mut spared = vec![0; part.width * C + SPARE];
    for (row, narrow) in rows.zip(narrow.chunks_exact_mut(C * window.width)) {
        spared[..row.len()].copy_from_slice(row);
        sum_across::<C>(&spared, &across, narrow);
    }
    let mut planes = vec![0; C * window.height * window.width];
    let mut line = vec![0; C * window.width];
    for (y, (start, weights)) in down.pixels().enumerate() {
        sum_down(&narrow[(start - first) * line.len()..], weights, &mut line);
        for (channel, line) in line.chunks_exact(window.width).enumerate() {
            let at = (channel * window.height + y) * window.width;
            planes[at..][..window.width].copy_from_slice(line);
        }
    }
    planes
}

/// One half in a weight's fractional bits, so that sums are rounded, not cut.
const HALF: i32 = 1 << (PRECISION - 1);

fn byte(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

/// A narrow row from a row of pixels, which [`SPARE`] bytes follow.
fn sum_across<const C: usize>(row: &[u8], across: &Side, narrow: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the CPU has these instructions.
        return unsafe { sum_across_by_avx2::<C>(row, across, narrow) };
    }
    sum_across_one_by_one::<C>(row, across, narrow);
}

#[inline(always)]
fn sum_across_one_by_one<const C: usize>(row: &[u8], across: &Side, narrow: &mut [u8]) {
    let width = narrow.len() / C;
    for (x, (start, weights)) in across.pixels().enumerate() {
        let mut sums = [HALF; C];
        for (pixel, weight) in row[start * C..].chunks_exact(C).zip(weights) {
            for (sum, &value) in sums.iter_mut().zip(pixel) {
                *sum += i32::from(value) * weight;
            }
        }
        for (channel, sum) in sums.into_iter().enumerate() {
            narrow[channel * width + x] = byte(sum);
        }
    }
}

/// Multiplies two pixels at once, each as four channels, whether there are as many or not.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sum_across_by_avx2<const C: usize>(row: &[u8], across: &Side, narrow: &mut [u8]) {
    use std::arch::x86_64::*;
    // Where the first bytes of a pixel and of the next go; -1 becomes 0.
    let apart = match C {
        1 => _mm_setr_epi8(0, -1, -1, -1, 1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1),
        _ => _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, -1, -1, -1, -1, -1, -1, -1, -1),
    };
    let width = narrow.len() / C;
    let pixels = across.spans.iter();
    let pixels = pixels.zip(across.weights.chunks_exact(across.longest));
    for (x, (&(start, count), weights)) in pixels.enumerate() {
        let mut sums = _mm256_setzero_si256();
        let (pairs, _) = weights.as_chunks::<2>();
        let row = &row[start * C..];
        for (pair, &[first, second]) in pairs[..count.div_ceil(2)].iter().enumerate() {
            let two = row[pair * 2 * C..]
                .first_chunk()
                .copied()
                .unwrap_or_default();
            let two = _mm_cvtsi64_si128(i64::from_le_bytes(two));
            let two = _mm256_cvtepu8_epi32(_mm_shuffle_epi8(two, apart));
            let weights = _mm256_set_m128i(_mm_set1_epi32(second), _mm_set1_epi32(first));
            sums = _mm256_add_epi32(sums, _mm256_mullo_epi32(two, weights));
        }
        let [low, high] = [
            _mm256_castsi256_si128(sums),
            _mm256_extracti128_si256::<1>(sums),
        ];
        let sums = _mm_add_epi32(_mm_add_epi32(low, high), _mm_set1_epi32(HALF));
        let sums = _mm_srai_epi32::<{ PRECISION as i32 }>(sums);
        let sums = _mm_packus_epi16(_mm_packs_epi32(sums, sums), sums);
        let sums = _mm_cvtsi128_si32(sums).to_le_bytes();
        for (channel, sum) in sums[..C].iter().enumerate() {
            narrow[channel * width + x] = *sum;
        }
    }
}

/// A line of the result from as many lines as it has weights.
fn sum_down(lines: &[u8], weights: &[i32], line: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the CPU has these instructions.
        return unsafe { sum_down_by_avx2(lines, weights, line) };
    }
    sum_down_at_once(lines, weights, line);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sum_down_by_avx2(lines: &[u8], weights: &[i32], line: &mut [u8]) {
    sum_down_at_once(lines, weights, line);
}

#[inline(always)]
fn sum_down_at_once(lines: &[u8], weights: &[i32], line: &mut [u8]) {
    let length = line.len();
    let mut at = 0;
    let mut parts = line.chunks_exact_mut(AT_ONCE);
    for part in &mut parts {
        let mut sums = [HALF; AT_ONCE];
        for (lines, &weight) in lines[at..].chunks(length).zip(weights) {
            for (sum, &value) in sums.iter_mut().zip(&lines[..AT_ONCE]) {
                *sum += i32::from(value) * weight;
            }
        }
        for (value, sum) in part.iter_mut().zip(sums) {
            *value = byte(sum);
        }
        at += AT_ONCE;
    }
    for (value, at) in parts.into_remainder().iter_mut().zip(at..) {
        let lines = lines[at..].iter().step_by(length);
        let sums = lines.zip(weights);
        *value = byte(sums.fold(HALF, |sum, (&value, weight)| {
            sum + i32::from(value) * weight
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(count: usize) -> Vec<u8> {
        let bytes = (0..count).map(|index| (index * index / 3 + 7 * index) as u8);
        bytes.collect()
    }

    /// Which is what processors without AVX2 do.
    #[test]
    fn sums_one_by_one_are_those_at_once() {
        for (from, to) in [(500, 224), (100, 224), (31, 32), (7, 7), (300, 1), (1, 5)] {
            let side = Side::new(from, to, 0, to);
            let (row, mut found) = (bytes(from * 3 + SPARE), vec![[0; 3 * 224]; 2]);
            let [first, second] = &mut found[..] else {
                unreachable!()
            };
            sum_across::<3>(&row, &side, &mut first[..3 * to]);
            sum_across_one_by_one::<3>(&row, &side, &mut second[..3 * to]);
            assert_eq!(first, second);
            sum_across::<1>(&row, &side, &mut first[..to]);
            sum_across_one_by_one::<1>(&row, &side, &mut second[..to]);
            assert_eq!(first, second);
            let lines = bytes(side.longest * 45);
            for (_, weights) in side.pixels() {
                sum_down(&lines, weights, &mut first[..45]);
                sum_down_at_once(&lines, weights, &mut second[..45]);
                assert_eq!(first, second);
            }
        }
    }

    #[test]
    fn a_size_that_stays_leaves_every_byte() {
        let image = bytes(20 * 9 * 3);
        let whole = Area::whole([20, 9]);
        let planes = resized::<3>(&image, 20, whole, [20, 9], whole);
        for (channel, plane) in planes.chunks_exact(180).enumerate() {
            assert!(plane.iter().eq(image.iter().skip(channel).step_by(3)));
        }
    }
}
