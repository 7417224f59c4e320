"""The demo's folders, letters of authorization and deferred materials: from 2024 until now."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any

from flask import current_app

from servicedesk.catalogue.models import ServiceItem
from servicedesk.clock import clock
from servicedesk.core.authorization import COLLECT, HAND_IN, SUPPLEMENT, last_day
from servicedesk.core.materials import LETTER_NAME, Slot
from servicedesk.core.permissions import Actor, Role
from servicedesk.demo.attachments import pdf
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprises import SHOWN, Client
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.materials import reminders
from servicedesk.materials.actions import Wish, file_request, hand_in, repair
from servicedesk.materials.folder import Label, keep
from servicedesk.materials.letters import (
    Terms,
    prepare,
    receive_original,
    record_signed,
    return_original,
)
from servicedesk.materials.listing import Wanted, every_deferred
from servicedesk.materials.models import Authorization
from servicedesk.materials.queries import folder, lapses, letters_for, offers
from servicedesk.tickets.actions import Request, submit
from servicedesk.tickets.files import store
from servicedesk.tickets.models import Ticket
from servicedesk.tickets.uploads import add_upload

Moments = Iterator[datetime]
FIRMS = 30  # so many enterprises have a folder from the beginning of 2024 on
LASTING = 12  # of them renew their letter every year
SHARE = 0.16  # of their requests came with materials slot by slot
BATCH = 200
SOON_OVER = {0: 6, 1: 20, 2: -30}  # days from today on which some leases end


def lives(cast: Cast, now: datetime, seed: int) -> Iterator[Moments]:
    """Yield everything that happens to folders, letters and promises until ``now``."""
    for number, client in enumerate(keepers(cast)):
        chance = Random(f"{seed}:folder:{client.firm.short}")
        yield _folder(cast, client, number, now, chance)
        if number < LASTING:
            yield _yearly_letter(cast, client, number, chance)
    yield _scheduler(cast, now, seed)


def keepers(cast: Cast) -> list[Client]:
    """Return the enterprises that have a folder, the demo account's first."""
    shorts = [SHOWN, *[short for short in cast.clients if short != SHOWN]]
    return [cast.clients[short] for short in shorts[:FIRMS]]


# Folders -----------------------------------------------------------------------------------------


def _folder(cast: Cast, client: Client, number: int, now: datetime, chance: Random) -> Moments:
    first = clock.now()
    yield cast.hours.next_working_moment(first + timedelta(days=8 + 5 * number, hours=2))
    actor, firm = client.people[0], client.firm.short
    _keep(actor, client, Label("licence", "营业执照"), f"{firm}营业执照副本.pdf", chance)
    if number % 2 == 0:
        until = date(2031, 6, 30)
        _keep(
            actor,
            client,
            Label("legal_id", "法定代表人身份证明", None, until),
            "身份证.pdf",
            chance,
        )
    lease = _lease_end(cast, number, now)
    label = Label("premises", "厂房租赁合同", None, lease)
    _keep(actor, client, label, f"{firm}租赁合同.pdf", chance)
    if number % 3 == 0:
        _keep(actor, client, Label("articles", "公司章程"), "公司章程.pdf", chance)


def _lease_end(cast: Cast, number: int, now: datetime) -> date:
    """Most leases run on; some end these days, one has just ended."""
    days = SOON_OVER.get(number, 200 + 40 * number)
    return cast.hours.local(now).date() + timedelta(days=days)


def _keep(actor: Actor, client: Client, label: Label, name: str, chance: Random) -> None:
    keep(actor, client.enterprise_id, label, [stored(actor, name, chance)])


def stored(actor: Actor, name: str, chance: Random) -> str:
    """Store a small PDF of the actor and return its token."""
    settings = current_app.extensions["settings"]
    content = pdf(chance.randint(1000, 9999))
    return add_upload(
        actor, store(settings.uploads_dir, name, content, settings.upload_max_bytes)
    ).token


# Letters -----------------------------------------------------------------------------------------


def _yearly_letter(cast: Cast, client: Client, number: int, chance: Random) -> Moments:
    """A letter for every item in which the park acts, renewed when the year is over."""
    moment = cast.hours.next_working_moment(clock.now() + timedelta(days=9 + number, hours=3))
    while True:
        yield moment
        day = local_day(cast)
        letter = signed(cast, client, last_day(day), chance)
        if number % 4 == 0:
            desk = cast.holder(Role.DESK, chance)
            line = receive_original(desk, letter.id, "营业执照正本", 1, client.people[0].name)
            yield cast.hours.next_working_moment(clock.now() + timedelta(days=12))
            return_original(desk, line.id, client.people[0].name)
        renew = datetime.combine(last_day(day), datetime.min.time()) + timedelta(hours=10)
        zone = cast.hours.local(clock.now()).tzinfo
        moment = cast.hours.next_working_moment(renew.replace(tzinfo=zone) - timedelta(days=70))


def local_day(cast: Cast) -> date:
    """Return the day it is in the park."""
    return cast.hours.local(clock.now()).date()


def terms(cast: Cast, agent: Actor, ends_on: date, codes: Sequence[str] = ()) -> Terms:
    """Return a letter's terms from today on, for every item acted in or for ``codes``."""
    items = codes or [c for c, item in cast.items.items() if item.authorization == "required"]
    assert agent.user_id is not None
    return Terms(agent.user_id, items, [HAND_IN, SUPPLEMENT, COLLECT], local_day(cast), ends_on)


