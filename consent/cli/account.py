"""Which account of the machine a command runs under."""

from __future__ import annotations

import os
import pwd


def account_name() -> str:
    """Return the name of the account, or its number; the environment has no say in it."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
