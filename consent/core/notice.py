"""What visitors are shown, as one document: its hash, and the digests of what consent covers.

The document is all a running service works from; a site's file is read only to publish it. It
holds texts and lists in the order shown. Digests of scope leave texts and order out, so that
other words or another order ask nobody again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from consent.core.canonical import digest_hex
from consent.core.config_addresses import host_of
from consent.core.declared_hosts import parse_declared_host
from consent.core.exempt_statistics import exemption_record
from consent.core.formats import country_name
from consent.core.model import NECESSARY, Category, LocalText, Provider, Site, Tracker
from consent.core.own_trackers import OWN_PROVIDER, own_trackers
from consent.core.signals import signals_document
from consent.core.site_texts import in_each_language, site_texts

Document = dict[str, Any]

VERSION = 1

EXEMPT = "exempt-statistics"  # no category has a hyphen in its id

_DELETABLE = ("cookie", "local_storage", "session_storage", "indexed_db")

# Kept out of the document: what is not part of the notice, and what is resolved elsewhere in it.
_LEFT_OUT = (
    "policy.",
    "error.",
    "console.",
    "category.",
    "purpose.",
    "data.",
    "own.",
    "verify.",
    "access.",
)


def notice_document(site: Site) -> dict[str, Any]:
    """Return everything shown to visitors of a site, as a value with a canonical encoding."""
    trackers = [*own_trackers(site), *site.trackers]
    used = {tracker.provider for tracker in trackers}
    signals = signals_document(site.signals)
    return {
        "v": VERSION,
        "site": site.id,
        "name": dict(site.name),
        "languages": list(site.languages),
        "default_language": site.default_language,
        "hosts": list(site.shared_hosts),
        "privacy_url": dict(site.privacy_url),
        "controller": asdict(site.controller),
        "categories": [_category(category) for category in site.categories],
        "purposes": _labels(site, "purpose", site.purpose_labels),
        "data_kinds": _labels(site, "data", site.data_labels),
        "providers": [
            _provider(site, provider) for provider in site.providers if provider.id in used
        ],
        "trackers": [_tracker(site, tracker) for tracker in trackers],
        "lifetimes": asdict(site.lifetimes),
        "theme": asdict(site.theme),
        "texts": {language: _notice_texts(site, language) for language in site.languages},
        **({} if signals is None else {"signals": signals}),
    }


def notice_hash(document: Mapping[str, Any]) -> str:
    """Return the digest of everything shown."""
    return digest_hex(document)


def category_digests(document: Mapping[str, Any]) -> dict[str, str]:
    """Return, for each category, the digest of what a yes to it covers.

    That is the controller, the codes of purposes and data, and who receives data where.
    """
    recipients = {provider["id"]: provider for provider in document["providers"]}
    return {
        category["id"]: digest_hex(
            {
                "controller": document["controller"]["id"],
                "purposes": sorted(category["purposes"]),
                "data": sorted(category["data"]),
                "recipients": [
                    {key: recipients[provider][key] for key in ("id", "role", "country")}
                    for provider in sorted(recipient_ids(document, category["id"]))
                ],
            }
        )
        for category in document["categories"]
    }


def scope_hash(document: Mapping[str, Any]) -> str:
    """Return the digest of what consent covers: a change of it asks visitors again."""
    return digest_hex(category_digests(document))


def changed_categories(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Return which categories to ask about after the digests went from `old` to `new`."""
    return [category for category, digest in new.items() if old.get(category) != digest]


def recipient_ids(document: Mapping[str, Any], category: str | None = None) -> set[str]:
    """Return the providers, beside the controller, of a category or of all that are choices."""
    return {
        tracker["provider"]
        for tracker in document["trackers"]
        if tracker["provider"] != OWN_PROVIDER
        and tracker["category"] != NECESSARY
        and category in (None, tracker["category"])
    }


def trackers_of(document: Mapping[str, Any], group: str) -> list[dict[str, Any]]:
    """Return the trackers of a category, of NECESSARY, or EXEMPT: they are not necessary either."""
    return [
        tracker
        for tracker in document["trackers"]
        if group == (EXEMPT if "exempt" in tracker else tracker["category"])
    ]


