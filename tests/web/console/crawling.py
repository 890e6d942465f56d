"""Follow the links of the console: to each of its pages and files once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect


@dataclass
class Found:
    """An address of each page that links lead to, and of each file, by endpoint."""

    pages: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    @property
    def all(self) -> dict[str, str]:
        return {**self.files, **self.pages}


def crawl(app: Flask, client: FlaskClient, base_url: str, begin: Sequence[str]) -> Found:
    """Follow every link and picture from some addresses on, as somebody who is signed in."""
    waiting = list(begin)
    found = Found()
    while waiting:
        address = waiting.pop(0)
        place = match(app, address)
        if place is None or place[0] in found.all:
            continue
        answer = client.get(address, base_url=base_url, follow_redirects=True, buffered=True)
        assert answer.status_code == 200, address
        arrived = answer.request.full_path.rstrip("?")
        endpoint = (match(app, arrived) or place)[0]
        is_download = "attachment" in answer.headers.get("Content-Disposition", "")
        if answer.mimetype != "text/html" or is_download:
            found.files[endpoint] = arrived
        elif endpoint not in found.pages:
            found.pages[endpoint] = arrived
            waiting += [urljoin(address, link) for link in links_in(answer.text)]
    return found


def links_in(html: str) -> list[str]:
    soup = BeautifulSoup(html, "html.parser")
    links = [str(link["href"]) for link in soup.select("a[href]")]
    return links + [str(shown["src"]) for shown in soup.select("img[src], iframe[src]")]


def match(app: Flask, address: str) -> tuple[str, dict[str, str]] | None:
    """Return which endpoint an address is, with its values; None for what is elsewhere."""
    try:
        endpoint, values = app.url_map.bind("").match(urlsplit(address).path, method="GET")
    except (HTTPException, RequestRedirect):
        return None
    return str(endpoint), {name: str(value) for name, value in values.items()}
