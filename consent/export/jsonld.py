"""Records in JSON-LD, in the terms of ISO/IEC TS 27560 as the W3C DPV guide writes them.

Each record is a `dpv:ConsentRecord` of the profile for the GDPR. What it shares with others, the
notice and what each category of it means, is described once by `notice_nodes`, and named by the
record. The context is part of the file: nothing has to be fetched to read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from consent.core.model import ConsentEvent
from consent.core.times import rfc3339
from consent.export.chunks import gather
from consent.export.columns import Links
from consent.export.jsonld_notice import LEGAL_BASIS, UNION, notice_nodes
from consent.export.shown import Shown, ShownBefore
from consent.export.vocabulary import act_in_words, status_of

PROFILE = "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"

_IRI = {"@type": "@id"}
_INSTANT = {"@type": "xsd:dateTime"}

CONTEXT: dict[str, Any] = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "loc": "https://w3id.org/dpv/loc#",
    "pd": "https://w3id.org/dpv/pd#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "schema": "https://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **dict.fromkeys(
        (
            "dct:conformsTo",
            "dct:replaces",
            "dpv:hasAuthority",
            "dpv:hasConsentStatus",
            "dpv:hasDataController",
            "dpv:hasDataProtectionOfficer",
            "dpv:hasDataSource",
            "dpv:hasJurisdiction",
            "dpv:hasLegalBasis",
            "dpv:hasLocation",
            "dpv:hasNecessity",
            "dpv:hasNotice",
            "dpv:hasProcess",
            "dpv:hasPurpose",
            "dpv:hasRecipient",
            "dpv:hasService",
            "dpv:isExercisedAt",
            "dpv:isIndicatedBy",
            "schema:url",
            "skos:broader",
        ),
        _IRI,
    ),
    "dpv:isIndicatedAtTime": _INSTANT,
    "dct:created": _INSTANT,
}


def write_jsonld(
    export_id: str,
    created_at: int,
    notices: Iterable[Shown],
    events: Iterable[ConsentEvent],
    shown_before: ShownBefore,
    links: Links,
) -> Iterator[bytes]:
    """Give one JSON-LD document: what the notices mean, then a record for each event."""
    return gather(_parts(export_id, created_at, notices, events, shown_before, links))


def _parts(
    export_id: str,
    created_at: int,
    notices: Iterable[Shown],
    events: Iterable[ConsentEvent],
    shown_before: ShownBefore,
    links: Links,
) -> Iterator[str]:
    iri = f"urn:uuid:{export_id}"
    context = {**CONTEXT, "export": f"{iri}#"}
    yield f'{{"@context":{_text(context)},\n"@graph":[\n'
    yield _text({"@id": iri, "@type": "dcat:Dataset", "dct:created": rfc3339(created_at)})
    for shown in notices:
        for node in notice_nodes(shown):
            yield f",\n{_text(node)}"
    for event in events:
        yield f",\n{_text(record_node(event, shown_before(event), links))}"
    yield "\n]}\n"


def record_node(event: ConsentEvent, shown: Shown | None, links: Links) -> dict[str, Any]:
    """Return the consent record of an event; without `shown`, only what the event itself says."""
    iri = f"urn:uuid:{event.id}"
    statuses = {allowed: status_of(event.event, allowed=allowed) for allowed in (True, False)}
    node = {
        "@id": iri,
        "@type": "dpv:ConsentRecord",
        "dct:identifier": event.id,
        "dct:conformsTo": PROFILE,
        "dct:created": rfc3339(event.at),
        "dct:language": event.language,
        "dpv:hasDataSubject": _data_subject(links.subject_of(event)),
        "dpv:hasJurisdiction": UNION,
        "dpv:hasLegalBasis": list(LEGAL_BASIS),
        "dpv:hasNotice": _notice(event, shown),
        "dpv:hasConsentStatus": [
            _status(event, _status_iri(iri, statuses[allowed]), statuses[allowed])
            for allowed in (True, False)
            if allowed in event.choices.values()
        ],
        "dpv:hasProcess": [
            _process(iri, category, _status_iri(iri, statuses[allowed]), shown)
            for category, allowed in event.choices.items()
        ],
    }
    if shown is not None:
        node["dpv:hasService"] = shown.site_address
        node["dpv:hasDataController"] = f"{shown.address}#controller"
    prev = links.prev_of(event)
    if prev is not None:
        node["dct:replaces"] = f"urn:uuid:{prev}"
    if event.page_group is not None:
        node["dct:source"] = event.page_group
    return node


def _data_subject(subject: str | None) -> dict[str, Any]:
    """Return a person without a name where the record has none, as a refusal never has."""
    person: dict[str, Any] = {"@type": "dpv:DataSubject"}
    if subject is not None:
        person |= {"@id": f"export:subject-{subject}", "dct:identifier": subject}
    return person


def _notice(event: ConsentEvent, shown: Shown | None) -> Any:
    if shown is not None:
        return shown.address
    return {"@type": "dpv:ConsentNotice", "schema:sha256": event.notice}


def _status_iri(record: str, status: str) -> str:
    return f"{record}#{status.partition(':')[2]}"


def _status(event: ConsentEvent, iri: str, status: str) -> dict[str, Any]:
    return {
        "@id": iri,
        "@type": [status, "dpv:ExpressedConsent"],
        "dpv:isIndicatedAtTime": rfc3339(event.at),
        "dpv:hasDuration": {
            "@type": "dpv:UntilTimeDuration",
            "rdf:value": {"@type": "xsd:dateTime", "@value": rfc3339(event.valid_until)},
        },
        "dpv:isIndicatedBy": "dpv:DataSubject",
        "dpv:hasIndicationMethod": act_in_words(event),
        "dpv:isImplementedUsingTechnology": {"schema:sha256": event.build},
    }


def _process(record: str, category: str, status: str, shown: Shown | None) -> dict[str, Any]:
    node: dict[str, Any] = {
        "@id": f"{record}#{category}",
        "@type": "dpv:Process",
        "dct:identifier": category,
        "dpv:hasConsentStatus": status,
    }
    if shown is not None:
        node["dpv:hasProcess"] = f"{shown.address}#{category}"
        node["dpv:hasPurpose"] = [
            f"{shown.address}#purpose-{code}"
            for one in shown.notice.document["categories"]
            if one["id"] == category
            for code in one["purposes"]
        ]
    return node


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
