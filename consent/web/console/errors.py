"""Errors in the console's frame, in words; a technical detail only where it says what to do."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response
from sqlalchemy.exc import SQLAlchemyError

from consent.errors import ConsentError
from consent.web.console.frame import page
from consent.web.console.visit import visit
from consent.web.problems import Problem, add_headers

_TOLD = (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)


def answer_error(problem: Problem, error: Exception) -> Response:
    """Return the page of an error; without a database, one that needs none."""
    try:
        key, detail = _key(problem.status), _detail(problem)
        body = page("error.html", problem=problem, key=key, detail=detail)
    except (SQLAlchemyError, ConsentError):
        body = f"<!doctype html><title>{problem.title}</title><h1>{problem.title}</h1>"
    return add_headers(Response(body, problem.status, mimetype="text/html"), problem, error)


def _key(status: int) -> str:
    words = visit().words
    if words.has(f"error.{status}.title"):
        return f"error.{status}"
    return "error.400" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "error.500"


def _detail(problem: Problem) -> str | None:
    return problem.detail if problem.status in _TOLD else None
