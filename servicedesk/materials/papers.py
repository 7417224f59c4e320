"""The papers of acting on behalf as Word (DB3205/T 1077-2023 annexes, DOMAIN §3.1), from the data.

授权委托书 with its hand-over list; 受理单, 中止单, 续办委托书 and 办结（终止）单 of one request. They
are official Chinese papers, whatever language their reader has chosen.
"""

import io
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from servicedesk.accounts.queries import names
from servicedesk.calendars.queries import calendar
from servicedesk.catalogue.queries import item as get_item
from servicedesk.catalogue.queries import items
from servicedesk.clock import clock
from servicedesk.core.authorization import POWERS
from servicedesk.core.channels import CHANNELS
from servicedesk.core.materials import SLOT_NAMES, Slot
from servicedesk.core.words import N_
from servicedesk.core.workflow import State
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.materials.forms_of_paper import PaperForm
from servicedesk.materials.models import Authorization
from servicedesk.materials.queries import letters_for, materials_of, originals_of
from servicedesk.organisation.queries import park, unit
from servicedesk.reports.masking import masked_name, masked_phone
from servicedesk.tickets.clocks import rules_of
from servicedesk.tickets.effects import RESULTS
from servicedesk.tickets.models import Ticket, TicketEvent
from servicedesk.tickets.queries import timeline

PAPERS: Mapping[str, str] = {
    "acceptance": N_("帮办代办受理单"),
    "suspension": N_("代办服务中止单"),
    "renewal": N_("代办服务续办委托书"),
    "completion": N_("帮办代办办结（终止）单"),
}
ZONE = ZoneInfo("Asia/Shanghai")
BLANK_DATE = "    年  月  日"
DONE = frozenset({State.RESOLVED, State.FOLLOWED_UP, State.RATED, State.CLOSED, State.TERMINATED})


def letter_paper(letter: Authorization) -> bytes:
    """Return a letter of authorization as Word; unsigned, it has empty places for the signatures."""
    enterprise = db.session.get_one(Enterprise, letter.enterprise_id)
    people = names([letter.agent_id])
    house, agent = park(enterprise.park_id).name, people.get(letter.agent_id, "")
    paper = PaperForm()
    paper.title("授权委托书")
    paper.number(f"编号：{letter.number}")
    paper.grid(
        [
            [("委托人", enterprise.name)],
            [("统一社会信用代码", enterprise.credit_code or "筹建中，暂无")],
            [
                ("法定代表人", enterprise.legal_representative),
                ("联系人", enterprise.contact),
            ],
            [("受托人", f"{house}企业服务台 帮代办专员 {agent}")],
        ]
    )
    paper.paragraph("", [("委托人自愿委托受托人办理下列事项，帮代办服务不收取费用。", 0)])
    paper.heading("一、委托事项")
    for line in _items(enterprise.park_id, letter.item_codes):
        paper.paragraph("", [(line, 0)])
    paper.heading("二、委托权限")
    powers = "；".join(POWERS[power] for power in POWERS if power in letter.powers)
    paper.paragraph("", [(f"{powers}。受托人不代为签字、盖章或作出承诺。", 0)])
    paper.heading("三、委托期限")
    paper.paragraph("", [(f"自{_day(letter.starts_on)}起至{_day(letter.ends_on)}止。", 0)])
    paper.heading("四、双方责任")
    paper.paragraph(
        "",
        [
            (
                "委托人仍是申请人，对所提供材料的真实性、合法性负责；受托人在委托事项、权限和期限内办理，"
                "及时告知进展，妥善保管并按清单退还原件。受托人因故不能办理的，由服务台其他专员在本委托范围内代行。"
                "委托人可以随时撤销本委托。",
                0,
            )
        ],
    )
    paper.heading("五、材料交接清单")
    _originals(paper, letter)
    if letter.statement:
        paper.paragraph("签署声明：", [(letter.statement, 0)])
    if letter.revoked_at is not None:
        paper.paragraph(
            "", [(f"本委托书已于{_moment(letter.revoked_at)}撤销：{letter.revoke_reason}", 0)]
        )
    paper.signatures(_signed_by(letter, enterprise), _agent_signs(letter, agent))
    return _bytes(paper)


