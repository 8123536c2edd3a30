#!/usr/bin/env python3
"""Writes a comparison of made-up figures, with all that can go wrong in one, to look at its report.

    python tests/report_example.py FOLDER && zoo report FOLDER && python tests/report.py FOLDER/report.html
"""

import json
import math
import random
import sys
from pathlib import Path

MARKUP = "<b>&\"' a driver of a rather long name, with markup"
EPOCHS = 10
# Training and inference in images a second.
SPEEDS = {
    "mlp-relu": {"flex": (148821, 364835), "ndarray": (81420, 271851), "libtorch": (134024, 347764), "wgpu": (9120, 20512)},
    "cnn": {"flex": (525, 1099), "ndarray": (307, 741), "libtorch": (795, 1861), "wgpu": (24.3, 81)},
    "cnn-maxpool": {"flex": (611, 1310), "ndarray": (342, 802), "libtorch": (902, 2211), "wgpu": (31.2, 95)},
}
ACCURACY = {"mlp-relu": 0.875, "cnn": 0.861, "cnn-maxpool": 0.912}
CPU = "AMD EPYC 9354 32-Core Processor, 2 threads"


def training(chance, model, speed, seed, num_epochs):
    course = random.Random(f"{model} {seed}")
    best = ACCURACY[model] + course.gauss(0, 0.004)
    metrics = []
    for epoch in range(1, num_epochs + 1):
        for split, above in [("train", 0.012), ("test", 0)]:
            accuracy = best - 0.12 * math.exp(-0.45 * epoch) + above * epoch / EPOCHS
            accuracy += course.gauss(0, 0.002) + chance.gauss(0, 0.0005)
            rate = speed * chance.gauss(1, 0.02) * (1 if split == "train" else 2.4)
            metrics.append({
                "epoch": epoch,
                "split": split,
                "loss": 2.6 * (1 - accuracy) ** 0.98 - (0.05 * epoch / EPOCHS if split == "train" else 0),
                "accuracy": accuracy,
                "images_per_second": rate,
                "seconds": (60000 if split == "train" else 10000) / rate,
            })
    return {"seed": seed, "finished": num_epochs == EPOCHS, "metrics": metrics}


def row(chance, model, backend):
    train, infer = SPEEDS[model][backend]
    batch_size = 1024
    steps = lambda rate: [batch_size / (rate * chance.gauss(1, 0.025)) for _ in range(60)]
    cold = {"flex": 0.9, "ndarray": 0.8, "libtorch": 2.1, "wgpu": 31.4}[backend] + batch_size / train
    convolutions = {"flex": "frequency", "ndarray": "frequency", "libtorch": "frequency", "wgpu": "direct"}[backend]
    return {
        "model": model,
        "backend": backend,
        "device": "cpu",
        "hardware": "llvmpipe (LLVM 15.0.6, 256 bits) (Vulkan)" if backend == "wgpu" else CPU,
        "batch_size": batch_size,
        "num_epochs": EPOCHS,
        "convolutions": [] if model.startswith("mlp") else [convolutions] * 3 + ["im2col"],
        "first_step_cold_s": cold,
        "first_step_cached_s": cold - (27 if backend == "wgpu" else 0.05),
        "train_step_s": steps(train),
        "infer_step_s": steps(infer),
        "peak_memory_bytes": int(chance.uniform(5e8, 1.2e9)),
        "gpu_memory_bytes": None,
        "parity": {"holds": True, "convolutions": [], "logits": 1.2e-7, "gradient": chance.uniform(5e-7, 2e-6), "breaches": []},
        "runs": [training(chance, model, train, seed, EPOCHS) for seed in (42, 43, 44)],
        "troubles": [],
    }


def main():
    chance = random.Random(1)
    rows = [row(chance, model, backend) for model in SPEEDS for backend in SPEEDS[model]]
    crashed, hanging, different, odd = rows[7], rows[11], rows[5], rows[3]
    crashed["runs"][2] = training(chance, "cnn", 24.3, 44, 4)
    crashed["troubles"] = ["training with seed 44: the process ended with signal 11, a crash in the driver or the backend"]
    hanging.update(train_step_s=[], infer_step_s=[], runs=[], parity=None, peak_memory_bytes=None)
    hanging.update(first_step_cached_s=None)
    hanging["troubles"] = [
        "speed: the process did not end within 1800 s",
        "parity: the process did not end within 1800 s",
    ]
    different["parity"].update(
        holds=False,
        gradient=1.3e-3,
        breaches=["the gradient of convolutions.3.weight is off by 1.3e-3, and float32 allows 2.1e-5"],
    )
    odd["hardware"] = MARKUP
    comparison = {
        "format": 1,
        "command": "zoo compare mlp-relu,cnn,cnn-maxpool --backends flex,ndarray,libtorch,wgpu --dataset fashion-mnist --seeds 42,43,44 --time-to 0.85",
        "dataset": "fashion-mnist",
        "num_train": 60000,
        "num_test": 10000,
        "seeds": [42, 43, 44],
        "time_to": 0.85,
        "machine": {
            "cpu": CPU,
            "memory_bytes": 16_640_000_000,
            "os": "linux x86_64",
            "zoo": "0.1.0",
            "burn": "0.21.0",
            "began": "2026-11-28T09:41:07Z",
        },
        "skipped": ["the backend cuda is not built in: build with `--features cuda`"],
        "rows": rows,
    }
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "compare.json").write_text(json.dumps(comparison, indent=1))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
