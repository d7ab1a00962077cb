"""Lists in pages, and answers cut down to some fields (public API description)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

import attrs

from bitbucket_hooks.sandbox.errors import bad_request, json_response

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from werkzeug.wrappers import Request, Response

_DEFAULT: Final = 10
_MOST: Final = 100


@attrs.frozen
class PageRequest:
    """Which part of a list was asked for."""

    number: int
    pagelen: int

    @property
    def offset(self) -> int:
        """How many values come before it."""
        return (self.number - 1) * self.pagelen

    def of_list(self, values: Sequence[Any]) -> Sequence[Any]:
        """Take the page out of a whole list."""
        return values[self.offset : self.offset + self.pagelen]


def page_request(request: Request) -> PageRequest:
    """Read `page` and `pagelen`. Refuses what is no number or out of bounds (400, unverified)."""
    pagelen = _number(request, "pagelen", _DEFAULT)
    if pagelen > _MOST:
        raise bad_request(f"Invalid pagelen: at most {_MOST}")
    return PageRequest(_number(request, "page", 1), pagelen)


def _number(request: Request, name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isascii() or not text.isdecimal() or not int(text[:9]) >= 1:
        raise bad_request(f"Invalid {name}")
    return int(text[:9])


def page_response(
    request: Request, page: PageRequest, size: int, values: Sequence[Any]
) -> Response:
    """Answer with one page of values; `next` is an absolute url on the host that was asked."""
    body = {"values": list(values), "pagelen": page.pagelen, "size": size, "page": page.number}
    if page.offset + page.pagelen < size:
        query = {**request.args.to_dict(), "pagelen": page.pagelen, "page": page.number + 1}
        body["next"] = f"{origin(request)}{quote(request.path)}?{urlencode(query)}"
    return json_response(body)


def origin(request: Request) -> str:
    """Give the origin that was asked, which all links lead to."""
    return request.host_url.rstrip("/")


def select_fields(body: Any, fields: str) -> Any:
    """Apply `fields=`: `a,b.c` keeps only these, `-a` takes away, `+a` adds what is there."""
    paths = [path.strip() for path in fields.split(",") if path.strip()]
    kept = [path.split(".") for path in paths if path[0] not in "+-"]
    dropped = [path[1:].split(".") for path in paths if path.startswith("-")]
    body = _keep(body, kept) if kept else body
    for path in dropped:
        body = _drop(body, path)
    return body


def _keep(body: Any, paths: Iterable[Sequence[str]]) -> Any:
    if isinstance(body, list):
        return [_keep(item, paths) for item in body]
    if not isinstance(body, dict):
        return body
    kept = {}
    for name, value in body.items():
        rests = [path[1:] for path in paths if path[0] in (name, "*")]
        if rests:
            kept[name] = _keep(value, rests) if all(rests) else value
    return kept


def _drop(body: Any, path: Sequence[str]) -> Any:
    if isinstance(body, list):
        return [_drop(item, path) for item in body]
    if not isinstance(body, dict):
        return body
    name, *rest = path
    if not rest:
        return {key: value for key, value in body.items() if key != name}
    return {key: _drop(value, rest) if key == name else value for key, value in body.items()}
