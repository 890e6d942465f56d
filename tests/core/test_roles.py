"""What each role may do, as the operator's documentation says."""

from __future__ import annotations

import pytest

from consent.core.roles import (
    ALL_SITES,
    OF_VISITORS,
    Permission,
    Role,
    is_permitted,
    permissions_of,
    permissions_on,
    sites_of,
    sites_with,
)


def test_an_officer_is_an_auditor_who_also_acts() -> None:
    assert permissions_of(Role.AUDITOR) < permissions_of(Role.OFFICER)


@pytest.mark.parametrize("role", [Role.PUBLISHER, Role.ADMINISTRATOR])
def test_publishers_and_administrators_see_nothing_of_visitors(role: Role) -> None:
    assert not permissions_of(role) & OF_VISITORS


def test_an_auditor_changes_nothing() -> None:
    assert {one.value.partition(".")[2] for one in permissions_of(Role.AUDITOR)} == {"read"}


def test_only_administrators_decide_about_people() -> None:
    deciding = [role for role in Role if Permission.MANAGE_PEOPLE in permissions_of(role)]
    assert deciding == [Role.ADMINISTRATOR]


def test_roles_count_on_their_sites_and_add_up() -> None:
    grants = {"programme": (Role.PUBLISHER,), ALL_SITES: (Role.AUDITOR,)}
    assert permissions_on(grants, "programme") == permissions_of(Role.PUBLISHER) | permissions_of(
        Role.AUDITOR
    )
    assert permissions_on(grants, "library") == permissions_of(Role.AUDITOR)
    assert permissions_on({"programme": (Role.OFFICER,)}, "library") == frozenset()


def test_a_role_on_one_site_is_none_on_all() -> None:
    grants = {"programme": (Role.OFFICER,), "library": (Role.AUDITOR,)}
    assert not is_permitted(grants, Permission.EXPORT, ALL_SITES)
    assert sites_with(grants, Permission.EXPORT) == ("programme",)
    assert sites_with(grants, Permission.READ_RECORDS) == ("programme", "library")
    assert sites_of(grants, Role.OFFICER) == ("programme",)
    assert sites_of({**grants, ALL_SITES: (Role.OFFICER,)}, Role.OFFICER) == (ALL_SITES,)
