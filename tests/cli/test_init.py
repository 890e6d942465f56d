"""`consent init` makes what is missing, changes nothing that exists, and says what is next."""

from __future__ import annotations

import os
import pty
import re
import shutil
import sqlite3
import subprocess
import tomllib
from pathlib import Path

import pytest

from consent.core.catalogue import LANGUAGES
from consent.core.config import load_site
from consent.core.gate import gate_findings
from consent.errors import ConfigurationError
from consent.services.drafting import blank_lines, site_id_of
from consent.store.migrate import head_revision, is_current
from tests.cli.installations import ROOT, Home, command, process_environment, run_process

CONTROLLER = (
    "--controller", "My Shop Ltd", "--address", "1 High Street, 1234 AB Leiden, Netherlands",
    "--email", "privacy@shop.example", "--dpo-name", "Dora", "--dpo-email", "dora@shop.example",
    "--authority", "Autoriteit Persoonsgegevens",
    "--authority-url", "https://www.autoriteitpersoonsgegevens.nl",
)  # fmt: skip
SHOP = ("--name", "My shop", "--url", "https://www.shop.example", "--languages", "en,nl")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder of a web developer."""
    path = tmp_path / "project"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return mode and bytes of every file but SQLite's companions."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mode, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def in_use(text: str) -> str:
    """Return a site's file with every example in use."""
    return re.sub(r'^#(?=[\[a-z"])', "", text, flags=re.MULTILINE)


def test_the_first_run_makes_home_keys_and_database(new_home: Home) -> None:
    result = new_home.run("init")
    assert result.exit_code == 0
    assert is_current(f"sqlite:///{new_home.database}")
    assert sorted(path.name for path in new_home.keys.iterdir()) == [
        "clock.pem", "log.pem", "pseudonym.key", "receipt.pem", "signing.keys",
    ]  # fmt: skip
    for made in (new_home.path, *(new_home.keys / name for name in ("signing.keys",))):
        assert str(made) in result.output
    assert "consent init --name" in result.output


def test_everything_made_is_for_the_owner_only(new_home: Home) -> None:
    before = os.umask(0)
    try:
        new_home.run("init")
    finally:
        os.umask(before)
    loose = [
        path for path in (new_home.path, *new_home.path.rglob("*")) if path.stat().st_mode & 0o077
    ]
    assert loose == []


def test_a_second_run_changes_nothing_and_says_so(new_home: Home) -> None:
    new_home.run("init")
    before = contents(new_home.path)
    result = new_home.run("init")
    assert result.exit_code == 0
    assert "Keys and database are in place; nothing was changed." in result.output
    assert contents(new_home.path) == before


def test_a_lost_key_is_made_again_and_the_others_are_kept(home: Home) -> None:
    kept = (home.keys / "pseudonym.key").read_bytes()
    (home.keys / "signing.keys").unlink()
    result = home.run("init")
    assert f"Made the key {home.keys / 'signing.keys'}." in result.output
    assert "pseudonym.key" not in result.output
    assert (home.keys / "pseudonym.key").read_bytes() == kept


def test_no_secret_is_printed(new_home: Home) -> None:
    output = new_home.run("init").output
    for key in new_home.keys.iterdir():
        assert key.read_text().strip() not in output


def test_an_older_database_is_brought_up_to_date_with_a_sentence(
    home: Home, tmp_path: Path
) -> None:
    """A copy of the program with one migration more is what an upgrade looks like."""
    newer = tmp_path / "newer"
    for part in ("consent", "migrations", "static"):
        leave = shutil.ignore_patterns("__pycache__", "node_modules")
        shutil.copytree(ROOT / part, newer / part, ignore=leave)
    (newer / "migrations" / "versions" / "9999_more.py").write_text(
        f'revision = "9999_more"\ndown_revision = "{head_revision()}"\n'
        "branch_labels = None\ndepends_on = None\n"
        "def upgrade() -> None:\n    pass\n"
        "def downgrade() -> None:\n    pass\n"
    )
    environ = process_environment(home.environ) | {"PYTHONPATH": str(newer)}
    run = run_process(command("init"), environ, newer)
    assert run.returncode == 0, run.stderr
    assert f"from schema {head_revision()} to 9999_more." in run.stdout

    older = home.run("init")
    assert older.exit_code == 1
    assert "schema 9999_more, which a newer version of consent has made" in older.output
    doctor = home.run("doctor")
    assert "It has schema 9999_more, which this version does not know." in doctor.output


