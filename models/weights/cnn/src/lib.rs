// Made by `zoo publish` from the files beside it: not to be edited.
#![doc = include_str!("../README.md")]

/// 92.33 % on Fashion-MNIST, by the tuned recipe.
pub const FASHION_MNIST: &[u8] = include_bytes!("../cnn.fashion-mnist.safetensors");

/// 74.01 % on Fashion-MNIST, by the lecture's recipe.
pub const FASHION_MNIST_LECTURE: &[u8] = include_bytes!("../cnn.fashion-mnist.lecture.safetensors");
