"""What a visitor loads: everything in one answer, in at most so many bytes."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from tests.browser.demo_fixture import demo_site
from tests.databases import copy_sqlite
from tests.service import make_app

BUDGET = 6500


def weight_with_new_keys(home: Path, sqlite_template: Path) -> int:
    home.mkdir()
    url = copy_sqlite(sqlite_template, home)
    client = make_app(url, home, demo_site(80), CONSENT_MOUNT="/consent").test_client()
    response = client.get(
        "/sites/programme/banner.js?lang=en",
        base_url="http://localhost",
        headers={"Accept-Encoding": "br"},
    )
    assert response.headers["Content-Encoding"] == "br"
    return len(response.data)


def test_all_of_the_demo_sites_script_is_within_its_budget(
    tmp_path: Path, sqlite_template: Path
) -> None:
    # The random part of a token compresses a little better or worse: by up to 15 bytes.
    weights = [weight_with_new_keys(tmp_path / str(n), sqlite_template) for n in range(9)]
    assert median(weights) <= BUDGET, f"{weights} bytes with brotli, of {BUDGET}"
