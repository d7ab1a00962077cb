"""A hook's secret: set when it is declared, repaired when it is lost, never wiped by accident."""

import pytest

from support.engine import Project

pytestmark = pytest.mark.engine


def _hook(secret: str = "", description: str = "CI") -> str:
    return (
        'bitbucket.Hook("ci", repository="api", url="https://ci.example.com/hook", '
        f'description="{description}"{secret})\n'
    )


def _secret(project: Project) -> str | None:
    return project.estate.secret_of(project.only_hook().uuid)


def test_given_changed_and_edited_around(project: Project) -> None:
    """A declared secret is sent once, again when it changes, and shown in neither value."""
    project.program(_hook(', secret="first-canary"')).up().succeeded()
    assert _secret(project) == "first-canary"
    project.estate.change_hook(project.only_hook().uuid, secret="set by hand")
    project.program(_hook(', secret="first-canary"', "Other")).up().succeeded()
    assert _secret(project) == "set by hand"
    project.program(_hook(', secret="second-canary"', "Other"))
    shown = project.preview("--diff").succeeded()
    assert "~ secret : [secret] => [secret]" in shown.flat.replace("secret:", "secret :")
    assert "canary" not in shown.text
    project.up().succeeded()
    assert _secret(project) == "second-canary"


def test_lost_by_hand(project: Project) -> None:
    """Of a secret that vanished a preview tells, and a deployment sets it again."""
    project.program(_hook(', secret="s3cret"')).up().succeeded()
    uuid = project.only_hook().uuid
    project.estate.change_hook(uuid, secret="")
    shown = project.preview("--refresh", "--diff", "--expect-no-changes").failed()
    assert "secret" in shown.text
    assert "s3cret" not in shown.text
    project.up("--refresh").succeeded()
    assert project.only_hook().uuid == uuid
    assert _secret(project) == "s3cret"
    project.preview("--refresh", "--expect-no-changes").succeeded()


def test_declared_to_be_none(project: Project) -> None:
    """An empty secret says: none. One that appears is drift, and is removed."""
    project.program(_hook(', secret=""')).up().succeeded()
    project.preview("--refresh", "--expect-no-changes").succeeded()
    project.estate.change_hook(project.only_hook().uuid, secret="by hand")
    project.preview("--refresh", "--expect-no-changes").failed()
    project.up("--refresh").succeeded()
    assert _secret(project) is None
    project.program(_hook(', secret="s3cret"')).up().succeeded()
    assert _secret(project) == "s3cret"
    project.program(_hook(', secret=""')).up().succeeded()
    assert _secret(project) is None


def test_not_declared(project: Project) -> None:
    """Without a declaration a secret is nobody's business: every edit keeps it."""
    project.program(_hook()).up().succeeded()
    project.estate.change_hook(project.only_hook().uuid, secret="by hand")
    project.program(_hook(description="Other")).up("--refresh").succeeded()
    assert _secret(project) == "by hand"
    project.preview("--refresh", "--expect-no-changes").succeeded()


def test_taken_out(project: Project) -> None:
    """Taking the secret out of a declaration keeps it, and says how to remove it."""
    project.program(_hook(', secret="s3cret"')).up().succeeded()
    run = project.program(_hook()).preview_and_up().succeeded()
    assert "keeps its secret" in run.flat
    assert 'secret=""' in run.flat
    assert _secret(project) == "s3cret"
    project.preview_and_up("--refresh", "--expect-no-changes").succeeded()
    project.program(_hook(', secret=""')).up().succeeded()
    assert _secret(project) is None


def test_a_change_that_may_or_may_not_have_arrived(project: Project) -> None:
    """Taking it back doesn't leave the hook with it, though the program is as it was before."""
    project.program(_hook(', secret="first-canary"')).up().succeeded()
    project.estate.plan_fault("html", "PUT")
    refused = project.program(_hook(', secret="second-canary"')).up().failed()
    assert "an HTML page" in refused.flat
    uuid = project.only_hook().uuid
    project.estate.change_hook(uuid, secret="second-canary")  # as if it had been done
    project.program(_hook(', secret="first-canary"'))
    assert "1 to update" in project.preview().succeeded().flat
    project.up().succeeded()
    assert (project.only_hook().uuid, _secret(project)) == (uuid, "first-canary")
    project.preview_and_up("--refresh", "--expect-no-changes").succeeded()
    assert "canary" not in project.state_files()


FROM_ENV = ', secret_from="env:CI_SECRET"'


def test_from_a_variable(project: Project) -> None:
    """The value stays out of the state for good; another one is seen and sent."""
    project.env["CI_SECRET"] = "first-canary"
    outputs = [project.program(_hook(FROM_ENV)).preview_and_up().succeeded().text]
    assert _secret(project) == "first-canary"
    project.calls()
    outputs.append(project.preview_and_up("--expect-no-changes").succeeded().text)
    assert not project.calls()
    outputs.append(project.preview_and_up("--refresh", "--expect-no-changes").succeeded().text)

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
