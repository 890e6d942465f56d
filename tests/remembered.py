"""What every application or engine of a test would work out again, always to the same end.

Each test makes an application and an engine of its own, so that none meets what another left.
Two thirds of the time of a test of the web went into making the same routes, the same document
of the API and the same SQL again; here a process of tests makes each of them once. Nothing that
a service does is left out or done otherwise; programs that tests start know nothing of this.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, MutableMapping
from functools import partial
from types import CodeType
from typing import Any

from flask_smorest import Api, Blueprint
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

STATEMENTS = 4_000


def remember() -> None:
    """Begin, once in the life of a process."""
    event.listen(Engine, "engine_connect", _share_statements)
    _remember_routes()
    _document_when_asked()


class SharedStatements(MutableMapping[Any, Any]):
    """SQL that was made of a statement, for every engine of one kind.

    SQLAlchemy keeps it for one engine: the first part of its key is the engine's own dialect. So
    does this for statements that are text, whose columns only the database knows.
    """

    def __init__(self) -> None:
        self._made: LRUCache[Any, Any] = LRUCache(STATEMENTS)

    def __getitem__(self, key: Any) -> Any:
        made = self._made.get(_by_kind(key))
        return self._made[key] if made is None else made

    def __setitem__(self, key: Any, made: Any) -> None:
        is_text = made.isplaintext or made._ad_hoc_textual
        self._made[key if is_text else _by_kind(key)] = made

    def __delitem__(self, key: Any) -> None:
        self._made.pop(key, None)
        self._made.pop(_by_kind(key), None)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def _by_kind(key: Any) -> Any:
    dialect, *statement = key
    return (type(dialect), dialect.paramstyle, dialect.server_version_info, *statement)


_statements = SharedStatements()


def _share_statements(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_statements)


class CompiledTemplates(BytecodeCache):
    """The code of a template, for every application that has the same source of it."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._made.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._made[bucket.key, bucket.checksum] = bucket.code


TEMPLATES = CompiledTemplates()


def _remember_routes() -> None:
    """Compile what builds the URL of a rule once for each rule, not for each application."""
    compile_builder = Rule._compile_builder
    made: dict[Any, Callable[..., tuple[str, str]]] = {}

    def remembered(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002 -- as werkzeug calls it
        if rule.defaults:
            return compile_builder(rule, append_unknown)
        key = (rule.rule, *rule._trace, append_unknown)
        if key not in made:
            made[key] = compile_builder(rule, append_unknown)
        return made[key]

    Rule._compile_builder = remembered  # type: ignore[method-assign, assignment]


def _document_when_asked() -> None:
    """Write the document of the API when it is first asked for: few tests ever do."""
    describe, answer = Blueprint.register_views_in_doc, Api._openapi_json
    one_at_a_time = threading.Lock()

    def postpone(self: Blueprint, api: Api, *about: Any, **names: Any) -> None:
        waiting = vars(api).setdefault("postponed", [])
        waiting.append(partial(describe, self, api, *about, **names))

    def complete_and_answer(self: Api) -> Any:
        waiting = vars(self).get("postponed", [])
        with one_at_a_time:
            while waiting:
                waiting[0]()
                del waiting[0]
        return answer(self)

    Blueprint.register_views_in_doc = postpone
    Api._openapi_json = complete_and_answer
