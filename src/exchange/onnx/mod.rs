//! Writes a model as ONNX, for ONNX Runtime and all that reads its format.
//!
//! The graph is the model's own, from its trial run without data.

mod graph;
mod messages;

use super::description::{entries, text};
use crate::trained::Trained;
use crate::weights::WeightsError;
use messages::{ModelProto, OperatorSetIdProto, StringStringEntryProto};
use prost::Message;

/// The version of ONNX's operators that is used: the oldest that has all of them as they are written here, in the form
/// that every later one reads.
const OPSET: i64 = 13;
/// The version of the file format that came with it, in ONNX 1.8.
const IR_VERSION: i64 = 7;

/// The bytes of an ONNX file: input `images` `[batch, C, H, W]`, output `logits` `[batch, classes]`,
/// for any number of images at a time.
///
/// The file's metadata describe the images and the logits. Equal weights give equal files.
///
/// # Errors
/// [`WeightsError::DoesNotFit`] where the weights are not the architecture's.
pub fn to_onnx(trained: &Trained) -> Result<Vec<u8>, WeightsError> {
    let graph = graph::of(&trained.model, &trained.architecture, trained.weights())?;
    let metadata = entries(trained).into_iter().map(|(key, value)| {
        let key = key.into();
        StringStringEntryProto { key, value }
    });
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "burn-zoo".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        doc_string: text(trained),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: OPSET,
        }],
        metadata_props: metadata.collect(),
    };
    Ok(model.encode_to_vec())
}

#[cfg(test)]
mod tests;
