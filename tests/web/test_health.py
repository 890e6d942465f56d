"""What a service says of itself to whoever watches over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from consent.store.database import db, write_transaction
from consent.store.log import FORKED
from consent.store.log_sealing import insert_state, set_status
from tests.make import make_site
from tests.service import Clock, make_app

LOG = "leiden-university/1"


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Flask:
    return make_app(database_url, tmp_path, make_site(), clock=Clock())


def health(app: Flask) -> dict[str, Any]:
    response = app.test_client().get("/healthz")
    assert response.status_code == 200
    found: dict[str, Any] = response.get_json()
    return found


def test_a_sound_service_names_its_logs_and_who_vouches_for_them(app: Flask) -> None:
    assert health(app) == {
        "status": "ok",
        "logs": [
            {
                "log": LOG,
                "status": "ok",
                "anchored": "nothing is published yet, so there is nothing to anchor",
            }
        ],
    }


@pytest.mark.legal("RP-07")
def test_with_a_log_that_is_not_signed_it_is_degraded_and_ready(app: Flask) -> None:
    with app.app_context(), write_transaction(db.session):
        insert_state(db.session, LOG, bytes(32), 0)
        set_status(db.session, LOG, FORKED, "for this test", 0)
    found = health(app)
    assert (found["status"], found["logs"][0]["status"]) == ("degraded", "forked")
    assert app.test_client().get("/readyz").get_json() == {"status": "ready"}


def test_a_database_out_of_reach_is_told_and_not_a_failure(app: Flask) -> None:
    with app.app_context():
        db.session.execute(text("ALTER TABLE log RENAME TO elsewhere"))
        db.session.commit()
    assert health(app) == {"status": "degraded", "database": "out of reach"}
