"""Two-person approval: what is proposed is published by others, as it is, or not at all."""

from __future__ import annotations

import pytest

from consent.core.model import Site
from consent.core.roles import Role
from consent.services.people import Actor, revoke
from consent.services.proposals import Proposer
from consent.store.database import db
from consent.store.people import find_person_by_name
from consent.store.proposals import StoredProposal
from tests.make import make_site_text
from tests.service import engine_session
from tests.web.console.notices import NOTICES, Publishing, publishing
from tests.web.console.people import Browser
from tests.web.console.recorded import one

__all__ = ["publishing"]

BY_ONE = make_site_text(extra="[publishing]\napprovals = 1\n")
BY_TWO = make_site_text(extra="[publishing]\napprovals = 2\n")
MAP = ("Shows a map of the campus.", "Shows a map of our campus.")


@pytest.fixture
def demo_site(publishing_text: str) -> Site:
    from consent.core.config import load_site

    return load_site(publishing_text, "programme.toml")


@pytest.fixture
def publishing_text() -> str:
    """The file of version 1; a test of two approvals has another."""
    return BY_ONE


@pytest.fixture
def paula(publishing: Publishing) -> Browser:
    return publishing.console.person("Paula", {"programme": (Role.PUBLISHER,)})


def changed(text: str) -> str:
    return text.replace(*MAP)


def path(stored: StoredProposal, act: str = "") -> str:
    return f"{NOTICES}/proposals/{stored.id}{act}"


def answer(browser: Browser, stored: StoredProposal, act: str, **more: str) -> str:
    """Answer as the form does; return what the next page says first."""
    form = {"digest": stored.digest, **more}
    response = browser.post(path(stored, f"/{act}"), form)
    assert response.status_code == 303, response.text
    return one(browser.page(response.location), ".message").get_text()


def shown_purpose(publishing: Publishing) -> bool:
    """Say whether the changed text is in force."""
    return MAP[1] in str(publishing.live.notice.document["trackers"])


@pytest.mark.legal("AE-06")
def test_somebody_else_looks_at_it_and_brings_it_into_force(
    publishing: Publishing, paula: Browser
) -> None:
    stored = publishing.propose(changed(BY_ONE), comment="The map is ours now.")
    listed = paula.page(NOTICES)
    assert "0 of 1 approvals" in one(listed, "section:has(#waiting)").get_text()
    assert "only after one publisher" in listed.get_text()
    page = paula.page(path(stored))
    text = page.get_text(" ", strip=True)
    assert "The map is ours now." in text
    assert f"{MAP[0]} {MAP[1]}" in one(page, "section:has(#trackers)").get_text(" ", strip=True)
    assert "Nobody is asked again" in text
    assert one(page, "form[action$=approve] [name=digest]")["value"] == stored.digest
    assert not shown_purpose(publishing)
    said = answer(paula, stored, "approve", comment="Fine.")
    assert said == "Approved, and published: it is in force now."
    assert shown_purpose(publishing)
    assert publishing.live.notice.hash == stored.notice_hash
    assert publishing.live.policy_version == stored.policy_version
    after = paula.page(path(stored))
    assert "Approved and published" in after.get_text()
    assert after.select("form[action*=proposals]") == []
    version = paula.page(f"{NOTICES}/2")
    assert "Paula" in one(version, ".details").get_text()


def test_the_overview_tells_whom_a_proposal_waits_for_and_nobody_else(
    publishing: Publishing, paula: Browser, demo_site: Site
) -> None:
    console = publishing.console
    pages = ("/console/", f"/console/sites/{demo_site.id}")
    own, officer = console.person("Otto", {"programme": (Role.PUBLISHER,)}), console.officer
    with engine_session(console.app) as session:
        otto = find_person_by_name(session, "Otto")
    assert otto is not None
    stored = publishing.propose(changed(BY_TWO), by=Proposer("Otto", otto.id))
    for where in pages:
        told = one(paula.page(where), ".asked")
        assert "waits for your approval" in told.get_text()
        assert one(told, "a")["href"] == path(stored)
        for other in (own, officer):  # who proposed it, and who may not approve
            assert other.page(where).select(".asked") == []
    answer(paula, stored, "approve")
    assert not shown_purpose(publishing)  # another one has to approve it too
    assert paula.page(pages[0]).select(".asked") == []


def test_each_act_is_recorded_with_the_digest(publishing: Publishing, paula: Browser) -> None:
    stored = publishing.propose(changed(BY_ONE))
    paula.page(path(stored))
    answer(paula, stored, "approve", comment="Fine.")
    [proposed] = publishing.acts("command line: ruud")
    assert (proposed.action, proposed.subject_id) == ("notice:propose", stored.id)
    assert proposed.detail["digest"] == stored.digest
    acts = {one_act.action: one_act for one_act in publishing.acts("Paula")}
    assert acts["notice:approve"].detail == {
        "site": "programme",
        "digest": stored.digest,
        "notice": stored.notice_hash,
        "comment": "Fine.",
    }
    assert acts["notice:publish"].subject_id == stored.id
    assert acts["proposal:show"].detail["digest"] == stored.digest


