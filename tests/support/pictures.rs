//! Trainings on pictures, pictures to show to what was trained, and the size of those that are drawn.

use super::data::write_fashion_mnist;
use super::{damage, trained};
use image::{GrayImage, Luma};
use std::fs;
use std::path::{Path, PathBuf};

/// A training on the pictures of a folder that takes a fraction of a second.
pub fn own(pictures: &Path) -> String {
    let pictures = pictures.display();
    format!(
        "--dataset folder:{pictures} --image-shape 1x8x8 --batch-size 16 --lr 0.01 --backend flex"
    )
}

/// A run on a tiny Fashion-MNIST in the folder, and that data set's image of class 3, its negative and a
/// picture that breaks off.
pub fn striped_run(folder: &Path) -> PathBuf {
    write_fashion_mnist(folder, 20);
    let words = format!(
        "mlp-relu --dataset fashion-mnist --data-dir {} --batch-size 10 --epochs 3 --backend flex",
        folder.display()
    );
    let run = trained(folder, "run", &words);
    let image = GrayImage::from_fn(28, 28, |x, y| {
        Luma([if (28 * y + x) % 10 == 3 { 255 } else { 0 }])
    });
    image.save(folder.join("b.png")).unwrap();
    let mut negative = image;
    image::imageops::invert(&mut negative);
    negative.save(folder.join("a.bmp")).unwrap();
    let half = |png: &mut Vec<u8>| png.truncate(png.len() / 2);
    fs::copy(folder.join("b.png"), folder.join("c.png")).unwrap();
    damage(&folder.join("c.png"), half);
    run
}

/// The size of a PNG.
#[track_caller]
pub fn png_size(path: &Path) -> (u32, u32) {
    let bytes = fs::read(path).unwrap();
    assert_eq!(
        image::guess_format(&bytes).unwrap(),
        image::ImageFormat::Png
    );
    let image = image::load_from_memory(&bytes).unwrap();
    (image.width(), image.height())
}
