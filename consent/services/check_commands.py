"""Make the daily checks: by the commands that anybody can type, in a process of their own.

To check a log of millions takes minutes of computing, in which threads of the same process would
answer visitors slowly. What is kept of a result is a summary: it names no record.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consent.core.certificates import parse_certificate
from consent.core.checks import CheckKind, Outcome
from consent.core.sentence import Sentence, parse_sentence, sentence, words_of_others

LONGEST_SECONDS = 12 * 3_600
ARGUMENTS = {
    CheckKind.LOG: ("verify", "--json"),
    CheckKind.SERVICE: ("doctor", "--json"),
}

_PATIENCE = 10  # how kind it is to everything else on the machine
_WAIT_SECONDS = 10
_WORST = ("problem", "warning")  # levels of a self-check, worst first
_LOG_KEYS = ("origin", "size", "signed_at", "checkpoints", "opened", "anchored_at", "counts")
_MAIL = re.compile(r"[^\s<>:;,]+@[^\s<>:;,]+")
_RECIPIENT = re.compile(rf"(?<=: )\S.*?(?= did not get the report of )|{_MAIL.pattern}")
_SOMEBODY = sentence("a recipient")


@dataclass(frozen=True, slots=True)
class Result:
    """How a check ended, and its summary as JSON."""

    outcome: Outcome
    summary: Mapping[str, Any]


class CheckCommands:
    """Runs one command at a time; `stop` ends it."""

    def __init__(self, program: Sequence[str] | None = None) -> None:
        self._program = list(program or (interpreter(), "-m", "consent"))
        self._lock = threading.Lock()
        self._running: subprocess.Popen[str] | None = None
        self._is_stopped = False

    def run(self, kind: CheckKind) -> Result:
        """Return what a check finds; it takes as long as it takes."""
        try:
            process = self._start(kind)
        except OSError as error:
            error_name = type(error).__name__
            return failed(sentence("the command could not be started ({error})", error=error_name))
        if process is None:
            return Result(Outcome.INTERRUPTED, {})
        try:
            output, _ = process.communicate(timeout=LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return failed(sentence("it took too long and was ended"))
        finally:
            self._running = None
        if self._is_stopped:
            return Result(Outcome.INTERRUPTED, {})
        return read_result(kind, output, process.returncode)

    def stop(self) -> None:
        """End the command that runs, if one does; no other one begins."""
        with self._lock:
            self._is_stopped = True
            process = self._running
        if process is not None:
            with suppress(OSError):
                process.terminate()

    def _start(self, kind: CheckKind) -> subprocess.Popen[str] | None:
        with self._lock:
            if self._is_stopped:
                return None
            process = subprocess.Popen(  # noqa: S603 -- our own program, with arguments of our own
                [*self._program, *ARGUMENTS[kind]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
            self._running = process
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _PATIENCE)
        return process


def interpreter() -> str:
    """Return the Python to run; within some servers, `sys.executable` is the server."""
    if Path(sys.executable).name.startswith("python"):
        return sys.executable
    return str(Path(sys.prefix) / "bin" / "python3")


def read_result(kind: CheckKind, output: str, code: int) -> Result:
    """Return the summary of what a command printed."""
    try:
        report = json.loads(output)
        return _read_log(report) if kind is CheckKind.LOG else _read_service(report)
    except (ValueError, KeyError, TypeError, AttributeError):
        return failed(sentence("the command ended with code {code} and no report", code=code))


def failed(reason: Sentence) -> Result:
    """Return the result of a check that could not be made."""
    return Result(Outcome.FAILED, {"reason": str(reason), "said": reason.as_record()})


def _read_log(report: Mapping[str, Any]) -> Result:
    """Keep what was checked and what kinds of findings there are, but no record's id."""
    if report["verdict"] == "unchecked":
        return failed(words_of_others(str(report["error"])))
    logs = [{key: log[key] for key in _LOG_KEYS} for log in report["logs"]]
    outcome = Outcome.OK if report["verdict"] == "ok" else Outcome.PROBLEM
    return Result(outcome, {"logs": logs})


def _read_service(report: Mapping[str, Any]) -> Result:
    """Keep what is not in order, but not to whom a report is sent, and when certificates end."""
    counts = {str(level): int(number) for level, number in report["summary"].items()}
    found = [_kept(one) for one in report["findings"] if one["level"] in _WORST]
    found.sort(key=lambda one: _WORST.index(one["level"]))
    outcome = Outcome(found[0]["level"]) if found else Outcome.OK
    met = [parse_certificate(one).as_record() for one in report.get("certificates", ())]
    return Result(outcome, {"counts": counts, "findings": found, "certificates": met})


def _kept(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Return a finding in English, and with its values apart, so that pages can translate it."""
    kept: dict[str, Any] = {
        key: str(finding[key]) for key in ("group", "check", "level", "found", "advice")
    }
    said = {part: parse_sentence(record) for part, record in finding.get("said", {}).items()}
    if kept["group"] == "reports":
        kept["found"] = _RECIPIENT.sub(str(_SOMEBODY), kept["found"])
        said = {part: _without_recipient(one) for part, one in said.items()}
    return kept | {"said": {part: one.as_record() for part, one in said.items()}}


def _without_recipient(said: Sentence) -> Sentence:
    values: dict[str, str | Sentence] = {}
    for name, value in said.values.items():
        if name == "recipient":
            values[name] = _SOMEBODY
        elif isinstance(value, Sentence):
            values[name] = _without_recipient(value)
        else:
            values[name] = _MAIL.sub(str(_SOMEBODY), value)
    return Sentence(_MAIL.sub(str(_SOMEBODY), said.text), values)
