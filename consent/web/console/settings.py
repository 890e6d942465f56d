"""The settings that matter to an officer, in words, and the documents that are made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from flask import Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from consent.core.documents.making import DOCUMENTS, make_document
from consent.core.documents.model import Document
from consent.core.roles import Permission
from consent.core.times import day_of
from consent.export.documents import FORMATS, blanks_told, told
from consent.services.documents import facts_of
from consent.services.log_keys import ROLES
from consent.services.sites import LiveSite
from consent.store.database import db
from consent.store.log_keys import list_keys
from consent.store.people import list_people
from consent.web.console import settings_service, settings_site
from consent.web.console.frame import page
from consent.web.console.routing import console_route
from consent.web.console.settings_told import Teller, Told
from consent.web.console.visit import visit
from consent.web.console.words import LANGUAGES
from consent.web.context import service

_DOCUMENT = "/sites/<site>/settings/<document>"


@dataclass(frozen=True, slots=True)
class Group:
    """Settings about one thing."""

    id: str
    settings: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key: what it signs, how it is recognised, since when (ms) and whether it still signs.

    `since` is None where nobody wrote it down.
    """

    use: str
    name: str
    since: int | None
    ended: int | None
    signs: bool


@console_route("/sites/<site>/settings", permission=Permission.READ_SETTINGS, look="settings:show")
def settings(site: LiveSite) -> ResponseReturnValue:
    teller = Teller(site, service().set_up, visit().words)
    groups = list(_groups(teller))
    differing = [told for group in groups for told in group.settings if told.differs]
    return page(
        "settings.html",
        groups=groups,
        differing=differing,
        keys=list(_keys(site)),
        documents=list(DOCUMENTS),
        forms=list(FORMATS),
        document_languages=LANGUAGES,
    )


@console_route(_DOCUMENT, permission=Permission.READ_SETTINGS, look="settings:document")
def settings_document(site: LiveSite, document: str) -> ResponseReturnValue:
    made = _made(site, document)
    visit().note(document=document)
    return page(
        "settings_document.html",
        document=made,
        blanks=blanks_told(made),
        told=told,
        forms=list(FORMATS),
        document_languages=LANGUAGES,
    )


@console_route(
    f"{_DOCUMENT}/<language>.<form>",
    permission=Permission.READ_SETTINGS,
    look="settings:document_file",
)
def settings_document_file(
    site: LiveSite, document: str, language: str, form: str
) -> ResponseReturnValue:
    if form not in FORMATS or language not in LANGUAGES:
        raise NotFound
    made = _made(site, document, language)
    visit().note(document=document, language=language, format=form)
    response = Response(FORMATS[form].write(made), mimetype=FORMATS[form].mimetype)
    name = f"consent-{document}-{site.id}-{day_of(made.made_at)}-{language}.{form}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _made(site: LiveSite, document: str, language: str | None = None) -> Document:
    """Return a document in the language asked for, or else the reader's."""
    if document not in DOCUMENTS:
        raise NotFound
    asked = language or request.args.get("language", "")
    running = service()
    facts = facts_of(site, running.set_up, running.now_ms())
    return make_document(document, facts, asked if asked in LANGUAGES else visit().words.language)


def _groups(teller: Teller) -> Iterator[Group]:
    people = [one for one in list_people(db.session) if one.revoked_at is None]
    tell_of: dict[str, Callable[[], Iterable[Told]]] = {
        "recorded": lambda: settings_site.recorded(teller),
        "readers": lambda: settings_service.readers(teller, people),
        "asked": lambda: settings_site.asked(teller),
        "heeded": lambda: settings_site.heeded(teller),
        "held": lambda: settings_site.held(teller),
        "log": lambda: settings_service.log(teller),
        "sign_in": lambda: settings_service.sign_in(teller),
        "report": lambda: settings_service.report(teller),
        "around": lambda: settings_service.around(teller),
    }
    for name, tell in tell_of.items():
        yield Group(name, tuple(tell()))


def _keys(site: LiveSite) -> Iterator[KeyLine]:
    """Yield the keys of the site's log as everyone may know them, then those of cookies.

    Of the key of the pseudonyms nothing is told: nothing of it is public.
    """
    known = list_keys(db.session, site.logs[-1].log_id)
    for role in ROLES:
        for key in known:
            if key.role == role:
                name = key.vkey.rsplit("+", 2)[1]
                yield KeyLine(role, name, key.added_at, key.retired_at, key.retired_at is None)
    newest = service().keys.keyring.key_ids[-1]
    for key_id in service().keys.keyring.key_ids:
        yield KeyLine("signing", key_id, None, None, key_id == newest)
