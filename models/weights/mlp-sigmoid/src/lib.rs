// Made by `zoo publish` from the files beside it: not to be edited.
#![doc = include_str!("../README.md")]

/// 88.11 % on Fashion-MNIST, by the tuned recipe.
pub const FASHION_MNIST: &[u8] = include_bytes!("../mlp-sigmoid.fashion-mnist.safetensors");

/// 85.41 % on Fashion-MNIST, by the lecture's recipe.
pub const FASHION_MNIST_LECTURE: &[u8] =
    include_bytes!("../mlp-sigmoid.fashion-mnist.lecture.safetensors");
