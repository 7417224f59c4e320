"""The demo's files: profiles, officers, contracts, titles, patents, and what waits for the desk."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import yaml
from sqlalchemy import func, select

from servicedesk.clock import clock
from servicedesk.core.enterprises import PATENT_KINDS
from servicedesk.core.industries import industry_code
from servicedesk.core.permissions import Actor, Role
from servicedesk.demo.cast import Cast
from servicedesk.demo.enterprises import DATA, SHOWN, Client, credit_code
from servicedesk.demo.loop import Moments
from servicedesk.enterprises.actions import create_enterprise
from servicedesk.enterprises.corrections import propose
from servicedesk.enterprises.holdings import (
    assign_officer,
    keep_contact,
    record_contract,
    record_patent,
    record_title,
)
from servicedesk.enterprises.models import Patent
from servicedesk.enterprises.profile import edit
from servicedesk.extensions import db
from servicedesk.organisation.queries import park
from servicedesk.tickets.actions import Request, submit
from servicedesk.tickets.facts import ZONE
from servicedesk.tickets.models import Ticket

LANDLORD = "怀化市鹤城区高科公司"
AREAS = (
    ("新能源装备基地", "新能源及其装备制造基地"), ("粮油物流", "粮油物流园"), ("陆港", "粮油物流园"),
    ("中央粮库", "粮油物流园"), ("阳塘", "阳塘片区"), ("", "高新技术产业园"),
)  # fmt: skip
# revenue of one employee (万元), per cent of growth and of research: from, to
TRADES: Mapping[str, tuple[int, int, int, int, float, float]] = {
    "电子信息": (45, 90, -6, 34, 3.6, 9.5),
    "新能源及装备": (50, 110, -4, 42, 3.2, 8.4),
    "医药大健康": (40, 80, -5, 28, 3.0, 9.0),
    "工程机械": (45, 85, -9, 24, 2.4, 6.2),
    "粮油物流": (70, 150, -6, 18, 0.3, 2.4),
}
STRONG = frozenset(
    {
        "程鑫光电", "云臂智能", "慧眼传感", "康沅器械", "三湘连接", "武陵液压", "怀科科技", "恩德莱",
        "芯沅微电", "智联物芯", "博抗生物", "数维软件", "鹏程锂能", "蓝桥智能", "中方充电", "冠捷科技",
        "顺天帆业", "德众集团", "思车网", "方诺科技", "雪峰电气", "海红盛", "荷力士",
    }
)  # fmt: skip
"""What the park's report names for its innovation grows and does research."""
TROUBLED = frozenset({"腊月香", "楚韵纺织"})
HIGH_TECH = (  # 高新技术企业, three years each: some ran out, some run
    ("冠捷科技", date(2021, 9, 18)), ("德众集团", date(2021, 9, 18)), ("沅江线缆", date(2022, 10, 18)),
    ("方诺科技", date(2022, 10, 18)), ("雪峰电气", date(2022, 10, 18)), ("湘西矿机", date(2023, 10, 16)),
    ("正清源", date(2023, 10, 16)), ("康沅器械", date(2023, 10, 16)), ("沃岩钻具", date(2023, 12, 8)),
    ("磐石线路板", date(2023, 12, 8)), ("安讯达", date(2023, 12, 8)),
)  # fmt: skip
LARGE = ("冠捷科技", "德众集团", "湘西矿机", "磐石线路板", "沅江线缆", "荷力士", "金丰源")
PATENTED = (
    "一种{product}", "一种{product}的装配工装", "一种{product}用密封结构", "{product}的检测装置",
    "一种{product}的散热结构", "{product}生产线自动上料机构", "一种便于维护的{product}",
)  # fmt: skip
OF_SERVICES = (
    "一种物料分拣装置", "一种数据采集终端", "一种仓储货架的锁止结构", "一种电子标签", "一种周转箱",
)  # fmt: skip
SERVICES = ("服务", "平台", "软件", "进口", "仓储", "仓配", "工程")
DAY_MINUTES = 7 * 60
POSTS = ("行政主管", "财务负责人", "生产厂长", "项目经理", "总经理助理")


def run(cast: Cast, seed: int, now: datetime) -> Iterator[Moments]:
    """Yield the lives of the enterprises' files."""
    yield _opened(cast, seed)
    yield _lately(cast, now)


