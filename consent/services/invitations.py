"""Take an invitation with a passkey, in place of a password: it is both steps by itself.

The device makes the passkey before we know of it. When the browser is lost before its answer comes,
the invitation still counts, and the next passkey takes the first one's place on the device. When it
is lost before it has ours, the invitation is used up, and the passkey lets in.
"""

from __future__ import annotations

from consent.services.passkeys import Party, keep_passkey, made_passkey, registration_options
from consent.services.people import find_invited, take_invitation
from consent.services.sessions import digest_of
from consent.services.sign_in import admit
from consent.store.database import AnySession, write_transaction


def invitation_options(session: AnySession, party: Party, token: str, *, now: int) -> str:
    """Return, as JSON, what a browser needs to make a passkey for whom an invitation is.

    Raises NotFoundError when the invitation does not count (any more).
    """
    person = find_invited(session, token, now=now)
    return registration_options(session, party, person, now, purpose=_purpose(token))


def accept_with_passkey(
    session: AnySession, party: Party, token: str, credential: str, name: str, *, now: int
) -> str:
    """Give the invited person this passkey and sign in; return the id of the session.

    The invitation, and every other of this person, is used up; earlier sessions end. Raises
    NotFoundError as `find_invited` does, RuleError for a passkey that is not as it should be: then
    the invitation stays as it was.
    """
    person = find_invited(session, token, now=now)
    passkey = made_passkey(party, person, credential, name, purpose=_purpose(token), now=now)
    with write_transaction(session):
        take_invitation(session, token, person, now)
        keep_passkey(session, person, passkey, credential, now=now)
    return admit(session, person, "invitation", now=now)


def _purpose(token: str) -> str:
    return f"take {digest_of(token)}"
