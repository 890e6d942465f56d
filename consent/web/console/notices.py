"""The versions of a site's notice: which there were, and each as visitors read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from consent.core.finding import Finding
from consent.core.notice import Notice
from consent.core.notice_changes import asked_again
from consent.core.roles import Permission
from consent.services.proposals import list_states
from consent.services.sites import LiveSite
from consent.services.versions import (
    Version,
    find_any_picture,
    find_version,
    gate_of,
    list_versions,
    log_entries,
    notice_of,
)
from consent.store.database import db
from consent.store.pictures import list_pictures
from consent.store.proposals import PublicationAct, find_act, list_publishers
from consent.web.console.frame import page
from consent.web.console.notices_change import Side, asked_names, change_view, picture_pairs
from consent.web.console.notices_findings import ShownFinding, shown_findings
from consent.web.console.notices_text import (
    language_of,
    newest_pictures,
    shown_picture,
    shown_text,
    tongues,
)
from consent.web.console.routing import RECORDED_BY_SERVICE, console_route
from consent.web.console.visit import visit

ROWS = 25
CLOSED_ROWS = 10


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version in the list. `asked` is None for the first one, which asked everybody."""

    version: Version
    publisher: str | None
    languages: int
    is_same_notice: bool
    asked: list[str] | None


@dataclass(frozen=True, slots=True)
class GateView:
    """What the gate said when something was published or proposed, and what it says today.

    None stands for what is not known: earlier versions of the service did not keep it.
    """

    then: tuple[ShownFinding, ...] | None
    is_measured: bool
    now: tuple[ShownFinding, ...] | None


@console_route("/sites/<site>/notices", permission=Permission.READ_NOTICES, look="notice:list")
def notices(site: LiveSite) -> ResponseReturnValue:
    versions = list_versions(db.session, site.id)
    before = _number("before", len(versions) + 1)
    shown = [one for one in reversed(versions) if one.number < before][:ROWS]
    older = shown[-1].number if shown and shown[-1].number > 1 else None
    closed = list_states(db.session, site.id, is_open=False)[:CLOSED_ROWS]
    return page(
        "notices.html",
        rows=_rows(versions, shown),
        older=older,
        is_first=before > len(versions),
        waiting=list_states(db.session, site.id, is_open=True),
        closed=closed,
        approvals=site.deployment.approvals,
    )


@console_route(
    "/sites/<site>/notices/<int:number>", permission=Permission.READ_NOTICES, look="notice:show"
)
def notices_version(site: LiveSite, number: int) -> ResponseReturnValue:
    current = visit()
    versions = list_versions(db.session, site.id)
    version = find_version(versions, number)
    notice = notice_of(db.session, version)
    current.note(notice=notice.hash)
    tag = language_of(notice, request.args.get("lang"), current.words.language)
    taken = newest_pictures(list_pictures(db.session, notice.hash), tag)
    act = find_act(db.session, version.publication.id)
    return page(
        "notices_version.html",
        version=version,
        versions=len(versions),
        notice=notice,
        publisher=None if act is None else act.officer,
        spoken_in=tongues(
            notice,
            tag,
            lambda one: url_for("console.notices_version", site=site.id, number=number, lang=one),
        ),
        shown=shown_text(notice, tag),
        pictures=[shown_picture(site.id, one, current.words) for one in taken.values()],
        entries=log_entries(db.session, version),
        gate=_gate(act),
        public=f"{site.deployment.service_url}/sites/{site.id}/notices/{notice.hash}?lang={tag}",
    )


@console_route(
    "/sites/<site>/notices/<int:number>/compare",
    permission=Permission.READ_NOTICES,
    look="notice:compare",
)
def notices_compare(site: LiveSite, number: int) -> ResponseReturnValue:
    """Compare a version with the one before, or with the one that `with` names."""
    current = visit()
    versions = list_versions(db.session, site.id)
    new = find_version(versions, number)
    old = find_version(versions, _number("with", max(number - 1, 1)))
    current.note(number=new.number, compared_with=old.number)
    before, after = side_of(old), side_of(new)
    tag = language_of(after.notice, request.args.get("lang"), current.words.language)

    def href(language: str) -> str:
        place: dict[str, Any] = {"site": site.id, "number": number, "lang": language}
        place["with"] = old.number
        return url_for("console.notices_compare", **place)

    return page(
        "notices_compare.html",
        old=old,
        new=new,
        versions=[one.number for one in reversed(versions)],
        view=change_view(before, after, current.words),
        pairs=picture_pairs(site.id, before, after, tag, current.words),
        before=before,
        after=after,
        spoken_in=tongues(after.notice, tag, href),
        tag=tag,
        gate=_gate(find_act(db.session, new.publication.id)),
    )


@console_route(
    "/sites/<site>/notices/pictures/<notice_hash>/<sha256>",
    permission=Permission.READ_NOTICES,
    look=RECORDED_BY_SERVICE,  # by the page that shows it
)
def notices_picture(site: LiveSite, notice_hash: str, sha256: str) -> ResponseReturnValue:
    found = find_any_picture(db.session, site.id, notice_hash, sha256)
    return Response(found.content, mimetype=found.media_type)


def side_of(version: Version) -> Side:
    """Return a version as one side of a comparison."""
    publication = version.publication
    return Side(
        label=visit().words("notices.version", number=version.number),
        notice=notice_of(db.session, version),
        deployment=publication.deployment,
        policy_version=publication.policy_version,
        pictures=list_pictures(db.session, publication.notice_hash),
    )


def _rows(versions: list[Version], shown: list[Version]) -> list[VersionRow]:
    publishers = list_publishers(db.session, [one.publication.id for one in shown])
    notices: dict[str, Notice] = {}

    def notice(version: Version) -> Notice:
        name = version.publication.notice_hash
        if name not in notices:
            notices[name] = notice_of(db.session, version)
        return notices[name]

    rows = []
    for version in shown:
        own, asked, is_same = notice(version), None, False
        if version.number > 1:
            earlier = notice(versions[version.number - 2])
            again = asked_again(earlier, own, version.publication.deployment.shape)
            asked = asked_names(earlier, own, again, visit().words)
            is_same = earlier.hash == own.hash
        publisher = publishers.get(version.publication.id)
        rows.append(VersionRow(version, publisher, len(own.languages), is_same, asked))
    return rows


def _gate(act: PublicationAct | None) -> GateView:
    if act is None:
        return GateView(None, is_measured=False, now=None)
    return gate_view(
        act.findings, gate_of(act.source, act.source_name), is_measured=act.is_measured
    )


def gate_view(
    then: Sequence[Finding], now: Sequence[Finding] | None, *, is_measured: bool
) -> GateView:
    words = visit().words
    return GateView(shown_findings(then, words), is_measured, shown_findings(now, words))


def _number(name: str, default: int) -> int:
    text = request.args.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):  # noqa: PLR2004 -- plenty
        raise BadRequest("A version has a number.")
    return int(text)
