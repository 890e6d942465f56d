"""Check what a running service gives visitors of one site: script, page, state, refusals."""

from __future__ import annotations

import hashlib
import html
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus

from consent.bundled import bundled
from consent.core.sentence import Sentence, sentence
from consent.services.diagnosis.client import Answer, BrokenBodyError, ask
from consent.services.diagnosis.findings import Checks, Observation, ok, problem, skipped, warning
from consent.services.sites import LiveSite

CACHE_DIRECTIVES = {"public", "max-age=3600", "stale-if-error=604800"}
PAGE_POLICIES = ("default-src 'none'", "frame-ancestors 'none'")
FOREIGN_ORIGIN = "https://doctor.invalid"
ACCEPTED = {"Accept-Encoding": "br, gzip"}


@dataclass(frozen=True)
class Served:
    """One site at the address where its service runs."""

    site: LiveSite
    url: str

    @property
    def script_url(self) -> str:
        return f"{self.url}/sites/{self.site.id}/banner.js"

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v1/sites/{self.site.id}"

    @cached_property
    def script(self) -> Answer:
        return ask(self.script_url, headers=ACCEPTED)

    @cached_property
    def page(self) -> Answer:
        return self.ask_page()

    def ask_page(self, **headers: str) -> Answer:
        language = self.site.notice.default_language
        url = f"{self.url}/sites/{self.site.id}/preferences?lang={language}"
        return ask(url, headers={"Accept": "text/html", **headers})


SERVED = Checks[Served]("visitors")


@SERVED.add("script")
def check_script(served: Served) -> Iterator[Observation]:
    answer = served.script
    if answer.status != HTTPStatus.OK:
        yield problem(
            "{url} answers {status}, so no banner shows.",
            "Let the proxy pass the address on, and check that the site is published here.",
            url=served.script_url,
            status=answer.status,
        )
    elif answer.media_type != "text/javascript":
        yield problem(
            "The script comes as {type}, which browsers refuse.",
            "Stop the proxy from changing Content-Type.",
            type=answer.media_type or sentence("nothing"),
        )
    else:
        yield ok("{url} is a script.", url=served.script_url)


@SERVED.add("script build")
def check_build(served: Served) -> Iterator[Observation]:
    """Records name the build by its digest, so what is served has to be exactly that."""
    if served.script.status != HTTPStatus.OK:
        return
    try:
        _, _, code = served.script.content().partition(b"\n")
    except BrokenBodyError as error:
        yield problem(
            "The script cannot be read: {reason}.", "Stop the proxy from compressing it.",
            reason=error.reason,
        )  # fmt: skip
        return
    expected = (bundled("static/js/dist") / "banner.js").read_bytes()
    if hashlib.sha256(code).digest() == hashlib.sha256(expected).digest():
        yield ok("The script is the build of this version, byte for byte.")
    else:
        yield problem(
            "The script is not the build of this version, which records name as what was shown.",
            "Restart the service after an upgrade; stop the proxy from changing scripts.",
        )


@SERVED.add("script caching")
def check_caching(served: Served) -> Iterator[Observation]:
    answer = served.script
    if answer.status != HTTPStatus.OK:
        return
    lacking = CACHE_DIRECTIVES ^ answer.directives("Cache-Control")
    if lacking:
        yield warning(
            "The script has Cache-Control: {value}.",
            "Stop the proxy from changing it; it is {expected}.",
            value=answer.header("Cache-Control") or sentence("none"),
            expected=", ".join(sorted(CACHE_DIRECTIVES)),
        )
    elif not {"accept-language", "accept-encoding"} <= answer.directives("Vary"):
        yield problem(
            "The script lacks Vary, so caches give visitors another one's language.",
            "Stop the proxy from removing Vary: Accept-Language, Accept-Encoding.",
        )
    else:
        yield ok("The script may be cached for an hour, by language.")


@SERVED.add("script revalidation")
def check_revalidation(served: Served) -> Iterator[Observation]:
    if served.script.status != HTTPStatus.OK:
        return
    etag = served.script.header("ETag")
    if not etag:
        yield warning("The script has no ETag.", "Stop the proxy from removing it.")
        return
    again = ask(served.script_url, headers={**ACCEPTED, "If-None-Match": etag})
    if again.status == HTTPStatus.NOT_MODIFIED:
        yield ok("An unchanged script is not sent again (304).")
    else:
        yield warning(
            "An unchanged script is sent again ({status}).",
            "Let the proxy pass If-None-Match on.",
            status=again.status,
        )


@SERVED.add("script compression")
def check_compression(served: Served) -> Iterator[Observation]:
    if served.script.status != HTTPStatus.OK:
        return
    encoding, size = served.script.header("Content-Encoding"), len(served.script.body)
    if encoding in ("br", "gzip"):
        yield ok(
            "The script is compressed ({encoding}, {size} bytes).", encoding=encoding, size=size
        )
    else:
        yield warning(
            "The script is not compressed ({size} bytes).",
            "Let the proxy pass Accept-Encoding on.",
            size=size,
        )


@SERVED.add("no early cookie")
def check_no_cookie(served: Served) -> Iterator[Observation]:
    """Nothing may be stored before a choice (ePrivacy 5(3))."""
    script, page = sentence("The script"), sentence("The preference page")
    for what, answer in ((script, served.script), (page, served.page)):
        cookie = answer.header("Set-Cookie").partition("=")[0]
        if cookie:
            yield problem(
                "{what} sets a cookie before any choice: {cookie}.",
                "Switch off what sets it in the proxy, such as sticky sessions.",
                what=what,
                cookie=cookie,
            )
        else:
            yield ok("{what} sets no cookie.", what=what)


