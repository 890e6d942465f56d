"""Signed values: one spelling, one meaning, keys that rotate; any flipped byte means undecided."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.audit.signed import Keyring
from consent.audit.tokens import (
    Pseudonyms,
    Shown,
    open_answer,
    open_identity,
    open_notice,
    sign_answer,
    sign_identity,
    sign_notice,
)
from consent.core.answer import Answer
from consent.core.model import ShownNotice
from consent.core.times import MILLIS_PER_DAY, parse_rfc3339
from consent.errors import ConfigurationError, NoticeTokenError, TokenError

OLD, NEW = b"o" * 32, b"n" * 32
NOW = parse_rfc3339("2026-11-22T12:00:00Z")
KEYS = Keyring([OLD, NEW])
ANSWER = Answer("0123456789abcdef", {"functional": True, "ads": False}, "20261122", "20270521")
SHOWN = ShownNotice("programme", "0a" * 32, "bd" * 32, "en", "20261122")
# Others that begin in the same way: only the signature tells them apart.
NOTICES = ("0a0a" + "f" * 60, SHOWN.notice)
BUILDS = (SHOWN.build, "bdbd" + "f" * 60)
KNOWN = Shown(
    lambda digits: [digest for digest in NOTICES if digest.startswith(digits)],
    lambda digits: [digest for digest in BUILDS if digest.startswith(digits)],
)


def flips(value: str) -> list[str]:
    """Return the value with each of its bits changed once, where that is still text."""
    changed = []
    for position, letter in enumerate(value):
        for bit in range(7):
            other = chr(ord(letter) ^ (1 << bit))
            changed.append(value[:position] + other + value[position + 1 :])
    return changed


@pytest.mark.legal("CT-08")
def test_any_flipped_bit_of_a_choice_cookie_is_refused() -> None:
    value = sign_answer(KEYS, "programme", ANSWER)
    assert open_answer(KEYS, "programme", value) == ANSWER
    for changed in flips(value):
        with pytest.raises(TokenError):
            open_answer(KEYS, "programme", changed)


def test_any_flipped_bit_of_an_id_cookie_is_refused() -> None:
    value = sign_identity(KEYS, "programme", bytes(range(16)))
    assert open_identity(KEYS, "programme", value) == bytes(range(16))
    for changed in flips(value):
        with pytest.raises(TokenError):
            open_identity(KEYS, "programme", changed)


@pytest.mark.legal("RP-12")
def test_any_flipped_bit_of_a_notice_token_is_refused() -> None:
    token = sign_notice(KEYS, SHOWN)
    assert open_notice(KEYS, "programme", token, NOW, KNOWN) == SHOWN
    for changed in flips(token):
        with pytest.raises(NoticeTokenError):
            open_notice(KEYS, "programme", changed, NOW, KNOWN)


@pytest.mark.parametrize("change", [{"notice": NOTICES[0]}, {"build": BUILDS[1]}])
def test_a_notice_token_is_for_one_of_those_it_may_hint_at(change: dict[str, str]) -> None:
    shown = replace(SHOWN, **change)
    token = sign_notice(KEYS, shown)
    assert token != sign_notice(KEYS, SHOWN)
    assert token.rpartition(".")[0] == sign_notice(KEYS, SHOWN).rpartition(".")[0]
    assert open_notice(KEYS, "programme", token, NOW, KNOWN) == shown


def test_a_notice_token_is_for_what_was_shown_here_only() -> None:
    token = sign_notice(KEYS, SHOWN)
    for known in (
        replace(KNOWN, notices=lambda _: []),
        replace(KNOWN, builds=lambda _: BUILDS[1:]),
    ):
        with pytest.raises(NoticeTokenError):
            open_notice(KEYS, "programme", token, NOW, known)


def test_a_notice_token_of_a_key_that_is_gone_is_refused() -> None:
    token = sign_notice(Keyring([OLD]), SHOWN)
    assert open_notice(KEYS, "programme", token, NOW, KNOWN) == SHOWN
    with pytest.raises(NoticeTokenError):
        open_notice(Keyring([NEW]), "programme", token, NOW, KNOWN)


def test_a_notice_token_is_short_since_every_visitor_loads_it() -> None:
    assert len(sign_notice(KEYS, SHOWN)) <= 52


@pytest.mark.legal("CT-08")
@given(st.text())
def test_garbage_is_refused_with_our_own_error(text: str) -> None:
    with pytest.raises(TokenError):
        open_answer(KEYS, "programme", text)
    with pytest.raises(TokenError):
        open_notice(KEYS, "programme", text, NOW, KNOWN)
    with pytest.raises(TokenError):
        open_identity(KEYS, "programme", text)


def test_a_value_counts_for_its_own_site_only() -> None:
    with pytest.raises(TokenError):
        open_answer(KEYS, "other", sign_answer(KEYS, "programme", ANSWER))
    with pytest.raises(NoticeTokenError):
        open_notice(KEYS, "other", sign_notice(KEYS, SHOWN), NOW, KNOWN)


def test_a_value_counts_for_its_own_meaning_only() -> None:
    with pytest.raises(TokenError):
        open_identity(KEYS, "programme", sign_answer(KEYS, "programme", ANSWER))


@pytest.mark.legal("RP-15")
def test_after_a_rotation_old_values_still_count_and_new_ones_name_the_new_key() -> None:
    before = sign_answer(Keyring([OLD]), "programme", ANSWER)
    assert open_answer(KEYS, "programme", before) == ANSWER
    after = sign_answer(KEYS, "programme", ANSWER)
    assert before.split(".")[1] == KEYS.key_ids[0]
    assert after.split(".")[1] == KEYS.key_ids[1]
    with pytest.raises(TokenError):
        open_answer(Keyring([NEW]), "programme", before)


@pytest.mark.legal("CT-07")
def test_a_choice_cookie_is_about_120_characters_and_the_same_for_everyone() -> None:
    choices = {"functional": False, "personalisation": False, "ads": False}
    refusal = Answer("0123456789abcdef", choices, "20261122", "20270521")
    value = sign_answer(KEYS, "programme", refusal)
    assert value == sign_answer(KEYS, "programme", refusal)
    assert len(value) < 140


@pytest.mark.parametrize(("days", "accepted"), [(0, True), (30, True), (31, False), (-1, False)])
def test_a_notice_token_counts_for_30_days(days: int, *, accepted: bool) -> None:
    token = sign_notice(KEYS, SHOWN)
    now = NOW + days * MILLIS_PER_DAY
    if accepted:
        assert open_notice(KEYS, "programme", token, now, KNOWN) == SHOWN
    else:
        with pytest.raises(NoticeTokenError, match="30 days"):
            open_notice(KEYS, "programme", token, now, KNOWN)


@pytest.mark.parametrize("keys", [[], [b"short"], [OLD, b"x" * 31]])
def test_weak_or_missing_keys_are_refused(keys: list[bytes]) -> None:
    with pytest.raises(ConfigurationError):
        Keyring(keys)


@pytest.mark.legal("RP-04")
def test_ids_have_128_bits_and_repeat_for_a_repeated_act_only() -> None:
    pseudonyms = Pseudonyms(b"p" * 32)
    first = pseudonyms.identity_for("programme", "one")
    assert len(first) == 16
    assert first == pseudonyms.identity_for("programme", "one")
    assert first != pseudonyms.identity_for("programme", "two")
    assert first != pseudonyms.identity_for("other", "one")


def test_a_subject_leads_back_to_no_id_without_the_key() -> None:
    identity = bytes(16)
    subject = Pseudonyms(b"p" * 32).subject_of("programme", identity)
    assert len(subject) == 64
    assert subject != Pseudonyms(b"q" * 32).subject_of("programme", identity)
    assert subject != Pseudonyms(b"p" * 32).subject_of("other", identity)