def test_an_empty_database_gets_its_tables(home: Home) -> None:
    home.database.unlink()
    sqlite3.connect(home.database).close()
    assert f"Made the tables in sqlite:///{home.database}." in home.run("init").output


@pytest.mark.postgres
def test_a_server_s_database_gets_its_tables_once(new_home: Home, empty_database_url: str) -> None:
    first = new_home.run("init", CONSENT_DATABASE_URL=empty_database_url)
    assert (first.exit_code, is_current(empty_database_url)) == (0, True)
    second = new_home.run("init", CONSENT_DATABASE_URL=empty_database_url)
    assert "nothing was changed" in second.output
    assert not new_home.database.exists()


def test_a_database_that_cannot_be_opened_gives_a_sentence_without_its_password(
    new_home: Home,
) -> None:
    result = new_home.run(
        "init", CONSENT_DATABASE_URL="postgresql://olga:hunter2@127.0.0.1:1/consent"
    )
    assert result.exit_code == 1
    assert "postgresql+psycopg://olga:***@127.0.0.1:1/consent cannot be opened" in result.output
    assert "hunter2" not in result.output


def test_a_file_that_is_no_database_gives_a_sentence(home: Home) -> None:
    home.database.write_text("This is a letter to my aunt, and it is long enough to be a page.")
    result = home.run("init")
    assert result.exit_code == 1
    assert "cannot be opened" in result.output


def test_a_home_that_cannot_be_made_gives_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = Home(tmp_path / "file" / "home").run("init")
    assert result.exit_code == 1
    assert "cannot be made (Not a directory)" in result.output


def test_options_write_a_site_file_that_passes_the_gate(new_home: Home, folder: Path) -> None:
    result = new_home.run("init", "--site-file", "sites/shop.toml", *SHOP, *CONTROLLER)
    assert result.exit_code == 0
    text = (folder / "sites" / "shop.toml").read_text()
    site = load_site(text, "shop.toml")
    assert site.id == "shop"
    assert site.name == {"en": "My shop", "nl": "My shop"}
    assert site.origins == ("https://www.shop.example",)
    assert site.service_url == "https://www.shop.example/consent"
    assert site.controller.name == "My Shop Ltd"
    assert [str(finding) for finding in gate_findings(site) if finding.severity == "error"] == []
    assert "consent publish sites/shop.toml" in result.output
    assert '<script src="/consent/sites/shop/banner.js" defer></script>' in result.output


@pytest.mark.parametrize("languages", ["en", ",".join(LANGUAGES), ",".join(reversed(LANGUAGES))])
def test_every_example_in_the_file_may_be_used_as_it_is(
    new_home: Home, folder: Path, languages: str
) -> None:
    new_home.run("init", "--name", "Shop", "--url", "https://www.shop.example",
                 "--languages", languages, *CONTROLLER)  # fmt: skip
    text = in_use((folder / "shop.toml").read_text())
    site = load_site(text, "shop.toml")
    assert site.default_language == languages.split(",", maxsplit=1)[0]
    assert {category.id for category in site.categories} == {
        "functional", "personalisation", "ads", "analytics",
    }  # fmt: skip
    assert {tracker.category for tracker in site.trackers} >= {"necessary", "ads"}
    assert [str(finding) for finding in gate_findings(site) if finding.severity == "error"] == []


def test_a_drafted_site_can_be_published_at_once(home: Home, folder: Path) -> None:
    home.run("init", *SHOP, *CONTROLLER)
    (folder / "my-shop.toml").write_text(in_use((folder / "my-shop.toml").read_text()))
    result = home.run("publish", "my-shop.toml", "--yes")
    assert result.exit_code == 0, result.output
    assert "Published my-shop: notice " in result.output


def test_what_is_not_known_is_a_marked_blank_that_publishing_refuses(
    home: Home, folder: Path
) -> None:
    result = home.run("init", "--name", "My shop")
    text = (folder / "my-shop.toml").read_text()
    lines = text.splitlines()
    blanks = [lines[number - 1] for number in blank_lines(text)]
    assert len(blanks) == 9
    assert all("# fill in: " in line for line in blanks)
    assert (
        f"fill in lines {', '.join(map(str, blank_lines(text)))} of my-shop.toml" in result.output
    )

    refused = home.run("publish", "my-shop.toml", "--yes")
    assert refused.exit_code == 1
    for number in blank_lines(text):
        assert re.search(rf"my-shop\.toml:{number}: \S+: is blank; give a text", refused.output)


