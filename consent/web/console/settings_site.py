"""Settings of the website: what is recorded, how visitors are asked, what is heeded and held."""

from __future__ import annotations

from collections.abc import Iterator

from consent.core.limits import (
    DEFAULT_CHOICE_DAYS,
    DEFAULT_PROOF_MONTHS,
    REFUSAL_RECORD_DAYS,
    SUBMISSION_DAYS,
)
from consent.core.model import NECESSARY, ErasureMode, GoogleMode, Shape
from consent.core.notice import EXEMPT, recipient_ids, trackers_of
from consent.web.console.settings_told import Teller, Told

_RECOMMENDED_LANGUAGES = frozenset({"en", "nl"})
_RECOMMENDED_LABEL = "Voorkeuren"  # what Dutch calls "functional" needs no consent


def recorded(teller: Teller) -> Iterator[Told]:
    """Tell what is recorded, and for how long."""
    t, deployment = teller.words, teller.site.deployment
    counts = deployment.record_refusals == "count"
    as_events = t("settings.refusals.event", days=teller.days(REFUSAL_RECORD_DAYS))
    yield teller.in_file(
        "refusals",
        t("settings.refusals.count") if counts else as_events,
        "record_refusals",
        default=as_events,
        differs=None if counts else t("settings.refusals.count"),
    )
    yield _proof(teller)
    yield _erasure(teller)
    days = deployment.backup_days
    yield teller.in_file(
        "backups",
        t("settings.backups.unknown") if days is None else teller.days(days),
        "backup_days",
    )
    yield teller.in_file(
        "groups", teller.none_or(deployment.page_groups, "settings.groups.none"), "page_groups"
    )
    yield teller.fixed("repeats", teller.days(SUBMISSION_DAYS))
    yield teller.fixed("never", t("settings.never.value"))


def asked(teller: Teller) -> Iterator[Told]:
    """Tell how visitors are asked, about what, and when again."""
    t, notice = teller.words, teller.site.notice
    yield _languages(teller)
    yield _categories(teller)
    yield _controller(teller)
    for key, days in (
        ("consent_days", notice.consent_days),
        ("refusal_days", notice.refusal_days),
    ):
        recommended = teller.days(DEFAULT_CHOICE_DAYS)
        is_usual = days == DEFAULT_CHOICE_DAYS or (
            key == "refusal_days" and days > DEFAULT_CHOICE_DAYS
        )
        yield teller.in_file(
            key,
            teller.days(days),
            f"lifetimes.{key}",
            default=recommended,
            differs=None if is_usual else recommended,
        )
    yield teller.fixed("again", t("settings.again.value"))
    yield teller.fixed("buttons", t("settings.buttons.value"))
    yield _place(teller)
    yield _transport(teller)
    yield _approvals(teller)


def heeded(teller: Teller) -> Iterator[Told]:
    """Tell which signals of browsers are heeded, and which other tags are told of choices."""
    t, notice = teller.words, teller.site.notice
    labels = _labels(teller)
    named = tuple(labels[one] for one in notice.gpc_categories)
    has_ads = "ads" in notice.categories
    yield teller.in_file(
        "gpc",
        t("settings.gpc.value", categories=t.list(list(named)))
        if named
        else t("settings.gpc.none"),
        "categories.*.gpc",
        default=t("settings.gpc.default"),
        differs=t("settings.gpc.default")
        if has_ads and "ads" not in notice.gpc_categories
        else None,
    )
    yield teller.fixed("dnt", t("settings.dnt.value"))
    google = notice.document.get("signals", {}).get("google")
    mode = None if google is None else str(google["mode"])
    yield teller.in_file(
        "google",
        t("settings.google.none" if mode is None else f"settings.google.{mode}"),
        "signals.google",
        default=t("settings.google.none"),
        differs=t("settings.google.basic") if mode == GoogleMode.ADVANCED else None,
    )
    yield teller.fixed("iab", t("settings.iab.value"))


def held(teller: Teller) -> Iterator[Told]:
    """Tell how firmly tags wait for a choice."""
    t, deployment = teller.words, teller.site.deployment
    blocking, policy = deployment.blocking, deployment.content_policy
    yield teller.fixed("tags", t("settings.tags.value"))
    if not blocking.automatic:
        told = "settings.blocker.off"
    else:
        told = "settings.blocker.hold" if blocking.holds_undeclared else "settings.blocker.report"
    names = ("blocking.automatic", "blocking.undeclared")
    yield teller.in_file("blocker", t(told), *names, default=t("settings.blocker.off"))
    lines = []
    if policy is not None:
        lines.append(t("settings.policy.once" if policy.load_once else "settings.policy.refused"))
        lines.append(t("settings.policy.reports" if policy.reports else "settings.policy.silent"))
    yield teller.in_file(
        "policy",
        t("settings.policy.none" if policy is None else "settings.policy.some"),
        "content_policy",
        default=t("settings.policy.none"),
        lines=tuple(lines),
    )


