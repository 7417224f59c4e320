"""The first paragraph of the work summary (服务总量): what was received and delivered, and how well."""

from collections.abc import Mapping, Sequence

from servicedesk.core.counting import change
from servicedesk.core.figures import BY_KEY
from servicedesk.core.numerals import Change, change_words
from servicedesk.reports.figures import Piece, Writer
from servicedesk.reports.wording import compared
from servicedesk.statistics.counts import value_of
from servicedesk.statistics.cutting import Numbers

OF_A_YEAR = ("on_time_rate", "satisfaction_rate")
OF_DAYS = (*OF_A_YEAR, "resolution_rate")
BLEMISHES: Mapping[str, str] = {
    "reopenings": "重新办理{}次", "extensions": "延期{}次", "level_1": "一级及以上督办{}件",
    "false_resolutions": "虚假办结{}件",
}  # fmt: skip
"""What went wrong, told by all but the year-end summary where there is any."""
Earlier = Sequence[tuple[str, Numbers]]
"""What the counts are compared with: how it is called, and its own counts."""


def of_year(writer: Writer, now: Numbers, earlier: Earlier) -> list[Piece]:
    """Write what a year received and delivered, and the rates that can be measured."""
    pieces: list[Piece] = []
    until = writer.told.until
    for key, text in (("submitted", f"{until}收到企业诉求和申请"), ("delivered", "办结归档")):
        pieces += [(text, 0), writer.built(key, f"{now.get(key, 0)}件")]
        before = [counted.get(key) for _named, counted in earlier]
        pieces += [(_growth(now.get(key, 0), before[0] if before else None), 0)]
    pieces += [("服务企业", 0), writer.built("served", f"{now.get('served', 0)}家")]
    return [*pieces, *_rates(writer, now, OF_A_YEAR), ("。", 0)]


def of_days(writer: Writer, now: Numbers, earlier: Earlier) -> list[Piece]:
    """Write the same of a shorter stretch; what there is none of is said in words."""
    submitted, delivered = (now.get(key, 0) for key in ("submitted", "delivered"))
    known = [(named, counted) for named, counted in earlier if is_any(counted)]
    if not is_any(now):
        return [(f"{writer.told.until}没有收到企业诉求和申请，也没有办结归档的工单。", 0)]
    pieces: list[Piece] = [(writer.told.until, 0)]
    if submitted:
        pieces += _count(writer, "submitted", "收到企业诉求和申请", submitted, known)
    else:
        pieces.append(("没有收到新的企业诉求和申请", 0))
    pieces.append(("；" if submitted and known else "，", 0))
    if not delivered:
        return [*pieces, ("没有办结归档的工单。", 0)]
    pieces += _count(writer, "delivered", "办结归档", delivered, known)
    pieces.append(("；服务企业" if known else "，服务企业", 0))
    pieces.append(writer.built("served", f"{now.get('served', 0)}家"))
    pieces += _rates(writer, now, OF_DAYS)
    return [*pieces, *_blemishes(writer, now), ("。", 0)]


def is_any(counted: Numbers) -> bool:
    """Tell whether anything was received or delivered."""
    return bool(counted.get("submitted") or counted.get("delivered"))


def _count(writer: Writer, key: str, text: str, count: int, earlier: Earlier) -> list[Piece]:
    pieces: list[Piece] = [(text, 0), writer.built(key, f"{count}件")]
    against = compared(count, [(named, counted.get(key, 0)) for named, counted in earlier])
    return [*pieces, (f"，{against}", 0)] if against else pieces


def _rates(writer: Writer, now: Numbers, keys: Sequence[str]) -> list[Piece]:
    pieces: list[Piece] = []
    for key in keys:
        value = value_of(key, now)
        if value is not None:
            pieces += [(f"，{BY_KEY[key].label}", 0), writer.built(key, per_cent(value))]
    return pieces


def _blemishes(writer: Writer, now: Numbers) -> list[Piece]:
    found = [key for key in BLEMISHES if now.get(key)]
    pieces: list[Piece] = []
    for number, key in enumerate(found):
        text = BLEMISHES[key].format(now[key])
        pieces += [("、" if number else "；其中", 0), writer.built(key, text)]
    return pieces


def _growth(now: int, before: int | None) -> str:
    """Write the change against the year before (同比), where there is one."""
    growth = change(now, before)
    if growth is None:
        return "，"
    if growth == 0:
        return "，与上年持平，"
    words, size = change_words(Change(growth))
    return f"，同比{words % {'n': size}}，"


def per_cent(value: float | None) -> str:
    """Write a rate; a dash where there is nothing to measure."""
    return "—" if value is None else f"{value:.1f}%"
