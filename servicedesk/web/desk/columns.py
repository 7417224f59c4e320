"""The columns of the queue (列): which there are, which a person has chosen, and what stands in them.

The page and its Excel file read the same choice. Nothing here asks the database once for each row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from servicedesk.accounts.queries import names as person_names
from servicedesk.catalogue.queries import categories, item_labels
from servicedesk.core.channels import CHANNELS
from servicedesk.core.permissions import Actor, allows
from servicedesk.core.words import N_
from servicedesk.core.workflow import STATE_NAMES, State
from servicedesk.reports.masking import masked_name, masked_phone
from servicedesk.reports.sheets import Value
from servicedesk.tickets.listing import last_change
from servicedesk.web.sheets import wall_time
from servicedesk.web.showing import LADDER_NAMES, RATING_NAMES, named
from servicedesk.workbench.preferences import prefer, preferences

KEY = "queue.columns"
TITLE = "title"
DENSITIES: Mapping[str, str] = {"comfortable": N_("宽松"), "compact": N_("紧凑")}


@dataclass(frozen=True, slots=True)
class Names:
    """The names behind the rows' numbers, looked up once for a page or a file.

    A page brings the ``people`` of its rows; a file, whose rows are streamed, ``asks`` for each person
    when a row first has it.
    """

    items: Mapping[int, Any] = field(default_factory=dict)
    categories: Mapping[str, Any] = field(default_factory=dict)
    units: Mapping[int, str] = field(default_factory=dict)
    enterprises: Mapping[int, str] = field(default_factory=dict)
    areas: Mapping[int, str] = field(default_factory=dict)
    people: dict[int, str] = field(default_factory=dict)
    asks: bool = False

    def category(self, item_id: int) -> str:
        """Return the name of an item's category."""
        return named(self.categories[self.items[item_id].category_code])

    def person(self, user_id: int | None) -> str:
        """Return a person's name, empty for nobody."""
        if user_id is None:
            return ""
        if self.asks and user_id not in self.people:
            self.people.update({user_id: "", **person_names([user_id])})
        return self.people.get(user_id, "")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its width in a file in characters, what a file shows.

    ``secret`` columns are empty for who may not open a confidential ticket.
    """

    key: str
    name: str
    width: int
    value: Callable[[Any, Names], Value]
    secret: bool = False


def marks_of(row: Any) -> list[tuple[str, str]]:
    """Return what stands out about a ticket, as (colour, words)."""
    marks = [
        (row.urgent, "red", _("紧急")),
        (row.ladder_level, "red", _(LADDER_NAMES.get(row.ladder_level, ""))),
        (row.false_resolution, "red", _("虚假办结")),
        (row.urges, "yellow", _("催办%(n)s次", n=row.urges)),
        (row.support_waiting, "yellow", _("协办待答%(n)s", n=row.support_waiting)),
        (row.repeat_of_id, "yellow", _("重复")),
        (row.carried, "grey", _("挂账")),
        (row.returns, "grey", _("退单%(n)s次", n=row.returns)),
        (row.reworks, "grey", _("重办%(n)s次", n=row.reworks)),
    ]
    return [(colour, words) for there, colour, words in marks if there]


def _contact(row: Any, _names: Names) -> str:
    return f"{masked_name(row.contact)} {masked_phone(row.phone)}".strip()


COLUMNS: Mapping[str, Column] = {
    column.key: column
    for column in (
        Column("due", N_("时限"), 17, lambda row, _n: wall_time(row.due_at)),
        Column(TITLE, N_("工单"), 36, lambda row, _n: row.title, secret=True),
        Column("state", N_("状态"), 10, lambda row, _n: _(STATE_NAMES[State(row.state)])),
        Column("enterprise", N_("企业"), 30, lambda row, n: n.enterprises.get(row.enterprise_id, ""),
               secret=True),
        Column("unit", N_("承办单位"), 26, lambda row, n: n.units.get(row.unit_id, "")),
        Column("assignee", N_("承办人"), 10, lambda row, n: n.person(row.assignee_id)),
        Column("submitted", N_("提交"), 17, lambda row, _n: wall_time(row.submitted_at)),
        Column("category", N_("类别"), 16, lambda row, n: n.category(row.item_id), secret=True),
        Column("item", N_("事项"), 24, lambda row, n: named(n.items[row.item_id]), secret=True),
        Column("channel", N_("来源"), 12, lambda row, _n: _(CHANNELS[row.channel])),
        Column("intake", N_("首接人"), 10, lambda row, n: n.person(row.intake_by_id)),
        Column("area", N_("片区"), 16, lambda row, n: n.areas.get(row.enterprise_id, ""), secret=True),
        Column("contact", N_("联系人"), 20, _contact, secret=True),
        Column("urges", N_("催办次数"), 8, lambda row, _n: row.urges),
        Column("returns", N_("退单次数"), 8, lambda row, _n: row.returns),
        Column("reworks", N_("重办次数"), 8, lambda row, _n: row.reworks),
        Column("rating", N_("评价"), 10,
               lambda row, _n: _(RATING_NAMES[row.rating]) if row.rating else ""),
        Column("statutory", N_("法定时限"), 17, lambda row, _n: wall_time(row.statutory_due_at)),
        Column("resolved", N_("办结时间"), 17, lambda row, _n: wall_time(row.resolved_at)),
        Column("updated", N_("最近更新"), 17, lambda row, _n: wall_time(row.updated_at)),
    )
}  # fmt: skip
FIRST_CHOICE = ("due", TITLE, "state", "enterprise", "unit", "assignee", "submitted")


@dataclass(frozen=True, slots=True)
class Choice:
    """The columns that a person has chosen, in their order, and how dense the rows stand."""

    keys: tuple[str, ...] = FIRST_CHOICE
    density: str = "comfortable"

    @property
    def columns(self) -> list[Column]:
        """The chosen columns."""
        return [COLUMNS[key] for key in self.keys]

    @property
    def extra(self) -> Sequence[Any]:
        """What the list must ask for besides its own columns."""
        return (last_change(),) if "updated" in self.keys else ()


def choice_of(actor: Actor) -> Choice:
    """Return what the person has chosen; names that are no column any more are passed over."""
    if actor.user_id is None:
        return Choice()
    stored = preferences(actor.user_id, KEY).get(KEY, {})
    return tidied(stored.get("columns") or FIRST_CHOICE, str(stored.get("density", "")))


def tidied(keys: Iterable[str], density: str) -> Choice:
    """Return a choice of known columns, each once, the ticket always among them."""
    known = [key for key in dict.fromkeys(keys) if key in COLUMNS]
    whole = known if TITLE in known else [TITLE, *known]
    return Choice(tuple(whole), density if density in DENSITIES else "comfortable")


def choose(actor: Actor, choice: Choice) -> None:
    """Keep the person's choice."""
    if actor.user_id is not None:
        prefer(actor.user_id, KEY, {"columns": list(choice.keys), "density": choice.density})


def catalogue_names(park_id: int) -> dict[str, Any]:
    """Return the items and categories as :class:`Names` takes them."""
    return {
        "items": {label.id: label for label in item_labels(park_id)},
        "categories": {one.code: one for one in categories()},
    }


def header(choice: Choice) -> list[tuple[str, int]]:
    """Return the header of a file: the chosen columns; the ticket has three, to be sorted by each."""
    found: list[tuple[str, int]] = []
    for column in choice.columns:
        if column.key == TITLE:
            found += [(N_("工单号"), 20), (N_("标题"), 36), (N_("标记"), 16)]
        else:
            found.append((column.name, column.width))
    return found


def values(actor: Actor, choice: Choice, row: Any, names: Names) -> list[Value]:
    """Return a row of a file; the words of confidential tickets never leave the house."""
    secret = row.confidential and not allows(actor, "ticket.view_confidential")
    found: list[Value] = []
    for column in choice.columns:
        if column.key == TITLE:
            title = _("（敏感事项）") if row.confidential else row.title
            found += [row.number, title, "、".join(words for _colour, words in marks_of(row))]
        else:
            found.append("" if secret and column.secret else column.value(row, names))
    return found
