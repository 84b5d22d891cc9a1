"""One load by dlt into Iceberg on disk, as its documentation has it: rows since the last load by a cursor column, merged by primary key.

Run by the interpreter of an environment that has dlt, so it imports nothing of ours:

    python dlt_pipeline.py FOLDER PORT BACKEND DISPOSITION
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def main(folder: str, port: str, backend: str, disposition: str) -> None:
    """Prints what the load took, as JSON."""
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR", "DLT_DATA_DIR": folder}
    import dlt
    from dlt.common.libs.pyiceberg import get_iceberg_tables  # here and now, so that no import is in the measured time
    from dlt.destinations import filesystem
    from dlt.sources.sql_database import sql_table

    started = time.perf_counter()
    pipeline = dlt.pipeline(
        "bench", pipelines_dir=f"{folder}/pipelines", destination=filesystem(Path(folder, "lake").as_uri()), dataset_name="bench"
    )
    table: Any = sql_table(
        credentials=f"mysql+pymysql://root@127.0.0.1:{port}/bench",
        table="retail_trans",
        backend=backend,
        incremental=dlt.sources.incremental("updated_at"),
        primary_key="trans_id",
    )
    table.apply_hints(table_format="iceberg", write_disposition=disposition)
    pipeline.run(table)
    seconds = time.perf_counter() - started
    rows = get_iceberg_tables(pipeline)["retail_trans"].scan().to_arrow()
    taken = pipeline.last_trace.last_normalize_info.row_counts["retail_trans"]
    print(json.dumps({"seconds": seconds, "records": taken, "rows": len(rows), "amount": sum(rows["amount"].to_pylist())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
