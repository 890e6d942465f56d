"""The values everything else speaks of: sites, notices, choices, consent events.

All are frozen and complete when built. Texts are mappings from a BCP 47 language tag in lower
case to text. Instants are integers, milliseconds since 1970 UTC, because records hold them so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

LocalText = Mapping[str, str]
Choices = Mapping[str, bool]

NECESSARY = "necessary"


class Kind(StrEnum):
    """How a declared item stores on, or reads from, the device (ePrivacy Directive 5(3))."""

    COOKIE = "cookie"
    LOCAL_STORAGE = "local_storage"
    SESSION_STORAGE = "session_storage"
    INDEXED_DB = "indexed_db"
    PIXEL = "pixel"
    SCRIPT = "script"
    EMBED = "embed"


class Role(StrEnum):
    """Who a recipient is to the controller (GDPR 4(7), 4(8), 26)."""

    CONTROLLER = "controller"
    JOINT_CONTROLLER = "joint_controller"
    PROCESSOR = "processor"


class Shape(StrEnum):
    """Where the service stands as seen from the site's pages; decides the cookies."""

    SAME_HOST = "same_host"
    SUB_DOMAIN = "sub_domain"
    OTHER_DOMAIN = "other_domain"


class ErasureMode(StrEnum):
    """What becomes of an erased record: it goes, or it is locked away until its retention ends."""

    FULL = "full"
    UNLINK = "unlink"


@dataclass(frozen=True, slots=True)
class Controller:
    """Who decides purposes and means, and whom a visitor may turn to."""

    id: str
    name: str
    address: str
    email: str
    dpo_name: str
    dpo_email: str
    authority_name: str
    authority_url: str


@dataclass(frozen=True, slots=True)
class Provider:
    """A recipient: who receives data when a tracker runs. `country` is ISO 3166-1 alpha-2."""

    id: str
    name: str
    role: Role
    country: str
    transfer_basis: str | None
    privacy_url: str | None


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long an item stays on the device; `amount` is 0 for `session` and `persistent`."""

    amount: int
    unit: str  # "session", "persistent", "minutes", "hours", "days", "months", "years"


@dataclass(frozen=True, slots=True)
class Exemption:
    """What the operator states of a tracker that measures without consent (Tw 11.7a(3)(b))."""

    measures: tuple[str, ...]  # "quality", "effectiveness"
    cross_site_id: bool
    shared: bool
    ip_stored: bool
    data_months: int  # how long what was measured is kept


@dataclass(frozen=True, slots=True)
class Tracker:
    """One declared storage or access on the device. `name` may hold `*` wildcards."""

    name: str
    category: str
    provider: str
    kind: Kind
    purpose: LocalText
    lifetime: Lifetime
    domain: str | None
    path: str
    http_only: bool
    hosts: tuple[str, ...]
    necessity_reason: LocalText
    directives: tuple[str, ...] = ()  # what a content policy has to allow beside the usual
    exempt: Exemption | None = None  # from consent, for statistics


@dataclass(frozen=True, slots=True)
class Category:
    """The unit of choice. `purposes` and `data` are codes: they make the scope, texts do not."""

    id: str
    label: LocalText
    description: LocalText
    purposes: tuple[str, ...]
    data: tuple[str, ...]
    gpc: bool


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long answers count, in days, and how long proof is kept after, in months."""

    consent_days: int
    refusal_days: int
    proof_months: int


@dataclass(frozen=True, slots=True)
class Theme:
    """Tokens the banner and pages are drawn with. One set of button colours for every button."""

    position: str  # "bar", "box", "centre"
    radius: int  # CSS pixels
    font: str  # CSS font-family list
    surface: str  # each colour: #rrggbb
    text: str
    button: str
    button_text: str
    accent: str
    surface_dark: str
    text_dark: str
    button_dark: str
    button_text_dark: str
    accent_dark: str


@dataclass(frozen=True, slots=True)
class OwnPolicy:
    """What a site's pages load beside what is declared, as Content-Security-Policy directives.

    With `load_once`, frames of what is refused may load, so that one can be asked for alone.
    """

    directives: Mapping[str, tuple[str, ...]]
    load_once: bool = False
    reports: bool = False  # the enforced policy asks for reports too


