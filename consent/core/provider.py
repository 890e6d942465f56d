"""What is configured of the organisation's OpenID provider."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class ProviderSettings:
    """`client_secret` is None for a public client; `name` stands on the button."""

    issuer: str
    client_id: str
    client_secret: str | None
    name: str
