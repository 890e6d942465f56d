"""Make home folder, keys and database; draft the first site's file."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from consent.core.catalogue import LANGUAGES, load_language
from consent.errors import ConfigurationError
from consent.services.drafting import (
    CONTROLLER_KEYS,
    Draft,
    blank_lines,
    draft_site,
    site_id_of,
)
from consent.services.installing import Installed, install, is_installed
from consent.services.known_keys import lost_key_advice
from consent.settings import (
    SECRET_OF_ROLE,
    checked_database_url,
    database_url_of,
    home_of,
    keys_directory_of,
    needed_secrets,
    secret_path,
)
from consent.store.inspection import embedded_file, public_name
from consent.store.migrate import head_revision

DEFAULT_MOUNT = "/consent"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was given by options, and then by answers to questions."""

    site_file: Path | None
    name: str | None
    url: str
    languages: str | None
    controller: Mapping[str, str] = field(default_factory=dict)
    database: str | None = None

    @property
    def wants_site(self) -> bool:
        return bool(self.site_file or self.name or self.url or self.languages or self.controller)


@click.command()
@click.option(
    "--site-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write the site to; its name gives the site's id.",
)
@click.option("--name", help="Name of the site, as visitors know it.")
@click.option("--url", default="", help="Address of its pages, such as https://www.example.org.")
@click.option("--languages", help="Languages of its pages, by commas; the first is the default.")
@click.option("--controller", help="Organisation that decides about the cookies.")
@click.option("--address", help="Its postal address.")
@click.option("--email", help="Its address for questions about data.")
@click.option("--dpo-name", help="Its data protection officer.")
@click.option("--dpo-email", help="The officer's address.")
@click.option("--authority", help="Its supervisory authority.")
@click.option("--authority-url", help="The authority's address, such as https://authority.example.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def init(
    site_file: Path | None,
    name: str | None,
    url: str,
    languages: str | None,
    *,
    yes: bool,
    **controller: str | None,
) -> None:
    """Make the home folder, keys and database, and draft a site's file.

    What exists is left as it is; only the schema of an older database is brought up to date. On a
    terminal it asks for what it needs to draft a site's file.
    """
    given = {key: value for key, value in controller.items() if value and key in CONTROLLER_KEYS}
    wishes = Wishes(site_file, name, url.rstrip("/"), languages, given)
    if not yes and sys.stdin.isatty():
        wishes = _ask(wishes)
    draft = _draft(wishes)
    database_url = _database_url(wishes)
    path, text = (None, "") if draft is None else _compose(draft, wishes)
    installed = install(home_of(os.environ), keys_directory_of(os.environ), database_url)
    _tell_what_was_made(installed, database_url)
    if path is not None and draft is not None:
        _write(path, text)
        _tell_who_wrote_the_texts(draft)
    _require_withheld(installed)
    _tell_next(path, draft, wishes)


def _ask(wishes: Wishes) -> Wishes:
    """Ask for what is missing, on the first run or when a site is wished for."""
    is_first = not is_installed(keys_directory_of(os.environ), database_url_of(os.environ))
    if not is_first and not wishes.wants_site:
        return wishes
    offered = ", ".join(LANGUAGES)
    return replace(
        wishes,
        name=wishes.name or click.prompt("Name of the site"),
        languages=wishes.languages
        or click.prompt(
            f"Languages of its pages, by commas (there are: {offered})", default=LANGUAGES[0]
        ),
        database=_ask_database() if is_first else None,
    )


def _ask_database() -> str | None:
    """Return where the database is to live; None for where the settings say."""
    if os.environ.get("CONSENT_DATABASE_URL"):
        return None
    default = str(embedded_file(database_url_of(os.environ)))
    answer: str = click.prompt("Where the database lives, a file or an address", default=default)
    return None if answer == default else answer


