// Made by `zoo publish` from the files beside it: not to be edited.
#![doc = include_str!("../README.md")]

/// 89.74 % on Fashion-MNIST, by the tuned recipe.
pub const FASHION_MNIST: &[u8] = include_bytes!("../mlp-relu.fashion-mnist.safetensors");

/// 87.54 % on Fashion-MNIST, by the lecture's recipe.
pub const FASHION_MNIST_LECTURE: &[u8] =
    include_bytes!("../mlp-relu.fashion-mnist.lecture.safetensors");
