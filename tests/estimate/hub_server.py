"""A stand-in of the Hugging Face hub: a small HTTP server on this machine that the hub's own library talks to."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HINT = "unauthenticated; You are sending unauthenticated requests to the HF Hub."
"""The hub sends it to all who are not logged in, and its library logs it."""


@dataclass
class HubModel:
    """A repository of the hub."""

    files: dict[str, bytes]
    licence: str | None = "apache-2.0"
    is_gated: bool = False
    is_private: bool = False


@dataclass
class Hub:
    """What the server has, how it fails, and what it was asked."""

    models: dict[str, HubModel]
    cut_after: int | None = None
    """Bytes of the weights after which the connection is cut, at every request of them."""
    stall_after: int | None = None
    """Bytes of the weights after which nothing more is sent."""
    status: int | None = None
    """What every request is answered with."""
    silent: bool = False
    """Accept a request and never answer."""
    endpoint: str = ""
    requests: list[str] = field(default_factory=list)
    weights_begun: threading.Event = field(default_factory=threading.Event)
    end: threading.Event = field(default_factory=threading.Event)

    def fetched(self, name: str) -> int:
        """Return how often a file was asked for."""
        return sum(line.startswith("GET") and line.endswith(f"/{name}") for line in self.requests)


@contextmanager
def serving(models: dict[str, HubModel]) -> Iterator[Hub]:
    """Serve models on a free port of this machine."""
    hub = Hub(models)

    class Handler(_Handler):
        """Answers for this hub."""

        state = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield hub
    finally:
        hub.end.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    state: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Print nothing."""

    def do_HEAD(self) -> None:
        """Answer with the headers of a file."""
        self.do_GET()

    def do_GET(self) -> None:
        """Answer with the description of a model, or a file."""
        hub, path = self.state, self.path.partition("?")[0]
        hub.requests.append(f"{self.command} {path}")
        if hub.silent:
            hub.end.wait(60)
            return
        if hub.status is not None:
            self._answer(hub.status, b"")
            return
        for name, model in hub.models.items():
            if path == f"/api/models/{name}" or path.startswith(f"/api/models/{name}/revision/"):
                self._answer(200, json.dumps(_description(name, model)).encode())
                return
            _, found, file = path.partition(f"/{name}/resolve/main/")
            if found and file in model.files:
                self._send_file(model, file)
                return
            if found:
                self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
                return
        self._answer(404, b'{"error": "Repository not found"}', {"X-Error-Code": "RepoNotFound"})

    def _send_file(self, model: HubModel, name: str) -> None:
        if model.is_gated:
            self._answer(403, b"", {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted."})
            return
        data = model.files[name]
        headers = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": commit_of(model)}
        headers["Content-Disposition"] = f'inline; filename="{name}";'
        first = int((self.headers.get("Range") or "bytes=0-")[6:].partition("-")[0])
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        stop = None
        if name.endswith(".safetensors"):
            stop = self.state.cut_after if self.state.cut_after is not None else self.state.stall_after
        self._answer(206 if first else 200, data[first:], headers, stop)

    def _answer(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, stop: int | None = None
    ) -> None:
        self.send_response(status)
        given = {"Content-Length": str(len(body)), "X-HF-Warning": HINT, **(headers or {})}
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body[:stop])
        if stop is not None:
            self.wfile.flush()
            self.state.weights_begun.set()
            if self.state.stall_after is not None:
                self.state.end.wait(60)
            self.close_connection = True


def commit_of(model: HubModel) -> str:
    """Return a name of the commit as git's, which follows from the files."""
    return hashlib.sha1(b"".join(model.files.values()), usedforsecurity=False).hexdigest()


def _description(name: str, model: HubModel) -> dict[str, Any]:
    return {
        "id": name,
        "modelId": name,
        "sha": commit_of(model),
        "private": model.is_private,
        "gated": "manual" if model.is_gated else False,
        "tags": [],
        "cardData": {"license": model.licence} if model.licence else {},
        "siblings": [{"rfilename": file, "size": len(data)} for file, data in model.files.items()],
    }
