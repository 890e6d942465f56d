"""What may be attached to evidence as an inspection, and what is refused, by name."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from consent.core.times import parse_rfc3339
from consent.errors import InspectionError
from consent.export import inspection_folder
from consent.export.inspection import observed_in_har
from consent.export.inspection_folder import read_inspection
from tests.inspections import har, inspected


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return inspected(tmp_path / "inspection")


def refused(folder: Path) -> str:
    with pytest.raises(InspectionError) as caught:
        read_inspection(folder)
    return str(caught.value)


def test_four_recordings_show_four_states(folder: Path) -> None:
    found = read_inspection(folder)
    assert [one.name for one in found.files] == [
        "accepted.har", "refused.har", "undecided.cookies.json", "undecided.har", "withdrawn.har",
    ]  # fmt: skip
    assert found.states == ("undecided", "refused", "accepted", "withdrawn")
    assert found.missing == ()
    assert found.first == parse_rfc3339("2026-03-10T12:00:00Z")
    assert found.last == parse_rfc3339("2026-03-10T12:00:01.500Z")
    assert found.files[0].content == (folder / "accepted.har").read_bytes()


def test_a_state_is_shown_by_what_is_dated_and_the_others_are_missing(folder: Path) -> None:
    (folder / "refused.har").unlink()
    (folder / "refused.png").write_bytes(b"\x89PNG")
    (folder / "withdrawn.har").rename(folder / "other.har")
    found = read_inspection(folder)
    assert found.states == ("undecided", "accepted")
    assert found.missing == ("refused", "withdrawn")


def test_the_collector_of_the_edps_is_read_with_a_folder_for_each_state(tmp_path: Path) -> None:
    report = {
        "uri_ins": "https://www.university.example/visit",
        "start_time": "2026-03-10T12:53:44.473Z",
        "end_time": "2026-03-10T12:53:51.071Z",
    }
    for state in ("undecided", "refused"):
        (tmp_path / state).mkdir()
        (tmp_path / state / "inspection.json").write_text(json.dumps(report))
        for name in (
            "inspection.yml", "inspection.html", "cookies.yml", "local-storage.yml",
            "beacons.yml", "inspection-log.ndjson", "screenshot-top.png", "source.html",
        ):  # fmt: skip
            (tmp_path / state / name).write_text("…")
        (tmp_path / state / "requests.har").write_text(har("2026-03-10T12:53:45.000Z"))
    found = read_inspection(tmp_path)
    assert len(found.files) == 20
    assert (found.states, found.missing) == (("undecided", "refused"), ("accepted", "withdrawn"))
    assert found.last == parse_rfc3339("2026-03-10T12:53:51.071Z")
    assert {one for _, seen in found.dated for one in seen.origins} == {
        "https://www.university.example"
    }


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("<html>", "refused.har is not JSON"),
        ("", "refused.har is not JSON"),
        ("[" * 100_000, "refused.har is not JSON"),
        ("[]", "refused.har is no HAR: it has no log.entries"),
        ('{"log": {"pages": []}}', "refused.har is no HAR: it has no log.entries"),
        ('{"log": {"entries": {}}}', "refused.har is no HAR: it has no log.entries"),
        ('{"log": {"entries": []}}', "refused.har has no request"),
        ('{"log": {"entries": [1]}}', "refused.har: log.entries[0] has no date"),
        (har("2026-03-10"), "refused.har: log.entries[0] has a date without a time zone"),
        (har("yesterday"), "refused.har: log.entries[0] has no date that can be read"),
        (har("2026-03-10T12:00:00Z", url="https://[/"), "log.entries[0] has no address"),
        (har("2026-03-10T12:00:00Z", url="https:///"), "log.entries[0] has no address"),
    ],
)
def test_what_is_no_recording_is_named(folder: Path, content: str, told: str) -> None:
    (folder / "refused.har").write_text(content)
    assert told in refused(folder)


@pytest.mark.parametrize(
    "name", ["notes.txt", "tile", "..har", "a b.har", "cookies.json", "x\u001b[2J.har", "evil.svg"]
)
def test_an_unknown_kind_of_file_is_named(folder: Path, name: str) -> None:
    (folder / name).write_text("…")
    told = refused(folder)
    assert told.startswith(f"{name!r} is of no kind that is attached")
    assert told.isprintable()


def test_links_and_what_is_no_file_are_named(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret.har"
    outside.write_text(har("2026-03-10T12:00:00Z"))
    (folder / "link.har").symlink_to(outside)
    assert refused(folder) == "'link.har' is a link; only files themselves are attached"
    (folder / "link.har").unlink()
    os.mkfifo(folder / "pipe.har")
    assert refused(folder) == "'pipe.har' is not a file"
    (folder / "pipe.har").unlink()
    (folder / "browser-profile").mkdir()
    assert refused(folder).startswith("'browser-profile' is no folder of a state: undecided, ")
    (folder / "browser-profile").rmdir()
    (folder / "refused").symlink_to(tmp_path)
    assert refused(folder).startswith("'refused' is a link")


def test_an_empty_folder_and_one_without_a_date_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path} is empty: there is no inspection to attach"
    (tmp_path / "cookies.yml").write_text("[]")
    assert "no file that says when it was made" in refused(tmp_path)


def test_what_is_too_large_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = (folder / "accepted.har").stat().st_size
    monkeypatch.setattr(inspection_folder, "MAX_FILE_BYTES", size - 1)
    assert "accepted.har is larger than" in refused(folder)
    monkeypatch.setattr(inspection_folder, "MAX_FILE_BYTES", size)
    monkeypatch.setattr(inspection_folder, "MAX_TOTAL_BYTES", 2 * size)
    assert refused(folder).endswith(": undecided.cookies.json")
    monkeypatch.setattr(inspection_folder, "MAX_TOTAL_BYTES", 5 * size)
    monkeypatch.setattr(inspection_folder, "MAX_FILES", 4)
    assert refused(folder) == f"{folder} has more than 4 files"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://www.university.example:443/visit?x", "https://www.university.example"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("https://[::1]:8443/", "https://[::1]:8443"),
        ("data:text/html,x", "data://"),
    ],
)
def test_an_address_is_held_against_the_site_by_its_origin(url: str, origin: str) -> None:
    content: Any = har("2026-03-10T12:00:00+01:00", url=url)
    observed = observed_in_har("x.har", content.encode())
    assert observed.origins == {origin}
    assert observed.first == parse_rfc3339("2026-03-10T11:00:00Z")
