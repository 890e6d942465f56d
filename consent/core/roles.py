"""Who may do what in the console: permissions, the roles that bundle them, and grants per site."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

ALL_SITES = "*"
BY_SUBJECT = "the data subject"  # in the list of actions; it says that, and not who


class Permission(StrEnum):
    """One thing a person may do. Those of `OF_VISITORS` show or change what visitors chose."""

    READ_OVERVIEW = "overview.read"
    READ_RECORDS = "records.read"
    SEARCH_RECORDS = "records.search"
    EXPORT = "exports.make"
    ERASE = "records.erase"
    READ_RETENTION = "retention.read"
    READ_NOTICES = "notices.read"
    APPROVE_NOTICES = "notices.approve"
    READ_ACCESS_LOG = "access_log.read"
    READ_SETTINGS = "settings.read"
    MANAGE_PEOPLE = "people.manage"


OF_VISITORS = frozenset(
    {
        Permission.READ_RECORDS,
        Permission.SEARCH_RECORDS,
        Permission.EXPORT,
        Permission.ERASE,
    }
)


class Role(StrEnum):
    """What a person is on a site; somebody may be several things."""

    AUDITOR = "auditor"
    OFFICER = "officer"
    PUBLISHER = "publisher"
    ADMINISTRATOR = "administrator"


Grants = Mapping[str, Collection[Role]]  # by site; ALL_SITES stands for each, those to come as well

_AUDITOR = frozenset(
    {
        Permission.READ_OVERVIEW,
        Permission.READ_RECORDS,
        Permission.READ_RETENTION,
        Permission.READ_NOTICES,
        Permission.READ_ACCESS_LOG,
        Permission.READ_SETTINGS,
    }
)
_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.AUDITOR: _AUDITOR,
    Role.OFFICER: _AUDITOR | {Permission.SEARCH_RECORDS, Permission.EXPORT, Permission.ERASE},
    Role.PUBLISHER: frozenset(
        {
            Permission.READ_OVERVIEW,
            Permission.READ_NOTICES,
            Permission.APPROVE_NOTICES,
            Permission.READ_SETTINGS,
        }
    ),
    # Who decides about people sees what people did, and nothing about any visitor.
    Role.ADMINISTRATOR: frozenset(
        {Permission.MANAGE_PEOPLE, Permission.READ_ACCESS_LOG, Permission.READ_SETTINGS}
    ),
}


def permissions_of(role: Role) -> frozenset[Permission]:
    """Return what a role may do."""
    return _PERMISSIONS[role]


def permissions_on(grants: Grants, site: str) -> frozenset[Permission]:
    """Return what somebody with these grants may do on a site; nothing where there is no grant."""
    roles = {*grants.get(site, ()), *grants.get(ALL_SITES, ())}
    return frozenset().union(*(permissions_of(role) for role in roles))


def is_permitted(grants: Grants, permission: Permission, site: str) -> bool:
    """Say whether these grants allow something on a site; ALL_SITES asks for every one."""
    return permission in permissions_on(grants, site)


def sites_with(grants: Grants, permission: Permission) -> tuple[str, ...]:
    """Return the sites something is allowed on, as granted; `(ALL_SITES,)` where it is on each."""
    if is_permitted(grants, permission, ALL_SITES):
        return (ALL_SITES,)
    return tuple(site for site in grants if is_permitted(grants, permission, site))


def sites_of(grants: Grants, role: Role) -> tuple[str, ...]:
    """Return the sites somebody has a role on, as granted."""
    if role in grants.get(ALL_SITES, ()):
        return (ALL_SITES,)
    return tuple(site for site, roles in grants.items() if role in roles)
