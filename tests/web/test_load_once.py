"""*Load this once* is offered where a click can load a frame, and nowhere else."""

from __future__ import annotations

import pytest

from consent.services.unpublished import as_served
from consent.web.script import drawn_config
from tests.make import make_site, make_site_text

POLICY = "\n[content_policy]\nimg = [\"'self'\"]\n"


@pytest.mark.parametrize(
    ("extra", "is_offered"),
    [("", True), (POLICY, False), (f"{POLICY}load_once = true\n", True)],
)
def test_a_frame_that_the_policy_keeps_out_is_not_offered_once(
    extra: str, *, is_offered: bool
) -> None:
    site = as_served(make_site(text=make_site_text(extra=extra)))
    texts = drawn_config(site, "en", now=0)["texts"]
    assert bool(texts["embed.load_once"]) is is_offered
    assert texts["embed.allow_always"]
