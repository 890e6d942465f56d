"""`consent doctor` finds what a proxy spoils of what visitors get."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from werkzeug.wrappers import Request, Response

from tests.cli.findings import levels, sentence
from tests.cli.installations import Home
from tests.cli.proxies import Behind, behind_a_proxy, publish_in, site_at

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def is_script(request: Request) -> bool:
    return request.path.endswith("/banner.js")


def is_page(request: Request) -> bool:
    return request.path.endswith("/preferences")


def without(header: str) -> object:
    """Return a proxy's rule that takes a header off every answer."""
    return lambda _request, answer: answer.headers.pop(header, None)


def change_script(running: Behind, **headers: str) -> None:
    def change(request: Request, answer: Response) -> None:
        if is_script(request):
            answer.headers.update(headers)

    running.proxy.change_answer = change


def test_a_script_that_is_not_there_is_a_problem(running: Behind) -> None:
    def hide(request: Request, answer: Response) -> None:
        if is_script(request):
            answer.status_code = 404

    running.proxy.change_answer = hide
    findings = running.home.findings()
    assert "answers 404" in sentence(findings, "visitors", "script", "problem")
    assert levels(findings, "visitors", "script build") == []


def test_a_script_of_another_type_is_a_problem(running: Behind) -> None:
    change_script(running, **{"Content-Type": "text/plain"})
    assert "text/plain" in sentence(running.home.findings(), "visitors", "script", "problem")


def test_a_changed_script_is_a_problem(running: Behind) -> None:
    running.proxy.change_request = lambda environ: environ.pop("HTTP_ACCEPT_ENCODING", None)

    def add(request: Request, answer: Response) -> None:
        if is_script(request):
            answer.set_data(answer.get_data() + b"\n// injected by the proxy")

    running.proxy.change_answer = add
    findings = running.home.findings()
    assert "not the build" in sentence(findings, "visitors", "script build", "problem")
    assert "not compressed" in sentence(findings, "visitors", "script compression", "warning")


def test_a_script_that_cannot_be_decompressed_is_a_problem(running: Behind) -> None:
    def cut(request: Request, answer: Response) -> None:
        if is_script(request):
            answer.set_data(answer.get_data()[:100])

    running.proxy.change_answer = cut
    found = sentence(running.home.findings(), "visitors", "script build", "problem")
    assert "compression is broken" in found


@pytest.mark.parametrize("value", ["no-store", "public, max-age=31536000", ""])
def test_other_caching_of_the_script_is_a_warning(running: Behind, value: str) -> None:
    change_script(running, **{"Cache-Control": value})
    assert levels(running.home.findings(), "visitors", "script caching") == ["warning"]


def test_a_script_cached_for_all_languages_is_a_problem(running: Behind) -> None:
    change_script(running, Vary="Accept-Encoding")
    assert levels(running.home.findings(), "visitors", "script caching") == ["problem"]


def test_a_script_without_an_etag_is_a_warning(running: Behind) -> None:
    running.proxy.change_answer = without("ETag")  # type: ignore[assignment]
    assert levels(running.home.findings(), "visitors", "script revalidation") == ["warning"]


def test_a_script_sent_again_is_a_warning(running: Behind) -> None:
    running.proxy.change_request = lambda environ: environ.pop("HTTP_IF_NONE_MATCH", None)
    found = sentence(running.home.findings(), "visitors", "script revalidation", "warning")
    assert "sent again (200)" in found


@pytest.mark.legal("PB-03")
@pytest.mark.parametrize("where", [is_script, is_page])
def test_a_cookie_before_any_choice_is_a_problem(running: Behind, where: object) -> None:
    def stick(request: Request, answer: Response) -> None:
        if where(request):  # type: ignore[operator]
            answer.set_cookie("LB", "backend-7")

    running.proxy.change_answer = stick
    found = sentence(running.home.findings(), "visitors", "no early cookie", "problem")
    assert "sets a cookie before any choice: LB." in found
    assert "backend-7" not in found


def test_a_service_with_another_database_is_a_problem(running: Behind, tmp_path: Path) -> None:
    other = Home(Path(shutil.copytree(running.home.path, tmp_path / "other")))
    publish_in(other, site_at(f"http://localhost:{running.port}", categories=("ads",)))
    assert "another notice" in sentence(other.findings(), "visitors", "notice", "problem")


def test_a_notice_that_is_not_there_is_a_problem(running: Behind) -> None:
    def hide(request: Request, answer: Response) -> None:
        if request.path.endswith("/notice"):
            answer.status_code = 502
            answer.set_data("bad gateway")

    running.proxy.change_answer = hide
    assert "gives no notice (502)" in sentence(
        running.home.findings(), "visitors", "notice", "problem"
    )


