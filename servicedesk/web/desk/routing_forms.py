"""Forms of routing rules, duty and handing over."""

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    Form,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.validators import Optional

from servicedesk.web.desk.step_forms import words as lines
from servicedesk.web.forms import at_most, required, tidy


class RuleForm(Form):
    """派单规则: the conditions, the unit, and why."""

    item_id = SelectField(
        _l("服务事项"), coerce=int, render_kw={"data-search": ""},
        description=_l("不选则适用于所有事项。"),
    )  # fmt: skip
    area = SelectField(_l("企业所在片区"), description=_l("不选则适用于所有片区。"))
    words = StringField(
        _l("关键词"), filters=[tidy], validators=[at_most(200)],
        description=_l("标题或内容中出现任何一个即适用，用空格或逗号隔开；不填则不限。"),
    )  # fmt: skip
    unit_id = SelectField(_l("派给哪个单位"), coerce=int, render_kw={"data-search": ""})
    reason = lines(_l("理由"), needed=False, rows=2)


class ModeForm(Form):
    """分派方式 of a unit."""

    mode = SelectField(_l("新工单的分派方式"))


class ShiftForm(Form):
    """班次: which days, make-up days, and from when until when."""

    weekdays = SelectMultipleField(
        _l("上班的日子"),
        choices=[
            ("1", _l("周一")), ("2", _l("周二")), ("3", _l("周三")), ("4", _l("周四")),
            ("5", _l("周五")), ("6", _l("周六")), ("7", _l("周日")),
        ],
    )  # fmt: skip
    make_up_days = BooleanField(_l("调休上班日也上班"))
    start = TimeField(_l("上班时间"), validators=[Optional()], description=_l("不填为全天。"))
    end = TimeField(_l("下班时间"), validators=[Optional()])


class SkillForm(Form):
    """专长: items or whole categories."""

    skills = SelectMultipleField(_l("擅长的事项或类别"), render_kw={"data-search": "", "size": 8})


class AbsenceForm(Form):
    """请假: the days, why, and who takes over."""

    first = DateField(_l("从哪天起"), validators=[required()])
    last = DateField(_l("到哪天止（含当天）"), validators=[required()])
    reason = StringField(
        _l("事由"), filters=[tidy], validators=[required(), at_most(200)],
        description=_l("只有负责人看得到，同事只看到“请假”。"),
    )  # fmt: skip
    stand_in_id = SelectField(_l("代班人员"), coerce=int)
