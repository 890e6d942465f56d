"""The parts of the documentation that come from the code; run as a program, it writes them anew.

python -m tests.documentation
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import click

from consent.bundled import bundled
from consent.cli import main
from consent.core.catalogue import LANGUAGES, load_language
from consent.core.theme import DARK, DEFAULT_COLOURS, DEFAULT_FONT, DEFAULT_RADIUS, POSITIONS
from consent.services.diagnosis.certificates import CERTIFICATES
from consent.services.diagnosis.database import DATABASE
from consent.services.diagnosis.embedding import EMBEDDED
from consent.services.diagnosis.findings import Checks
from consent.services.diagnosis.installation import CLOCK, KEYS
from consent.services.diagnosis.installation import SETTINGS as SETTING_CHECKS
from consent.services.diagnosis.log import LOG
from consent.services.diagnosis.pages import SERVED
from consent.services.diagnosis.reports import REPORTS
from consent.services.diagnosis.running import RUNNING
from consent.services.diagnosis.sites import SITES
from consent.settings import SECRETS
from consent.settings_table import SETTINGS
from tests.legal_rows import marked_tests, requirements

DOCS = bundled("migrations").parent / "docs"
PAGES = ("settings.md", "commands.md", "languages.md", "accessibility.md", "themes.md")
WIDTH = 80

_COLOUR_USES = {
    "surface": "the ground of banner, dialog and pages",
    "text": "words on it",
    "button": "the ground of every button of the choice, and of a switch that is on",
    "button_text": "words on those",
    "accent": "links on pages, and the mark around what has the focus",
}
_WAYS = {"ltr": "left to right", "rtl": "right to left"}

_PART = re.compile(r"(?<=<!-- generated: )(\w+)( -->\n)(.*?)(?=<!-- end -->)", re.DOTALL)
_GROUPS: tuple[Checks[object], ...] = (  # type: ignore[assignment]
    SETTING_CHECKS, KEYS, CLOCK, DATABASE, LOG, SITES, REPORTS, CERTIFICATES, RUNNING, SERVED,
    EMBEDDED,
)  # fmt: skip


def settings_table() -> str:
    lines = [
        f"| `{setting.name}` | {_code(setting.default)} | {setting.help} |" for setting in SETTINGS
    ]
    return "\n".join(["| setting | default | meaning |", "| --- | --- | --- |", *lines])


def secrets_list() -> str:
    return "\n".join(f"- `{name}` or `{name}_FILE`" for name in SECRETS)


def commands_text() -> str:
    return "\n\n".join(
        f"## `{name}`\n\n```text\n{help_of(command, name)}\n```" for name, command in commands()
    )


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full name, groups before what is in them."""
    yield from _commands(main, "consent")


def help_of(command: click.Command, name: str) -> str:
    """Return the help as a terminal of 80 columns shows it."""
    context = click.Context(
        command, info_name=name, terminal_width=WIDTH, help_option_names=["-h", "--help"]
    )
    return command.get_help(context)


def checks_table() -> str:
    lines = [f"| {group.group} | {', '.join(group.names)} |" for group in _GROUPS]
    return "\n".join(["| group | checks |", "| --- | --- |", *lines])


def languages_table() -> str:
    lines = [
        f"| `{one.tag}` | {one.name} | {_WAYS[one.direction]} | "
        f"{'reviewed' if one.is_reviewed else 'machine-written'} |"
        for one in map(load_language, LANGUAGES)
    ]
    head = ["| tag | name | written | texts |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *lines])


def accessibility_table() -> str:
    """Return each requirement of part 1.10 of the legal checklist with the tests that hold it."""
    marked = marked_tests()
    lines = []
    for row, requirement in requirements("1.10"):
        words = (one.split("::")[1].removeprefix("test_") for one in marked.get(row, []))
        names = "; ".join(dict.fromkeys(one.replace("_", " ") for one in words))
        lines.append(f"| {row} | {requirement} | {names or 'see below'} |")
    return "\n".join(["| row | requirement | tests |", "| --- | --- | --- |", *lines])


def theme_table() -> str:
    places = ", ".join(f"`{one}`" for one in POSITIONS)
    shape = (
        f"| `position` | `{POSITIONS[0]}` | where the first layer stands: {places} |",
        f"| `radius` | `{DEFAULT_RADIUS}` | how round corners are, 0 to 32 pixels |",
        f"| `font` | `{DEFAULT_FONT}` | a list of fonts that visitors have; none is loaded |",
    )
    lines = [
        f"| `{name}` | `{DEFAULT_COLOURS[name]}`; dark `{DEFAULT_COLOURS[name + DARK]}` | {about} |"
        for name, about in _COLOUR_USES.items()
    ]
    return "\n".join(["| token | without it | what it is |", "| --- | --- | --- |", *shape, *lines])


PARTS: Mapping[str, Callable[[], str]] = {
    "accessibility": accessibility_table,
    "theme": theme_table,
    "settings": settings_table,
    "secrets": secrets_list,
    "commands": commands_text,
    "checks": checks_table,
    "languages": languages_table,
}


def with_parts(page: str) -> str:
    """Return a page with each generated part as the code has it now."""
    return _PART.sub(lambda part: f"{part[1]}{part[2]}\n{PARTS[part[1]]()}\n\n", page)


def _commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from _commands(inner, f"{name} {inner.name}")


def _code(text: str) -> str:
    return f"`{text}`" if text else "none"


if __name__ == "__main__":
    for page_name in PAGES:
        path = DOCS / page_name
        path.write_text(with_parts(path.read_text(encoding="utf-8")), encoding="utf-8")
