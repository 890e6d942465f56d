"""The rules of the website's contact form, and nothing about how it is shown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

TOPICS: Mapping[str, str] = {
    "programme": "The programme and its components",
    "admissions": "Admission and documents",
    "fees": "Tuition fees",
    "visit": "A visit to the campus",
    "other": "Something else",
}
NAME_LENGTH = 100
EMAIL_LENGTH = 254  # RFC 5321 4.5.3.1.3 allows a path of 256 octets, angle brackets included
MESSAGE_LENGTH = 4000
SHORTEST_MESSAGE = 10
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


@dataclass(frozen=True, slots=True)
class Enquiry:
    """What a visitor wrote, trimmed but not yet judged."""

    name: str = ""
    email: str = ""
    topic: str = ""
    message: str = ""


def read_enquiry(form: Mapping[str, str]) -> Enquiry:
    """Return the fields of a submitted form; a missing field reads as an empty one."""
    return Enquiry(
        name=form.get("name", "").strip(),
        email=form.get("email", "").strip(),
        topic=form.get("topic", ""),
        message=form.get("message", "").replace("\r\n", "\n").strip(),
    )


def faults_in(enquiry: Enquiry) -> dict[str, str]:
    """Return one sentence for each field that must be corrected, in the form's order."""
    found = {
        "name": name_fault(enquiry.name),
        "email": email_fault(enquiry.email),
        "topic": "" if enquiry.topic in TOPICS else "Choose what your question is about.",
        "message": message_fault(enquiry.message),
    }
    return {field: fault for field, fault in found.items() if fault}


def name_fault(name: str) -> str:
    if not name:
        return "Enter your name."
    if len(name) > NAME_LENGTH:
        return f"Your name can have at most {NAME_LENGTH} characters; it has {len(name)}."
    if any(unicodedata.category(character) == "Cc" for character in name):
        return "Your name holds a character that cannot be shown. Type it again."
    return ""


def email_fault(email: str) -> str:
    if not email:
        return "Enter your email address."
    if len(email) > EMAIL_LENGTH or not EMAIL.fullmatch(email):
        return "Enter an email address in the form name@example.org."
    return ""


def message_fault(message: str) -> str:
    if not message:
        return "Write your question."
    if len(message) < SHORTEST_MESSAGE:
        return f"Write a little more: at least {SHORTEST_MESSAGE} characters."
    if len(message) > MESSAGE_LENGTH:
        return f"Your question can have at most {MESSAGE_LENGTH} characters; it has {len(message)}."
    return ""
