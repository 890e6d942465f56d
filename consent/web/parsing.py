"""Read JSON bodies in one way only: the right media type, no duplicate names, no NaN."""

from __future__ import annotations

import json
from typing import Any

from flask import Request
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

JSON_TYPE = "application/json"


class StrictParser(FlaskParser):
    """webargs, with bodies that a second reader could take differently refused."""

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ARG002
        if req.mimetype != JSON_TYPE:
            raise UnsupportedMediaType(f"send the body as {JSON_TYPE}")
        try:
            return json.loads(
                req.get_data().decode(), object_pairs_hook=_unique, parse_constant=_refuse_constant
            )
        except (ValueError, RecursionError) as error:
            raise BadRequest("the body is not JSON") from error


class StrictBlueprint(Blueprint):  # type: ignore[misc]
    """A blueprint whose bodies are read strictly."""

    ARGUMENTS_PARSER = StrictParser()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("a name occurs twice in one JSON object")
    return found


def _refuse_constant(name: str) -> None:
    raise BadRequest(f"{name} is not JSON")
