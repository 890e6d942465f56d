"""`consent serve` runs until it is told to stop, and does not start half-configured."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path

import pytest

from consent.cli.serve import STOP_SECONDS
from tests.cli.installations import (
    Home,
    command,
    process_environment,
    run_process,
    started,
)
from tests.cli.proxies import publish_in, site_at
from tests.ports import free_port

pytestmark = pytest.mark.slow  # real servers


def test_it_answers_and_ends_cleanly_on_ctrl_c(home: Home) -> None:
    port = free_port()
    publish_in(home, site_at(f"http://localhost:{port}"))
    environ = home.environ | {"CONSENT_MOUNT": "/consent"}
    with started("serve", "--port", str(port), port=port, environ=environ) as server:
        assert server.get("/healthz").json()["status"] == "ok"
        assert server.get("/consent/readyz").status_code == 200
        script = server.get("/consent/sites/programme/banner.js")
        assert script.headers["Content-Type"].startswith("text/javascript")
        assert [one for one in home.findings() if one["level"] == "problem"] == []
        since = time.monotonic()
        code, output = server.interrupt()
        assert time.monotonic() - since < STOP_SECONDS, "it had to be killed"
    assert code == 0, output
    assert output.splitlines() == [
        f"consent listens on http://127.0.0.1:{port}/consent/ (Ctrl-C ends it)"
    ]


def test_it_ends_cleanly_on_sigterm(home: Home) -> None:
    """As an init system or container sends it: to the one process it started."""
    port = free_port()
    with started("serve", port=port, environ=home.environ | {"PORT": str(port)}) as server:
        server.process.send_signal(signal.SIGTERM)
        output, _ = server.process.communicate(timeout=3 * STOP_SECONDS)
        assert server.process.returncode == 0, output
        assert "Traceback" not in output
        with pytest.raises(ProcessLookupError):
            os.killpg(server.process.pid, 0)


def test_ctrl_c_is_left_to_the_first_process(home: Home) -> None:
    """A terminal sends SIGINT to every process; a worker that gets two signals can hang."""
    port = free_port()
    with started("serve", "--port", str(port), port=port, environ=home.environ) as server:
        assert server.get("/healthz").status_code == 200
        (worker,) = children_of(server.process.pid)
        os.kill(worker, signal.SIGINT)
        assert server.get("/healthz").status_code == 200
        assert server.interrupt()[0] == 0


def test_a_worker_inherits_no_connection_to_the_database(home: Home) -> None:
    port = free_port()
    with started("serve", "--port", str(port), port=port, environ=home.environ) as server:
        opened = []
        for link in Path(f"/proc/{server.process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # closed since it was listed
                opened.append(link.readlink())
        assert [path for path in opened if path.name.startswith(home.database.name)] == []


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.legal("CT-14")
def test_nothing_about_visitors_is_printed(home: Home) -> None:
    port = free_port()
    sent = {"User-Agent": "Alice's browser", "X-Forwarded-For": "203.0.113.77"}
    with started("serve", "--port", str(port), port=port, environ=home.environ) as server:
        server.get("/sites/no-such/banner.js", headers=sent)
        server.get("/healthz?who=alice", headers=sent)
        _, output = server.interrupt()
    known = ("127.0.0.1 ", "203.0.113", "Alice", "alice", "GET")
    assert [word for word in known if word in output] == []


def test_a_taken_port_gives_one_line(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = home.run("serve", "--port", str(port))
    assert result.exit_code == 1
    assert result.output == (
        f"Error: port {port} on 127.0.0.1 is taken or not allowed (Address already in use); "
        "choose another one with PORT=… or --port\n"
    )


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_what_is_no_port_is_refused(home: Home, port: str) -> None:
    result = home.run("serve", PORT=port)
    assert result.exit_code == 2
    assert "env var: 'PORT'" in result.output


def test_an_unknown_host_is_refused(home: Home) -> None:
    result = home.run("serve", "--host", "256.0.0.1", "--port", str(free_port()))
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert "on 256.0.0.1" in result.output


def test_missing_keys_stop_the_start(home: Home) -> None:
    for key in home.keys.iterdir():
        key.unlink()
    result = home.run("serve", "--port", str(free_port()))
    assert result.exit_code == 1
    assert result.output.count("run `consent init`") == 5


def test_keys_that_others_may_read_stop_the_start(home: Home) -> None:
    (home.keys / "signing.keys").chmod(0o640)
    result = home.run("serve", "--port", str(free_port()))
    assert result.exit_code == 1
    assert f"others may read {home.keys / 'signing.keys'}; run `chmod 600 " in result.output


def test_a_missing_database_stops_the_start(home: Home) -> None:
    home.database.unlink()
    result = home.run("serve", "--port", str(free_port()))
    assert result.exit_code == 1
    assert result.output == f"Error: there is no database at {home.database}; run `consent init`\n"
    assert not home.database.exists()


def test_an_unknown_setting_stops_the_start(home: Home) -> None:
    result = home.run("serve", "--port", str(free_port()), CONSENT_MOUTN="/consent")
    assert result.exit_code == 1
    assert result.output == "Error: CONSENT_MOUTN: there is no such setting\n"


def test_every_fault_of_the_settings_is_told_at_once(home: Home) -> None:
    (home.keys / "receipt.pem").unlink()
    result = home.run(
        "serve", CONSENT_MOUNT="consent", CONSENT_WRITES_PER_MINUTE="many", CONSENT_X="1"
    )
    names = [line.removeprefix("Error: ").partition(":")[0] for line in result.output.splitlines()]
    assert names == [
        "CONSENT_X", "CONSENT_RECEIPT_KEY", "CONSENT_MOUNT", "CONSENT_WRITES_PER_MINUTE",
    ]  # fmt: skip


def test_the_embedded_database_takes_one_process(home: Home) -> None:
    result = home.run("serve", "--workers", "2", "--port", str(free_port()))
    assert result.exit_code == 2
    assert "the embedded database takes one process; use --workers 1" in result.output


def test_a_worker_that_cannot_start_ends_with_a_sentence(home: Home) -> None:
    """Any WSGI server may import the service; it tells the faults as well."""
    code = "from consent.app import app_from_environment; app_from_environment()"
    environ = process_environment(home.environ | {"CONSENT_MOUTN": "/"})
    ended = run_process([command()[0], "-c", code], environ)
    assert ended.returncode == 1
    assert ended.stderr == "consent cannot start:\nCONSENT_MOUTN: there is no such setting\n"
