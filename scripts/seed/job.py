"""One run of `moulin seed`, from options to exit code."""

from __future__ import annotations

import getpass
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from random import Random

import pymysql

from constructs_lib.config.problems import LakeFileError
from scripts.seed import retail, sql
from scripts.seed.bulk import BulkLoader
from scripts.seed.catalog import schema_exists, table_exists
from scripts.seed.connection import connect, tls_context
from scripts.seed.credentials import resolve_login
from scripts.seed.distinct import Nothing
from scripts.seed.errors import SeedError, UsageError, statement_error
from scripts.seed.keys import KeySample
from scripts.seed.model import ForeignKey, Table, parents_first
from scripts.seed.options import SeedOptions
from scripts.seed.report import Report, Voice
from scripts.seed.rows import Parents, Rows
from scripts.seed.run import Seeder
from scripts.seed.table_run import TableRun, Tally
from scripts.seed.target import DryRun, Server, Target
from scripts.seed.vocabulary import Vocabulary
from scripts.seed.wanted import HeldByServer, Wanted, read_keys, read_parent_keys, sample_of, wanted_tables
from scripts.stopping import stop_on_signal

_INTERRUPTED = 130


def run_seed(options: SeedOptions, environment: Mapping[str, str] = os.environ) -> int:
    """Runs the command and prints what it did.

    Args:
        options: what was asked for.
        environment: environment variables.

    Returns:
        0 when it did what was asked (Ctrl-C is one way to end it), 1 when the database or AWS stopped it, 2 when it was used wrongly.
    """
    voice = Voice(json=options.json)
    report = Report(options.random_seed, dry_run=options.dry_run)
    code = 0
    try:
        options.check()
        _Job(options, environment, voice, report).run()
    except BrokenPipeError:  # the reader of a dry run has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except LakeFileError as error:
        report.error, code = str(error), UsageError.exit_code
    except SeedError as error:
        report.error, code = str(error), error.exit_code
    except (pymysql.MySQLError, OSError) as error:
        report.error, code = str(statement_error(error)), SeedError.exit_code
    except KeyboardInterrupt:
        report.interrupted, code = True, _INTERRUPTED
    voice.finish(report)
    return code


