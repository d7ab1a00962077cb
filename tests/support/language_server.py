"""The YAML language server that editors run, asked as an editor asks it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from support import languages

_SERVER: Final = "yaml-language-server/bin/yaml-language-server"
_SETTINGS: Final = {
    "yaml": {"schemaStore": {"enable": False}, "validate": True, "hover": True, "completion": True}
}


class LanguageServer:
    """A server, and what it said of each file."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        """Talk to a process that was just started."""
        self._process = process
        self._number = 0
        self._diagnostics: dict[str, list[dict[str, Any]]] = {}
        self.ask("initialize", processId=None, rootUri=None, capabilities={})
        self._tell("initialized")
        self._tell("workspace/didChangeConfiguration", settings=_SETTINGS)

    def diagnostics(self, file: Path, text: str) -> list[dict[str, Any]]:
        """Open a file with a text, and give what is wrong with it."""
        document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", textDocument=document)
        while file.as_uri() not in self._diagnostics:
            self._take(self._read())
        return self._diagnostics[file.as_uri()]

    def ask(self, method: str, **parameters: Any) -> Any:
        """The answer to a request."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": parameters})
        while True:
            message = self._read()
            if message.get("id") == self._number and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self._take(message)

    def at(self, method: str, file: Path, line: int, character: int) -> Any:
        """The answer to a request that is about a place in an opened file."""
        return self.ask(
            method,
            textDocument={"uri": file.as_uri()},
            position={"line": line, "character": character},
        )

    def _take(self, message: Mapping[str, Any]) -> None:
        """Keep what is said of a file, and answer what the server asks its editor."""
        if message.get("method") == "textDocument/publishDiagnostics":
            found = message["params"]
            self._diagnostics[found["uri"]] = found["diagnostics"]
        elif "id" in message:
            self._send({"id": message["id"], "result": None})

    def _tell(self, method: str, **parameters: Any) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout
        headers = iter(self._process.stdout.readline, b"\r\n")
        lengths = [int(line.split(b":")[1]) for line in headers if line.startswith(b"Content-L")]
        message: dict[str, Any] = json.loads(self._process.stdout.read(lengths[0]))
        return message


@contextmanager
def language_server() -> Iterator[LanguageServer]:
    """Start one, for as long as it is used."""
    script = languages.node_modules(languages.EDITOR) / _SERVER
    command = ["node", str(script), "--stdio"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield LanguageServer(process)
        finally:
            process.kill()
