"""Load a depth network and run it on the pixels of a photo."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from authoring.errors import DepthauthorError, MalformedError, UnsupportedError, UsageError
from authoring.estimate.estimate_options import Device
from authoring.estimate.model_files import digest_of
from authoring.estimate.model_folder import ModelFolder
from authoring.estimate.models import smaller_model

SMALLEST_SIDE = 4
"""Pixels on a side of a photo: the image processors take an axis of 1 or 3 for that of the colours."""

_LOADING = threading.Lock()
"""Threads of one worker share a network: without it each would load its own."""


@dataclass(frozen=True, slots=True, eq=False)
class NetworkOutput:
    """What a network gives for one photo."""

    values: NDArray[np.float32]
    """(H, W), enlarged to the photo's size; what they are `ModelFolder.kind` says."""
    size: tuple[int, int]
    """(width, height) of what the network itself gave."""
    focal_px: float | None
    """Focal length in pixels of the photo, of a network that estimates the field of view."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A network in memory."""

    folder: ModelFolder
    version: str
    """The repository's commit, or a digest of the weights in the folder."""
    processor: Any
    """transformers' image processor: pixels to tensors, and the network's output to the photo's size."""
    model: Any
    device: str

    def run(self, pixels: NDArray[np.uint8]) -> NetworkOutput:
        """Estimate the depth of a photo: pixels (H, W, 3), upright, in its own colours.

        The result is that of transformers' pipeline("depth-estimation") on the same picture. Raises UnsupportedError
        where the memory is too small, or the network cannot take a photo of this size.
        """
        import torch
        from PIL import Image

        height, width = pixels.shape[:2]
        if min(height, width) < SMALLEST_SIDE:
            raise UnsupportedError(
                f"{self.folder.name} cannot take a photo of {width}x{height} pixels (it is too small)"
            )
        with (
            _fitting_photo(self.folder, width, height),
            _enough_memory(self.folder, self.device),
            _all_libraries(self.folder),
            torch.inference_mode(),
        ):
            inputs = self.processor(images=Image.fromarray(pixels), return_tensors="pt").to(self.device)
            output = self.model(**inputs)
            # By position: ZoeDepth's source_sizes and the others' target_sizes are the second parameter alike.
            [result] = self.processor.post_process_depth_estimation(output, [(height, width)])
            values = result["predicted_depth"].float().cpu().numpy()
        rows, columns = output.predicted_depth.shape[-2:]
        focal = result.get("focal_length")
        if values.shape != (height, width):
            raise UnsupportedError(
                f"{self.folder.name} gives a map of shape {values.shape}, and not one value a pixel of the photo"
            )
        focal_px = float("nan") if focal is None else float(focal)
        # Weights that were never trained may give a field of view below 0.
        return NetworkOutput(values, (columns, rows), focal_px if 0 < focal_px < float("inf") else None)


def load_network(folder: ModelFolder, device: Device, threads: int | None = None) -> Network:
    """Load a network, once for all photos of this process.

    threads: of the processor, for all of torch in this process; None leaves them as they are.
    """
    with _LOADING:
        # What the values are is no part of the network: rows of a batch may say it differently.
        return replace(_loaded(replace(folder, kind="depth"), device, threads), folder=folder)


# Measured: for the smallest network, 99 MB, 0.2 s to load and 0.12 s for the digest, beside 0.45 s of a 12 MP photo
# without the network's own time. Larger ones take longer in proportion.
@lru_cache(maxsize=1)
def _loaded(folder: ModelFolder, device: Device, threads: int | None) -> Network:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import torch
            from transformers import AutoImageProcessor, AutoModelForDepthEstimation
    except Exception as error:
        # Of many classes: a library may be missing, broken or too old, or the memory too small for it.
        raise UnsupportedError(
            f"torch and transformers cannot be loaded ({_first_line(error)}): the memory is too small, or they need "
            "pip install --upgrade 'depthauthor[estimate]'"
        ) from error
    place = _device(device)
    if threads is not None:
        torch.set_num_threads(threads)
    with _quiet_libraries(), _enough_memory(folder, place), _all_libraries(folder):
        try:
            # Below a folder nothing is looked up on the hub. Code beside a model is never run: without the
            # explicit False, transformers asks the person.
            processor = AutoImageProcessor.from_pretrained(
                folder.path, local_files_only=True, trust_remote_code=False
            )
            model, report = AutoModelForDepthEstimation.from_pretrained(
                folder.path,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                output_loading_info=True,
            )
            model = model.float().eval().to(place)
        except Exception as error:
            if _is_out_of_memory(error) or _is_missing_library(error):
                raise
            if "trust_remote_code" in str(error):
                raise UnsupportedError(
                    f"{folder.name} is a network with program code of its own, and such code is not run"
                ) from error
            # A damaged file raises one of many, such as SafetensorError.
            raise _unreadable(folder, error) from error
    # transformers fills what is missing with random numbers. Of DPT's checkpoints parts are missing that do nothing.
    is_headless = any("head" in name.partition(".")[0] for name in report["missing_keys"])
    if is_headless or not hasattr(processor, "post_process_depth_estimation"):
        raise UnsupportedError(f"{folder.name} is no network that transformers can take depth from")
    return Network(folder, folder.version or digest_of(Path(folder.path)), processor, model, place)


