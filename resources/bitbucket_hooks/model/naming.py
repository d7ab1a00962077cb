"""How names are written outside Python: in state, in configuration and in JSON."""


def camel(name: str) -> str:
    """A name as camelCase: `skip_cert_verification` is `skipCertVerification`."""
    head, *tail = name.split("_")
    return head + "".join(map(str.title, tail))
