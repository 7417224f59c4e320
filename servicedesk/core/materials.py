"""What enterprises hand in (材料), as pure rules: kinds, validity, slots of a request, deferral.

A material handed in once is kept and offered again (DOMAIN §8, 重复填报). A deferrable one may
follow later on a signed promise with a date (容缺受理, DOMAIN §1.6); who breaks the promise may not
defer again until the desk has repaired the record.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from servicedesk.core.words import N_
from servicedesk.core.worktime import Calendar

SOON_DAYS = 30  # a document that ends within them "expires soon"
DEFER_DAYS = 7  # natural days to supply what is deferred (DOMAIN §1.6, S38: 七日内补齐)
REMIND_DAYS = 3  # the first reminder comes so many days before the promised date
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document: ``names`` are materials of the catalogue that it serves as.

    ``single``: only the newest one counts, so a new one replaces the former. ``sensitive``: it holds
    personal data (个人信息保护法 §28), so its file name is hidden and only doers open it.
    """

    label: str
    names: frozenset[str] = frozenset()
    single: bool = True
    sensitive: bool = False


def _names(*names: str) -> frozenset[str]:
    return frozenset(names)


KINDS: Mapping[str, Kind] = {
    "licence": Kind(N_("营业执照"), _names("营业执照", "营业执照正副本")),
    "legal_id": Kind(
        N_("法定代表人身份证明"),
        _names("法定代表人身份证明", "股东及法定代表人身份证明"),
        sensitive=True,
    ),
    "agent_id": Kind(
        N_("经办人身份证明"), _names("办税人员身份证明", "身份证明"), single=False, sensitive=True
    ),
    "seal": Kind(N_("公章备案证明"), _names("公章")),
    "articles": Kind(N_("公司章程"), _names("公司章程")),
    "premises": Kind(
        N_("住所（经营场所）证明"),
        _names("住所使用证明", "经营场所证明", "用地或租赁证明", "生产场所照片"),
    ),
    "bank": Kind(N_("银行账户证明"), _names("银行账户")),
    "staff": Kind(
        N_("人员名册"),
        _names("参保人员名册", "缴存人员清册", "培训人员名册", "科技人员名册", "人员名单"),
        sensitive=True,
    ),
    "social": Kind(N_("参保证明"), _names("参保证明", "社保证明")),
    "accounts": Kind(
        N_("财务报表"),
        _names("财务报表", "近两年财务报表", "近三年财务报表", "财务数据"),
        single=False,
    ),
    "audit": Kind(N_("审计报告"), _names("审计报告", "三年审计报告"), single=False),
    "ip": Kind(N_("知识产权证明"), _names("知识产权证明", "研发及专利证明"), single=False),
    "award": Kind(N_("认定文件"), _names("认定文件"), single=False),
    "filing": Kind(N_("项目备案证明"), _names("项目备案证明", "备案证明"), single=False),
    "land": Kind(N_("土地权属证明"), _names("土地权属证明"), single=False),
    OTHER: Kind(N_("其他材料"), single=False),
}
LETTER_NAME = "授权委托书"  # a slot that a valid letter in this system fills by itself


def kind_of(name: str) -> str:
    """Return the kind that a material of the catalogue belongs to, ``other`` for most."""
    return next((code for code, kind in KINDS.items() if name in kind.names), OTHER)


def serves(kind: str, name: str, wanted: str) -> bool:
    """Tell whether a document of ``kind``, called ``name``, can be handed in as ``wanted``."""
    return name == wanted or (kind != OTHER and kind_of(wanted) == kind)


class Validity(StrEnum):
    """How a document stands on a day (材料状态)."""

    VALID = "valid"
    SOON = "soon"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


