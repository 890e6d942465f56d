"""The automatic blocker: a site's rules and the committed bundle, from one cacheable address.

The bytes are the same for everyone. Only sites that say so in their file serve it, since the log
then names it among what they show.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response

from consent.core.blocking import blocking_rules
from consent.core.config_addresses import host_of
from consent.errors import NotFoundError
from consent.services.builds import blocker_content
from consent.services.sites import LiveSite
from consent.web.context import live_site
from consent.web.script import Served, compressed, script_response

# Ours is a plain object; an element or frame of the page that has our name is believed in nothing.
CONFIG_PREFIX = (
    "(self.consent=Object.getPrototypeOf(self.consent||0)===Object.prototype?self.consent:{}).auto="
)

blueprint = Blueprint("blocker", __name__)


@blueprint.get("/sites/<site_id>/auto.js")
def blocker(site_id: str) -> Response:
    site = live_site(site_id)
    if not site.deployment.blocking.automatic:
        message = f"site {site.id!r} does not use the automatic blocker: [blocking] automatic"
        raise NotFoundError(message)
    return script_response(_compressed(composed_blocker(site)), vary="Accept-Encoding")


def composed_blocker(site: LiveSite) -> bytes:
    """Return the automatic blocker of a site, in the bytes browsers get."""
    config = json.dumps(blocker_config(site), separators=(",", ":"))
    return f"{CONFIG_PREFIX}{config};\n".encode() + blocker_content()


def blocker_config(site: LiveSite) -> dict[str, Any]:
    """Return what the automatic blocker works by."""
    deployment = site.deployment
    own = [host_of(address) for address in (*deployment.origins, deployment.service_url)]
    hosts = [*own, *site.notice.document["hosts"], *deployment.blocking.own_hosts]
    return {
        "cookie": deployment.answer_cookie,
        "scope": site.scope.hash16,
        "holds": deployment.blocking.holds_undeclared,
        "rules": blocking_rules(site.notice.document, hosts),
        "trackers": [
            {key: tracker[key] for key in ("name", "category", "kind")}
            for tracker in site.notice.deletable_trackers()
            if not tracker["http_only"]
        ],
    }


@lru_cache(maxsize=64)
def _compressed(plain: bytes) -> Served:
    return compressed(plain)
