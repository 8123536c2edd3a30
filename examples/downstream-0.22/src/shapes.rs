//! Pictures to learn.

use burn::tensor::{Device, Int, Tensor, TensorData};

pub const SHAPES: [&str; 3] = ["disc", "square", "cross"];

/// Pictures `[count, 1, side, side]` of the shapes in turn, pixels in [0, 1], at places and of sizes drawn from the
/// seed; and the numbers of their shapes.
pub fn shapes(
    count: usize,
    side: usize,
    seed: u32,
    device: &Device,
) -> (Tensor<4>, Tensor<1, Int>) {
    let mut state = seed;
    let mut below = |bound: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((u64::from(state) * u64::from(bound)) >> 32) as i32
    };
    // In 28ths of a side.
    let coordinate = |pixel: usize| (pixel * 28 / side) as i32;
    let mut pixels = Vec::new();
    for number in 0..count {
        let (x, y, radius) = (9 + below(10), 9 + below(10), 5 + below(4));
        for place in 0..side * side {
            let (dx, dy) = (coordinate(place % side) - x, coordinate(place / side) - y);
            let inside = dx.abs().max(dy.abs()) <= radius;
            let white = inside
                && match SHAPES[number % SHAPES.len()] {
                    "disc" => dx * dx + dy * dy <= radius * radius,
                    "square" => true,
                    _ => dx.abs().min(dy.abs()) <= radius / 4,
                };
            pixels.push(if white { 0.9 } else { 0.0 });
        }
    }
    let targets: Vec<i32> = (0..count)
        .map(|number| (number % SHAPES.len()) as i32)
        .collect();
    (
        Tensor::from_data(TensorData::new(pixels, [count, 1, side, side]), device),
        Tensor::from_data(TensorData::new(targets, [count]), device),
    )
}
