"""The way to AWS: by the user's credentials, in the lake's region and in no account but the lake's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from constructs_lib.config.lake import Lake
from scripts.task.errors import ATTEMPTS, WrongUseError

CONNECT_SECONDS = 10
ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Aws:
    """A session of the user's, in the region of a lake."""

    session: Any
    region: str

    def client(self, service: str, *, many_calls: bool = False) -> Any:
        """A client that gives up: after so many attempts, and on an answer that does not come.

        Args:
            service: AWS's name of it.
            many_calls: calls more slowly when AWS throttles it.
        """
        from botocore.config import Config

        config = Config(
            retries={"mode": "adaptive" if many_calls else "standard", "total_max_attempts": ATTEMPTS},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=ANSWER_SECONDS,
        )
        return self.session.client(service, region_name=self.region, config=config)


def connect(lake: Lake, *, profile: str | None) -> Aws:
    """Opens a session, and checks its account against the lake file's guard, when that has one.

    Args:
        lake: the lake file.
        profile: a profile of the user's; None for what the environment says.

    Raises:
        WrongUseError: the credentials are of another account.
    """
    import boto3  # half a second that a wrong lake file does not pay

    aws = Aws(boto3.Session(profile_name=profile, region_name=lake.region), lake.region)
    if lake.account is not None:
        account = aws.client("sts").get_caller_identity()["Account"]
        if account != lake.account:
            raise WrongUseError(
                f"these credentials are of account {account}, the lake file allows {lake.account} only (give another --profile, or"
                " correct account in the lake file)"
            )
    return aws