def _items(park_id: int, codes: Sequence[str]) -> list[str]:
    known = {item.code: item.name for item in items(park_id)}
    return [
        f"（{number}）{known.get(code, code)}（{code}）"
        for number, code in enumerate(codes, start=1)
    ]


def _originals(paper: PaperForm, letter: Authorization) -> None:
    rows = [
        [
            str(number), line.name, str(line.copies),
            f"{_day_of(line.received_at)}\n{line.handed_by}",
            f"{_day_of(line.returned_at)}\n{line.taken_by}" if line.returned_at else "未退还",
        ]
        for number, line in enumerate(originals_of(letter.id), start=1)
    ]  # fmt: skip
    empty = [[str(number), "", "", "", ""] for number in range(1, 4)]
    paper.rows(["序号", "原件名称", "份数", "移交日期、移交人", "退还日期、领回人"], rows or empty)


def _signed_by(letter: Authorization, enterprise: Enterprise) -> list[str]:
    if letter.signed_at is None:
        return ["委托人（盖章）：", "法定代表人（签字）：", BLANK_DATE]
    how = (
        "（本人登录并输入密码签署）"
        if letter.signed_how == "password"
        else "（纸质签署，扫描件存档）"
    )
    return [
        f"委托人：{enterprise.name}",
        f"签署人：{letter.signer}{how}",
        _day_of(letter.signed_at),
    ]


def _agent_signs(letter: Authorization, agent: str) -> list[str]:
    return [f"受托人（签字）：{agent}", "", BLANK_DATE if letter.signed_at is None else ""]


def papers_for(ticket: Ticket) -> list[str]:
    """Return which papers a request has at present."""
    suspended = ticket.state == State.SUSPENDED
    there = {
        "acceptance": ticket.accepted_at is not None,
        "suspension": suspended or ticket.state == State.TERMINATED,
        "renewal": suspended,
        "completion": ticket.state in DONE,
    }
    return [name for name in PAPERS if there[name]]


def ticket_paper(ticket: Ticket, name: str, *, masked: bool = False) -> bytes:
    """Return one of ``papers_for`` a request as Word; ``masked`` hides the contact's name."""
    contact = masked_name(ticket.contact) if masked else ticket.contact
    paper = PaperForm()
    paper.title(PAPERS[name])
    paper.number(f"工单号：{ticket.number}")
    enterprise = db.session.get_one(Enterprise, ticket.enterprise_id)
    paper.grid(_head(ticket, enterprise, contact))
    _BODIES[name](paper, ticket)
    return _bytes(paper)


def _head(ticket: Ticket, enterprise: Enterprise, contact: str) -> list[list[tuple[str, str]]]:
    item = get_item(ticket.item_id)
    people = names([ticket.intake_by_id, ticket.assignee_id])
    moment = ticket.resolved_at or ticket.closed_at or clock.now()
    day = calendar(ticket.park_id).local(moment).date()
    valid = letters_for(enterprise.id, item.code, day) if ticket.acting else []
    return [
        [("企业名称", enterprise.name)],
        [("统一社会信用代码", enterprise.credit_code or "筹建中，暂无")],
        [("联系人", contact), ("联系电话", masked_phone(ticket.phone))],
        [("服务事项", f"{item.name}（{item.code}）")],
        [
            ("服务方式", "代办" if ticket.acting else "帮办"),
            ("委托书编号", "、".join(letter.number for letter in valid)),
        ],
        [("来源渠道", CHANNELS[ticket.channel]), ("提交时间", _moment(ticket.submitted_at))],
        [
            ("首接负责人", people.get(ticket.intake_by_id or 0, "")),
            ("承办单位", unit(ticket.unit_id).name if ticket.unit_id else ""),
        ],
    ]