@SERVED.add("notice")
def check_notice(served: Served) -> Iterator[Observation]:
    answer = ask(f"{served.api_url}/notice")
    try:
        shown = json.loads(answer.content())["notice_hash"]
    except (ValueError, KeyError, TypeError):
        yield problem(
            "{url} gives no notice ({status}).",
            "Let the proxy pass every path below the mount on.",
            url=f"{served.api_url}/notice",
            status=answer.status,
        )
        return
    if shown == served.site.notice.hash:
        yield ok("It shows the notice that this database has in force.")
    else:
        yield problem(
            "It shows another notice than this database has in force.",
            "Let the service and this command use one database; see CONSENT_DATABASE_URL.",
        )


@SERVED.add("preference page")
def check_page(served: Served) -> Iterator[Observation]:
    answer = served.page
    if answer.status == HTTPStatus.OK and answer.media_type == "text/html":
        yield ok("The preference page is there.")
    else:
        yield problem(
            "The preference page answers {status} ({type}).",
            "Let the proxy pass every path below the mount on.",
            status=answer.status,
            type=answer.media_type or sentence("no type"),
        )


@SERVED.add("page headers")
def check_page_headers(served: Served) -> Iterator[Observation]:
    answer = served.page
    if answer.status != HTTPStatus.OK:
        return
    faults = [*_policy_faults(answer)]
    if "no-store" not in answer.directives("Cache-Control"):
        faults.append(
            sentence("Cache-Control lacks no-store, so one visitor may see another's choice")
        )
    if answer.header("X-Content-Type-Options").lower() != "nosniff":
        faults.append(sentence("X-Content-Type-Options is not nosniff"))
    for fault in faults:
        yield problem(
            "Preference page: {fault}.", "Stop the proxy from changing this header.", fault=fault
        )
    if not faults:
        yield ok("The preference page has a strict policy and is kept by no cache.")


@SERVED.add("hsts")
def check_hsts(served: Served) -> Iterator[Observation]:
    if not served.site.deployment.is_secure:
        return
    if "max-age=" in served.page.header("Strict-Transport-Security").lower():
        yield ok("Browsers are told to use HTTPS only.")
    else:
        yield problem(
            "Browsers are not told to use HTTPS only.",
            "Stop the proxy from removing Strict-Transport-Security.",
        )


@SERVED.add("state")
def check_state(served: Served) -> Iterator[Observation]:
    answer = ask(f"{served.api_url}/consents/current")
    if answer.status != HTTPStatus.OK:
        yield problem(
            "{url} answers {status}.",
            "Let the proxy pass every path below the mount on.",
            url=f"{served.api_url}/consents/current",
            status=answer.status,
        )
    elif not {"private", "no-store"} <= answer.directives("Cache-Control"):
        yield problem(
            "A visitor's state may be cached: Cache-Control is {value}.",
            "Stop the proxy from changing it; it is private, no-store.",
            value=answer.header("Cache-Control") or sentence("missing"),
        )
    else:
        yield ok("A visitor's state is kept by no cache.")


@SERVED.add("foreign origin")
def check_foreign_origin(served: Served) -> Iterator[Observation]:
    """Send an act that cannot be recorded (its token is none) as if from another site's page."""
    if not served.site.notice.categories:
        yield skipped(
            "{site} asks nothing, so nothing can be sent from elsewhere.", site=served.site.id
        )
        return
    act = {
        "submission_id": str(uuid.uuid4()),
        "notice_token": "doctor",
        "control": "refuse_all",
        "layer": "banner",
        "choices": dict.fromkeys(served.site.notice.categories, False),
    }
    headers = {"Content-Type": "application/json", "Origin": FOREIGN_ORIGIN}
    body = json.dumps(act).encode()
    answer = ask(f"{served.api_url}/consents", method="POST", headers=headers, body=body)
    allowed = answer.header("Access-Control-Allow-Origin")
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        yield skipped("Too many choices came from this address; try again in a minute.")
    elif allowed in ("*", FOREIGN_ORIGIN):
        yield problem(
            "Pages of any site may read the API (Access-Control-Allow-Origin: {allowed}).",
            "Remove what adds this header in the proxy.",
            allowed=allowed,
        )
    elif answer.status == HTTPStatus.FORBIDDEN and b"notice-token" not in answer.content():
        yield ok("An act from another site's page is refused.")
    else:
        yield problem(
            "An act from another site's page is not refused as such ({status}).",
            "Let the proxy pass Origin on unchanged.",
            status=answer.status,
        )


@SERVED.add("gpc header")
def check_gpc_header(served: Served) -> Iterator[Observation]:
    """The preference page shows a note to browsers that send the signal."""
    notice = served.site.notice
    if not notice.gpc_categories:
        yield skipped(
            "{site} has no category that Global Privacy Control is about.", site=served.site.id
        )
        return
    note = notice.texts(notice.default_language)["page.gpc"]
    page = served.ask_page(**{"Sec-GPC": "1"}).content().decode(errors="replace")
    if note in html.unescape(page):
        yield ok("Global Privacy Control reaches the service.")
    else:
        yield problem(
            "Global Privacy Control does not reach the service.", "Let the proxy pass Sec-GPC on."
        )


def _policy_faults(answer: Answer) -> Iterator[Sentence]:
    policy = answer.header("Content-Security-Policy")
    for part in PAGE_POLICIES:
        if part not in policy:
            yield sentence("Content-Security-Policy lacks {part}", part=part)
    if "unsafe-" in policy:
        yield sentence("Content-Security-Policy allows unsafe scripts or styles")
