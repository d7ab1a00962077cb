"""Protects the sandbox's pages from other sites and machines: Host check, CSRF token, headers.

The pages ask for no password, so a request must come from the person at this machine. Only names
of the loopback are answered, or a stranger's name that resolves to this machine would make his page
one of the same origin (DNS rebinding). A form counts when the browser says that it was sent from
such a page (`Origin`, `Sec-Fetch-Site`), and when it holds a token that goes with a cookie: other
programs that serve pages on this machine are of the same site, but can read neither.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from typing import Final

from werkzeug.wrappers import Request, Response

TOKEN: Final = "token"  # noqa: S105 - the name of a field
_SESSION: Final = re.compile(r"[0-9a-f]{32}")
_HOST: Final = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\s\[\]:/@]+)(:[0-9]{1,5})?")
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # Stricter ones would hide the origin of our own forms from us.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def host_name(header: str) -> str:
    """Take the name or address out of a `Host` header, without its port; "" when it has none."""
    match = _HOST.fullmatch(header.lower())
    return match["name"].strip("[]") if match else ""


def is_address(host: str) -> bool:
    """Whether a host is an IP address, which is no name that somebody could point here."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class Guard:
    """Checks the requests to pages that are served on one port of the loopback."""

    def __init__(self, origin: str, port: int) -> None:
        own = origin.partition("://")[2].rpartition(":")[0].lower()
        names = {"127.0.0.1", "localhost", "[::1]", own}
        self._hosts: Final = {f"{name}:{port}" for name in names}
        # Cookies know no ports: another sandbox on this machine has its own.
        self._cookie: Final = f"sandbox-page-{port}"
        self._key: Final = secrets.token_bytes(32)

    def is_asked(self, request: Request) -> bool:
        """Whether the request is for a name of this machine."""
        return request.headers.get("Host", "").lower() in self._hosts

    def session(self, request: Request) -> str:
        """The session of the browser, from its cookie; a new browser gets a new one."""
        known = request.cookies.get(self._cookie, "")
        return known if _SESSION.fullmatch(known) else secrets.token_hex(16)

    def token(self, session: str) -> str:
        """The CSRF token of a session, which every form holds."""
        return hmac.new(self._key, session.encode(), hashlib.sha256).hexdigest()

    def allows(self, request: Request) -> bool:
        """Whether a form was sent from one of these pages."""
        headers, own = request.headers, f"http://{request.headers['Host'].lower()}"
        if "Origin" not in headers and "Sec-Fetch-Site" not in headers:
            return False
        if headers.get("Origin", own).lower() != own:
            return False
        if headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return False
        session = request.cookies.get(self._cookie, "")
        sent = request.form.get(TOKEN, "").encode("utf-8", "replace")
        return bool(_SESSION.fullmatch(session)) and hmac.compare_digest(
            self.token(session).encode(), sent
        )

    def seal(self, response: Response, session: str) -> None:
        """Add the security headers and the session's cookie to a response."""
        response.headers.update(_HEADERS)
        response.set_cookie(self._cookie, session, httponly=True, samesite="Strict")
