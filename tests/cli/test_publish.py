"""`consent publish` shows what changes, asks, and stores nothing that breaks a rule."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.cli.installations import Home
from tests.make import make_site_text

pytestmark = pytest.mark.smoke


@pytest.fixture
def site_file(tmp_path: Path) -> Path:
    path = tmp_path / "programme.toml"
    path.write_text(make_site_text())
    return path


def stored(home: Home) -> dict[str, int]:
    """Return how many rows there are of all that publishing can store."""
    engine = create_engine(f"sqlite:///{home.database}")
    with engine.connect() as connection:
        counts = {
            table: connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0  # noqa: S608
            for table in ("notice", "policy", "publication", "log")
        }
    engine.dispose()
    return counts


CONTROLLER = (
    "--controller", "My Shop Ltd", "--address", "1 High Street, Leiden, Netherlands",
    "--email", "privacy@shop.example", "--dpo-name", "Dora", "--dpo-email", "dora@shop.example",
    "--authority", "Autoriteit Persoonsgegevens",
    "--authority-url", "https://www.autoriteitpersoonsgegevens.nl",
)  # fmt: skip
NOTHING = {"notice": 0, "policy": 0, "publication": 0, "log": 0}
ONE = {"notice": 1, "policy": 1, "publication": 1, "log": 1}


def test_a_first_publication_is_shown_and_stored(home: Home, site_file: Path) -> None:
    result = home.run("publish", site_file, "--yes")
    assert result.exit_code == 0, result.output
    assert "Published programme: notice " in result.output
    assert stored(home) == ONE


@pytest.mark.legal("BF-18")
def test_texts_that_a_machine_wrote_are_told_until_somebody_has_read_them(
    home: Home, tmp_path: Path
) -> None:
    home.run("init", "--name", "Shop", "--url", "https://shop.example", "--languages", "en,de",
             "--site-file", tmp_path / "shop.toml", *CONTROLLER)  # fmt: skip
    path = tmp_path / "shop.toml"
    told = "warning BF-18 at languages.de: texts in Deutsch (de) are machine-written;"
    assert home.run("publish", path, "--dry-run").output.count(told) == 1
    path.write_text(path.read_text().replace("#reviewed_languages", "reviewed_languages"))
    result = home.run("publish", path, "--dry-run")
    assert result.exit_code == 0, result.output
    assert told not in result.output


@pytest.mark.legal("RP-02")
def test_without_a_browser_a_notice_is_published_as_text_only(home: Home, site_file: Path) -> None:
    result = home.run("publish", site_file, "--yes")
    assert result.exit_code == 0
    assert "Pictures of the notice: text only; there is no browser no-browser;" in result.output
    again = home.run("publish", site_file, "--yes")
    assert "Nothing to publish" in again.output
    assert "Pictures of the notice: text only;" in again.output


def test_pictures_can_be_left_out(home: Home, site_file: Path) -> None:
    assert "Pictures" not in home.run("publish", site_file, "--yes", "--no-pictures").output
    assert "Pictures" not in home.run("publish", site_file, "--yes", "--no-pictures").output
    assert "Pictures" not in home.run("publish", site_file, "--dry-run").output


def test_a_dry_run_shows_the_same_and_stores_nothing(home: Home, site_file: Path) -> None:
    dry = home.run("publish", site_file, "--dry-run")
    assert dry.exit_code == 0
    assert dry.output.endswith("Not published (dry run).\n")
    assert stored(home) == NOTHING
    real = home.run("publish", site_file, "--yes")
    shown = dry.output.splitlines()[:-1]
    assert real.output.splitlines()[: len(shown)] == shown


def test_it_asks_first_and_takes_no_for_an_answer(home: Home, site_file: Path) -> None:
    refused = home.run("publish", site_file, stdin="n\n")
    assert (refused.exit_code, stored(home)) == (1, NOTHING)
    assert "Publish this? [y/N]" in refused.output
    assert home.run("publish", site_file, stdin="").exit_code == 1
    assert home.run("publish", site_file, stdin="y\n").exit_code == 0
    assert stored(home) == ONE


def test_what_is_in_force_is_not_published_again(home: Home, site_file: Path) -> None:
    home.run("publish", site_file, "--yes")
    result = home.run("publish", site_file, "--yes")
    assert result.exit_code == 0
    assert "Nothing to publish: this is in force already." in result.output
    assert stored(home) == ONE


def test_another_purpose_asks_again_about_its_category_only(home: Home, site_file: Path) -> None:
    home.run("publish", site_file, "--yes")
    changed = make_site_text().replace('["embedded_maps"]', '["embedded_maps", "embedded_media"]')
    site_file.write_text(changed)
    result = home.run("publish", site_file, "--yes")
    assert result.exit_code == 0, result.output
    assert "Visitors are asked again about: functional\n" in result.output


def test_another_wording_asks_nobody(home: Home, site_file: Path) -> None:
    home.run("publish", site_file, "--yes")
    site_file.write_text(make_site_text().replace("Campus Map", "Map of the Campus"))
    result = home.run("publish", site_file, "--yes")
    assert result.exit_code == 0, result.output
    assert "Nobody is asked again.\n" in result.output
    assert "Map of the Campus" in result.output
    assert stored(home)["publication"] == 2


def test_a_faulty_file_is_refused_with_every_fault_and_stores_nothing(
    home: Home, site_file: Path
) -> None:
    faulty = make_site_text().replace("days", "weeks").replace("privacy@university.example", "us")
    site_file.write_text(faulty.replace('"processor"', '"processer"'))
    result = home.run("publish", site_file, "--yes")
    assert result.exit_code == 1
    assert stored(home) == NOTHING
    for words in ('"us" is not an e-mail', '"30 weeks"', '"90 weeks"', 'did you mean "processor"?'):
        assert words in result.output
    assert result.output.count("programme.toml:") == 4


@pytest.mark.legal("BF-12")
def test_what_breaks_a_rule_is_refused_with_every_rule_and_stores_nothing(
    home: Home, site_file: Path
) -> None:
    """Nudging words on a button, and colours that cannot be read."""
    nudging = (
        '[texts.en]\n"button.accept_all" = "Yes, give me the best experience!"\n'
        '[theme]\ntext = "#fefefe"\n'
    )
    site_file.write_text(make_site_text(extra=nudging))
    result = home.run("publish", site_file, "--yes")
    assert result.exit_code == 1
    assert stored(home) == NOTHING
    listed = [line for line in result.output.splitlines() if line.startswith("error ")]
    assert len(listed) >= 2
    assert f"Error: not published: {len(listed)} broken rule(s), listed above" in result.output
    dry = home.run("publish", site_file, "--dry-run")
    assert dry.exit_code == 1


def test_a_host_of_another_site_is_refused(home: Home, site_file: Path) -> None:
    home.run("publish", site_file, "--yes")
    site_file.write_text(make_site_text(site_id="second"))
    result = home.run("publish", site_file, "--yes")
    assert result.exit_code == 1
    assert "belongs to site 'programme' already" in result.output
    assert stored(home) == ONE


def test_a_file_that_is_not_toml_names_the_line(home: Home, site_file: Path) -> None:
    site_file.write_text("schema = 1\nid = \n")
    result = home.run("publish", site_file)
    assert result.exit_code == 1
    assert "programme.toml:2: not TOML: " in result.output


def test_a_file_in_another_encoding_gives_a_sentence(home: Home, site_file: Path) -> None:
    site_file.write_bytes('schema = 1\nid = "café"'.encode("latin-1"))
    result = home.run("publish", site_file)
    assert result.exit_code == 1
    assert f"{site_file} cannot be read (UnicodeDecodeError)" in result.output


def test_a_file_that_is_not_there_gives_a_sentence(home: Home, tmp_path: Path) -> None:
    result = home.run("publish", tmp_path / "nowhere.toml")
    assert result.exit_code == 2
    assert "does not exist" in result.output


def test_without_a_database_it_says_what_to_run(home: Home, site_file: Path) -> None:
    home.database.unlink()
    result = home.run("publish", site_file, "--yes")
    assert result.exit_code == 1
    assert "run `consent init`" in result.output


@pytest.mark.slow
def test_a_locked_database_gives_a_sentence(home: Home, site_file: Path) -> None:
    """Another program holds the write lock for longer than the service waits."""
    holder = sqlite3.connect(home.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        result = home.run("publish", site_file, "--yes")
    finally:
        holder.close()
    assert result.exit_code == 1
    assert "Error: the database cannot take the write now" in result.output
