"""The Firehose transform: DMS change messages in, typed and routed Iceberg rows out.

The folder is zipped as it stands, with a generated `routes.json` beside `handler.py`; the Lambda handler is
`firehose_transform.handler.lambda_handler`. It needs nothing but the standard library, so the same bytes run in Lambda, in the tests and in
the local lake.
"""
