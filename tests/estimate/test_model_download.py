"""Finding and downloading a model: the hub's own library against a small server on this machine.

Each command runs in a process of its own, since the hub's library reads its environment when it is imported. Where
only the search for the model matters, the photo is absent: it is read after the model is found.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import depthauthor
from tests.estimate.hub_server import Hub, HubModel, serving
from tests.estimate.tiny_models import GOLDEN, TinyModel, needs_networks
from tests.terminal import COMMAND, on_terminal

pytestmark = needs_networks

SMALL = "depth-anything/Depth-Anything-V2-Small-hf"
BASE = "depth-anything/Depth-Anything-V2-Base-hf"
WEIGHTS = "model.safetensors"
ABSENT = "absent.jpg"
NOT_FOUND = f"{ABSENT}: no such file or folder"

Run = Callable[..., "Done"]


@dataclass(frozen=True)
class Done:
    """What a command printed, as text on one line each."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """All that stderr has, which is one sentence."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        return lines[0].removeprefix("depthauthor: ")


def files_of(model: TinyModel) -> dict[str, bytes]:
    """Return the files of a tiny model, and two of its repository that nobody needs."""
    files = {path.name: path.read_bytes() for path in model.folder.iterdir()}
    return {**files, "README.md": b"# A model", "pytorch_model.bin": b"pickled"}


@pytest.fixture
def hub(tiny: Callable[[str], TinyModel]) -> Iterator[Hub]:
    """Serve the default model."""
    with serving({SMALL: HubModel(files_of(tiny("relative")))}) as served:
        yield served


