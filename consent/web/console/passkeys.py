"""The console as authenticators know it, for making passkeys and for signing in with them."""

from __future__ import annotations

from consent.services.passkeys import Party
from consent.web.console import guard
from consent.web.context import service


def party() -> Party:
    return Party(guard.console_origin(), service().keys.keyring)
