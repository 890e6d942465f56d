"""What every page has around its content: language, site, styles, and links that find home."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, url_for

from consent.core.catalogue import load_language
from consent.core.notice import Notice
from consent.services.sites import LiveSite
from consent.web import operations
from consent.web.wording import Words, words_of

_THEME_COLOURS = ("surface", "text", "button", "button_text", "accent")


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """The same page in another language."""

    tag: str
    name: str
    href: str
    is_current: bool


def link(site: LiveSite, endpoint: str, **values: Any) -> str:
    """Return a path as visitors reach it, whether or not a proxy took the mount path off."""
    path = url_for(endpoint, site_id=site.id, **values)
    return site.deployment.mount + path.removeprefix(request.script_root)


def render_page(
    site: LiveSite, template: str, words: Words, *, addresses: Mapping[str, str], **context: Any
) -> str:
    """Return a page of a site; `addresses` has this page's address in each language."""
    return render_template(
        template,
        t=words,
        site_name=site.notice.site_name(_offered(site, words.language)),
        home=f"{site.deployment.origins[0]}/",
        language_links=[
            LanguageLink(tag, load_language(tag).name, href, is_current=tag == words.language)
            for tag, href in addresses.items()
        ],
        links=_links(site, words.language),
        styles=[stylesheet_link(site.deployment.mount), _theme_link(site)],
        **context,
    )


def site_words(site: LiveSite, language: str) -> Words:
    return words_of(site.notice, language)


def stylesheet_link(mount: str) -> str:
    """Return the address of the pages' style sheet, below the service's mount path."""
    path = url_for("operations.styles", digest=operations.stylesheet_digest())
    return mount + path.removeprefix(request.script_root)


def settled_link(mount: str) -> str:
    """Return the address of the small script that ends an older unsent act."""
    path = url_for("operations.settled", digest=operations.settled_digest())
    return mount + path.removeprefix(request.script_root)


def theme_css(notice: Notice) -> bytes:
    """Return a site's colours, shape and font as custom properties.

    The content policy allows no styles in the page, so that they need an address of their own.
    The configuration has judged every value: colours are #rrggbb, a font list has no brackets.
    """
    theme = notice.theme
    light = [f"--{name.replace('_', '-')}: {theme[name]};" for name in _THEME_COLOURS]
    dark = [f"--{name.replace('_', '-')}: {theme[f'{name}_dark']};" for name in _THEME_COLOURS]
    shape = [f"--radius: {theme['radius']}px;", f"--font: {theme['font']};"]
    rules = (
        f":root {{ {' '.join([*light, *shape])} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {' '.join(dark)} }} }}\n"
    )
    return rules.encode()


def theme_digest(notice: Notice) -> str:
    return hashlib.sha256(theme_css(notice)).hexdigest()[:16]


def private(response: Response) -> Response:
    """Keep a page that depends on the visitor out of every cache."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Vary"] = "Cookie, Accept-Language, Sec-GPC, DNT"
    return response


def _offered(site: LiveSite, language: str) -> str:
    """Return the language if the site offers it now; an archived page may be in another."""
    return language if language in site.notice.languages else site.notice.default_language


def _theme_link(site: LiveSite) -> str:
    return link(site, "pages.theme", v=theme_digest(site.notice))


def _links(site: LiveSite, language: str) -> dict[str, str]:
    shown = _offered(site, language)
    return {
        "preferences": link(site, "pages.preferences.show", lang=shown),
        "policy": link(site, "pages.policy.current", lang=shown),
        "privacy": _absolute(site, site.notice.privacy_url(shown)),
    }


def _absolute(site: LiveSite, url: str) -> str:
    """Return where a path of the site leads from our pages, which may be on another host."""
    return f"{site.deployment.origins[0]}{url}" if url.startswith("/") else url
