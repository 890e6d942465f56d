"""Officers and what they did. Tokens are stored as their SHA-256; actions are only ever added."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, select, update

from consent.core.actions import site_of_action
from consent.core.ids import uuid7
from consent.core.roles import ALL_SITES, Grants, Role, sites_of
from consent.store.database import AnySession
from consent.store.sealed_actions import StoredAction, insert_action, stage_action
from consent.store.tables import OfficerActionRow, OfficerRow


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody who acts, and the sites whose evidence he or she may see in acting so."""

    id: str
    name: str
    sites: tuple[str, ...]
    created_at: int
    revoked_at: int | None

    @property
    def sees_all_sites(self) -> bool:
        return ALL_SITES in self.sites

    def may_see(self, sites: Iterable[str] | None) -> bool:
        """Say whether every one of these sites is the officer's; None means all there are."""
        if self.sees_all_sites:
            return True
        return sites is not None and set(sites) <= set(self.sites)


@dataclass(frozen=True, slots=True)
class OfficerAction:
    """What an officer did, and to what; `action` reads `subject:action`."""

    id: str
    at: int
    officer: str
    action: str
    subject_id: str
    detail: Mapping[str, Any]


def insert_officer(session: AnySession, officer: Officer, token_hash: str) -> None:
    session.execute(
        insert(OfficerRow).values(
            id=officer.id,
            name=officer.name,
            token_hash=token_hash,
            roles=roles_json(dict.fromkeys(officer.sites, (Role.OFFICER,))),
            created_at=officer.created_at,
            revoked_at=officer.revoked_at,
        )
    )


def find_officer_by_name(session: AnySession, name: str) -> Officer | None:
    found = _find(session, OfficerRow.name == name)
    return None if found is None else found[0]


def find_officer_by_token(session: AnySession, token_hash: str) -> tuple[Officer, str] | None:
    """Return the officer of a token, and the hash that is stored for it."""
    return _find(session, OfficerRow.token_hash == token_hash)


def list_officers(session: AnySession) -> list[Officer]:
    """Return all officers, the revoked ones too, by name."""
    return [_officer(row) for row in session.scalars(select(OfficerRow).order_by(OfficerRow.name))]


def mark_revoked(session: AnySession, officer_id: str, now: int) -> None:
    session.execute(update(OfficerRow).where(OfficerRow.id == officer_id).values(revoked_at=now))


def record_action(
    session: AnySession,
    *,
    officer: str,
    action: str,
    subject_id: str,
    detail: Mapping[str, Any],
    now: int,
) -> None:
    """Write down what an officer does, and stage the record of it for the log."""
    earlier = select(OfficerActionRow.site).where(OfficerActionRow.subject_id == subject_id)
    before = session.scalar(earlier.order_by(OfficerActionRow.id).limit(1))
    text = json.dumps(detail, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    stored = StoredAction(
        id=uuid7(now, os.urandom(10)),
        at=now,
        officer=officer,
        action=action,
        subject_id=subject_id,
        detail=text,
        site=site_of_action(action, detail, before),
    )
    insert_action(session, stored)
    stage_action(session, stored, now=now)


def list_actions(session: AnySession, subject_id: str) -> list[OfficerAction]:
    """Return what was done to one thing, for example an export, oldest first."""
    query = select(OfficerActionRow).where(OfficerActionRow.subject_id == subject_id)
    rows = session.scalars(query.order_by(OfficerActionRow.at, OfficerActionRow.id))
    return [
        OfficerAction(
            row.id, row.at, row.officer, row.action, row.subject_id, json.loads(row.detail)
        )
        for row in rows
    ]


def led_to_nothing() -> ColumnElement[bool]:
    """Return the condition for requests under a code that nobody had: nothing was handed out.

    They are recorded as looks now; acts are never changed, so those of before stay.
    """
    return and_(
        OfficerActionRow.action == "subject:access",
        OfficerActionRow.detail.contains('"found":false', autoescape=True),
    )


def _find(session: AnySession, condition: ColumnElement[bool]) -> tuple[Officer, str] | None:
    row = session.scalars(select(OfficerRow).where(condition)).first()
    return None if row is None else (_officer(row), row.token_hash or "")


def _officer(row: OfficerRow) -> Officer:
    return Officer(
        id=row.id,
        name=row.name,
        sites=sites_of(grants_of(row.roles), Role.OFFICER),
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


def grants_of(roles: str) -> Grants:
    """Return the stored roles by site."""
    return {site: tuple(Role(role) for role in held) for site, held in json.loads(roles).items()}


def roles_json(grants: Grants) -> str:
    """Return roles by site as they are stored."""
    return json.dumps({site: [str(role) for role in held] for site, held in grants.items()})
