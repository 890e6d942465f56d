"""The gate's rules on words: the banner's texts in every language of a site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from consent.core.catalogue import load_catalogue, load_language
from consent.core.config_sections import placeholder_faults
from consent.core.finding import Finding, error, warning
from consent.core.gate_reading import MAX_LIX_ABOVE, lix, usual_lix
from consent.core.gate_words import speaks_of_withdrawal, steering_phrases
from consent.core.letters import count_words, sentences
from consent.core.model import LocalText, Site
from consent.core.site_texts import site_texts

MAX_FIRST_LAYER_WORDS = 90
MAX_SENTENCE_WORDS = 25
MAX_LABEL_RATIO = 1.5  # "Accept all" beside "Reject all cookies" is no longer equal

# Rules kept by a placeholder: the controller's name, and the number of recipients.
_PLACEHOLDER_RULES = {"banner.intro": "BF-08", "banner.policy": "BF-17"}
_FIRST_LAYER = {
    "banner.title": "BF-09",
    "banner.intro": "BF-08",
    "banner.withdraw": "BF-10",
    "banner.policy": "BF-11",
    "banner.privacy": "BF-11",
    "button.refuse_all": "BF-01",
    "control.label": "WD-01",
}
_SHOWN_AT_CHOICE = ("banner.", "button.", "dialog.", "control.", "embed.", "announce.", "page.")


def text_findings(site: Site) -> Iterator[Finding]:
    for language in site.languages:
        texts = site_texts(site, language)
        yield from _incomplete_texts(site, language, texts)
        yield from _label_findings(language, texts)
        yield from _withdrawal_findings(language, texts)
        yield from _steering_findings(site, language, texts)
        yield from _length_findings(site, language, texts)
        yield from _review_findings(site, language)
    yield from _missing_languages(site)
    if not site.controller.name.strip():
        yield error("BF-08", "controller.name", "the banner must name the controller")


def _incomplete_texts(site: Site, language: str, texts: Mapping[str, str]) -> Iterator[Finding]:
    for key, text in texts.items():
        if not text.strip():
            rule = _FIRST_LAYER.get(key, "BF-18")
            yield error(rule, f"texts.{language}.{key}", "there is no text")
    for key, text in site.texts.get(language, {}).items():
        model = load_catalogue(language)[key]
        for fault in placeholder_faults(text, model) if text.strip() else ():
            rule = _PLACEHOLDER_RULES.get(key, "BF-18")
            yield error(rule, f"texts.{language}.{key}", fault)


def _label_findings(language: str, texts: Mapping[str, str]) -> Iterator[Finding]:
    for button, allowed in load_language(language).gate.labels.items():
        label = texts[f"button.{button}"]
        if label.strip() and label not in allowed:
            yield error(
                "BF-12",
                f"texts.{language}.button.{button}",
                '"{label}" is not one of the plain labels: {labels}',
                label=label,
                labels=", ".join(allowed),
            )
    accept, refuse = texts["button.accept_all"], texts["button.refuse_all"]
    longer, shorter = max(len(accept), len(refuse)), min(len(accept), len(refuse))
    if refuse.strip() and longer > MAX_LABEL_RATIO * shorter:
        yield error(
            "BF-04",
            f"texts.{language}.button",
            '"{accept}" and "{refuse}" make buttons of unequal size; use labels of one form',
            accept=accept,
            refuse=refuse,
        )


def _withdrawal_findings(language: str, texts: Mapping[str, str]) -> Iterator[Finding]:
    text = texts["banner.withdraw"]
    place = f"texts.{language}.banner.withdraw"
    if text and not speaks_of_withdrawal(language, text):
        yield error("BF-10", place, "does not say that consent can be withdrawn")
    if text and texts["control.label"] not in text:
        how = 'does not say how: name "{control}" in it'
        yield error("BF-10", place, how, control=texts["control.label"])


def _steering_findings(site: Site, language: str, texts: Mapping[str, str]) -> Iterator[Finding]:
    shown = {
        f"texts.{language}.{key}": text
        for key, text in texts.items()
        if key.startswith(_SHOWN_AT_CHOICE)
    }
    own = [*_labels(site), *_category_texts(site), *_tracker_texts(site)]
    more = ((f"{place}.{language}", text.get(language, "")) for place, text in own)
    for place, text in chain(shown.items(), more):
        for rule, phrase in steering_phrases(language, text):
            steers = '"{phrase}" steers the visitor; say plainly what happens'
            yield error(rule, place, steers, phrase=phrase)


def _length_findings(site: Site, language: str, texts: Mapping[str, str]) -> Iterator[Finding]:
    intro = texts["banner.intro"].replace("{controller}", site.controller.name)
    running = [texts["banner.title"], intro, texts["banner.withdraw"]]
    for category in site.categories:
        running += [category.label.get(language, ""), category.description.get(language, "")]
    count = sum(count_words(text) for text in running)
    place = f"texts.{language}.banner"
    if count > MAX_FIRST_LAYER_WORDS:
        yield warning(
            "BF-20",
            place,
            "the first layer has {count} words; {enough} are enough",
            count=count,
            enough=MAX_FIRST_LAYER_WORDS,
        )
    for one in chain.from_iterable(sentences(text) for text in running):
        if count_words(one) > MAX_SENTENCE_WORDS:
            yield warning(
                "BF-20", place, 'a long sentence is hard to read: "{sentence}"', sentence=one
            )
    level, usual = lix(running), usual_lix(language)
    if level > usual + MAX_LIX_ABOVE:
        text = (
            "long words and sentences make the first layer hard to read: LIX is {level}, and "
            "{usual} in the catalogue's own texts"
        )
        yield warning("BF-20", place, text, level=f"{level:.0f}", usual=f"{usual:.0f}")


def _review_findings(site: Site, language: str) -> Iterator[Finding]:
    """Warn of texts nobody has read in place, unless the operator says that somebody has."""
    spoken = load_language(language)
    if not spoken.is_reviewed and language not in site.reviewed_languages:
        text = (
            "texts in {name} ({language}) are machine-written; have someone who speaks it read "
            "them, then name it in reviewed_languages"
        )
        place = f"languages.{language}"
        yield warning("BF-18", place, text, name=spoken.name, language=language)


def _missing_languages(site: Site) -> Iterator[Finding]:
    """Find every text of the site's own that an enabled language lacks."""
    yield from _missing("BF-18", [("name", site.name), *_labels(site)], site)
    yield from _missing("BF-11", [("privacy_url", site.privacy_url)], site)
    yield from _missing("SL-07", _tracker_texts(site), site)
    yield from _missing("BF-09", _category_texts(site), site)


def _missing(rule: str, texts: Iterable[tuple[str, LocalText]], site: Site) -> Iterator[Finding]:
    for place, text in texts:
        for language in site.languages:
            if not text.get(language, "").strip():
                yield error(rule, f"{place}.{language}", "there is no text")


def _labels(site: Site) -> Iterator[tuple[str, LocalText]]:
    for code, label in site.purpose_labels.items():
        yield f"purposes.{code}", label
    for code, label in site.data_labels.items():
        yield f"data_kinds.{code}", label


def _category_texts(site: Site) -> Iterator[tuple[str, LocalText]]:
    for category in site.categories:
        yield f"categories.{category.id}.label", category.label
        yield f"categories.{category.id}.description", category.description


def _tracker_texts(site: Site) -> Iterator[tuple[str, LocalText]]:
    for tracker in site.trackers:
        yield f'trackers "{tracker.name}" purpose', tracker.purpose
