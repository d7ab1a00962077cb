"""The token route of OAuth consumers: client credentials only (vendor's announcement, 2026)."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from bitbucket_hooks.sandbox.errors import Refusal, json_response
from bitbucket_hooks.sandbox.identity import decode_basic
from bitbucket_hooks.sandbox.models import new_token

if TYPE_CHECKING:
    import sqlite3

    from werkzeug.wrappers import Response

    from bitbucket_hooks.sandbox.calls import IncomingRequest


def access_token(call: IncomingRequest) -> Response:
    """Answer `POST /site/oauth2/access_token`. There is no refresh token: ask again on expiry."""
    consumer = _consumer(call)
    if call.request.form.get("grant_type") != "client_credentials":
        raise _refused("unsupported_grant_type", "Unsupported grant type")
    token = new_token("oauth")
    lifetime = call.settings.oauth_seconds
    scopes = json.loads(consumer["scopes"])
    call.connection.execute(
        "INSERT INTO tokens VALUES (?, 'oauth', ?, ?, ?, ?)",
        (
            token,
            f"consumer {consumer['client_id']}",
            consumer["workspace"],
            consumer["scopes"],
            time.time() + lifetime,
        ),
    )
    body = {"access_token": token, "token_type": "bearer", "expires_in": int(lifetime)}
    return json_response({**body, "scope": " ".join(scopes)})


def _consumer(call: IncomingRequest) -> sqlite3.Row:
    scheme, _, value = call.request.headers.get("Authorization", "").partition(" ")
    client_id, secret = decode_basic(value) if scheme.lower() == "basic" else ("", "")
    row: sqlite3.Row | None = call.connection.execute(
        "SELECT * FROM consumers WHERE client_id = ? AND secret = ?", (client_id, secret)
    ).fetchone()
    if row is None:
        raise _refused("unauthorized_client", "Invalid OAuth client credentials")
    return row


def _refused(error: str, description: str) -> Refusal:
    """400 in the form of the OAuth standard; the status is unverified."""
    return Refusal(json_response({"error": error, "error_description": description}, 400))
