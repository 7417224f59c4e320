"""The forms of visits and rounds; the telephone's records pass through the same ones."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    Form,
    IntegerField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import InputRequired, NumberRange, Optional

from servicedesk.core.outreach import RULE_DAYS_MAX, Rules
from servicedesk.core.words import N_
from servicedesk.outreach.actions import RAISED_MAX, Raised, Report
from servicedesk.web.forms import REQUIRED, ROW_MAX, at_most, required, tidy, valid_phone

TOPICS = (
    N_("例行走访"), N_("新入园企业服务"), N_("差评回访"), N_("政策宣讲"), N_("用工与融资摸底"),
    N_("安全与环保提醒"), N_("困难企业帮扶"),
)  # fmt: skip
NOTES_MAX = 2000
_RAISED_PARTS = ("item", "title", "description")


class VisitForm(Form):
    """What is written down of a visit (上门服务记录)."""

    visited_on = DateField(_l("走访日期"), validators=[required()])
    place = StringField(_l("地点"), filters=[tidy], validators=[required(), at_most(100)])
    met = StringField(_l("见到何人"), filters=[tidy], validators=[required(), at_most(40)])
    met_phone = TelField(
        _l("对方电话（选填）"), filters=[tidy], validators=[Optional(), at_most(30), valid_phone]
    )
    colleague = StringField(
        _l("同行人员（选填，建议两人）"), filters=[tidy], validators=[Optional(), at_most(40)]
    )
    topic = StringField(
        _l("走访主题"), filters=[tidy], validators=[required(), at_most(60)],
        render_kw={"list": "topics"},
    )  # fmt: skip
    notes = TextAreaField(
        _l("走访情况（企业会看到）"), filters=[tidy], validators=[Optional(), at_most(NOTES_MAX)],
        render_kw={"rows": 4},
    )  # fmt: skip


class RaisedForm(Form):
    """One request that the enterprise raised."""

    item = StringField(_l("事项"), filters=[tidy], validators=[required(), at_most(20)])
    title = StringField(_l("标题"), filters=[tidy], validators=[required(), at_most(80)])
    description = TextAreaField(
        _l("诉求内容"), filters=[tidy], validators=[required(), at_most(NOTES_MAX)],
        render_kw={"rows": 3},
    )  # fmt: skip


def raised_forms(data: MultiDict[str, str] | None, count: int) -> list[RaisedForm]:
    """Return the blocks of a page's form, ``raised-0-title`` and so on."""
    return [RaisedForm(data, prefix=f"raised-{number}-") for number in range(count)]


def is_blank(form: RaisedForm) -> bool:
    """Tell whether nothing was written into a block; it then counts as not there."""
    return not any(form[part].data for part in _RAISED_PARTS)


def check(form: VisitForm, blocks: Sequence[RaisedForm]) -> bool:
    """Check everything, so that every error shows at once."""
    return all([form.validate(), *(block.validate() for block in blocks)])


def errors_of(form: VisitForm, blocks: Sequence[RaisedForm]) -> dict[str, list[str]]:
    """Return the errors by the names of the fields, as the telephone shows them."""
    found = [field for one in (form, *blocks) for field in one if field.errors]
    return {field.name: [str(error) for error in field.errors] for field in found}


def report_of(form: VisitForm, blocks: Sequence[RaisedForm], **more: Any) -> Report:
    """Return a checked form as the action takes it."""
    values = {name: value or "" for name, value in form.data.items()}
    raised = tuple(
        Raised(one.item.data or "", one.title.data or "", one.description.data or "")
        for one in blocks
    )
    return Report(**{**values, "raised": raised, **more})


def texts(source: Any, names: Sequence[str], prefix: str = "") -> MultiDict[str, str]:
    """Return those entries of a JSON object that are texts, as a form takes them."""
    known = source if isinstance(source, dict) else {}
    return MultiDict(
        {prefix + name: known[name] for name in names if isinstance(known.get(name), str)}
    )


def forms_of_record(record: Mapping[str, Any]) -> tuple[VisitForm, list[RaisedForm]]:
    """Return a telephone's record as forms; whatever is no text is as if it were not there."""
    form = VisitForm(texts(record, [field.name for field in VisitForm()]))
    raised = record.get("raised")
    parts = raised[: RAISED_MAX + 1] if isinstance(raised, list) else []
    blocks = [
        RaisedForm(texts(part, _RAISED_PARTS, f"raised-{number}-"), prefix=f"raised-{number}-")
        for number, part in enumerate(parts)
    ]
    return form, blocks


def moment_of(text: Any) -> datetime | None:
    """Return a moment that a telephone wrote, or ``None``; it must say its zone."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


# Planning -------------------------------------------------------------------------------------


def _days(label: Any, default: int) -> IntegerField:
    message = _l("请填写%(min)s至%(max)s之间的数。", min=0, max=RULE_DAYS_MAX)
    checks = [InputRequired(REQUIRED), NumberRange(0, RULE_DAYS_MAX, message)]
    return IntegerField(label, default=default, validators=checks)


class RulesForm(Form):
    """Who should be visited; 0 switches a rule off."""

    unvisited_days = _days(_l("多少天未走访"), 90)
    new_days = _days(_l("多少天内新入园"), 90)
    bad_rating_days = _days(_l("多少天内差评"), 60)
    expiring_days = _days(_l("证照资质多少天内到期"), 30)
    in_trouble = BooleanField(_l("经营困难的企业"), default=True)

    def rules(self) -> Rules:
        """Return the rules that the checked form says."""
        return Rules(**self.data)


class RoundForm(Form):
    """The name and the days of a round."""

    name = StringField(_l("名称"), filters=[tidy], validators=[required(), at_most(40)])
    purpose = TextAreaField(
        _l("走访目的和要点"), filters=[tidy], validators=[Optional(), at_most(500)],
        render_kw={"rows": 2},
    )  # fmt: skip
    starts_on = DateField(_l("开始日期"), validators=[required()])
    ends_on = DateField(_l("结束日期"), validators=[required()])


class StopForm(Form):
    """Who goes to one enterprise, and when."""

    officer = IntegerField(_l("走访人"), validators=[required(), NumberRange(1, ROW_MAX)])
    planned_on = DateField(_l("计划日期"), validators=[required()])


def default_name(today: date) -> str:
    """Return a name for a round that begins today: 3月上旬走访."""
    third = (_("上旬"), _("中旬"), _("下旬"))[min(2, (today.day - 1) // 10)]
    return _("%(month)s月%(third)s走访", month=today.month, third=third)
