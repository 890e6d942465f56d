"""Who may see and do what, for every route of the console; new routes are held to it as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from flask import Flask
from werkzeug.routing import Rule

from consent.core.roles import OF_VISITORS, Permission, Role
from consent.web.console.routing import Entry, blueprint, declarations
from tests.web.console.people import Browser, Console

AUDITOR, OFFICER = Role.AUDITOR, Role.OFFICER
PUBLISHER, ADMINISTRATOR = Role.PUBLISHER, Role.ADMINISTRATOR

MAY: Mapping[Permission, set[Role]] = {
    Permission.READ_OVERVIEW: {AUDITOR, OFFICER, PUBLISHER},
    Permission.READ_RECORDS: {AUDITOR, OFFICER},
    Permission.SEARCH_RECORDS: {OFFICER},
    Permission.EXPORT: {OFFICER},
    Permission.ERASE: {OFFICER},
    Permission.READ_RETENTION: {AUDITOR, OFFICER},
    Permission.READ_NOTICES: {AUDITOR, OFFICER, PUBLISHER},
    Permission.APPROVE_NOTICES: {PUBLISHER},
    Permission.READ_ACCESS_LOG: {AUDITOR, OFFICER, ADMINISTRATOR},
    Permission.READ_SETTINGS: {AUDITOR, OFFICER, PUBLISHER, ADMINISTRATOR},
    Permission.MANAGE_PEOPLE: {ADMINISTRATOR},
}

# What anybody may ask for: the ways in, and the files they are made of.
OPEN = {
    "console.asset",
    "console.invitation",
    "console.invitation_passkey",
    "console.invitation_post",
    "console.provider",
    "console.provider_back",
    "console.second_step",
    "console.second_step_post",
    "console.sign_in",
    "console.sign_in_passkey",
    "console.sign_in_post",
}

NOBODY = "0196d5f0-0000-7000-8000-000000000000"
VALUES = {"person_id": NOBODY, "event_id": NOBODY, "export_id": NOBODY, "notice_hash": "0a" * 32}


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every rule of the console with each of its methods that do something."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/console"):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method


def address(rule: Rule, site: str = "programme") -> str:
    path = rule.rule
    for name in rule.arguments:
        value = site if name == "site" else VALUES.get(name, "x")
        for written in (f"<{name}>", f"<string:{name}>", f"<int:{name}>", f"<path:{name}>"):
            path = path.replace(written, "1" if written.startswith("<int") else value)
    assert "<" not in path, f"give the variables of {rule.rule} a value in VALUES"
    return path


def ask(browser: Browser, path: str, method: str) -> int:
    """Return the status of an answer; 0 stands for being asked to sign in."""
    response = browser.get(path) if method == "GET" else browser.post(path)
    if response.status_code == 303 and "/console/sign-in" in (response.location or ""):
        return 0 if "again=1" not in response.location and "out=1" not in response.location else 303
    return response.status_code


def test_every_route_is_declared(console_app: Flask) -> None:
    found = {rule.endpoint for rule, _ in routes(console_app)}
    assert found == set(declarations)
    assert all(name.startswith(f"{blueprint.name}.") for name in found)
    assert set(MAY) == set(Permission)


def test_only_the_ways_in_are_open_to_everybody() -> None:
    found = {
        name for name, declared in declarations.items() if declared.permission is Entry.EVERYONE
    }
    assert found == OPEN


def test_whatever_shows_something_of_visitors_is_recorded(console_app: Flask) -> None:
    """A GET leaves a look itself; what a service records, another test of that page holds."""
    silent = [
        rule.endpoint
        for rule, method in routes(console_app)
        if method == "GET"
        and declarations[rule.endpoint].permission in OF_VISITORS
        and not declarations[rule.endpoint].look
    ]
    assert silent == []


def test_names_of_looks_fit_their_column() -> None:
    looks = [one.look for one in declarations.values() if one.look]
    assert [look for look in looks if len(look) > 32 or ":" not in look] == []


def test_a_stranger_is_asked_to_sign_in_everywhere_else(console: Console) -> None:
    for rule, method in routes(console.app):
        if rule.endpoint not in OPEN:
            assert ask(console.stranger(), address(rule), method) == 0, (rule.rule, method)


@pytest.mark.legal("AE-06")
@pytest.mark.parametrize("role", Role)
def test_each_role_may_what_the_table_says_and_nothing_else(console: Console, role: Role) -> None:
    faults = []
    for number, (rule, method) in enumerate(routes(console.app)):
        permission = declarations[rule.endpoint].permission
        if permission is Entry.EVERYONE:
            continue
        somebody = console.person(f"{role} {number}", {"programme": (role,)})
        status = ask(somebody, address(rule), method)
        may = permission is Entry.SIGNED_IN or role in MAY[permission]
        if (status in (0, 403)) == may or status >= 500:
            faults.append((rule.rule, method, status))
    assert faults == []


def test_a_role_on_one_site_opens_no_other(console: Console) -> None:
    """A site on which somebody is nothing does not exist for him, whether or not it does."""
    everything = tuple(Role)
    for number, (rule, method) in enumerate(routes(console.app)):
        if "site" not in rule.arguments:
            continue
        elsewhere = console.person(f"elsewhere {number}", {"library": everything})
        assert ask(elsewhere, address(rule), method) == 404, (rule.rule, method)
        assert ask(elsewhere, address(rule, "nowhere"), method) == 404, (rule.rule, method)
