"""What outputs give away: who may read them, what they name, and what of the photo's metadata they keep."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from authoring.cli.main import run

GOLDEN = Path(__file__).parents[2] / "golden"
GRAY = ["--near", "0.5", "--far", "8"]


@pytest.fixture(scope="module")
def portraits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a photo, a mask, and the photo with depth."""
    folder = tmp_path_factory.mktemp("secret-name")
    (folder / "photo.jpg").write_bytes((GOLDEN / "orientation" / "scene-1.jpg").read_bytes())
    (folder / "mask.png").write_bytes((GOLDEN / "scene-mask.png").read_bytes())
    arguments = [
        "embed",
        folder / "photo.jpg",
        folder / "mask.png",
        *GRAY,
        "-o",
        folder / "portrait.jpg",
        "-q",
    ]
    assert run([str(word) for word in arguments]) == 0
    (folder / "rows.csv").write_text(f"photo,map,near,far\n{folder}/photo.jpg,{folder}/mask.png,0.5,8\n")
    return folder


COMMANDS = {
    "embed": "embed photo.jpg mask.png --near 0.5 --far 8 -o OUT/a.jpg",
    "copy": "copy portrait.jpg photo.jpg -o OUT/a.jpg",
    "strip": "strip portrait.jpg -o OUT/a.jpg",
    "export": "export portrait.jpg --as gdepth -o OUT/a.jpg",
    "export pair": "export portrait.jpg --as pair -o OUT/a.jpg",
    "extract": "extract portrait.jpg -o OUT/a.npy --metadata",
    "dictionary": "dictionary portrait.jpg -o OUT/a.plist",
    "preview": "preview portrait.jpg -o OUT/a.png",
    "contact sheet": "preview portrait.jpg portrait.jpg --contact-sheet -o OUT/a.png",
    "refocus": "refocus portrait.jpg -o OUT/a.jpg",
    "pointcloud": "pointcloud portrait.jpg -o OUT/a.ply",
    "view": "view portrait.jpg -o OUT/a.html --no-open",
    "report": "report portrait.jpg -o OUT/a.html --no-open",
    "batch": "batch rows.csv --out OUT --jobs 1",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_an_output_of_a_private_photo_is_private(
    name: str, portraits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(portraits)
    for path in portraits.glob("*.jpg"):
        path.chmod(0o600)
    assert run(COMMANDS[name].replace("OUT", str(tmp_path)).split()) == 0
    written = [path for path in tmp_path.iterdir() if path.suffix != ".jsonl"]
    assert written and {oct(stat.S_IMODE(path.stat().st_mode)) for path in written} == {"0o600"}


def test_a_private_photo_from_standard_input(portraits: Path, tmp_path: Path) -> None:
    (portraits / "portrait.jpg").chmod(0o600)
    command = [sys.executable, "-m", "depthauthor", "strip", "-", "-o", str(tmp_path / "a.jpg")]
    with (portraits / "portrait.jpg").open("rb") as photo:
        subprocess.run(command, stdin=photo, check=True, capture_output=True)
    assert oct(stat.S_IMODE((tmp_path / "a.jpg").stat().st_mode)) == "0o600"


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("extract FOLDER/portrait.jpg -o OUT/a.npy --metadata", "portrait.jpg"),
        ("report FOLDER -o OUT/a.html --no-open", "portrait.jpg"),
        ("report FOLDER/portrait.jpg FOLDER/mask.png -o OUT/a.html --no-open", "mask.png"),
        ("view FOLDER/portrait.jpg -o OUT/a.html --no-open", "portrait.jpg"),
    ],
)
def test_results_name_files_without_their_folders(
    command: str, shown: str, portraits: Path, tmp_path: Path
) -> None:
    def texts(more: str) -> list[str]:
        run(
            f"{command} {more} --overwrite".replace("FOLDER", str(portraits))
            .replace("OUT", str(tmp_path))
            .split()
        )
        return [path.read_text() for path in tmp_path.iterdir() if path.suffix != ".npy"]

    without = texts("")
    assert without and all(shown in text and "secret-name" not in text for text in without)
    if command.split()[0] != "view":
        assert all("secret-name" in text and str(tmp_path) for text in texts("--full-paths"))


def test_a_report_names_the_folders_inside(portraits: Path, tmp_path: Path) -> None:
    (tmp_path / "photos" / "trip").mkdir(parents=True)
    (tmp_path / "photos" / "trip" / "a.jpg").write_bytes((portraits / "portrait.jpg").read_bytes())
    assert run(["report", str(tmp_path / "photos"), "-o", str(tmp_path / "a.html"), "--no-open"]) == 0
    page = (tmp_path / "a.html").read_text()
    assert 'data-name="trip/a.jpg"' in page and str(tmp_path) not in page
