"""The demo's enterprises and the people who act for them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import yaml

from servicedesk.accounts.actions import create_user
from servicedesk.core.identifiers import valid_credit_code
from servicedesk.core.permissions import Actor, Part, Role
from servicedesk.demo.names import people, phones
from servicedesk.demo.people import REQUESTER_LOGIN, email_of
from servicedesk.enterprises.actions import create_enterprise, join

DATA = Path(__file__).parent / "data"
SHOWN = "荷力士"  # the enterprise of the demo account
SUBJECT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_NAMES_OF_STAFF = 120  # names that the staff may have taken
_PHONES_FROM = 2000


@dataclass(frozen=True, slots=True)
class Firm:
    """An enterprise of the demo, as the texts need it."""

    short: str
    name: str
    industry: str
    product: str
    place: str
    years: int
    code: str | None

    @property
    def preparing(self) -> bool:
        """Is it still being set up (筹建), without a credit code?"""
        return self.code is None


@dataclass(slots=True)
class Client:
    """An enterprise in the database with its people; the first one owns the file."""

    firm: Firm
    enterprise_id: int
    people: list[Actor]
    phones: list[str]


def firms(region: str) -> list[Firm]:
    """Return the enterprises in the order of the file, with valid credit codes."""
    rows = yaml.safe_load((DATA / "enterprises.yaml").read_text(encoding="utf-8"))
    return [_firm(region, *row) for row in rows]


def _firm(
    region: str, short: str, name: str, industry: str, product: str, place: str, years: int
) -> Firm:
    code = None if short.endswith("（筹）") else credit_code(region, Random(name), years)
    return Firm(short, name, industry, product, place, years, code)


def credit_code(region: str, chance: Random, years: int) -> str:
    """Return a valid code: companies since the reform of 2015 have a subject that begins MA."""
    if years > 9:
        subject = "".join(chance.choices("0123456789", k=9))
    else:
        subject = "MA" + "".join(chance.choices(SUBJECT_ALPHABET, k=7))
    return valid_credit_code(region, subject)


def create_clients(
    system: Actor, password_hash: str, wanted: list[Firm], first: int = 0
) -> dict[str, Client]:
    """Open the files of ``wanted`` with one or two people each; ``first`` keeps logins apart."""
    names = islice(people(), _NAMES_OF_STAFF + first * 3, None)
    numbers = islice(phones(), _PHONES_FROM + first * 2, None)
    return {
        firm.short: _client(system, password_hash, firm, first + serial, names, numbers)
        for serial, firm in enumerate(wanted)
    }


def _client(
    system: Actor,
    password_hash: str,
    firm: Firm,
    serial: int,
    names: Iterator[str],
    numbers: Iterator[str],
) -> Client:
    boss, contact = next(names), next(names)
    client = Client(firm, 0, [], [next(numbers), next(numbers)])
    enterprise = create_enterprise(
        system, name=firm.name, code=firm.code, legal_representative=boss,
        industry=firm.industry, address=f"怀化市鹤城区高新区{firm.place}",
        contact=contact, phone=client.phones[0],
    )  # fmt: skip
    client.enterprise_id = enterprise.id
    colleagues = [contact] if serial % 3 else [contact, next(names)]
    for number, name in enumerate(colleagues):
        login = _login(firm, serial, number)
        person = _person(system, login, name, client.phones[number], password_hash)
        part = Part.CLERK if number else Part.OWNER
        join(person["user_id"], enterprise.id, part)
        client.people.append(Actor(**person, parts={enterprise.id: part}))
    return client


def _login(firm: Firm, serial: int, number: int) -> str:
    if firm.short == SHOWN and number == 0:
        return REQUESTER_LOGIN
    return f"qy{serial + 1:03d}" + ("b" if number else "")


def _person(
    system: Actor, login: str, name: str, phone: str, password_hash: str
) -> Mapping[str, Any]:
    user = create_user(
        system, login=login, name=name, role=Role.REQUESTER, password_hash=password_hash,
        park_id=system.park_id, phone=phone, email=email_of(login),
    )  # fmt: skip
    return {
        "user_id": user.id,
        "role": Role.REQUESTER,
        "park_id": system.park_id,
        "name": name,
    }
