"""Sign in through the organisation's own OpenID provider: the authorization code flow with PKCE.

Who comes in was invited before. The provider says who somebody is, by its own identifier, or the
first time by an e-mail address it has verified; it never adds anybody. What has to be remembered
meanwhile is in a cookie of ten minutes, encrypted, so that strangers can fill no table.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from consent.audit.signed import Keyring
from consent.core.config_addresses import is_loopback
from consent.core.provider import ProviderSettings
from consent.errors import ProviderError, TokenError, UninvitedError
from consent.services.secrets_kept import decrypt, encrypt
from consent.services.sessions import MINUTE_MS, digest_of
from consent.services.sign_in import admit
from consent.store import people as store
from consent.store.database import AnySession, write_transaction
from consent.store.officers import record_action
from consent.store.people import Person

MEANS = "oidc"
WAIT_MS = 10 * MINUTE_MS
CALLBACK = "/console/provider/back"

_MEANING = "oidc state"
_TIMEOUT_SECONDS = 10
_KNOWN_FOR_SECONDS = 3600.0
_LEEWAY_SECONDS = 60
# Signatures that only the provider can make; never "none", never one under a shared secret.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send a browser, and what it keeps until it comes back."""

    address: str
    kept: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What the provider publishes about itself, and since when we know."""

    metadata: Mapping[str, Any]
    keys: KeySet
    read_at: float


class Provider:
    """The organisation's OpenID provider, as configured."""

    def __init__(self, settings: ProviderSettings, console_origin: str, keyring: Keyring) -> None:
        self.name = settings.name
        self._settings = settings
        self._redirect = f"{console_origin}{CALLBACK}"
        self._keyring = keyring
        self._lock = threading.Lock()
        self._known: _Known | None = None

    def depart(self, target: str, *, now: int) -> Departure:
        """Return how to ask the provider; `target` is where to go afterwards."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._client() as client:
            address, _ = client.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=state,
                nonce=nonce,
                code_verifier=verifier,
            )
        kept = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "target": target,
            "until": now + WAIT_MS,
        }
        return Departure(address, encrypt(self._keyring, _MEANING, json.dumps(kept)))

    def arrive(
        self, session: AnySession, address: str, kept: str | None, *, now: int
    ) -> tuple[str, str]:
        """Return the id of a new session and where to go on, for a browser that comes back.

        `address` is what the provider sent it to. Raises ProviderError or UninvitedError.
        """
        remembered = self._remembered(kept, now)
        claims = self._claims(address, remembered, now)
        person = self._person(session, claims, now)
        return admit(session, person, MEANS, now=now), remembered["target"]

    def _remembered(self, kept: str | None, now: int) -> dict[str, Any]:
        try:
            remembered: dict[str, Any] = json.loads(decrypt(self._keyring, _MEANING, kept or ""))
        except TokenError as error:
            raise ProviderError("the browser did not keep what it was given") from error
        if remembered["until"] <= now:
            raise ProviderError("it took too long")
        return remembered

    def _claims(self, address: str, remembered: Mapping[str, Any], now: int) -> CodeIDToken:
        given = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        if not hmac.compare_digest(given.get("state", ""), remembered["state"]):
            raise ProviderError("the answer is not to this browser's question")
        if given.get("iss", self._settings.issuer) != self._settings.issuer:  # RFC 9207
            raise ProviderError("another provider answered")
        if "error" in given or "code" not in given:
            raise ProviderError(f"the provider refused: {given.get('error', 'no code')}")
        try:
            with self._client() as client:
                token = client.fetch_token(
                    self._endpoint("token_endpoint"),
                    grant_type="authorization_code",
                    code=given["code"],
                    code_verifier=remembered["verifier"],
                    timeout=_TIMEOUT_SECONDS,
                )
                claims = self._checked(token, remembered["nonce"], now)
                return claims if "email" in claims else self._with_address(client, claims)
        except (AuthlibBaseError, JoseError, requests.RequestException, ValueError) as error:
            raise ProviderError(f"the provider's answer is no proof ({error})") from error

    def _checked(self, token: Mapping[str, Any], nonce: str, now: int) -> CodeIDToken:
        """Return what the ID token says; raise JoseError or ValueError unless it is for us."""
        if "id_token" not in token:
            raise ValueError("there is no ID token")
        try:
            decoded = jwt.decode(token["id_token"], self._read().keys, algorithms=_ALGORITHMS)
        except ValueError:  # signed by a key that is new to us
            keys = self._read(anew=True).keys
            decoded = jwt.decode(token["id_token"], keys, algorithms=_ALGORITHMS)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": self._settings.issuer},
                "aud": {"essential": True, "value": self._settings.client_id},
                "sub": {"essential": True},
            },
            params={
                "nonce": nonce,
                "client_id": self._settings.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(now=now // 1000, leeway=_LEEWAY_SECONDS)
        return claims

    def _with_address(self, client: OAuth2Session, claims: CodeIDToken) -> CodeIDToken:
        """Add the e-mail address from where providers tell it that leave it out of the token."""
        endpoint = self._read().metadata.get("userinfo_endpoint")
        if not isinstance(endpoint, str) or not _is_safe(endpoint):
            return claims
        response = client.get(endpoint, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
        response.raise_for_status()
        told = response.json()
        if told.get("sub") != claims["sub"]:  # OpenID Connect Core 5.3.2
            raise ValueError("the provider speaks of somebody else")
        claims.update({key: told[key] for key in ("email", "email_verified") if key in told})
        return claims

    def _person(self, session: AnySession, claims: CodeIDToken, now: int) -> Person:
        """Return who was invited under what the provider says, and remember its identifier."""
        subject = digest_of(f"{self._settings.issuer} {claims['sub']}")
        with write_transaction(session):
            person = store.find_person_by_provider(session, subject)
            if person is None:
                person = self._by_email(session, claims)
                if person is not None:
                    _link(session, person, subject, now)
        if person is None or person.revoked_at is not None:
            raise UninvitedError("nobody with this address was invited")
        return person

    def _by_email(self, session: AnySession, claims: CodeIDToken) -> Person | None:
        """Return whose address it is, if the provider has verified it and it is not linked yet."""
        email = claims.get("email")
        if claims.get("email_verified") is not True or not isinstance(email, str):
            return None
        person = store.find_person_by_email(session, email.lower())
        is_free = person is not None and not person.has_provider and person.revoked_at is None
        return person if is_free else None

    def _client(self) -> OAuth2Session:
        secret = self._settings.client_secret
        return OAuth2Session(
            self._settings.client_id,
            secret,
            token_endpoint_auth_method="none" if secret is None else "client_secret_basic",
            scope="openid email",
            redirect_uri=self._redirect,
            code_challenge_method="S256",
        )

    def _endpoint(self, name: str) -> str:
        endpoint = self._read().metadata.get(name)
        if not isinstance(endpoint, str) or not _is_safe(endpoint):
            raise ProviderError(f"the provider has no usable {name}")
        return endpoint

    def _read(self, *, anew: bool = False) -> _Known:
        """Return what the provider publishes, read at most once an hour unless a key is new."""
        with self._lock:
            known = self._known
            is_old = known is None or time.monotonic() - known.read_at > _KNOWN_FOR_SECONDS
            if known is None or is_old or anew:
                known = self._known = self._fetch()
            return known

    def _fetch(self) -> _Known:
        issuer = self._settings.issuer
        try:
            metadata = _json_at(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if metadata.get("issuer") != issuer:
                raise ProviderError("the provider calls itself otherwise than configured")
            keys = KeySet.import_key_set(_json_at(metadata["jwks_uri"]))  # type: ignore[arg-type]
        except (requests.RequestException, ValueError, KeyError, JoseError) as error:
            raise ProviderError(f"the provider cannot be read ({type(error).__name__})") from error
        return _Known(metadata, keys, time.monotonic())


def _json_at(address: str) -> dict[str, Any]:
    if not _is_safe(address):
        raise ValueError("an address without HTTPS")
    response = requests.get(address, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
    response.raise_for_status()
    found = response.json()
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 -- one kind of error for all of them
    return found


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def _link(session: AnySession, person: Person, subject: str, now: int) -> None:
    """Know somebody by the provider's identifier from now on; an open invitation is used up."""
    store.set_provider(session, person.id, subject)
    store.delete_invitations(session, person.id)
    record_action(
        session,
        officer=person.name,
        action="account:provider",
        subject_id=person.id,
        detail={"name": person.name},
        now=now,
    )
