"""Check now what a log says of a disposal: unchanged, in the published log, and signed."""

from __future__ import annotations

from dataclasses import dataclass, field

from consent.audit.checkpoints import OpenedCheckpoint
from consent.audit.entry import commitment
from consent.audit.policies import Policy
from consent.audit.tlog_proof import opening_extra, parse_tlog_proof
from consent.errors import NotFoundError, ProofError, RecordFormatError
from consent.services.proving import find_proof, log_policy
from consent.services.record_checks import Outcome, open_inclusion
from consent.services.sites import LiveSite
from consent.store.database import AnySession
from consent.store.disposal_records import StoredDisposal, find_disposal, list_disposals

PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class DisposalCheck:
    """What is proven of a disposal; `proof` is the file that says so to anybody."""

    outcome: Outcome
    fault: str = ""
    opened: OpenedCheckpoint | None = None
    proof: str = field(default="", repr=False)


def logs_of(site: LiveSite) -> list[str]:
    """Return the logs that tell of a site's records, which other sites may share."""
    return [log.log_id for log in site.logs]


def list_of_site(
    session: AnySession, site: LiveSite, *, before: str | None = None, limit: int = PAGE_ROWS
) -> list[StoredDisposal]:
    """Return the disposals that the logs of a site tell of, newest first."""
    return list_disposals(session, logs_of(site), before=before, limit=limit)


def get_of_site(session: AnySession, site: LiveSite, disposal_id: str) -> StoredDisposal:
    """Return a disposal; raise NotFoundError unless a log of the site tells of it."""
    found = find_disposal(session, disposal_id)
    if found is None or found.log_id not in logs_of(site):
        raise NotFoundError("the log of this site has no such disposal")
    return found


def check_disposal(
    session: AnySession, stored: StoredDisposal, *, outside: Policy | None
) -> DisposalCheck:
    """Return what the log proves of a disposal, from the file that anybody could be given.

    `outside` is the operator's policy of witnesses.
    """
    if commitment(stored.payload, stored.salt) != stored.entry:
        return DisposalCheck(Outcome.FAILED, "the record is not the one its entry was made from")
    extra = opening_extra(stored.salt, stored.payload)
    try:
        found = find_proof(session, stored.disposal.id, extra=extra)
        if found is None:
            return DisposalCheck(Outcome.WAITING)
        policy = log_policy(session, stored.log_id, outside)
        opened = open_inclusion(parse_tlog_proof(found.text), stored.entry, policy)
    except (ProofError, RecordFormatError) as error:
        return DisposalCheck(Outcome.FAILED, str(error))
    return DisposalCheck(Outcome.PROVEN, opened=opened, proof=found.text)
