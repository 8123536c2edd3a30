#!/usr/bin/env python3
"""What burn-onnx makes of the zoo's ONNX files for Burn 0.22 computes what the zoo's models compute there.

ZOO is the built program. A project that depends on burn-onnx is made in a temporary folder; its build script turns ONNX
files into Rust source, and its program compares their logits with those of the same published weights in the edition for
Burn 0.22. It also reads a 16-bit file of the crate by burn-store, which must still fail as docs/exchange.md says.

It needs the crates of burn-onnx, a second Burn among them, and minutes: it is not a part of .ci/run.

    python tests/burn_onnx.py target/release/zoo
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODELS = ["vgg-small", "mlp-relu", "cnn-maxpool"]

MANIFEST = f"""
[workspace]
[package]
name = "by-burn-onnx"
version = "0.1.0"
edition = "2024"
[dependencies]
burn = {{ version = "0.22.1", default-features = false, features = ["std", "flex", "rayon", "simd"] }}
burn-store = {{ version = "0.22.1", default-features = false, features = ["std", "safetensors"] }}
burn-zoo-models = {{ path = {str(ROOT / "editions/burn-0.22")!r}, features = ["pretrained"] }}
[build-dependencies]
burn-onnx = "0.22"
[profile.dev]
debug = false
opt-level = 1
""".replace("'", '"')

BUILD = """
fn main() {
    for model in std::fs::read_dir("onnx").unwrap() {
        let path = model.unwrap().path();
        burn_onnx::ModelGen::new().input(path.to_str().unwrap()).out_dir("model/").run_from_script();
    }
}
"""

MODEL = """
    {{
        mod model {{ include!(concat!(env!("OUT_DIR"), "/model/{name}.rs")); }}
        let found = model::Model::default().forward(images());
        let set = burn_zoo_models::Weights::find("{id}").unwrap();
        let expected = set.load(&Device::default()).unwrap().forward(images());
        let off = (found - expected.clone()).abs().max().into_scalar::<f32>();
        let off = off / expected.abs().max().into_scalar::<f32>();
        println!("{id:30} {{off:.1e}}");
        assert!(off < 1e-6);
    }}
"""

MAIN = """
use burn::tensor::{{Device, Tensor, TensorData}};
use burn_store::{{ModuleSnapshot, SafetensorsStore}};
use burn_zoo_models::{{ImageShape, Network, NetworkConfig, VggConfig}};

fn images() -> Tensor<4> {{
    let values: Vec<f32> = (0..2 * 784).map(|i| ((i * 7919) as f64 * 0.618).fract() as f32 * 2.0 - 1.0).collect();
    Tensor::from_data(TensorData::new(values, [2, 1, 28, 28]), &Device::default())
}}

fn main() {{
    {models}
    let mut model = VggConfig::new(ImageShape::new(1, 28, 28), 10).init_with_seed(0, &Device::default()).unwrap();
    model.load_from(&mut SafetensorsStore::from_file({halves})).unwrap();
    let computed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| model.forward(images()).into_data()));
    assert!(computed.is_err(), "16-bit files can be read by burn-store now: docs/exchange.md need not warn");
    println!("16-bit files of the crate, read by burn-store: a panic, as said");
}}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("zoo", type=lambda path: str(Path(path).resolve()))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for part in ("src", "onnx"):
            (folder / part).mkdir()
        models = ""
        for model in MODELS:
            identity, name = f"{model}.fashion-mnist", model.replace("-", "_")
            command = [args.zoo, "export", identity, "--format", "onnx", "--out", folder / "onnx" / f"{name}.onnx"]
            subprocess.run(command, check=True)
            models += MODEL.format(name=name, id=identity)
        halves = ROOT / "models/weights/vgg-small/vgg-small.fashion-mnist.safetensors"
        (folder / "Cargo.toml").write_text(MANIFEST)
        (folder / "build.rs").write_text(BUILD)
        (folder / "src/main.rs").write_text(MAIN.format(models=models, halves=json.dumps(str(halves))))
        sys.exit(subprocess.run(["cargo", "run"], cwd=folder).returncode)


if __name__ == "__main__":
    main()
