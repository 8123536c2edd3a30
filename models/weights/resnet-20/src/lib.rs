// Made by `zoo publish` from the files beside it: not to be edited.
#![doc = include_str!("../README.md")]

/// 94.66 % on Fashion-MNIST, by the tuned recipe.
pub const FASHION_MNIST: &[u8] = include_bytes!("../resnet-20.fashion-mnist.safetensors");