def test_an_existing_site_file_is_never_overwritten(home: Home, folder: Path) -> None:
    (folder / "my-shop.toml").write_text("mine")
    result = home.run("init", *SHOP)
    assert result.exit_code == 0
    assert "my-shop.toml exists already and was left as it is." in result.output
    assert (folder / "my-shop.toml").read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--url", "http://www.shop.example"), "is plain HTTP, which is only for localhost"),
        (("--url", "https://www.shop.example/page"), "give https://www.shop.example"),
        (("--languages", "en,xx"), "xx"),
        (("--email", "nobody"), 'controller.email: "nobody" is not an e-mail address'),
        (("--authority-url", "here"), "controller.authority_url"),
        (("--site-file", "My Shop.toml"), "is not a name of small letters"),
        (("--controller", "a\x07b"), "has a control character"),
    ],
)
def test_a_wrong_value_is_refused_before_anything_is_made(
    new_home: Home, folder: Path, options: tuple[str, ...], sentence: str
) -> None:
    result = new_home.run("init", "--name", "My shop", *options)
    assert result.exit_code == 1
    assert sentence in result.output
    assert not new_home.path.exists()
    assert list(folder.iterdir()) == []


def test_text_with_quotes_and_other_scripts_is_written_as_it_was_given(
    new_home: Home, folder: Path
) -> None:
    name = 'Fish & "Chips" — ${x} \\ café 🐟'
    new_home.run("init", "--site-file", "fish.toml", "--name", name)
    assert tomllib.loads((folder / "fish.toml").read_text())["name"]["en"] == name


def test_a_site_file_needs_a_name(new_home: Home, folder: Path) -> None:
    result = new_home.run("init", "--site-file", "shop.toml")
    assert result.exit_code == 2
    assert "give --name" in result.output


@pytest.mark.parametrize(
    ("name", "site_id"),
    [
        ("My site", "my-site"),
        ("Biomedical Sciences: Communication", "biomedical-sciences-communicatio"),
        ("2nd Shop", "nd-shop"),
        ("Ελληνικά", "site"),
    ],
)
def test_an_id_follows_from_the_name(name: str, site_id: str) -> None:
    assert site_id_of(name) == site_id


def on_a_terminal(home: Home, folder: Path, answers: str, *arguments: str) -> tuple[int, str]:
    """Run the program on a pseudo-terminal with these keystrokes; return exit code and screen."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answers.encode())
        process = subprocess.Popen(
            command("init", *arguments),
            env=process_environment(home.environ),
            cwd=folder,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        output, _ = process.communicate(timeout=60)
    finally:
        os.close(ours)
        os.close(theirs)
    return process.returncode, output


@pytest.mark.slow
def test_a_terminal_is_asked_three_questions(new_home: Home, folder: Path) -> None:
    code, screen = on_a_terminal(new_home, folder, "My shop\nnl,en\n\n")
    assert code == 0, screen
    questions = ("Name of the site", "Languages of its pages", "Where the database lives")
    assert [question in screen for question in questions] == [True] * 3
    assert str(new_home.database) in screen
    with pytest.raises(ConfigurationError) as caught:
        load_site((folder / "my-shop.toml").read_text(), "my-shop.toml")
    assert all(fault.endswith("is blank; give a text") for fault in caught.value.faults)
    assert is_current(f"sqlite:///{new_home.database}")


@pytest.mark.slow
def test_the_database_lives_where_the_answer_says(new_home: Home, folder: Path) -> None:
    code, screen = on_a_terminal(new_home, folder, "My shop\nen\ndata/shop.db\n")
    assert code == 0, screen
    place = folder / "data" / "shop.db"
    assert is_current(f"sqlite:///{place}")
    assert not new_home.database.exists()
    assert f"export CONSENT_DATABASE_URL=sqlite:///{place}" in screen


@pytest.mark.slow
def test_a_second_run_on_a_terminal_asks_nothing(home: Home, folder: Path) -> None:
    code, screen = on_a_terminal(home, folder, "")
    assert code == 0
    assert "nothing was changed" in screen
    assert list(folder.iterdir()) == []


def test_yes_asks_nothing(new_home: Home, folder: Path) -> None:
    code, screen = on_a_terminal(new_home, folder, "", "--yes")
    assert (code, list(folder.iterdir())) == (0, [])
    assert "Name of the site" not in screen
