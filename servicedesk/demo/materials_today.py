"""The demo's materials and letters of these days: one for each way in which they can stand."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from servicedesk.catalogue.models import ServiceItem
from servicedesk.clock import clock
from servicedesk.core.authorization import HAND_IN
from servicedesk.core.materials import LETTER_NAME, Slot, latest_due
from servicedesk.core.permissions import Role
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprises import Client
from servicedesk.demo.materials import LASTING, drafted, local_day, remind, signed, stored, terms
from servicedesk.demo.moments import working_day_back
from servicedesk.demo.people import PASSWORD
from servicedesk.enterprises.queries import enterprise as get_enterprise
from servicedesk.extensions import db
from servicedesk.materials.actions import Wish, file_request
from servicedesk.materials.letters import prepare, receive_original, revoke, sign
from servicedesk.materials.queries import folder, offers
from servicedesk.tickets.actions import Request, take
from servicedesk.tickets.models import Ticket

Moments = Iterator[datetime]


class _Days:
    """One request of these days: it comes in some working days ago and goes on from there."""

    def __init__(self, cast: Cast, client: Client, now: datetime, back: int) -> None:
        self.cast, self.client, self._now = cast, client, now
        self.chance = Random(f"these days:{client.firm.short}:{back}")
        self._back = back
        self._ticket: Ticket

    def at(self, later: int = 0, minutes: int = 60) -> datetime:
        """Return a moment ``later`` working days after the first, that long before closing time."""
        hours = self.cast.hours
        today = hours.local(self._now).date()
        day = working_day_back(today, max(self._back - later, 1), hours)
        return hours.subtract(hours.end_of_day(day), minutes)

    def file(self, code: str, title: str, words: str, wishes: list[Wish], *, acting: bool) -> None:
        """File it."""
        client = self.client
        request = Request(
            client.enterprise_id, title, words, client.people[0].name, client.phones[0],
            answers={}, acting=acting,
        )  # fmt: skip
        item = self.cast.items[code]
        self._ticket = file_request(client.people[0], item, request, wishes)

    def take(self, role: Role, step: str, **inputs: Any) -> None:
        """Take a step as somebody with ``role``, of the item's unit where that matters."""
        item = db.session.get_one(ServiceItem, self._ticket.item_id)
        unit = item.lead_unit if role is Role.OFFICER else None
        actor = self.client.people[0]
        if role is not Role.REQUESTER:
            actor = self.cast.holder(role, self.chance, unit)
        if step == "dispatch":
            inputs["unit_id"] = self.cast.units[item.lead_unit]
        self._ticket = take(actor, self._ticket.id, step, inputs)

    def to_unit(self) -> Moments:
        """Accept, dispatch, sign: within the first hours."""
        for minutes, role, step in (
            (40, Role.DESK, "accept"), (30, Role.DESK, "dispatch"), (15, Role.OFFICER, "sign"),
        ):  # fmt: skip
            yield self.at(minutes=minutes)
            self.take(role, step)


def lives(cast: Cast, clients: Sequence[Client], now: datetime) -> Iterator[Moments]:
    """Yield the requests and letters of these days, the demo account's enterprise first."""
    shown, others = clients[0], clients[LASTING:]
    yield _suspended(_Days(cast, shown, now, 8))
    yield _terminated(_Days(cast, clients[1], now, 45))
    yield _promised(_Days(cast, clients[2], now, 4), cast, now)
    yield _broken(_Days(cast, clients[3], now, 8), cast, now)
    yield _without_letter(_Days(cast, others[0], now, 1))
    yield _unsigned(cast, shown, now)
    yield _ending(cast, others[1], now)
    yield _expired(cast, others[2], now)
    yield _revoked(cast, others[3], now)
    yield _online(cast, others[4], now)


def _suspended(days: _Days) -> Moments:
    """Acted in, suspended, and the enterprise asks to go on."""
    yield days.at()
    words = "新厂房水电气一并报装，请代为办理，负荷清单由设计院出具后补交。"
    wishes = [Wish("报装申请表", Slot.GIVEN, uploads=[_of(days, "报装申请表.pdf")])]
    days.file("G07", "二期厂房水电气联合报装", words, wishes, acting=True)
    yield from days.to_unit()
    yield days.at(1)
    days.take(Role.DESK, "act", power=HAND_IN, note="已向供电、供水、燃气单位递交报装申请表。")
    yield days.at(3)
    days.take(Role.OFFICER, "suspend", reason="二期总图调整，用电负荷待设计院重新核定。")
    yield days.at(7, 120)
    days.take(Role.REQUESTER, "ask_resume", note="负荷已核定为630千伏安，请继续办理。")


