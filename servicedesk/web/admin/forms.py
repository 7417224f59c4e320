"""Forms of the administration pages."""

import re
from datetime import date, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    EmailField,
    Form,
    RadioField,
    SelectField,
    StringField,
    TelField,
)
from wtforms.validators import DataRequired, Email, Length, Optional, ValidationError

from servicedesk.calendars.planning import LONGEST
from servicedesk.core.permissions import ROLE_NAMES, STAFF, UNIT_ROLES, Role
from servicedesk.organisation.queries import units
from servicedesk.web.forms import REQUIRED, at_most, required, tidy, valid_phone

STAFF_ROLES = tuple(role for role in Role if role in STAFF)


def filled() -> DataRequired:
    """Return the validator of a text that must have more than blanks."""
    return DataRequired(REQUIRED)


class UserForm(Form):
    """A new account of the staff; the password is made by the system."""

    login = StringField(
        _l("登录名"),
        filters=[tidy],
        validators=[required(), Length(min=3, max=60, message=_l("登录名须为3至60个字符。"))],
        description=_l("建议用姓名拼音，建立后不能修改"),
    )
    name = StringField(_l("姓名"), filters=[tidy], validators=[filled(), at_most(40)])
    role = SelectField(_l("角色"), validators=[required()])
    unit_id = SelectField(
        _l("所属单位"), coerce=int, description=_l("承办人和单位负责人必须选择单位")
    )
    phone = TelField(
        _l("电话（选填）"), filters=[tidy], validators=[Optional(), at_most(30), valid_phone]
    )
    email = EmailField(
        _l("邮箱（选填，用于接收通知）"),
        filters=[tidy],
        validators=[Optional(), at_most(120), Email(_l("请填写有效的邮箱地址。"))],
    )

    def offer(self, park_id: int) -> None:
        """Offer the roles of the staff and the park's units."""
        names = [(role.value, _(ROLE_NAMES[role])) for role in STAFF_ROLES]
        self.role.choices = [("", _("请选择")), *names]
        self.unit_id.choices = [(0, _("无")), *((unit.id, unit.name) for unit in units(park_id))]

    def validate_unit_id(self, field: SelectField) -> None:
        """Insist on a unit for those who only see what lies with their unit."""
        if self.role.data in UNIT_ROLES and not field.data:
            raise ValidationError(_("承办人和单位负责人必须选择所属单位。"))


class LocalDayForm(Form):
    """Days on which this park differs from the calendar of the State Council."""

    day = DateField(_l("日期"), validators=[required()])
    until = DateField(
        _l("到哪一天（选填）"),
        validators=[Optional()],
        description=_l("只调整一天时不用填"),
    )
    working = RadioField(
        _l("当天"), choices=[("off", _l("休息")), ("work", _l("上班"))], validators=[required()]
    )
    make_up = StringField(
        _l("同时调为上班的日子（选填）"),
        filters=[tidy],
        validators=[at_most(200)],
        description=_l("放长假时的调休上班日，用空格或顿号隔开，例如：2026-10-10、2026-10-11"),
    )
    name = StringField(
        _l("事由"),
        filters=[tidy],
        validators=[filled(), at_most(30)],
        description=_l("例如：园区停电检修"),
    )

    def within(self, years: range) -> None:
        """Offer only days of the years that the calendar holds."""
        self._years = years
        bounds = {"min": f"{years.start}-01-01", "max": f"{years.stop - 1}-12-31"}
        self.day.render_kw = self.until.render_kw = bounds

    @property
    def make_up_days(self) -> list[date]:
        """The working days that are entered with days off."""
        words = re.split(r"[\s,;，；、]+", self.make_up.data or "")
        return [date.fromisoformat(word) for word in words if word]

    def validate_day(self, field: DateField) -> None:
        """Refuse a day outside the calendar."""
        self._look_at(field.data)

    def validate_until(self, field: DateField) -> None:
        """Refuse a span that runs backwards, or is longer than anybody means."""
        self._look_at(field.data)
        first, last = self.day.data, field.data
        if first and last and not first <= last < first + timedelta(days=LONGEST):
            raise ValidationError(_("须不早于开始日期，且一次最多%(n)s天。", n=LONGEST))

    def validate_make_up(self, field: StringField) -> None:
        """Refuse what is no day, or a working day inside the days off."""
        try:
            days = self.make_up_days
        except ValueError:
            raise ValidationError(_("请按 2026-10-10 的格式填写日期。")) from None
        if days and self.working.data != "off":
            raise ValidationError(_("只有休息时才需要填写调休上班日。"))
        for day in days:
            self._look_at(day)
            first, last = self.day.data, self.until.data or self.day.data
            if first and last and first <= day <= last:
                raise ValidationError(_("调休上班日不能在休息的日子之内。"))

    def _look_at(self, day: date | None) -> None:
        if day and day.year not in self._years:
            message = _(
                "日期须在%(first)s年至%(last)s年之间。",
                first=self._years.start,
                last=self._years.stop - 1,
            )
            raise ValidationError(message)
