"""Officers get a token once; nothing that could be used in its place is stored or told."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from consent.errors import AuthenticationError, NotFoundError, RuleError
from consent.services.officers import (
    add_officer,
    authenticate,
    list_officers,
    operator,
)
from consent.services.people import Actor, revoke
from consent.store.tables import OfficerActionRow, OfficerRow

NOW = 1_790_000_000_000


def add_olga(session: Session) -> str:
    return add_officer(session, "Olga", ["programme"], by="cli:root", now=NOW)


@pytest.mark.legal("AE-06")
def test_a_token_is_recognised_as_its_officers(session: Session) -> None:
    olgas = add_olga(session)
    ottos = add_officer(session, "Otto", ["*"], by="cli:root", now=NOW)
    assert authenticate(session, olgas).name == "Olga"
    assert authenticate(session, olgas).sites == ("programme",)
    assert authenticate(session, ottos).sees_all_sites


def test_a_token_has_256_random_bits_and_says_whose_it_is(session: Session) -> None:
    token = add_olga(session)
    assert token.startswith("cnst_")
    assert len(token) == len("cnst_") + 43
    assert token != add_officer(session, "Otto", ["*"], by="cli:root", now=NOW)


@pytest.mark.legal("AE-06")
def test_wrong_unknown_and_revoked_tokens_are_refused_in_the_same_words(session: Session) -> None:
    olgas = add_olga(session)
    ottos = add_officer(session, "Otto", ["programme"], by="cli:root", now=NOW)
    revoke(session, "Otto", by=Actor("cli:root", None), now=NOW)
    messages = set()
    for token in ("", "cnst_", olgas[:-1], olgas + "A", olgas.lower(), "cnst_" + "é" * 43, ottos):
        with pytest.raises(AuthenticationError) as refusal:
            authenticate(session, token)
        messages.add(str(refusal.value))
    assert len(messages) == 1
    assert authenticate(session, olgas).name == "Olga"


def test_the_token_is_not_in_the_database(session: Session) -> None:
    token = add_olga(session)
    officers = session.scalars(select(OfficerRow)).all()
    actions = session.scalars(select(OfficerActionRow)).all()
    stored = repr([vars(row) for row in (*officers, *actions)])
    assert token not in stored
    assert token.removeprefix("cnst_") not in stored


def test_adding_and_revoking_are_recorded_with_who_did_it(session: Session) -> None:
    add_olga(session)
    revoke(session, "Olga", by=Actor("cli:alice", None), now=NOW + 1)
    added, revoked = session.scalars(select(OfficerActionRow).order_by(OfficerActionRow.at)).all()
    assert (added.action, added.officer, added.at) == ("officer:add", "cli:root", NOW)
    assert json.loads(added.detail) == {"name": "Olga", "sites": ["programme"]}
    assert (revoked.action, revoked.officer) == ("officer:revoke", "cli:alice")
    assert added.subject_id == revoked.subject_id == list_officers(session)[0].id


def test_a_name_is_given_once_even_after_its_officer_left(session: Session) -> None:
    add_olga(session)
    revoke(session, "Olga", by=Actor("cli:root", None), now=NOW)
    with pytest.raises(RuleError, match="already an officer named 'Olga'"):
        add_olga(session)
    assert len(list_officers(session)) == 1


def test_only_an_officer_with_access_can_be_revoked(session: Session) -> None:
    with pytest.raises(NotFoundError, match="no officer named 'Olga'"):
        revoke(session, "Olga", by=Actor("cli:root", None), now=NOW)


@pytest.mark.parametrize(
    "name",
    [
        "", " Olga", "Olga\n", "O\tlga", "cli:root", "the data subject", "x" * 121,
        "Ol\u200bga", "\u202eaglO", "Olga\u00a0Dijk",
    ],
)  # fmt: skip
def test_a_name_that_misleads_is_refused(session: Session, name: str) -> None:
    with pytest.raises(RuleError, match="cannot be an officer's name"):
        add_officer(session, name, ["*"], by="cli:root", now=NOW)


@pytest.mark.parametrize("name", ["O", "Olga van Dijk", "olga@university.example", "x" * 120])
def test_a_plain_name_is_accepted(session: Session, name: str) -> None:
    add_officer(session, name, ["*"], by="cli:root", now=NOW)
    assert [officer.name for officer in list_officers(session)] == [name]


@pytest.mark.parametrize("sites", [[], ["*", "programme"], ["Programme"], ["a b"], ["-"]])
def test_a_faulty_list_of_sites_is_refused(session: Session, sites: list[str]) -> None:
    with pytest.raises(RuleError, match="site"):
        add_officer(session, "Olga", sites, by="cli:root", now=NOW)


def test_who_works_on_the_command_line_is_named_after_the_account() -> None:
    assert operator("root").name == "cli:root"
    assert operator("root").may_see(None)
