"""An evidence pack: what is in it, and what is not."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from consent.core.model import EventName
from consent.core.times import MILLIS_PER_DAY
from consent.services import showing
from consent.services.evidence import EvidencePack
from consent.services.exporting import Asked, ExportState, ExportStream, find_export, start_export
from consent.store.events import EventFilter
from consent.store.pictures import insert_picture
from consent.verify.__main__ import main as verify
from tests.make import make_site
from tests.make_pictures import PIXEL, make_picture
from tests.packs import LOG, OLGA, SCRIPT, make_pack, make_world
from tests.world import START, Browser, World

IN_DUTCH = {
    "statement.html": "statement.nl.html",
    "statement.txt": "statement.nl.txt",
    "verify/README.md": "verify/README.nl.md",
}
IN_WORDS = {*IN_DUTCH, *IN_DUTCH.values()}


@pytest.fixture
def world(session: Session, tmp_path: Path) -> World:
    return make_world(session, tmp_path / "state")


@pytest.mark.legal("AE-02", "RP-01")
def test_every_form_has_the_same_records(world: World, engine: Engine) -> None:
    pack = make_pack(world, engine)
    ids = [row["id"] for row in pack.rows]
    assert [row["event"] for row in pack.rows] == [
        "granted", "partly_granted", "refused", "withdrawn",
    ]  # fmt: skip
    lines = pack.read("records/records.jsonl").decode().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ids
    graph = pack.json("records/records.jsonld")["@graph"]
    records = [node for node in graph if node["@type"] == "dpv:ConsentRecord"]
    assert [record["dct:identifier"] for record in records] == ids
    receipts = pack.read("records/kantara.jsonl").decode().splitlines()
    assert [json.loads(line)["consentReceiptID"] for line in receipts] == ids[:2]
    assert pack.read("records/records.parquet")[:4] == b"PAR1"


@pytest.mark.legal("AE-03", "RP-02")
def test_nothing_a_row_refers_to_is_missing(world: World, engine: Engine) -> None:
    insert_picture(world.session, make_picture(notice_hash=world.site().notice.hash))
    world.session.commit()
    pack = make_pack(world, engine)
    for row in pack.rows:
        notice = pack.read(f"notices/{row['notice']}.json")
        assert hashlib.sha256(notice).hexdigest() == row["notice"]
        assert "Cookies" in pack.read(f"notices/{row['notice']}.{row['language']}.html").decode()
        build = pack.read(f"builds/{row['build']}.js")
        assert (build, hashlib.sha256(build).hexdigest()) == (SCRIPT, row["build"])
        (picture,) = pack.under(f"pictures/{row['notice']}/en-banner-phone-")
        assert pack.read(picture) == PIXEL
    (publication,) = pack.json("publications.json")
    policy = pack.read(f"policies/{publication['policy']}.json")
    assert hashlib.sha256(policy).hexdigest() == publication["policy"]
    assert publication["scope"] == pack.rows[0]["scope"]
    assert f"policies/{publication['policy']}.nl.html" in pack.names
    assert pack.json("manifest.json")["absent"] == {
        "notices": [], "policies": [], "builds": [], "pictures": [],
    }  # fmt: skip


@pytest.mark.legal("AE-03")
def test_what_is_not_kept_is_named(
    world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = world.site()
    # What a process serves counts before any log has said so.
    with monkeypatch.context() as patch:
        patch.setattr(showing, "script_build", lambda: "0b" * 32)
        Browser(world).refuse_all(token=world.token(live, build="0b" * 32))
    pack = make_pack(world, engine)
    absent = pack.json("manifest.json")["absent"]
    assert (absent["builds"], absent["pictures"]) == (["0b" * 32], [live.notice.hash])
    statement = pack.read("statement.html").decode()
    assert "script or page: 1" in statement
    assert "Of 1 notice there is no picture: text only." in statement


@pytest.mark.legal("AE-03")
def test_what_was_in_force_is_there_though_nobody_acted(world: World, engine: Engine) -> None:
    first = world.site()
    world.pass_days(10)
    world.publish(name={"en": "Life Sciences", "nl": "Levenswetenschappen"})
    after = START + 5 * MILLIS_PER_DAY
    pack = make_pack(world, engine, from_=after, to=after + MILLIS_PER_DAY)
    assert pack.rows == []
    assert [one["notice"] for one in pack.json("publications.json")] == [first.notice.hash]
    both = make_pack(world, engine)
    assert len(both.json("publications.json")) == 2
    names = {Path(name).name.split(".")[0] for name in both.under("notices/")}
    assert names == {first.notice.hash, world.site().notice.hash}


@pytest.mark.legal("AE-05")
def test_without_a_reason_nothing_leads_back_to_the_database(world: World, engine: Engine) -> None:
    first, second = make_pack(world, engine), make_pack(world, engine)
    subjects = [{row["subject"] for row in pack.rows} - {""} for pack in (first, second)]
    assert len(subjects[0]) == 2
    assert not subjects[0] & subjects[1]
    stored = world.session.execute(text("SELECT subject, payload, salt FROM consent_event")).all()
    everything = b"".join(first.read(name) for name in first.names)
    for row in stored:
        assert row.payload.encode() not in everything
        assert row.subject is None or row.subject.encode() not in everything
    opened = [json.loads(line) for line in first.read(f"{LOG}/records.jsonl").splitlines()]
    assert {json.loads(one["rec"])["type"] for one in opened} == {"config", "key"}
    assert first.json("manifest.json")["pseudonyms"] == "keyed anew"


@pytest.mark.legal("AE-05", "RP-01")
def test_with_a_reason_the_records_themselves_are_there(world: World, engine: Engine) -> None:
    pack = make_pack(world, engine, reason="case 12", event=EventName.REFUSED)
    opened = [json.loads(line) for line in pack.read(f"{LOG}/records.jsonl").splitlines()]
    consents = [record for one in opened if (record := one["rec"]).find('"consent"') > 0]
    (stored,) = world.session.execute(
        text("SELECT payload FROM consent_event WHERE event = 'refused'")
    ).scalars()
    assert consents == [stored]
    manifest = pack.json("manifest.json")
    assert (manifest["reason"], manifest["pseudonyms"]) == ("case 12", "as stored")
    assert pack.json(f"{LOG}/manifest.json")["openings"] == "some"


@pytest.mark.legal("RR-08")
@pytest.mark.parametrize(
    "hide",
    [
        "INSERT INTO disposal_queue (event_id, reason, queued_at) VALUES (:id, 'erasure', 1)",
        "INSERT INTO restriction (event_id, restricted_at) VALUES (:id, 1)",
    ],
)
def test_records_of_erased_people_are_nowhere(world: World, engine: Engine, hide: str) -> None:
    gone = world.session.execute(
        text("SELECT id, payload FROM consent_event WHERE event = 'partly_granted'")
    ).one()
    world.session.execute(text(hide), {"id": gone.id})
    world.session.commit()
    pack = make_pack(world, engine, reason="case 12")
    assert len(pack.rows) == 3
    everything = b"".join(pack.read(name) for name in pack.names)
    assert gone.id.encode() not in everything
    assert "hidden.json" not in {Path(name).name for name in pack.names}


@pytest.mark.legal("RP-16")
def test_a_recipient_gets_a_pack_about_itself_only(world: World, engine: Engine) -> None:
    pack = make_pack(world, engine, provider="study-ads")
    assert [row["choices"] for row in pack.rows] == ['{"ads":true}']
    graph = pack.json("records/records.jsonld")["@graph"]
    (record,) = [node for node in graph if node["@type"] == "dpv:ConsentRecord"]
    assert [process["dct:identifier"] for process in record["dpv:hasProcess"]] == ["ads"]
    assert "recipient “study-ads”" in pack.read("statement.txt").decode()


def test_the_statement_speaks_of_the_pack_and_its_links_resolve(
    world: World, engine: Engine
) -> None:
    pack = make_pack(world, engine)
    page = BeautifulSoup(pack.read("statement.html"), "html.parser")
    for link in page.find_all("a"):
        assert link["href"] in pack.names
    words = re.sub(r"\s+", " ", page.get_text(" "))
    assert "Leiden University: Biomedical Sciences (https://programme.example)" in words
    assert "asked for by Olga" in words
    assert "4 of the 4 records" in words
    assert page.find(class_="unanchored") is not None
    assert "unanchored since 2026-11-22" in words
    cells = [cell.get_text() for cell in page.select("tfoot .number")]
    assert cells == ["1", "1", "0", "1", "1", "4"]
    assert page.svg is not None
    assert page.svg["role"] == "img"
    plain = pack.read("statement.txt").decode()
    assert "unanchored since 2026-11-22" in plain
    assert "<" not in plain
    headings = {
        "WHAT THIS PROVES": "What this proves",
        "WHAT IT DOES NOT PROVE": "What it does not prove",
    }
    for shouted, heading in headings.items():
        said = plain.partition(shouted)[2].strip().partition("\n\n")[0]
        points = [" ".join(point.split()) for point in re.split(r"(?m)^- ", said)[1:]]
        title = page.find("h2", string=heading)
        assert title is not None
        listed = title.find_next("ul")
        assert listed is not None
        shown = listed.find_all("li")
        assert points == [" ".join(point.get_text().split()) for point in shown]


@pytest.mark.legal("AE-11", "AE-04")
def test_a_pack_speaks_both_languages_and_verifies(
    world: World, engine: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = make_pack(world, engine)
    assert pack.json("manifest.json")["files"].keys() >= IN_WORDS
    for english, dutch in IN_DUTCH.items():
        assert "Nederlands" in (told := pack.read(english).decode())
        assert Path(dutch).name in told
        assert "In English" in (told := pack.read(dutch).decode())
        assert Path(english).name in told
    page = BeautifulSoup(pack.read("statement.nl.html"), "html.parser")
    assert {link["href"] for link in page.find_all("a")} <= {*pack.names}
    words = re.sub(r"\s+", " ", page.get_text(" "))
    assert "Leiden University: Biomedische wetenschappen (https://programme.example)" in words
    assert "4 van de 4 registraties" in words
    assert "niet verankerd sinds 22 november 2026" in words
    assert "niet verankerd sinds 22 november 2026" in pack.read("statement.nl.txt").decode()
    (tmp_path / "pack.zip").write_bytes(pack.content)
    assert verify([str(tmp_path / "pack.zip")]) == 0, capsys.readouterr()


def test_texts_of_a_site_cannot_become_markup(session: Session, engine: Engine) -> None:
    world = World(session)
    world.publish(controller=replace(make_site().controller, name="<script>alert(1)</script>"))
    pack = make_pack(world, engine)
    pages = [name for name in pack.names if name.endswith(".html")]
    assert len(pages) == 2 + 2 * 2
    for name in pages:
        assert b"<script" not in pack.read(name)


@pytest.mark.legal("AE-12")
def test_the_same_records_for_a_reason_give_the_same_bytes(world: World, engine: Engine) -> None:
    packs = [make_pack(world, engine, reason="comparison") for _ in range(2)]
    same = {name for name in packs[0].names if packs[0].read(name) == packs[1].read(name)}
    # Each export has an id of its own; it stands in these and in nothing else.
    assert set(packs[0].names) - same == {
        "records/records.jsonld", *IN_WORDS, "SHA256SUMS", "manifest.json", "manifest.note",
    }  # fmt: skip


def test_a_pack_that_is_broken_off_is_recorded_and_leaves_the_session(
    world: World, engine: Engine
) -> None:
    asked = Asked(EventFilter(), "evidence")
    export = start_export(world.session, asked, officer=OLGA, now=world.now)
    session = Session(engine)
    stream = ExportStream(
        session, export, lambda: world.now, EvidencePack(session, export, world.keys)
    )
    next(stream)
    stream.close()
    world.session.rollback()
    report = find_export(world.session, export.id, officer=OLGA, now=world.now)
    assert (report.state, report.size) == (ExportState.ABORTED, None)
