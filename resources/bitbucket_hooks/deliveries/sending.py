"""Posts one delivery to a receiver, as Bitbucket would, and notes what became of it."""

from __future__ import annotations

import concurrent.futures
import json
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import unquote, unquote_plus, urlsplit

import requests
import urllib3
from attrs import evolve, field, frozen

from bitbucket_hooks.api.connections import DirectSession
from bitbucket_hooks.deliveries.signing import SIGNATURE, sign
from bitbucket_hooks.model.errors import ConfigError, printable
from bitbucket_hooks.model.masking import Mask
from bitbucket_hooks.model.urls import is_loopback, origin_shown, shown

TIMEOUT: Final = 10.0
"""Seconds that Bitbucket waits for a receiver."""

MOST_BYTES: Final = 256 * 1024
"""Larger payloads are not delivered (public docs)."""

_ENOUGH: Final = 64 * 1024  # bytes of an answer
_LINE: Final = 200
_TELLING: Final = 4  # a shorter value in a query is no secret, and hiding it would garble answers


@frozen
class Delivery:
    """A payload's bytes, and the headers that go with them."""

    body: bytes
    headers: Mapping[str, str]
    secret: str | None = field(default=None, repr=False)
    hides_url: bool = False
    """Whether the receiver's whole url is a secret, and not its query alone."""

    def attempt(self, number: int) -> Delivery:
        """The same once more, with another number."""
        return evolve(self, headers={**self.headers, "X-Attempt-Number": str(number)})


@frozen
class DeliveryResult:
    """What became of a delivery. Nothing in it holds the secret, or what is secret of the url."""

    seconds: float
    """From the first step towards the receiver to the end of its answer, or to giving up."""
    status: int | None = None
    """None: there was no answer."""
    reason: str = ""
    line: str = ""
    """The first line of the answer's body that isn't empty."""
    location: str | None = None
    """Where a redirect leads; it isn't followed."""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Those of the answer."""
    body: str = field(default="", repr=False)
    """The beginning of the answer's body; what is no text in UTF-8 is replaced."""
    problem: str | None = None
    """Why there was no answer."""
    certificate: bool | None = None
    """Whether the TLS certificate passes verification; None: there is none, or it wasn't seen."""
    certificate_problem: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the receiver took it."""
        status = self.status
        return status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def delivery(
    event: str, payload: Mapping[str, Any], secret: str | None, *, hides_url: bool = False
) -> Delivery:
    """Make a delivery of a payload; signed when there is a secret."""
    return evolve(raw_delivery(event, raw_body(payload), secret), hides_url=hides_url)


def raw_body(payload: Mapping[str, Any]) -> bytes:
    """The bytes of a payload."""
    # not ASCII alone, so that a receiver which checks the parsed JSON is found out
    return json.dumps(payload, ensure_ascii=False).encode()


def raw_delivery(event: str, body: bytes, secret: str | None, hook: str | None = None) -> Delivery:
    """Make a delivery of a body as it is. `hook` is the uuid that it names, else one is made up."""
    headers = {
        "User-Agent": "Bitbucket-Webhooks/2.0",
        "Content-Type": "application/json",
        "X-Event-Key": event,
        "X-Hook-UUID": (hook or str(uuid.uuid4())).strip("{}"),
        "X-Request-UUID": str(uuid.uuid4()),
        "X-Attempt-Number": "1",
    }
    if secret:
        headers[SIGNATURE] = sign(secret, body)
    return Delivery(body, headers, secret)


def send(
    url: str, what: Delivery, timeout: float = TIMEOUT, *, insecure: bool = False
) -> DeliveryResult:
    """Post a delivery once and wait for `timeout` seconds at most.

    A certificate that doesn't pass verification ends it before anything is sent; with `insecure` a
    second connection is made, without verification. Raises ConfigError when the environment names
    authorities that aren't there.
    """
    outcome = _attempt(url, what, timeout, verify=True)
    if outcome.certificate is not False or not insecure:
        return outcome
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # the result says so
    second = _attempt(url, what, timeout, verify=False)
    return evolve(second, certificate=False, certificate_problem=outcome.certificate_problem)


def _attempt(url: str, what: Delivery, timeout: float, *, verify: bool) -> DeliveryResult:
    started = time.monotonic()
    try:
        outcome = _in_time(url, what, timeout, verify=verify)
    except (requests.Timeout, concurrent.futures.TimeoutError):
        outcome = DeliveryResult(0, problem=f"there was no answer within {timeout:g} s")
    except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
        outcome = _failed(error)
    except OSError:  # requests' own errors are some, too: this is one of the bundle's file alone
        raise ConfigError(
            "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names no file of certificates",
            "Correct it, or unset it.",
        ) from None
    return evolve(outcome, seconds=time.monotonic() - started)


def _in_time(url: str, what: Delivery, timeout: float, *, verify: bool) -> DeliveryResult:
    """Exchange on a thread of its own: requests' timeout starts anew with every byte."""
    future: concurrent.futures.Future[DeliveryResult] = concurrent.futures.Future()

    def run() -> None:
        try:
            future.set_result(_exchange(url, what, timeout, verify=verify))
        except Exception as error:  # noqa: BLE001 - it is raised where the result is asked for
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future.result(timeout)


