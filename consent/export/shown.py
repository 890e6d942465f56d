"""What a record refers to: the notice that was shown, and the addresses it was shown at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from consent.core.model import ConsentEvent
from consent.core.notice import Notice


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice as a site published it, with the policy that went with it."""

    notice: Notice
    service_url: str
    policy_version: str

    @property
    def site_address(self) -> str:
        return f"{self.service_url}/sites/{self.notice.site_id}"

    @property
    def address(self) -> str:
        return f"{self.site_address}/notices/{self.notice.hash}"

    @property
    def policy_address(self) -> str:
        return f"{self.site_address}/policy/{self.policy_version}"

    @property
    def preferences_address(self) -> str:
        return f"{self.site_address}/preferences"


ShownBefore = Callable[[ConsentEvent], Shown | None]
"""What was shown before an act; None when the notice is not in the database."""
