"""Administrators decide about people on their sites, and about no others."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

from consent.core.roles import Role
from consent.store.database import db
from consent.store.people import find_person_by_name
from consent.store.tables import OfficerActionRow
from tests.web.console.people import Console

ADMIN, OFFICER, AUDITOR = Role.ADMINISTRATOR, Role.OFFICER, Role.AUDITOR
PASSWORD = "drie losse woorden"


def id_of(console: Console, name: str) -> str:
    with console.app.app_context():
        person = find_person_by_name(db.session, name)
        db.session.remove()
    assert person
    return person.id


def grants_of(console: Console, name: str) -> dict[str, set[Role]]:
    with console.app.app_context():
        person = find_person_by_name(db.session, name)
        db.session.remove()
    assert person
    return {site: set(roles) for site, roles in person.grants.items()}


def test_an_administrator_invites_and_the_link_is_shown_once(console: Console) -> None:
    admin = console.administrator
    form = {"name": "Olga", "email": "Olga@University.example", "grant": "programme officer"}
    response = admin.post("/console/people/new", form)
    link = re.search(r"https://console\.example(/console/invitation/[\w-]{43})", response.text)
    assert link, response.text
    olga = console.stranger()
    assert olga.post(link[1], {"password": PASSWORD, "again": PASSWORD}).status_code == 303
    assert grants_of(console, "Olga") == {"programme": {OFFICER}}
    page = admin.page("/console/people")
    assert "Olga" in page.text
    assert link[1] not in page.text


def test_an_invitation_needs_a_name_a_role_and_an_address_of_its_own(console: Console) -> None:
    admin = console.administrator
    console.invite("Olga", {"programme": (OFFICER,)}, email="olga@university.example")
    for form in (
        {"name": "Otto"},
        {"name": "", "grant": "programme officer"},
        {"name": "Olga", "grant": "programme officer"},
        {"name": "Otto", "email": "olga@university.example", "grant": "programme officer"},
        {"name": "Otto", "email": "nonsense", "grant": "programme officer"},
        {"name": "Otto", "grant": "nowhere officer"},
        {"name": "Otto", "grant": "programme emperor"},
    ):
        assert admin.post("/console/people/new", form).status_code == 422, form


@pytest.mark.parametrize(
    ("language", "form", "fault"),
    [
        ("nl", {"grant": []}, "Geef minstens één rol op één website."),
        ("en", {"grant": []}, "Give at least one role on one site."),
        ("nl", {"name": "Olga"}, "Er is al iemand met deze naam."),
        ("nl", {"name": "cli:Otto"}, "Deze naam kan niet: gebruik 1 tot 120 zichtbare tekens"),
        ("nl", {"email": "olga@university.example"}, "Iemand anders heeft dit e-mailadres al."),
        ("nl", {"email": "nonsense"}, "Dit is geen e-mailadres."),
    ],
)
def test_a_refused_invitation_says_why_and_keeps_what_was_filled_in(
    console: Console, language: str, form: dict[str, str | list[str]], fault: str
) -> None:
    console.invite("Olga", {"programme": (OFFICER,)}, email="olga@university.example")
    admin = console.as_role(ADMIN, language=language)
    ticked = ["* auditor", "programme officer"]
    sent = {"name": "Otto", "email": "otto@university.example", "grant": ticked} | form
    response = admin.post("/console/people/new", sent)
    page = BeautifulSoup(response.text, "html.parser")
    assert response.status_code == 422
    assert fault in page.text
    assert not page.select("main [lang=en]")
    assert [box["value"] for box in page.select("input[name=grant][checked]")] == sent["grant"]
    shown = {name: page.select(f"#{name}")[0]["value"] for name in ("name", "email")}
    assert shown == {name: sent[name] for name in shown}


def test_roles_that_cannot_be_given_are_told_in_dutch_and_stay_unticked(console: Console) -> None:
    admin = console.as_role(ADMIN, language="nl")
    console.invite("Olga", {"programme": (OFFICER,)})
    response = admin.post(f"/console/people/{id_of(console, 'Olga')}/roles", {})
    page = BeautifulSoup(response.text, "html.parser")
    assert "Geef minstens één rol op één website." in page.text
    assert not page.select("main [lang=en], input[name=grant][checked]")
    assert grants_of(console, "Olga") == {"programme": {OFFICER}}


def test_roles_change_at_once(console: Console) -> None:
    admin = console.administrator
    olga = console.person("Olga", {"programme": (AUDITOR,)})
    address = f"/console/people/{id_of(console, 'Olga')}/roles"
    assert olga.get("/console/people").status_code == 403
    admin.post(address, {"grant": ["programme auditor", "programme administrator"]})
    assert grants_of(console, "Olga") == {"programme": {AUDITOR, ADMIN}}
    assert olga.get("/console/people").status_code == 200
    assert admin.post(address, {}).status_code == 422


def test_an_administrator_of_one_site_decides_about_no_other(console: Console) -> None:
    local = console.person("Local", {"programme": (ADMIN,)})
    console.person("Far", {"library": (OFFICER,)})
    console.person("Both", {"library": (OFFICER,), "programme": (AUDITOR,)})
    page = local.page("/console/people").text
    assert "Both" in page
    assert "Far" not in page
    far, both = id_of(console, "Far"), id_of(console, "Both")
    assert local.get(f"/console/people/{far}").status_code == 404
    assert local.post(f"/console/people/{far}/reset").status_code == 404
    shown = local.page(f"/console/people/{both}")
    assert [one.text for one in shown.select("tbody th")] == ["Biomedical Sciences: Communication"]
    boxes = shown.select("input[name=grant]")
    assert {str(box["value"]).split()[0] for box in boxes} == {"programme"}
    local.post(f"/console/people/{both}/roles", {"grant": ["programme officer", "* officer"]})
    assert grants_of(console, "Both") == {"library": {OFFICER}, "programme": {OFFICER}}
    assert local.post(f"/console/people/{both}/revoke").status_code == 403
    forged = {"name": "Own", "grant": ["* administrator"]}
    assert local.post("/console/people/new", forged).status_code == 422
    assert local.post(f"/console/people/{both}/reset").status_code == 403


def test_a_reset_takes_every_way_in_away(console: Console) -> None:
    admin = console.administrator
    link = console.invite("Olga", {"programme": (OFFICER,)})
    olga = console.stranger()
    olga.post(link, {"password": PASSWORD, "again": PASSWORD})
    response = admin.post(f"/console/people/{id_of(console, 'Olga')}/reset")
    assert "/console/invitation/" in response.text
    assert olga.get("/console/account").status_code == 303
    again = console.stranger().post("/console/sign-in", {"name": "Olga", "password": PASSWORD})
    assert again.status_code == 403


def test_revoking_ends_it_all_and_keeps_the_name(console: Console) -> None:
    admin = console.administrator
    olga = console.person("Olga", {"programme": (OFFICER,)})
    address = f"/console/people/{id_of(console, 'Olga')}"
    assert admin.post(f"{address}/revoke").location == "/console/people"
    assert olga.get("/console/account").status_code == 303
    assert "no access" in admin.page("/console/people").text
    assert admin.get(address).status_code == 404
    assert (
        admin.post("/console/people/new", {"name": "Olga", "grant": "* auditor"}).status_code == 422
    )


def test_sessions_are_ended_from_outside(console: Console) -> None:
    admin = console.administrator
    olga = console.person("Olga", {"programme": (OFFICER,)})
    admin.post(f"/console/people/{id_of(console, 'Olga')}/sessions")
    assert olga.get("/console/account").status_code == 303


def test_who_decides_about_a_part_ends_no_sessions_elsewhere(console: Console) -> None:
    local = console.person("Lea", {"programme": (Role.ADMINISTRATOR,)})
    olga = console.person("Olga", {"programme": (OFFICER,), "library": (OFFICER,)})
    address = f"/console/people/{id_of(console, 'Olga')}"
    assert f"{address}/sessions" not in local.page(address).text
    assert local.post(f"{address}/sessions").status_code == 403
    assert olga.get("/console/account").status_code == 200


def test_what_administrators_do_and_look_at_is_recorded(console: Console) -> None:
    admin = console.administrator
    admin.page("/console/people")
    admin.post("/console/people/new", {"name": "Olga", "grant": "programme officer"})
    olga = id_of(console, "Olga")
    admin.post(f"/console/people/{olga}/revoke")
    with console.app.app_context():
        rows = db.session.query(OfficerActionRow).filter_by(officer="administrator *").all()
    by_action = {row.action: row for row in rows}
    assert set(by_action) == {"session:begin", "person:list", "person:invite", "officer:revoke"}
    assert by_action["person:invite"].subject_id == olga
    assert by_action["person:invite"].detail == (
        '{"name":"Olga","roles":{"programme":["officer"]}}'
    )