def _exchange(url: str, what: Delivery, timeout: float, *, verify: bool) -> DeliveryResult:
    with DirectSession() as session:
        session.headers.clear()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        session.auth = lambda request: request  # as nobody, whatever a netrc says
        answer = session.post(
            url,
            data=what.body,
            headers=what.headers,
            timeout=timeout,
            # None lets the usual variables name another bundle of authorities
            verify=None if verify else False,
            # to this machine a proxy would only get in the way
            proxies={"no_proxy": "*"} if is_loopback(urlsplit(url).hostname or "") else None,
            stream=True,
        )
        with answer:
            beginning = next(answer.iter_content(_ENOUGH), b"")
    mask = _mask(url, what)
    text = mask.over(beginning.decode(errors="replace"))
    location = answer.headers.get("Location")
    return DeliveryResult(
        0,
        answer.status_code,
        printable(mask.over(answer.reason or ""), _LINE),
        printable(next(filter(None, map(str.strip, text.splitlines())), ""), _LINE),
        printable(mask.over(shown(location)), _LINE) if location else None,
        tuple((name, mask.over(value)) for name, value in answer.headers.items()),
        text,
        certificate=True if verify and urlsplit(url).scheme.lower() == "https" else None,
    )


def _failed(error: Exception) -> DeliveryResult:
    """What an exception means; never its own words, which hold the url."""
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = printable(cause.verify_message)
            problem = "nothing was sent, as its TLS certificate didn't pass verification"
            return DeliveryResult(0, problem=problem, certificate=False, certificate_problem=why)
    for kind, problem in _PROBLEMS.items():
        if any(isinstance(cause, kind) for cause in causes):
            return DeliveryResult(0, problem=problem)
    return DeliveryResult(0, problem=f"the request failed ({type(error).__name__})")


_PROBLEMS: Final[Mapping[type[BaseException], str]] = {
    requests.exceptions.ProxyError: "the proxy didn't let it through",
    socket.gaierror: "its host name can't be resolved",
    ConnectionRefusedError: "nobody listens there (connection refused)",
    ssl.SSLError: "no TLS connection could be made; is it an http:// address?",
    requests.exceptions.ContentDecodingError: "the answer's body can't be decoded",
    requests.exceptions.InvalidURL: "its host name can't be read as one",
    urllib3.exceptions.LocationParseError: "its host name can't be read as one",
    requests.exceptions.ChunkedEncodingError: "the connection broke in the middle of the answer",
    requests.exceptions.ConnectionError: "the connection broke before there was an answer",
}


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that it was made from; requests keeps those in several places."""
    seen: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and cause not in seen:
            seen.append(cause)
            waiting += [
                *cause.args,
                getattr(cause, "reason", None),
                cause.__cause__,
                cause.__context__,
            ]
            yield cause


def _mask(url: str, what: Delivery) -> Mask:
    """Hides what a receiver may echo of the secret, and of what is secret in the url."""
    parts = urlsplit(url)
    values = [pair.partition("=")[2] or pair for pair in parts.query.split("&")]
    hides_path = what.hides_url or shown(url) == origin_shown(url)
    path = [parts.path, *parts.path.split("/")] if hides_path else []
    long = [part for part in (*values, *path, parts.fragment) if len(unquote(part)) >= _TELLING]
    encoded = {parts.query, *long}
    secrets = {what.secret or "", *encoded, *map(unquote, encoded), *map(unquote_plus, encoded)}
    return Mask(dict.fromkeys(secrets, "…"))
