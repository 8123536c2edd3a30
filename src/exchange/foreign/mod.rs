//! The tensors of a file that PyTorch or another program wrote: their names and shapes at once, their values one by one
//! as they are asked for, so that what stands beside a model in a file takes no memory.

mod json;
mod pytorch;
mod safetensors;
mod sharded;
mod tensor;

pub(super) use tensor::{Elements, Foreign, Tensor};

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use tensor::cannot;

/// Opens a file of PyTorch's, a safetensors file or the index of several files; its contents decide which.
///
/// # Errors
/// The problem, continuing "the file …".
pub(super) fn open(path: &Path) -> Result<Foreign, String> {
    let mut first = Vec::new();
    let file = File::open(path).map_err(cannot)?;
    file.take(9).read_to_end(&mut first).map_err(cannot)?;
    match first.as_slice() {
        [_, _, _, _, _, _, _, _, b'{'] => safetensors::open(path),
        [b'{' | b' ' | b'\n' | b'\r' | b'\t', ..] => sharded::open(path),
        _ => pytorch::open(path),
    }
}

/// The metadata in the header of a safetensors file; `None` where it is another file.
///
/// # Errors
/// As [`open`].
pub(super) fn safetensors_metadata(
    path: &Path,
) -> Result<Option<BTreeMap<String, String>>, String> {
    let mut first = [0; 9];
    let mut file = File::open(path).map_err(cannot)?;
    match file.read_exact(&mut first) {
        Ok(()) if first[8] == b'{' => Ok(Some(safetensors::header(path)?.metadata)),
        _ => Ok(None),
    }
}
