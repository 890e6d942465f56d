"""The results as a page in Markdown, and as a chart with the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.script.measuring import PROFILES, Sample
from bench.script.subjects import FLOOR, OURS, REFERENCE, RIVAL

BAR, WIDTH, LEFT = 22, 720, 190


@dataclass(frozen=True, slots=True)
class Result:
    """One banner: what it weighs, and its page views by profile."""

    name: str
    version: str
    layers: int
    weight: int
    samples: Mapping[str, Sequence[Sample]]

    def median(self, profile: str, what: str) -> float:
        return median(getattr(sample, what) for sample in self.samples[profile])


@dataclass(frozen=True, slots=True)
class Surroundings:
    """When and where it was measured."""

    day: str
    browser: str
    cores: int
    rounds: int
    load: tuple[float, float]


def page(results: Sequence[Result], where: Surroundings) -> str:
    """Return the page."""
    before, after = where.load
    lines = [
        "# The script, measured",
        "",
        (
            f"Measured on {where.day} in Chromium {where.browser} on {where.cores} processor cores "
            f"that other work shared (load {before:.1f} before, {after:.1f} after), "
            f"{where.rounds} rounds, all banners in turns in each; medians."
        ),
        "Read sizes and ratios: milliseconds are those of one machine on one day.",
        "",
        (
            "Each banner is put on the same page as its own documentation has it, with the same "
            "four categories in English, served compressed by the same server, in a browser "
            "profile without a cache. "
            "The weight has every file it loads and what of it lies in the page."
        ),
        (
            "*Seen* is the first frame with half of the banner in the window, half opaque; "
            "*settled* the last one in which anything of it moved. `cookie-notice` has no second "
            "layer and nothing to choose: it is here for its size. "
            f"*{FLOOR}* is no banner, but a script that puts one paragraph on the page and does "
            "nothing else: no banner that comes as a script can be seen before it."
        ),
        (
            "*Slow 4G* is Chromium's own throttle, which adds 562 ms to each request, however many "
            "there are; *on the wire* is what those figures stand for: 1.6 Mbit a second and 150 "
            "ms there and back through a relay, where a new connection costs a round trip too."
        ),
        "",
        "`make bench-script` makes this page anew.",
        "",
        "![Weight and first sight of each banner](script.svg)",
        "",
        *_weights(results),
    ]
    for profile in PROFILES:
        lines += ["", *_times(results, profile.name)]
    return "\n".join(lines) + "\n"


def _weights(results: Sequence[Result]) -> list[str]:
    ours = next(one for one in results if one.name == OURS)
    lines = [
        "| banner | layers | requests | brotli bytes | of ours |",
        "| --- | --: | --: | --: | --: |",
    ]
    for one in sorted(results, key=lambda one: one.weight):
        requests = one.median(PROFILES[0].name, "requests")
        lines.append(
            f"| {one.name} {one.version} | {one.layers} | {requests:.0f} | {one.weight:,} "
            f"| {one.weight / ours.weight:.2f} × |"
        )
    return lines


def _times(results: Sequence[Result], profile: str) -> list[str]:
    by_name = {one.name: one.median(profile, "seen") for one in results}
    lines = [
        f"## {profile[0].upper()}{profile[1:]}",
        "",
        (
            f"| banner | seen, ms | ÷ {RIVAL} | ÷ {REFERENCE} | settled after seen, ms "
            "| script, ms | longest task, ms | layout shift |"
        ),
        "| --- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for one in sorted(results, key=lambda one: one.median(profile, "seen")):
        seen = one.median(profile, "seen")
        later = median(sample.settled - sample.seen for sample in one.samples[profile])
        lines.append(
            f"| {one.name} | {seen:.0f} | {seen / by_name[RIVAL]:.2f} "
            f"| {seen / by_name[REFERENCE]:.2f} | {later:.0f} "
            f"| {one.median(profile, 'script'):.1f} | {one.median(profile, 'longest_task'):.0f} "
            f"| {one.median(profile, 'shift'):.3f} |"
        )
    return lines


def chart(results: Sequence[Result]) -> str:
    """Return an SVG of bars: weight, and the first sight under each profile."""
    groups = [("Brotli bytes, everything", {one.name: float(one.weight) for one in results})]
    for profile in PROFILES:
        seen = {one.name: one.median(profile.name, "seen") for one in results}
        groups.append((f"Milliseconds until it is seen, {profile.name}", seen))
    height = sum(40 + BAR * len(values) for _, values in groups) + 10
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            'aria-labelledby="t" font-family="system-ui, sans-serif" font-size="13">'
        ),
        '<title id="t">Weight and first sight of each banner; the figures are in script.md</title>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    top = 0
    for title, values in groups:
        parts += _bars(title, values, top)
        top += 40 + BAR * len(values)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _bars(title: str, values: Mapping[str, float], top: int) -> list[str]:
    longest = max(values.values())
    parts = [f'<text x="10" y="{top + 26}" font-weight="600">{title}</text>']
    for number, (name, value) in enumerate(sorted(values.items(), key=lambda item: item[1])):
        y = top + 36 + BAR * number
        width = value / longest * (WIDTH - LEFT - 90)
        colour = "#0c2577" if name == OURS else "#9aa4bd"
        weight = ' font-weight="600"' if name == OURS else ""
        parts += [
            f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end"{weight}>{name}</text>',
            (
                f'<rect x="{LEFT}" y="{y + 2}" width="{width:.1f}" height="{BAR - 6}" '
                f'fill="{colour}"/>'
            ),
            f'<text x="{LEFT + width + 6:.1f}" y="{y + 14}"{weight}>{value:,.0f}</text>',
        ]
    return parts
