"""The browser holds what is refused, although nothing on the page does and our script is gone."""

from __future__ import annotations

import itertools
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page
from sqlalchemy import text

from consent.core.content_policy_document import server_configuration
from consent.core.policy_reports import is_host
from consent.services.clock import now_ms
from consent.services.content_policies import Standing, list_reports
from consent.services.sites import load_live_sites
from tests.browser.engines import Visitor, eventually
from tests.browser.policy_fixture import (
    HOSTS,
    STRANGER,
    OpenSite,
    open_site,
    running_open_site,
)
from tests.browser.waiting import settle, wait_until
from tests.ports import free_port
from tests.service import Clock, engine_session, make_app

pytestmark = pytest.mark.browser
NewPage = Callable[..., Page]

CHOICES = [subset for n in range(4) for subset in itertools.combinations(HOSTS, n)]


@pytest.fixture
def site() -> Iterator[OpenSite]:
    with running_open_site() as site:
        yield site


def allowed_hosts(*allowed: str) -> set[str]:
    return set().union(*(HOSTS[name] for name in allowed))


def scripts_of(*allowed: str) -> set[str]:
    """Return what runs: of one category's host or the site's own; the last of the page is ours."""
    ads = {"/tag.js", "/inserted.js", "/with-the-nonce.js"}
    return (
        {"/own.js"}
        | ({"/tag.js"} if "personalisation" in allowed else set())
        | (ads if "ads" in allowed else set())
    )


def requests_of(*allowed: str) -> set[tuple[str, str]]:
    """Return what a visit asks of third parties, as (host, path)."""
    asked = {
        "functional": {("map.localhost", "/frame")},
        "personalisation": {("viewed.localhost", "/tag.js")},
        "ads": {
            ("pixel.localhost", "/pixel.png"),
            ("pixel.localhost", "/fetched"),
            ("ads.localhost", "/tag.js"),
            ("ads.localhost", "/with-the-nonce.js"),
            ("ads.localhost", "/inserted.js"),
            ("ads.localhost", "/beacon"),
        },
    }
    return set().union(*(asked[name] for name in allowed))


def wait_for(site: OpenSite, *allowed: str) -> None:
    """Wait until all has come that a visit asks of third parties: nothing comes late."""
    expected = requests_of(*allowed)
    eventually(lambda: set(site.asked) >= expected, f"{expected} are asked")


def visit(site: OpenSite, page: Page, *allowed: str) -> None:
    site.asked.clear()
    page.goto(site.url())
    settle(page)
    wait_for(site, *allowed)
    wait_until(page, f"self.ran?.length >= {len(scripts_of(*allowed))}")


@pytest.mark.legal("PB-02", "PB-06", "PB-10")
@pytest.mark.parametrize("allowed", CHOICES, ids="+".join)
def test_each_choice_reaches_its_own_hosts_and_no_others(
    site: OpenSite, new_page: NewPage, allowed: tuple[str, ...]
) -> None:
    page = new_page()
    page.context.add_cookies([site.cookie(*allowed)])  # type: ignore[list-item]
    visit(site, page, *allowed)
    assert site.hosts() == allowed_hosts(*allowed)
    assert set(page.evaluate("self.ran")) == scripts_of(*allowed)
    if "ads" in allowed:
        assert site.paths("pixel.localhost") == {"/pixel.png", "/fetched"}
        assert site.paths("ads.localhost") == {
            "/tag.js", "/with-the-nonce.js", "/inserted.js", "/beacon"
        }  # fmt: skip


@pytest.mark.legal("PB-01", "PB-02", "PB-09")
def test_nobody_is_contacted_before_a_choice_and_after_a_refusal(
    site: OpenSite, new_page: NewPage
) -> None:
    page = new_page()
    visit(site, page)
    before = set(site.asked)
    page.context.add_cookies([site.cookie()])  # type: ignore[list-item]
    visit(site, page)
    assert set(site.asked) == before
    assert site.hosts() == set()
    assert page.evaluate("self.ran") == ["/own.js"]


@pytest.mark.legal("PB-02", "PB-06", "PB-09", "PB-10")
def test_every_engine_holds_what_is_refused(visitor: Visitor, site: OpenSite) -> None:
    visitor.goto(site.url())
    visitor.rest()
    assert site.hosts() == set()
    for allowed in ((), ("functional",), ("ads",), tuple(HOSTS)):
        value = site.cookie(*allowed)["value"]
        visitor.evaluate(f"() => {{ document.cookie = 'consent={value}; path=/' }}")
        site.asked.clear()
        visitor.goto(site.url())
        visitor.rest()
        wait_for(site, *allowed)
        visitor.wait_until(f"() => self.ran?.length >= {len(scripts_of(*allowed))}")
        assert site.hosts() == allowed_hosts(*allowed)
        assert set(visitor.evaluate("() => self.ran")) == scripts_of(*allowed)


