"""What was measured, kept as figures, so that a size can be measured by itself."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.log.measuring import Measured, Rate


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where and when it was measured; the load is that of the last minute."""

    day: str
    python: str
    sqlite: str
    cores: int
    load_before: float
    load_after: float


@dataclass(frozen=True, slots=True)
class Run:
    """One size on one engine; both sides of each ratio in it were measured together."""

    measured: Measured
    where: Surroundings


@dataclass
class Results:
    """The newest run of each engine and size, the smallest size first."""

    runs: list[Run] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Results:
        """Return the results kept in a file; none without one."""
        kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        return cls([Run(_measured(one["measured"]), Surroundings(**one["where"])) for one in kept])

    def add(self, run: Run) -> None:
        """Take a run in, in place of an earlier one of its engine and size."""
        key = _key(run)
        self.runs = sorted([*(one for one in self.runs if _key(one) != key), run], key=_key)

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = [asdict(run) for run in self.runs]
        path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def _key(run: Run) -> tuple[bool, int]:
    return run.measured.engine != "SQLite", run.measured.size


def _measured(kept: dict[str, Any]) -> Measured:
    return Measured(
        **{name: Rate(**one) if isinstance(one, dict) else one for name, one in kept.items()}
    )