def _terminated(days: _Days) -> Moments:
    """Suspended for more than twenty working days without a word, so it was ended."""
    yield days.at()
    words = "拟新建仓库，请代办施工许可和消防设计审查。"
    days.file("G05", "仓库施工许可代办", words, [], acting=True)
    yield from days.to_unit()
    yield days.at(2)
    days.take(Role.OFFICER, "suspend", reason="企业暂缓建设，施工合同未签。")
    yield days.at(30)
    days.take(
        Role.DESK_HEAD, "terminate", reason="中止满二十个工作日，企业未要求续办，电话确认暂缓建设。",
        where_to_go="开工条件具备后可在本平台重新提交，材料库里的材料可以直接选用。",
    )  # fmt: skip


def _promised(days: _Days, cast: Cast, now: datetime) -> Moments:
    """Deferred, due on the next working day."""
    yield days.at()
    due = cast.hours.next_working_day(cast.hours.local(now).date())
    due = min(due, latest_due(cast.hours, local_day(cast)))
    wish = Wish("制度文件", Slot.DEFERRED, deferrable=True, promised=True, due_on=due)
    words = "办理食品经营许可，制度文件正在修订，先行容缺。"
    days.file("A08", "食品经营许可帮办", words, [_licence(days), wish], acting=False)
    yield from days.to_unit()


def _broken(days: _Days, cast: Cast, now: datetime) -> Moments:
    """Deferred, not brought: the promise has lapsed."""
    yield days.at()
    wish = Wish("经营场所平面图", Slot.DEFERRED, deferrable=True, promised=True)
    due = local_day(cast) + timedelta(days=3)
    wish = Wish(wish.name, wish.choice, deferrable=True, promised=True, due_on=due)
    words = "新增检验检测项目，平面图由设计单位出图后补交。"
    days.file("A08", "检验检测资质帮办", words, [_licence(days), wish], acting=False)
    yield from days.to_unit()
    yield cast.hours.next_working_moment(clock.now() + timedelta(days=5))
    remind()


def _without_letter(days: _Days) -> Moments:
    """Acting is asked for, and the letter waits for its signature."""
    yield days.at()
    words = "公司地址变更，请代办变更登记。"
    wishes = [Wish("变更登记申请书", Slot.GIVEN, help=True), Wish(LETTER_NAME, Slot.GIVEN)]
    days.file("A06", "地址变更登记代办", words, wishes, acting=True)
    yield days.at(minutes=30)
    days.take(Role.DESK, "accept")
    ends = local_day(days.cast) + timedelta(days=60)
    drafted(days.cast, days.client, ends, days.chance)


def _licence(days: _Days) -> Wish:
    enterprise = get_enterprise(days.client.enterprise_id)
    found = offers(folder(enterprise), "营业执照") if enterprise else []
    return Wish("营业执照", Slot.KEPT, document_id=found[0].document.id if found else None)


def _of(days: _Days, name: str) -> str:
    return stored(days.client.people[0], name, days.chance)


def _back(cast: Cast, now: datetime, days: int) -> datetime:
    return cast.hours.next_working_moment(now - timedelta(days=days))


def _unsigned(cast: Cast, client: Client, now: datetime) -> Moments:
    """The demo account has a letter to sign."""
    chance = Random("unsigned")
    yield min(_back(cast, now, 2), now)
    desk = cast.holder(Role.DESK, chance)
    ends = local_day(cast) + timedelta(days=120)
    prepare(desk, client.enterprise_id, terms(cast, desk, ends, ["E03", "F06"]))


def _ending(cast: Cast, client: Client, now: datetime) -> Moments:
    chance = Random("ending")
    yield _back(cast, now, 80)
    letter = signed(cast, client, cast.hours.local(now).date() + timedelta(days=5), chance)
    desk = cast.holder(Role.DESK, chance)
    receive_original(desk, letter.id, "公章", 1, client.people[0].name)


def _expired(cast: Cast, client: Client, now: datetime) -> Moments:
    chance = Random("expired")
    yield _back(cast, now, 120)
    letter = signed(cast, client, cast.hours.local(now).date() - timedelta(days=12), chance)
    desk = cast.holder(Role.DESK, chance)
    receive_original(desk, letter.id, "不动产权证书原件", 1, client.people[0].name)


def _revoked(cast: Cast, client: Client, now: datetime) -> Moments:
    chance = Random("revoked")
    yield _back(cast, now, 60)
    letter = signed(cast, client, cast.hours.local(now).date() + timedelta(days=90), chance)
    yield _back(cast, now, 20)
    desk = cast.holder(Role.DESK, chance)
    revoke(desk, letter.id, "企业书面来函：改由本公司行政部自行办理。", letter.version)


def _online(cast: Cast, client: Client, now: datetime) -> Moments:
    """Signed by the owner with the password."""
    chance = Random("online")
    yield _back(cast, now, 15)
    letter = drafted(cast, client, local_day(cast) + timedelta(days=180), chance)
    yield clock.now() + timedelta(hours=5)
    sign(client.people[0], letter.id, PASSWORD, letter.version)
