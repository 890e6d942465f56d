"""Recordings of a visit, as a browser writes them."""

from __future__ import annotations

import json
from pathlib import Path

ADDRESS = "https://www.university.example/visit"


def har(*instants: str, url: str = ADDRESS) -> str:
    """Return a HAR with a request at each instant."""
    entries = [{"startedDateTime": one, "request": {"url": url}} for one in instants]
    return json.dumps({"log": {"version": "1.2", "entries": entries}})


def inspected(folder: Path, day: str = "2026-03-10T12:00:0", *, url: str = ADDRESS) -> Path:
    """Write an inspection of four states, two requests each within two seconds."""
    folder.mkdir()
    for state in ("undecided", "refused", "accepted", "withdrawn"):
        content = har(f"{day}0.000Z", f"{day}1.500Z", url=url)
        (folder / f"{state}.har").write_text(content)
    (folder / "undecided.cookies.json").write_text("[]")
    return folder
