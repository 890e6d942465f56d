"""Put the web layer on an application: routes, error answers, headers, limits."""

from __future__ import annotations

from flask import Flask, Response, render_template, request
from flask_smorest import Api
from werkzeug.exceptions import HTTPException

from consent.web import (
    aggregates,
    api,
    audit,
    blocker,
    console,
    displays,
    headers,
    limits,
    log,
    metrics,
    operations,
    origins,
    pages,
    reports,
    script,
)
from consent.web.problems import Problem, add_headers, problem_of, problem_response

API_TITLE = "consent"
API_VERSION = "v1"
OPENAPI_VERSION = "3.1.0"


def register(app: Flask, *, writes_per_minute: int, console_origin: str | None = None) -> None:
    """Register every blueprint and what surrounds them."""
    app.url_map.strict_slashes = True
    limits.init_limits(app, writes_per_minute)
    app.config.update(
        API_TITLE=API_TITLE,
        API_VERSION=API_VERSION,
        OPENAPI_VERSION=OPENAPI_VERSION,
        OPENAPI_URL_PREFIX="/",
        OPENAPI_JSON_PATH="openapi.json",
    )
    smorest = ProblemApi(app)
    smorest.register_blueprint(api.blueprint)
    smorest.register_blueprint(audit.blp)
    smorest.register_blueprint(aggregates.blueprint)
    smorest.register_blueprint(reports.blueprint)
    smorest.register_blueprint(displays.blueprint)
    app.register_blueprint(script.blueprint)
    app.register_blueprint(blocker.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(log.blueprint)
    app.register_blueprint(operations.blueprint)
    app.register_blueprint(metrics.blueprint)
    app.register_blueprint(console.blueprint)
    console.init(app, console_origin)
    app.register_error_handler(Exception, answer_error)
    app.after_request(headers.add_security_headers)
    app.after_request(origins.add_cors)


class ProblemApi(Api):  # type: ignore[misc]
    """flask-smorest, with our own answer to errors: it drops the headers errors must carry."""

    def handle_http_exception(self, error: HTTPException) -> Response:
        return answer_error(error)


def answer_error(error: Exception) -> Response:
    """Answer an error as a page to people, and as problem+json to everything else."""
    if isinstance(error, HTTPException) and error.response is not None:
        return error.get_response()  # type: ignore[return-value]
    problem = problem_of(error)
    if console.is_asked_for():
        return console.answer_error(problem, error)
    if _wants_page():
        return _error_page(problem, error)
    return problem_response(problem, error)


def _wants_page() -> bool:
    path = request.path
    if path.startswith(("/api/", "/log/")) or path.endswith((".js", ".json")):
        return False
    accepted = request.accept_mimetypes
    return accepted.best_match(["text/html", "application/json"]) == "text/html"


def _error_page(problem: Problem, error: Exception) -> Response:
    body = render_template("error.html", problem=problem, **pages.error_context(problem))
    return add_headers(Response(body, problem.status, mimetype="text/html"), problem, error)
