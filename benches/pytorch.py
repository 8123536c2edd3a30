"""How fast PyTorch trains and runs one of the zoo's models, in float32.

    python benches/pytorch.py MODEL --dataset fashion-mnist|cifar-10 --batch-size N --threads T \\
        [--engine eager|compile|onnxruntime|tract] [--device cpu|cuda] [--tf32] [--samples K] \\
        [--infer-only | --train-only]

Images and targets are random, in the data set's shape: one batch, used for every step. Prints one JSON
object. `train_step_s` and `infer_step_s` hold the seconds of each step after two that are not counted, and
`first_step_s` those from the start of the process to the end of the first training step, so with the
import of PyTorch. `peak_memory_bytes` is that of the training (of the inference with --infer-only), the
process's own also where a GPU computes; `device_memory_bytes` is then what PyTorch reserved there.
With --engine compile the model goes through `torch.compile`, which needs a C++ compiler; with --engine onnxruntime
or tract it is exported to ONNX, and that engine computes the inference on the CPU: give --infer-only. tract computes
on one thread, as its Python package offers no other.
With --tf32 matrix products and convolutions round their inputs to 10 bits, as NVIDIA's tensor cores take them.
Needs PyTorch 2.9 and NumPy, and for the engines of ONNX files onnx and onnxruntime or tract.
"""

import time

TOP = time.perf_counter()  # Before the slow imports, for where /proc cannot be read.

import argparse
import io
import json
import os
import resource
import sys
import tempfile
from pathlib import Path

import torch
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
from pytorch_reference import CLASSES, MODELS, build, positive

SHAPES = {"fashion-mnist": (1, 28, 28), "cifar-10": (3, 32, 32)}

ENGINES = ["eager", "compile", "onnxruntime", "tract"]
OF_ONNX = ["onnxruntime", "tract"]  # Those that compute an exported model, and do not train it.

SECONDS, LEAST, MOST = 4.0, 3, 200  # How long to take samples, and how many.


def process_start():
    """When this process began, on the clock of `perf_counter`; to a hundredth of a second."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - began
    except (OSError, AttributeError, IndexError, ValueError):
        return TOP
    start = time.perf_counter() - age
    # In some sandboxes the two clocks have nothing to do with each other.
    return start if 0 <= TOP - start < 10 else TOP


def sample(step, samples):
    """The seconds of each of `samples` steps, or of as many as fit into the time, after two that warm up."""
    step()
    step()
    seconds = []
    while len(seconds) < (samples or MOST):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
        if samples is None and len(seconds) >= LEAST and sum(seconds) >= SECONDS:
            break
    return seconds


def peak_memory():
    """The most bytes that this process has held so far, as `zoo bench` takes it."""
    try:
        status = Path("/proc/self/status").read_text()
        return 1024 * int(status.partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError):
        # Not on Linux. There it would count what the process that started this one held, too.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else 1024 * peak


def exported(model, images):
    """The bytes of the model's ONNX file, for as many images as there are."""
    file = io.BytesIO()
    torch.onnx.export(model.eval(), (images,), file, input_names=["images"], dynamo=False)
    return file.getvalue()


def by_onnxruntime(model, images, threads):
    """A function that computes the logits of `images`, by as many threads."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(exported(model, images), settings, providers=["CPUExecutionProvider"])
    pixels = images.numpy()
    return lambda: session.run(None, {"images": pixels})[0]


def by_tract(model, images):
    """A function that computes the logits of `images`, on one thread."""
    import tract

    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        file.write(exported(model, images))
        file.flush()
        runnable = tract.onnx().load(file.name).into_model().into_runnable()
    pixels = images.numpy()
    return lambda: runnable.run([pixels])[0].to_numpy()


def measure(options):
    shape = SHAPES[options.dataset]
    on_gpu = options.device == "cuda"
    torch.backends.cuda.matmul.allow_tf32 = options.tf32
    torch.backends.cudnn.allow_tf32 = options.tf32
    model = build(options.model, options.dataset, shape).to(options.device)
    optimiser = torch.optim.Adam(model.parameters(), lr=MODELS[options.model].learning_rate)
    images = (2 * torch.rand(options.batch_size, *shape) - 1).to(options.device)
    targets = torch.randint(CLASSES, (options.batch_size,)).to(options.device)
    if options.engine == "compile":
        model = torch.compile(model)

    def train():
        optimiser.zero_grad()
        F.cross_entropy(model(images), targets).backward()
        optimiser.step()
        if on_gpu:
            torch.cuda.synchronize()

    def infer_by_pytorch():
        with torch.inference_mode():
            model(images).argmax(1).cpu().numpy()

    def infer_by_engine():
        logits().argmax(1)

    infer = infer_by_pytorch
    if options.engine in OF_ONNX:
        infer = infer_by_engine
        tract = options.engine == "tract"
        logits = by_tract(model, images) if tract else by_onnxruntime(model, images, options.threads)
        # What is fast has to be right, too.
        with torch.inference_mode():
            torch.testing.assert_close(torch.from_numpy(logits()), model.eval()(images), rtol=1e-3, atol=1e-4)

    first_step, train_steps, infer_steps, peak = None, [], [], None
    if not options.infer_only:
        train()
        first_step = time.perf_counter() - process_start()
        train_steps = sample(train, options.samples)
        peak = peak_memory()
    if not options.train_only:
        model.eval()
        infer_steps = sample(infer, options.samples)
    return {
        "model": options.model,
        "dataset": options.dataset,
        "batch_size": options.batch_size,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "first_step_s": first_step,
        "train_step_s": train_steps,
        "infer_step_s": infer_steps,
        "peak_memory_bytes": peak or peak_memory(),
        "device_memory_bytes": torch.cuda.max_memory_reserved() if on_gpu else None,
        "hardware": torch.cuda.get_device_name() if on_gpu else None,
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", choices=MODELS, metavar="MODEL", help=", ".join(MODELS))
    parser.add_argument("--dataset", choices=SHAPES, required=True)
    parser.add_argument("--batch-size", type=positive, required=True, metavar="N")
    parser.add_argument("--threads", type=positive, required=True, metavar="T")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--engine", choices=ENGINES, default="eager")
    parser.add_argument("--tf32", action="store_true")
    parser.add_argument(
        "--samples",
        type=positive,
        metavar="K",
        help=f"steps to time; default: as many as fit into {SECONDS:g} s, {LEAST} to {MOST}",
    )
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--infer-only", action="store_true")
    only.add_argument("--train-only", action="store_true")
    options = parser.parse_args()
    if options.engine in OF_ONNX and (not options.infer_only or options.device != "cpu"):
        parser.error(f"--engine {options.engine} is measured with --infer-only, on the CPU")
    torch.set_num_threads(options.threads)
    print(json.dumps(measure(options)))


if __name__ == "__main__":
    main()
