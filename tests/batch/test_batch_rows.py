"""Manifests as rows: formats, types, paths."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from authoring.batch.journal import Journal
from authoring.batch.manifest import MAX_LINE, count_rows, read_rows
from authoring.batch.pairs import pair_folders
from authoring.batch.rows import COLUMNS, RowDefaults, option_values
from authoring.errors import DepthauthorError, MalformedError, RefusedError, UsageError


def test_every_option_is_a_column() -> None:
    assert COLUMNS.keys() >= {"near", "far", "format", "max_size", "profile", "calibration", "donor", "focus"}
    values = option_values(
        {
            "Near": "0.5",
            "far": 8,
            "max-size": " 256 ",
            "lossless": True,
            "replace": "no",
            "focus": [0.5, 0.25],
        }
    )
    assert values == {
        "near": 0.5, "far": 8.0, "max_size": 256, "lossless": True, "replace": False, "focus": (0.5, 0.25),
    }  # fmt: skip
    for name, text in (("near", "far"), ("lossless", "perhaps"), ("max_size", "2.5"), ("focus", "0.5")):
        with pytest.raises(UsageError, match=name):
            option_values({name: text})
    with pytest.raises(UsageError, match="unknown column or option 'nearest'"):
        option_values({"nearest": 1})


def test_the_three_formats_give_the_same_rows(tmp_path: Path) -> None:
    cells = [{"photo": f"{n}.jpg", "map": f"{n}.npy", "near": 0.5, "lossless": bool(n % 2)} for n in range(9)]
    header = ",".join(cells[0])
    lines = [",".join(map(str, row.values())) for row in cells]
    (tmp_path / "m.csv").write_text("\ufeff" + "\n".join([header, *lines, ""]), encoding="utf-8")
    (tmp_path / "m.jsonl").write_text("\n\n".join(map(json.dumps, cells)))
    rules = RowDefaults(str(tmp_path), str(tmp_path / "out"))
    rows = list(read_rows(str(tmp_path / "m.csv"), rules))
    assert list(read_rows(str(tmp_path / "m.jsonl"), rules)) == rows and len(rows) == 9
    assert rows[3].photo == str(tmp_path / "3.jpg") and rows[3].output == str(tmp_path / "out" / "3.jpg")
    assert rows[3].options == {"near": 0.5, "lossless": True} and not rows[3].fault

    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(arrow.Table.from_pylist(cells), tmp_path / "m.parquet")
    assert list(read_rows(str(tmp_path / "m.parquet"), rules)) == rows
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(MalformedError, match="not Parquet"):
        count_rows(str(tmp_path / "bad.parquet"))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("m.txt", b"photo,map\n", "unsupported manifest type"),
        ("m.csv", b"", "no column 'photo'"),
        ("m.csv", b"photo,photo,map\n", "same name"),
        ("m.csv", b"photo,map\n\xff,b\n", "not UTF-8"),
        ("absent.csv", None, "cannot be read"),
    ],
)
def test_unreadable_manifests_are_refused(
    name: str, content: bytes | None, reason: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DepthauthorError, match=reason):
        count_rows(str(tmp_path / name))


def test_a_line_that_cannot_be_read_is_one_faulty_row(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text('{"photo": "a.jpg", "map": "a.npy"}\n{"photo"\n7\n{"map": "a.npy"}\n')
    rows = list(read_rows(str(tmp_path / "m.jsonl"), RowDefaults(str(tmp_path))))
    assert [row.fault for row in rows] == [
        "",
        "not JSON",
        "not a JSON object",
        "the row names no photo",
    ]
    assert rows[0].output == str(tmp_path / "a-depth.jpg")
    (tmp_path / "m.csv").write_text("photo,map\na.jpg,a.npy,7\nb.png,b.npy\n")
    rows = list(read_rows(str(tmp_path / "m.csv"), RowDefaults(str(tmp_path))))
    assert rows[0].fault == "3 cells but 2 columns" and rows[1].output == str(tmp_path / "b-depth.heic")


def test_rows_are_read_one_at_a_time(tmp_path: Path) -> None:
    """The first row is there before the end of the manifest is read, which is damaged."""
    path = tmp_path / "m.jsonl"
    good = json.dumps({"photo": "a.jpg", "map": "a.npy"})
    path.write_text(f"{good}\n" * 10_000 + "x" * (MAX_LINE + 1))
    rows = read_rows(str(path), RowDefaults(str(tmp_path)))
    assert next(rows).photo == str(tmp_path / "a.jpg")
    with pytest.raises(MalformedError, match="not a manifest"):
        list(rows)


def test_the_journal_survives_an_incomplete_line(tmp_path: Path) -> None:
    path, output = tmp_path / "journal", str(tmp_path / "a.jpg")
    journal = Journal(path)
    journal.begin(output)
    journal.close()
    with path.open("ab") as file:
        file.write(b'{"done": "half')
    journal = Journal(path, resume=True)
    entry = journal.entry(output)
    assert entry is not None and entry.sha256 is None
    journal.done(output, "00", "11")
    journal.close()
    journal = Journal(path, resume=True)
    entry = journal.entry(output)
    assert entry is not None and (entry.sha256, entry.inputs) == ("00", "11")
    journal.failed(output)
    journal.close()
    journal = Journal(path, resume=True)
    assert journal.entry(output) is None
    journal.close()
    path.write_text('{"else": 1}\n')
    with pytest.raises(RefusedError, match="not a journal of a batch"):
        Journal(path, resume=True)


def test_photos_and_maps_in_one_folder(tmp_path: Path) -> None:
    for name in ("a.jpg", "a_depth.jpg", "b.heic", "b.npy", "c_depth.png"):
        (tmp_path / name).write_bytes(b"")
    pairing = pair_folders(tmp_path, tmp_path)
    assert pairing.pairs == (("a.jpg", ("a_depth.jpg",)), ("b.heic", ("b.npy",)))
    assert (pairing.photos_without_map, pairing.maps_without_photo) == ((), ("c_depth.png",))
