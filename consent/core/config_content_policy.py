"""Read [content_policy]: what the site's pages load beside what is declared, by directive."""

from __future__ import annotations

from collections.abc import Mapping

from consent.core.config_values import Table, shown
from consent.core.content_sources import (
    DIRECTIVES,
    Directives,
    in_order,
    merge,
    parse_policy,
    require_source,
)
from consent.core.model import OwnPolicy
from consent.errors import RuleError

_LISTS: Mapping[str, str] = {
    "default": "default-src",
    "script": "script-src",
    "style": "style-src",
    "img": "img-src",
    "font": "font-src",
    "connect": "connect-src",
    "frame": "frame-src",
    "media": "media-src",
    "worker": "worker-src",
    "manifest": "manifest-src",
    "object": "object-src",
    "base": "base-uri",
    "form": "form-action",
    "frame_ancestors": "frame-ancestors",
    "trusted_types": "trusted-types",
}
_KEYS = (*_LISTS, "header", "load_once", "reports")


def read_content_policy(table: Table | None) -> OwnPolicy | None:
    """Return the site's own part of its policy; None where its file says nothing of one."""
    if table is None:
        return None
    table.allow(_KEYS)
    header = table.text("header", "")
    lists = {name: _read_list(table, key, name) for key, name in _LISTS.items() if key in table}
    if "trusted_types" in table:
        lists["require-trusted-types-for"] = ("'script'",)
    return OwnPolicy(
        directives=merge(_read_header(table, header), lists),
        load_once=table.boolean("load_once", default=False),
        reports=table.boolean("reports", default=False),
    )


def _read_list(table: Table, key: str, directive: str) -> tuple[str, ...]:
    sources = table.texts(key, required=False)
    for index, source in enumerate(sources):
        try:
            require_source(directive, source)
        except RuleError as error:
            table.faults.add((*table.path, key, index), f"{shown(source)}: {error}")
    return in_order(sources)


def _read_header(table: Table, header: str) -> Directives:
    """Read the policy that the site sends today, so that it can be given as it is."""
    try:
        return parse_policy(header)
    except RuleError as error:
        table.fault("header", str(error))
        return {}


def content_policy_record(own: OwnPolicy | None) -> dict[str, object] | None:
    """Return what a publication stores of it."""
    if own is None:
        return None
    return {
        "directives": {name: list(sources) for name, sources in own.directives.items()},
        "load_once": own.load_once,
        "reports": own.reports,
    }


def parse_content_policy(record: Mapping[str, object] | None) -> OwnPolicy | None:
    """Return what `content_policy_record` stored."""
    if record is None:
        return None
    directives = record["directives"]
    assert isinstance(directives, Mapping)  # noqa: S101 -- we wrote it
    return OwnPolicy(
        {name: tuple(directives[name]) for name in DIRECTIVES if name in directives},
        load_once=bool(record["load_once"]),
        reports=bool(record["reports"]),
    )
