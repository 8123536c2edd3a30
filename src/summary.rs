//! The layer table of a model, as the lecture prints it (torchsummary's form).

use crate::numbers::thousands;
use burn_flex::Flex;
use burn_zoo_models::{ClassifierConfig, Graph, ModelError, NetworkConfig, Op};
use std::collections::BTreeSet;
use std::fmt::Write;

/// A model's operations and their sizes, from a trial run on the host without data.
///
/// # Errors
/// [`ModelError`] where its settings do not fit each other or the images.
#[inline(never)]
pub fn graph(config: &ClassifierConfig) -> Result<Graph, ModelError> {
    config.graph::<Flex>()
}

/// A model's parameters over all layers.
///
/// # Errors
/// [`ModelError`] where its settings do not fit each other or the images.
pub fn num_params(config: &ClassifierConfig) -> Result<usize, ModelError> {
    Ok(graph(config)?.num_params())
}

/// About how many bytes a step of training keeps for its backward pass, for batches of this many images, where
/// the model takes each batch as a whole; `None` where its memory is bounded otherwise, as without batch
/// normalisation or where all of it is `frozen`, by the names of its parameters.
///
/// Each operation's result counts as four values: 2.7 on flex and 3.4 on LibTorch were measured with `resnet-20`.
///
/// # Errors
/// [`ModelError`] where its settings do not fit each other or the images.
pub fn bytes_of_a_step(
    config: &ClassifierConfig,
    batch_size: usize,
    frozen: &BTreeSet<String>,
) -> Result<Option<usize>, ModelError> {
    let graph = graph(config)?;
    let takes_all = graph.layers().iter().any(|layer| {
        let is_frozen = layer
            .parameters
            .iter()
            .all(|own| frozen.contains(&own.name));
        layer.op == Op::BatchNorm2d && !is_frozen
    });
    let values = graph
        .layers()
        .iter()
        .map(|layer| layer.output.iter().product::<usize>());
    let bytes = 4 * 4 * values.sum::<usize>() * batch_size;
    Ok(takes_all.then_some(bytes))
}

/// The table of a model's layers, with the memory that one image takes.
///
/// # Errors
/// [`ModelError`] where its settings do not fit each other or the images.
pub fn table(config: &ClassifierConfig) -> Result<String, ModelError> {
    let graph = graph(config)?;
    let mut table = String::new();
    let mut line = |text: String| writeln!(table, "{text}").expect("a string can be written to");

    line("-".repeat(64));
    line(format!(
        "{:>20}  {:>25} {:>15}",
        "Layer (type)", "Output Shape", "Param #"
    ));
    line("=".repeat(64));
    for (index, layer) in graph.layers().iter().enumerate() {
        let name = format!("{}-{}", layer.op.kind(), index + 1);
        let output: Vec<_> = layer.output.iter().map(usize::to_string).collect();
        let output = format!("[-1, {}]", output.join(", "));
        let params = thousands(layer.num_params());
        line(format!("{name:>20}  {output:>25} {params:>15}"));
    }
    let params = graph.num_params();
    let outputs: usize = graph
        .layers()
        .iter()
        .map(|layer| layer.output.iter().product::<usize>())
        .sum();
    let megabytes = |values: usize| values as f64 * 4.0 / (1024.0 * 1024.0);
    let input = megabytes(config.input().num_values());
    // Each output once forward and once, as its gradient, backward.
    let passes = megabytes(2 * outputs);
    line("=".repeat(64));
    line(format!("Total params: {}", thousands(params)));
    line(format!("Trainable params: {}", thousands(params)));
    line("Non-trainable params: 0".into());
    line("-".repeat(64));
    line(format!("Input size (MB): {input:.2}"));
    line(format!("Forward/backward pass size (MB): {passes:.2}"));
    line(format!("Params size (MB): {:.2}", megabytes(params)));
    line(format!(
        "Estimated Total Size (MB): {:.2}",
        input + passes + megabytes(params)
    ));
    line("-".repeat(64));
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn_zoo_models::{ImageShape, find};

    #[test]
    fn the_table_of_cnn_is_the_lectures_to_the_digit() {
        let config = find("cnn").unwrap().config(ImageShape::new(1, 28, 28), 10);
        let table = table(&config).unwrap();
        let rows: Vec<Vec<&str>> = table
            .lines()
            .map(|line| line.split_whitespace().collect())
            .collect();
        // "Simple Convolutional Neural Network", the slide's table.
        let lecture = "Conv2d-1 [-1, 32, 22, 22] 1,600
            ReLU-2 [-1, 32, 22, 22] 0
            Conv2d-3 [-1, 64, 16, 16] 100,416
            ReLU-4 [-1, 64, 16, 16] 0
            Conv2d-5 [-1, 128, 10, 10] 401,536
            ReLU-6 [-1, 128, 10, 10] 0
            Conv2d-7 [-1, 256, 4, 4] 1,605,888
            ReLU-8 [-1, 256, 4, 4] 0
            Flatten-9 [-1, 4096] 0
            Linear-10 [-1, 128] 524,416
            ReLU-11 [-1, 128] 0
            Linear-12 [-1, 10] 1,290";
        for (row, expected) in rows[3..].iter().zip(lecture.lines()) {
            let expected: Vec<_> = expected.split_whitespace().collect();
            assert_eq!(row, &expected);
        }
        for total in [
            "Total params: 2,635,146",
            "Trainable params: 2,635,146",
            "Non-trainable params: 0",
            "Input size (MB): 0.00",
            "Forward/backward pass size (MB): 0.78",
            "Params size (MB): 10.05",
            "Estimated Total Size (MB): 10.83",
        ] {
            assert!(table.lines().any(|line| line == total), "{total}");
        }
        assert_eq!(rows.len(), 3 + 12 + 10);
    }
}
