"""The key of hashed columns, from Secrets Manager."""

import os
from typing import Any

ARN_VARIABLE = "HASH_SECRET_ARN"


class HashKeyError(RuntimeError):
    """The hash key cannot be had. It leaves the handler, so that Firehose retries the batch: a value must never be sent unhashed."""


def read_hash_key() -> bytes:
    """Returns the key: the bytes of the secret's text (UTF-8), or its binary, exactly as stored.

    Raises:
        HashKeyError: no ARN in the environment, the secret cannot be read, or it is empty.
    """
    arn = os.environ.get(ARN_VARIABLE)
    if not arn:
        raise HashKeyError(f"a route hashes a column but {ARN_VARIABLE} is not set")
    import boto3  # Part of the Lambda runtime; loading it takes longer than the whole of this function, and most lakes hash nothing.

    try:
        secret: dict[str, Any] = boto3.client("secretsmanager").get_secret_value(SecretId=arn)
    except Exception as error:
        raise HashKeyError(f"the hash secret cannot be read: {type(error).__name__}") from error
    text = secret.get("SecretString")
    key: bytes = text.encode() if text is not None else secret.get("SecretBinary", b"")
    if not key:
        raise HashKeyError("the hash secret is empty")
    return key
