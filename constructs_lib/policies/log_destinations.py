"""Log groups and streams that Firehose is told to write to are made in the same stack: it makes none and says nothing when they miss."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.policies.template import Finding, Template, flatten


def check(template: Template) -> Iterator[Finding]:
    """Yields every delivery stream that logs to a group or stream that this stack does not make."""
    streams = [(arguments["log_group_name"], arguments["name"]) for _, arguments in template.resources("aws_cloudwatch_log_stream")]
    for address, arguments in template.resources("aws_kinesis_firehose_delivery_stream"):
        destinations = [options for name, options in flatten(arguments) if name == "cloudwatch_logging_options"]
        if not destinations:
            yield Finding(address, "must log its errors: set cloudwatch_logging_options")
        for options in destinations:
            group, stream = options.get("log_group_name"), options.get("log_stream_name")
            if (group, stream) not in streams:
                yield Finding(address, f"logs to {group}:{stream}, which this stack does not make")
