"""Photos without a map in a batch: a network estimates their depth, once loaded in each worker."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

import depthauthor as da
from authoring.batch.journal import Journal
from authoring.batch.manifest import read_rows
from authoring.batch.rows import BatchRow, RowDefaults, parse_row
from authoring.batch.run import run
from authoring.batch.work import BatchResult, Task, work
from authoring.batch.workers import LocalWorkers, Workers
from authoring.cli.main import run as command_line
from authoring.errors import UnsupportedError, UsageError
from tests.estimate import photos as estimate_photos
from tests.estimate import tiny_models
from tests.estimate.tiny_models import needs_networks

GOLDEN = Path(__file__).parents[2] / "golden"
SMALL = ("--max-size", "128")


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny network without a scale."""
    return tiny_models.save("relative", tmp_path_factory.mktemp("models") / "tiny").folder


@pytest.fixture
def same_threads() -> Iterator[None]:
    """Give torch its threads back: a row of a batch may set their number for all of a process."""
    import torch

    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def small_photo(path: Path, orientation: int = 1) -> Path:
    """Write the golden scene at 160 x 120."""
    with Image.open(GOLDEN / "scene.png") as scene:
        exif = Image.Exif()
        exif[0x0112] = orientation
        scene.convert("RGB").resize((160, 120), Image.Resampling.BOX).save(path, exif=exif)
    return path


class Inline:
    """Processes a row in this process when its result is asked for."""

    def __init__(self, before: Callable[[Task], None] = lambda task: None) -> None:
        """Keep what is called with a task once it is submitted."""
        self.tasks: list[Task] = []
        self.before = before

    def capacity(self) -> int:
        return 3

    def submit(self, task: Task) -> None:
        self.before(task)
        self.tasks.append(task)

    def result(self) -> BatchResult:
        return work(self.tasks.pop(0))


def done(
    rows: list[BatchRow], journal: Path, workers: Workers | None = None, *, resume: bool = False
) -> list[BatchResult]:
    kept = Journal(journal, resume=resume)
    try:
        return list(run(rows, kept, workers or Inline()))
    finally:
        kept.close()


