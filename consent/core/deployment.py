"""Where and how a site's service stands: its origins, its cookies' names, its log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from consent.core.blocking import blocking_record, parse_blocking
from consent.core.config_content_policy import content_policy_record, parse_content_policy
from consent.core.model import Blocking, ErasureMode, LocalText, OwnPolicy, Shape, Site

FIRST_EPOCH = 1


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the running service needs of a site beside its notice.

    A change of it changes nothing that visitors are shown on the banner, so it makes no new notice.
    What it says of erasure is told by the policy and, from here, where someone erases.
    """

    origins: tuple[str, ...]
    service_url: str
    cookie_domain: str | None
    log_id: str
    page_groups: tuple[str, ...]
    record_refusals: str
    erasure: ErasureMode = ErasureMode.FULL
    erasure_reason: LocalText = field(default_factory=dict)
    backup_days: int | None = None
    content_policy: OwnPolicy | None = None
    blocking: Blocking = field(default_factory=Blocking)
    approvals: int = 0

    @property
    def service_origin(self) -> str:
        parts = urlsplit(self.service_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def mount(self) -> str:
        """The path under which visitors reach the service, without a trailing slash."""
        return urlsplit(self.service_url).path

    @property
    def shape(self) -> Shape:
        if self.cookie_domain is not None:
            return Shape.SUB_DOMAIN
        hosts = {urlsplit(origin).netloc for origin in self.origins}
        if urlsplit(self.service_url).netloc in hosts:
            return Shape.SAME_HOST
        return Shape.OTHER_DOMAIN

    @property
    def is_secure(self) -> bool:
        """Whether visitors come over HTTPS; without it cookies have no prefix and no Secure."""
        return self.service_url.startswith("https://")

    @property
    def sets_cookies(self) -> bool:
        """Whether the service's own cookies are first-party on the site's pages."""
        return self.shape is not Shape.OTHER_DOMAIN

    @property
    def answer_cookie(self) -> str:
        return f"{self._prefix}consent"

    @property
    def identity_cookie(self) -> str:
        return f"{self._prefix}consent-id"

    @property
    def _prefix(self) -> str:
        if not self.is_secure:
            return ""
        return "__Host-" if self.cookie_domain is None else "__Secure-"

    @property
    def log_origin(self) -> str:
        """The name of the log: host, mount and path, without a scheme (C2SP tlog-checkpoint)."""
        parts = urlsplit(self.service_url)
        return f"{parts.netloc}{parts.path}/log/{self.log_id}"

    def as_record(self) -> dict[str, Any]:
        return {
            "origins": list(self.origins),
            "service_url": self.service_url,
            "cookie_domain": self.cookie_domain,
            "log_id": self.log_id,
            "page_groups": list(self.page_groups),
            "record_refusals": self.record_refusals,
            "erasure": self.erasure.value,
            "erasure_reason": dict(self.erasure_reason),
            "backup_days": self.backup_days,
            "content_policy": content_policy_record(self.content_policy),
            "blocking": blocking_record(self.blocking),
            "approvals": self.approvals,
        }


def deployment_of(site: Site) -> Deployment:
    """Return the deployment a site's file describes."""
    return Deployment(
        origins=site.origins,
        service_url=site.service_url,
        cookie_domain=site.cookie_domain,
        log_id=f"{site.log_name}/{FIRST_EPOCH}",
        page_groups=site.page_groups,
        record_refusals=site.record_refusals,
        erasure=site.erasure,
        erasure_reason=dict(site.erasure_reason),
        backup_days=site.backup_days,
        content_policy=site.content_policy,
        blocking=site.blocking,
        approvals=site.approvals,
    )


def parse_deployment(record: Mapping[str, Any]) -> Deployment:
    """Return the deployment stored by `as_record`; earlier versions knew nothing of erasure."""
    return Deployment(
        origins=tuple(record["origins"]),
        service_url=record["service_url"],
        cookie_domain=record["cookie_domain"],
        log_id=record["log_id"],
        page_groups=tuple(record["page_groups"]),
        record_refusals=record["record_refusals"],
        erasure=ErasureMode(record.get("erasure", ErasureMode.FULL)),
        erasure_reason=record.get("erasure_reason", {}),
        backup_days=record.get("backup_days"),
        content_policy=parse_content_policy(record.get("content_policy")),
        blocking=parse_blocking(record.get("blocking")),
        approvals=record.get("approvals", 0),
    )
