"""A service without HTTP: one published site, keys, a clock, and people who act on it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.audit.signed import Keyring
from consent.audit.tokens import Pseudonyms, sign_notice
from consent.core.model import Control, Layer, ShownNotice, Site, Submission
from consent.core.times import MILLIS_PER_DAY, day_of, parse_rfc3339
from consent.services.answering import Recorded
from consent.services.builds import script_build
from consent.services.keys import Keys, LogKeys
from consent.services.presenting import Presented
from consent.services.publishing import propose, publish
from consent.services.recording import Act, record_consent
from consent.services.sites import LiveSite, load_live_sites
from consent.store.database import AnySession
from tests.make import make_site

START = parse_rfc3339("2026-11-22T12:00:00Z")


def make_keys() -> Keys:
    return Keys(
        keyring=Keyring([b"k" * 32]),
        pseudonyms=Pseudonyms(b"p" * 32),
        receipts=(Ed25519PrivateKey.from_private_bytes(b"r" * 32),),
        log=LogKeys(
            log=(Ed25519PrivateKey.from_private_bytes(b"l" * 32),),
            clock=(Ed25519PrivateKey.from_private_bytes(b"c" * 32),),
        ),
    )


def new_id() -> str:
    return str(uuid.uuid4())


@dataclass
class World:
    """What a test acts in. Time passes only when it says so."""

    session: AnySession
    now: int = START
    keys: Keys = field(default_factory=make_keys)

    def publish(self, **changes: Any) -> LiveSite:
        """Publish the programme's site, changed, and return it as it is served."""
        return self.publish_site(replace(make_site(), **changes))

    def publish_site(self, site: Site) -> LiveSite:
        publish(self.session, propose(self.session, site), now=self.now, keys=self.keys)
        return self.site(site.id)

    def site(self, site_id: str = "programme") -> LiveSite:
        sites = load_live_sites(self.session, self.now)
        self.session.rollback()
        return sites[site_id]

    def pass_days(self, days: int) -> None:
        self.now += days * MILLIS_PER_DAY

    def token(self, live: LiveSite, **changes: Any) -> str:
        """Return the token of the notice that a site shows today, or of a changed one."""
        shown = ShownNotice(live.id, live.notice.hash, script_build(), "en", day_of(self.now))
        return sign_notice(self.keys.keyring, replace(shown, **changes))


@dataclass
class Browser:
    """A visitor's browser: it keeps cookies and acts."""

    world: World
    gpc: bool = False
    cookies: Presented = field(default_factory=Presented)

    def act(
        self,
        control: str,
        choices: Mapping[str, bool],
        *,
        site: LiveSite | None = None,
        layer: str = "banner",
        submission_id: str | None = None,
        token: str | None = None,
        page_group: str | None = None,
        live: LiveSite | None = None,
    ) -> Recorded:
        """Act on a site as last served, and keep the cookies of the answer.

        Loading a site takes as long as recording does: `live` is the site of now, from who has it.
        """
        live = live or self.world.site()
        site = site or live
        submission = Submission(
            submission_id or new_id(), Control(control), Layer(layer), dict(choices), page_group
        )
        act = Act(submission, token or self.world.token(site), self.cookies, gpc=self.gpc)
        recorded = record_consent(
            self.world.session, live, act, keys=self.world.keys, now=self.world.now
        )
        self.cookies = Presented(
            _after(self.cookies.answer, recorded.answer_cookie),
            _after(self.cookies.identity, recorded.identity_cookie),
        )
        return recorded

    def accept_all(self, **context: Any) -> Recorded:
        return self._act_on_all("accept_all", allowed=True, **context)

    def refuse_all(self, **context: Any) -> Recorded:
        return self._act_on_all("refuse_all", allowed=False, **context)

    def withdraw_all(self, **context: Any) -> Recorded:
        return self._act_on_all("withdraw_all", allowed=False, **context)

    def save(self, *allowed: str, **context: Any) -> Recorded:
        live = self.world.site()
        site = context.get("site") or live
        choices = {category: category in allowed for category in site.notice.categories}
        return self.act("save", choices, live=live, **{"layer": "dialog", **context})

    def _act_on_all(self, control: str, *, allowed: bool, **context: Any) -> Recorded:
        live = self.world.site()
        site = context.get("site") or live
        choices = dict.fromkeys(site.notice.categories, allowed)
        return self.act(control, choices, live=live, **context)


def _after(kept: str | None, change: str | None) -> str | None:
    return kept if change is None else change or None


NewBrowser = Callable[[], Browser]