@pytest.fixture
def environment(hub: Hub, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a person who has an empty cache and this hub."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))
    }
    return {
        **inherited,
        "HF_ENDPOINT": hub.endpoint,
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """Return a function that runs a command line, by default `estimate` of a photo that is absent."""

    def command(*words: object, photo: Path | str = ABSENT, verb: str = "estimate", **more: str) -> Done:
        output = tmp_path / ("out.jpg" if verb == "embed" else "map.npz")
        call = [*COMMAND, verb, str(photo), *map(str, words), "-o", str(output)]
        done = subprocess.run(
            call, env={**environment, **more}, capture_output=True, text=True, timeout=120, check=False
        )
        assert "Traceback" not in done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    return command


def test_default_model_is_downloaded_once(hub: Hub, run: Run) -> None:
    before = run("--offline")
    assert before.code == 2
    assert before.sentence.startswith(
        f"{SMALL} is not on this machine, and --offline downloads nothing; run the "
    )
    assert hub.requests == []
    first = run(photo=GOLDEN / "scene.jpg")
    assert first.code == 0
    assert first.sentence == f"downloading the model {SMALL} (1 MB); its licence: Apache-2.0"
    assert f"model      {SMALL} (version " in first.out
    assert {name: hub.fetched(name) for name in ("config.json", "preprocessor_config.json", WEIGHTS)} == {
        "config.json": 1,
        "preprocessor_config.json": 1,
        WEIGHTS: 1,
    }
    assert hub.fetched("README.md") == hub.fetched("pytorch_model.bin") == 0
    hub.requests.clear()
    second = run("--estimate", "--json", photo=GOLDEN / "scene.jpg", verb="embed")
    assert (second.code, second.err) == (0, "")
    assert json.loads(second.out)["schema"].startswith("depthauthor/embed")
    for words, more in (((), {}), (("--offline",), {}), ((), {"HF_HUB_OFFLINE": "1"})):
        assert run(*words, **more).sentence == NOT_FOUND
    assert hub.requests == []


def test_folder_is_never_compared_with_the_hub(
    hub: Hub, run: Run, tiny: Callable[[str], TinyModel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny("relative").folder
    assert run("--model", folder).sentence == NOT_FOUND
    assert hub.requests == []
    assert not (tmp_path / "home").exists()
    connections: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: connections.append(address))
    depthauthor.estimate(GOLDEN / "scene.jpg", model=folder)
    assert connections == []


def test_known_licence_that_forbids_commercial_use_is_accepted_first(hub: Hub, run: Run) -> None:
    hub.models[BASE] = HubModel(hub.models[SMALL].files, "cc-by-nc-4.0")
    refused = run("--model", "depth-anything-v2-base")
    assert refused.code == 2
    assert refused.sentence == (
        f"{BASE} (1 MB) is not downloaded, since its licence is not known to allow commercial use: CC-BY-NC-4.0; if "
        "you may use it, add --accept-licence"
    )
    assert not any("resolve" in request for request in hub.requests)
    accepted = run("--model", "depth-anything-v2-base", "--accept-licence")
    begun, *rest = accepted.err.splitlines()
    assert begun.endswith("its licence: CC-BY-NC-4.0")
    assert rest == [f"depthauthor: {NOT_FOUND}"]
    assert hub.fetched(WEIGHTS) == 1


@pytest.mark.parametrize(
    ("licence", "said"),
    [("cc-by-nc-4.0", "cc-by-nc-4.0"), (None, "not stated by its makers"), ("other", "other")],
)
def test_licence_of_an_unknown_model_is_read_from_its_card(
    licence: str | None, said: str, hub: Hub, run: Run
) -> None:
    hub.models["someone/depth"] = HubModel(hub.models[SMALL].files, licence)
    refused = run("--model", "someone/depth")
    assert refused.code == 2
    assert f"not known to allow commercial use: {said}; if you may use it" in refused.sentence
    assert not any("resolve" in request for request in hub.requests)


def test_unknown_model_asks_for_the_kind_before_its_weights_are_fetched(
    hub: Hub, run: Run, tiny: Callable[[str], TinyModel]
) -> None:
    hub.models["someone/dpt"] = HubModel(files_of(tiny("dpt")), "mit")
    asks = run("--model", "someone/dpt")
    assert asks.code == 2
    assert asks.sentence.startswith(
        "someone/dpt: nothing says what this network's numbers are: give --kind depth"
    )
    assert (hub.fetched("config.json"), hub.fetched(WEIGHTS)) == (1, 0)
    told = run("--model", "someone/dpt", "--kind", "inverse-relative")
    assert told.err.splitlines() == [
        "depthauthor: downloading the model someone/dpt (1 MB); its licence: mit",
        f"depthauthor: {NOT_FOUND}",
    ]
    assert (hub.fetched("config.json"), hub.fetched(WEIGHTS)) == (1, 1)


def test_weights_in_parts_are_fetched_with_their_list(hub: Hub, run: Run) -> None:
    parts = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    files = {name: data for name, data in hub.models[SMALL].files.items() if name != WEIGHTS}
    index = json.dumps({"weight_map": {"head.weight": parts[1], "neck.weight": parts[0]}}).encode()
    files["model.safetensors.index.json"] = index
    files[parts[0]] = bytes(2_000_000)
    hub.models["someone/parts"] = HubModel(files)
    torn = run("--model", "someone/parts")
    assert torn.code == 4
    assert torn.err.endswith("someone/parts: its list of weights names files that the model does not have\n")
    files[parts[1]] = bytes(3_000_000)
    whole = run("--model", "someone/parts")
    assert whole.err.splitlines() == [
        "depthauthor: downloading the model someone/parts (5 MB); its licence: apache-2.0",
        f"depthauthor: {NOT_FOUND}",
    ]
    assert [hub.fetched(name) for name in parts] == [1, 1]
    hub.requests.clear()
    assert run("--model", "someone/parts", "--offline").sentence == NOT_FOUND
    assert hub.requests == []


def test_interrupted_download_goes_on(hub: Hub, run: Run) -> None:
    hub.cut_after = 20_000
    cut = run(HF_HUB_DOWNLOAD_TIMEOUT="1")
    assert cut.code == 2
    begun, broken = cut.err.splitlines()
    assert begun.startswith("depthauthor: downloading the model")
    assert broken == (
        f"depthauthor: {SMALL}: the download was interrupted (the connection was closed); run the command again: "
        "files that are complete are not fetched again"
    )
    assert run("--offline").sentence.startswith(f"{SMALL} is not on this machine")
    hub.cut_after = None
    hub.requests.clear()
    assert run().err.splitlines()[-1] == f"depthauthor: {NOT_FOUND}"
    assert (hub.fetched("config.json"), hub.fetched("preprocessor_config.json"), hub.fetched(WEIGHTS)) == (
        0,
        0,
        1,
    )


@pytest.mark.skipif(os.name == "nt", reason="a signal for one process is POSIX")
def test_ctrl_c_ends_a_download(hub: Hub, environment: dict[str, str], run: Run) -> None:
    hub.stall_after = 20_000
    call = [*COMMAND, "estimate", ABSENT, "-o", "map.npz"]
    with subprocess.Popen(call, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert hub.weights_begun.wait(60)
        process.send_signal(signal.SIGINT)
        _, printed = process.communicate(timeout=30)
    assert process.returncode == 130
    assert [line[:40] for line in printed.splitlines()] == ["depthauthor: downloading the model depth"]
    hub.stall_after = None
    hub.requests.clear()
    assert run().err.splitlines()[-1] == f"depthauthor: {NOT_FOUND}"
    assert hub.fetched("config.json") == 0


@pytest.mark.parametrize(
    ("name", "without", "code", "said"),
    [
        ("someone/absent", None, 2, "there is no such model on the Hugging Face hub, or it is private"),
        ("someone/gated", None, 2, "its makers give it to those who ask on its page of the Hugging Face hub"),
        ("someone/part", WEIGHTS, 4, "this model has no model.safetensors; other weights, which run code"),
        ("someone/part", "config.json", 4, "this model has no config.json"),
        (
            "someone/part",
            "preprocessor_config.json",
            4,
            "this model has no preprocessor_config.json, which says",
        ),
        ("some one/else", None, 2, "is no name of a model on the Hugging Face hub"),
        (
            "nonsense",
            None,
            2,
            "there is no folder and no known model 'nonsense'; known are depth-anything-v2-small",
        ),
    ],
)
def test_model_that_cannot_be_had_is_one_sentence(
    name: str, without: str | None, code: int, said: str, hub: Hub, run: Run
) -> None:
    files = hub.models[SMALL].files
    hub.models["someone/gated"] = HubModel(files, is_gated=True)
    hub.models["someone/part"] = HubModel({file: data for file, data in files.items() if file != without})
    done = run("--model", name)
    assert done.code == code
    assert said in done.sentence
    assert hub.fetched(WEIGHTS) == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "and the Hugging Face hub cannot be reached ("),
        ({"HF_ENDPOINT": "http://hub.invalid"}, "and the Hugging Face hub cannot be reached ("),
        ({"HF_HUB_OFFLINE": "1"}, "and HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set in the environment"),
    ],
)
def test_missing_network_is_one_sentence(more: dict[str, str], said: str, hub: Hub, run: Run) -> None:
    done = run(**more)
    assert done.code == 2
    assert done.sentence.startswith(f"{SMALL} is not on this machine, {said}")
    assert done.sentence.endswith("or give a model's folder with --model")
    assert len(done.sentence) < 260
    assert hub.requests == []


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (
            401,
            f"{SMALL}: the Hugging Face hub refuses this machine's token (HTTP 401); run hf auth login, or unset",
        ),
        (
            500,
            f"{SMALL} is not on this machine, and the Hugging Face hub answers with HTTP 500; try again later, or",
        ),
    ],
)
def test_hub_that_refuses_is_one_sentence(status: int, said: str, hub: Hub, run: Run) -> None:
    hub.status = status
    done = run()
    assert done.code == 2
    assert said in done.sentence