def drafted(cast: Cast, client: Client, ends_on: date, chance: Random) -> Authorization:
    """Draw a letter up for all items acted in."""
    desk = cast.holder(Role.DESK, chance)
    return prepare(desk, client.enterprise_id, terms(cast, desk, ends_on))


def signed(cast: Cast, client: Client, ends_on: date, chance: Random) -> Authorization:
    """Draw a letter up and note its signature on paper."""
    letter, desk = drafted(cast, client, ends_on, chance), cast.holder(Role.DESK, chance)
    signer = _boss(client)
    scan = stored(desk, "委托书签字页.pdf", chance)
    return record_signed(desk, letter.id, signer, [scan], letter.version)


def _boss(client: Client) -> str:
    enterprise = get_enterprise(client.enterprise_id)
    return enterprise.legal_representative if enterprise else client.people[0].name


# Requests with their materials -------------------------------------------------------------------


def file(actor: Actor, item: ServiceItem, request: Request) -> Ticket:
    """File a request of the year: acted in under a letter, some with a slot for each material."""
    acting = item.authorization == "required" and _may_act(request.enterprise_id, item.code)
    chance = Random(f"{item.code}:{request.enterprise_id}:{request.title}:{clock.now():%Y%m%d}")
    wanted = Request(
        request.enterprise_id, request.title, request.description, request.contact, request.phone,
        request.answers, request.uploads, request.channel, request.key, acting,
        limit_days=request.limit_days,
    )  # fmt: skip
    enterprise = get_enterprise(request.enterprise_id)
    kept = folder(enterprise) if enterprise is not None and chance.random() < SHARE else []
    if not kept or item.confidential:
        return submit(actor, item, wanted)
    blocked = bool(lapses(request.enterprise_id))
    wishes = [
        _wish(actor, material, kept, blocked, chance)
        for material in item.materials
        if material["name"] != LETTER_NAME or acting
    ]
    return file_request(actor, item, wanted, wishes)


def _may_act(enterprise_id: int, code: str) -> bool:
    """Acting needs a letter that lasts longer than the request will."""
    ahead = clock.now().date() + timedelta(days=45)
    today_ = clock.now().date()
    return any(one.ends_on >= ahead for one in letters_for(enterprise_id, code, today_))


def _wish(
    actor: Actor, material: dict[str, Any], kept: Sequence[Any], blocked: bool, chance: Random
) -> Wish:
    name, deferrable = material["name"], bool(material["deferrable"])
    asks = material.get("kind") or name
    found = offers(kept, asks)
    if found:
        return Wish(name, Slot.KEPT, asks, document_id=found[0].document.id)
    if deferrable and not blocked and chance.random() < 0.7:
        return Wish(name, Slot.DEFERRED, asks, deferrable=True, promised=True)
    if name == LETTER_NAME:
        return Wish(name, Slot.GIVEN, asks)
    return Wish(name, Slot.GIVEN, asks, uploads=[stored(actor, f"{name[:20]}.pdf", chance)])


def _first(cast: Cast, wanted: Wanted) -> list[Any]:
    """Return the first deferred materials of a list, read whole: each is worked on then."""
    return list(islice(every_deferred(cast.park_id, wanted), BATCH))


def _scheduler(cast: Cast, now: datetime, seed: int) -> Moments:
    """Twice a week: enterprises hand in what they promised, most in time; the rest is reminded of."""
    chance, members = Random(f"{seed}:handing"), _members(cast)
    day = local_day(cast)
    while True:
        day = cast.hours.next_working_day(cast.hours.next_working_day(day))
        yield cast.hours.subtract(cast.hours.end_of_day(day), 400)
        owed = _first(cast, Wanted(state="open", sort="ends"))
        for row, _enterprise, ticket in owed:
            near = row.due_on is not None and (row.due_on - day).days <= 4
            person = members.get(ticket.enterprise_id)
            if near and person is not None and clock.now() < now - timedelta(days=12):
                _bring(person, row.id, row.name, chance)
        remind()
        for broken, _enterprise, _ticket in _first(cast, Wanted(state="lapsed")):
            if broken.lapsed_at is not None and clock.now() - broken.lapsed_at > timedelta(days=9):
                head = cast.holder(Role.DESK_HEAD, chance)
                repair(head, broken.enterprise_id, "材料已补齐并核验")
                break


def _members(cast: Cast) -> dict[int, Actor]:
    return {client.enterprise_id: client.people[0] for client in cast.clients.values()}


def _bring(person: Actor, material_id: int, name: str, chance: Random) -> None:
    """Five of six are brought in time."""
    if material_id % 6:
        token = stored(person, f"{name[:20]}.pdf", chance)
        hand_in(person, material_id, Wish(name, Slot.GIVEN, uploads=[token]))


def remind() -> None:
    """What the scheduler's job does, at the demo's own time."""
    for material_id, wanted in reminders.due_nudges(BATCH):
        reminders.give_nudge(material_id, wanted)
    work: Sequence[tuple[Callable[[int], list[int]], Callable[[int], bool]]] = (
        (reminders.due_letters, reminders.tell_letter),
        (reminders.due_originals, reminders.tell_originals),
        (reminders.due_documents, reminders.tell_document),
    )
    for find, handle in work:
        for number in find(BATCH):
            handle(number)
