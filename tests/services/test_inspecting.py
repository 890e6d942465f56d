"""An inspection goes into an evidence pack if it shows what was in force then, and as it is."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from consent.core.times import MILLIS_PER_DAY, rfc3339
from consent.errors import InspectionError
from consent.export.inspection_folder import read_inspection
from consent.services.inspecting import CLOCK_SLACK_MS, attach_inspection
from consent.store.events import EventFilter
from tests.inspections import har, inspected
from tests.make import make_site
from tests.packs import Pack, make_pack, make_world
from tests.world import START, World

HOUR = 3_600_000
ORIGIN = make_site().origins[0]


@pytest.fixture
def world(session: Session) -> World:
    """A site that was published a day ago."""
    world = World(session)
    world.publish()
    world.now = START + MILLIS_PER_DAY
    return world


@pytest.fixture
def logged(session: Session, tmp_path: Path) -> World:
    """The same with four acts, in a log that is published."""
    world = make_world(session, tmp_path / "state")
    world.now = START + MILLIS_PER_DAY
    return world


def recorded(folder: Path, at: int, *, origin: str = ORIGIN) -> Path:
    """Write an inspection that begins at an instant and lasts a second and a half."""
    return inspected(folder, rfc3339(at).removesuffix("0.000Z"), url=f"{origin}/visit")


def refused(world: World, folder: Path, **wanted: int | tuple[str, ...]) -> str:
    inspection = read_inspection(folder)
    with pytest.raises(InspectionError) as caught:
        attach_inspection(
            world.session,
            inspection,
            EventFilter(**wanted),  # type: ignore[arg-type]
            now=world.now,
        )
    world.session.rollback()
    return str(caught.value)


@pytest.fixture
def pack(logged: World, engine: Engine, tmp_path: Path) -> Pack:
    return make_pack(logged, engine, inspection=recorded(tmp_path / "seen", START + HOUR))


@pytest.mark.legal("AE-10")
def test_its_files_are_in_the_signed_manifest_as_they_were_found(
    pack: Pack, tmp_path: Path
) -> None:
    manifest = pack.json("manifest.json")
    names = [f"inspection/{path.name}" for path in sorted((tmp_path / "seen").iterdir())]
    assert pack.under("inspection/") == names
    for name in names:
        content = (tmp_path / "seen" / Path(name).name).read_bytes()
        assert pack.read(name) == content
        assert manifest["files"][name] == {
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    assert manifest["inspection"] == {
        "site": "programme",
        "from": rfc3339(START + HOUR),
        "to": rfc3339(START + HOUR + 1_500),
        "shows_what_is_in_force_since": rfc3339(START),
        "states": ["undecided", "refused", "accepted", "withdrawn"],
        "states_missing": [],
    }


@pytest.mark.legal("AE-10")
def test_statement_and_readme_name_it_and_the_state_that_is_missing(
    world: World, engine: Engine, tmp_path: Path
) -> None:
    folder = recorded(tmp_path / "seen", START + HOUR)
    (folder / "withdrawn.har").unlink()
    pack = make_pack(world, engine, inspection=folder)
    page = re.sub(r"<[^>]*>", "", pack.read("statement.html").decode())
    assert "An inspection of programme, made" in page
    assert "After refusing everything: recorded" in page
    assert "After withdrawing: missing" in page
    text = pack.read("statement.txt").decode()
    assert re.search(r"after withdrawing +missing", text)
    assert re.search(r"before any choice +recorded", text)
    assert "inspection/\n  what a browser was seen to do" in text
    assert "- `inspection/`: what a browser was seen" in pack.read("verify/README.md").decode()


def test_a_pack_without_one_says_nothing_of_it(world: World, engine: Engine) -> None:
    pack = make_pack(world, engine)
    assert "inspection" not in pack.json("manifest.json")
    for name in ("statement", "verify/README"):
        for file in pack.under(name):
            assert "inspection" not in pack.read(file).decode()


@pytest.mark.legal("AE-10", "AE-04")
def test_the_program_in_the_pack_checks_it_too(pack: Pack, tmp_path: Path) -> None:
    folder = pack.unpack(tmp_path / "pack")

    def verified() -> tuple[int, str]:
        command = [sys.executable, "verify/consent-verify.pyz", ".", "--json"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    assert verified()[0] == 0
    refused_har = folder / "inspection" / "refused.har"
    refused_har.write_bytes(refused_har.read_bytes().replace(b"/visit", b"/visiT", 1))
    code, told = verified()
    assert code == 1
    found = json.dumps(json.loads(told)["pack"])
    assert "inspection/refused.har is not the file that the manifest names" in found
    (folder / "inspection" / "late.har").write_text(har(rfc3339(START)))
    assert "inspection/late.har is there and the manifest does not name it" in verified()[1]


@pytest.mark.legal("AE-10")
def test_one_that_is_older_than_the_registry_is_stale(world: World, tmp_path: Path) -> None:
    folder = recorded(tmp_path / "seen", START + HOUR)
    world.now = START + 2 * HOUR
    world.publish(name={"en": "Life Sciences", "nl": "Levenswetenschappen"})
    told = refused(world, folder)
    assert told == (
        f"accepted.har is stale: it begins {rfc3339(START + HOUR)}, and what is in force at the "
        f"end of the period was published {rfc3339(START + 2 * HOUR)}; inspect the site again"
    )
    inspection = read_inspection(folder)
    wanted = EventFilter(to=START + 2 * HOUR)
    found = attach_inspection(world.session, inspection, wanted, now=world.now)
    assert found.published_at == START


@pytest.mark.legal("AE-10")
def test_each_recording_is_held_against_the_registry(world: World, tmp_path: Path) -> None:
    folder = recorded(tmp_path / "seen", START + HOUR)
    (folder / "refused.har").write_text(har(rfc3339(START - 1), url=f"{ORIGIN}/"))
    assert refused(world, folder).startswith("refused.har is stale: it begins")


@pytest.mark.legal("AE-10")
def test_one_of_what_came_later_does_not_show_the_period(world: World, tmp_path: Path) -> None:
    world.now = START + 2 * HOUR
    world.publish(name={"en": "Life Sciences", "nl": "Levenswetenschappen"})
    world.now = START + 4 * HOUR
    folder = recorded(tmp_path / "seen", START + 3 * HOUR)
    told = refused(world, folder, to=START + HOUR)
    assert f"was replaced {rfc3339(START + 2 * HOUR)}: it shows something else" in told


def test_one_from_the_future_or_before_anything_was_published_is_refused(
    world: World, tmp_path: Path
) -> None:
    late = recorded(tmp_path / "late", world.now + CLOCK_SLACK_MS)
    assert "which is yet to come" in refused(world, late)
    seen = recorded(tmp_path / "seen", START + HOUR)
    assert refused(world, seen, to=START) == f"programme had published nothing by {rfc3339(START)}"


def test_one_of_another_site_or_of_no_single_one_is_refused(world: World, tmp_path: Path) -> None:
    other = recorded(tmp_path / "other", START + HOUR, origin="https://shop.example")
    assert refused(world, other) == (f"accepted.har has nothing of {ORIGIN}: it is of another site")
    seen = recorded(tmp_path / "seen", START + HOUR)
    assert "of one site" in refused(world, seen, sites=("programme", "shop"))
    assert refused(world, seen, sites=("shop",)).startswith("shop had published nothing")
