"""The forms of a problem and of splitting and linking tickets."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Form, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from servicedesk.accounts.queries import staff
from servicedesk.catalogue.queries import item_labels, listed_items
from servicedesk.core.enterprises import AREAS
from servicedesk.core.permissions import ROLE_NAMES, Actor, Role
from servicedesk.organisation.queries import units
from servicedesk.problems.actions import Details
from servicedesk.problems.models import Problem
from servicedesk.tickets.joining import TITLE_MAX, WORDS_MAX
from servicedesk.tickets.models import Ticket
from servicedesk.web.forms import at_most, required, tidy
from servicedesk.web.showing import named

TEXT_MAX = 2000
OWNERS = frozenset({Role.DESK, Role.DESK_HEAD, Role.OFFICER, Role.UNIT_HEAD})


def _text(label: Any, rows: int, *, needed: bool = False, most: int = TEXT_MAX, **more: Any) -> Any:
    checks = [required() if needed else Optional(), at_most(most)]
    return TextAreaField(label, filters=[tidy], validators=checks, render_kw={"rows": rows}, **more)


class ProblemForm(Form):
    """What is said of a problem."""

    title = StringField(
        _l("名称"), filters=[tidy], validators=[required(), at_most(80)],
        description=_l("说清是哪里的什么问题；解决后会发给其他企业，不要写企业名称"),
    )  # fmt: skip
    item_id = SelectField(_l("事项"), coerce=int)
    area = SelectField(_l("片区"), validators=[Optional()])
    words = StringField(
        _l("关键词"), filters=[tidy], validators=[Optional(), at_most(40)],
        description=_l("同类诉求里都会出现的词，如：路面破损；用来找相似工单和可能受影响的企业"),
    )  # fmt: skip
    cause = _text(_l("原因"), 2)
    unit_id = SelectField(_l("责任单位"), coerce=int)
    owner_id = SelectField(_l("负责人（选填）"), coerce=int)
    due_on = DateField(_l("解决期限"), validators=[Optional()])

    def fill(self, actor: Actor) -> None:
        """Offer the park's items, areas, units and people; a unit's head has only the own unit."""
        nobody = (0, _("未指定"))
        known = item_labels(actor.park_id)
        self.item_id.choices = [nobody, *((one.id, named(one)) for one in known)]
        areas = dict(AREAS) | ({self.area.data: self.area.data} if self.area.data else {})
        self.area.choices = [
            ("", _("不限片区")),
            *((code, _(name)) for code, name in areas.items()),
        ]
        own = actor.role is Role.UNIT_HEAD
        offered = [u for u in units(actor.park_id) if not own or u.id == actor.unit_id]
        self.unit_id.choices = [*([] if own else [nobody]), *((u.id, u.name) for u in offered)]
        people = [one for one in staff(actor.park_id) if one.active and one.role_enum in OWNERS]
        self.owner_id.choices = [
            nobody, *((one.id, f"{one.name}（{_(ROLE_NAMES[one.role_enum])}）") for one in people),
        ]  # fmt: skip

    def details(self, solution: str = "") -> Details:
        """Return what the form says."""
        data: dict[str, Any] = {name: value or None for name, value in self.data.items()}
        texts = {name: data[name] or "" for name in ("title", "area", "words", "cause")}
        return Details(**{**data, **texts, "solution": solution})


def data_of(found: Problem) -> dict[str, Any]:
    """Return a problem as the form shows it."""
    texts = {name: getattr(found, name) for name in ("title", "area", "words", "cause", "due_on")}
    return texts | {name: getattr(found, name) or 0 for name in ("item_id", "unit_id", "owner_id")}


class SolveForm(Form):
    """The solution that everybody is sent."""

    solution = _text(
        _l("解决办法（企业会看到）"), 5, needed=True,
        description=_l("写明怎样解决、以后怎样防止、企业要做什么；会发给所有关联企业，不要写企业名称"),
    )  # fmt: skip


class SplitForm(Form):
    """The second matter that a ticket holds."""

    item = SelectField(_l("拆出的这件属于哪个事项"), validators=[required()])
    title = StringField(_l("标题"), filters=[tidy], validators=[required(), at_most(TITLE_MAX)])
    description = _text(_l("具体情况"), 5, needed=True, most=WORDS_MAX)

    def fill(self, ticket: Ticket) -> None:
        """Offer the items that are as confidential as the ticket."""
        offered = [
            item for item in listed_items(ticket.park_id)
            if item.confidential == ticket.confidential
        ]  # fmt: skip
        self.item.choices = [("", _("请选择")), *((one.code, named(one)) for one in offered)]
