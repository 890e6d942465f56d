"""What the gate says of a site's Content-Security-Policy, where its file asks for one."""

from __future__ import annotations

from collections.abc import Iterator

from consent.core.content_policy import content_policy
from consent.core.content_sources import NONCE, effective
from consent.core.deployment import deployment_of
from consent.core.finding import Finding, error, warning
from consent.core.model import Site
from consent.core.notice import notice_document

_PLACE = "content_policy"
_ANY_INLINE = "'unsafe-inline'"


def content_policy_findings(site: Site) -> Iterator[Finding]:
    """Find what would let a refused host load, or make an allowed one wait."""
    if site.content_policy is None:
        return
    policy = content_policy(notice_document(site), deployment_of(site))
    for fault in policy.told_faults():
        yield error("PB-02", _PLACE, fault)
    for fault in policy.told_undivided():
        text = f"{fault.text}; paths in `hosts` would tell them apart"
        yield warning("PB-10", _PLACE, text, **fault.values)
    for host in policy.own_declared():
        text = "{host} is the site's own, so no policy can hold what comes from it"
        yield warning("PB-02", _PLACE, text, host=host)
    scripts = effective(site.content_policy.directives, "script-src") or ()
    if _ANY_INLINE in scripts and NONCE not in scripts:
        text = "script-src has {source}: whatever gets into a page as text can run"
        yield warning("PB-16", _PLACE, text, source=_ANY_INLINE)
