"""How many inserts, updates and deletes: `insert=70,update=20,delete=10`."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

from scripts.seed.errors import UsageError

OPERATIONS = ("insert", "update", "delete")


@dataclass(frozen=True)
class Mix:
    """Shares of the operations; only their ratio counts."""

    insert: int = 100
    update: int = 0
    delete: int = 0

    @property
    def weights(self) -> tuple[int, int, int]:
        """The shares in the order of OPERATIONS, without a common factor."""
        divisor = gcd(self.insert, self.update, self.delete)
        return (self.insert // divisor, self.update // divisor, self.delete // divisor)

    @property
    def changes_rows(self) -> bool:
        """Whether it touches rows that are there already."""
        return self.update + self.delete > 0


def parse_mix(text: str) -> Mix:
    """Reads `insert=70,update=20,delete=10`; an operation that is not named has no share.

    Raises:
        UsageError: another operation, a share that is no whole number, or all shares zero.
    """
    shares: dict[str, int] = {}
    for part in text.split(","):
        name, equals, number = (word.strip() for word in part.partition("="))
        if name not in OPERATIONS or not equals or not (number.isascii() and number.isdigit()) or len(number) > 6 or name in shares:
            raise UsageError(f"--mix must be like insert=70,update=20,delete=10, each at most once and a whole number, got {text}")
        shares[name] = int(number)
    if not any(shares.values()):
        raise UsageError(f"--mix must give a share above zero to at least one operation, got {text}")
    return Mix(**{"insert": 0, **shares})


class Schedule:
    """Deals operations so that after any number of them each is within one of its share; inserts come first where it is even."""

    def __init__(self, mix: Mix) -> None:
        self._weights = mix.weights
        self._total = sum(self._weights)
        self._credit = [0, 0, 0]

    def take(self, count: int) -> tuple[int, int, int]:
        """How many of the next `count` operations are inserts, updates and deletes."""
        rounds, rest = divmod(count, self._total)
        counts = [weight * rounds for weight in self._weights]  # a whole round leaves the credit as it was
        for _ in range(rest):
            for index, weight in enumerate(self._weights):
                self._credit[index] += weight
            chosen = max(range(3), key=self._credit.__getitem__)
            self._credit[chosen] -= self._total
            counts[chosen] += 1
        return counts[0], counts[1], counts[2]
