"""The second way: the official download, through the Automation API's installer."""

import sys
import threading
import urllib.request
from importlib import metadata
from pathlib import Path

from engine.errors import UnavailableError
from engine.progress import run, say

LABEL = "the official download"
HOST = "get.pulumi.com"
REACH = 20.0
"""Seconds that the host has to show that it can be reached."""

LIMIT = 900.0
"""Seconds that the whole download may take."""

# A process of its own: the installer neither takes a limit nor ends what it starts.
_INSTALL = """
import subprocess, sys
from pulumi.automation import PulumiCommand
try:
    PulumiCommand.install(root=sys.argv[1])
except subprocess.CalledProcessError as error:
    sys.exit((error.output or b"").decode(errors="replace") or str(error))
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def name() -> str:
    """Return the name in the cache: the version of the CLI that goes with the installed SDK."""
    return f"{_sdk_version() or 'unknown'}-download"


def _sdk_version() -> str | None:
    try:
        return metadata.version("pulumi")
    except metadata.PackageNotFoundError:
        return None


def make(folder: Path) -> None:
    """Download the CLI that goes with the SDK into a folder's `bin`.

    Raises UnavailableError when the host can't be reached or the installer fails.
    """
    if _sdk_version() is None:
        raise UnavailableError(f"the package pulumi isn't installed in {sys.executable}")
    reach(f"https://{HOST}/")
    say(f"downloading the Pulumi CLI {_sdk_version()} from {HOST}")
    run("the installer", [sys.executable, "-c", _INSTALL, str(folder)], limit=LIMIT)


def reach(url: str, limit: float = REACH) -> None:
    """Raise UnavailableError unless the server behind a url answers, in time.

    In a thread, because looking up a name can't be given a limit. Proxies are honoured.
    """
    problems: list[str] = [f"no answer from {url} in {limit:g} s"]
    prober = threading.Thread(target=_probe, args=(url, limit, problems), daemon=True)
    prober.start()
    prober.join(limit)
    if problems:
        raise UnavailableError(problems[-1])


def _probe(url: str, limit: float, problems: list[str]) -> None:
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 -- an https url of ours
    try:
        urllib.request.urlopen(request, timeout=limit).close()  # noqa: S310 -- same
    except urllib.error.HTTPError:
        problems.clear()  # it answered: what it makes of the root page is all the same
    except (OSError, ValueError) as error:
        problems.append(f"{url} can't be reached: {getattr(error, 'reason', error)}")
    else:
        problems.clear()
