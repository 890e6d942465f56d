"""What a notice said, in JSON-LD: who decides, and what each category of it means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from consent.core.model import NECESSARY
from consent.core.notice import recipient_ids
from consent.export.shown import Shown
from consent.export.vocabulary import (
    ANY_DPV_DATA,
    ANY_DPV_PURPOSE,
    DPV_DATA,
    DPV_PURPOSES,
    DPV_ROLES,
)

UNION = "loc:EU"
LEGAL_BASIS = ("eu-gdpr:A6-1-a", "dpv:ExpressedConsent")

_RIGHTS = {
    "eu-gdpr:A7-3": "Right to withdraw consent",
    "eu-gdpr:A15": "Right of access",
    "eu-gdpr:A17": "Right to erasure",
}
_ISO_UNITS = {
    "minutes": "PT{}M",
    "hours": "PT{}H",
    "days": "P{}D",
    "months": "P{}M",
    "years": "P{}Y",
}
_UNTIL = {
    "session": "The browser is closed",
    "persistent": "The visitor or the site deletes it",
}

Node = dict[str, Any]


def notice_nodes(shown: Shown) -> Iterator[Node]:
    """Yield the notice, its service, the parties, the purposes, and a process per category."""
    document = shown.notice.document
    iri = shown.address
    yield {
        "@id": iri,
        "@type": "dpv:ConsentNotice",
        "dct:identifier": shown.notice.hash,
        "dct:language": list(shown.notice.languages),
        "schema:sha256": shown.notice.hash,
        "schema:url": iri,
        "schema:identifier": {
            "@type": "schema:PropertyValue",
            "schema:propertyID": "scope",
            "schema:value": shown.notice.scope,
        },
    }
    yield {
        "@id": shown.site_address,
        "@type": "dpv:Service",
        "dct:title": _in_languages(document["name"]),
    }
    yield from _parties(iri, document)
    for code, label in document["purposes"].items():
        yield {
            "@id": f"{iri}#purpose-{code}",
            "@type": "dpv:Purpose",
            "skos:broader": DPV_PURPOSES.get(code, ANY_DPV_PURPOSE),
            "dct:identifier": code,
            "dct:description": _in_languages(label),
        }
    for category in document["categories"]:
        yield _process(shown, category)


def _parties(iri: str, document: Node) -> Iterator[Node]:
    controller = document["controller"]
    yield {
        "@id": f"{iri}#controller",
        "@type": "dpv:DataController",
        "dpv:hasIdentifier": controller["id"],
        "dpv:hasName": controller["name"],
        "schema:address": {
            "@type": "schema:PostalAddress",
            "schema:streetAddress": controller["address"],
        },
        "schema:contactPoint": _contact(controller["email"]),
        "dpv:hasDataProtectionOfficer": {
            "@type": "dpv:DataProtectionOfficer",
            "dpv:hasName": controller["dpo_name"],
            "schema:contactPoint": _contact(controller["dpo_email"]),
        },
        "dpv:hasAuthority": f"{iri}#authority",
    }
    yield {
        "@id": f"{iri}#authority",
        "@type": "dpv:DataProtectionAuthority",
        "dpv:hasName": controller["authority_name"],
        "schema:url": controller["authority_url"],
    }
    for provider in document["providers"]:
        node = {
            "@id": _provider_iri(iri, provider["id"]),
            "@type": ["dpv:Recipient", *DPV_ROLES[provider["role"]]],
            "dpv:hasIdentifier": provider["id"],
            "dpv:hasName": provider["name"],
            "dpv:hasLocation": f"loc:{provider['country']}",
        }
        if provider["privacy_url"]:
            node["schema:url"] = provider["privacy_url"]
        yield node


def _process(shown: Shown, category: Node) -> Node:
    document, iri = shown.notice.document, shown.address
    recipients = sorted(recipient_ids(document, category["id"]))
    return {
        "@id": f"{iri}#{category['id']}",
        "@type": "dpv:Process",
        "dct:identifier": category["id"],
        "dct:title": _in_languages(category["label"]),
        "dct:description": _in_languages(category["description"]),
        "dpv:hasPurpose": [f"{iri}#purpose-{code}" for code in category["purposes"]],
        "dpv:hasPersonalData": [_data_kind(document, code) for code in category["data"]],
        "dpv:hasDataSource": "dpv:DataSubjectDataSource",
        "dpv:hasDataController": f"{iri}#controller",
        "dpv:hasRecipient": [_provider_iri(iri, one) for one in recipients] or f"{iri}#controller",
        "dpv:hasStorageCondition": list(_storage(document, category["id"], recipients)),
        "dpv:hasLegalBasis": list(LEGAL_BASIS),
        "dpv:hasJurisdiction": UNION,
        "dpv:hasNotice": iri,
        "dpv:hasConsentControl": {
            "@type": ["dpv:ProvideConsent", "dpv:WithdrawConsent"],
            "dpv:isExercisedAt": shown.preferences_address,
        },
        "dpv:hasRight": [
            {
                "@type": ["dpv:DataSubjectRight", article],
                "dct:title": title,
                "dpv:isExercisedAt": shown.preferences_address,
            }
            for article, title in _RIGHTS.items()
        ],
    }


def _data_kind(document: Node, code: str) -> Node:
    return {
        "@type": "dpv:PersonalData",
        "skos:broader": DPV_DATA.get(code, ANY_DPV_DATA),
        "dct:identifier": code,
        "dct:description": _in_languages(document["data_kinds"][code]),
        "dpv:hasNecessity": "dpv:Optional",
    }


def _storage(document: Node, category: str, recipients: list[str]) -> Iterator[Node]:
    """Yield how long each declared item stays on the device, and where recipients keep data."""
    for tracker in document["trackers"]:
        if tracker["category"] == category and category != NECESSARY:
            yield {
                "@type": "dpv:StorageDuration",
                "dct:title": tracker["name"],
                "dpv:hasDuration": _duration(tracker["lifetime"]),
            }
    countries = {one["id"]: one["country"] for one in document["providers"]}
    for country in sorted({countries[recipient] for recipient in recipients}):
        yield {"@type": "dpv:StorageLocation", "dpv:hasLocation": f"loc:{country}"}
    yield {"@type": "dpv:StorageLocation", "dpv:hasLocation": "dpv:WithinDevice"}


def _duration(lifetime: Node) -> Node:
    unit = lifetime["unit"]
    if unit in _UNTIL:
        return {"@type": "dpv:UntilEventDuration", "rdf:value": _UNTIL[unit]}
    value = _ISO_UNITS[unit].format(lifetime["amount"])
    return {
        "@type": "dpv:TemporalDuration",
        "rdf:value": {"@type": "xsd:duration", "@value": value},
    }


def _contact(email: str) -> Node:
    return {"@type": "schema:ContactPoint", "schema:email": email}


def _provider_iri(iri: str, provider: str) -> str:
    return f"{iri}#provider-{provider}"


def _in_languages(texts: dict[str, str]) -> list[Node]:
    return [{"@language": language, "@value": text} for language, text in texts.items()]
