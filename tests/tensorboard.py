#!/usr/bin/env python3
"""TensorBoard reads what `zoo train --tensorboard` and `zoo export --format tensorboard` write.

    python tests/tensorboard.py target/release/zoo
    python tests/tensorboard.py --bytes

The first trains small runs in a temporary folder, without the network, and compares what TensorBoard's
own reader finds with metrics.csv: of a run, of one that went on, of one that was killed before its
checkpoint and did an epoch again, and of one exported afterwards. The second prints the bytes that
TensorBoard's own writer makes of the events in the unit test of src/tensorboard.rs. Needs tensorboard.
"""

import argparse
import csv
import io
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.pop(0)  # This file's folder, or it would be taken for the package of the same name.
from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

FIGURES = ("loss", "accuracy", "images_per_second")
QUICK = "--dataset synthetic --limit 256 --batch-size 64 --backend flex --valid-fraction 0.25"


def bytes_of_the_unit_test():
    """The events of `an_event_file_has_the_bytes_that_tensorboard_itself_writes`, as hexadecimal."""
    file = io.BytesIO()
    writer = RecordWriter(file)
    start = SessionLog(status=SessionLog.START)
    figures = [
        Summary.Value(tag="loss/train", simple_value=0.25),
        Summary.Value(tag="accuracy/train", simple_value=0.0),
        Summary.Value(tag="images_per_second/train", simple_value=1e6),
    ]
    for event in [
        Event(wall_time=1.5, file_version="brain.Event:2"),
        Event(wall_time=1.5, step=3, session_log=start),
        Event(wall_time=2.5, step=3, summary=Summary(value=figures)),
    ]:
        writer.write(event.SerializeToString())
    return file.getvalue().hex()


def check(run, what, events=None):
    """TensorBoard finds the figures of metrics.csv in the folder, each epoch once."""
    with open(run / "metrics.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    found = EventAccumulator(str(events or run), size_guidance={SCALARS: 0}).Reload()
    splits = {row["split"] for row in rows}
    tags = {f"{figure}/{split}" for figure in FIGURES for split in splits}
    if set(found.Tags()["scalars"]) != tags:
        sys.exit(f"{what}: TensorBoard finds the scalars {found.Tags()['scalars']}, not {tags}")
    times = []
    for tag in sorted(tags):
        figure, split = tag.split("/")
        expected = [
            (int(row["epoch"]), float(row[figure])) for row in rows if row["split"] == split
        ]
        scalars = found.Scalars(tag)
        steps = [scalar.step for scalar in scalars]
        if steps != [epoch for epoch, _ in expected]:
            sys.exit(f"{what}: {tag} has the steps {steps}, not the epochs {expected}")
        for scalar, (epoch, value) in zip(scalars, expected):
            if abs(scalar.value - value) > 1e-6 * abs(value):
                sys.exit(f"{what}: {tag} of epoch {epoch} is {scalar.value}, not {value}")
        times.append([scalar.wall_time for scalar in scalars])
    if any(series != sorted(series) for series in times):
        sys.exit(f"{what}: the epochs' times are not in order: {times}")
    print(f"{what}: {len(tags)} scalars of {len(steps)} epochs: ok")


def check_program(program, folder):
    def zoo(words, *paths):
        subprocess.run([program, *words.split(), *paths], check=True, stdout=subprocess.DEVNULL)

    run = folder / "run"
    zoo(f"train {QUICK} --epochs 2 --tensorboard --out", run)
    check(run, "a run")
    killed = folder / "killed"
    shutil.copytree(run, killed)

    zoo("train --epochs 3 --tensorboard --resume", run)
    check(run, "one that went on")

    # Its third epoch is in the event file, and not in the checkpoint.
    for events in run.glob("*tfevents*"):
        shutil.copy(events, killed)
    zoo("train --epochs 3 --tensorboard --resume", killed)
    check(killed, "one that did an epoch again")

    exported = folder / "exported"
    zoo(f"train {QUICK} --epochs 2 --out", exported)
    zoo("export --format tensorboard", exported)
    check(exported, "one exported afterwards")
    zoo("train --epochs 3 --tensorboard --resume", exported)
    check(exported, "one exported, then gone on with")

    elsewhere, late = folder / "events", folder / "late"
    zoo(f"train {QUICK} --epochs 1 --out", late)
    zoo(f"train --epochs 2 --tensorboard={elsewhere} --resume", late)
    check(late, "one whose first epoch had no event file, in a folder of its own", elsewhere)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("zoo", nargs="?", help="the program")
    parser.add_argument("--bytes", action="store_true", help="print the unit test's bytes")
    options = parser.parse_args()
    if options.bytes:
        print(bytes_of_the_unit_test())
    elif options.zoo:
        with tempfile.TemporaryDirectory() as folder:
            check_program(options.zoo, Path(folder))
    else:
        parser.error("name the program, or say --bytes")


if __name__ == "__main__":
    main()
