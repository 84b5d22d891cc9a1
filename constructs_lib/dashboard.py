"""The lake's dashboard: one graph per alarm, in the order in which rows travel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from constructs_lib.alarms import AlarmRule
from constructs_lib.defaults.limits import ALARM_PERIOD_SECONDS
from constructs_lib.part import Part, Scope, to_json
from constructs_lib.provider import CloudwatchDashboard

_COLUMNS, _WIDTH, _HEIGHT = 3, 8, 6


class LakeDashboard(Part):
    """One graph per alarm rule, with its threshold drawn in.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: dashboard name.
        rules: the alarms, in the order they are shown.
    """

    def __init__(self, scope: Scope, id_: str, *, name: str, rules: Sequence[AlarmRule]) -> None:
        super().__init__(scope, id_)
        widgets = [self._widget(index, rule) for index, rule in enumerate(rules)]
        CloudwatchDashboard(self, "Resource", dashboard_name=name, dashboard_body=to_json({"widgets": widgets}))

    def _widget(self, index: int, rule: AlarmRule) -> dict[str, Any]:
        dimensions = [part for pair in rule.metric.dimensions.items() for part in pair]
        return {
            "type": "metric",
            "x": index % _COLUMNS * _WIDTH,
            "y": index // _COLUMNS * _HEIGHT,
            "width": _WIDTH,
            "height": _HEIGHT,
            "properties": {
                "title": f"{rule.name} ({rule.metric.unit})",
                "region": self.aws.region,
                "metrics": [[rule.metric.namespace, rule.metric.name, *dimensions]],
                "stat": rule.metric.statistic,
                "period": ALARM_PERIOD_SECONDS,
                "annotations": {"horizontal": [{"label": "alarm", "value": rule.threshold}]},
            },
        }
