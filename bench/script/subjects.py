"""Who is measured: each banner as its own documentation has it put on a page, with one wording.

Four categories, one of them necessary; both layers; English; the newest published builds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
OURS = "consent"
REFERENCE = "vanilla-cookieconsent"
RIVAL = "orejime"  # the fastest peer with both layers: the bar is set by it
FLOOR = "paragraph"

TEXT = (
    "Leiden University would like to use cookies that are not strictly needed. They give a better "
    "experience with extra functions, personalised content and relevant ads. You can manage your "
    "preferences at any time."
)
CATEGORIES = {
    "necessary": ("Necessary", "The site cannot work without these."),
    "functional": ("Functional", "Extra functions, such as maps and videos."),
    "personalisation": ("Personalisation", "Content that fits what you viewed before."),
    "ads": ("Ads", "Ads chosen for you, and measuring if they work."),
}
_CHOOSABLE = tuple(name for name in CATEGORIES if name != "necessary")


@dataclass(frozen=True, slots=True)
class Subject:
    """One banner: what stands in the head, its files by path, and what shows its first layer."""

    name: str
    version: str
    head: str
    selector: str
    layers: int
    files: Mapping[str, Path | bytes] = field(default_factory=dict)

    @property
    def inline(self) -> bytes:
        """What of it lies in each page; it is counted like a file."""
        return self.head.encode()


def subjects(our_script: bytes) -> list[Subject]:
    """Return who is measured, ours first; the script as the service serves it."""
    return [
        Subject(
            OURS,
            "this tree",
            '<script src="/consent/banner.js" defer></script>',
            "#consent-banner",
            2,
            {"/consent/banner.js": our_script},
        ),
        _vanilla(),
        _orejime(),
        _klaro(),
        _tarteaucitron(),
        _cookie_notice(),
        _floor(),
    ]


def version_of(package: str) -> str:
    text = (MODULES / package / "package.json").read_text(encoding="utf-8")
    return str(json.loads(text)["version"])


def _vanilla() -> Subject:
    sections = [
        {"title": title, "description": text, "linkedCategory": name}
        for name, (title, text) in CATEGORIES.items()
    ]
    buttons = {"acceptAllBtn": "Accept all", "acceptNecessaryBtn": "Refuse all"}
    config = {
        "hideFromBots": False,  # a driven browser is not shown it otherwise
        "categories": {
            name: {"enabled": name == "necessary", "readOnly": name == "necessary"}
            for name in CATEGORIES
        },
        "language": {
            "default": "en",
            "translations": {
                "en": {
                    "consentModal": {
                        "title": "Cookies: your choice",
                        "description": TEXT,
                        **buttons,
                        "showPreferencesBtn": "Choose",
                    },
                    "preferencesModal": {
                        "title": "Choose per category",
                        **buttons,
                        "savePreferencesBtn": "Save my choice",
                        "closeIconLabel": "Close",
                        "sections": sections,
                    },
                }
            },
        },
    }
    package = MODULES / REFERENCE / "dist"
    return Subject(
        REFERENCE,
        version_of(REFERENCE),
        '<link rel="stylesheet" href="/vanilla/cookieconsent.css">'
        '<script type="module">import "/vanilla/cookieconsent.umd.js";'
        f"CookieConsent.run({_compact(config)})</script>",
        "#cc-main .cm",
        2,
        {
            f"/vanilla/{name}": package / name
            for name in ("cookieconsent.css", "cookieconsent.umd.js")
        },
    )


def _orejime() -> Subject:
    purposes = [
        {
            "id": name,
            "title": title,
            "description": text,
            "cookies": [],
            "isMandatory": name == "necessary",
        }
        for name, (title, text) in CATEGORIES.items()
    ]
    config = {"privacyPolicyUrl": "/privacy", "purposes": purposes}
    package = MODULES / "orejime" / "dist"
    return Subject(
        RIVAL,
        version_of(RIVAL),
        f"<script>window.orejimeConfig={_compact(config)}</script>"
        '<script src="/orejime/orejime-standard-en.js" defer></script>'
        '<link rel="stylesheet" href="/orejime/orejime-standard.css">',
        ".orejime-Banner",
        2,
        {
            f"/orejime/{name}": package / name
            for name in ("orejime-standard-en.js", "orejime-standard.css")
        },
    )


def _klaro() -> Subject:
    services = [
        {
            "name": name,
            "title": title,
            "description": text,
            "purposes": [name],
            "required": name == "necessary",
        }
        for name, (title, text) in CATEGORIES.items()
    ]
    texts = {
        "privacyPolicyUrl": "/privacy",
        "consentNotice": {"description": TEXT},
        "acceptAll": "Accept all",
        "decline": "Refuse all",
        "purposes": {name: {"title": title} for name, (title, _) in CATEGORIES.items()},
    }
    config = {
        "version": 1,
        "acceptAll": True,
        "lang": "en",
        "translations": {"en": texts},
        "services": services,
    }
    return Subject(
        "klaro",
        version_of("klaro"),
        '<script src="/klaro/config.js" defer></script>'
        '<script src="/klaro/klaro.js" defer></script>',
        "#klaro .cookie-notice",
        2,
        {
            "/klaro/config.js": f"var klaroConfig={_compact(config)};".encode(),
            "/klaro/klaro.js": MODULES / "klaro" / "dist" / "klaro.js",
        },
    )


def _tarteaucitron() -> Subject:
    config = {
        "privacyUrl": "/privacy",
        "highPrivacy": True,
        "DenyAllCta": True,
        "AcceptAllCta": True,
        "orientation": "bottom",
        "useMinifiedJS": True,
        "googleConsentMode": False,
        "bingConsentMode": False,
        "removeCredit": True,
    }
    package = MODULES / "tarteaucitronjs"
    services = ("googlemaps", "youtube", "googleads")
    jobs = "".join(
        f'(tarteaucitron.job=tarteaucitron.job||[]).push("{name}");' for name in services
    )
    names = [
        "tarteaucitron.min.js",
        "tarteaucitron.services.min.js",
        "css/tarteaucitron.min.css",
        "lang/tarteaucitron.en.min.js",
    ]
    return Subject(
        "tarteaucitronjs",
        version_of("tarteaucitronjs"),
        '<script src="/tarteaucitron/tarteaucitron.min.js"></script>'
        f'<script>tarteaucitronForceLanguage="en";tarteaucitron.init({_compact(config)});'
        f"{jobs}</script>",
        "#tarteaucitronAlertBig",
        2,
        {f"/tarteaucitron/{name}": package / name for name in names},
    )


def _cookie_notice() -> Subject:
    config = {
        "messageLocales": {"en": TEXT},
        "learnMoreLinkEnabled": True,
        "learnMoreLinkHref": "/privacy",
    }
    return Subject(
        "cookie-notice",
        version_of("cookie-notice"),
        f"<script data-cookie-notice='{_compact(config)}' "
        'src="/notice/cookie.notice.min.js" defer></script>',
        "#cookieNotice",
        1,
        {
            "/notice/cookie.notice.min.js": MODULES
            / "cookie-notice"
            / "dist"
            / "cookie.notice.min.js"
        },
    )


def _floor() -> Subject:
    """The least that a script can do: nothing that asks for consent is seen before it."""
    script = (
        'const p=document.createElement("p");p.id="floor";'
        'p.style.cssText="position:fixed;bottom:0;background:#fff";'
        f"p.textContent={_compact(TEXT)};document.body.append(p)"
    )
    return Subject(
        FLOOR,
        "",
        '<script src="/floor.js" defer></script>',
        "#floor",
        0,
        {"/floor.js": script.encode()},
    )


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
