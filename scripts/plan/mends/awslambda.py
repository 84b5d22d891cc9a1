"""Lambda: where a function logs to, and its code."""

from __future__ import annotations

import base64
from typing import Any

from moto.awslambda.models import LambdaFunction


def mend() -> None:
    """AWS answers a function's `LoggingConfig`; moto forgets it, and the next plan sets it again. The function is never run by moto."""
    create, get, update = LambdaFunction.__init__, LambdaFunction.get_configuration, LambdaFunction.update_configuration

    def create_with_logging(self: Any, account_id: str, spec: dict[str, Any], *more: Any, **named: Any) -> None:
        create(self, account_id, spec, *more, **named)
        self.logging_config = spec.get("LoggingConfig")

    def get_with_logging(self: Any, *more: Any, **named: Any) -> dict[str, Any]:
        default = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"}
        return {**get(self, *more, **named), "LoggingConfig": {**default, **(self.logging_config or {})}}

    def update_with_logging(self: Any, config_updates: dict[str, Any]) -> dict[str, Any]:
        self.logging_config = config_updates.get("LoggingConfig", self.logging_config)
        answer: dict[str, Any] = update(self, config_updates)
        return answer

    get_code = LambdaFunction.get_code

    def get_code_itself(self: Any) -> dict[str, Any]:
        """AWS answers an address from which the zip can be fetched for ten minutes; moto one where there is nothing."""
        answer: dict[str, Any] = get_code(self)
        zipped = base64.b64encode(self.code_bytes).decode()
        return {**answer, "Code": {**answer["Code"], "Location": f"data:application/zip;base64,{zipped}"}}

    LambdaFunction.get_code = get_code_itself
    LambdaFunction.__init__ = create_with_logging
    LambdaFunction.get_configuration = get_with_logging
    LambdaFunction.update_configuration = update_with_logging
