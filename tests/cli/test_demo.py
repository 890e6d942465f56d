"""`consent demo` needs nothing, prints where to look, and keeps what visitors chose."""

from __future__ import annotations

import json
import re
import socket
import stat
import sys
import uuid
from pathlib import Path

import httpx
import pytest

from consent.core.script_line import PLACES
from tests.cli.installations import Home, Started, run_process, started
from tests.ports import free_port

pytestmark = pytest.mark.slow  # real servers

API = "/consent/api/v1/sites/programme"


def token_of(server: Started) -> str:
    """Return the token in the script, as a browser has it."""
    line = server.get("/consent/sites/programme/banner.js").text.partition("\n")[0]
    config = json.loads(line.partition("config:")[2].removesuffix("};"))
    return str(config[PLACES.index("token")])


def record_ads(server: Started) -> dict[str, str]:
    """Allow ads through the API and return the cookies a browser then has."""
    answer = httpx.post(
        f"http://localhost:{server.port}{API}/consents",
        json={
            "submission_id": str(uuid.uuid4()),
            "notice_token": token_of(server),
            "control": "save",
            "layer": "dialog",
            "choices": {"functional": False, "personalisation": False, "ads": True},
        },
        headers={"Origin": f"http://localhost:{server.port}"},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.cookies)


def test_it_shows_everything_and_a_second_start_keeps_the_data(new_home: Home) -> None:
    port = free_port()
    arguments = ("demo", "--port", str(port))
    with started(*arguments, port=port, environ=new_home.environ) as server:
        for path in ("/", "/consent/sites/programme/preferences", "/consent/sites/programme/policy",
                     "/consent/openapi.json", "/.well-known/gpc.json",
                     "/consent/sites/programme/verify",
                     "/.well-known/consent-log.json"):  # fmt: skip
            assert server.get(path).status_code == 200, path
        assert server.get("/console/").status_code == 404
        cookies = record_ads(server)
        code, output = server.interrupt()
    assert code == 0, output
    assert "Traceback" not in output
    site = f"http://localhost:{port}"
    for address in (f"{site}/", f"{site}/consent/sites/programme/preferences", str(new_home.path),
                    f"{site}/consent/sites/programme/verify",
                    f"{site}/.well-known/consent-log.json"):  # fmt: skip
        assert address in output
    (line,) = [one.strip() for one in output.splitlines() if "export CONSENT_HOME=" in one]
    pasted = f"{line}; command -v consent; consent officer list"
    ran = run_process(["/bin/sh", "-euc", pasted], {"PATH": "/usr/bin:/bin"})
    assert ran.returncode == 0, ran.stderr
    program, officer = ran.stdout.splitlines()
    assert program == str(Path(sys.prefix) / "bin" / "consent")
    assert officer.startswith("Demo officer\tall sites: auditor, officer, publisher, administrator")
    assert f"http://console.localhost:{port}/console/" in output
    (invitation,) = re.findall(
        rf"http://console\.localhost:{port}(/console/invitation/\S+)", output
    )

    with started(*arguments, port=port, environ=new_home.environ) as server:
        history = server.get(f"{API}/consents", cookies=cookies).json()
        host = {"Host": f"console.localhost:{port}"}
        assert server.get("/console/sign-in", headers=host).status_code == 200
        assert server.get(invitation, headers=host).status_code == 404  # each start makes a new one
        assert [one["choices"]["ads"] for one in history["events"]] == [True]
        assert server.get(f"{API}/consents/current", cookies=cookies).json()["status"] == "decided"
        assert server.interrupt()[0] == 0


def mode_of(path: Path) -> int:
    """Return a file's permissions; none for one that the running service has just put away."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except FileNotFoundError:
        return 0


def test_everything_it_makes_is_for_the_owner_only(new_home: Home) -> None:
    port = free_port()
    with started("demo", port=port, environ=new_home.environ | {"PORT": str(port)}):
        made = [new_home.path, *new_home.path.rglob("*")]
        assert [path for path in made if mode_of(path) & 0o077] == []
        assert new_home.database in made


def test_a_taken_port_gives_one_line_and_makes_nothing(new_home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = new_home.run("demo", PORT=str(port))
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: port {port} on 127.0.0.1 is taken")
    assert len(result.output.splitlines()) == 1
    assert not new_home.path.exists()


def test_loose_permissions_stop_it(home: Home) -> None:
    (home.keys / "pseudonym.key").chmod(0o644)
    result = home.run("demo", "--port", str(free_port()))
    assert result.exit_code == 1
    assert "others may read" in result.output


def test_a_faulty_setting_stops_it_with_a_sentence(new_home: Home) -> None:
    result = new_home.run("demo", "--port", str(free_port()), CONSENT_DATABASE_URL="nonsense")
    assert result.exit_code == 1
    assert result.output == "Error: CONSENT_DATABASE_URL: this is not a database address\n"