def rows_of(cells: list[dict[str, Any]], folder: Path, model: Path | str, **defaults: Any) -> list[BatchRow]:
    rules = RowDefaults(str(folder), str(folder / "out"), defaults, estimate={"model": str(model)})
    return [parse_row(number, row, rules) for number, row in enumerate(cells, 1)]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def reports(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@needs_networks
def test_a_folder_of_every_container_and_orientation(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The files are those of embed --estimate, and each has the depth of the picture as a person sees it."""
    import transformers

    photos = tmp_path / "photos"
    (photos / "more").mkdir(parents=True)
    for turn in range(1, 9):
        small_photo(photos / f"{turn}.jpg", turn)
    small_photo(photos / "more" / "export.png", 6)
    upright = {}
    for name, photo in (("phone.heic", "orientation/scene-6.heic"), ("raw.dng", "scene-6.dng")):
        data, upright[name] = estimate_photos.photo(photo)
        (photos / "more" / name).write_bytes(data)
    shutil.copy(GOLDEN / "scene-mask.png", photos / "more" / "phone_depth_16bit.png")
    words = ["--estimate", "--model", str(model), *SMALL, "--no-refine"]
    out = tmp_path / "out"
    assert command_line(["batch", str(photos), "-r", *words, "--out", str(out), "--jobs", "1"]) == 0
    printed = capsys.readouterr()
    lines = reports(printed.out)
    assert [line["status"] for line in lines] == ["done"] * 11
    assert "11 photos: 11 done, 11 of them with an estimated map" in printed.err
    assert "more/phone_depth_16bit.png: looks like a photo's map, so it is left out" in printed.err

    with tiny_models.quiet():
        pipeline = transformers.pipeline("depth-estimation", str(model))
    for number, line in enumerate(lines):
        written = Path(line["output"])
        alone = tmp_path / f"{number}{written.suffix}"
        assert command_line(["embed", line["photo"], *words, "-o", str(alone), "-q"]) == 0
        assert digest(alone) == line["sha256"] == digest(written), line["photo"]

        name = Path(line["photo"]).name
        if name in upright:
            shown = Image.fromarray(upright[name])
        else:
            with Image.open(line["photo"]) as stored:
                shown = ImageOps.exif_transpose(stored).convert("RGB")
        values = pipeline(shown)["predicted_depth"].numpy()
        spread = (values - values.min()) / (values.max() - values.min()) * (1.3 - 0.2) + 0.2
        there = da.extract(written).disparity_per_m()
        wanted = Image.fromarray(spread).resize(there.shape[::-1], Image.Resampling.BOX)
        assert np.abs(there - np.asarray(wanted)).mean() < 0.02, name


@needs_networks
def test_maps_and_estimates_mixed_in_two_processes(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row with a map takes it; the meaning of gray maps is for these rows, near and far are for both."""
    for name in "abcd":
        small_photo(tmp_path / f"{name}.jpg")
    Image.fromarray(np.repeat(np.arange(120, dtype=np.uint8)[:, None] * 2, 160, 1)).save(
        tmp_path / "gray.png"
    )
    (tmp_path / "m.csv").write_text(
        "photo,map,near,far,white\na.jpg,gray.png,,,\nb.jpg,,,,\nc.jpg,,0.5,2,\nd.jpg,,,,near\n"
    )
    words = [
        "batch",
        str(tmp_path / "m.csv"),
        "--estimate",
        "--model",
        str(model),
        "--out",
        str(tmp_path / "o"),
    ]
    words += ["--near", "1", "--far", "4", "--white", "near", "--no-refine", "--jobs", "2"]
    assert command_line(words) == 6
    printed = capsys.readouterr()
    lines = reports(printed.out)
    assert [line["status"] for line in lines] == ["done", "done", "done", "failed"]
    assert lines[3]["error"] == (
        "--white is about a map file; an estimate takes --near, --far, --kind and --clip"
    )
    assert "3 done, 2 of them with an estimated map" in printed.err
    assert [bool(line["map"]) for line in lines] == [True, False, False, False]
    assert "white" in lines[0]["report"]["meaning"] and "estimated by tiny" in lines[1]["report"]["meaning"]
    for line, near, far in ((lines[1], 1, 4), (lines[2], 0.5, 2)):
        depth = da.extract(line["output"]).depth_m()
        assert depth.min() == pytest.approx(near, rel=0.02) and depth.max() == pytest.approx(far, rel=0.02)
    # The top of the gray map is black, which white near makes the far end.
    first = da.extract(lines[0]["output"]).depth_m()
    assert first[0].mean() > first[-1].mean()

    (tmp_path / "m.csv").write_text((tmp_path / "m.csv").read_text().rpartition("d.jpg")[0])
    assert command_line([*words, "--resume"]) == 0
    again = reports(capsys.readouterr().out)
    assert [(line["status"], line["report"]) for line in again] == [("skipped", None)] * 3


@needs_networks
def test_what_an_estimate_is_made_from_is_remembered(tmp_path: Path, model: Path) -> None:
    """A finished row is done again when its model or what it means has changed, not when the device has."""
    own = shutil.copytree(model, tmp_path / "model")
    small_photo(tmp_path / "a.jpg")

    def again(cells: dict[str, Any], **network: Any) -> str:
        rules = RowDefaults(str(tmp_path), str(tmp_path / "out"), estimate={"model": str(own), **network})
        row = parse_row(1, {"photo": "a.jpg", "max_size": 64, **cells}, rules)
        [result] = done([row], tmp_path / "journal", resume=True)
        assert result.error is None
        return result.status

    assert again({}) == "done"
    assert again({}) == "skipped"
    assert again({}, device="cpu", offline=True) == "skipped"
    assert again({"near": 1, "far": 3}) == "done"
    assert again({"near": 1, "far": 3}) == "skipped"
    os.utime(own / "model.safetensors", ns=(1, 1))
    assert again({"near": 1, "far": 3}) == "done"


def test_rows_with_a_map_are_known_to_older_journals(tmp_path: Path) -> None:
    """The digest of what a row with a map is made from: places, sizes, times and options."""
    photo = small_photo(tmp_path / "a.jpg")
    shutil.copy(GOLDEN / "scene-depth.npy", tmp_path / "a.npy")
    stamps = [
        [str(path), [str(path.stat().st_size), str(path.stat().st_mtime_ns)]]
        for path in (photo, tmp_path / "a.npy")
    ]
    wanted = hashlib.sha256(json.dumps([stamps, {"max_size": 64}], sort_keys=True).encode()).hexdigest()
    [row] = rows_of([{"photo": "a.jpg", "map": "a.npy", "max_size": 64}], tmp_path, "never used")
    [result] = done([row], tmp_path / "journal")
    assert result.inputs == wanted


@needs_networks
def test_a_worker_loads_the_network_once_and_a_new_worker_again(tmp_path: Path, model: Path) -> None:
    """The weights are spoilt, with size and time as before, once the second worker has them: it needs them no more."""
    own = shutil.copytree(model, tmp_path / "model")
    for number in range(9):
        small_photo(tmp_path / f"{number}.jpg")
    names = [{"photo": f"{number}.jpg", "max_size": 64} for number in range(9)]
    rows = rows_of(names, tmp_path, own)
    weights = own / "model.safetensors"
    journal = Journal(tmp_path / "journal")
    results = []
    try:
        with LocalWorkers(1, timeout=60) as workers:
            for result in run(rows, journal, workers):
                results.append(result)
                if len(results) == 1:
                    for process in active_children():
                        os.kill(process.pid or 0, signal.SIGKILL)
                if len(results) == 4:
                    stamp = weights.stat()
                    spoilt = own / "spoilt"  # Another file: the one that is loaded is mapped into memory.
                    spoilt.write_bytes(b"\0" * stamp.st_size)
                    os.utime(spoilt, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
                    spoilt.replace(weights)
    finally:
        journal.close()
    assert [result.error for result in results] == [None] * 9
    assert len({result.sha256 for result in results}) == 1, "one photo under nine names"


@needs_networks
def test_a_dead_workers_estimate_is_kept_though_its_bytes_differ(tmp_path: Path, model: Path) -> None:
    """Another machine's network differs in its last bits; here by one per cent of the values, to be sure of it."""
    photos = [small_photo(tmp_path / f"{name}.jpg") for name in "abcd"]
    with Image.open(photos[3]) as picture:
        ImageOps.mirror(picture).save(photos[3])
    gray = tmp_path / "gray.npy"
    np.save(gray, np.linspace(4, 1, 160 * 120, dtype=np.float32).reshape(120, 160))
    other = da.estimate(photos[0], model=model, clip=1)
    of_other_photo = da.estimate(photos[3], model=model)
    left: dict[str, Any] = {}

    def leave(task: Task) -> None:
        """Write what a worker that dies leaves at its output, or what is no worker's."""
        output = Path(task.row.output)
        if output.exists():
            return
        output.parent.mkdir(exist_ok=True)
        match output.stem:
            case "a":
                da.embed(photos[0], other, output=output, max_size=64)
            case "b":
                output.write_bytes(b"a person's")
            case "c":
                da.embed(photos[3], of_other_photo, output=output, max_size=64)
            case "d":
                da.embed(photos[3], np.load(gray) + 1, output=output, max_size=64)
        left[output.stem] = digest(output)

    cells = [{"photo": f"{name}.jpg", "max_size": 64} for name in "abc"]
    rows = rows_of([*cells, {"photo": "d.jpg", "map": "gray.npy", "max_size": 64}], tmp_path, model)
    results = done(rows, tmp_path / "journal", Inline(leave))
    assert [result.status for result in results] == ["done", "failed", "failed", "failed"]
    assert all("exists already" in (result.error or "") for result in results[1:])
    assert results[0].sha256 == left["a"]
    assert {name: digest(tmp_path / "out" / f"{name}.jpg") for name in "abcd"} == left
    again = done(rows, tmp_path / "journal", resume=True)
    assert [result.status for result in again] == ["skipped", "failed", "failed", "failed"]
    assert {name: digest(tmp_path / "out" / f"{name}.jpg") for name in "abcd"} == left


@needs_networks
def test_a_finished_output_that_was_deleted_and_a_worker_that_dies(tmp_path: Path, model: Path) -> None:
    """Resumed, the row runs again; what the dead worker wrote is not taken for a person's change."""
    photo = small_photo(tmp_path / "a.jpg")
    rows = rows_of([{"photo": "a.jpg", "max_size": 64}], tmp_path, model)
    assert done(rows, tmp_path / "journal")[0].status == "done"
    output = tmp_path / "out" / "a.jpg"
    output.unlink()
    other = da.estimate(photo, model=model, clip=1)
    written = []

    def leave(task: Task) -> None:
        da.embed(photo, other, output=output, max_size=64)
        written.append(digest(output))

    [result] = done(rows, tmp_path / "journal", Inline(leave), resume=True)
    assert (result.status, result.sha256) == ("done", written[0])
    assert done(rows, tmp_path / "journal", resume=True)[0].status == "skipped"


@needs_networks
def test_a_dry_run_estimates_and_writes_nothing(tmp_path: Path, model: Path) -> None:
    small_photo(tmp_path / "a.jpg")
    rows = rows_of([{"photo": "a.jpg", "max_size": 64}], tmp_path, model)
    with contextlib.closing(Journal(tmp_path / "journal", read_only=True)) as journal:
        [result] = run(rows, journal, Inline(), dry_run=True)
    assert result.status == "done" and result.report and "estimated by tiny" in result.report.meaning
    assert {path.name for path in tmp_path.iterdir()} == {"a.jpg"}


@needs_networks
def test_json_lines_without_maps(tmp_path: Path, model: Path) -> None:
    small_photo(tmp_path / "a.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    (tmp_path / "m.jsonl").write_text('{"photo": "a.jpg"}\n{"photo": "broken.jpg"}\n{"map": "b.npy"}\n')
    rules = RowDefaults(str(tmp_path), str(tmp_path / "o"), {"max_size": 64}, estimate={"model": str(model)})
    results = done(list(read_rows(str(tmp_path / "m.jsonl"), rules)), tmp_path / "journal")
    assert [result.status for result in results] == ["done", "failed", "failed"]
    assert (results[1].error or "").startswith(f"{tmp_path / 'broken.jpg'}: ") and results[1].exit_code == 3
    assert results[2].error == "the row names no photo"


@needs_networks
@pytest.mark.usefixtures("same_threads")
def test_a_cluster(tmp_path: Path, model: Path) -> None:
    """The workers load the model; this machine asks for a licence only."""
    distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    import torch

    photos = [small_photo(tmp_path / f"{name}.jpg") for name in "abc"]
    depth_map = tmp_path / "b.npy"
    np.save(depth_map, np.linspace(4, 1, 160 * 120, dtype=np.float32).reshape(120, 160))
    given: list[Any] = [photos[0], {"photo": photos[2], "near": 1, "far": 2}, (photos[1], depth_map)]
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=":0", silence_logs=50
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        options: dict[str, Any] = {"model": model, "max_size": 64, "unit": "m", "client": client}
        results = list(da.batch(given, estimate=True, out=tmp_path / "o", **options))
        assert [result.error for result in results] == [None] * 3
        assert [bool(result.map) for result in results] == [False, False, True]
        depth = da.extract(tmp_path / "o" / "c.jpg").depth_m()
        assert depth.min() > 0.98 and depth.max() < 2.02, "near and far of the row; else it would go to 5 m"
        assert client.submit(torch.get_num_threads).result() == 1, "a job is one processor"
        results = list(
            da.batch(photos, estimate=True, model="no/such", offline=True, out=tmp_path / "p", client=client)
        )
        assert {result.exit_code for result in results} == {2}
        assert all((result.error or "").startswith("no/such is not on this machine") for result in results)
        with pytest.raises(UsageError, match=r"apple/DepthPro-hf: the workers do not .* accept_licence"):
            next(da.batch(photos, estimate=True, model="depth-pro", out=tmp_path / "q", client=client))
    assert not (tmp_path / "q").exists()


def test_a_missing_extra_stops_before_the_first_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    small_photo(tmp_path / "a.jpg")
    assert command_line(["batch", str(tmp_path), "--estimate", "--out", str(tmp_path / "o")]) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "depthauthor: an estimate needs torch and transformers: pip install 'depthauthor[estimate]'\n"
    )
    assert not (tmp_path / "o").exists()
    with pytest.raises(UnsupportedError, match="pip install"):
        next(da.batch([tmp_path / "a.jpg"], estimate=True))
    # A row with a map needs no network.
    shutil.copy(GOLDEN / "scene-depth.npy", tmp_path / "a.npy")
    assert [
        result.error
        for result in da.batch([(tmp_path / "a.jpg", tmp_path / "a.npy")], estimate=True, max_size=64, jobs=1)
    ] == [None]


@needs_networks
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--model", "no-such-model"], "there is no folder and no known model 'no-such-model'"),
        (["--model", "{photos}"], "this folder holds no model: it has no config.json"),
        (["--model", "{model}", "--kind", "disparity-px"], "kind is 'disparity-px'; it can be"),
        (
            ["--model", "no/such", "--offline"],
            "no/such is not on this machine, and --offline downloads nothing",
        ),
    ],
)
def test_a_model_that_cannot_be_had_stops_before_the_first_row(
    tmp_path: Path, model: Path, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    small_photo(tmp_path / "a.jpg")
    words = [word.format(photos=tmp_path, model=model) for word in words]
    assert command_line(["batch", str(tmp_path), "--estimate", *words, "--out", str(tmp_path / "o")]) == 2
    said = capsys.readouterr()
    assert said.out == "" and sentence in said.err and said.err.count("\n") == 1
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{photos}"], "a folder of photos needs a folder of maps"),
        (["{photos}", "--model", "dpt-large"], "--model is about an estimate; add --estimate"),
        (
            ["{photos}", "--estimate", "--white", "near"],
            "--white is about a map file; an estimate takes --near",
        ),
        (
            ["{photos}", "--estimate", "--set", "unit=mm"],
            "--unit is about a map file; an estimate takes --near",
        ),
        (
            ["{photos}/m.csv", "--estimate", "--invert"],
            "--invert is about a map file; an estimate takes --near",
        ),
        (["{photos}/m.csv"], "m.csv: there is no column 'map'"),
        (["{photos}", "{photos}/nowhere", "--estimate"], "nowhere: there is no such folder of maps"),
        (["{photos}", "--estimate", "--clip", "70"], "clip is 70"),
    ],
)
def test_options_that_do_not_fit(
    tmp_path: Path, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    small_photo(tmp_path / "a.jpg")
    (tmp_path / "m.csv").write_text("photo\na.jpg\n")
    assert command_line(["batch", *(word.format(photos=tmp_path) for word in words)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and sentence in said.err and said.err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"a.jpg", "m.csv"}


def test_options_of_an_estimate_in_python_need_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="model is about an estimate, which needs estimate=True"):
        da.batch([], model="dpt-large")
    with pytest.raises(UsageError, match=r"row 1 is a str; it is a dict or a pair of photo and map$"):
        list(da.batch(["a.jpg"]))
    with pytest.raises(
        UsageError, match=r"row 1 is a int; it is a dict or a pair .* or, to be estimated, a photo"
    ):
        list(da.batch([3], estimate=True))  # type: ignore[list-item]
