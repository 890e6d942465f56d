"""Officers and their actions come back as they were stored."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from consent.store.officers import (
    Officer,
    find_officer_by_name,
    find_officer_by_token,
    insert_officer,
    list_actions,
    list_officers,
    mark_revoked,
    record_action,
)

OLGA = Officer("0196d5f0-0000-7000-8000-00000000000a", "Olga", ("library", "programme"), 1, None)
OTTO = Officer("0196d5f0-0000-7000-8000-00000000000b", "Otto", ("*",), 2, None)


def test_an_officer_is_found_by_name_and_by_token(session: Session) -> None:
    insert_officer(session, OTTO, "0f" * 32)
    insert_officer(session, OLGA, "aa" * 32)
    assert find_officer_by_name(session, "Olga") == OLGA
    assert find_officer_by_token(session, "0f" * 32) == (OTTO, "0f" * 32)
    assert find_officer_by_token(session, "0e" * 32) is None
    assert list_officers(session) == [OLGA, OTTO]


def test_a_revoked_officer_keeps_the_name(session: Session) -> None:
    insert_officer(session, OLGA, "aa" * 32)
    mark_revoked(session, OLGA.id, 7)
    found = find_officer_by_name(session, "Olga")
    assert found is not None
    assert found.revoked_at == 7
    with pytest.raises(IntegrityError):
        insert_officer(session, OLGA, "bb" * 32)


def test_an_officer_sees_the_sites_in_the_list_and_no_others() -> None:
    assert OLGA.may_see(["programme"])
    assert OLGA.may_see(["programme", "library"])
    assert not OLGA.may_see(["programme", "hospital"])
    assert not OLGA.may_see(None)
    assert OTTO.may_see(["hospital"])
    assert OTTO.may_see(None)


def test_actions_come_back_in_the_order_they_were_done(session: Session) -> None:
    for number, action in enumerate(("export:create", "export:finish")):
        record_action(
            session,
            officer="Olga",
            action=action,
            subject_id=OTTO.id,
            detail={"rows": number, "reason": "Überprüfung"},
            now=10 + number,
        )
    first, second = list_actions(session, OTTO.id)
    assert (first.action, first.at, first.officer) == ("export:create", 10, "Olga")
    assert second.detail == {"rows": 1, "reason": "Überprüfung"}
    assert list_actions(session, OLGA.id) == []
