"""Measure estimates: a photo of 12 MP part by part, and `batch --estimate` of many, with networks of random weights.

The time of a network does not depend on its weights. The tiny one shows what is ours; the one of the size of Depth
Anything V2 small shows what a person waits for. Each measurement is a process of its own.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.library import numbered
from benchmarks.measure import camera_photo, load, table
from benchmarks.process import ROOT, run

ROUNDS = 3
"""Of a photo; the median counts."""
PHOTOS = 50

MODELS = {"tiny": "a tiny network", "small": "of the size of Depth Anything V2 small"}

MAKE = """
import sys
from pathlib import Path
from tests.estimate import tiny_models

folder = Path(sys.argv[1])
tiny_models.save("relative", folder / "tiny")
import torch
from transformers import AutoImageProcessor, DepthAnythingConfig, DepthAnythingForDepthEstimation

torch.manual_seed(1)
# The configuration's defaults are those of the small network.
DepthAnythingForDepthEstimation(DepthAnythingConfig()).save_pretrained(folder / "small")
processor = AutoImageProcessor.from_pretrained(folder / "tiny")
processor.size = {"height": 518, "width": 518}
processor.save_pretrained(folder / "small")
"""

PARTS = """
import json, statistics, sys, time
from pathlib import Path

photo, model, out, rounds = sys.argv[1:]
seconds, peaks = {}, {}
clock = time.perf_counter

def peak_mb():
    # Of the process itself; getrusage would include the parent's memory, which a child starts with.
    status = open("/proc/self/status").read()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) * 1.024e-3

start = clock()
import depthauthor as da
import numpy as np
from PIL import Image
from authoring.api.estimate_files import EstimateOptions
from authoring.api.photo_files import embed
from authoring.estimate.model_folder import find_model
from authoring.estimate.network import load_network
from authoring.read.photo_pixels import decode_any_photo
seconds["our imports"] = clock() - start
start = clock()
import torch
seconds["torch"] = clock() - start
start = clock()
from transformers import AutoImageProcessor, AutoModelForDepthEstimation
seconds["transformers"] = clock() - start
peaks["imports"] = peak_mb()

options = EstimateOptions(model=model)
start = clock()
network = load_network(find_model(options, print), "cpu")
seconds["loading"] = clock() - start
peaks["loading"] = peak_mb()

times = {}
for turn in range(int(rounds) + 1):
    marks = [clock()]
    pixels = decode_any_photo(Path(photo).read_bytes()).pixels.upright
    marks.append(clock())
    # What Network.run does, in its three parts.
    with torch.inference_mode():
        inputs = network.processor(images=Image.fromarray(pixels), return_tensors="pt")
        marks.append(clock())
        output = network.model(**inputs)
        marks.append(clock())
        [result] = network.processor.post_process_depth_estimation(output, [pixels.shape[:2]])
        values = result["predicted_depth"].float().numpy()
    marks.append(clock())
    del inputs, output, result, values, pixels
    if not turn:
        peaks["network"] = peak_mb()
    marks.append(clock())
    embed(photo, EstimateOptions(model=model), output=out, overwrite=True)
    marks.append(clock())
    if turn:  # The first warms up.
        names = ("decoding", "preparing", "network", "enlarging", None, "whole")
        for name, begun, ended in zip(names, marks, marks[1:]):
            times.setdefault(name, []).append(ended - begun)
peaks["embed"] = peak_mb()
medians = {name: statistics.median(values) for name, values in times.items() if name}
print(json.dumps([seconds, medians, peaks]))
"""


def report(folder: Path, photos: int = PHOTOS) -> str:
    """Return the tables."""
    if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers")):
        return (
            "Not measured: torch and transformers are not installed (pip install 'depthauthor[estimate]').\n"
        )
    if sys.platform != "linux":
        return "Memory is read as Linux reports it; not measured here.\n"
    _python(MAKE, folder)
    return f"{_parts(folder)}\n{_batches(folder, photos)}"


def _parts(folder: Path) -> str:
    """Return the tables of one photo: seconds and peak memory, part by part."""
    rows, memory, once = [], [], {}
    for suffix in (".jpg", ".heic"):
        photo = folder / f"photo{suffix}"
        photo.write_bytes(camera_photo(suffix))
        for model, name in MODELS.items():
            printed = _python(PARTS, photo, folder / model, folder / f"out{suffix}", ROUNDS)
            once, each, peaks = json.loads(printed.splitlines()[-1])
            theirs = [each[part] for part in ("decoding", "preparing", "network", "enlarging")]
            ours = each["whole"] - sum(theirs)
            what = (suffix[1:].upper(), name)
            rows.append((*what, *(f"{value:.2f} s" for value in (*theirs, ours, each["whole"]))))
            memory.append(
                (*what, f"{once['loading']:.2f} s", *(f"{value:.0f} MB" for value in peaks.values()))
            )
    imports = ", ".join(f"{name} {once[name]:.1f} s" for name in ("our imports", "torch", "transformers"))
    head = (
        "photo of 12 MP",
        "network",
        "decoding",
        "preparing",
        "the network itself",
        "enlarging",
        "ours",
        "whole",
    )
    after = ("photo of 12 MP", "network", "loading", "after imports", "loading", "the network", "embed")
    return (
        f"Once a process: {imports}. Preparing and enlarging are transformers': the photo to the network's size, its "
        "output to the photo's. Ours is the rest of embed: conversion, fit, refinement (which decodes the photo again, "
        f"smaller), encoding, checks, writing.\n\n{table(head, rows)}\nPeak memory, with the time of loading:\n\n"
        f"{table(after, memory)}"
    )


def _batches(folder: Path, photos: int) -> str:
    """Return the table of whole batches; the photos are copies that differ in a comment."""
    rows = []
    inside = folder / "photos"
    inside.mkdir()
    data = camera_photo(".jpg")
    for number in range(photos):
        (inside / f"{number}.jpg").write_bytes(numbered(".jpg", data, number))
    for model, name in MODELS.items():
        for jobs in (1, 2):
            out = folder / f"{model}-{jobs}"
            words = (
                "batch",
                inside,
                "--estimate",
                "--model",
                folder / model,
                "--device",
                "cpu",
                "--out",
                out,
            )
            cost = run([*map(str, words), "--jobs", str(jobs)], most_bytes=0)
            if cost.code:
                raise SystemExit(cost.message)
            rows.append(
                (
                    name,
                    str(jobs),
                    f"{cost.clock:.1f} s",
                    f"{cost.clock / photos:.2f} s",
                    f"{cost.seconds / photos:.2f} s",
                    f"{cost.peak_mb:.0f} MB",
                    load(),
                )
            )
    head = (
        "network",
        "jobs",
        f"{photos} photos",
        "a photo",
        "processor time a photo",
        "largest process",
        "load",
    )
    return f"`batch --estimate` of JPEGs of 12 MP, with imports and loading:\n\n{table(head, rows)}"


def _python(program: str, *words: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout
