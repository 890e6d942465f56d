"""The times as a page in Markdown, and as a chart with the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bench.console.measuring import Timed

BAR_MS = 1_000.0
WIDTH, LEFT, RIGHT, ROW, TOP = 760, 330, 70, 26, 46

_INTRODUCTION = """\
# The console over {rows:,} records

Each page was asked for as a browser asks, through the whole application, by an officer who is \
signed in; the time is that of the whole answer. PostgreSQL {postgres} runs on the same machine, \
on disk, with 1 GB of shared buffers. The bar is one second, for every page.

The records fill a year. {lived} of them were written by the service itself and are sealed: search \
and proof are measured with these. The others were written by the database, as long and as varied, \
without a place in the log; how the log grows is in [log.md](log.md).

`make bench-console` makes this page; `python -m bench.console --rows 1000000` measures a smaller \
one. The figures are kept in `console.json`.

![Time of each page](console.svg)

The last column is the processor time of this program in it, which other work on the machine \
disturbs least; the database's own is not in it.

| page | first time | median | worst of {times} | own processor time |
| --- | --: | --: | --: | --: |"""


def table(timed: Sequence[Timed], facts: dict[str, object]) -> str:
    """Return the page."""
    lines = [_INTRODUCTION.format(times=timed[0].times, **facts)]
    lines += [
        f"| {one.name} | {_ms(one.first)} | {_ms(one.median)} | {_ms(one.worst)} | {_ms(one.own)} |"
        for one in timed
    ]
    slow = [one.name for one in timed if one.median > BAR_MS]
    verdict = (
        f"Slower than a second, as a rule: {'; '.join(slow)}."
        if slow
        else "No page takes a second, as a rule."
    )
    lines += ["", verdict, "", "## When and where", "", f"{facts['where']}", ""]
    return "\n".join(lines)


def chart(timed: Sequence[Timed]) -> str:
    """Return bars of the median of each page, with a mark at the worst."""
    height = TOP + ROW * len(timed) + 30
    most = max(BAR_MS, *(one.worst for one in timed))
    scale = (WIDTH - LEFT - RIGHT) / most
    limit = LEFT + BAR_MS * scale
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            'aria-labelledby="t" font-family="system-ui, sans-serif" font-size="12">'
        ),
        (
            '<title id="t">Milliseconds of each page of the console; the figures are in console.md'
            "</title>"
        ),
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="20" fill="#222222">median (bar) and worst (line), ms</text>',
        (
            f'<line x1="{limit:.1f}" x2="{limit:.1f}" y1="{TOP - 10}" y2="{height - 24}" '
            'stroke="#b3261e" stroke-dasharray="4 4"/>'
        ),
        (
            f'<text x="{limit:.1f}" y="{height - 8}" text-anchor="end" fill="#b3261e">one second'
            "</text>"
        ),
    ]
    for number, one in enumerate(timed):
        y = TOP + ROW * number
        end, worst = LEFT + one.median * scale, LEFT + one.worst * scale
        parts += [
            (
                f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end" fill="#222222">'
                f"{escape(one.name)}</text>"
            ),
            (
                f'<rect x="{LEFT}" y="{y}" width="{max(1.0, end - LEFT):.1f}" height="17" '
                'fill="#0c5fb3"/>'
            ),
            (
                f'<line x1="{worst:.1f}" x2="{worst:.1f}" y1="{y}" y2="{y + 17}" stroke="#222222" '
                'stroke-width="2"/>'
            ),
            (
                f'<text x="{max(end, worst) + 6:.1f}" y="{y + 13}" fill="#222222">'
                f"{one.median:.0f}</text>"
            ),
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _ms(value: float) -> str:
    return f"{value:,.0f} ms"
