"""List the languages of the catalogue, and who has read their texts."""

from __future__ import annotations

import click

from consent.core.catalogue import LANGUAGES, load_language


@click.command()
def languages() -> None:
    """List the languages that texts are there in.

    For each its tag, which way it is written, whether its texts are reviewed or machine-written,
    how many texts there are, and its name.
    """
    for tag in LANGUAGES:
        language = load_language(tag)
        status = "reviewed" if language.is_reviewed else "machine-written"
        count = f"{len(language.texts)} texts"
        click.echo(f"{tag:<8}{language.direction}  {status:<17}{count:<11}{language.name}")
