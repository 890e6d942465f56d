"""The difference of two versions in words: who is asked again and why, texts, cookies, settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consent.core.catalogue import load_language
from consent.core.deployment import Deployment
from consent.core.formats import country_name, duration, join_words
from consent.core.notice import Notice
from consent.core.notice_changes import (
    AskedAgain,
    EntryChange,
    NoticeChanges,
    Reason,
    TextChange,
    ValueChange,
    notice_changes,
    value_changes,
)
from consent.core.own_trackers import OWN_PROVIDER
from consent.store.pictures import Picture
from consent.web.console.notices_text import (
    ShownPicture,
    newest_pictures,
    picture_name,
    shown_picture,
)
from consent.web.console.words import ConsoleWords

GROUPS = (
    "site", "category", "purpose", "data", "banner", "dialog", "button", "control", "embed",
    "announce", "page",
)  # fmt: skip
# What only follows from another value that is told.
_FOLLOWING = ("country_name", "first_party")


@dataclass(frozen=True, slots=True)
class Side:
    """One of two versions that are compared."""

    label: str
    notice: Notice
    deployment: Deployment
    policy_version: str
    pictures: Sequence[Picture]


@dataclass(frozen=True, slots=True)
class AskedRow:
    category: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextRow:
    """A text that reads otherwise; `place` is where it stands, in words."""

    place: str
    key: str
    change: TextChange


@dataclass(frozen=True, slots=True)
class LanguageRows:
    tag: str
    name: str
    direction: str
    rows: tuple[TextRow, ...]


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A value before and after, in words; `tag` is the language of texts of visitors."""

    label: str
    before: str
    after: str
    tag: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry that is new, gone or changed (`kind` is new, gone or same)."""

    kind: str
    name: str
    about: str
    values: tuple[ValueRow, ...]


@dataclass(frozen=True, slots=True)
class PicturePair:
    """The same layer at the same size, before and after."""

    name: str
    before: ShownPicture | None
    after: ShownPicture | None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """All that a page tells of a difference."""

    asked: tuple[AskedRow, ...]
    texts: tuple[LanguageRows, ...]
    trackers: tuple[EntryRow, ...]
    categories: tuple[EntryRow, ...]
    providers: tuple[EntryRow, ...]
    settings: tuple[tuple[str, tuple[ValueRow, ...]], ...]
    languages_new: tuple[str, ...]
    languages_gone: tuple[str, ...]
    is_policy_new: bool
    in_another_order: bool

    @property
    def is_empty(self) -> bool:
        return not (
            self.texts
            or self.trackers
            or self.categories
            or self.providers
            or self.settings
            or self.languages_new
            or self.languages_gone
            or self.in_another_order
        )


def change_view(old: Side, new: Side, words: ConsoleWords) -> ChangeView:
    """Return the difference of two versions of a site."""
    changes = notice_changes(old.notice, new.notice, new.deployment.shape)
    told = _Told(old.notice, new.notice, words)
    return ChangeView(
        asked=tuple(told.asked(one) for one in changes.asked),
        texts=tuple(told.texts(changes.texts)),
        trackers=tuple(map(told.entry, changes.trackers)),
        categories=tuple(map(told.entry, changes.categories)),
        providers=tuple(map(told.entry, changes.providers)),
        settings=tuple(told.settings(changes, old.deployment, new.deployment)),
        languages_new=tuple(load_language(tag).name for tag in changes.languages_new),
        languages_gone=tuple(load_language(tag).name for tag in changes.languages_gone),
        is_policy_new=old.policy_version != new.policy_version,
        in_another_order=changes.in_another_order,
    )


def picture_pairs(
    site: str, old: Side, new: Side, tag: str, words: ConsoleWords
) -> list[PicturePair]:
    """Return the pictures of both versions in a language side by side, where there are any."""
    before, after = newest_pictures(old.pictures, tag), newest_pictures(new.pictures, tag)
    return [
        PicturePair(
            name=picture_name(*place, words),
            before=shown_picture(site, before[place], words) if place in before else None,
            after=shown_picture(site, after[place], words) if place in after else None,
        )
        for place in {**after, **before}
    ]


def asked_names(
    old: Notice, new: Notice, asked: Iterable[AskedAgain], words: ConsoleWords
) -> list[str]:
    """Return the names of the categories that are asked about again."""
    told = _Told(old, new, words)
    return [told.category(one.category) for one in asked]


@dataclass(frozen=True, slots=True)
class _Told:
    """Two notices and the reader's words: what things are called."""

    old: Notice
    new: Notice
    words: ConsoleWords

    def asked(self, one: AskedAgain) -> AskedRow:
        return AskedRow(
            self.category(one.category), tuple(self._reason(reason) for reason in one.reasons)
        )

    def texts(self, changes: Mapping[str, Sequence[TextChange]]) -> Iterator[LanguageRows]:
        for tag, rows in changes.items():
            language = load_language(tag)
            ordered = sorted(rows, key=lambda one: _rank(one.key))
            yield LanguageRows(
                tag,
                language.name,
                language.direction,
                tuple(TextRow(self._place(one.key), one.key, one) for one in ordered),
            )

    def entry(self, one: EntryChange) -> EntryRow:
        about = self._about(one.entry)
        values = tuple(row for value in one.values for row in self._value_rows(value))
        name = self.category(one.id) if "purposes" in one.entry else one.name
        return EntryRow(one.kind, name, about, values)

    def settings(
        self, changes: NoticeChanges, old: Deployment, new: Deployment
    ) -> Iterator[tuple[str, tuple[ValueRow, ...]]]:
        parts = (
            ("lifetimes", changes.lifetimes),
            ("controller", changes.controller),
            ("theme", changes.theme),
            ("others", changes.others),
            ("deployment", tuple(value_changes(old.as_record(), new.as_record()))),
        )
        for part, values in parts:
            if values:
                rows = tuple(row for value in values for row in self._value_rows(value))
                yield self.words(f"notices.part.{part}"), rows

    def category(self, category: str) -> str:
        if category == "necessary":
            return self.words("notices.necessary")
        for notice in (self.new, self.old):
            for one in notice.document["categories"]:
                if one["id"] == category:
                    return self._local(one["label"])
        return category

    def _reason(self, reason: Reason) -> str:
        gone, new = list(reason.gone), list(reason.new)
        match reason.what:
            case "purposes" | "data" as part:
                gone, new = [[self._code(part, one) for one in each] for each in (gone, new)]
            case "role":
                gone[1:], new[1:] = [self._role(gone[1])], [self._role(new[1])]
            case "country":
                gone[1:], new[1:] = [self._country(gone[1])], [self._country(new[1])]
        text = self.words(f"notices.reason.{reason.what}")
        if reason.what in ("role", "country"):
            return self.words("notices.reason.of", what=text, name=new[0], old=gone[1], new=new[1])
        parts = [text] if not (gone or new) else []
        if new:
            parts.append(self.words("notices.reason.new", what=text, names=self._join(new)))
        if gone:
            parts.append(self.words("notices.reason.gone", what=text, names=self._join(gone)))
        return " ".join(parts)

    def _place(self, key: str) -> str:
        group = key.partition(".")[0]
        shown = group if group in GROUPS else "other"
        return self.words(f"notices.group.{shown}")

    def _about(self, entry: Mapping[str, Any]) -> str:
        if "kind" in entry:
            kind, category = self.words(f"notices.kind.{entry['kind']}"), entry["category"]
            return f"{kind}, {self.category(category)}, {self._provider(entry['provider'])}"
        if "country" in entry:
            return f"{self._role(entry['role'])}, {self._country(entry['country'])}"
        return ""

    def _value_rows(self, change: ValueChange) -> Iterator[ValueRow]:
        if change.name in _FOLLOWING:
            return
        label = self._label(change.name)
        if _is_local(change.before, self.old) or _is_local(change.after, self.new):
            before, after = change.before or {}, change.after or {}
            for tag in dict.fromkeys([*after, *before]):
                if before.get(tag) != after.get(tag):
                    language = load_language(tag)
                    yield ValueRow(
                        f"{label} ({language.name})",
                        before.get(tag, "") or self.words("notices.nothing"),
                        after.get(tag, "") or self.words("notices.nothing"),
                        tag,
                        language.direction,
                    )
            return
        yield ValueRow(
            label, self._shown(change.name, change.before), self._shown(change.name, change.after)
        )

    def _label(self, name: str) -> str:
        key = f"notices.field.{name}"
        return self.words(key) if self.words.has(key) else name

    def _shown(self, name: str, value: Any) -> str:
        """Return a value in words; `name` says what it is a value of."""
        if value in (None, "", []) or value == {}:
            return self.words("notices.nothing")
        by_name: Mapping[str, Callable[[Any], str]] = {
            "lifetime": self._lifetime,
            "consent_days": lambda days: duration(self.words.language, days, "days"),
            "refusal_days": lambda days: duration(self.words.language, days, "days"),
            "proof_months": lambda months: duration(self.words.language, months, "months"),
            "category": self.category,
            "provider": self._provider,
            "kind": lambda kind: self.words(f"notices.kind.{kind}"),
            "country": self._country,
            "role": self._role,
            "purposes": lambda codes: self._join([self._code(name, one) for one in codes]),
            "data": lambda codes: self._join([self._code(name, one) for one in codes]),
        }
        return by_name.get(name, self._plain)(value)

    def _plain(self, value: Any) -> str:
        if isinstance(value, bool):
            return self.words("notices.yes") if value else self.words("notices.no")
        if isinstance(value, Mapping):
            return "; ".join(f"{key}: {self._shown('', one)}" for key, one in value.items())
        if isinstance(value, list):
            return ", ".join(self._shown("", one) for one in value)
        return str(value)

    def _lifetime(self, lifetime: Mapping[str, Any]) -> str:
        amount, unit = lifetime["amount"], lifetime["unit"]
        if amount:
            return duration(self.words.language, amount, unit)
        return self.words(f"notices.lifetime.{unit}")

    def _provider(self, provider: str) -> str:
        if provider == OWN_PROVIDER:
            return self.new.controller_name
        for notice in (self.new, self.old):
            for one in notice.document["providers"]:
                if one["id"] == provider:
                    return str(one["name"])
        return provider

    def _code(self, part: str, code: str) -> str:
        table = "purposes" if part == "purposes" else "data_kinds"
        for notice in (self.new, self.old):
            texts = notice.document[table].get(code)
            if texts:
                return self._local(texts)
        return code

    def _join(self, names: Sequence[str]) -> str:
        return join_words(self.words.language, names)

    def _role(self, role: str) -> str:
        return self.words(f"notices.role.{role}")

    def _country(self, code: str) -> str:
        return country_name(self.words.language, code)

    def _local(self, texts: Mapping[str, str]) -> str:
        """Return a text of visitors in the reader's language, or else in the notice's."""
        own = texts.get(self.words.language)
        return str(own or texts.get(self.new.default_language) or next(iter(texts.values()), ""))


def _is_local(value: Any, notice: Notice) -> bool:
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(key in notice.languages for key in value)
        and all(isinstance(one, str) for one in value.values())
    )


def _rank(key: str) -> int:
    group = key.partition(".")[0]
    return GROUPS.index(group) if group in GROUPS else len(GROUPS)
