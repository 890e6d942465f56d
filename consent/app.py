"""Build the application: database, service, routes. Nothing else builds one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from consent.errors import ConfigurationError
from consent.services.anchoring import Anchoring
from consent.services.background import Background
from consent.services.check_commands import CheckCommands
from consent.services.checking import Checking
from consent.services.clock import now_ms
from consent.services.displays import DisplayCounts
from consent.services.export_files import ExportFiles
from consent.services.export_jobs import ExportServing
from consent.services.export_worker import ExportWorker
from consent.services.housekeeping import Housekeeping
from consent.services.keys import Keys, load_keys
from consent.services.reporting.delivering import Sender
from consent.services.reporting.gathering import Telling
from consent.services.reporting.thread import Reporting
from consent.services.retention import Sealing
from consent.services.retention_runs import EXTENSION as RETENTION_RUNS
from consent.services.retention_runs import RetentionRuns
from consent.services.sealing_thread import Sealer, state_files_in
from consent.services.sites import SiteDirectory
from consent.settings import BACKGROUND, PROOF, PUBLIC, Settings, load_settings
from consent.store.database import db
from consent.store.migrate import current_revision, head_revision, opening_url, sqlite_path
from consent.surroundings import set_up_of
from consent.web import metrics, registration
from consent.web.context import EXTENSION, LogServing, Service, leave_asleep

SEALER = "consent.sealer"  # the extension that an application has if its process seals
CHECKING = "consent.checking"  # who checks log and service once a day
ANCHORING = "consent.anchoring"  # likewise: who asks others to vouch for the log
EXPORTS = "consent.exports"  # what makes the exports of the console, if this process does

POOL_TIMEOUT_SECONDS = 5
CONNECT_TIMEOUT_SECONDS = 5

if TYPE_CHECKING:
    from consent.services.measures import Measures
    from consent.services.provider import Provider

StartResponse = Callable[..., Any]


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], int] = now_ms,
    housekeeping: bool = True,
    sealing: bool = True,
) -> Flask:
    """Return the service as a WSGI application.

    With `housekeeping`, a process that serves requests also removes every day what is no longer
    kept; with `sealing`, it also seals the log, unless the settings leave that to a command.

    Raises ConfigurationError when a key is faulty, or the database is missing or out of date.
    """
    keys = load_keys(
        signing_keys=settings.signing_keys,
        pseudonym_key=settings.pseudonym_key,
        receipt_key=settings.receipt_key,
        log_key=settings.log_key,
        clock_key=settings.clock_key,
    )
    app = Flask(__name__, static_folder=None)
    app.config["SQLALCHEMY_DATABASE_URI"] = _existing_database(settings.database_url)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(settings.database_url)
    db.init_app(app)
    with app.app_context():
        engine = db.engine
        _require_current_schema(engine)
    sealer = None
    if sealing and settings.sealing == BACKGROUND:
        sealer = make_sealer(settings, keys, lambda: Session(engine), clock)
    checking = Checking(lambda: Session(engine), clock, CheckCommands())
    app.extensions[CHECKING] = checking
    exporter = make_exporter(settings, keys, lambda: Session(engine), clock)
    app.extensions[EXTENSION] = Service(
        keys=keys,
        sites=SiteDirectory(lambda: Session(engine), clock),
        now_ms=clock,
        trusted_proxies=settings.trusted_proxies,
        displays=DisplayCounts(lambda: Session(engine)),
        report_minimum=settings.report_minimum,
        log=_log_serving(settings, sealer),
        provider=_provider(settings, keys),
        exports=ExportServing(
            ExportFiles(settings.home), exporter.wake if housekeeping else leave_asleep
        ),
        set_up=set_up_of(settings),
        wake_checking=checking.wake if housekeeping else leave_asleep,
    )
    works_with = Sealing(keys, state_files_in(settings.home))
    app.extensions[RETENTION_RUNS] = RetentionRuns(lambda: Session(engine), clock, works_with)
    if settings.metrics_token is not None:
        app.config[metrics.TOKEN] = settings.metrics_token
        app.extensions[metrics.MEASURES] = _measures(lambda: Session(engine), clock)
    registration.register(
        app,
        writes_per_minute=settings.writes_per_minute,
        console_origin=settings.console_origin,
    )
    if housekeeping:
        _start_with_requests(app, Housekeeping(lambda: Session(engine), clock, works_with))
        app.extensions[EXPORTS] = exporter
        _start_with_requests(app, exporter)
        _start_with_requests(app, checking)
        _start_with_requests(app, Reporting(make_sender(settings, lambda: Session(engine), clock)))
    if sealer is not None:
        app.extensions[SEALER] = sealer
        _start_with_requests(app, sealer)
        anchoring = Anchoring(lambda: Session(engine), settings.anchors, clock)
        app.extensions[ANCHORING] = anchoring
        _start_with_requests(app, anchoring)
    app.wsgi_app = Mounted(app.wsgi_app, settings.mount)  # type: ignore[method-assign]
    return app


def app_from_environment() -> Flask:
    """Return the service that the environment describes; exit with every fault otherwise."""
    try:
        return create_app(load_settings())
    except ConfigurationError as error:
        raise SystemExit(f"consent cannot start:\n{error}") from None


def make_sealer(
    settings: Settings,
    keys: Keys,
    open_session: Callable[[], Session],
    clock: Callable[[], int] = now_ms,
) -> Sealer:
    """Return what seals the log as the settings say; it is not started."""
    return Sealer(
        open_session,
        keys,
        clock,
        state_files=state_files_in(settings.home),
        at_once=settings.audit_receipt == PROOF,
    )


def make_sender(
    settings: Settings, open_session: Callable[[], Session], clock: Callable[[], int] = now_ms
) -> Sender:
    """Return what sends the regular report as the settings say."""
    telling = Telling(
        settings.reports.language,
        settings.report_minimum,
        settings.anchors,
        settings.console_origin,
    )
    return Sender(open_session, settings.reports, telling, clock)


def make_exporter(
    settings: Settings,
    keys: Keys,
    open_session: Callable[[], Session],
    clock: Callable[[], int] = now_ms,
) -> ExportWorker:
    """Return what makes the exports of the console; it is not started."""
    files = ExportFiles(settings.home)
    return ExportWorker(open_session, keys, files, clock, outside=settings.anchors.policy)


def _log_serving(settings: Settings, sealer: Sealer | None) -> LogServing:
    serving = LogServing(
        public_tiles=settings.log_tiles == PUBLIC,
        receipt_proofs=settings.audit_receipt == PROOF,
        witnesses=settings.anchors.policy,
        stamp_roots=tuple({one for each in settings.anchors.authorities for one in each.roots}),
    )
    return serving if sealer is None else replace(serving, wake=sealer.wake)


def _provider(settings: Settings, keys: Keys) -> Provider | None:
    """Return the OpenID provider people sign in through; its libraries are needed only then."""
    if settings.provider is None or settings.console_origin is None:
        return None
    from consent.services.provider import Provider  # noqa: PLC0415

    return Provider(settings.provider, settings.console_origin, keys.keyring)


def _measures(open_session: Callable[[], Session], clock: Callable[[], int]) -> Measures:
    """Return what measures; its library is loaded only then, for it looks at once how it runs."""
    from consent.services.measures import Measures  # noqa: PLC0415

    return Measures(open_session, clock, version("consent"))


def _start_with_requests(app: Flask, background: Background) -> None:
    """Have the first request start a thread: a server may fork after making the application."""
    app.teardown_request(lambda _error: background.ensure_started())


class Mounted:
    """Take the mount path off requests that still have it; a proxy may or may not have done so."""

    def __init__(self, application: Callable[..., Iterable[bytes]], mount: str) -> None:
        self._application = application
        self._mount = mount

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if self._mount and (path == self._mount or path.startswith(f"{self._mount}/")):
            environ = {
                **environ,
                "PATH_INFO": path[len(self._mount) :],
                "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + self._mount,
            }
        return self._application(environ, start_response)


def _existing_database(url: str) -> str:
    """Return the address to open; the embedded database is never made by opening it."""
    path = sqlite_path(make_url(url))
    if path is not None and not path.exists():
        raise ConfigurationError([f"there is no database at {path}; run `consent init`"])
    return opening_url(url)


def _engine_options(url: str) -> dict[str, Any]:
    """Return how the engine is made; parameters of a failing statement never reach a log."""
    if make_url(url).get_backend_name() == "postgresql":
        return {
            "hide_parameters": True,
            "pool_pre_ping": True,
            "pool_size": 10,
            "max_overflow": 20,
            "pool_timeout": POOL_TIMEOUT_SECONDS,
            "connect_args": {"connect_timeout": CONNECT_TIMEOUT_SECONDS},
        }
    return {"hide_parameters": True}


def _require_current_schema(engine: Engine) -> None:
    try:
        found = current_revision(engine)
    except SQLAlchemyError as error:
        raise ConfigurationError(
            ["the database cannot be opened; check CONSENT_DATABASE_URL"]
        ) from error
    needed = head_revision()
    if found != needed:
        fault = f"the database has schema {found or 'none'}, not {needed}; run `consent init`"
        raise ConfigurationError([fault])