class _Job:
    """What the parts of a run share."""

    def __init__(self, options: SeedOptions, environment: Mapping[str, str], voice: Voice, report: Report) -> None:
        self._options = options
        self._environment = environment
        self._voice = voice
        self._report = report
        self._server: Server | None = None
        self._target: Target = DryRun(lambda text: voice.statement(report, text))

    def run(self) -> None:
        """Drops, creates and writes what was asked for."""
        try:
            self._run()
        finally:
            if self._server is not None:
                self._server.close()

    def _run(self) -> None:
        wanted = wanted_tables(self._options)
        if not self._options.dry_run or any(table.known is None for table in wanted):
            self._server = self._connect()
        if self._server is not None and not self._options.dry_run:
            self._target = self._server
        if self._options.drop_table:
            self._drop(wanted)
        if self._options.create_table:
            self._create(wanted)
        if self._options.writes_rows:
            tables = parents_first(self._table(table) for table in wanted)
            if self._options.scenario is None:
                self._write(tables)
            else:
                self._run_scenario(tables)

    def _connect(self) -> Server:
        options = self._options
        login = resolve_login(
            user=options.user,
            host=options.host,
            port=options.port,
            secret=options.secret,
            environment=self._environment,
            ask=_ask,
        )
        context = tls_context(login.host, ssl_ca=options.ssl_ca, no_tls=options.no_tls)
        return Server(connect(login, context=context, no_tls=options.no_tls, local_infile=options.bulk))

    def _table(self, wanted: Wanted) -> Table:
        """The server's own table, where there is a server; a dry run takes what is known."""
        if self._server is None or (self._options.dry_run and wanted.known is not None):
            if wanted.known is None:
                raise UsageError(f"{wanted.label} is not known without a server")
            return wanted.known
        return wanted.read(self._server.query)

    def _drop(self, wanted: Sequence[Wanted]) -> None:
        tables = [Table(table.schema, table.name, ()) for table in wanted]
        if self._server is not None:
            there = [table for table in wanted if table_exists(self._server.query, table.schema, table.name)]
            tables = list(reversed(parents_first(table.read(self._server.query) for table in there)))
        for table in tables:
            self._target.execute(sql.drop_table(table))
            self._report.dropped.append(table.label)

    def _create(self, wanted: Sequence[Wanted]) -> None:
        for schema in dict.fromkeys(table.schema for table in wanted):
            if self._server is None or not schema_exists(self._server.query, schema):
                self._target.execute(sql.create_database(schema))
        for table in wanted:
            if self._server is not None and table_exists(self._server.query, table.schema, table.name):
                self._note(f"{table.label} exists already and stays as it is")
            elif table.known is not None:
                self._target.execute(sql.create_table(table.known))
                self._report.created.append(table.label)

    def _write(self, tables: Sequence[Table]) -> None:
        options = self._options
        keyless = [table.label for table in tables if not table.keys]
        if keyless and options.shares.changes_rows:
            raise UsageError(f"{keyless[0]} has no primary key or unique columns, so no row of it can be named: use --mix insert=100")
        runs = self._runs(tables, self._loader())
        for run in runs:
            self._report.tables[run.table.label] = run.total
        total = None if options.count is None else options.count * len(runs)
        started = time.perf_counter()
        try:
            with (
                stop_on_signal(partial(self._voice.notice, "stopping after this transaction; Ctrl-C again breaks it off")) as stop,
                self._voice.progress(total) as progress,
            ):
                seeder = Seeder(
                    runs, self._target, batch_size=options.rows_per_transaction, rate=options.rate, stop=stop, progress=progress
                )
                complete = seeder.run()
                self._report.interrupted = stop.is_set()
        finally:
            self._report.seconds = time.perf_counter() - started
        if not complete and not self._report.interrupted:
            self._note("ended early: no row is left to update or delete" + (" (a dry run knows only its own)" if options.dry_run else ""))
        elif self._report.total.skipped:
            self._note(f"{self._report.total.skipped:,} changes were skipped: no row to change, or no value that is not there already")

    def _runs(self, tables: Sequence[Table], loader: BulkLoader | None) -> list[TableRun]:
        options, server = self._options, self._server
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)
        vocabulary = Vocabulary(options.random_seed)
        referred = {foreign_key.parent for table in tables for foreign_key in table.foreign_keys}
        samples = {table.label: self._sample(table.label) for table in tables}
        remembered = {table.label: options.shares.changes_rows or table.label in referred for table in tables}
        runs = []
        for table in tables:
            if server is not None and remembered[table.label]:
                samples[table.label].add(read_keys(server.query, table))
            rows = Rows(
                table,
                seed=options.random_seed,
                now=now,
                vocabulary=vocabulary,
                parents=self._parents(table, {other.label: other for other in tables}, samples),
                held=Nothing() if server is None else HeldByServer(server.query, table),
            )
            runs.append(
                TableRun(
                    table,
                    rows,
                    self._target,
                    mix=options.shares,
                    keys=samples[table.label],
                    remember=remembered[table.label],
                    max_count=options.count,
                    loader=loader,
                )
            )
        return runs

    def _sample(self, purpose: str) -> KeySample:
        return KeySample(Random(f"{self._options.random_seed}\0{purpose}\0keys"))  # noqa: S311 - test data, not a secret

    def _parents(self, table: Table, written: Mapping[str, Table], samples: Mapping[str, KeySample]) -> Parents:
        """Where a table's references may point: at rows of this run, or at what the server holds."""
        read: dict[ForeignKey, KeySample] = {}

        def parents(foreign_key: ForeignKey) -> KeySample:
            parent = written.get(foreign_key.parent)
            if parent is not None and parent.keys == foreign_key.parent_columns:
                return samples[parent.label]
            if not read.get(foreign_key):
                keys = [] if self._server is None else read_parent_keys(self._server.query, table, foreign_key)
                read[foreign_key] = sample_of(keys, self._sample(f"{table.label}\0{foreign_key.parent}"))
            return read[foreign_key]

        return parents

    def _loader(self) -> BulkLoader | None:
        if not self._options.bulk or self._server is None:
            return None
        if self._server.allows_local_infile:
            return BulkLoader(self._server)
        self._note("the server has local_infile off, so --bulk falls back to INSERT (SET GLOBAL local_infile = 1 allows LOAD DATA LOCAL)")
        return None

    def _run_scenario(self, tables: Sequence[Table]) -> None:
        table = next((table for table in tables if retail.is_retail(table)), None)
        if table is None:
            raise UsageError(f"--scenario readme needs a table with the columns of {retail.NAME}, which {tables[0].label} does not have")
        if self._server is not None and not self._options.dry_run:
            self._check_scenario_rows(table, self._server)
        tally = self._report.tables[table.label] = Tally()
        started = time.perf_counter()
        for operation, statement in retail.scenario(table):
            affected = self._target.execute(statement).affected
            self._target.commit()
            tally.add(Tally(**{f"{operation}{'' if operation.endswith('e') else 'e'}d": affected}))
        self._report.seconds = time.perf_counter() - started

    def _check_scenario_rows(self, table: Table, server: Server) -> None:
        """The scenario's result is exact or nothing is touched."""
        needed = retail.scenario_keys()
        text = f"SELECT trans_id FROM {sql.quoted_table(table)} WHERE trans_id IN ({', '.join(map(str, needed))})"  # noqa: S608 - numbers
        there = {int(row[0]) for row in server.query(text, ())}
        missing = ", ".join(str(key) for key in needed if key not in there)
        if missing:
            raise UsageError(
                f"{table.label} has no rows with trans_id {missing}, which the scenario changes: start with a new table of"
                f" {max(needed)} rows or more (moulin seed --drop-table --yes --create-table --max-count 40)"
            )

    def _note(self, text: str) -> None:
        self._report.notices.append(text)
        self._voice.notice(text)


def _ask(user: str) -> str | None:
    """Asks on a terminal; the answer is not shown."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    return getpass.getpass(f"password of {user}: ", stream=sys.stderr)
