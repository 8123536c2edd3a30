//! Writes a state dict as `torch.save` does: a zip archive with a pickle and the tensors' bytes.

use crate::weights::little_endian;
use burn::tensor::{DType, TensorData};
use std::io::{self, Cursor, Write};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// The archive's bytes.
pub(super) fn write(tensors: &[(String, TensorData)]) -> io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    // PyTorch maps the file into memory: uncompressed, each entry at a multiple of 64 bytes.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .with_alignment(64);
    let mut add = |name: &str, bytes: &[u8]| -> io::Result<()> {
        archive.start_file(format!("archive/{name}"), options)?;
        archive.write_all(bytes)
    };
    add("data.pkl", &pickle(tensors)?)?;
    add("byteorder", b"little")?;
    for (number, (_, data)) in tensors.iter().enumerate() {
        add(&format!("data/{number}"), &little_endian(data))?;
    }
    add("version", b"3\n")?;
    Ok(archive.finish()?.into_inner())
}

/// The pickle, of protocol 2: a dict of names to `_rebuild_tensor_v2` of each storage.
fn pickle(tensors: &[(String, TensorData)]) -> io::Result<Vec<u8>> {
    let mut pickle = Pickle(b"\x80\x02}(".to_vec());
    for (number, (name, data)) in tensors.iter().enumerate() {
        let shape = data.shape.as_slice();
        let mut strides = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        pickle.string(name)?;
        pickle.raw(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        pickle.string("storage")?;
        pickle.raw(match data.dtype {
            DType::I64 => b"ctorch\nLongStorage\n".as_slice(),
            _ => b"ctorch\nFloatStorage\n",
        });
        pickle.string(&number.to_string())?;
        pickle.string("cpu")?;
        pickle.integer(data.num_elements())?;
        pickle.raw(b"tQ");
        pickle.integer(0)?; // where in the storage the tensor begins
        pickle.tuple(shape)?;
        pickle.tuple(&strides)?;
        // No gradient, no hooks.
        pickle.raw(b"\x89ccollections\nOrderedDict\n)RtR");
    }
    pickle.raw(b"u.");
    Ok(pickle.0)
}

struct Pickle(Vec<u8>);

impl Pickle {
    fn raw(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn string(&mut self, text: &str) -> io::Result<()> {
        self.raw(b"X");
        self.number(text.len())?;
        self.raw(text.as_bytes());
        Ok(())
    }

    fn integer(&mut self, value: usize) -> io::Result<()> {
        self.raw(b"J");
        self.number(value)
    }

    fn number(&mut self, value: usize) -> io::Result<()> {
        let value = i32::try_from(value).map_err(io::Error::other)?;
        self.raw(&value.to_le_bytes());
        Ok(())
    }

    fn tuple(&mut self, values: &[usize]) -> io::Result<()> {
        self.raw(b"(");
        for &value in values {
            self.integer(value)?;
        }
        self.raw(b"t");
        Ok(())
    }
}
