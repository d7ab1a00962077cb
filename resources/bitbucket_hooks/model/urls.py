"""The url that a hook delivers to: what the service takes, how two compare, how one is shown."""

from __future__ import annotations

import functools
import ipaddress
import re
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

_FORBIDDEN = re.compile(r"[\s\x00-\x20\x7f-\x9f]")
_CREDENTIALS = re.compile(r"(?<=://)[^\s/?#]*@")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"'<>`]+", re.IGNORECASE)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")  # RFC 3986: the same with and without an escape
_HOST = re.compile(r"[a-z0-9._-]+")
_DEVIATIONS = re.compile("[ß\u03c2\u200c\u200d]")  # which IDNA 2003 and 2008 spell differently
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet")
_CAPABILITY_HOSTS = (
    "hooks.slack.com",
    "discord.com",
    "discordapp.com",
    "chat.googleapis.com",
    "webhook.office.com",
    "outlook.office.com",
    "logic.azure.com",
    "hooks.zapier.com",
    "make.com",
    "maker.ifttt.com",
    "webhook.site",
    "pipedream.net",
    "sumologic.com",
)
"""Services that let in whoever knows the path."""
_UNREADABLE = "(an unreadable url)"
_LONGEST_PATH = 80
_PLAIN_SEGMENT = re.compile(
    r"(?!.*[bcdfghjklmnpqrstvwxz]{6})"  # no word, but random letters
    r"(?:(?:[A-Z]?[a-z]{1,16}[0-9]{0,2}|[0-9]{1,2})(?:[-_.]|$))*…?"
)


def url_problem(url: str, *, allow_private: bool) -> str | None:
    """Tell why the service would refuse the url, in words that show none of its parts.

    The service resolves the host publicly and refuses internal addresses on POST (public API
    description); `allow_private` switches that part off, for a sandbox.
    """
    if not url:
        return "must not be empty; give the http(s) address that receives the deliveries"
    if _FORBIDDEN.search(url):
        return "contains a space or a control character; percent-encode or remove it"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "can't be read as an address; check its host and port"
    return _scheme_or_host_problem(parts, host, allow_private=allow_private)


def _scheme_or_host_problem(
    parts: SplitResult, host: str | None, *, allow_private: bool
) -> str | None:
    if parts.username is not None or parts.password is not None:
        return (
            "contains credentials (user:password@), which every reader of the hook would see; "
            "take them out and let the receiver check the signature (secret) instead"
        )
    if parts.scheme.lower() not in _DEFAULT_PORTS:
        return "must start with https:// (or http://)"
    if not host:
        return "has no host; write https://HOST/PATH"
    if not allow_private and is_private_host(host):
        return (
            "points to a private host, which Bitbucket can't reach and refuses; "
            "use a host name that resolves publicly"
        )
    return None


def is_private_host(host: str) -> bool:
    """Tell whether a host name or address can't be reached from the public internet."""
    name = host.rstrip(".").lower()
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return "." not in name or name.endswith(_PRIVATE_SUFFIXES)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, which nobody else reaches."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def comparable(url: str) -> str:
    """Write equal addresses alike.

    Equal are the case of scheme and host, a default port, an empty path, a host in Unicode and in
    punycode, and escapes: their case, and those of characters that need none (RFC 3986).
    """
    return _comparable(url)


def near_key(url: str) -> str:
    """What is equal of urls that differ by their scheme or by slashes at the end alone."""
    try:
        parts = urlsplit(comparable(url))
    except ValueError:
        return url
    return urlunsplit(("", parts.netloc, parts.path.rstrip("/"), parts.query, parts.fragment))


def host_of(url: str) -> str:
    """The host that a url leads to, in one spelling; empty where it can't be read."""
    try:
        return urlsplit(comparable(url)).hostname or ""
    except ValueError:
        return ""


@functools.lru_cache  # a fleet asks for the same one thousands of times
def _comparable(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    if not parts.hostname:
        return url
    scheme = parts.scheme.lower()
    host = f"[{parts.hostname}]" if ":" in parts.hostname else _ascii_host(parts.hostname)
    user = "".join(parts.netloc.rpartition("@")[:2])
    netloc = user + host if port in (None, _DEFAULT_PORTS.get(scheme)) else f"{user}{host}:{port}"
    rest = (_escaped(part) for part in (parts.path or "/", parts.query, parts.fragment))
    return urlunsplit((scheme, netloc, *rest))


def _ascii_host(host: str) -> str:
    """A host in lower case, and in punycode if it can be spelled so."""
    host = host.lower()
    if host.isascii() or _DEVIATIONS.search(host):
        return host
    try:
        found = host.encode("idna").decode().lower()
    except UnicodeError:
        return host
    return found if _HOST.fullmatch(found) else host


def _escaped(text: str) -> str:
    """Escape what must be and nothing that needn't, in upper case."""
    text = _NOT_ASCII.sub(lambda found: quote(found.group(), errors="surrogatepass"), text)
    before = None
    while text != before:  # an escape can be left by another one
        before, text = text, _ESCAPE.sub(_unescaped, text)
    return text


def _unescaped(escape: re.Match[str]) -> str:
    character = unquote(escape.group(), errors="replace")
    return character if _UNRESERVED.fullmatch(character) else escape.group().upper()


def origin_shown(url: str) -> str:
    """Show a url that may be a secret as a whole: only where it leads."""
    try:
        parts = urlsplit(comparable(url))
        host = _host_and_port(parts)
    except ValueError:
        return _UNREADABLE
    return f"{parts.scheme}://{host}/…"


def _host_and_port(parts: SplitResult) -> str:
    """Where a url leads. Raises ValueError for no port: it may be a part of a password."""
    _ = parts.port
    return parts.netloc.rpartition("@")[2]


def shown(url: str) -> str:
    """Show a url as it may be shown: where it leads, and its path if that can hardly be a secret.

    Credentials, query and fragment are never shown.
    """
    try:
        parts = urlsplit(url)
        host = _host_and_port(parts)
    except ValueError:
        return _UNREADABLE
    name = host.partition(":")[0].lower()
    if any(f".{name}".endswith(f".{service}") for service in _CAPABILITY_HOSTS):
        is_harmless = parts.path in ("", "/")
    else:
        words = parts.path.split("/")
        is_harmless = len(parts.path) <= _LONGEST_PATH and all(map(_PLAIN_SEGMENT.fullmatch, words))
    if not is_harmless:
        return origin_shown(url)
    hidden = "?…" if parts.query or parts.fragment else ""
    return urlunsplit((parts.scheme, host, parts.path, "", "")) + hidden


def may_be_secret(url: str) -> bool:
    """Whether who reads the url may be able to deliver to it: a query, a token in the path."""
    return shown(comparable(url)) != comparable(url)


def veiled(text: str) -> str:
    """Text of somebody else's, with the urls in it as they may be shown."""
    return _URL.sub(lambda found: _veiled(found.group()), _CREDENTIALS.sub("…@", text))


def _veiled(url: str) -> str:
    """A url that ends in punctuation of the text around it; other schemes name files and stores."""
    bare = url.rstrip(".,;:)}" if "[" in url else ".,;:)}]")
    if bare.lower().startswith(("http:", "https:")):
        return shown(bare) + url[len(bare) :]
    path, query, _ = url.partition("?")
    return f"{path}?…" if query else url
