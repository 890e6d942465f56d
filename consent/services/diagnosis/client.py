"""Ask a running service over HTTP, as a stranger would: no cookies, no redirects, short waits."""

from __future__ import annotations

import gzip
import http.client
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import brotli

from consent.core.sentence import Sentence, sentence, words_of_others
from consent.errors import ConsentError

TIMEOUT_SECONDS = 10
WHOLE_SECONDS = 30  # for an answer that trickles in
LARGEST_BODY = 4 << 20

_CHUNK_BYTES = 1 << 16


class UnreachableError(ConsentError):
    """No HTTP answer came; the reason says why in a few words."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(str(reason))
        self.reason = reason


class BrokenBodyError(ValueError):
    """A body cannot be read; the reason says why in a few words."""

    def __init__(self, encoding: str) -> None:
        self.reason = sentence("the {encoding} compression is broken", encoding=encoding)
        super().__init__(str(self.reason))


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its body as it came, compressed or not."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def header(self, name: str) -> str:
        """Return a header's value, several of them joined by commas; empty if there is none."""
        return ", ".join(self.headers.get_all(name, []))

    def directives(self, name: str) -> set[str]:
        """Return the parts of a header that is a list, in small letters."""
        parts = self.header(name).lower().split(",")
        return {part.strip() for part in parts if part.strip()}

    @property
    def media_type(self) -> str:
        return self.header("Content-Type").partition(";")[0].strip().lower()

    def content(self) -> bytes:
        """Return the body without its compression; raise BrokenBodyError if that is broken."""
        encoding = self.header("Content-Encoding")
        try:
            if encoding == "br":
                return bytes(brotli.decompress(self.body))
            if encoding == "gzip":
                return gzip.decompress(self.body)
        except (brotli.error, OSError, EOFError) as error:
            raise BrokenBodyError(encoding) from error
        return self.body


def ask(
    url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Answer:
    """Return the answer of an address to one request; raise UnreachableError when none comes."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _connection(parts.scheme, parts.hostname or "", parts.port)
    try:
        connection.request(
            method, target, body or None, {"User-Agent": "consent-doctor"} | {**(headers or {})}
        )
        response = connection.getresponse()
        return Answer(response.status, response.headers, _read(response))
    except ssl.SSLCertVerificationError as error:
        reason = words_of_others(error.verify_message)
        raise UnreachableError(
            sentence("its certificate is refused: {reason}", reason=reason)
        ) from error
    except OSError as error:
        raise UnreachableError(reason_of(error, TIMEOUT_SECONDS)) from error
    except http.client.HTTPException as error:
        raise UnreachableError(sentence("what answers there does not speak HTTP")) from error
    finally:
        connection.close()


def reason_of(error: OSError, seconds: int) -> Sentence:
    """Say in a few words why a connection failed that was to take no longer than some seconds."""
    if isinstance(error, TimeoutError):
        return sentence("no answer within {seconds} seconds", seconds=seconds)
    return words_of_others((error.strerror or type(error).__name__).lower())


def _read(response: http.client.HTTPResponse) -> bytes:
    """Return the body, cut at the largest size; raise TimeoutError when it takes too long."""
    deadline = time.monotonic() + WHOLE_SECONDS
    body = b""
    while len(body) < LARGEST_BODY and (chunk := response.read1(_CHUNK_BYTES)):
        if time.monotonic() > deadline:
            raise TimeoutError
        body += chunk
    return body[:LARGEST_BODY]


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_SECONDS, context=context)
    return http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