@dataclass(frozen=True)
class Notice:
    """A published document, with what the service asks of it."""

    document: Document

    @cached_property
    def hash(self) -> str:
        return notice_hash(self.document)

    @cached_property
    def digests(self) -> dict[str, str]:
        return category_digests(self.document)

    @cached_property
    def scope(self) -> str:
        return digest_hex(self.digests)

    @property
    def scope16(self) -> str:
        return self.scope[:16]

    @property
    def site_id(self) -> str:
        return str(self.document["site"])

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """The ids of the categories, in the order shown."""
        return tuple(category["id"] for category in self.document["categories"])

    @cached_property
    def gpc_categories(self) -> tuple[str, ...]:
        """The categories that Global Privacy Control refuses."""
        return tuple(one["id"] for one in self.document["categories"] if one["gpc"])

    @cached_property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.document["languages"])

    @property
    def default_language(self) -> str:
        return str(self.document["default_language"])

    @property
    def consent_days(self) -> int:
        return int(self.document["lifetimes"]["consent_days"])

    @property
    def refusal_days(self) -> int:
        return int(self.document["lifetimes"]["refusal_days"])

    @property
    def proof_months(self) -> int:
        return int(self.document["lifetimes"]["proof_months"])

    @property
    def controller_name(self) -> str:
        return str(self.document["controller"]["name"])

    @property
    def google_signals(self) -> dict[str, list[str]] | None:
        """Google's signals with the categories each needs; None where the script gives none."""
        google = self.document.get("signals", {}).get("google")
        return None if google is None else dict(google["needs"])

    @property
    def theme(self) -> dict[str, Any]:
        return dict(self.document["theme"])

    @cached_property
    def recipient_count(self) -> int:
        """How many other organisations receive data if everything is allowed."""
        return len(recipient_ids(self.document))

    def site_name(self, language: str) -> str:
        return str(self.document["name"][language])

    def privacy_url(self, language: str) -> str:
        return str(self.document["privacy_url"][language])

    def texts(self, language: str) -> Mapping[str, str]:
        texts: Mapping[str, str] = self.document["texts"][language]
        return texts

    def category_texts(self, language: str) -> list[dict[str, Any]]:
        """Return each category as it is shown: id, label, description, gpc."""
        return [
            {
                "id": category["id"],
                "label": category["label"][language],
                "description": category["description"][language],
                "gpc": category["gpc"],
            }
            for category in self.document["categories"]
        ]

    def deletable_trackers(self) -> list[dict[str, Any]]:
        """Return what the site's own pages can delete when its category is not allowed."""
        keys = ("name", "category", "kind", "domain", "path", "http_only")
        return [
            {key: tracker[key] for key in keys}
            for tracker in self.document["trackers"]
            if tracker["first_party"]
            and tracker["kind"] in _DELETABLE
            and tracker["category"] != NECESSARY
        ]

    def third_party_hosts(self, category: str | None = None) -> list[str]:
        """Return other sites that keep something on the device, which only they can delete."""
        hosts = {
            tracker["domain"]
            for tracker in self.document["trackers"]
            if not tracker["first_party"]
            and tracker["domain"] is not None
            and category in (None, tracker["category"])
        }
        return sorted(hosts)

    def provider_name(self, provider: str) -> str:
        """Return the name of a provider, which may be the controller itself."""
        names = {one["id"]: one["name"] for one in self.document["providers"]}
        return str(names.get(provider, self.controller_name))

    def provider_hosts(self) -> dict[str, str]:
        """Return who is behind each host that pixels, scripts and embeds contact.

        Where several providers share a host, all are named. Who embeds there is named alone, as
        the names are shown where embedded content is blocked.
        """
        named: dict[str, dict[str, list[str]]] = {}
        for tracker in self.document["trackers"]:
            for text in tracker["hosts"]:
                host = parse_declared_host(text).host
                names = named.setdefault(host, {"embed": [], "other": []})
                some = names["embed" if tracker["kind"] == "embed" else "other"]
                name = self.provider_name(tracker["provider"])
                if name not in some:
                    some.append(name)
        return {host: ", ".join(names["embed"] or names["other"]) for host, names in named.items()}


def _notice_texts(site: Site, language: str) -> dict[str, str]:
    texts = site_texts(site, language)
    return {key: text for key, text in texts.items() if not key.startswith(_LEFT_OUT)}


def _category(category: Category) -> dict[str, Any]:
    return {
        "id": category.id,
        "label": dict(category.label),
        "description": dict(category.description),
        "purposes": list(category.purposes),
        "data": list(category.data),
        "gpc": category.gpc,
    }


def _labels(site: Site, part: str, own: Mapping[str, LocalText]) -> dict[str, LocalText]:
    """Return the labels of the codes in use, from the site or from the catalogue."""
    codes = {
        code
        for category in site.categories
        for code in (category.purposes if part == "purpose" else category.data)
    }
    return {
        code: dict(own[code]) if code in own else in_each_language(site, f"{part}.{code}")
        for code in sorted(codes)
    }


def _provider(site: Site, provider: Provider) -> dict[str, Any]:
    return {
        "id": provider.id,
        "name": provider.name,
        "role": provider.role.value,
        "country": provider.country,
        "country_name": {
            language: country_name(language, provider.country) for language in site.languages
        },
        "transfer_basis": provider.transfer_basis,
        "privacy_url": provider.privacy_url,
    }


def _tracker(site: Site, tracker: Tracker) -> dict[str, Any]:
    return {
        "name": tracker.name,
        "category": tracker.category,
        "provider": tracker.provider,
        "kind": tracker.kind.value,
        "purpose": dict(tracker.purpose),
        "lifetime": asdict(tracker.lifetime),
        "domain": tracker.domain,
        "path": tracker.path,
        "http_only": tracker.http_only,
        "hosts": list(tracker.hosts),
        "necessity_reason": dict(tracker.necessity_reason),
        "first_party": _is_first_party(site, tracker),
        **({"directives": list(tracker.directives)} if tracker.directives else {}),
        **({} if tracker.exempt is None else {"exempt": exemption_record(tracker.exempt)}),
    }


def _is_first_party(site: Site, tracker: Tracker) -> bool:
    """Say whether it belongs to a host of the site, or to a domain above one."""
    own_hosts = [host_of(origin) for origin in site.origins]
    if tracker.hosts:
        return all(parse_declared_host(text).host in own_hosts for text in tracker.hosts)
    if tracker.domain is None:
        return True
    return any(host == tracker.domain or host.endswith(f".{tracker.domain}") for host in own_hosts)