def _opened(cast: Cast, seed: int) -> Moments:
    """The desk fills the files in the first days, the head shares the enterprises out."""
    chance = Random(f"files:{seed}")
    yield cast.hours.add(clock.now(), 60)
    facts = _facts()
    desk = cast.holder(Role.DESK, chance)
    for short, client in cast.clients.items():
        edit(desk, client.enterprise_id, _profile(client, *facts[short]))
    yield cast.hours.add(clock.now(), DAY_MINUTES)
    _share_out(cast)
    for client in cast.clients.values():
        _contract(desk, client)
        _contact(desk, client, chance)
    yield cast.hours.add(clock.now(), DAY_MINUTES)
    for short, awarded_on in HIGH_TECH:
        number = f"GR{awarded_on:%Y}43{chance.randrange(100_000, 999_999)}"
        _title(desk, cast.clients[short], "高新技术企业", "国家级", awarded_on, number)
    for short in LARGE:
        _title(desk, cast.clients[short], "规模以上工业企业", "国家级", date(2020, 1, 1), "")


def _facts() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = yaml.safe_load((DATA / "profiles.yaml").read_text("utf-8"))
    return found


def _planned(client: Client, code: str, _employees: int) -> dict[str, Any]:
    """Return what is known of an enterprise that is still being set up."""
    firm = client.firm
    area = next(area for word, area in AREAS if word in firm.place)
    known = {"industry_code": code, "area": area, "plot": firm.place}
    return {**known, "chain": firm.industry, "industry": firm.product}


def _profile(client: Client, code: str, employees: int) -> dict[str, Any]:
    """Return what the desk writes into a profile; the same for the same enterprise in every load."""
    firm, chance = client.firm, Random(f"profile:{client.firm.name}")
    low, high, least, most, little, much = TRADES[firm.industry]
    strong = firm.short in STRONG
    revenue = round(employees * chance.uniform(low, high), -1)
    if firm.short in TROUBLED:
        least, most = -38, -22
    return {
        "industry_code": industry_code(code),
        "area": next(area for word, area in AREAS if word in firm.place),
        "plot": firm.place,
        "chain": firm.industry,
        "industry": firm.product,
        "founded_on": date(2024 - max(1, firm.years), chance.randint(1, 11), chance.randint(1, 28)),
        "registered_capital": chance.choice((500, 800, 1000, 1200, 2000, 3000, 5000)),
        "employees": employees,
        "revenue": int(revenue),
        "revenue_growth": round(chance.uniform(max(least, 12) if strong else least, most), 1),
        "research_share": round(chance.uniform(max(little, 5.0) if strong else little, much), 1),
        "in_trouble": firm.short in TROUBLED,
    }


def _share_out(cast: Cast) -> None:
    """Each of the desk looks after some enterprises; a few are nobody's yet."""
    officers = [actor for actor in cast.staff if actor.role is Role.DESK]
    head = cast.holder(Role.DESK_HEAD, Random(0))
    numbers = [client.enterprise_id for client in cast.clients.values()]
    for place, officer in enumerate(officers):
        mine = numbers[place :: len(officers)]
        assign_officer(head, mine if place else mine[:-2], officer.user_id)


def _contract(desk: Actor, client: Client) -> None:
    firm, chance = client.firm, Random(f"contract:{client.firm.name}")
    signed = date(2024 - max(1, firm.years % 4), chance.randint(1, 11), chance.randint(1, 28))
    if "标准厂房" in firm.place or "产业园" in firm.place or "基地" in firm.place:
        years = chance.choice((3, 5))
        record_contract(
            desk, client.enterprise_id, kind="lease", title=f"{firm.place}租赁合同", party=LANDLORD,
            amount=chance.randint(18, 160) * 1000, signed_on=signed,
            ends_on=signed.replace(year=signed.year + years) - timedelta(days=1),
        )  # fmt: skip
    else:
        record_contract(
            desk, client.enterprise_id, kind="land", title=f"{firm.place}工业用地出让合同",
            party="怀化市自然资源和规划局鹤城分局", amount=chance.randint(300, 2200) * 1000,
            signed_on=signed, ends_on=signed.replace(year=signed.year + 50) - timedelta(days=1),
        )  # fmt: skip
    if firm.years <= 4:
        record_contract(
            desk, client.enterprise_id, kind="entry", title="入园投资协议",
            party="鹤城高新区管委会", amount=None, signed_on=signed, ends_on=None,
        )  # fmt: skip


