"""A website with one page for each banner, and its files, all compressed beforehand."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import brotli

from bench.script.subjects import Subject

_TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8"}
_PARAGRAPH = (
    "<p>Biomedical Sciences brings together what is known of health and disease, and asks how it "
    "is told: to patients, to schools, to those who decide. The programme takes two years and "
    "begins in September. Half of it is an internship in a laboratory, a ministry or an editorial "
    "office, here or abroad.</p>"
)


@dataclass
class Website:
    """What is served, and how much of it was asked for since the page was last opened."""

    port: int = 0
    contents: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)


def compressed(content: bytes) -> bytes:
    return brotli.compress(content, quality=11)


def weight(subject: Subject) -> int:
    """Return the bytes of everything a banner loads and puts into the page, with brotli."""
    parts = [subject.inline, *(_content(file) for file in subject.files.values())]
    return sum(len(compressed(part)) for part in parts)


@contextmanager
def running_website(subjects: Sequence[Subject]) -> Iterator[Website]:
    """Serve the pages on a free loopback port."""
    website = Website()
    website.contents["/blank.html"] = compressed(_page(""))
    for subject in subjects:
        website.contents[f"/{subject.name}.html"] = compressed(_page(subject.head))
        for path, file in subject.files.items():
            website.contents[path] = compressed(_content(file))
    handler = type("Handler", (_Handler,), {"website": website})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    website.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield website
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    website: Website

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        content = self.website.contents.get(path)
        self.website.requests.append(path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Type", _TYPES.get(Path(path).suffix, "text/plain"))
        self.send_header("Content-Encoding", "br")
        self.send_header("Cache-Control", "public, max-age=3600")
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Requests are counted instead."""


def _page(head: str) -> bytes:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>Programme</title><link rel="icon" href="data:,">{head}</head>'
        f"<body><main><h1>Biomedical Sciences</h1>{_PARAGRAPH * 12}</main></body></html>"
    ).encode()


def _content(file: Path | bytes) -> bytes:
    return file if isinstance(file, bytes) else file.read_bytes()