class GoogleMode(StrEnum):
    """Whether Google's tags wait for consent (basic) or load and are told of it (advanced)."""

    BASIC = "basic"
    ADVANCED = "advanced"


@dataclass(frozen=True, slots=True)
class Signals:
    """Which other companies' tags the script tells of choices, in their own words."""

    google: GoogleMode | None = None
    google_ads_alone: bool = False  # personalised ads need no personalisation category


@dataclass(frozen=True, slots=True)
class Blocking:
    """Whether pages use the automatic blocker, and what it does with hosts nobody declared."""

    automatic: bool = False
    holds_undeclared: bool = False
    own_hosts: tuple[str, ...] = ()  # of the site, beside those of its origins


@dataclass(frozen=True, slots=True)
class Site:
    """One web property of one controller, with its configuration, validated whole."""

    id: str
    name: LocalText
    origins: tuple[str, ...]
    service_url: str  # no trailing slash; its path is where the service is mounted
    cookie_domain: str | None  # only in the sub-domain shape
    shared_hosts: tuple[str, ...]  # the hosts one choice covers there
    log_name: str
    languages: tuple[str, ...]
    default_language: str
    privacy_url: LocalText
    controller: Controller
    providers: tuple[Provider, ...]
    categories: tuple[Category, ...]  # only those a visitor can answer; never `necessary`
    trackers: tuple[Tracker, ...]
    lifetimes: Lifetimes
    theme: Theme
    texts: Mapping[str, LocalText]  # language → {key: text}: overrides of the catalogue
    purpose_labels: Mapping[str, LocalText]  # code → texts
    data_labels: Mapping[str, LocalText]
    page_groups: tuple[str, ...]
    record_refusals: str  # "event" or "count"
    proof_reason: str  # why proof is kept longer than 24 months; empty when it is not
    erasure: ErasureMode
    erasure_reason: LocalText  # why erased records are locked away; nothing when they are not
    backup_days: int | None  # how long backups are kept; None when the operator does not say
    content_policy: OwnPolicy | None = None
    blocking: Blocking = Blocking()
    signals: Signals = Signals()
    reviewed_languages: tuple[str, ...] = ()  # the operator answers for the texts of these
    approvals: int = 0  # how many people have to approve a new version before it is published


class Control(StrEnum):
    """Which control a visitor pressed."""

    ACCEPT_ALL = "accept_all"
    REFUSE_ALL = "refuse_all"
    SAVE = "save"
    WITHDRAW_ALL = "withdraw_all"
    EMBED = "embed"


class Layer(StrEnum):
    """Where the control stood; the form without JavaScript is the page."""

    BANNER = "banner"
    DIALOG = "dialog"
    PAGE = "page"


class EventName(StrEnum):
    """What an act was, given what came before it."""

    GRANTED = "granted"
    PARTLY_GRANTED = "partly_granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    RENEWED = "renewed"


class Status(StrEnum):
    """What holds now for one browser; computed, never stored."""

    UNDECIDED = "undecided"
    DECIDED = "decided"
    EXPIRED = "expired"
    RENEWAL_NEEDED = "renewal_needed"


@dataclass(frozen=True, slots=True)
class ShownNotice:
    """What a notice token vouches for: which bytes this browser was given, and when."""

    site: str
    notice: str  # notice_hash, 64 hexadecimal digits
    build: str  # SHA-256 of the script or page template, 64 hexadecimal digits
    language: str
    day: str  # YYYYMMDD


@dataclass(frozen=True, slots=True)
class Submission:
    """What the browser sent, parsed but not yet judged."""

    submission_id: str  # UUID in its canonical form
    control: Control
    layer: Layer
    choices: Choices
    page_group: str | None


@dataclass(frozen=True, slots=True)
class ConsentEvent:
    """One act of a visitor, as recorded; the keys of the record's bytes (design, section 5)."""

    id: str
    at: int
    site: str
    event: EventName
    choices: Choices
    control: Control
    layer: Layer
    language: str
    notice: str
    scope: str
    build: str
    valid_until: int
    page_group: str | None
    prev: str | None
    subject: str | None
    gpc: bool
    dnt: bool = False
    test: bool = False  # made by an inspector, upon an answer minted for that

    @property
    def heeds_signal(self) -> bool:
        """Whether a privacy signal of the browser changed this act, or was overridden by it."""
        return self.gpc or self.dnt
