"""The hosts that are built here run programs and write SDKs, with the real engine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Final

import pytest

from support import languages
from support.engine import environment

pytestmark = pytest.mark.engine

_TEXT: Final = {"type": "string"}
_SCHEMA: Final = {
    "name": "greeter",
    "version": "0.1.0",
    "resources": {
        "greeter:index:Greeting": {
            "inputProperties": {"to": _TEXT, "words": {"type": "array", "items": _TEXT}},
            "requiredInputs": ["to"],
            "properties": {"to": _TEXT, "words": {"type": "array", "items": _TEXT}},
            "required": ["to"],
        }
    },
    "functions": {
        "greeter:index:getWords": {
            "inputs": {"properties": {"language": _TEXT}},
            "outputs": {"properties": {"words": {"type": "array", "items": _TEXT}}},
        }
    },
    "language": {"go": {"importBasePath": "example.com/sdk/greeter"}},
}
_TYPESCRIPT: Final = """import * as pulumi from "@pulumi/pulumi";
import * as greeter from "@pulumi/greeter";

const args: greeter.GreetingArgs = { to: pulumi.getStack(), words: ["good", "day"] };
export const said = pulumi.interpolate`hello, ${args.to}`;
export const known = [greeter.Greeting.isInstance(args), typeof greeter.getWords];
"""
_GO: Final = """package main

import (
	"example.com/sdk/greeter"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		_, err := greeter.NewGreeting(ctx, "g", &greeter.GreetingArgs{To: pulumi.String("you")})
		return err
	})
}
"""


def _pulumi(folder: Path, *args: str) -> str:
    """Run `pulumi` to its good end; give all that it shows."""
    env = environment(folder.parent / "home") | {
        "PULUMI_BACKEND_URL": f"file://{folder.parent}?metadata=skip",
        **languages.npm(),
    }
    command = ["pulumi", *args, "--non-interactive", "--color", "never"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def _outputs_of_a_deployment(folder: Path) -> dict[str, object]:
    _pulumi(folder, "stack", "init", "dev")
    shown = _pulumi(folder, "up", "--yes")
    assert "warning" not in shown
    outputs: dict[str, object] = json.loads(_pulumi(folder, "stack", "output", "--json"))
    return outputs


@pytest.fixture
def schema(tmp_path: Path) -> Path:
    """A package's schema."""
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(_SCHEMA))
    return file


def test_a_program_in_yaml(tmp_path: Path) -> None:
    """It is previewed and deployed."""
    languages.ensure("yaml")
    folder = tmp_path / "project"
    folder.mkdir()
    program = "name: e2e\nruntime: yaml\noutputs:\n  said: hello, ${pulumi.stack}\n"
    (folder / "Pulumi.yaml").write_text(program)
    assert _outputs_of_a_deployment(folder) == {"said": "hello, dev"}


def test_a_program_in_typescript_with_an_added_package(tmp_path: Path, schema: Path) -> None:
    """The SDK is written, installed, and type-checked with the program."""
    languages.ensure("nodejs")
    folder = languages.typescript_project(tmp_path / "project", _TYPESCRIPT, adds_packages=True)
    _pulumi(folder, "package", "add", str(schema))
    assert _outputs_of_a_deployment(folder) == {"said": "hello, dev", "known": [False, "function"]}


def test_an_sdk_for_go_compiles(tmp_path: Path, schema: Path) -> None:
    """With a program that uses it, against the SDK that the CLI is built with."""
    languages.ensure("go")
    _pulumi(tmp_path, "package", "gen-sdk", str(schema), "--language", "go", "--out", "sdk")
    folder = tmp_path / "sdk" / "go"
    (folder / "main.go").write_text(_GO)
    languages.go_build(folder, "example.com/sdk")
