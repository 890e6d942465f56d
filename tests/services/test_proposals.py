"""Proposals: approved for exactly what was proposed, on the version they were made for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from consent.core.config import load_site
from consent.core.roles import Role
from consent.errors import NotPermittedError, PublishingRefusedError, RuleError
from consent.services import proposals
from consent.services.people import Actor, invite
from consent.services.proposals import ProposalError, ProposalState, Proposer, find_state, submit
from consent.services.publishing import SiteFile, propose, publish
from consent.services.versions import Inclusion, list_versions, log_entries, script_builds
from consent.store.people import Person
from consent.store.proposals import REPLACED, StoredProposal, find_act
from consent.store.publications import list_publications
from consent.store.tables import ProposalRow
from tests.make import make_site_text
from tests.world import World

RULE = "[publishing]\napprovals = 1\n"
TEXT = make_site_text(extra=RULE)
CHANGED = TEXT.replace("Shows a map of the campus.", "Shows a map of our campus.")
OTHER = TEXT.replace("Shows a map of the campus.", "Shows the way.")
RUUD = Proposer("command line: ruud")


class Approving:
    """A published site that asks for one approval, and a publisher of the console."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.world = World(session)
        self.world.publish_site(load_site(TEXT, "site.toml"))
        self.paula = self.invite("Paula")

    def invite(self, name: str) -> Person:
        grants = {"programme": (Role.PUBLISHER,)}
        by = Actor("command line: test", None)
        return invite(self.session, name, grants, by=by, now=self.world.now).person

    def propose(self, text: str = CHANGED, by: Proposer = RUUD) -> StoredProposal:
        self.world.now += 1000
        proposal = propose(self.session, load_site(text, "site.toml"))
        file = SiteFile("site.toml", text)
        return submit(self.session, proposal, file, by=by, now=self.world.now)[0]

    def state(self, stored: StoredProposal) -> ProposalState:
        return find_state(self.session, "programme", stored.id)

    def approve(self, stored: StoredProposal, person: Person | None = None) -> bool:
        self.world.now += 1000
        return proposals.approve(
            self.session,
            self.state(stored),
            person or self.paula,
            digest=stored.digest,
            now=self.world.now,
            keys=self.world.keys,
        )

    @property
    def count(self) -> int:
        return len(list_publications(self.session, "programme"))


@pytest.fixture
def approving(session: Session) -> Approving:
    return Approving(session)


def test_what_is_published_is_what_was_proposed_to_the_letter(approving: Approving) -> None:
    stored = approving.propose()
    assert approving.count == 1
    assert approving.approve(stored)
    newest = list_publications(approving.session, "programme")[-1]
    assert (newest.notice_hash, newest.policy_version) == (
        stored.notice_hash,
        stored.policy_version,
    )
    act = find_act(approving.session, newest.id)
    assert act is not None
    assert (act.officer, act.proposal_id, act.source) == ("Paula", stored.id, CHANGED)
    assert approving.state(stored).stored.publication == newest.id


def test_nothing_goes_past_the_rule(approving: Approving) -> None:
    site = load_site(CHANGED, "site.toml")
    with pytest.raises(NotPermittedError):
        publish(approving.session, propose(approving.session, site), now=1)
    assert approving.count == 1


def test_dropping_the_rule_needs_approval_too(approving: Approving) -> None:
    proposal = propose(approving.session, load_site(make_site_text(), "site.toml"))
    assert (proposal.changes_anything, proposal.approvals) == (True, 1)
    stored = approving.propose(make_site_text())
    approving.approve(stored)
    again = propose(approving.session, load_site(CHANGED.replace(RULE, ""), "site.toml"))
    assert again.approvals == 0


def test_asking_for_more_counts_at_once(approving: Approving) -> None:
    stored = approving.propose(TEXT.replace("approvals = 1", "approvals = 2"))
    assert not approving.approve(stored)
    assert approving.approve(stored, approving.invite("Piet"))


def test_a_first_publication_needs_nobody(session: Session) -> None:
    proposal = propose(session, load_site(TEXT, "site.toml"))
    assert proposal.approvals == 0
    with pytest.raises(RuleError):
        submit(session, proposal, SiteFile("site.toml", TEXT), by=RUUD, now=1)


def test_the_same_again_waits_already_and_another_takes_its_place(approving: Approving) -> None:
    first = approving.propose()
    assert approving.propose().id == first.id
    second = approving.propose(OTHER)
    assert second.id != first.id
    assert approving.state(first).stored.outcome == REPLACED
    with pytest.raises(ProposalError) as refused:
        approving.approve(first)
    assert refused.value.reason == "closed"


def test_another_version_in_force_meanwhile_makes_it_outdated(approving: Approving) -> None:
    stored = approving.propose()
    site = load_site(OTHER, "site.toml")
    loose = replace(propose(approving.session, site), site=replace(site, approvals=0))
    assert loose.current is not None
    free = replace(loose.current, deployment=replace(loose.current.deployment, approvals=0))
    publish(approving.session, replace(loose, current=free), now=approving.world.now + 1)
    assert approving.state(stored).is_outdated
    with pytest.raises(ProposalError) as refused:
        approving.approve(stored)
    assert refused.value.reason == "outdated"
    assert approving.count == 2


@pytest.mark.parametrize("column", ["source", "notice", "deployment"])
def test_a_proposal_that_was_changed_in_the_database_is_not_published(
    approving: Approving, column: str
) -> None:
    stored = approving.propose()
    value = getattr(stored, column).replace("campus", "Campus").replace("approvals", "approvalz")
    approving.session.execute(
        update(ProposalRow).where(ProposalRow.id == stored.id).values({column: value})
    )
    approving.session.commit()
    with pytest.raises(ProposalError) as refused:
        approving.approve(stored)
    assert refused.value.reason == "changed"
    assert approving.count == 1


def test_an_upgrade_that_makes_other_texts_has_it_proposed_again(
    approving: Approving, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = approving.propose()
    from consent.core.notice import notice_document
    from consent.services import publishing

    monkeypatch.setattr(
        publishing, "notice_document", lambda site: notice_document(site) | {"v": 2}
    )
    with pytest.raises(ProposalError) as refused:
        approving.approve(stored)
    assert refused.value.reason == "upgraded"


def test_what_the_gate_refuses_today_is_not_approved(
    approving: Approving, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = approving.propose()
    from consent.core.finding import error
    from consent.services import publishing

    monkeypatch.setattr(
        publishing, "gate_findings", lambda _site: [error("XX-01", "theme", "new rule")]
    )
    with pytest.raises(PublishingRefusedError, match="XX-01"):
        approving.approve(stored)
    assert approving.state(stored).answers == ()
    assert approving.count == 1


def test_what_breaks_a_rule_cannot_be_proposed(approving: Approving) -> None:
    with pytest.raises(PublishingRefusedError):
        approving.propose(TEXT + '[theme]\ntext = "#fefefe"\n')


def test_the_log_says_what_each_version_showed_and_with_which_script(approving: Approving) -> None:
    approving.approve(approving.propose())
    first, second = list_versions(approving.session, "programme")
    for version in (first, second):
        [entry] = log_entries(approving.session, version)
        assert entry.inclusion is Inclusion.WAITING
        assert list(script_builds(approving.session, [entry])) == [entry.builds["script"]]
    assert (first.ended_at, second.ended_at) == (second.publication.published_at, None)
