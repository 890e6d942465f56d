"""A checkpoint is read from its own file, and from a message however mail programs saved it."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from consent.audit.action_counts import ActionCount, sign_action_count
from consent.verify.kept import kept_notes
from consent.verify.log_check import origin_of
from consent.verify.sources import UnreadableError
from tests.audit.make_keys import ORIGIN, log_signer

NOTE = "localhost:8000/log/university/1\n3\ncm9vdA==\n\n— localhost:8000/log/university/1 AAAA\n"


def make_message(*notes: str, encoding: str = "base64") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["Message-ID"] = "consent@university.example", "<1@example>"
    message["Subject"] = "Consent in October 2026"
    message.set_content("See the checkpoint.\n")
    message.add_alternative("<p>See the checkpoint.</p>", subtype="html")
    for number, note in enumerate(notes):
        content, name = note.encode(), f"checkpoint-{number}.txt"
        message.add_attachment(
            content, maintype="text", subtype="plain", filename=name, cte=encoding
        )
    return message


def test_a_note_is_read_as_it_is() -> None:
    assert kept_notes(NOTE.encode()) == [NOTE]


def test_line_ends_that_were_changed_on_the_way_are_put_right() -> None:
    assert kept_notes(NOTE.replace("\n", "\r\n").encode()) == [NOTE]


def test_a_count_of_acts_is_read_as_it_is() -> None:
    note = sign_action_count([log_signer()], ActionCount(ORIGIN, 812, 57, ((790, 791),)))
    assert kept_notes(note.encode()) == kept_notes(note.replace("\n", "\r\n").encode()) == [note]
    assert origin_of(note) == ORIGIN


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_each_checkpoint_attached_to_a_message_is_read(encoding: str) -> None:
    other = NOTE.replace("/1", "/2")
    assert kept_notes(make_message(NOTE, other, encoding=encoding).as_bytes()) == [NOTE, other]


def test_a_message_with_other_line_ends_is_read_as_well() -> None:
    content = make_message(NOTE, encoding="quoted-printable").as_bytes()
    assert kept_notes(content.replace(b"\n", b"\r\n")) == [NOTE]


def test_a_message_that_was_passed_on_is_read_as_well() -> None:
    outer = EmailMessage()
    outer["From"], outer["Message-ID"] = "olga@university.example", "<2@example>"
    outer.set_content("Please keep this.")
    outer.add_attachment(make_message(NOTE))
    assert kept_notes(outer.as_bytes()) == [NOTE]


def test_a_message_without_any_is_said_to_have_none() -> None:
    with pytest.raises(UnreadableError, match="has no checkpoint attached"):
        kept_notes(make_message().as_bytes())


def test_what_is_neither_is_left_as_it_is_for_the_check_to_refuse() -> None:
    assert kept_notes(b"a letter to my aunt") == ["a letter to my aunt"]


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(UnicodeDecodeError):
        kept_notes(b"\xff\xfe")