def _contact(desk: Actor, client: Client, chance: Random) -> None:
    person = client.people[-1]
    keep_contact(
        desk, client.enterprise_id, name=person.name, post=chance.choice(POSTS),
        phone=client.phones[len(client.people) - 1], verified=chance.random() < 0.7,
    )  # fmt: skip


def _title(
    desk: Actor, client: Client, name: str, level: str, awarded_on: date, number: str
) -> None:
    record_title(
        desk, client.enterprise_id, name=name, level=level, awarded_on=awarded_on,
        expires_on=None, number=number,
    )  # fmt: skip


# --- patents ---------------------------------------------------------------------------------


def record_granted(officer: Actor, ticket: Ticket, product: str, count: int) -> None:
    """The unit records the patents of a matter that it has resolved; a second time only the rest."""
    if not count:
        return
    known = select(func.count()).select_from(Patent).where(Patent.ticket_id == ticket.id)
    chance = Random(f"patents:{ticket.number}")
    for serial in range(db.session.scalar(known) or 0, count):
        _patent(officer, ticket, product, serial, chance)


def _patent(officer: Actor, ticket: Ticket, product: str, serial: int, chance: Random) -> None:
    assert ticket.resolved_at is not None
    kind = chance.choices(tuple(PATENT_KINDS), (3, 6, 1))[0]
    resolved = ticket.resolved_at.astimezone(ZONE).date()
    granted = max(resolved - timedelta(days=chance.randint(0, 9)), resolved.replace(month=1, day=1))
    names = OF_SERVICES if any(word in product for word in SERVICES) else PATENTED
    filed = granted.year - (2 if kind == "invention" else 1)
    digit = list(PATENT_KINDS).index(kind) + 1
    record_patent(
        officer, ticket.enterprise_id, kind=kind, granted_on=granted, ticket_number=ticket.number,
        number=f"ZL{filed}{digit}0{ticket.id:05d}{serial:02d}.{chance.randrange(10)}",
        name=chance.choice(names).format(product=product),
    )  # fmt: skip


# --- what waits now --------------------------------------------------------------------------


def _lately(cast: Cast, now: datetime) -> Moments:
    """Titles about to run out, second files of known enterprises, a correction that waits."""
    hours, desk = cast.hours, cast.holder(Role.DESK, Random(0))
    yield hours.subtract(now, 9 * DAY_MINUTES)
    facts = _facts()
    for client in cast.clients.values():
        if client.firm.preparing:
            edit(desk, client.enterprise_id, _planned(client, *facts[client.firm.short]))
    today = hours.local(now).date()
    for days, short in ((35, SHOWN), (66, "武陵液压")):
        last = today + timedelta(days=days)
        awarded = last.replace(year=last.year - 3, day=min(last.day, 28)) + timedelta(days=1)
        _title(
            desk,
            cast.clients[short],
            "高新技术企业",
            "国家级",
            awarded,
            f"GR{awarded:%Y}43000{days}",
        )
    yield hours.subtract(now, 3 * DAY_MINUTES)
    _second_files(cast, desk)
    client = cast.clients[SHOWN]
    yield hours.subtract(now, DAY_MINUTES)
    values = {"employees": 248, "plot": f"{client.firm.place}、标准厂房C区3栋"}
    propose(client.people[0], client.enterprise_id, values, "新租一栋厂房，员工有增加。")


def _second_files(cast: Cast, desk: Actor) -> None:
    """Somebody telephoned, and the clerk of the day did not find the file that was there."""
    region, chance = park(cast.park_id).region, Random("second")
    stone, bright = cast.clients["磐石线路板"], cast.clients["亮彩光电"]
    phoned = create_enterprise(
        desk, name="磐石线路板公司", code=None, contact=stone.people[0].name, phone=stone.phones[0],
        address="高新技术产业园10栋",
    )  # fmt: skip
    create_enterprise(
        desk, name="怀化亮采光电有限公司", code=credit_code(region, chance, 5),
        contact=bright.people[0].name, phone=bright.phones[0],
    )  # fmt: skip
    create_enterprise(desk, name="恒铸精工（筹）", code=None, contact="丁先生", phone="")
    request = Request(
        phoned.id, "厂区门口路灯不亮", "晚班员工反映高新技术产业园10栋门口路灯熄灭，请维修。",
        stone.people[0].name, stone.phones[0], answers={}, channel="phone",
    )  # fmt: skip
    submit(desk, cast.items["J03"], request)
