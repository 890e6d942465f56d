"""What documents are made from: a site as published, and how the service around it is set up."""

from __future__ import annotations

from dataclasses import dataclass

from consent.core.deployment import Deployment
from consent.core.notice import Notice


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a document says of the service that is no part of any notice.

    `anchors` names who vouches for the log from outside; `provider` is the address of the identity
    provider that people sign in with, `report_server` what mails the monthly report; or None.
    """

    anchors: tuple[str, ...] = ()
    has_console: bool = False
    provider: str | None = None
    report_server: str | None = None
    session_hours: int = 12


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a document needs. Instants are in milliseconds."""

    notice: Notice
    deployment: Deployment
    policy_version: str
    published_at: int
    made_at: int
    surroundings: Surroundings = Surroundings()

    @property
    def site_address(self) -> str:
        """Where the site's pages of the service are."""
        return f"{self.deployment.service_url}/sites/{self.notice.site_id}"

    @property
    def keeps_refusals(self) -> bool:
        return self.deployment.record_refusals == "event"