def _database_url(wishes: Wishes) -> str:
    if wishes.database is None:
        return checked_database_url(os.environ)
    url = wishes.database
    if "://" not in url:
        url = f"sqlite:///{Path(url).expanduser().absolute()}"
    return checked_database_url({"CONSENT_DATABASE_URL": url})


def _draft(wishes: Wishes) -> Draft | None:
    if not wishes.wants_site:
        return None
    if not wishes.name or not wishes.name.strip():
        raise click.UsageError("a site's file needs the site's name; give --name")
    tags = {tag.lower(): tag for tag in LANGUAGES}
    wished = [part.strip().lower() for part in (wishes.languages or LANGUAGES[0]).split(",")]
    languages = [tags.get(tag, tag) for tag in wished]
    return Draft(
        site_id=wishes.site_file.stem if wishes.site_file else site_id_of(wishes.name),
        name=wishes.name.strip(),
        languages=tuple(language for language in languages if language) or (LANGUAGES[0],),
        origin=wishes.url,
        mount=os.environ.get("CONSENT_MOUNT", "").rstrip("/") or DEFAULT_MOUNT,
        controller=wishes.controller,
    )


def _compose(draft: Draft, wishes: Wishes) -> tuple[Path, str]:
    path = wishes.site_file or Path(f"{draft.site_id}.toml")
    return path, draft_site(draft, path.name)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        click.echo(f"{path} exists already and was left as it is.")
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written ({error.strerror})") from error
    else:
        click.echo(f"Wrote {path}.")


def _tell_who_wrote_the_texts(draft: Draft) -> None:
    for language in map(load_language, draft.languages):
        if not language.is_reviewed:
            click.echo(
                f"Our texts in {language.name} ({language.tag}) are machine-written; have someone "
                "who speaks it read them on your site."
            )


def _tell_what_was_made(installed: Installed, database_url: str) -> None:
    database = public_name(database_url)
    if installed.made_home:
        click.echo(f"Made the folder {home_of(os.environ)}, readable by its owner only.")
    for key in installed.keys:
        click.echo(f"Made the key {key}.")
    if installed.made_database:
        click.echo(f"Made the tables in {database}.")
    if installed.upgraded_from:
        click.echo(
            f"Brought {database} from schema {installed.upgraded_from} to {head_revision()}."
        )
    if not installed.changed_anything:
        click.echo("Keys and database are in place; nothing was changed.")


def _require_withheld(installed: Installed) -> None:
    """End with what to do if a key is gone that this installation needs and the log knows."""
    needed = needed_secrets(os.environ)
    gone = [
        f"{path} is gone: {lost_key_advice(role, path)}"
        for role, path in installed.withheld.items()
        if SECRET_OF_ROLE[role] in needed and secret_path(os.environ, SECRET_OF_ROLE[role]) == path
    ]
    if gone:
        raise ConfigurationError(gone)


def _tell_next(path: Path | None, draft: Draft | None, wishes: Wishes) -> None:
    click.echo()
    if wishes.database is not None:
        click.echo("The service finds this database by its settings. Before each command:")
        click.echo(
            f"  export CONSENT_DATABASE_URL={shlex.quote(public_name(_database_url(wishes)))}"
        )
    if path is None or draft is None:
        click.echo("Next: describe your website in a file.")
        click.echo('  consent init --name "My site" --url https://www.example.org')
        return
    blanks = blank_lines(path.read_text(encoding="utf-8"))
    if blanks:
        numbers = ", ".join(str(number) for number in blanks)
        click.echo(f"Next: fill in lines {numbers} of {path} and declare your trackers there, then")
    else:
        click.echo(f"Next: declare your trackers in {path}, then")
    click.echo(f"  consent publish {shlex.quote(str(path))}")
    click.echo("  consent serve")
    click.echo("and put this into the head of your pages:")
    click.echo(f'  <script src="{draft.mount}/sites/{draft.site_id}/banner.js" defer></script>')
