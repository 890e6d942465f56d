"""What commands share: an application to work in, errors as sentences, a check of the port."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask import Flask

from consent.app import create_app
from consent.core.config import load_site
from consent.core.model import Site
from consent.errors import ConsentError
from consent.services.keys import Keys
from consent.services.publishing import SiteFile
from consent.settings import UNSEALING_SECRETS, load_settings
from consent.store.database import db
from consent.web.context import EXTENSION, Service


class Port(click.IntRange):
    """A number of a port; what is none is told in a sentence."""

    def __init__(self) -> None:
        super().__init__(1, 65535)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not a port: give a number from 1 to 65535.", param, ctx)


port_option = click.option(
    "--port",
    default=8000,
    show_default=True,
    envvar="PORT",
    show_envvar=True,
    type=Port(),
    help="Port to listen on.",
)


class Commands(click.Group):
    """A group whose commands end with a sentence and exit code 1 on an error of ours."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConsentError as error:
            raise click.ClickException(str(error)) from error


@contextmanager
def open_app(*, secrets: Collection[str] = UNSEALING_SECRETS) -> Iterator[Flask]:
    """Give the application that the environment describes, with its context pushed.

    `secrets` names the keys it works with; without it, those of the log and its clock are not read.
    Its connections are closed at the end: a server's worker must not inherit them.
    """
    app = create_app(load_settings(os.environ, secrets=secrets))
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def keys_of(app: Flask) -> Keys:
    """Return the keys an application works with."""
    service: Service = app.extensions[EXTENSION]
    return service.keys


def read_site(path: Path) -> Site:
    """Return the site a file describes; every fault is in the error."""
    file = read_site_file(path)
    return load_site(file.text, file.name)


def read_site_file(path: Path) -> SiteFile:
    """Return the file of a site as it is."""
    try:
        return SiteFile(path.name, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path} cannot be read ({type(error).__name__})") from error


def require_free_port(host: str, port: int) -> None:
    """End with one clear line when a port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"port {port} on {host} is taken or not allowed ({error.strerror}); "
                "choose another one with PORT=… or --port"
            ) from error
