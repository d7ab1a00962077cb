"""What keeps other pages, and other machines, away from the page.

The page acts without a password, so it must know that the person at this machine acts. It answers
to names of the loopback alone, else a name of a stranger's that leads here would make his page one
of the same origin (DNS rebinding). A form counts when the browser says that it stood on this page
(`Origin`, `Sec-Fetch-Site`), and when it holds a token that goes with a cookie: other programs that
serve pages on this machine are of the same site, but can read neither.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
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


def is_loopback(host: str) -> bool:
    """Tell whether what listens on a host is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def host_name(header: str) -> str:
    """Take the name or address out of a `Host` header, without its port; "" when it has none."""
    match = _HOST.fullmatch(header.lower())
    return match["name"].strip("[]") if match else ""


def is_address(host: str) -> bool:
    """Tell whether a host is an IP address: no name that somebody could let lead here."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class Guard:
    """Judges the requests to a page that is served on one port of the loopback."""

    def __init__(self, origin: str, port: int) -> None:
        names = {"127.0.0.1", "localhost", "[::1]", _host_of(origin)}
        self._hosts: Final = {f"{name}:{port}" for name in names}
        # Cookies know no ports: another sandbox on this machine has its own.
        self._cookie: Final = f"sandbox-page-{port}"
        self._key: Final = secrets.token_bytes(32)

    def is_asked(self, request: Request) -> bool:
        """Tell whether the request is for a name of this machine."""
        return request.headers.get("Host", "").lower() in self._hosts

    def session(self, request: Request) -> str:
        """Give what the browser is known by, a new one for a new browser."""
        known = request.cookies.get(self._cookie, "")
        return known if _SESSION.fullmatch(known) else secrets.token_hex(16)

    def token(self, session: str) -> str:
        """Give what every form holds."""
        return hmac.new(self._key, session.encode(), hashlib.sha256).hexdigest()

    def allows(self, request: Request) -> bool:
        """Tell whether a form was sent from this page."""
        origin = request.headers.get("Origin")
        site = request.headers.get("Sec-Fetch-Site")
        if origin is None and site is None:
            return False
        if origin is not None and origin.lower() != f"http://{request.headers['Host'].lower()}":
            return False
        if site is not None and site != "same-origin":
            return False
        session = request.cookies.get(self._cookie, "")
        sent = request.form.get(TOKEN, "").encode("utf-8", "replace")
        return bool(_SESSION.fullmatch(session)) and hmac.compare_digest(
            self.token(session).encode(), sent
        )

    def seal(self, response: Response, session: str) -> None:
        """Add to an answer what keeps others from using it."""
        response.headers.update(_HEADERS)
        response.set_cookie(self._cookie, session, httponly=True, samesite="Strict")


def _host_of(origin: str) -> str:
    return origin.partition("://")[2].rpartition(":")[0].lower()
