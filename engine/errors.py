"""What goes wrong when an engine is looked for."""

REMEDY = (
    "Install the Pulumi CLI, 3.200 or newer (https://www.pulumi.com/docs/install/), "
    "or Go 1.25 or newer (https://go.dev/doc/install) to have it built here; then run this again."
)


class UnavailableError(RuntimeError):
    """One way to an engine is closed; the message says why."""


class NoEngineError(RuntimeError):
    """Every way to an engine is closed; the message says what each answered and the remedy."""

    def __init__(
        self, answers: list[tuple[str, UnavailableError]], what: str = "Pulumi engine"
    ) -> None:
        lines = [f"  - {label}: {reason}" for label, reason in answers]
        super().__init__("\n".join([f"no {what} to be had:", *lines, REMEDY]))