def _acceptance(paper: PaperForm, ticket: Ticket) -> None:
    paper.grid(
        [
            [
                ("受理时间", _moment(ticket.accepted_at)),
                ("承诺期限", _moment(ticket.promised_due_at)),
            ],
            [("申请内容", ticket.description)],
        ]
    )
    rows = [
        [
            str(handed.row.position + 1), handed.row.name, SLOT_NAMES[Slot(handed.row.state)],
            _day(handed.row.due_on) if handed.row.due_on else "",
        ]
        for handed in materials_of(ticket.id)
    ]  # fmt: skip
    if rows:
        paper.heading("材料清单")
        paper.rows(["序号", "材料", "情况", "补交日期"], rows)
    paper.signatures(["申请人（签字或盖章）：", BLANK_DATE], ["受理人（签字）：", BLANK_DATE])


def _suspension(paper: PaperForm, ticket: Ticket) -> None:
    event = _last(ticket, "suspend")
    most = rules_of(ticket).suspension_days
    paper.grid(
        [
            [("中止时间", _moment(event.at if event else None))],
            [("中止原因", _said(event, "reason"))],
            [
                (
                    "时限",
                    f"中止期间不计入办理时限；企业可以随时要求续办，满{most}个工作日未要求的可以终止。",
                )
            ],
        ]
    )
    paper.signatures(["企业（签收）：", BLANK_DATE], ["服务台（盖章）：", BLANK_DATE])


def _renewal(paper: PaperForm, ticket: Ticket) -> None:
    event = _last(ticket, "suspend")
    asked = _last(ticket, "ask_resume")
    paper.paragraph(
        "",
        [
            (
                f"上述事项于{_moment(event.at if event else None)}中止办理"
                f"（{_said(event, 'reason')}）。现中止原因已经消除，本企业委托贵台继续办理，"
                "委托事项、权限以在有效期内的授权委托书为准。",
                0,
            )
        ],
    )
    paper.grid([[("续办说明", _said(asked, "note"))]])
    paper.signatures(
        ["委托人（盖章）：", "法定代表人（签字）：", BLANK_DATE],
        ["受托人（签字）：", "", BLANK_DATE],
    )


def _completion(paper: PaperForm, ticket: Ticket) -> None:
    if ticket.state == State.TERMINATED:
        event = _last(ticket, "terminate")
        paper.grid(
            [
                [("办理结论", "终止"), ("终止时间", _moment(ticket.closed_at))],
                [("终止原因", _said(event, "reason"))],
                [("后续办理渠道", _said(event, "where_to_go"))],
            ]
        )
    else:
        paper.grid(
            [
                [
                    ("办理结论", RESULTS.get(ticket.result or "", "")),
                    ("办结时间", _moment(ticket.resolved_at)),
                ],
                [("办理情况", ticket.resolution or "")],
                [
                    ("是否按期", "是" if ticket.on_time else "否"),
                    ("企业确认", "已确认" if ticket.confirmed else "未确认"),
                ],
            ]
        )
    paper.signatures(["企业（签字或盖章）：", BLANK_DATE], ["服务台（盖章）：", BLANK_DATE])


_BODIES: Mapping[str, Callable[[PaperForm, Ticket], None]] = {
    "acceptance": _acceptance,
    "suspension": _suspension,
    "renewal": _renewal,
    "completion": _completion,
}


def _last(ticket: Ticket, kind: str) -> TicketEvent | None:
    events = [event for event in timeline(ticket.id, everything=False) if event.kind == kind]
    return events[-1] if events else None


def _said(event: TicketEvent | None, name: str) -> str:
    return str(event.data.get(name) or "") if event else ""


def _day(value: date) -> str:
    return f"{value.year}年{value.month}月{value.day}日"


def _day_of(value: datetime | None) -> str:
    return _day(value.astimezone(ZONE).date()) if value else ""


def _moment(value: datetime | None) -> str:
    if value is None:
        return ""
    local = value.astimezone(ZONE)
    return f"{_day(local.date())} {local:%H:%M}"


def _bytes(paper: PaperForm) -> bytes:
    file = io.BytesIO()
    paper.document.save(file)
    return file.getvalue()
