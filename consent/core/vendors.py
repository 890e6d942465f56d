"""Names by which analytics and advertising vendors are known; none of them is ever necessary.

The list is not complete and need not be: it catches the mistake that regulators fined most.
"""

from __future__ import annotations

from collections.abc import Iterable

from consent.core.declared_hosts import parse_declared_host
from consent.core.model import Tracker
from consent.core.patterns import matches

_HOSTS = """
adnxs.com ads-twitter.com adobedtm.com adsrvr.org amazon-adsystem.com amplitude.com bing.com
clarity.ms criteo.com criteo.net demdex.net doubleclick.net facebook.com facebook.net
fullstory.com google-analytics.com googleadservices.com googlesyndication.com
googletagmanager.com hotjar.com hotjar.io hs-analytics.net hubspot.com licdn.com linkedin.com
marketo.net matomo.cloud mixpanel.com mouseflow.com omtrdc.net outbrain.com pinterest.com
quantserve.com scorecardresearch.com sc-static.net segment.com segment.io snapchat.com
taboola.com tiktok.com twitter.com yandex.ru
"""

_NAMES = """
_ga _ga_* _gid _gat* _gac_* _gcl_* __gads __gpi* __utm* ide _fbp _fbc _hj* muid _uet* _clck _clsk
_ttp li_* lidc bcookie ln_or _pin_* _scid* cto_* _pk_* mp_* ajs_* amplitude* __hstc __hssc
hubspotutk s_vi s_fid _ym_* _twclid test_cookie
"""

_PROVIDERS = (
    "adobe analytics",
    "bing",
    "clarity",
    "criteo",
    "doubleclick",
    "facebook",
    "google ads",
    "google analytics",
    "google tag manager",
    "googletagmanager",
    "hotjar",
    "linkedin",
    "meta pixel",
    "mixpanel",
    "outbrain",
    "taboola",
    "tiktok",
)

_BARRED_HOSTS = tuple(_HOSTS.split())
_BARRED_NAMES = tuple(_NAMES.split())
_RUN_BY_SITES = ("_pk_*",)  # software for statistics that a site can run itself


def vendor_sign(tracker: Tracker, provider_name: str) -> str | None:
    """Return what gives a tracker away as analytics or advertising; None if nothing does."""
    names = _BARRED_NAMES
    return _host_sign(tracker) or _name_sign(tracker, names) or _word_sign(tracker, provider_name)


def statistics_vendor_sign(tracker: Tracker, provider_name: str) -> str | None:
    """Return the same for statistics that are exempt, which a site may make with its own Matomo."""
    names = [name for name in _BARRED_NAMES if name not in _RUN_BY_SITES]
    return _host_sign(tracker) or _name_sign(tracker, names) or _word_sign(tracker, provider_name)


def _host_sign(tracker: Tracker) -> str | None:
    hosts = [parse_declared_host(text).bare_host for text in tracker.hosts]
    for host in (*hosts, *([tracker.domain] if tracker.domain else [])):
        if any(host == barred or host.endswith(f".{barred}") for barred in _BARRED_HOSTS):
            return f"host {host}"
    return None


def _name_sign(tracker: Tracker, barred_names: Iterable[str]) -> str | None:
    name = tracker.name.lower()
    if any(matches(barred, name) for barred in barred_names):
        return f"name {tracker.name}"
    return None


def _word_sign(tracker: Tracker, provider_name: str) -> str | None:
    words = f"{tracker.name} {provider_name} {tracker.provider}".lower()
    words = words.replace("-", " ").replace("_", " ")
    for barred in _PROVIDERS:
        if f" {barred} " in f" {words} ":
            return f'"{barred}"'
    return None
