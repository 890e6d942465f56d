"""Open each page in a fresh browser profile and see when its banner is there, and at what cost."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, CDPSession, Page

from bench.script.line import running_line
from bench.script.serving import Website
from bench.script.subjects import Subject

SETTLED_MS = 1_500  # nothing may move for so long
PATIENCE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Profile:
    """A line and a processor; `rate` in bytes a second, 0 for as fast as it goes.

    `latency_ms` is what the browser adds to each request; `rtt` in seconds is a round trip on a
    line of its own, which new connections pay as well.
    """

    name: str
    latency_ms: float = 0
    rate: int = 0
    cpu: int = 1
    rtt: float = 0


PROFILES = (
    Profile("no throttle"),
    # The figures of Chromium's own "Slow 4G", with a processor a quarter as fast.
    Profile("CPU × 4, slow 4G", latency_ms=562.5, rate=180_000, cpu=4),
    # What those figures stand for: 1.6 Mbit a second and 150 ms there and back, packet by packet.
    Profile("CPU × 4, slow 4G on the wire", rate=204_800, cpu=4, rtt=0.15),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One page view. Times are in milliseconds since navigation; those of tasks are durations."""

    seen: float
    settled: float
    script: float
    longest_task: float
    shift: float
    requests: int


# Looks at each frame whether the banner is seen: half opaque, and half of it in the window.
_WATCH = """
(selector) => {
  const out = (self.measured = { seen: 0, changed: 0, last: "", longest: 0, shift: 0 });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) out.longest = Math.max(out.longest, entry.duration);
  }).observe({ type: "longtask", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) out.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  const opacity = (node) =>
    node ? getComputedStyle(node).opacity * opacity(node.parentElement) : 1;
  const look = (now) => {
    const node = document.querySelector(selector);
    const box = node && node.getBoundingClientRect();
    if (box && box.width && box.height && getComputedStyle(node).visibility === "visible") {
      const clear = opacity(node);
      const inside = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
      const is = [box.x, box.y, box.width, box.height, clear].map((n) => n.toFixed(2)).join();
      if (!out.seen && clear >= 0.5 && inside >= box.height / 2) out.seen = now;
      if (is !== out.last) { out.last = is; out.changed = now; }
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
"""


def measure(
    browser: Browser,
    website: Website,
    subjects: Sequence[Subject],
    rounds: int,
    tell: Callable[[str], None],
) -> dict[tuple[str, str], list[Sample]]:
    """Return the samples of each subject under each profile, measured in turns."""
    samples: dict[tuple[str, str], list[Sample]] = {}
    dice = random.Random(7)  # noqa: S311 -- the order only has to be mixed
    for number in range(rounds):
        for profile in PROFILES:
            tell(f"round {number + 1} of {rounds}, {profile.name}")
            with _line(website, profile) as port:
                for subject in dice.sample(list(subjects), len(subjects)):
                    sample = _view(browser, website, port, subject, profile)
                    samples.setdefault((subject.name, profile.name), []).append(sample)
    return samples


@contextmanager
def _line(website: Website, profile: Profile) -> Iterator[int]:
    """Return the port under which the website is reached on this profile's line."""
    if not profile.rtt:
        yield website.port
        return
    with running_line(website.port, rtt=profile.rtt, rate=profile.rate) as port:
        yield port


def _view(
    browser: Browser, website: Website, port: int, subject: Subject, profile: Profile
) -> Sample:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        _throttle(session, profile)
        session.send("Performance.enable", {"timeDomain": "timeTicks"})
        page.add_init_script(f"({_WATCH})({subject.selector!r})")
        website.requests.clear()
        page.goto(f"http://127.0.0.1:{port}/{subject.name}.html", timeout=PATIENCE_MS)
        _wait_until_settled(page, subject)
        measured = page.evaluate("measured")
        requests = len(website.requests) - 1  # beside the page itself
        return Sample(
            measured["seen"],
            measured["changed"],
            _script_ms(session),
            measured["longest"],
            measured["shift"],
            requests,
        )
    finally:
        context.close()


def _throttle(session: CDPSession, profile: Profile) -> None:
    session.send("Network.enable")
    rate = -1 if profile.rtt else profile.rate or -1
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": profile.latency_ms,
            "downloadThroughput": rate,
            "uploadThroughput": rate,
        },
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": profile.cpu})


def _wait_until_settled(page: Page, subject: Subject) -> None:
    waited = 0
    while True:
        measured = page.evaluate("({ ...measured, now: performance.now() })")
        if measured["seen"] and measured["now"] - measured["changed"] > SETTLED_MS:
            return
        if waited > PATIENCE_MS:
            raise TimeoutError(f"{subject.name} shows nothing at {subject.selector}")
        page.wait_for_timeout(100)
        waited += 100


def _script_ms(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return 1000 * next(one["value"] for one in metrics if one["name"] == "ScriptDuration")
