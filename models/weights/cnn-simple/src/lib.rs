// Made by `zoo publish` from the files beside it: not to be edited.
#![doc = include_str!("../README.md")]

/// 92.98 % on Fashion-MNIST, by the tuned recipe.
pub const FASHION_MNIST: &[u8] = include_bytes!("../cnn-simple.fashion-mnist.safetensors");

/// 75.94 % on Fashion-MNIST, by the lecture's recipe.
pub const FASHION_MNIST_LECTURE: &[u8] =
    include_bytes!("../cnn-simple.fashion-mnist.lecture.safetensors");
