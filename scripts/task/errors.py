"""What can go wrong with a deployed capture, each in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_UNKNOWN_CALLER = (
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
_DENIED = ("AccessDenied", "AccessDeniedException", "AccessDeniedFault", "KMSAccessDeniedFault", "UnauthorizedOperation")
_THROTTLED = ("LimitExceededException", "RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException")
NOT_FOUND = ("EntityNotFoundException", "ResourceNotFoundException", "ResourceNotFoundFault")


class TaskError(Exception):
    """The capture is not as the command needs it: the text is one line per problem."""

    exit_code = 1


class WrongUseError(TaskError):
    """The command was used wrongly, or with the wrong credentials."""

    exit_code = 2


class TaskNotFoundError(TaskError):
    """There is no such task."""


def error_code(error: Any) -> str:
    """AWS's name of a refusal."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def aws_errors_as_lines(*, region: str, profile: str | None) -> Iterator[None]:
    """Turns botocore's errors into one line that says what to do.

    Args:
        region: the lake's.
        profile: the profile that was asked for.

    Raises:
        TaskError: for everything that AWS or the way to it refuses.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _refused(error, region) from None
    except BotoCoreError as error:
        raise _not_reached(error, region, profile) from None


def _refused(error: Any, region: str) -> TaskError:
    code, message = error_code(error), one_line(error.response.get("Error", {}).get("Message", ""))
    call = error.operation_name
    if code in _UNKNOWN_CALLER:
        return WrongUseError(f"AWS does not accept these credentials in {region}: {code}: {message} (sign in again, or give --profile)")
    if code in _DENIED:
        return TaskError(f"access denied to {call} in {region}: {message} (ask for the right to call it)")
    if code in _THROTTLED:
        return TaskError(f"AWS throttles {call} in {region}: {message} (tried {ATTEMPTS} times: run again later)")
    return TaskError(f"AWS refused {call} in {region}: {code}: {message}")


def _not_reached(error: Any, region: str, profile: str | None) -> TaskError:
    from botocore.exceptions import ConfigNotFound, HTTPClientError, ProfileNotFound
    from botocore.exceptions import ConnectionError as NoConnectionError

    name, text = type(error).__name__, one_line(error)
    if isinstance(error, ProfileNotFound | ConfigNotFound):
        return WrongUseError(f"{text} (profiles stand in ~/.aws/config)")
    if "Credential" in name or "Token" in name or "SSO" in name:
        of = f" of profile {profile}" if profile else ""
        return WrongUseError(f"no AWS credentials{of}: {text} (sign in, set AWS_PROFILE, or give --profile)")
    if isinstance(error, HTTPClientError | NoConnectionError):
        return TaskError(f"cannot reach AWS in {region}: {text} (check the network and the lake file's region)")
    return TaskError(f"cannot call AWS in {region}: {text}")


def one_line(text: object) -> str:
    """A message of AWS's without its line breaks."""
    return " ".join(str(text).split())


ATTEMPTS = 4
"""How often a call is tried when AWS throttles or fails: with growing pauses, some seconds in all."""
