"""JSON-LD: read by a library that is not ours, with no network, into the terms of the guide."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rdflib
from rdflib import DCTERMS, RDF, Literal, Namespace, URIRef
from rdflib.namespace import SKOS, XSD

from consent.core.model import ConsentEvent, Control, EventName, Layer
from consent.export.columns import OriginalLinks
from consent.export.jsonld import PROFILE, write_jsonld
from tests.export.shown import act_on, make_shown, refusal_of
from tests.make_events import ALICE, NOON

DPV = Namespace("https://w3id.org/dpv#")
PD = Namespace("https://w3id.org/dpv/pd#")
LOC = Namespace("https://w3id.org/dpv/loc#")
GDPR = Namespace("https://w3id.org/dpv/legal/eu/gdpr#")
SCHEMA = Namespace("https://schema.org/")

EXPORT = "019cf1a0-0000-7000-8000-000000000001"
SHOWN = make_shown()
ADDRESS = SHOWN.address
# The library's parser warns of a class of its own.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")

HALF_ALLOWED = {"functional": True, "personalisation": False, "ads": True}


def write(*events: ConsentEvent, known: bool = True) -> bytes:
    notices = [SHOWN] if known else []
    parts = write_jsonld(
        EXPORT, NOON, notices, events, lambda _: SHOWN if known else None, OriginalLinks()
    )
    return b"".join(parts)


def graph_of(*events: ConsentEvent, known: bool = True) -> rdflib.Graph:
    return rdflib.Graph().parse(data=write(*events, known=known), format="json-ld")


def iri(event: ConsentEvent, part: str = "") -> URIRef:
    return URIRef(f"urn:uuid:{event.id}{part}")


def one(graph: rdflib.Graph, subject: Any, predicate: URIRef) -> Any:
    values = list(graph.objects(subject, predicate))
    assert len(values) == 1, (subject, predicate, values)
    return values[0]


@pytest.mark.legal("AE-02", "RP-01")
def test_a_record_says_who_what_when_how_and_to_which_notice() -> None:
    event = act_on(SHOWN, page_group="admissions", gpc=True, control=Control.SAVE)
    graph, record = graph_of(event), iri(event)
    assert one(graph, record, RDF.type) == DPV.ConsentRecord
    assert one(graph, record, DCTERMS.conformsTo) == URIRef(PROFILE)
    assert one(graph, record, DCTERMS.identifier) == Literal(event.id)
    assert one(graph, record, DCTERMS.language) == Literal("en")
    assert one(graph, record, DCTERMS.source) == Literal("admissions")
    assert one(graph, record, DPV.hasNotice) == URIRef(ADDRESS)
    assert one(graph, record, DPV.hasDataController) == URIRef(f"{ADDRESS}#controller")
    assert one(graph, record, DPV.hasJurisdiction) == LOC.EU
    subject = one(graph, record, DPV.hasDataSubject)
    assert subject == URIRef(f"urn:uuid:{EXPORT}#subject-{ALICE}")
    assert one(graph, subject, RDF.type) == DPV.DataSubject
    status = one(graph, record, DPV.hasConsentStatus)
    assert set(graph.objects(status, RDF.type)) == {DPV.ConsentGiven, DPV.ExpressedConsent}
    assert one(graph, status, DPV.isIndicatedBy) == DPV.DataSubject
    instant = Literal("2026-03-15T12:00:00.000Z", datatype=XSD.dateTime)
    assert one(graph, status, DPV.isIndicatedAtTime) == instant
    method = str(one(graph, status, DPV.hasIndicationMethod))
    assert method == (
        "set each category and pressed save in the banner, "
        "while the browser sent Global Privacy Control"
    )
    duration = one(graph, status, DPV.hasDuration)
    assert one(graph, duration, RDF.type) == DPV.UntilTimeDuration
    assert str(one(graph, duration, RDF.value)).startswith("2026-09-11T12:00:00")
    build = one(graph, status, DPV.isImplementedUsingTechnology)
    assert one(graph, build, SCHEMA.sha256) == Literal(event.build)


@pytest.mark.legal("AE-02")
def test_mixed_answers_are_a_process_each_with_a_status_of_its_own() -> None:
    event = act_on(SHOWN, event=EventName.PARTLY_GRANTED, choices=HALF_ALLOWED)
    graph = graph_of(event)
    statuses = {
        category: one(graph, iri(event, f"#{category}"), DPV.hasConsentStatus)
        for category in HALF_ALLOWED
    }
    assert set(graph.objects(iri(event), DPV.hasProcess)) == {
        iri(event, f"#{category}") for category in HALF_ALLOWED
    }
    for category, allowed in HALF_ALLOWED.items():
        expected = DPV.ConsentGiven if allowed else DPV.ConsentRefused
        assert expected in set(graph.objects(statuses[category], RDF.type))
        process = iri(event, f"#{category}")
        assert one(graph, process, DPV.hasProcess) == URIRef(f"{ADDRESS}#{category}")


@pytest.mark.legal("AE-02")
@pytest.mark.parametrize(
    ("name", "allowed", "status"),
    [
        (EventName.GRANTED, True, DPV.ConsentGiven),
        (EventName.RENEWED, True, DPV.RenewedConsentGiven),
        (EventName.REFUSED, False, DPV.ConsentRefused),
        (EventName.WITHDRAWN, False, DPV.ConsentWithdrawn),
    ],
)
def test_each_kind_of_act_has_its_status(name: EventName, allowed: bool, status: URIRef) -> None:  # noqa: FBT001
    choices = dict.fromkeys(HALF_ALLOWED, allowed)
    event = act_on(SHOWN, event=name, choices=choices, layer=Layer.PAGE)
    graph = graph_of(event)
    found = one(graph, iri(event), DPV.hasConsentStatus)
    assert set(graph.objects(found, RDF.type)) == {status, DPV.ExpressedConsent}


def test_a_refusal_has_a_data_subject_without_a_name() -> None:
    event = refusal_of(SHOWN)
    graph = graph_of(event)
    subject = one(graph, iri(event), DPV.hasDataSubject)
    assert isinstance(subject, rdflib.BNode)
    assert not list(graph.objects(subject, DCTERMS.identifier))


def test_what_an_act_supersedes_is_named() -> None:
    first = act_on(SHOWN)
    again = act_on(SHOWN, prev=first.id)
    graph = graph_of(first, again)
    assert one(graph, iri(again), DCTERMS.replaces) == iri(first)


@pytest.mark.legal("AE-02")
def test_a_category_is_described_once_with_all_that_a_yes_covers() -> None:
    graph = graph_of(act_on(SHOWN))
    ads = URIRef(f"{ADDRESS}#ads")
    assert one(graph, ads, RDF.type) == DPV.Process
    broader = {one(graph, purpose, SKOS.broader) for purpose in graph.objects(ads, DPV.hasPurpose)}
    assert broader == {DPV.PersonalisedAdvertising, DPV.Advertising}
    kinds = {one(graph, kind, SKOS.broader) for kind in graph.objects(ads, DPV.hasPersonalData)}
    assert kinds == {PD.BrowsingBehavior, PD.Identifier}
    assert GDPR["A6-1-a"] in set(graph.objects(ads, DPV.hasLegalBasis))
    recipient = one(graph, ads, DPV.hasRecipient)
    assert one(graph, recipient, DPV.hasName) == Literal("Study Ads Network")
    assert one(graph, recipient, DPV.hasLocation) == LOC.US
    control = one(graph, ads, DPV.hasConsentControl)
    assert set(graph.objects(control, RDF.type)) == {DPV.ProvideConsent, DPV.WithdrawConsent}
    assert one(graph, control, DPV.isExercisedAt) == URIRef(
        "https://programme.example/consent/sites/programme/preferences"
    )
    durations = {
        str(value)
        for condition in graph.objects(ads, DPV.hasStorageCondition)
        for duration in graph.objects(condition, DPV.hasDuration)
        for value in graph.objects(duration, RDF.value)
    }
    assert "P90D" in durations
    titles = set(graph.objects(ads, DCTERMS.title))
    assert titles == {Literal("Ads", lang="en"), Literal("Advertenties", lang="nl")}


@pytest.mark.legal("AE-02")
def test_the_parties_are_named_with_address_and_contact() -> None:
    graph = graph_of(act_on(SHOWN))
    controller = URIRef(f"{ADDRESS}#controller")
    assert one(graph, controller, DPV.hasName) == Literal("Leiden University")
    address = one(graph, controller, SCHEMA.address)
    assert "Rapenburg 70" in str(one(graph, address, SCHEMA.streetAddress))
    authority = one(graph, controller, DPV.hasAuthority)
    assert one(graph, authority, DPV.hasName) == Literal("Autoriteit Persoonsgegevens")
    processor = URIRef(f"{ADDRESS}#provider-campus-map")
    assert set(graph.objects(processor, RDF.type)) == {DPV.Recipient, DPV.DataProcessor}


@pytest.mark.legal("AE-03")
def test_nothing_that_a_record_refers_to_is_left_undescribed() -> None:
    graph = graph_of(act_on(SHOWN), refusal_of(SHOWN))
    described = set(graph.subjects())
    referred = {
        value
        for value in graph.objects()
        if isinstance(value, URIRef) and str(value).startswith(SHOWN.service_url)
    }
    addresses = {
        URIRef(f"{SHOWN.site_address}/preferences"),  # where a right is exercised, no resource
    }
    assert referred - addresses <= described


def test_the_context_is_in_the_file_and_no_term_is_lost() -> None:
    event = act_on(SHOWN)
    document = json.loads(write(event))
    assert list(document) == ["@context", "@graph"]
    prefixes = {name for name, value in document["@context"].items() if isinstance(value, str)}
    keys = {key for node in document["@graph"] for key in node if not key.startswith("@")}
    assert {key.partition(":")[0] for key in keys} <= prefixes


def test_a_record_of_an_unknown_notice_still_says_what_it_can() -> None:
    event = act_on(SHOWN)
    graph = graph_of(event, known=False)
    notice = one(graph, iri(event), DPV.hasNotice)
    assert one(graph, notice, SCHEMA.sha256) == Literal(event.notice)
    assert set(graph.objects(iri(event), DPV.hasProcess)) == {
        iri(event, f"#{category}") for category in event.choices
    }


def test_no_records_make_a_whole_document() -> None:
    graph = graph_of()
    assert list(graph.subjects(RDF.type, DPV.ConsentRecord)) == []
    assert list(graph.subjects(RDF.type, DPV.ConsentNotice)) == [URIRef(ADDRESS)]