def _proof(teller: Teller) -> Told:
    t, months = teller.words, teller.site.notice.proof_months
    usual = t("settings.proof.value", months=teller.months(DEFAULT_PROOF_MONTHS))
    return teller.in_file(
        "proof",
        t("settings.proof.value", months=teller.months(months)),
        "lifetimes.proof_months",
        default=usual,
        differs=None if months == DEFAULT_PROOF_MONTHS else usual,
        lines=(t("settings.proof.reason"),) if months > DEFAULT_PROOF_MONTHS else (),
    )


def _erasure(teller: Teller) -> Told:
    t, deployment = teller.words, teller.site.deployment
    if deployment.erasure is ErasureMode.FULL:
        return teller.in_file(
            "erasure", t("settings.erasure.full"), "erasure", default=t("settings.erasure.full")
        )
    reasons = deployment.erasure_reason
    reason = reasons.get(t.language) or reasons.get(teller.site.notice.default_language, "")
    return teller.in_file(
        "erasure",
        t("settings.erasure.unlink"),
        "erasure",
        "erasure_reason",
        default=t("settings.erasure.full"),
        lines=(t("settings.erasure.reason", reason=reason),),
    )


def _languages(teller: Teller) -> Told:
    t, notice = teller.words, teller.site.notice
    names = [teller.language_name(one) for one in notice.languages]
    first = teller.language_name(notice.default_language)
    lacks = _RECOMMENDED_LANGUAGES - set(notice.languages)
    return teller.in_file(
        "languages",
        t("settings.languages.value", languages=t.list(names), first=first),
        "languages",
        "default_language",
        differs=t("settings.languages.recommended") if lacks else None,
    )


def _categories(teller: Teller) -> Told:
    t, document = teller.words, teller.site.notice.document
    labels = _labels(teller)
    lines = [
        t(
            "settings.categories.one",
            label=label,
            items=t.number(len(trackers_of(document, category))),
            recipients=t.number(len(recipient_ids(document, category))),
        )
        for category, label in labels.items()
    ]
    for group in (NECESSARY, EXEMPT):
        if found := len(trackers_of(document, group)):
            key = "necessary" if group == NECESSARY else "exempt"
            lines.append(t(f"settings.categories.{key}", items=t.number(found)))
    value = t("settings.categories.value", categories=t.list(list(labels.values())))
    dutch = next(
        (one["label"].get("nl") for one in document["categories"] if one["id"] == "functional"),
        None,
    )
    return teller.in_file(
        "categories",
        value if labels else t("settings.categories.none"),
        "categories",
        "trackers",
        differs=None
        if dutch in (None, _RECOMMENDED_LABEL)
        else t("settings.categories.recommended"),
        lines=tuple(lines),
    )


def _controller(teller: Teller) -> Told:
    controller = teller.site.notice.document["controller"]
    t = teller.words
    return teller.in_file(
        "controller",
        f"{controller['name']}, {controller['address']}",
        "controller",
        lines=(
            t(
                "settings.controller.dpo",
                name=controller["dpo_name"],
                email=controller["dpo_email"],
            ),
            t("settings.controller.authority", name=controller["authority_name"]),
        ),
    )


def _place(teller: Teller) -> Told:
    t, deployment = teller.words, teller.site.deployment
    shape = deployment.shape
    hosts = t.list(list(teller.site.notice.document["hosts"] or deployment.origins))
    return teller.in_file(
        "place",
        t(f"settings.place.{shape.value}", address=deployment.service_url, hosts=hosts),
        "service_url",
        "cookie_domain",
        "shared_hosts",
        differs=None if shape is Shape.SAME_HOST else t("settings.place.recommended"),
        lines=(t("settings.place.cookie", name=deployment.answer_cookie),),
    )


def _transport(teller: Teller) -> Told:
    t, is_secure = teller.words, teller.site.deployment.is_secure
    return teller.in_file(
        "transport",
        t("settings.transport.https" if is_secure else "settings.transport.http"),
        "service_url",
        differs=None if is_secure else t("settings.transport.https"),
    )


def _approvals(teller: Teller) -> Told:
    t, approvals = teller.words, teller.site.deployment.approvals
    return teller.in_file(
        "approvals",
        t.count("settings.approvals", approvals) if approvals else t("settings.approvals.none"),
        "publishing.approvals",
        default=t("settings.approvals.none"),
    )


def _labels(teller: Teller) -> dict[str, str]:
    """Return what each category is called, in the reader's language where the notice has it."""
    notice = teller.site.notice
    language = teller.words.language
    known = language if language in notice.languages else notice.default_language
    return {one["id"]: one["label"][known] for one in notice.document["categories"]}
