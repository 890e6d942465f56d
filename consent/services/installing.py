"""Make what a service needs on a machine: home folder, keys, a database with the newest schema.

What exists is left alone; only the schema of an existing database is brought up to date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from consent.errors import ConfigurationError
from consent.services.keys import make_key_files
from consent.services.known_keys import FILE_OF_ROLE, known_roles
from consent.store.inspection import embedded_file, public_name
from consent.store.migrate import current_revision, head_revision, known_revisions, upgrade


@dataclass(frozen=True, slots=True)
class Installed:
    """What was made. `upgraded_from` is the schema an existing database had before.

    `withheld` has the keys that a log knows already, by role: their files are not made anew.
    """

    made_home: bool
    keys: tuple[Path, ...]
    made_database: bool
    upgraded_from: str | None
    withheld: Mapping[str, Path]

    @property
    def changed_anything(self) -> bool:
        return bool(self.made_home or self.keys or self.made_database or self.upgraded_from)


def is_installed(keys_directory: Path, database_url: str) -> bool:
    """Say whether anything of an installation is there: its keys, or an embedded database."""
    file = embedded_file(database_url)
    return keys_directory.exists() or (file is not None and file.exists())


def install(home: Path, keys_directory: Path, database_url: str) -> Installed:
    """Make what is missing; raise ConfigurationError with a sentence when that is not possible.

    A new key beside a log that has others would sign what nobody expects from it: the keys that a
    log knows are not made.
    """
    known = known_roles(database_url)
    withheld = {
        role: path
        for role, name in FILE_OF_ROLE.items()
        if role in known and not (path := keys_directory / name).exists()
    }
    try:
        made_home = _make_home(home)
        keys = make_key_files(keys_directory, [path.name for path in withheld.values()])
    except OSError as error:
        raise ConfigurationError([f"{error.filename} cannot be made ({error.strerror})"]) from error
    before = _bring_up_to_date(database_url)
    return Installed(
        made_home=made_home,
        keys=tuple(keys),
        made_database=before is None,
        upgraded_from=None if before == head_revision() else before,
        withheld=withheld,
    )


def _make_home(home: Path) -> bool:
    if home.is_dir():
        return False
    home.mkdir(mode=0o700, parents=True)
    return True


def _bring_up_to_date(url: str) -> str | None:
    """Return the schema a database had before it got the newest one; None when it had none."""
    try:
        before = current_revision(url)
        if before is not None and before not in known_revisions():
            fault = f"the database has schema {before}, which a newer version of consent has made"
            raise ConfigurationError([f"{fault}; install that version"])
        if before != head_revision():
            upgrade(url)
    except (SQLAlchemyError, OSError) as error:
        fault = f"the database {public_name(url)} cannot be opened ({type(error).__name__})"
        raise ConfigurationError([f"{fault}; check CONSENT_DATABASE_URL"]) from error
    return before
