"""Publish a site: compare, let the gate judge, store the notice and bring it into force."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from consent.core.blocking import blocking_findings
from consent.core.canonical import digest_hex
from consent.core.deployment import Deployment, deployment_of
from consent.core.difference import Difference, describe_difference
from consent.core.gate import Finding, gate_findings
from consent.core.ids import uuid7
from consent.core.model import Site
from consent.core.notice import Notice, notice_document
from consent.core.policy import policy_document
from consent.errors import NotFoundError, NotPermittedError, PublishingRefusedError
from consent.services.builds import stage_config, store_builds
from consent.services.keys import Keys
from consent.services.log_keys import register_keys
from consent.services.sealing_actions import stage_earlier
from consent.store import publications as store
from consent.store.database import AnySession, write_transaction
from consent.store.log import list_logs, log_in_force, log_name
from consent.store.officers import record_action
from consent.store.proposals import PublicationAct, insert_act

PUBLISH = "notice:publish"


@dataclass(frozen=True, slots=True)
class SiteFile:
    """The file a site was read from: its name, and its text to the letter."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who brings something into force, from which file, and after which proposal if any."""

    name: str
    file: SiteFile
    proposal_id: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What publishing a site would do to what is in force (`current`, None at first).

    `is_measured` says that a browser has drawn and measured the buttons.
    """

    site: Site
    current: store.Publication | None
    notice: Notice
    policy: store.Document
    deployment: Deployment
    difference: Difference
    findings: tuple[Finding, ...]
    changes_anything: bool
    is_measured: bool = False

    @property
    def approvals(self) -> int:
        """How many people of the console have to approve it.

        A file cannot ask for fewer than what is in force does: dropping the rule needs approval
        too. The first publication needs none, for before it the console has no such site.
        """
        if self.current is None:
            return 0
        return max(self.site.approvals, self.current.deployment.approvals)

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "error"]

    @property
    def policy_version(self) -> str:
        return digest_hex(self.policy)


def propose(session: AnySession, site: Site) -> Proposal:
    """Return what publishing `site` would change and what the gate says of it."""
    document = notice_document(site)
    notice = Notice(document)
    policy = policy_document(site, document)
    deployment = deployment_of(site)
    publications = store.list_publications(session, site.id)
    current = publications[-1] if publications else None
    before = store.find_notice(session, current.notice_hash) if current else None
    findings = [
        *gate_findings(site),
        *blocking_findings(site, document),
        *_host_findings(session, site),
    ]
    return Proposal(
        site=site,
        current=current,
        notice=notice,
        policy=policy,
        deployment=deployment,
        difference=describe_difference(before, document),
        findings=tuple(findings),
        changes_anything=(
            current is None
            or current.notice_hash != notice.hash
            or current.policy_version != digest_hex(policy)
            or current.deployment != deployment
        ),
    )


def publish(
    session: AnySession,
    proposal: Proposal,
    *,
    now: int,
    keys: Keys | None = None,
    publisher: Publisher | None = None,
) -> bool:
    """Bring a proposal into force; return False when it is in force already.

    The log gets a record of what is shown from then on. Given `keys`, it also gets to know those
    that sign for it; otherwise the sealer sees to that. Raises PublishingRefusedError while the
    gate finds a broken rule, NotPermittedError where others have to approve it first; nothing is
    stored then.
    """
    require_no_errors(proposal)
    if not proposal.changes_anything:
        return False
    if proposal.approvals:
        raise NotPermittedError("this site publishes nothing before it is approved in the console")
    with write_transaction(session):
        bring_into_force(session, proposal, now=now, keys=keys, publisher=publisher)
    return True


def require_no_errors(proposal: Proposal) -> None:
    """Raise PublishingRefusedError with every rule a proposal breaks, if there is one."""
    if proposal.errors:
        raise PublishingRefusedError([str(finding) for finding in proposal.errors])


def bring_into_force(
    session: AnySession,
    proposal: Proposal,
    *,
    now: int,
    keys: Keys | None,
    publisher: Publisher | None,
) -> int:
    """Store what is in force from now on and return its id; a part of the caller's transaction."""
    site, notice, deployment = proposal.site, proposal.notice, proposal.deployment
    store.insert_notice(
        session,
        site=site.id,
        notice_hash=notice.hash,
        scope_hash=notice.scope,
        document=notice.document,
        now=now,
    )
    store.insert_policy(
        session,
        site=site.id,
        version=proposal.policy_version,
        document=proposal.policy,
        now=now,
    )
    is_first = not list_logs(session)
    store.ensure_log(session, deployment.log_id, deployment.log_origin, now)
    if is_first:
        stage_earlier(session, now=now)
    _record(session, proposal, now=now, keys=keys)
    publication = store.insert_publication(
        session,
        site=site.id,
        notice_hash=notice.hash,
        scope_hash=notice.scope,
        policy_version=proposal.policy_version,
        deployment=deployment,
        now=now,
    )
    if publisher is not None:
        _record_publisher(session, proposal, publisher, publication, now)
    return publication


def _record_publisher(
    session: AnySession, proposal: Proposal, publisher: Publisher, publication: int, now: int
) -> None:
    """Write down who did it, and beside the publication from which file."""
    insert_act(
        session,
        PublicationAct(
            publication=publication,
            officer=publisher.name,
            proposal_id=publisher.proposal_id,
            source_name=publisher.file.name,
            source=publisher.file.text,
            findings=proposal.findings,
            is_measured=proposal.is_measured,
        ),
    )
    record_action(
        session,
        officer=publisher.name,
        action=PUBLISH,
        subject_id=publisher.proposal_id or uuid7(now, os.urandom(10)),
        detail={
            "site": proposal.site.id,
            "notice": proposal.notice.hash,
            "policy": proposal.policy_version,
            "asks_again": list(proposal.difference.asks_again),
        },
        now=now,
    )


def _record(session: AnySession, proposal: Proposal, *, now: int, keys: Keys | None) -> None:
    """Have the log say what the site shows from now on, and who signs for the log."""
    log = log_in_force(session, log_name(proposal.deployment.log_id))
    if log is None:
        raise NotFoundError(f"there is no log {proposal.deployment.log_id}")
    if keys is not None:
        register_keys(session, log, keys, now=now)
    store_builds(session, now=now, automatic=proposal.deployment.blocking.automatic)
    stage_config(
        session,
        log.log_id,
        site=proposal.site.id,
        notice=proposal.notice.hash,
        scope=proposal.notice.scope,
        policy=proposal.policy_version,
        automatic=proposal.deployment.blocking.automatic,
        now=now,
    )


def _host_findings(session: AnySession, site: Site) -> list[Finding]:
    """Find hosts that another published site has: one host's cookies can serve one site only."""
    newest = {publication.site: publication for publication in store.list_publications(session)}
    hosts = {urlsplit(origin).netloc for origin in site.origins}
    return [
        Finding("ONE-SITE", "error", "origins", f"{host} belongs to site {other.site!r} already")
        for other in newest.values()
        if other.site != site.id
        for host in sorted(hosts & {urlsplit(origin).netloc for origin in other.deployment.origins})
    ]
