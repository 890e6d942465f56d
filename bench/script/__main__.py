"""Measure the script beside its peers: `make bench-script`, or `python -m bench.script`."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import click
from playwright.sync_api import sync_playwright

from bench.script.measuring import measure
from bench.script.reporting import Result, Surroundings, chart, page
from bench.script.serving import running_website, weight
from bench.script.subjects import subjects
from tests.browser.demo_fixture import demo_site
from tests.databases import copy_sqlite, migrate_sqlite_template
from tests.service import make_app

TARGET = Path(__file__).parents[2] / "docs" / "benchmarks"
FLAGS = ["--disable-gpu", "--no-first-run", "--disable-background-networking"]


def our_script() -> bytes:
    """Return the script of the demo's site in English, byte for byte as the service serves it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        url = copy_sqlite(migrate_sqlite_template(home), home)
        app = make_app(url, home, demo_site(80), CONSENT_MOUNT="/consent")
        client = app.test_client()
        response = client.get("/sites/programme/banner.js?lang=en", base_url="http://localhost")
        if response.status_code != 200:  # noqa: PLR2004
            response = client.get("/consent/sites/programme/banner.js?lang=en")
        return bytes(response.data)


@click.command()
@click.option("--rounds", default=15, show_default=True, help="Page views of each, per profile.")
@click.option("--write", is_flag=True, help="Write docs/benchmarks/script.md and its chart.")
def main(rounds: int, *, write: bool) -> None:
    """Measure weight, first sight, settling, script time and layout shift of each banner."""
    load = os.getloadavg()[0]
    wanted = subjects(our_script())
    with running_website(wanted) as website, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            chromium_sandbox=os.geteuid() != 0,
            args=FLAGS,
        )
        samples = measure(browser, website, wanted, rounds, _tell)
        version = browser.version
        browser.close()
    results = [
        Result(
            one.name,
            one.version,
            one.layers,
            weight(one),
            {profile: taken for (name, profile), taken in samples.items() if name == one.name},
        )
        for one in wanted
    ]
    where = Surroundings(
        day=time.strftime("%Y-%m-%d", time.gmtime()),
        browser=version,
        cores=os.cpu_count() or 1,
        rounds=rounds,
        load=(load, os.getloadavg()[0]),
    )
    text = page(results, where)
    click.echo(text)
    if write:
        (TARGET / "script.md").write_text(text, encoding="utf-8")
        (TARGET / "script.svg").write_text(chart(results), encoding="utf-8")


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
