"""Keys of rows that exist: what updates and deletes hit, and what references point at."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from scripts.seed.model import Key

CAPACITY = 100_000


class KeySample:
    """A bounded sample of known keys; beyond its capacity a new key replaces a random one.

    Args:
        chance: decides which key is chosen.
        capacity: most keys it remembers.
    """

    def __init__(self, chance: Random, capacity: int = CAPACITY) -> None:
        self._chance = chance
        self._capacity = capacity
        self._keys: list[Key] = []

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, keys: Iterable[Key]) -> None:
        """Remembers keys."""
        for key in keys:
            if len(self._keys) < self._capacity:
                self._keys.append(key)
            else:
                self._keys[self._chance.randrange(self._capacity)] = key

    def take(self, count: int) -> list[Key]:
        """Removes up to `count` random keys and returns them: no key twice."""
        taken = []
        for _ in range(min(count, len(self._keys))):
            position = self._chance.randrange(len(self._keys))
            taken.append(self._keys[position])
            last = self._keys.pop()
            if position < len(self._keys):
                self._keys[position] = last
        return taken

    def choices(self, chance: Random, count: int) -> list[Key]:
        """`count` random keys, possibly the same one again."""
        return chance.choices(self._keys, k=count)
