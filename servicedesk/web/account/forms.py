"""Forms of the account pages."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    Form,
    PasswordField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Email, EqualTo, Length, Optional

from servicedesk.accounts.actions import MAIL_MODES
from servicedesk.web.forms import at_most, phone_field, required, tidy


def _password(label: str) -> PasswordField:
    length = Length(min=8, max=128, message=_l("密码须为8至128个字符。"))
    return PasswordField(label, validators=[required(), length])


class SignInForm(Form):
    """Name and password."""

    login = StringField(_l("登录名"), filters=[tidy], validators=[required(), at_most(100)])
    password = PasswordField(_l("密码"), validators=[required(), at_most(128)])


class PersonForm(Form):
    """The first or the next person of an enterprise."""

    person = StringField(_l("您的姓名"), filters=[tidy], validators=[required(), at_most(40)])
    phone = phone_field(_l("手机号"))
    email = EmailField(
        _l("邮箱（选填，用于接收通知）"),
        filters=[tidy],
        validators=[Optional(), at_most(120), Email(_l("请填写有效的邮箱地址。"))],
    )
    login = StringField(
        _l("登录名"),
        filters=[tidy],
        validators=[required(), Length(min=3, max=60, message=_l("登录名须为3至60个字符。"))],
        description=_l("可用手机号、拼音或邮箱"),
    )
    password = _password(_l("密码"))
    repeat = PasswordField(
        _l("再输入一次密码"),
        validators=[required(), EqualTo("password", _l("两次输入的密码不一致。"))],
    )


class RegisterForm(PersonForm):
    """An enterprise and its first person."""

    stage = RadioField(
        _l("企业状态"),
        choices=[("registered", _l("已有营业执照")), ("preparing", _l("筹建中，尚无营业执照"))],
        default="registered",
    )
    name = StringField(_l("企业名称"), filters=[tidy], validators=[required(), at_most(100)])
    credit_code = StringField(
        _l("统一社会信用代码"),
        filters=[tidy],
        validators=[at_most(30)],
        description=_l("营业执照上的18位代码；筹建中的企业不用填"),
    )
    confirm_code = BooleanField(_l("我已对照营业执照核对无误，请服务台人工核实"))
    address = TextAreaField(_l("园区内地址（选填）"), filters=[tidy], validators=[at_most(200)])
    agree = BooleanField(_l("我同意园区为办理事项使用以上联系信息"), validators=[required()])


class PasswordForm(Form):
    """Changing one's password."""

    old = PasswordField(_l("原密码"), validators=[required(), at_most(128)])
    password = _password(_l("新密码"))
    repeat = PasswordField(
        _l("再输入一次新密码"),
        validators=[required(), EqualTo("password", _l("两次输入的密码不一致。"))],
    )


class NoticeForm(Form):
    """How one is told (通知方式)."""

    mail_mode = RadioField(_l("邮件"), choices=[], validators=[required()])
    quiet = BooleanField(
        _l("非工作时间免打扰"),
        description=_l("夜间、午休和休息日的通知留到上班时再告诉您；紧急件除外，随时通知。"),
    )

    def __init__(self, formdata: Any = None, **data: Any) -> None:
        super().__init__(formdata, **data)
        self.mail_mode.choices = [(code, _(name)) for code, name in MAIL_MODES.items()]
