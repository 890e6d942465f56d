"""Settings in words: what each is set to, where that stands, and why it matters."""

from __future__ import annotations

from dataclasses import dataclass

from babel import Locale

from consent.core.catalogue import load_language
from consent.core.formats import duration
from consent.core.set_up import SetUp
from consent.services.sites import LiveSite
from consent.web.console.words import ConsoleWords


@dataclass(frozen=True, slots=True)
class Told:
    """One setting in words; nothing of it is changed here.

    `differs` is what the recommended set-up for a Dutch university has instead, `default` what the
    service does where nothing is set; each is None where there is no such thing. `lines` are the
    parts of a value that is a list, `names` the keys or variables under which it stands.
    """

    key: str
    label: str
    value: str
    source: str
    names: tuple[str, ...]
    why: str
    default: str | None = None
    differs: str | None = None
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Teller:
    """What the settings of one site are told with."""

    site: LiveSite
    set_up: SetUp
    words: ConsoleWords

    def in_file(
        self,
        key: str,
        value: str,
        *names: str,
        default: str | None = None,
        differs: str | None = None,
        lines: tuple[str, ...] = (),
    ) -> Told:
        """Tell of what stands in the site's file, under these names."""
        source = self.words("settings.from.file")
        return self._told(key, value, source, names, default, differs, lines)

    def in_environment(
        self,
        key: str,
        value: str,
        *names: str,
        default: str | None = None,
        lines: tuple[str, ...] = (),
    ) -> Told:
        """Tell of what the environment of the process says, in these variables."""
        source = self.words("settings.from.environment")
        return self._told(key, value, source, names, default, None, lines)

    def fixed(self, key: str, value: str, *, lines: tuple[str, ...] = ()) -> Told:
        """Tell of what the service does always: there is no setting, on purpose."""
        return self._told(key, value, self.words("settings.from.nowhere"), (), None, None, lines)

    def by_people(self, key: str, value: str, *, lines: tuple[str, ...] = ()) -> Told:
        """Tell of what administrators decide in the console."""
        return self._told(key, value, self.words("settings.from.people"), (), None, None, lines)

    def days(self, amount: int) -> str:
        return duration(self.words.language, amount, "days")

    def months(self, amount: int) -> str:
        return duration(self.words.language, amount, "months")

    def language_name(self, tag: str) -> str:
        """Return what the reader's language calls a language."""
        return (
            Locale.parse(load_language(tag).locale, sep="-").get_display_name(self.words.language)
            or tag
        )

    def none_or(self, items: tuple[str, ...], none: str) -> str:
        """Return items as a list in words, or the text for none."""
        return self.words.list(list(items)) if items else self.words(none)

    def _told(
        self,
        key: str,
        value: str,
        source: str,
        names: tuple[str, ...],
        default: str | None,
        differs: str | None,
        lines: tuple[str, ...],
    ) -> Told:
        label, why = self.words(f"settings.{key}.label"), self.words(f"settings.{key}.why")
        return Told(key, label, value, source, names, why, default, differs, lines)
