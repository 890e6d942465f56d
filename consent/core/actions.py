"""Of which site an officer's action is, by what is noted about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consent.core.roles import ALL_SITES

# Kinds of what is done, as one looks for it: the names of the acts of each.
KINDS: Mapping[str, tuple[str, ...]] = {
    "looks": (
        "records:list",
        "record:show",
        "record:prove",
        "subject:show",
        "subject:preview",
        "request:list",
        "request:show",
    ),
    "searches": ("record:search",),
    "exports": (
        "export:create",
        "export:finish",
        "export:abort",
        "export:download",
        "export:manifest",
        "log_export:create",
        "log_export:finish",
        "log_export:abort",
        "record:proof_pdf",
        "record:proof_json",
        "record:proof_tlog",
        "access_log:file",
    ),
    "erasures": ("subject:erase", "retention:run"),
    "approvals": (
        "notice:propose",
        "notice:approve",
        "notice:decline",
        "notice:publish",
        "notice:withdraw",
    ),
    "people": (
        "officer:add",
        "officer:revoke",
        "person:invite",
        "person:accept",
        "person:roles",
        "person:reset",
        "person:sessions_end",
    ),
    "sign_in": (
        "session:begin",
        "account:password",
        "account:passkey_added",
        "account:passkey_removed",
        "account:provider",
        "account:totp_on",
        "account:totp_off",
    ),
    "visitors": ("subject:access",),
}

# What is about the people who act, and about no site: signing in, accounts, roles.
OF_PEOPLE = ("session", "account", "person", "officer")


def site_of_action(action: str, detail: Mapping[str, Any], before: str | None) -> str | None:
    """Return the site that an action is about; ALL_SITES for several or all, None for none.

    `before` is the site of what the action goes on with, such as the beginning of an export.
    """
    named = detail.get("site")
    if isinstance(named, str):
        return named
    if action.partition(":")[0] in OF_PEOPLE:
        return None
    match detail.get("filter"):
        case {"site": [str(only)]}:
            return only
    return before or ALL_SITES
