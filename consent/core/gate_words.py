"""What the gate knows of words: labels that say plainly what happens, and phrases that steer."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A label of a button must be one of these. The first of each is the catalogue's.
LABELS = {
    "en": {
        "accept_all": ("Accept all", "Allow all", "Accept all cookies", "Allow all cookies"),
        "refuse_all": (
            "Refuse all",
            "Reject all",
            "Decline all",
            "Refuse all cookies",
            "Reject all cookies",
            "Decline all cookies",
        ),
        "choose": ("Choose", "Choose per category", "Let me choose", "Settings", "Cookie settings"),
        "save": ("Save my choice", "Save my choices", "Save choice", "Save choices"),
        "withdraw_all": ("Withdraw all", "Withdraw all consent", "Withdraw everything"),
        "close": ("Close without saving",),
    },
    "nl": {
        "accept_all": (
            "Alles accepteren",
            "Alles toestaan",
            "Alle cookies accepteren",
            "Alle cookies toestaan",
        ),
        "refuse_all": (
            "Alles weigeren",
            "Alles afwijzen",
            "Alle cookies weigeren",
            "Alle cookies afwijzen",
        ),
        "choose": ("Zelf kiezen", "Kiezen", "Per categorie kiezen", "Cookie-instellingen"),
        "save": ("Mijn keuze opslaan", "Mijn keuzes opslaan", "Keuze opslaan", "Keuzes opslaan"),
        "withdraw_all": ("Alles intrekken", "Alle toestemming intrekken"),
        "close": ("Sluiten zonder opslaan",),
    },
}

# One of these has to be in the sentence on withdrawal.
WITHDRAWAL_WORDS = {"en": ("withdraw", "take back"), "nl": ("intrek", "trek")}

# Page groups whose visitors are mostly under the age of consent.
PAGES_FOR_MINORS = re.compile(
    r"(?:^|-)(?:kids|child|children|pupils?|schools?|teens?|kinderen|scholieren|leerlingen|jongeren"
    r"|basisschool|middelbare)(?:-|$)"
)

_STEERING = {
    "en": {
        "BF-12": (
            "best experience",
            "best possible",
            "by continuing",
            "continue to use",
            "got it",
            "i understand",
            "ok",
            "okay",
            "optimal",
            "optimally",
            "recommended",
            "we care about your privacy",
            "we respect your privacy",
            "we value your privacy",
            "your privacy is important",
            "your privacy matters",
        ),
        "BF-13": ("legitimate interest", "legitimate interests"),
        "BF-19": (
            "are you sure",
            "don't worry",
            "help us",
            "hurry",
            "limited experience",
            "miss out",
            "missing out",
            "please accept",
            "please allow",
            "seconds left",
            "support us",
            "unfortunately",
            "worse experience",
        ),
    },
    "nl": {
        "BF-12": (
            "aanbevolen",
            "begrepen",
            "beste ervaring",
            "best mogelijke",
            "door verder te",
            "ok",
            "oké",
            "optimaal",
            "optimale",
            "snap ik",
            "uw privacy is belangrijk",
            "uw privacy is voor ons",
            "verder surfen",
            "we respecteren uw privacy",
            "we waarderen uw privacy",
            "wij respecteren uw privacy",
            "wij waarderen uw privacy",
            "zo goed mogelijk",
        ),
        "BF-13": ("gerechtvaardigd belang", "gerechtvaardigde belangen"),
        "BF-19": (
            "accepteer alstublieft",
            "beperkte ervaring",
            "geef alstublieft toestemming",
            "haast",
            "helaas",
            "help ons",
            "jammer",
            "mis niets",
            "misloopt",
            "slechtere ervaring",
            "steun ons",
            "weet u het zeker",
        ),
    },
}

_WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?]+(?:\s|$)")


def steering_phrases(language: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield each rule broken by a phrase in `text`, with the phrase."""
    plain = f" {' '.join(words(text)).casefold()} "
    for rule, phrases in _STEERING[language].items():
        for phrase in phrases:
            if f" {phrase} " in plain:
                yield rule, phrase


def words(text: str) -> list[str]:
    return _WORD.findall(text.replace("’", "'"))


def sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(text) if part.strip()]
