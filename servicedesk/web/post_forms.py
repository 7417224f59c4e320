"""The forms of posts and arrivals, which the desk and enterprises share."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    Form,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, NumberRange, Optional

from servicedesk.core.hiring import HEAD_COUNT_MAX, SOURCES
from servicedesk.hiring.actions import Draft
from servicedesk.hiring.models import JobPost
from servicedesk.web.forms import REQUIRED, at_most, phone_field, required, tidy


def _line(label: Any, longest: int, *, needed: bool = True, **more: Any) -> StringField:
    checks = [required() if needed else Optional(), at_most(longest)]
    return StringField(label, filters=[tidy], validators=checks, **more)


def _count(label: Any, least: int) -> IntegerField:
    message = _l("请填写%(min)d至%(max)d之间的数。")
    checks = [InputRequired(REQUIRED), NumberRange(least, HEAD_COUNT_MAX, message)]
    return IntegerField(label, validators=checks)


class PostForm(Form):
    """A post: one kind of work."""

    title = _line(_l("岗位"), 60, description=_l("一个工种一条，如：焊工"))
    head_count = _count(_l("招聘人数"), 1)
    wage = _line(_l("薪资待遇"), 80, description=_l("如：4500—6000元/月，包食宿"))
    place = _line(_l("工作地点"), 100)
    open_until = DateField(_l("招聘截止日期"), validators=[required()])
    requirements = TextAreaField(
        _l("任职要求（选填）"), filters=[tidy], validators=[Optional(), at_most(500)],
        render_kw={"rows": 3}, description=_l("技能、班次等；不要写与岗位无关的年龄、性别要求"),
    )  # fmt: skip

    def draft(self, enterprise_id: int) -> Draft:
        """Return the post that the form says, without the fields that belong to the request."""
        data = self.data
        names = ("title", "head_count", "wage", "place", "requirements", "open_until")
        return Draft(enterprise_id, **{name: data[name] for name in names})


class AskingForm(PostForm):
    """A post with the request that goes with it."""

    contact = _line(_l("联系人"), 40)
    phone = phone_field(_l("联系电话"))


class DeskPostForm(PostForm):
    """A post that the desk writes down, for an enterprise or for its request."""

    enterprise_id = SelectField(
        _l("企业"), coerce=int, validators=[required(), NumberRange(1, message=_l("请选择企业。"))],
        render_kw={"data-search": "", "aria-label": _l("企业")},
    )  # fmt: skip


def data_of(post: JobPost) -> Mapping[str, Any]:
    """Return a post as the form shows it."""
    names = ("title", "head_count", "wage", "place", "requirements", "open_until")
    return {name: getattr(post, name) for name in names}


class ReferForm(Form):
    """People sent on a day."""

    source = SelectField(_l("推荐渠道"))
    on_day = DateField(_l("日期"), validators=[required()])
    referred = _count(_l("推荐人数"), 1)
    interviewed = _count(_l("其中面试人数"), 0)
    note = _line(_l("说明（选填，不写个人信息）"), 200, needed=False)

    def __init__(self, formdata: Any = None, **data: Any) -> None:
        super().__init__(formdata, prefix="refer-", **data)
        self.source.choices = [(code, _(name)) for code, name in SOURCES.items()]


class ArriveForm(Form):
    """People who came on a day."""

    on_day = DateField(_l("到岗日期"), validators=[required()])
    reported = _count(_l("到岗人数"), 1)

    def __init__(self, formdata: Any = None, **data: Any) -> None:
        super().__init__(formdata, prefix="arrive-", **data)


class OwnArriveForm(ArriveForm):
    """The enterprise's own word on a day that nobody has reported."""

    over_reason = _line(_l("超过招聘人数的原因（没有超过可不填）"), 200, needed=False)


class ConfirmForm(Form):
    """The enterprise's number for a day that was reported."""

    confirmed = _count(_l("实际到岗人数"), 0)
    over_reason = _line(_l("超过招聘人数的原因（没有超过可不填）"), 200, needed=False)


class StayForm(Form):
    """How many are still at work."""

    stayed = _count(_l("满30天仍在岗人数"), 0)


class CloseForm(Form):
    """Why a post is no longer wanted."""

    reason = _line(_l("关闭的原因"), 200)
