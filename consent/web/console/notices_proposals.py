"""What waits for approval: looked at as a difference, then approved, declined or withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from flask import request, url_for
from flask.typing import ResponseReturnValue

from consent.core.roles import Permission
from consent.errors import ConfigurationError, PublishingRefusedError
from consent.services import proposals
from consent.services.proposals import ProposalError, ProposalState, Proposer, find_state
from consent.services.sites import LiveSite
from consent.services.versions import Version, gate_of, list_versions
from consent.store.database import db
from consent.store.pictures import list_pictures
from consent.web.console.frame import page
from consent.web.console.notices import gate_view, side_of
from consent.web.console.notices_change import Side, change_view, picture_pairs
from consent.web.console.notices_text import language_of, shown_text, tongues
from consent.web.console.routing import RECORDED_BY_SERVICE, console_route
from consent.web.console.sign_in import to
from consent.web.console.visit import say, visit
from consent.web.context import service


@console_route(
    "/sites/<site>/notices/proposals/<proposal_id>",
    permission=Permission.READ_NOTICES,
    look="proposal:show",
)
def notices_proposal(site: LiveSite, proposal_id: str) -> ResponseReturnValue:
    current = visit()
    state = find_state(db.session, site.id, proposal_id)
    stored = state.stored
    current.note(subject_id=stored.id, digest=stored.digest)
    base = _base(site, state)
    before, after = side_of(base), _side(state)
    tag = language_of(after.notice, request.args.get("lang"), current.words.language)
    person = current.person
    can_answer = (
        stored.is_open
        and not state.is_outdated
        and person.id != stored.proposer_id
        and current.may(Permission.APPROVE_NOTICES, site.id)
    )

    def href(language: str) -> str:
        return url_for(
            "console.notices_proposal", site=site.id, proposal_id=proposal_id, lang=language
        )

    return page(
        "notices_proposal.html",
        state=state,
        base=base,
        result=_result(site, state),
        view=change_view(before, after, current.words),
        pairs=picture_pairs(site.id, before, after, tag, current.words),
        before=before,
        after=after,
        spoken_in=tongues(after.notice, tag, href),
        tag=tag,
        shown=shown_text(after.notice, tag),
        notice=after.notice,
        gate=gate_view(
            stored.findings,
            gate_of(stored.source, stored.source_name),
            is_measured=stored.is_measured,
        ),
        can_answer=can_answer,
        has_approved=any(one.officer_id == person.id for one in state.approved_by),
        is_mine=person.id == stored.proposer_id,
        can_withdraw=stored.is_open and person.id == stored.proposer_id,
    )


@console_route(
    "/sites/<site>/notices/proposals/<proposal_id>/approve",
    permission=Permission.APPROVE_NOTICES,
    look=RECORDED_BY_SERVICE,
    methods=["POST"],
)
def notices_approve(site: LiveSite, proposal_id: str) -> ResponseReturnValue:
    def act(state: ProposalState) -> str:
        is_published = proposals.approve(
            db.session, state, visit().person, **_answer(), keys=service().keys
        )
        return "notices.said.published" if is_published else "notices.said.approved"

    return _acted(site, proposal_id, act)


@console_route(
    "/sites/<site>/notices/proposals/<proposal_id>/decline",
    permission=Permission.APPROVE_NOTICES,
    look=RECORDED_BY_SERVICE,
    methods=["POST"],
)
def notices_decline(site: LiveSite, proposal_id: str) -> ResponseReturnValue:
    def act(state: ProposalState) -> str:
        proposals.decline(db.session, state, visit().person, **_answer())
        return "notices.said.declined"

    return _acted(site, proposal_id, act)


@console_route(
    "/sites/<site>/notices/proposals/<proposal_id>/withdraw",
    permission=Permission.READ_NOTICES,
    look=RECORDED_BY_SERVICE,
    methods=["POST"],
)
def notices_withdraw(site: LiveSite, proposal_id: str) -> ResponseReturnValue:
    def act(state: ProposalState) -> str:
        person = visit().person
        proposals.withdraw(
            db.session,
            state.stored,
            by=Proposer(person.name, person.id),
            digest=request.form.get("digest", ""),
            now=service().now_ms(),
        )
        return "notices.said.withdrawn"

    return _acted(site, proposal_id, act)


class _Answer(TypedDict):
    """What somebody says of a proposal, and of which one; `digest` is what was looked at."""

    digest: str
    comment: str
    now: int


def _answer() -> _Answer:
    form = request.form
    return {
        "digest": form.get("digest", ""),
        "comment": form.get("comment", ""),
        "now": service().now_ms(),
    }


def _acted(
    site: LiveSite, proposal_id: str, act: Callable[[ProposalState], str]
) -> ResponseReturnValue:
    """Do something to a proposal; say what came of it on its page."""
    state = find_state(db.session, site.id, proposal_id)
    try:
        key, kind = act(state), "done"
    except ProposalError as error:
        key, kind = f"notices.refused.{error.reason}", "error"
    except PublishingRefusedError:
        key, kind = "notices.refused.gate", "error"
    except ConfigurationError:
        key, kind = "notices.refused.unreadable", "error"
    say(key, kind=kind)
    return to(url_for("console.notices_proposal", site=site.id, proposal_id=proposal_id))


def _base(site: LiveSite, state: ProposalState) -> Version:
    """Return the version that the proposal was made to replace."""
    versions = list_versions(db.session, site.id)
    return next((one for one in versions if one.publication.id == state.stored.base), versions[-1])


def _result(site: LiveSite, state: ProposalState) -> int | None:
    """Return the number of the version that came of a proposal."""
    if state.stored.publication is None:
        return None
    return next(
        one.number
        for one in list_versions(db.session, site.id)
        if one.publication.id == state.stored.publication
    )


def _side(state: ProposalState) -> Side:
    return Side(
        label=visit().words("notices.proposal"),
        notice=state.notice,
        deployment=state.deployment,
        policy_version=state.stored.policy_version,
        pictures=list_pictures(db.session, state.stored.notice_hash),
    )