def test_hub_that_never_answers_is_given_up(hub: Hub, run: Run) -> None:
    hub.silent = True
    done = run(HF_HUB_ETAG_TIMEOUT="1")
    assert done.code == 2
    assert "cannot be reached (no answer in time)" in done.sentence


def test_cache_that_cannot_be_written_is_named(hub: Hub, run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    done = run(HF_HOME=str(tmp_path / "file"))
    assert done.code == 5
    assert done.sentence.startswith(str(tmp_path / "file"))
    assert "cannot be written: " in done.sentence
    assert done.sentence.endswith("; set HF_HOME to a folder for models that can be")


@pytest.mark.parametrize("name", ["config.json", WEIGHTS])
def test_damaged_download_is_deleted_and_fetched_again(name: str, hub: Hub, run: Run, tmp_path: Path) -> None:
    assert run().code == 2
    [link] = (tmp_path / "home").glob(f"hub/*/snapshots/*/{name}")
    link.resolve().write_bytes(link.read_bytes()[:100])
    hub.requests.clear()
    damaged = run(photo=GOLDEN / "scene.jpg")
    assert damaged.code == 3
    advice = re.search(
        r"; delete the folder (.*) and run the command again, which downloads", damaged.sentence
    )
    assert advice is not None
    assert hub.requests == []
    shutil.rmtree(advice[1])
    assert run().err.splitlines()[-1] == f"depthauthor: {NOT_FOUND}"
    assert hub.fetched(name) == 1


def test_progress_of_the_weights_is_shown_on_a_terminal(
    hub: Hub, environment: dict[str, str], tmp_path: Path
) -> None:
    shown = on_terminal(["estimate", ABSENT, "-o", str(tmp_path / "map.npz")], 80, **environment)
    assert f"{WEIGHTS}: 100%" in shown
    assert "config.json:" not in shown
    assert "unauthenticated" not in shown
    assert shown.rstrip().endswith(NOT_FOUND)
    assert all(len(line) <= 80 for line in re.split(r"[\r\n]|\x1b\[[0-9]*[A-Z]", shown))
