"""How names are written outside Python: in state, in configuration and in JSON."""

import re


def camel(name: str) -> str:
    """A name as camelCase: `skip_cert_verification` is `skipCertVerification`."""
    head, *tail = name.split("_")
    return head + "".join(map(str.title, tail))


def snake(name: str) -> str:
    """A name in camelCase as Python has it: `apiUrl` is `api_url`."""
    return re.sub("([A-Z])", r"_\1", name).lower()
