"""Ctrl-C and SIGTERM: as an event, so that work ends where it may, or as an end that leaves nothing behind."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

TERMINATING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What ends a process, beside Ctrl-C; Windows has no SIGHUP."""


@contextlib.contextmanager
def unwound_by_signals() -> Iterator[None]:
    """Lets Ctrl-C, SIGTERM or the end of its terminal end this process as an error does: what it opened is closed, its folders are removed.

    A second signal changes nothing: removing a working folder of gigabytes takes a second, and breaking that off would leave it. A signal
    that is ignored from the start (nohup) stays ignored. The exit code is that of a process which the signal ended: 128 and its number.
    """

    def unwind(number: int, _: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        sys.exit(128 + number)

    wanted = [number for number in (signal.SIGINT, *TERMINATING) if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, unwind) for number in wanted}
    try:
        yield
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def stop_on_signal(say: Callable[[], None]) -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets; a second Ctrl-C breaks off at once.

    Args:
        say: called at the first Ctrl-C, to tell the user what happens now.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def handle(number: int, _: FrameType | None) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if number == signal.SIGINT:
            say()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
