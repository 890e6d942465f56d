"""The results as a page in Markdown, and as a chart with the same figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

from bench.log.measuring import Measured, Rate
from bench.log.results import Run

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 720, 420, 70, 30, 200, 50
_SERIES: tuple[tuple[str, str, Callable[[Measured], Rate]], ...] = (
    ("sealing", "#0c5fb3", lambda one: one.sealing),
    ("verifying the tree", "#1a7f5a", lambda one: one.tree),
    ("verifying with records", "#7a4fb5", lambda one: one.whole),
    ("proof, tiles read before", "#b35c00", lambda one: one.proof_warm),
    ("proof, tiles read anew", "#c0392b", lambda one: one.proof_cold),
    ("proof in a hash chain", "#555555", lambda one: one.chain_proof),
)


def table(runs: Sequence[Run]) -> str:
    """Return the page."""
    measured = [run.measured for run in runs]
    parts = [[_INTRODUCTION], _sections(measured), _reading(measured), _surroundings(runs)]
    return "\n".join(chain.from_iterable(parts)) + "\n"


def chart(runs: Sequence[Run]) -> str:
    """Return an SVG of operations a second over the size of the log, both on log scales."""
    measured = [run.measured for run in runs]
    shown = [one for one in measured if one.engine == measured[0].engine]
    xs = [math.log10(one.size) for one in shown]
    rates = [math.log10(rate(one).cpu) for one in shown for _, _, rate in _SERIES]
    low, high = math.floor(min(rates)), math.ceil(max(rates))
    plot = _Plot(min(xs), max(*xs, min(xs) + 1), low, high)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-labelledby="t" font-family="system-ui, sans-serif" font-size="12">'
    )
    what = "Operations a second of processor time"
    title = f"{what} on {shown[0].engine}, by the size of the log; the figures are in log.md"
    parts = [
        head,
        f'<title id="t">{title}</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        *plot.grid(xs),
        *plot.lines(shown),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


@dataclass(frozen=True, slots=True)
class _Plot:
    left: float
    right: float
    low: int
    high: int

    def x(self, value: float) -> float:
        share = (value - self.left) / (self.right - self.left)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def grid(self, xs: Sequence[float]) -> list[str]:
        lines = []
        for power in range(self.low, self.high + 1):
            y = self.y(power)
            lines.append(
                f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" '
                'stroke="#dddddd"/>'
            )
            label = f"{10.0**power:,.0f}" if power >= 0 else f"{10.0**power:g}"
            lines.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
        below = HEIGHT - BOTTOM + 20
        lines += [
            f'<text x="{self.x(one):.1f}" y="{below}" text-anchor="middle">{10**one:,.0f}</text>'
            for one in xs
        ]
        middle = (LEFT + WIDTH - RIGHT) / 2
        lines.append(
            f'<text x="{middle:.0f}" y="{HEIGHT - 12}" text-anchor="middle">entries in the log'
            "</text>"
        )
        lines.append(f'<text x="{LEFT}" y="{TOP - 12}">a second</text>')
        return lines

    def lines(self, measured: Sequence[Measured]) -> list[str]:
        drawn = []
        taken: list[float] = []
        for name, colour, rate in sorted(_SERIES, key=lambda one: -one[2](measured[-1]).cpu):
            points = [
                (self.x(math.log10(one.size)), self.y(math.log10(rate(one).cpu)))
                for one in measured
            ]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            drawn.append(
                f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
            )
            drawn += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points
            ]
            label = max([points[-1][1] + 4, *(one + 15 for one in taken)])
            taken.append(label)
            drawn.append(
                f'<text x="{WIDTH - RIGHT + 12}" y="{label:.1f}" fill="{colour}">{name}</text>'
            )
        return drawn


_INTRODUCTION = """\
# The log, measured

Measured on a machine whose processor cores other work shared (see the end of this page).
So figures are per second of this program's own processor time, which other work disturbs least \
(a PostgreSQL server's own time is not in it), but for the two rows that say otherwise.
Read the ratios: both sides of each were measured in the same run, on the same database, with the \
same entries.

The peer is a plain hash chain in a table of the same database, which is what audit logs mostly \
are: each link is the SHA-256 of the one before and the entry (`bench/log/chain.py`).
Its links are cheaper than our leaves, since they come without tree, tiles, index and signatures; \
but they have to be added one after the other, while the requests wait, and to show one entry to \
somebody takes every link after it.

