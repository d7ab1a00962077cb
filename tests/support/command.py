"""The command, run in this process."""

from __future__ import annotations

from collections.abc import Mapping

from click.testing import CliRunner, Result

from bitbucket_hooks.cli import main


def run(*arguments: object, code: int = 0, env: Mapping[str, str | None] | None = None) -> Result:
    """Run `bitbucket-hooks`, and expect an exit code."""
    words = [str(argument) for argument in arguments]
    result = CliRunner(env=env).invoke(main, words, catch_exceptions=False)
    assert result.exit_code == code, result.output
    return result
