"""A theme of a few tokens: dark colours follow from the light ones, and both can be read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.core.colour import contrast, luminance, mix, readable
from consent.core.config import load_site
from consent.core.gate_theme import contrasts, theme_findings
from consent.core.model import Theme
from consent.core.theme import COLOURS, DARK, DEFAULT_COLOURS, with_dark
from tests.make import make_site, make_site_text

COLOUR = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def theme(**colours: str) -> Theme:
    return Theme(position="bar", radius=8, font="sans-serif", **with_dark(colours))


def faults(one: Theme, suffix: str) -> list[str]:
    return [str(f) for f in theme_findings(one) if f.place.endswith(DARK) == (suffix == DARK)]


@pytest.mark.legal("AC-07", "AC-13")
@given(st.fixed_dictionaries(dict.fromkeys(COLOURS, COLOUR)))
def test_what_can_be_read_by_day_can_be_read_by_night(colours: dict[str, str]) -> None:
    """Whatever the colours are: those derived for the dark pass where the light ones need not."""
    made = theme(**colours)
    if luminance(colours["surface"]) >= 0.18 or faults(made, "") == []:
        assert faults(made, DARK) == []


@pytest.mark.parametrize("button", ["#0a7d4b", "#b3123f", "#000000", "#7a4b00"])
def test_a_site_that_names_its_button_only_gets_a_readable_one_of_its_hue(button: str) -> None:
    made = theme(button=button, accent=button)
    assert list(theme_findings(made)) == []
    assert luminance(made.surface_dark) < 0.02
    assert luminance(made.text_dark) > 0.7
    strongest = max(range(3), key=lambda at: int(button[1 + 2 * at : 3 + 2 * at], 16))
    channels = [int(made.button_dark[1 + 2 * at : 3 + 2 * at], 16) for at in range(3)]
    assert channels[strongest] == max(channels)


def test_a_dark_value_that_is_given_stays_and_the_rest_is_made_to_go_with_it() -> None:
    made = theme(button="#0a7d4b", surface_dark="#202020", button_text_dark="#000000")
    assert (made.surface_dark, made.button_text_dark) == ("#202020", "#000000")
    assert list(theme_findings(made)) == []


def test_a_theme_that_is_dark_by_day_stays_as_it_is_by_night() -> None:
    day = {"surface": "#101418", "text": "#f0f0f0", "button": "#ffd54a", "button_text": "#101418"}
    made = theme(**day, accent="#ffd54a")
    assert [getattr(made, name + DARK) for name in COLOURS] == [
        getattr(made, name) for name in COLOURS
    ]


def test_without_a_theme_the_default_colours_hold() -> None:
    assert with_dark({}) == DEFAULT_COLOURS
    site = load_site(make_site_text(top="") + '\n[theme]\nposition = "centre"\n', "site.toml")
    assert replace(site.theme, position="bar") == make_site().theme
    assert site.theme.position == "centre"


def test_every_pair_is_judged_in_both_schemes() -> None:
    judged = list(contrasts(make_site().theme))
    assert {scheme for scheme, *_ in judged} == {"light", "dark"}
    assert len(judged) == 16
    assert all(found >= least for *_, found, least in judged)


@pytest.mark.legal("AC-07")
def test_text_that_passes_on_the_ground_but_not_on_a_card_is_refused() -> None:
    text = "#767676"
    assert contrast(text, "#ffffff") >= 4.5
    [finding] = theme_findings(replace(make_site().theme, text=text))
    assert (finding.rule, finding.place) == ("AC-07", "theme.text")
    assert "the tint of cards" in finding.message


def test_colours_are_mixed_as_css_mixes_them() -> None:
    assert mix("#ffffff", "#000000", 0.2) == "#cccccc"
    assert mix("#102030", "#102030", 0.5) == "#102030"


def test_a_colour_is_moved_no_further_than_it_needs() -> None:
    assert readable("#001158", "#ffffff", 4.5) == "#001158"
    assert 4.5 <= contrast(readable("#888888", "#ffffff", 4.5), "#ffffff") < 4.7
    assert readable("#888888", "#777777", 7.0) == "#000000"
