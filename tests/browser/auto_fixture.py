"""Pages with the automatic blocker, and every tag it has to hold in every way it may come."""

from __future__ import annotations

import json
import time
from typing import Any

from playwright.sync_api import Page

from tests.browser.script_fixture import AUTO, SCOPE, SCRIPT, Website, choice_cookie
from tests.browser.waiting import SECONDS

ADS, MAPS, OTHER = "ads.localhost", "maps.localhost", "other.localhost"
SCRIPTS = f'<script src="{AUTO}"></script><script src="{SCRIPT}" defer></script>'

# Every element that loads something, with the attribute that makes it do so.
TAGS = {
    "script": '<script src="{url}/script.js"></script>',
    "frame": '<iframe src="{url}/frame.html" title="Map" width="300" height="200"></iframe>',
    "image": '<img src="{url}/image.png" alt="">',
    "set": '<img srcset="/own-2.png 2x, {url}/set.png 1x" alt="">',
    "picture": '<picture><source srcset="{url}/picture.png"><img src="/own.png" alt=""></picture>',
    "style": '<link rel="stylesheet" href="{url}/style.css">',
    "preload": '<link rel="preload" as="image" href="{url}/preload.png">',
    "video": '<video src="{url}/video.mp4" preload="auto"></video>',
    "poster": '<video poster="{url}/poster.png" width="9" height="9"></video>',
    "source": '<audio preload="auto"><source src="{url}/source.mp3"></audio>',
    "embed": '<embed type="image/png" src="{url}/embed.png">',
    "object": '<object type="image/png" data="{url}/object.png"></object>',
    "button": '<input type="image" src="{url}/button.png" alt="">',
    "drawing": '<svg width="9" height="9"><image href="{url}/drawing.png" width="9"/></svg>',
}  # fmt: skip
# Scripts that came as a string never run, unless as a fragment of the page.
INERT = {"innerHTML", "insertAdjacentHTML", "shadow", "clone", "import", "adopted"}

# How each way puts the same markup into the page: made from a template or written.
BUILD = """
const live = (inert) => {
    const tag = inert.namespaceURI.endsWith("svg")
        ? document.createElementNS(inert.namespaceURI, inert.localName)
        : document.createElement(inert.localName);
    tag.append(...[...inert.children].map(live));
    return tag;
};
const parsed = (markup) => {
    const found = new DOMParser().parseFromString(markup, "text/html");
    return found.body.firstElementChild || found.head.firstElementChild;
};
const pairs = (inert, tag) => [[inert, tag], ...[...inert.children].flatMap(
    (child, index) => pairs(child, tag.children[index]))];
const fill = (inert, tag, set) => {
    for (const [from, to] of pairs(inert, tag))
        for (const { name, value } of from.attributes) set(to, name, value);
};
"""
WAYS = {
    "property": """
        const tag = live(inert);
        fill(inert, tag, (to, name, value) => {
            if (name in to && typeof to[name] === "string") to[name] = value;
            else to.setAttribute(name, value);
        });
        document.body.append(tag);""",
    "attribute": """
        const tag = live(inert);
        fill(inert, tag, (to, name, value) => to.setAttribute(name, value));
        document.body.appendChild(tag);""",
    "late": """
        const tag = live(inert);
        document.body.append(tag);
        fill(inert, tag, (to, name, value) => to.setAttribute(name, value));""",
    "namespace": """
        const tag = live(inert);
        fill(inert, tag, (to, name, value) => to.setAttributeNS(null, name, value));
        document.body.prepend(tag);""",
    "innerHTML": "document.body.append(document.createElement('div')); "
                 "document.body.lastChild.innerHTML = markup;",
    "insertAdjacentHTML": "document.body.insertAdjacentHTML('beforeend', markup);",
    "fragment": """
        const range = document.createRange();
        range.selectNode(document.body);
        document.body.append(range.createContextualFragment(markup));""",
    "clone": """
        const template = document.createElement("template");
        template.innerHTML = markup;
        document.body.append(template.content.cloneNode(true));""",
    "import": """
        const other = document.implementation.createHTMLDocument();
        other.body.append(other.adoptNode(inert));
        document.body.append(document.importNode(other.body.firstElementChild, true));""",
    "adopted": "document.body.insertBefore(inert, null);",
    "shadow": """
        const host = document.body.appendChild(document.createElement("div"));
        host.attachShadow({ mode: "closed" }).innerHTML = markup;""",
    "deep shadow": """
        const host = document.body.appendChild(document.createElement("div"));
        const root = host.attachShadow({ mode: "open" });
        const tag = live(inert);
        fill(inert, tag, (to, name, value) => to.setAttribute(name, value));
        root.append(tag);""",
}  # fmt: skip


def auto_config(**changes: Any) -> dict[str, Any]:
    """Return what the service puts before the blocker."""
    trackers = [
        ("_ads_*", "cookie"),
        ("ads-*", "local_storage"),
        ("ads-tab", "session_storage"),
        ("ads-db", "indexed_db"),
    ]
    return {
        "cookie": "consent",
        "scope": SCOPE,
        "holds": False,
        "rules": [
            [MAPS, "/ads/", "ads"],
            [MAPS, "/", "functional"],
            ["localhost", "/"],
            [ADS, "/", "ads"],
            ["*.shared.localhost", "/", "functional", "ads"],
        ],
        "trackers": [{"name": name, "category": "ads", "kind": kind} for name, kind in trackers],
    } | changes


def with_choice(website: Website, page: Page, *granted: str) -> None:
    cookie = {"name": "consent", "value": choice_cookie(*granted), "url": website.url()}
    page.context.add_cookies([cookie])  # type: ignore[list-item]


def insertion(way: str, name: str, url: str) -> str:
    """Return a script that brings one tag in, in one way."""
    markup = json.dumps(TAGS[name].format(url=url)).replace("</", "<\\/")
    return f"{{ const markup = {markup}; const inert = parsed(markup); {WAYS[way]} }}"


def contacted(website: Website, host: str = ADS) -> set[str]:
    """Return which tags contacted a host, by the names of the files they asked for."""
    return {path.rpartition("/")[2].partition(".")[0] for path in website.paths(host)}


def wait_for_contacts(page: Page, website: Website, names: set[str], host: str = ADS) -> None:
    """Wait until exactly these tags have contacted a host."""
    deadline = time.monotonic() + SECONDS
    while contacted(website, host) != names and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    assert contacted(website, host) == names
