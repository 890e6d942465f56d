"""What a notice token stands for: it only hints at the notice and the build it is signed for.

What is served now is tried first, so that most acts need no look into the database.
"""

from __future__ import annotations

from collections.abc import Iterator

from consent.audit.tokens import Shown, open_notice
from consent.core.model import ShownNotice
from consent.core.notice import Notice
from consent.services.builds import page_build, script_build
from consent.services.keys import Keys
from consent.services.sites import LiveSite, get_notice
from consent.store.builds import builds_beginning
from consent.store.database import AnySession
from consent.store.publications import notices_beginning


def open_shown(
    session: AnySession, site: LiveSite, token: str, *, keys: Keys, now: int
) -> tuple[ShownNotice, Notice]:
    """Return what a notice token vouches for, and the notice itself.

    Raises NoticeTokenError unless we issued it for this site, at most 30 days ago.
    """

    def notices(hint: str) -> Iterator[str]:
        yield from _first((site.notice.hash,), hint)
        yield from notices_beginning(session, site.id, hint)

    def builds(hint: str) -> Iterator[str]:
        yield from _first((script_build(), page_build()), hint)
        yield from builds_beginning(session, hint)

    shown = open_notice(keys.keyring, site.id, token, now, Shown(notices, builds))
    is_current = shown.notice == site.notice.hash
    return shown, site.notice if is_current else get_notice(session, shown.notice)


def _first(digests: tuple[str, ...], hint: str) -> Iterator[str]:
    return (digest for digest in digests if digest.startswith(hint))