def test_a_page_that_is_not_there_is_a_problem(running: Behind) -> None:
    def hide(request: Request, answer: Response) -> None:
        if is_page(request):
            answer.status_code = 403

    running.proxy.change_answer = hide
    found = sentence(running.home.findings(), "visitors", "preference page", "problem")
    assert "answers 403" in found


@pytest.mark.parametrize(
    ("header", "value", "words"),
    [
        ("Content-Security-Policy", "", "lacks default-src 'none'"),
        (
            "Content-Security-Policy",
            "default-src 'none'; frame-ancestors 'none'; style-src 'unsafe-inline'",
            "allows unsafe",
        ),
        ("Cache-Control", "public, max-age=60", "one visitor may see another's choice"),
        ("X-Content-Type-Options", "", "nosniff"),
    ],
)
@pytest.mark.legal("CT-13")
def test_a_weakened_header_of_the_page_is_a_problem(
    running: Behind, header: str, value: str, words: str
) -> None:
    def weaken(request: Request, answer: Response) -> None:
        if is_page(request):
            answer.headers[header] = value

    running.proxy.change_answer = weaken
    findings = running.home.findings()
    faults = [one["found"] for one in findings if one["check"] == "page headers"]
    assert any(words in fault for fault in faults)
    assert set(levels(findings, "visitors", "page headers")) == {"problem"}


@pytest.mark.legal("CT-16")
def test_https_without_hsts_is_a_problem(home: Home) -> None:
    """The service is asked behind the proxy that brings HTTPS."""
    with behind_a_proxy(home) as behind:
        publish_in(home, site_at("https://programme.example"))
        behind.proxy.service = publish_in(home)
        assert levels(home.findings("--url", behind.url), "visitors", "hsts") == ["ok"]
        behind.proxy.change_answer = without("Strict-Transport-Security")  # type: ignore[assignment]
        assert levels(home.findings("--url", behind.url), "visitors", "hsts") == ["problem"]


@pytest.mark.legal("CT-13")
def test_a_state_that_may_be_cached_is_a_problem(running: Behind) -> None:
    def cache(request: Request, answer: Response) -> None:
        if request.path.endswith("/current"):
            answer.headers["Cache-Control"] = "max-age=60"

    running.proxy.change_answer = cache
    found = sentence(running.home.findings(), "visitors", "state", "problem")
    assert "Cache-Control is max-age=60" in found


def test_a_state_that_is_not_there_is_a_problem(running: Behind) -> None:
    def hide(request: Request, answer: Response) -> None:
        if request.path.endswith("/current"):
            answer.status_code = 404

    running.proxy.change_answer = hide
    assert "answers 404" in sentence(running.home.findings(), "visitors", "state", "problem")


def test_a_proxy_that_hides_the_origin_is_a_problem(running: Behind) -> None:
    running.proxy.change_request = lambda environ: environ.pop("HTTP_ORIGIN", None)
    found = sentence(running.home.findings(), "visitors", "foreign origin", "problem")
    assert "is not refused as such (403)" in found


def test_a_proxy_that_lets_every_page_read_is_a_problem(running: Behind) -> None:
    def open_up(_request: Request, answer: Response) -> None:
        answer.headers["Access-Control-Allow-Origin"] = "*"

    running.proxy.change_answer = open_up
    found = sentence(running.home.findings(), "visitors", "foreign origin", "problem")
    assert "Pages of any site may read the API" in found


def test_too_many_requests_are_said_to_be_in_the_way(home: Home) -> None:
    with behind_a_proxy(home) as behind:
        behind.proxy.service = publish_in(home, CONSENT_WRITES_PER_MINUTE="1")
        assert levels(home.findings(), "visitors", "foreign origin") == ["ok"]
        assert levels(home.findings(), "visitors", "foreign origin") == ["skipped"]


def test_a_proxy_that_drops_global_privacy_control_is_a_problem(running: Behind) -> None:
    def drop(environ: WSGIEnvironment) -> None:
        environ.pop("HTTP_SEC_GPC", None)

    running.proxy.change_request = drop
    assert levels(running.home.findings(), "visitors", "gpc header") == ["problem"]


def test_a_site_without_ads_has_nothing_to_say_about_the_signal(home: Home) -> None:
    with behind_a_proxy(home, categories=("functional",)) as behind:
        assert levels(behind.home.findings(), "visitors", "gpc header") == ["skipped"]


def test_a_site_that_asks_nothing_is_fine(home: Home) -> None:
    with behind_a_proxy(home, categories=()) as behind:
        findings = behind.home.findings()
    assert [one for one in findings if one["level"] == "problem"] == []
    assert levels(findings, "visitors", "foreign origin") == ["skipped"]
