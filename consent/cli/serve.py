"""Run the service on granian, a WSGI server."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from tempfile import TemporaryDirectory
from typing import Any

import click
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from consent.cli.context import open_app, port_option, require_free_port
from consent.settings import load_settings, needed_secrets

MOST_THREADS = 16
STOP_SECONDS = 10

# Where prometheus_client keeps what processes share; it looks for it when it is imported.
MEASURES_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def run_server(target: str, *, host: str, port: int, workers: int) -> None:
    """Serve what a factory "module:name" makes, until SIGINT or SIGTERM."""
    server = Server(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=min(MOST_THREADS, 2 * (os.cpu_count() or 1) + 1),
        log_level=LogLevels.error,
        log_access=False,
        workers_kill_timeout=STOP_SECONDS,
    )
    server.serve(target_loader=load_in_worker)


def load_in_worker(target: str) -> Any:
    """Return what a factory makes, in a worker that leaves Ctrl-C to its parent.

    A terminal sends SIGINT to both, and the parent then sends SIGTERM: a granian worker that gets
    two signals can wait for ever. Until granian listens to SIGTERM, it ends the worker at once.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    module, _, factory = target.partition(":")
    return getattr(import_module(module), factory)()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@port_option
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Processes; more than one only with PostgreSQL.",
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the published sites until Ctrl-C.

    Put a reverse proxy with HTTPS in front of it. Settings come from the environment.
    """
    settings = load_settings(os.environ)
    if workers > 1 and settings.database_url.startswith("sqlite"):
        raise click.UsageError("the embedded database takes one process; use --workers 1")
    require_free_port(host, port)
    with shared_measures(workers=workers):
        with open_app(secrets=needed_secrets(os.environ)):
            pass
        click.echo(f"consent listens on http://{host}:{port}{settings.mount}/ (Ctrl-C ends it)")
        run_server("consent.app:app_from_environment", host=host, port=port, workers=workers)


@contextmanager
def shared_measures(*, workers: int) -> Iterator[None]:
    """Let several workers count into one folder, so that each can tell /metrics for all of them.

    The folder has to be named before the first application is made.
    """
    if workers == 1 or MEASURES_FOLDER in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="consent-measures-") as folder:
        os.environ[MEASURES_FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[MEASURES_FOLDER]
