"""Realistic texts by column name, made by Faker once and then drawn from: Faker per row is a hundred times slower."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

from scripts.seed.model import Column

if TYPE_CHECKING:
    from faker import Faker

SIZE = 1_000
"""Different values per kind of text."""

Provider = Callable[["Faker"], str]

_BEYOND_ASCII = (
    "caf\u00e9 cr\u00e8me",
    "na\u00efve \u00c5ngstr\u00f6m",
    "\u6c37\u6cb3\u306e\u6c34",
    "\u017elu\u0165ou\u010dk\u00fd k\u016f\u0148",
    "glacier \U0001f9ca",
)
_ONE_WORD = 24  # characters below which a text of unknown meaning is a word, and above which a sentence

PROVIDERS: tuple[tuple[str, str, Provider], ...] = (
    ("email", r"e_?mail", lambda fake: fake.email()),
    ("uuid", r"uuid|guid", lambda fake: str(fake.uuid4())),
    ("first name", r"(first|given|fore)_?name", lambda fake: fake.first_name()),
    ("last name", r"(last|family|sur)_?name", lambda fake: fake.last_name()),
    ("user name", r"user_?name|login|nick(name)?|handle", lambda fake: fake.user_name()),
    ("file name", r"file_?name|filename|file_?path", lambda fake: fake.file_name()),
    ("host name", r"host_?name|hostname|domain", lambda fake: fake.domain_name()),
    ("country code", r"country_(code|iso)|nationality", lambda fake: fake.country_code()),
    ("country", r"country", lambda fake: fake.country()),
    ("city", r"city|town", lambda fake: fake.city()),
    ("state", r"state|province|region|county", lambda fake: fake.state()),
    ("postcode", r"zip(_?code)?|post_?(al_?)?code", lambda fake: fake.postcode()),
    ("street", r"street|address(_?(line)?_?\d)?|addr", lambda fake: fake.street_address()),
    ("phone", r"(tele)?phone(_?(no|number))?|mobile(_?(no|number))?|tel|fax", lambda fake: fake.phone_number()),
    ("company", r"company|employer|organi[sz]ation|vendor|supplier|brand", lambda fake: fake.company()),
    ("job", r"job|occupation|profession|job_?title", lambda fake: fake.job()),
    ("product", r"(product|item|article|model)(_?name)?", lambda fake: " ".join(fake.words(2)).title()),
    ("label", r"(category|department|type|group|title|label|plan|tag)(_?name)?", lambda fake: " ".join(fake.words(2))),
    ("url", r"url|website|link|homepage", lambda fake: fake.url()),
    ("ip", r"ip|ip_?addr(ess)?", lambda fake: fake.ipv4()),
    ("user agent", r"user_?agent|browser", lambda fake: fake.user_agent()),
    ("currency", r"currency(_?code)?", lambda fake: fake.currency_code()),
    ("color", r"colou?r", lambda fake: fake.safe_color_name()),
    ("locale", r"locale|language(_?code)?|lang", lambda fake: fake.language_code()),
    ("iban", r"iban|account_?(no|number)", lambda fake: fake.iban()),
    ("sku", r"sku|ean|barcode|serial(_?(no|number))?", lambda fake: fake.bothify("??%###????", letters=string.ascii_uppercase)),
    ("status", r"status|stage", lambda fake: fake.random_element(("new", "open", "paid", "sent", "done", "void"))),
    ("person", r"name|full_?name|customer|contact|author|owner|recipient", lambda fake: fake.name()),
    ("sentence", r"comments?|notes?|description|remarks?|message|body|text|summary|content", lambda fake: fake.sentence()),
)
"""Kind, pattern of the column name, and how Faker makes one. The first pattern that matches the whole name decides; else the first that
matches its end (`billing_city` is a city)."""


def provider_of(name: str) -> tuple[str, Provider] | None:
    """The kind of text that a column name stands for; None when it says nothing."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    for pattern in (r"(?:{})", r".*[_ -](?:{})"):
        for kind, names, provider in PROVIDERS:
            if re.fullmatch(pattern.format(names), snake):
                return kind, provider
    return None


class Vocabulary:
    """Texts to draw from.

    Args:
        seed: the same seed gives the same texts, whatever other columns there are.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._made: dict[str, list[str]] = {}

    @cached_property
    def _faker(self) -> Faker:
        from faker import Faker  # a quarter of a second, which a wrong flag should not wait for

        return Faker("en_US")

    def texts(self, column: Column) -> list[str]:
        """Texts that fit the column: its meaning by name, its length, its character set."""
        if column.json:
            return self._kind("json", lambda fake: json.dumps({"id": fake.random_int(), "tags": fake.words(2), "ok": fake.boolean()}))
        length = column.length or 255
        if length <= 4:
            return self._letters(length)
        kind, provider = provider_of(column.name) or self._unknown(length)
        texts = self._kind(kind, provider)
        if kind in ("word", "sentence"):
            texts = [*texts, *_BEYOND_ASCII]
        fitting = [text[:length].strip() for text in texts if _encodable(text, column.charset)]
        return [text for text in fitting if text] or self._letters(length)

    def skus(self) -> list[str]:
        """Stock keeping units of the built-in table."""
        return self._kind("sku", next(provider for kind, _, provider in PROVIDERS if kind == "sku"))

    def addresses(self, version: int) -> list[str]:
        """IP addresses of version 4 or 6."""
        return self._kind(f"ipv{version}", lambda fake: fake.ipv6() if version == 6 else fake.ipv4())

    def _unknown(self, length: int) -> tuple[str, Provider]:
        if length <= _ONE_WORD:
            return "word", lambda fake: fake.word()
        return "sentence", lambda fake: fake.sentence()

    def _kind(self, kind: str, provider: Provider) -> list[str]:
        if kind not in self._made:
            self._faker.seed_instance(f"{self._seed}:{kind}")
            self._made[kind] = [" ".join(str(provider(self._faker)).split()) for _ in range(SIZE)]
        return self._made[kind]

    def _letters(self, length: int) -> list[str]:
        chance = Random(f"{self._seed}:letters:{length}")  # noqa: S311 - test data, not a secret
        return ["".join(chance.choices(string.ascii_uppercase, k=max(1, length))) for _ in range(SIZE)]


def _encodable(text: str, charset: str | None) -> bool:
    """Whether a character set can hold the text; for those that are not Unicode only ASCII is taken."""
    if charset in (None, "utf8mb4", "utf16", "utf16le", "utf32"):
        return True
    if charset in ("utf8", "utf8mb3", "ucs2"):
        return all(ord(character) < 0x10000 for character in text)
    return text.isascii()
