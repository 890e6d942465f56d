"""`consent-verify`, also as one self-contained file: check an export of a log, needing nothing
but Python and `cryptography`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from consent.verify.report import Report
from consent.verify.running import Brought, check_path, read_evidence, run_check

INTERRUPTED = 130

_DESCRIPTION = """\
Check a consent log: that each record is what was committed, in order, and that nothing was
altered, removed or back-dated. PATH is an export (a folder, tar or zip) or an evidence pack."""

_EPILOG = "Exit code: 0 nothing found, 1 something was found, 2 it could not be checked."


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what the arguments name, print the report, and return the exit code."""
    options = _parser().parse_args(arguments)
    brought = Brought(
        policies=options.policy,
        vkeys=options.vkey,
        checkpoints=options.checkpoint,
        receipts=options.receipt,
        roots=options.tsa_root,
        recoveries=options.accept_recovery,
    )

    def check() -> Report:
        evidence = read_evidence(brought)
        return check_path(options.path, evidence, require_anchor=options.require_anchor)

    try:
        return run_check(check, as_json=options.json, write=_write, complain=_complain)
    except KeyboardInterrupt:
        _complain("NOT CHECKED: it was broken off")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="consent-verify", description=_DESCRIPTION, epilog=_EPILOG
    )
    parser.add_argument("path", type=Path, metavar="PATH")
    for name, metavar, text in (
        ("--policy", "FILE", "Keys you trust, got by another way than this export."),
        ("--checkpoint", "FILE", "A checkpoint you kept, or the mail with it."),
        ("--receipt", "FILE", "A receipt a visitor kept."),
        ("--tsa-root", "FILE", "Root certificate (PEM) of a time-stamp authority."),
    ):
        parser.add_argument(
            name, metavar=metavar, help=text, type=Path, action="append", default=[]
        )
    parser.add_argument(
        "--vkey", metavar="KEY", help="A public key you trust.", action="append", default=[]
    )
    parser.add_argument(
        "--accept-recovery",
        metavar="ID",
        help="A recovery from a backup of which you know.",
        action="append",
        default=[],
    )
    parser.add_argument(
        "--require-anchor",
        action="store_true",
        help="Count it as a failure if nobody outside vouches for the log.",
    )
    parser.add_argument("--json", action="store_true", help="Print the report as JSON.")
    return parser


def _write(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(f"{text}\n".encode(encoding, "backslashreplace").decode(encoding))


def _complain(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
