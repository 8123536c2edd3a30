#![no_main]
//! The zoo's own weights.

use burn_zoo::weights::{Weights, metadata_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((weights, metadata)) = Weights::from_safetensors(bytes) {
        let again = weights.to_safetensors(metadata.clone());
        let again = Weights::from_safetensors(&again).expect("it was written by the zoo");
        assert_eq!(again.1, metadata);
    }
    if let Some((length, rest)) = bytes.split_first_chunk::<8>() {
        let header = rest.get(..u64::from_le_bytes(*length) as usize);
        let header = header.unwrap_or(rest);
        let _ = metadata_of(header, (rest.len() - header.len()) as u64);
    }
});