`python -m bench.log --write` makes this page; `--ten-million` adds that size. The figures are \
kept in `log.json`.

![Operations a second, by the size of the log](log.svg)"""


def _surroundings(runs: Sequence[Run]) -> list[str]:
    lines = ["", "## When and where", ""]
    lines += ["| | day | Python | SQLite | cores | load before and after |"]
    lines += ["| --- | --- | --- | --- | --: | --: |"]
    for run in runs:
        where = run.where
        lines.append(
            f"| {run.measured.engine}, {run.measured.size:,} entries | {where.day} "
            f"| {where.python} | {where.sqlite} | {where.cores} "
            f"| {where.load_before:.1f}, {where.load_after:.1f} |"
        )
    return lines


def _sections(measured: Sequence[Measured]) -> list[str]:
    lines: list[str] = []
    for engine in dict.fromkeys(one.engine for one in measured):
        own = [one for one in measured if one.engine == engine]
        lines += ["", f"## {engine}", ""]
        lines += [
            f"| a second of processor time | {' | '.join(f'{one.size:,} entries' for one in own)} |"
        ]
        lines += [f"| --- |{' --: |' * len(own)}"]
        lines += [_row(name, [cell(one) for one in own]) for name, cell in _ROWS]
    return lines


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def _ratio(ours: float, theirs: float) -> str:
    return f"{_number(ours / theirs)} ×"


def _number(value: float) -> str:
    if value >= 10:  # noqa: PLR2004 -- from here on decimals say nothing
        return f"{value:,.0f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.4f}"  # noqa: PLR2004


_ROWS: tuple[tuple[str, Callable[[Measured], str]], ...] = (
    ("entries sealed, with tree, signatures and index", lambda one: _number(one.sealing.cpu)),
    ("links added to the chain, in batches as large", lambda one: _number(one.chaining.cpu)),
    ("**ratio**", lambda one: _ratio(one.sealing.cpu, one.chaining.cpu)),
    ("entries sealed, by the clock", lambda one: _number(one.sealing.wall)),
    ("links added, each by a request, by the clock", lambda one: _number(one.chaining_each.wall)),
    ("**ratio**", lambda one: _ratio(one.sealing.wall, one.chaining_each.wall)),
    ("proofs made, tiles read anew for each", lambda one: _number(one.proof_cold.cpu)),
    ("proofs made, with tiles read before", lambda one: _number(one.proof_warm.cpu)),
    ("proofs of a middle entry in the chain", lambda one: _number(one.chain_proof.cpu)),
    ("**ratio, tiles read anew**", lambda one: _ratio(one.proof_cold.cpu, one.chain_proof.cpu)),
    ("bytes of a proof", lambda one: f"{one.proof_bytes:,}"),
    ("bytes of a proof in the chain", lambda one: f"{one.chain_proof_bytes:,}"),
    ("proofs checked", lambda one: _number(one.checking.cpu)),
    ("entries verified, tree and all tiles", lambda one: _number(one.tree.cpu)),
    ("links of the chain verified", lambda one: _number(one.chain_check.cpu)),
    ("**ratio**", lambda one: _ratio(one.tree.cpu, one.chain_check.cpu)),
    ("records verified, all of `consent verify`", lambda one: _number(one.whole.cpu)),
)


def _reading(measured: Sequence[Measured]) -> list[str]:
    lines = ["", "## How it grows", "", "A rate that does not depend on the size is 1.00 ×.", ""]
    for engine in dict.fromkeys(one.engine for one in measured):
        own = [one for one in measured if one.engine == engine]
        first, last = own[0], own[-1]
        if first is last:
            continue
        growth = {
            "sealing": _ratio(last.sealing.cpu, first.sealing.cpu),
            "proofs": _ratio(last.proof_cold.cpu, first.proof_cold.cpu),
            "verifying": _ratio(last.tree.cpu, first.tree.cpu),
            "proofs in the chain": _ratio(last.chain_proof.cpu, first.chain_proof.cpu),
        }
        rates = ", ".join(f"{name} {ratio}" for name, ratio in growth.items())
        lines.append(f"- {engine}, at {last.size:,} entries against {first.size:,}: {rates}.")
    return lines