VALIDITY_NAMES: Mapping[Validity, str] = {
    Validity.VALID: N_("有效"),
    Validity.SOON: N_("即将到期"),
    Validity.EXPIRED: N_("已过期"),
    Validity.NOT_YET: N_("尚未生效"),
    Validity.REPLACED: N_("已更新"),
    Validity.WITHDRAWN: N_("已撤出"),
}
USABLE = frozenset({Validity.VALID, Validity.SOON})


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when a document holds, both included; an open end holds for ever."""

    start: date | None = None
    end: date | None = None
    replaced: bool = False
    withdrawn: bool = False

    def on(self, day: date) -> Validity:
        """Return how the document stands on ``day``."""
        if self.withdrawn:
            return Validity.WITHDRAWN
        if self.replaced:
            return Validity.REPLACED
        if self.start is not None and day < self.start:
            return Validity.NOT_YET
        if self.end is None:
            return Validity.VALID
        if day > self.end:
            return Validity.EXPIRED
        return Validity.SOON if (self.end - day).days <= SOON_DAYS else Validity.VALID

    def usable_on(self, day: date) -> bool:
        """Tell whether the document may be handed in on ``day``."""
        return self.on(day) in USABLE


class Slot(StrEnum):
    """How one material of a request stands (材料情况)."""

    GIVEN = "given"
    KEPT = "kept"
    DEFERRED = "deferred"
    HELD = "held"
    MISSING = "missing"
    WAIVED = "waived"


SLOT_NAMES: Mapping[Slot, str] = {
    Slot.GIVEN: N_("已交"),
    Slot.KEPT: N_("取自材料库"),
    Slot.DEFERRED: N_("容缺后补"),
    Slot.HELD: N_("园区已有"),
    Slot.MISSING: N_("待补"),
    Slot.WAIVED: N_("不再需要"),
}
CHOICES = (Slot.KEPT, Slot.GIVEN, Slot.DEFERRED, Slot.HELD)  # what a form offers, in this order
OUTSTANDING = frozenset({Slot.DEFERRED, Slot.MISSING})


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides whether one material may be handled as the enterprise wishes.

    ``offered``: the chosen document lies in the folder, fits and is valid; ``held``: the park has
    this material already, or a person of the desk says so.
    """

    deferrable: bool
    promised: bool = False
    lapsed: bool = False
    offered: bool = False
    held: bool = True


def slot_refusal(choice: Slot, terms: Terms) -> str | None:
    """Return why a material may not be handled in this way, or ``None``."""
    if choice is Slot.KEPT and not terms.offered:
        return N_("这份材料不在本企业的材料库里，或已过期，请重新选择。")
    if choice is Slot.HELD and not terms.held:
        return N_("园区没有这项材料，请上传或选择其他方式。")
    if choice is Slot.DEFERRED:
        if not terms.deferrable:
            return N_("这项材料不能容缺后补。")
        if terms.lapsed:
            return N_("有容缺承诺逾期未补（容缺失信），修复前不能再容缺。")
        if not terms.promised:
            return N_("请先勾选容缺承诺。")
    return None


def latest_due(hours: Calendar, today: date) -> date:
    """Return the last day on which something deferred ``today`` may follow.

    Seven natural days; where that day is a day off, the next working day (民法典 §203).
    """
    day = today + timedelta(days=DEFER_DAYS)
    return day if hours.is_working_day(day) else hours.next_working_day(day)


class Nudge(StrEnum):
    """What the scheduler does about a deferred material (提醒、逾期)."""

    EARLY = "early"
    TODAY = "today"
    LAPSE = "lapse"


_REMINDED = {Nudge.EARLY: 1, Nudge.TODAY: 2, Nudge.LAPSE: 3}


def stage_of(nudge: Nudge) -> int:
    """Return the number by which the row remembers what has been done; it only rises."""
    return _REMINDED[nudge]


def nudge(due_on: date, day: date, done: int) -> Nudge | None:
    """Return what is to be done on ``day``; ``done`` is the stage that was reached.

    An outage skips reminders that have become pointless, never the lapse.
    """
    wanted: Nudge | None = None
    if day > due_on:
        wanted = Nudge.LAPSE
    elif day == due_on:
        wanted = Nudge.TODAY
    elif (due_on - day).days <= REMIND_DAYS:
        wanted = Nudge.EARLY
    return wanted if wanted is not None and stage_of(wanted) > done else None
