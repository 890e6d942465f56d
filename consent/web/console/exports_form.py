"""The form that asks for an export: which records, what for, and as what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import url_for

from consent.export.purposes import Purpose
from consent.services.export_bodies import forms_at_hand
from consent.services.export_jobs import MAX_REFERENCE, Order
from consent.services.sites import LiveSite
from consent.web.console.records_filter import FIELDS, Option, read_filter
from consent.web.console.words import ConsoleWords

NARROWER = ("event", "category", "notice", "language")
AS_STORED = "as_stored"

_DOWN_THE_PAGE = ("from", "to", *NARROWER, "purpose", "reference", "form")


@dataclass(frozen=True, slots=True)
class OrderForm:
    """What was filled in as it was written, the order it makes, and the fields that are wrong.

    There is no order where a field is wrong.
    """

    given: Mapping[str, str]
    faults: Mapping[str, str]
    order: Order | None

    @property
    def is_narrowed(self) -> bool:
        return any(self.given[name] for name in NARROWER)

    @property
    def first_faulty(self) -> str | None:
        """The field that has the focus when the page comes back."""
        return next((name for name in _DOWN_THE_PAGE if name in self.faults), None)


@dataclass(frozen=True, slots=True)
class QuickPeriod:
    """A period that one press fills in."""

    label: str
    href: str
    is_chosen: bool


def empty_form(args: Mapping[str, str], now: int) -> OrderForm:
    """Return the form as it is first shown: last month, or the days in an address."""
    begins, ends = _periods(_day(now))["last_month"]
    given = dict.fromkeys((*FIELDS, "purpose", "reference", AS_STORED), "")
    given |= {"from": begins, "to": ends, "form": forms_at_hand()[0]}
    given |= {name: args[name] for name in ("from", "to") if name in args}
    return OrderForm(given, {}, None)


def read_form(
    site: LiveSite, form: Mapping[str, str], options: Mapping[str, Sequence[Option]]
) -> OrderForm:
    """Return the order in a form that was sent."""
    asked = read_filter(site, form, options)
    faults = dict(asked.faults)
    names = ("purpose", "reference", "form", AS_STORED)
    given = {**asked.given, **{name: form.get(name, "").strip() for name in names}}
    if given["purpose"] not in set(Purpose):
        faults["purpose"] = "exports.fault.purpose"
    if given["form"] not in forms_at_hand():
        faults["form"] = "exports.fault.form"
    if len(given["reference"]) > MAX_REFERENCE:
        faults["reference"] = "exports.fault.long"
    elif given[AS_STORED] and not given["reference"]:
        faults["reference"] = "exports.fault.reason"
    if faults:
        return OrderForm(given, faults, None)
    order = Order(
        asked.wanted,
        given["form"],
        Purpose(given["purpose"]),
        given["reference"] or None,
        as_stored=bool(given[AS_STORED]),
    )
    return OrderForm(given, faults, order)


def quick_periods(
    site: LiveSite, form: OrderForm, now: int, words: ConsoleWords
) -> list[QuickPeriod]:
    """Return the periods that officers ask for most."""
    here = url_for("console.exports", site=site.id)
    return [
        QuickPeriod(
            words(f"exports.period.{name}"),
            f"{here}?{urlencode({'from': begins, 'to': ends})}",
            is_chosen=(form.given["from"], form.given["to"]) == (begins, ends),
        )
        for name, (begins, ends) in _periods(_day(now)).items()
    ]


def _periods(today: dt.date) -> dict[str, tuple[str, str]]:
    """Return first and last day of each, empty for no end."""
    this_month = today.replace(day=1)
    this_quarter = this_month.replace(month=(today.month - 1) // 3 * 3 + 1)
    this_year = today.replace(month=1, day=1)
    day = dt.timedelta(days=1)
    last_month, last_quarter = this_month - day, this_quarter - day
    first_of_quarter = last_quarter.replace(day=1, month=last_quarter.month - 2)
    return {
        "last_month": (_iso(last_month.replace(day=1)), _iso(last_month)),
        "this_month": (_iso(this_month), _iso(today)),
        "last_quarter": (_iso(first_of_quarter), _iso(last_quarter)),
        "this_year": (_iso(this_year), _iso(today)),
        "last_year": (_iso(this_year.replace(year=today.year - 1)), _iso(this_year - day)),
        "everything": ("", ""),
    }


def _iso(day: dt.date) -> str:
    return day.isoformat()


def _day(millis: int) -> dt.date:
    return dt.datetime.fromtimestamp(millis / 1000, dt.UTC).date()
