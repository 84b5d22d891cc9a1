"""Does something with every stack, in the order of their dependencies and side by side where there is none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TypeVar

from scripts.children import CHILDREN

Done = TypeVar("Done")


def in_order(
    upstream: Mapping[str, Collection[str]],
    do: Callable[[str], Done],
    *,
    at_a_time: int,
    on_done: Callable[[Done], None] = lambda _: None,
) -> dict[str, Done]:
    """Calls `do` for every name, after those it depends on.

    Args:
        upstream: what each name depends on.
        do: the work; it runs in a thread.
        at_a_time: how many run side by side.
        on_done: called with each result as it comes.
    """
    order = TopologicalSorter(upstream)
    order.prepare()
    results: dict[str, Done] = {}
    running: dict[Future[Done], str] = {}
    with ThreadPoolExecutor(at_a_time) as pool:
        try:
            while order.is_active():
                running |= {pool.submit(do, name): name for name in order.get_ready()}
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    name = running.pop(future)
                    results[name] = future.result()
                    on_done(results[name])
                    order.done(name)
        except (KeyboardInterrupt, SystemExit):  # the pool waits for its threads, and those for what they run
            CHILDREN.end()
            raise
    return results


def turned_round(upstream: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    """What depends on each name: the order in which things are destroyed."""
    return {name: [other for other, needs in upstream.items() if name in needs] for name in upstream}
