"""The log as others read it: heads, keys and consistency for all, tiles for officers."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from consent.audit.checkpoints import OpenedCheckpoint
from consent.audit.entry import leaf_hash
from consent.audit.notes import CosignatureVerifier, parse_vkey
from consent.audit.policies import Policy, parse_policy
from consent.audit.proofs import verify_consistency
from consent.audit.records import config_record
from consent.audit.tiles import ENTRIES, decode_entries, parse_tile_path, root_at, tile_widths
from consent.audit.tree import EMPTY_ROOT, root_of
from consent.core.ids import uuid7
from consent.core.model import Site
from consent.services.officers import add_officer
from consent.services.sealing import seal_all
from consent.services.staging import stage_record
from consent.store.database import db
from consent.store.log import find_state
from tests.service import Clock, engine_session, keys_of
from tests.web.sealing import seal_and_publish
from tests.web.visitor import ORIGIN, Visitor

LOG = "/consent/log/leiden-university/1"

Seal = Callable[[], None]


@pytest.fixture
def stranger(service_app: Flask) -> Visitor:
    """Somebody whose program asks, and who holds nothing."""
    return Visitor(service_app, headers={"Accept": "*/*"})


def record(app: Flask, count: int) -> None:
    for _ in range(count):
        Visitor(app).press("refuse_all")


def head_of(visitor: Visitor) -> OpenedCheckpoint:
    """Return the published head, as the published keys have it."""
    return policy_of(visitor).open(visitor.get(f"{LOG}/checkpoint").text)


def policy_of(visitor: Visitor) -> Policy:
    return parse_policy(visitor.get(f"{LOG}/policy").text)


def officer_token(app: Flask, name: str = "Olga", site: str = "programme") -> str:
    with app.app_context():
        token = add_officer(db.session, name, [site], by="cli:root", now=1)
        db.session.remove()
    return token


def with_token(visitor: Visitor, path: str, token: str) -> TestResponse:
    return visitor.get(path, Authorization=f"Bearer {token}")


def test_the_head_is_for_everyone_and_signed(stranger: Visitor, seal: Seal, clock: Clock) -> None:
    assert stranger.get(f"{LOG}/checkpoint").status_code == 404
    seal()
    response = stranger.get(f"{LOG}/checkpoint")
    assert response.mimetype == "text/plain"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "public, max-age=10"
    opened = head_of(stranger)
    assert opened.checkpoint.origin == "site.example/consent/log/leiden-university/1"
    assert opened.checkpoint.size > 0
    assert opened.clock_time == clock.now // 1000


def test_a_head_that_was_not_published_is_shown_to_nobody(
    service_app: Flask, stranger: Visitor, seal: Seal, clock: Clock, tmp_path: Path
) -> None:
    seal()
    before = stranger.get(f"{LOG}/checkpoint").text
    record(service_app, 1)

    with engine_session(service_app) as session:
        seal_all(session, "leiden-university/1", keys_of(service_app), now=clock.now)
        state = find_state(session, "leiden-university/1")
    assert state is not None
    assert stranger.get(f"{LOG}/checkpoint").text == before
    assert stranger.get(f"{LOG}/consistency?old=1&new={state.size}").status_code == 404
    token = officer_token(service_app)
    tile = f"{LOG}/tile/0/000.p/{state.size}"
    assert with_token(stranger, tile, token).status_code == 404
    seal_and_publish(service_app, tmp_path, clock)
    assert with_token(stranger, tile, token).status_code == 200


def test_the_policy_names_the_keys_of_log_clock_and_receipts(stranger: Visitor) -> None:
    policy = policy_of(stranger)
    names = [key.name for key in policy.log_keys]
    names += [key.name for key in policy.clock_keys]
    names += [key.name for key in policy.receipt_keys]
    origin = "site.example/consent/log/leiden-university/1"
    assert names == [origin, f"{origin}/clock", f"{origin}/receipt"]


def test_the_policy_has_the_operators_witnesses_and_quorum(
    serve: Callable[..., Flask], demo_site: Site, tmp_path: Path
) -> None:

    known = parse_vkey(
        "consent.example/shop/1/clock+d34570bb+BBOY9ixtGkV8UbpqS189vS9p/KkyFiGNyJl+QWvRfZPK"
    )
    vkey = CosignatureVerifier("witness.example", known.public).vkey
    file = tmp_path / "witnesses"
    file.write_text(f"witness agency {vkey} https://witness.example\nquorum agency\n")
    app = serve(demo_site, CONSENT_WITNESSES=str(file))
    policy = policy_of(Visitor(app, headers={}))
    assert [witness.name for witness in policy.witnesses] == ["agency"]
    assert policy.quorum == "agency"
    assert not policy.is_satisfied([])


def test_consistency_leads_from_every_size_to_the_head(
    service_app: Flask, stranger: Visitor, seal: Seal, clock: Clock
) -> None:
    heads = []
    for count in (0, 3, 4):
        record(service_app, count)
        clock.now += 60_000
        seal()
        heads.append(head_of(stranger).checkpoint)
    newest = heads[-1]
    for old in heads:
        response = stranger.get(f"{LOG}/consistency?old={old.size}&new={newest.size}")
        path = [base64.b64decode(line) for line in response.text.split()]
        verify_consistency(old.size, old.root, newest.size, newest.root, path)
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert stranger.get(f"{LOG}/consistency?old={old.size}").text == response.text
    assert stranger.get(f"{LOG}/consistency?old=0&new={newest.size}").text == ""
    verify_consistency(0, EMPTY_ROOT, newest.size, newest.root, [])


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 422),
        ("?old=1&new=x", 422),
        ("?old=01", 422),
        ("?old=-1", 422),
        ("?old=2&new=1", 422),
        ("?old=1&new=1000000", 404),
        ("?old=1000000", 422),
    ],
)
def test_sizes_that_mean_nothing_are_refused(
    stranger: Visitor, seal: Seal, query: str, status: int
) -> None:
    seal()
    response = stranger.get(f"{LOG}/consistency{query}")
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"


def test_tiles_need_an_officer_of_the_logs_sites(
    service_app: Flask, stranger: Visitor, seal: Seal
) -> None:
    seal()
    size = head_of(stranger).checkpoint.size
    tile = f"{LOG}/tile/entries/000.p/{size}"
    refused = stranger.get(tile)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert with_token(stranger, tile, officer_token(service_app, "Otto", "x")).status_code == 403
    response = with_token(stranger, tile, officer_token(service_app))
    assert response.status_code == 200
    assert response.headers["Cache-Control"].startswith("private, ")
    assert response.headers["Vary"] == "Authorization"
    assert "Access-Control-Allow-Origin" not in response.headers
    assert len(decode_entries(response.data)) == size


def read_tree(visitor: Visitor, size: int) -> Callable[[int, int], bytes]:
    """Return what reads the tiles of a size, as its addresses name them."""
    paths = {(tile.level, tile.n): tile.path for tile in tile_widths(size)}

    def read(level: int, n: int) -> bytes:
        response = visitor.get(f"{LOG}/{paths[level, n]}")
        assert response.status_code == 200, response.text
        return bytes(response.data)

    return read


@pytest.fixture
def open_log(serve: Callable[..., Flask], demo_site: Site) -> Flask:
    return serve(demo_site, CONSENT_LOG_TILES="public")


def test_public_tiles_make_up_the_signed_tree(
    open_log: Flask, tmp_path: Path, clock: Clock
) -> None:
    record(open_log, 5)
    seal_and_publish(open_log, tmp_path, clock)
    stranger = Visitor(open_log, headers={})
    head = head_of(stranger).checkpoint
    read = read_tree(stranger, head.size)
    assert root_at(read, head.size) == head.root
    entries = decode_entries(read(ENTRIES, 0))
    assert root_of([leaf_hash(entry) for entry in entries]) == head.root
    response = stranger.get(f"{LOG}/tile/0/000.p/{head.size}")
    assert response.mimetype == "application/octet-stream"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "public, max-age=3600, immutable"


def test_a_partial_tile_is_cut_from_a_fuller_one(
    open_log: Flask, tmp_path: Path, clock: Clock
) -> None:
    seal_and_publish(open_log, tmp_path, clock)
    stranger = Visitor(open_log, headers={})
    old = head_of(stranger).checkpoint
    before = stranger.get(f"{LOG}/tile/0/000.p/{old.size}").data
    record(open_log, 4)
    clock.now += 60_000
    seal_and_publish(open_log, tmp_path, clock)
    assert stranger.get(f"{LOG}/tile/0/000.p/{old.size}").data == before
    assert root_at(read_tree(stranger, old.size), old.size) == old.root
    new = head_of(stranger).checkpoint.size
    assert len(stranger.get(f"{LOG}/tile/0/000.p/{new}").data) == 32 * new


@pytest.mark.slow
def test_a_full_tile_never_changes_and_is_cached_for_ever(
    open_log: Flask, tmp_path: Path, clock: Clock
) -> None:

    with engine_session(open_log) as session:
        for number in range(300):
            config = config_record(
                id=uuid7(clock.now, os.urandom(10)), at=clock.now + number, site="x",
                notice="0" * 64, scope="0" * 64, policy="0" * 64, builds={},
            )  # fmt: skip
            stage_record(session, "leiden-university/1", config)
        session.commit()
    seal_and_publish(open_log, tmp_path, clock)
    stranger = Visitor(open_log, headers={})
    head = head_of(stranger).checkpoint
    for path in ("tile/0/000", "tile/entries/000"):
        response = stranger.get(f"{LOG}/{path}")
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert root_at(read_tree(stranger, head.size), head.size) == head.root
    assert stranger.get(f"{LOG}/tile/1/000.p/1").status_code == 200
    for beyond in ("tile/1/000", "tile/1/000.p/2", "tile/0/001", "tile/2/000.p/1"):
        assert stranger.get(f"{LOG}/{beyond}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0", "tile/0/1000", "tile/00/000", "tile/0/000.p/0", "tile/0/000.p/256",
        "tile/0/000.p/01", "tile/0/x000/000", "tile/64/000", "tile/0", "tiles/0/000", "keys",
        "tile/entries/999", "tile/63/000.p/1",
    ],
)  # fmt: skip
def test_what_is_no_published_tile_is_not_found(
    open_log: Flask, tmp_path: Path, clock: Clock, path: str
) -> None:
    seal_and_publish(open_log, tmp_path, clock)
    response = Visitor(open_log, headers={}).get(f"{LOG}/{path}")
    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    "log", ["leiden-university/2", "leiden-university/01", "other/1", "leiden-university/x"]
)
@pytest.mark.parametrize("path", ["checkpoint", "policy", "consistency?old=0"])
def test_there_is_no_other_log(stranger: Visitor, log: str, path: str) -> None:
    assert stranger.get(f"/consent/log/{log}/{path}").status_code == 404


def test_the_host_says_where_its_log_stands(stranger: Visitor, seal: Seal) -> None:
    address = "/.well-known/consent-log.json"
    (before,) = stranger.get(address).get_json()["sites"]
    assert (before["checkpoint"], before["unanchored_since"]) == (None, None)
    seal()
    response = stranger.get(address)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    (told,) = response.get_json()["sites"]
    assert told["site"] == "programme"
    assert told["log"] == "leiden-university/1"
    assert told["origin"] == "site.example/consent/log/leiden-university/1"
    assert told["checkpoint_url"] == f"{ORIGIN}/consent/log/leiden-university/1/checkpoint"
    assert told["checkpoint"] == stranger.get(f"{LOG}/checkpoint").text
    assert {key["role"] for key in told["keys"]} == {"log", "clock", "receipt"}
    assert told["anchored_by"] == []
    assert told["unanchored_since"].startswith("2026-11-22T12:00:00.")


def test_no_host_tells_of_another_hosts_log(stranger: Visitor) -> None:
    response: Any = stranger.client.get(
        "/.well-known/consent-log.json", base_url="https://other.example"
    )
    assert response.status_code == 404


def test_paths_are_read_strictly() -> None:
    assert parse_tile_path("tile/0/x001/067.p/5").n == 1067
