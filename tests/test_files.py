"""Files: links, pipes, devices, permissions, file systems without hard links, inputs that change."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from authoring import files
from authoring.errors import MalformedError, RefusedError, UsageError

NEW = b"new bytes"


def write_during(target: Path, event: Callable[[], object]) -> None:
    """Write a file in two chunks; something happens between them."""

    def chunks() -> Iterator[bytes]:
        yield NEW[:4]
        event()
        yield NEW[4:]

    files.write_file(target, chunks())


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "private.jpg"
    for mode in (0o600, 0o640, 0o664, 0o444):
        target.unlink(missing_ok=True)
        target.write_bytes(b"old")
        target.chmod(mode)
        files.write_file(target, [NEW], overwrite=True)
        assert (stat.S_IMODE(target.stat().st_mode), target.read_bytes()) == (mode, NEW)


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        files.write_file(tmp_path / "new.jpg", [NEW])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.jpg").stat().st_mode) == 0o640


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        ([0o644], 0o644),
        ([0o600], 0o600),
        ([0o400], 0o600),
        ([0o640], 0o640),
        ([0o604], 0o604),
        ([0o640, 0o604], 0o600),
        ([0o644, 0o600], 0o600),
    ],
)
def test_an_output_is_no_more_readable_than_its_inputs(
    modes: list[int], expected: int, overwrite: bool, tmp_path: Path
) -> None:
    inputs = [tmp_path / f"{number}.jpg" for number in range(len(modes))]
    for path, mode in zip(inputs, modes, strict=True):
        path.touch()
        path.chmod(mode)
    target = tmp_path / "out.jpg"
    if overwrite:
        target.touch()
        target.chmod(0o644)
    before = os.umask(0o022)
    try:
        files.write_file(target, [NEW], overwrite=overwrite, inputs=[*inputs, None, tmp_path / "absent"])
    finally:
        os.umask(before)
    assert oct(stat.S_IMODE(target.stat().st_mode)) == oct(expected)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file to another group")
def test_another_group_does_not_read_what_one_group_may(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jpg", tmp_path / "out.jpg"
    source.touch()
    os.chown(source, -1, 12345)
    for mode, expected in ((0o640, 0o600), (0o644, 0o644)):
        source.chmod(mode)
        files.write_file(target, [NEW], overwrite=True, inputs=[source])
        assert oct(stat.S_IMODE(target.stat().st_mode)) == oct(expected)
        target.unlink()


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    real, link = tmp_path / "deep" / "real.jpg", tmp_path / "link.jpg"
    real.write_bytes(b"old")
    link.symlink_to("deep/real.jpg")
    with pytest.raises(RefusedError, match=r"link\.jpg: exists already"):
        files.write_file(link, [NEW])
    files.write_file(link, [NEW], overwrite=True)
    assert link.is_symlink() and real.read_bytes() == NEW
    assert names(tmp_path) == {"deep", "link.jpg"} and names(tmp_path / "deep") == {"real.jpg"}


def test_a_dangling_link_counts_as_existing(tmp_path: Path) -> None:
    link = tmp_path / "link.jpg"
    link.symlink_to(tmp_path / "nothing.jpg")
    with pytest.raises(RefusedError, match="exists already"):
        files.write_file(link, [NEW])
    files.write_file(link, [NEW], overwrite=True)
    assert link.is_symlink() and (tmp_path / "nothing.jpg").read_bytes() == NEW


def test_a_hard_link_of_a_replaced_file_keeps_the_old_bytes(tmp_path: Path) -> None:
    photo, other = tmp_path / "photo.jpg", tmp_path / "other.jpg"
    photo.write_bytes(b"the photo")
    os.link(photo, other)
    files.write_file(other, [NEW], overwrite=True)
    assert (photo.read_bytes(), other.read_bytes()) == (b"the photo", NEW)
    other.unlink()
    os.link(photo, other)
    with pytest.raises(RefusedError, match="this is an input"):
        files.refuse_same(other, [photo])


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_pipe_or_device_is_not_replaced(overwrite: bool, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "null.jpg").symlink_to(os.devnull)
    for name in ("pipe.jpg", "null.jpg"):
        with pytest.raises(RefusedError, match="a device or a pipe"):
            files.write_file(tmp_path / name, [NEW], overwrite=overwrite)
    assert stat.S_ISFIFO((tmp_path / "pipe.jpg").stat().st_mode)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*_: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_link)
    target = tmp_path / "new.jpg"
    files.write_file(target, [NEW])
    assert target.read_bytes() == NEW and names(tmp_path) == {"new.jpg"}
    # The name is taken while the bytes are on their way.
    late = tmp_path / "late.jpg"
    with pytest.raises(RefusedError, match="exists already"):
        write_during(late, lambda: late.write_bytes(b"somebody else's"))
    assert late.read_bytes() == b"somebody else's" and names(tmp_path) == {"new.jpg", "late.jpg"}


def test_a_file_that_appears_during_the_write_is_kept(tmp_path: Path) -> None:
    late = tmp_path / "late.jpg"
    with pytest.raises(RefusedError, match="exists already"):
        write_during(late, lambda: late.write_bytes(b"somebody else's"))
    assert late.read_bytes() == b"somebody else's" and names(tmp_path) == {"late.jpg"}


def test_an_input_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(bytes(100_000))
    real = Path.open

    class Slow(io.FileIO):
        """Its reader is overtaken by somebody who cuts the file."""

        def readall(self) -> bytes:
            os.truncate(photo, 50_000)
            return super().readall()

        def read(self, size: int | None = -1, /) -> bytes:
            return self.readall()

    monkeypatch.setattr(Path, "open", lambda path, *rest, **more: Slow(path))
    with pytest.raises(RefusedError, match=r"photo\.jpg: the file changed while it was read"):
        files.read_file(photo)
    monkeypatch.setattr(Path, "open", real)
    assert len(files.read_file(photo)) == 50_000


def test_a_pipe_is_read_and_an_endless_one_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    data = os.urandom(300_000)
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    assert files.read_file(pipe) == data
    writer.join()
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 5 << 20)
    with Path("/dev/zero").open() as endless:
        monkeypatch.setattr(sys, "stdin", endless)
        with pytest.raises(MalformedError, match="standard input: the file is larger"):
            files.read_file(files.STANDARD_STREAM)
    with pytest.raises(UsageError, match="/dev/zero: this is a device"):
        files.read_file(Path("/dev/zero"))


def test_names_that_no_file_can_have(tmp_path: Path) -> None:
    for name in ("zero\0byte.jpg", "long" * 100 + ".jpg"):
        with pytest.raises(UsageError):
            files.read_file(tmp_path / name)
        with pytest.raises((UsageError, RefusedError)):
            files.write_file(tmp_path / name, [NEW])
    files.refuse_same(tmp_path / "zero\0byte.jpg", [tmp_path])
    assert names(tmp_path) == set()


def test_closed_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="standard input: it is closed"):
        files.read_file(files.STANDARD_STREAM)
    monkeypatch.setattr(sys, "__stdout__", None)
    with pytest.raises(RefusedError, match="standard output: it is closed"):
        files.write_file(files.STANDARD_STREAM, [NEW])


def test_a_full_device_behind_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(RefusedError, match="standard output: could not be written: No space left"):
            files.write_file(files.STANDARD_STREAM, [NEW])
        monkeypatch.undo()
        with pytest.raises(OSError, match="No space left"):
            full.close()


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        raise UsageError("no such map")

    with pytest.raises(UsageError, match="no such map"):
        write_during(tmp_path / "photo.jpg", fail)
    assert names(tmp_path) == set()


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    old = tmp_path / "photo.jpg"
    old.write_bytes(b"old")
    with pytest.raises(
        RefusedError, match=r"photo\.jpg: could not be written: No space left .* nothing was left"
    ):
        files.write_file(old, [NEW], overwrite=True)
    assert names(tmp_path) == {"photo.jpg"} and old.read_bytes() == b"old"


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"absent/photo\.jpg: cannot be written there"):
        files.write_file(tmp_path / "absent" / "photo.jpg", [NEW])


def test_thousands_of_chunks(tmp_path: Path) -> None:
    for size in (1, 1 << 16):
        chunks = [bytes([number % 251]) * size for number in range(1100)]
        files.write_file(tmp_path / "photo.jpg", map(memoryview, chunks), overwrite=True)
        assert (tmp_path / "photo.jpg").read_bytes() == b"".join(chunks)
