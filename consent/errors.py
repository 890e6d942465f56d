"""Every error a caller can act on, in one tree; this module imports nothing from the package.

ConsentError
├── RuleError                   what was asked for breaks a rule
│   ├── UnknownCategoryError        a choice names a category the notice does not have
│   ├── IncompleteChoicesError      a category of the notice has no answer
│   ├── ContradictoryControlError   the control pressed and the choices sent disagree
│   ├── NoticeSupersededError       a grant was given to a scope that is no longer in force
│   ├── SubmissionConflictError     a submission id came again with other content
│   ├── UnknownPageGroupError       the page group is not in the site's configured list
│   └── InspectionError             a folder is no inspection that can be attached to evidence
├── TokenError                  a signed value is malformed, forged, expired or from the future
│   └── NoticeTokenError            no valid proof of which notice was shown
├── NotFoundError               there is no such thing, or not for this caller
├── NotPermittedError           the caller is known, and may not do this
├── ConfigurationError          files or settings are wrong; carries every fault with its place
├── PublishingRefusedError      the gate found a broken rule; carries every finding
├── RecordFormatError           bytes are not a record, note or entry in the form required
├── ProofError                  a proof, checkpoint or tree does not fit what it is held against
├── LogRefusedError             the log is not signed now: its state contradicts what was signed
│   └── StateFileError              what this machine has signed cannot be read or kept now
├── StoreUnavailableError       the database cannot take the write now; nothing was stored
└── AuthenticationError         an officer's credentials are missing, wrong or revoked
    ├── TooManyAttemptsError        signing in failed too often lately
    ├── ProviderError               the OpenID provider did not say who it is
    └── UninvitedError              it did, and nobody has invited him
"""

from __future__ import annotations

from collections.abc import Sequence


class ConsentError(Exception):
    """The base of every error this package raises on purpose."""


class RuleError(ConsentError):
    """What was asked for breaks a rule."""


class UnknownCategoryError(RuleError):
    def __init__(self, category_id: str) -> None:
        super().__init__(f"category {category_id!r} is not in the notice that was shown")
        self.category_id = category_id


class IncompleteChoicesError(RuleError):
    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(f"no answer was given for: {', '.join(missing)}")
        self.missing = tuple(missing)


class ContradictoryControlError(RuleError):
    def __init__(self, control: str, reason: str) -> None:
        super().__init__(f"control {control!r} does not fit the choices: {reason}")
        self.control = control


class NoticeSupersededError(RuleError):
    def __init__(self, shown: str, current: str) -> None:
        super().__init__(
            "what the consent would cover has changed since this notice was shown; ask again"
        )
        self.shown = shown
        self.current = current


class SubmissionConflictError(RuleError):
    def __init__(self) -> None:
        super().__init__("this submission_id was used before with other content")


class UnknownPageGroupError(RuleError):
    def __init__(self, page_group: str) -> None:
        super().__init__(f"page_group {page_group!r} is not in the site's list")
        self.page_group = page_group


class InspectionError(RuleError):
    """A folder is no inspection that can be attached; the message names the file to blame."""


class TokenError(ConsentError):
    """A signed value is malformed, forged, expired or from the future."""


class NoticeTokenError(TokenError):
    """No valid proof of which notice was shown."""


class NotFoundError(ConsentError):
    """There is no such thing, or not for this caller."""


class NotPermittedError(ConsentError):
    """The caller is known, and may not do this."""


class ConfigurationError(ConsentError):
    """Files or settings are wrong; `faults` has one line per fault, each with its place."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class PublishingRefusedError(ConsentError):
    """The publishing gate found a broken rule; `findings` has one line per finding."""

    def __init__(self, findings: Sequence[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = tuple(findings)


class RecordFormatError(ConsentError):
    """Bytes are not a record, note or entry in the form required."""


class ProofError(ConsentError):
    """A proof, checkpoint or tree does not fit what it is held against."""


class LogRefusedError(ConsentError):
    """The log is not signed now: its state contradicts what was signed before."""


class StateFileError(LogRefusedError):
    """What this machine has signed cannot be read or kept now; it may be possible later."""


class StoreUnavailableError(ConsentError):
    """The database cannot take the write now; nothing was stored."""


class AuthenticationError(ConsentError):
    """An officer's credentials are missing, wrong or revoked."""


class TooManyAttemptsError(AuthenticationError):
    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"too many failed attempts; try again in {wait_seconds} seconds")
        self.wait_seconds = wait_seconds


class ProviderError(AuthenticationError):
    """The OpenID provider did not say who it is; the message says why, for the operator."""


class UninvitedError(AuthenticationError):
    """The OpenID provider said who it is, and nobody has invited him."""