def test_declining_closes_it_and_needs_a_reason(publishing: Publishing, paula: Browser) -> None:
    stored = publishing.propose(changed(BY_ONE))
    assert "say why" in answer(paula, stored, "decline", comment=" ")
    assert answer(paula, stored, "decline", comment="Not ours.").startswith("Declined.")
    text = paula.page(path(stored)).get_text()
    assert "Not ours." in text
    assert "closed meanwhile" in answer(paula, stored, "approve")
    assert not shown_purpose(publishing)


def test_who_proposed_it_cannot_approve_or_decline_but_withdraw(
    publishing: Publishing, paula: Browser
) -> None:
    with engine_session(publishing.console.app) as session:
        person = find_person_by_name(session, "Paula")
        assert person is not None
    stored = publishing.propose(changed(BY_ONE), by=Proposer(person.name, person.id))
    page = paula.page(path(stored))
    assert "You proposed this" in page.get_text()
    assert page.select("form[action$=approve], form[action$=decline]") == []
    for act in ("approve", "decline"):
        form = {"digest": stored.digest, "comment": "I"}
        assert paula.post(path(stored, f"/{act}"), form).status_code == 403
    other = publishing.console.person("Piet", {"programme": (Role.PUBLISHER,)})
    assert other.post(path(stored, "/withdraw"), {"digest": stored.digest}).status_code == 403
    assert answer(paula, stored, "withdraw").startswith("Withdrawn.")
    assert not shown_purpose(publishing)


def test_an_auditor_reads_and_an_officer_too_but_neither_answers(publishing: Publishing) -> None:
    stored = publishing.propose(changed(BY_ONE))
    for role in (Role.AUDITOR, Role.OFFICER):
        somebody = publishing.console.person(role.value, {"programme": (role,)})
        page = somebody.page(path(stored))
        assert "Only publishers" in page.get_text()
        assert page.select("form[action*=proposals]") == []
        assert somebody.post(path(stored, "/approve"), {"digest": stored.digest}).status_code == 403


def test_what_was_not_looked_at_is_not_approved(publishing: Publishing, paula: Browser) -> None:
    stored = publishing.propose(changed(BY_ONE))
    response = paula.post(path(stored, "/approve"), {"digest": "0" * 64})
    assert "not what you looked at" in paula.page(response.location).get_text()
    assert not shown_purpose(publishing)


def test_a_proposal_is_seen_at_work_before_anybody_else_sees_it(
    publishing: Publishing, paula: Browser
) -> None:
    stored = publishing.propose(changed(BY_ONE))
    frame = one(paula.page(path(stored, "/replay")), "iframe")
    inside = paula.get(str(frame["src"]))
    assert "sandbox allow-scripts" in inside.headers["Content-Security-Policy"]
    assert "self.consent=" in inside.text
    public = publishing.console.app.test_client().get(
        f"/consent/sites/programme/notices/{stored.notice_hash}",
        base_url="https://programme.example",
    )
    assert public.status_code == 404


class TestByTwo:
    """A site that asks for two people."""

    @pytest.fixture
    def publishing_text(self) -> str:
        return BY_TWO

    def test_the_second_of_two_people_publishes(
        self, publishing: Publishing, paula: Browser
    ) -> None:
        stored = publishing.propose(changed(BY_TWO))
        assert answer(paula, stored, "approve").startswith("Approved. It is published when")
        assert not shown_purpose(publishing)
        assert "1 of 2 approvals" in paula.page(NOTICES).get_text()
        assert answer(paula, stored, "approve") == "You have approved this already."
        piet = publishing.console.person("Piet", {"programme": (Role.PUBLISHER,)})
        assert answer(piet, stored, "approve").startswith("Approved, and published")
        assert shown_purpose(publishing)

    def test_the_approval_of_somebody_who_may_no_longer_does_not_count(
        self, publishing: Publishing, paula: Browser
    ) -> None:
        stored = publishing.propose(changed(BY_TWO))
        answer(paula, stored, "approve")
        with publishing.console.app.app_context():
            revoke(db.session, "Paula", by=Actor("command line: test", None), now=1)
            db.session.remove()
        piet = publishing.console.person("Piet", {"programme": (Role.PUBLISHER,)})
        assert "does not count" in piet.page(path(stored)).get_text()
        assert answer(piet, stored, "approve").startswith("Approved. It is published when")
        assert not shown_purpose(publishing)
