//! Data sets of a few images, in the formats of the real ones.

use image::{GrayImage, Luma};
use std::fs;
use std::path::Path;

/// Writes Fashion-MNIST's four files with this many images a split; the images of a class share a
/// bright column.
pub fn write_fashion_mnist(folder: &Path, images: u8) {
    for split in ["train", "t10k"] {
        write_images(folder, split, images.into());
    }
}

/// Writes the two files of a split of Fashion-MNIST, `train` or `t10k`, with this many images.
pub fn write_images(folder: &Path, split: &str, images: u32) {
    write_split(folder, split, images, |_, label, index| {
        match index % 10 == label {
            true => 255,
            false => 0,
        }
    });
}

/// Writes Fashion-MNIST's four files with 400 images a split, in which the column of a class is hidden in noise, so that
/// they can be learned, but not perfectly.
pub fn write_noisy_fashion_mnist(folder: &Path) {
    for (split, seed) in [("train", 0), ("t10k", 1 << 20)] {
        write_split(folder, split, 400, |image, label, index| {
            let place = (seed + image * 28 * 28 + index) as u32;
            let mixed = place.wrapping_mul(2_654_435_761);
            let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(2_246_822_519);
            let noise = (mixed ^ (mixed >> 13)) % 180;
            noise as u8 + if index % 10 == label { 40 } else { 0 }
        });
    }
}

/// Writes the two files of a split; the pixels of an image follow from its number, its label and their places.
fn write_split(folder: &Path, split: &str, images: u32, pixel: impl Fn(usize, usize, usize) -> u8) {
    let count = images.to_be_bytes();
    let side = 28u32.to_be_bytes();
    let labels: Vec<u8> = (0..images).map(|image| (image % 10) as u8).collect();
    let all = labels.iter().enumerate().flat_map(|(image, &label)| {
        let pixel = &pixel;
        (0..28 * 28).map(move |index| pixel(image, label.into(), index))
    });
    let head = [&[0, 0, 8, 3][..], &count, &side, &side].concat();
    let file = folder.join(format!("{split}-images-idx3-ubyte"));
    fs::write(file, [head, all.collect()].concat()).unwrap();
    let head = [&[0, 0, 8, 1][..], &count].concat();
    let file = folder.join(format!("{split}-labels-idx1-ubyte"));
    fs::write(file, [head, labels].concat()).unwrap();
}

/// Writes CIFAR-10's six files with ten images each, one of every class.
pub fn write_cifar_10(folder: &Path) {
    let record = |label: u8| [vec![label], vec![20 * label; 3 * 32 * 32]].concat();
    let records: Vec<u8> = (0..10).flat_map(record).collect();
    for number in 1..=5 {
        fs::write(folder.join(format!("data_batch_{number}.bin")), &records).unwrap();
    }
    fs::write(folder.join("test_batch.bin"), &records).unwrap();
}

/// Writes so many pictures of 8×8 pixels into a folder: bright in their left half, or in their right one
/// where `mirrored`, and no two alike.
pub fn write_pictures(folder: &Path, count: u8, mirrored: bool) {
    fs::create_dir_all(folder).unwrap();
    for number in 0..count {
        let picture = GrayImage::from_fn(8, 8, |x, y| {
            let noise = (x * 31 + y * 17 + u32::from(number) * 43) % 64;
            let bright = (x < 4) != mirrored;
            Luma([if bright { 160 } else { 20 } + noise as u8])
        });
        let file = folder.join(format!("{number:03}.png"));
        picture.save(file).unwrap();
    }
}