def test_an_answer_that_nobody_signed_counts_only_where_no_key_is(
    site: OpenSite, new_page: NewPage
) -> None:
    page = new_page()
    genuine = site.cookie("ads")
    forged = {**genuine, "value": genuine["value"][:-3] + "xxx"}
    page.context.add_cookies([forged])  # type: ignore[list-item]
    visit(site, page)
    assert site.hosts() == set()
    site.extra["keyring"] = None
    visit(site, page, "ads")
    assert site.hosts() == HOSTS["ads"]


@pytest.mark.legal("PB-08")
def test_report_only_holds_nothing_and_tells_the_service_which_hosts(
    visitor: Visitor, site: OpenSite, sqlite_url: str, tmp_path: Path
) -> None:
    clock = Clock(now_ms())
    app = make_app(
        sqlite_url, tmp_path, open_site(site.port), clock=clock, CONSENT_MOUNT="/consent"
    )
    site.service = app
    site.extra["report_only"] = True
    visitor.goto(f"{site.url()}?name=Alice")
    visitor.rest()
    everything = {STRANGER, *allowed_hosts(*HOSTS)}
    eventually(lambda: site.hosts() == everything, "everything loads")

    def reported() -> dict[str, Standing]:
        with engine_session(app) as session, app.app_context():
            live = load_live_sites(session, clock.now_ms())["programme"]
            found = list_reports(session, live, now=clock.now_ms())
        return {each.name: each.standing for each in found if is_host(each.name)}

    eventually(lambda: set(reported()) == everything, "every host is reported")
    assert reported() == {
        STRANGER: Standing.UNDECLARED,
        **dict.fromkeys(allowed_hosts(*HOSTS), Standing.DECLARED),
    }
    assert visitor.cookies() == {}
    with engine_session(app) as session:
        assert "Alice" not in str(session.execute(text("SELECT * FROM policy_report")).all())


NGINX = """
daemon off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {configuration}
  server {{
    listen 127.0.0.1:{port};
    {headers}
    sub_filter_once off;
    sub_filter NONCE_HERE $request_id;
    location / {{ proxy_pass http://127.0.0.1:{upstream}; proxy_set_header Host $host; }}
  }}
}}
"""


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running_nginx(site: OpenSite, folder: Path) -> Iterator[str]:
    """Run nginx with what `consent csp` prints for it, before the site; give its address."""
    configuration = server_configuration(
        site.document, "nginx", report_only=False, nonce="$request_id"
    )
    port = free_port()
    written = NGINX.format(
        folder=folder,
        configuration=configuration,
        headers="\n".join(re.findall(r"^# (add_header .*)$", configuration, re.MULTILINE)),
        port=port,
        upstream=site.port,
    )
    (folder / "nginx.conf").write_text(written, encoding="utf-8")
    # Not everybody has this folder among those of programs.
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    command = [nginx, "-p", str(folder), "-e", "stderr", "-c", "nginx.conf"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as server:
        try:
            eventually(lambda: is_listening(port), "nginx listens")
            yield f"http://localhost:{port}/"
        finally:
            server.terminate()


def policy_sent(url: str, cookies: str) -> str:
    """Return the policy that a server sends for a `Cookie` header, whatever its nonce."""
    with urlopen(Request(url, headers={"Cookie": cookies})) as answer:  # noqa: S310 -- this machine
        return re.sub("nonce-[^']*", "", answer.headers["Content-Security-Policy"])


@pytest.mark.legal("PB-02", "PB-06", "PB-10")
def test_a_web_server_sends_the_policy_of_each_cookie(
    site: OpenSite, new_page: NewPage, tmp_path: Path
) -> None:
    site.sends_headers = False
    site.nonce = "NONCE_HERE"
    with running_nginx(site, tmp_path) as url:
        page = new_page()
        for allowed in CHOICES:
            page.context.add_cookies([site.cookie(*allowed)])  # type: ignore[list-item]
            site.asked.clear()
            answer = page.goto(url)
            assert answer is not None
            assert answer.headers["vary"] == "Cookie"
            settle(page)
            wait_for(site, *allowed)
            wait_until(page, f"self.ran?.length >= {len(scripts_of(*allowed))}")
            assert site.hosts() == allowed_hosts(*allowed)
            assert set(page.evaluate("self.ran")) == scripts_of(*allowed)
        page.context.clear_cookies()
        site.asked.clear()
        page.goto(url)
        settle(page)
        assert ("localhost", "/own.js") in site.asked
        assert site.hosts() == set()
        granted, refused = (f"consent={site.cookie(*allowed)['value']}" for allowed in (HOSTS, ()))
        assert policy_sent(url, granted) != policy_sent(url, refused)
        for both in (f"{granted}; {refused}", f"{refused}; {granted}"):
            assert policy_sent(url, both) == policy_sent(url, refused)
