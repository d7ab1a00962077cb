"""A hook's secret: set when it is declared, repaired when it is lost, never wiped by accident."""

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine


def _hook(secret: str = "", description: str = "CI", name: str = "ci", where: str = "api") -> str:
    return (
        f'bitbucket.Hook("{name}", repository="{where}", url="https://ci.example.com/hook", '
        f'description="{description}"{secret})\n'
    )


def _secret(project: Project, target: str | None = None) -> str | None:
    return project.estate.secret_of(project.only_hook(target).uuid)


PLACES = {
    "given": "api",
    "lost": "billing",
    "none": "web",
    "undeclared": "docs",
    "removed": "infra",
}
FIRST = {"given": "first-canary", "lost": "lost-canary", "none": "", "removed": "kept-canary"}


def _hooks(secrets: dict[str, str], description: str = "CI") -> str:
    """A hook for each of the places, with its secret if there is one."""
    given = {name: f', secret="{secret}"' for name, secret in secrets.items()}
    return "".join(_hook(given.get(n, ""), description, n, w) for n, w in PLACES.items())


def _secrets(project: Project) -> dict[str, str | None]:
    return {name: _secret(project, f"acme/{where}") for name, where in PLACES.items()}


def test_a_life(project: Project) -> None:
    """Given, changed, edited around, lost, declared to be none, not declared and taken out."""
    project.program(_hooks(FIRST)).up().succeeded()
    assert _secrets(project) == {**FIRST, "none": None, "undeclared": None}
    by_hand = dict.fromkeys(("given", "none", "undeclared"), "by hand")
    for name, secret in {**by_hand, "lost": ""}.items():
        project.estate.change_hook(project.only_hook(f"acme/{PLACES[name]}").uuid, secret=secret)
    # without a look at what is live an edit sends no secret
    project.program(_hooks(FIRST, "Other")).up().succeeded()
    assert _secrets(project) == {"removed": "kept-canary", "lost": None, **by_hand}

    shown = project.preview("--refresh", "--diff", "--expect-no-changes").failed()
    assert shown.flat.count("~ pulumi-python:dynamic/bitbucket:Hook") >= 2
    assert "canary" not in shown.text
    project.up("--refresh").succeeded()
    assert _secrets(project) == {**FIRST, **by_hand, "none": None}
    project.preview("--refresh", "--expect-no-changes").succeeded()

    second = {"given": "second-canary", "lost": "lost-canary", "none": "new-canary"}
    shown = project.program(_hooks(second, "Other")).preview("--diff").succeeded()
    assert "~ secret : [secret] => [secret]" in shown.flat.replace("secret:", "secret :")
    run = project.up().succeeded()
    assert "keeps its secret" in run.flat
    assert 'secret=""' in run.flat
    assert "canary" not in shown.text + run.text
    assert _secrets(project) == {**second, "undeclared": "by hand", "removed": "kept-canary"}
    third = {**second, "none": "", "removed": ""}
    project.program(_hooks(third, "Other")).up().succeeded()
    assert _secrets(project) == {
        **second,
        "undeclared": "by hand",
        **dict.fromkeys(("none", "removed")),
    }
    assert "canary" not in project.state_files()


FROM_ENV = ', secret_from="env:CI_SECRET"'


def test_from_a_variable(project: Project) -> None:
    """The value stays out of the state for good; another one is seen and sent."""
    project.env["CI_SECRET"] = "first-canary"
    outputs = [project.program(_hook(FROM_ENV)).preview_and_up().succeeded().text]
    assert _secret(project) == "first-canary"
    project.calls()
    outputs.append(project.preview("--expect-no-changes").succeeded().text)
    assert not project.calls()
    outputs.append(project.preview("--refresh", "--expect-no-changes").succeeded().text)

    project.env["CI_SECRET"] = "second-canary"
    outputs.append(project.preview("--diff", "--expect-no-changes").failed().text)
    outputs.append(project.up().succeeded().text)
    assert _secret(project) == "second-canary"

    project.estate.change_hook(project.only_hook().uuid, secret="")
    outputs.append(project.up("--refresh").succeeded().text)
    assert _secret(project) == "second-canary"

    outputs.append(project.run("stack", "export", "--show-secrets").succeeded().text)
    for text in (*outputs, project.state_files()):
        assert "canary" not in text


def test_from_a_variable_that_is_not_set(project: Project) -> None:
    """An unset variable or a missing file is an error; the hook keeps the secret that it has."""
    project.env["CI_SECRET"] = "canary"
    project.program(_hook(FROM_ENV)).up().succeeded()
    del project.env["CI_SECRET"]
    run = project.program(_hook(FROM_ENV, "Other")).up().failed()
    assert "secretFrom: env:CI_SECRET: the variable is not set" in run.flat
    program = _hook(', secret_from="file:ci.secret"')
    assert "file:ci.secret: the file can't be read" in project.program(program).up().failed().flat
    assert (_secret(project), project.only_hook().description) == ("canary", "CI")
    (project.folder / "ci.secret").write_text("from-file-canary\n")
    project.up().succeeded()
    assert _secret(project) == "from-file-canary"
    project.preview("--expect-no-changes").succeeded()
    assert "canary" not in project.state_files()