def _unreadable(folder: ModelFolder, error: Exception) -> DepthauthorError:
    reason = _first_line(error)
    if "Unrecognized configuration class" in reason:
        return UnsupportedError(f"{folder.name} is no network that transformers can take depth from")
    if "does not recognize this architecture" in reason:
        return UnsupportedError(
            f"{folder.name} is of a kind that this release of transformers does not know: pip install --upgrade "
            "transformers"
        )
    if "ignore_mismatched_sizes" in reason or "loading state_dict" in reason:
        reason = "its weights do not fit its configuration"
    return MalformedError(f"{folder.name} cannot be loaded ({reason}); {folder.remedy}")


def _device(device: Device) -> str:
    """Return the device to run on. Raises UsageError for one that this machine or this torch does not have."""
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[device]:
        raise UsageError(
            f"--device {device}: torch finds no such device here; --device auto takes what there is"
        )
    return device


@contextmanager
def _enough_memory(folder: ModelFolder, device: str) -> Iterator[None]:
    """Turn a failed allocation into one sentence, which names a smaller model."""
    try:
        yield
    except Exception as error:
        if not _is_out_of_memory(error):
            raise
        smaller = smaller_model(folder.name)
        ways = [f"take a smaller model (--model {smaller.name})"] if smaller else []
        ways += ["run it on the processor (--device cpu)"] if device != "cpu" else []
        raise UnsupportedError(
            f"there is not enough memory on {device} for the model {folder.name}: "
            f"{' or '.join(ways) or 'take a smaller photo, or fewer --jobs at once'}"
        ) from error


OUT_OF_MEMORY = (
    "out of memory",
    "not enough memory",
    "allocate memory",
    "alloc_failed",
    "can't start new thread",
)
"""Words of failed allocations, in lower case: torch has a class of its own for GPUs alone."""


def _is_out_of_memory(error: BaseException) -> bool:
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(words in text for words in OUT_OF_MEMORY)


@contextmanager
def _all_libraries(folder: ModelFolder) -> Iterator[None]:
    """Turn the lack of a library into one sentence."""
    try:
        yield
    except Exception as error:
        if not _is_missing_library(error):
            raise
        raise UnsupportedError(
            f"{folder.name} needs a library that is missing, such as torchvision ({_first_line(error)}); pip install "
            "'depthauthor[estimate]' has all"
        ) from error


@contextmanager
def _fitting_photo(folder: ModelFolder, width: int, height: int) -> Iterator[None]:
    """Turn what transformers and torch raise for a photo that is too small or too narrow into one sentence."""
    try:
        yield
    except (ValueError, RuntimeError) as error:
        raise UnsupportedError(
            f"{folder.name} cannot take a photo of {width}x{height} pixels ({_first_line(error)})"
        ) from error


def _is_missing_library(error: Exception) -> bool:
    """Return whether an error comes of a library that is not installed.

    Without torchvision transformers raises errors of several classes; or its code lacks a name that was not imported.
    """
    if isinstance(error, ImportError | NameError):
        return True
    return find_spec("torchvision") is None and "torchvision" in str(error).lower()


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


@contextmanager
def _quiet_libraries() -> Iterator[None]:
    """Keep the hints that transformers logs and warns of while a model is loaded from the person's terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from transformers.utils import logging

        level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            yield
        finally:
            logging.set_verbosity(level)
            if bars:
                logging.enable_progress_bar()
