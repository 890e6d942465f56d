"""Make the documents that a controller keeps about the service itself."""

from __future__ import annotations

import click

from consent.cli.context import open_app
from consent.core.documents.making import DOCUMENTS, make_document
from consent.core.words import DEFAULT, LANGUAGES
from consent.errors import NotFoundError
from consent.export.documents import FORMATS
from consent.services.clock import now_ms
from consent.services.documents import facts_of
from consent.services.sites import load_live_sites
from consent.store.database import db
from consent.web.context import EXTENSION


@click.command("document")
@click.argument("site")
@click.argument("document", type=click.Choice(list(DOCUMENTS)))
@click.option(
    "--language",
    default=DEFAULT,
    show_default=True,
    type=click.Choice(list(LANGUAGES)),
    help="Of the text.",
)
@click.option(
    "--format",
    "form",
    default="md",
    show_default=True,
    type=click.Choice(list(FORMATS)),
    help="Markdown to edit, a page that prints, or JSON.",
)
def document(site: str, document: str, language: str, form: str) -> None:
    """Print a document about the service itself for SITE.

    record: the record of processing activities (GDPR 30(1)). privacy: the privacy statement (GDPR
    13). assessment: whether an impact assessment is needed (GDPR 35). Each is made from what is
    published; what is not known is a marked blank.
    """
    with open_app() as app:
        now = now_ms()
        sites = load_live_sites(db.session, now)
        if site not in sites:
            known = ", ".join(sorted(sites)) or "none"
            raise NotFoundError(f"there is no site {site!r}; published are: {known}")
        facts = facts_of(sites[site], app.extensions[EXTENSION].set_up, now)
        made = make_document(document, facts, language)
        click.echo(FORMATS[form].write(made), nl=False)
