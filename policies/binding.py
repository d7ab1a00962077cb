"""The one place that knows Pulumi's policy framework."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pulumi_policy.policy as framework
from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)
from pulumi_policy.deserialize import deserialize_properties
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE, UnknownValueError, unknown_checking_proxy
from pulumi_policy.secret import Secret as FrameworkSecret

from hook_policies.declared import KINDS, UNKNOWN, Declared, NotKnownYetError, Secret, Value
from hook_policies.policy import Policy
from hook_policies.rules import POLICIES, mistakes

_RAW = "__target"
_CONFIGURE: Callable[..., Any] = framework._PolicyAnalyzerServicer.Configure


def policies() -> list[framework.Policy]:
    """Give the policies as the framework wants them, and make it keep what it would lose."""
    framework.deserialize_properties = _with_secrets_marked  # type: ignore[attr-defined, assignment]
    framework._PolicyAnalyzerServicer.Configure = _configure  # type: ignore[method-assign]
    return [_bound(policy) for policy in POLICIES]


def _with_secrets_marked(props: dict[str, Any], _: bool = True) -> dict[str, Any]:
    # By itself the framework hands secrets to policies in the clear, like any other value.
    return deserialize_properties(props, proxy_secrets=True)


def _configure(servicer: framework._PolicyAnalyzerServicer, request: Any, context: Any) -> Any:
    # By itself it ignores what a slip of the pen configures.
    given = request.policyConfig.items()
    if found := mistakes({name: config.properties.keys() for name, config in given}):
        raise ValueError("; ".join(found))
    return _CONFIGURE(servicer, request, context)


def _bound(policy: Policy) -> ResourceValidationPolicy:
    def validate(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        if args.resource_type not in KINDS:
            return
        try:
            complaint = policy.complaint(_declared(args), args.get_config())
        except NotKnownYetError as reason:
            raise _cannot_tell(reason) from reason
        if complaint:
            report_violation(complaint, None)

    properties = {
        name: {**option.schema, "default": option.default}
        for name, option in policy.options.items()
    }
    return ResourceValidationPolicy(
        policy.name,
        policy.description,
        validate,
        EnforcementLevel(policy.level),
        PolicyConfigSchema(properties),
    )


def _declared(args: ResourceValidationArgs) -> Declared:
    return Declared(
        KINDS[args.resource_type],
        args.name,
        dict(_properties(args.props[_RAW])),
        stack=args.urn.removeprefix("urn:pulumi:").partition("::")[0],
        protected=args.opts.protect,
    )


def _properties(raw: Mapping[str, object]) -> Iterator[tuple[str, Value]]:
    for name, value in raw.items():
        if isinstance(value, FrameworkSecret):
            yield name, Secret(_known(value.value))
        else:
            yield name, _known(value)


def _known(value: object) -> Value:
    try:
        return unknown_checking_proxy({"it": value})["it"]
    except UnknownValueError:
        return UNKNOWN


def _cannot_tell(reason: NotKnownYetError) -> UnknownValueError:
    # The framework makes a warning of it, with this at its end.
    error = UnknownValueError(UNKNOWN_STRING_VALUE, [])
    error.message = str(reason)
    return error
