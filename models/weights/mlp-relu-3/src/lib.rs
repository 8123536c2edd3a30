// Made by `zoo publish` from the files beside it: not to be edited.
#![doc = include_str!("../README.md")]

/// 90.54 % on Fashion-MNIST, by the tuned recipe.
pub const FASHION_MNIST: &[u8] = include_bytes!("../mlp-relu-3.fashion-mnist.safetensors");

/// 88.31 % on Fashion-MNIST, by the lecture's recipe.
pub const FASHION_MNIST_LECTURE: &[u8] =
    include_bytes!("../mlp-relu-3.fashion-mnist.lecture.safetensors");
