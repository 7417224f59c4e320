"""Forms of the enterprise's file: the profile, and what is added to it."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    FloatField,
    Form,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import NumberRange, Optional

from servicedesk.core.enterprises import AREAS, CHAINS, CONTRACT_KINDS, LEVELS, PATENT_KINDS
from servicedesk.core.scales import SCALES
from servicedesk.enterprises.models import Enterprise
from servicedesk.web.forms import at_most, phone_field, required, tidy, valid_phone

MONEY_MAX = 1_000_000_000


def _line(label: Any, longest: int = 100, needed: bool = False, **more: Any) -> StringField:
    checks = [required() if needed else Optional(), at_most(longest)]
    return StringField(label, filters=[tidy], validators=checks, **more)


def _whole(label: Any, most: int, **more: Any) -> IntegerField:
    message = _l("请填写0以上的整数。")
    return IntegerField(label, validators=[Optional(), NumberRange(0, most, message)], **more)


def _share(label: Any, least: float, most: float, **more: Any) -> FloatField:
    message = _l("数字超出合理范围。")
    return FloatField(label, validators=[Optional(), NumberRange(least, most, message)], **more)


class ProfileValues(Form):
    """What the desk and the enterprise itself both fill in."""

    legal_representative = _line(_l("法定代表人"), 40)
    industry_code = _line(
        _l("行业代码"), 6,
        description=_l("国民经济行业分类：字母加2至4位数字，例如 C3841"),
    )  # fmt: skip
    address = _line(_l("园区内地址"), 200)
    plot = _line(_l("地块"), 60)
    founded_on = DateField(_l("成立日期"), validators=[Optional()])
    registered_capital = _whole(_l("注册资本（万元）"), MONEY_MAX)
    employees = _whole(_l("从业人数"), 1_000_000)
    revenue = _whole(_l("上年营业收入（万元）"), MONEY_MAX)
    revenue_growth = _share(_l("营收增长率（百分比）"), -100, 100_000)
    research_share = _share(_l("研发费用占比（百分比）"), 0, 100)
    contact = _line(_l("联系人"), 40)
    phone = StringField(
        _l("联系电话"), filters=[tidy], validators=[Optional(), at_most(30), valid_phone]
    )


class ProfileForm(ProfileValues):
    """The whole profile, at the desk."""

    name = _line(_l("企业名称"), needed=True)
    credit_code = _line(_l("统一社会信用代码（筹建中可不填）"), 30)
    industry = _line(_l("主营业务"), 60)
    scale = SelectField(
        _l("规模"), validators=[Optional()],
        description=_l("留空时按行业、人数和营收自动划型（统计上大中小微型企业划分办法，2017）"),
    )  # fmt: skip
    area = SelectField(_l("片区"), validators=[Optional()])
    chain = SelectField(_l("产业链"), validators=[Optional()])
    in_trouble = BooleanField(_l("困难企业（重点帮扶）"))

    def fill(self, enterprise: Enterprise) -> None:
        """Offer the lists; a value of an older list stays open to choice."""
        for field, names in ((self.scale, SCALES), (self.area, AREAS), (self.chain, CHAINS)):
            now = getattr(enterprise, field.name)
            known = {**names} if not now or now in names else {**names, now: now}
            field.choices = [("", _("未填写")), *((code, _(name)) for code, name in known.items())]

    def values(self) -> dict[str, Any]:
        """Return what was typed, as the action takes it; an empty number is none to change."""
        left = {"credit_code"} if self.phone.data else {"credit_code", "phone"}
        typed = {name: value for name, value in self.data.items() if name not in left}
        texts = (StringField, SelectField)
        empty = {
            name: ""
            for name, value in typed.items()
            if value is None and isinstance(self[name], texts)
        }
        return {**typed, **empty, "credit_code": self.credit_code.data or None}


PROFILE_ORDER = (
    (_l("身份"), ("name", "credit_code", "legal_representative", "founded_on", "registered_capital")),
    (_l("行业与位置"), ("industry_code", "industry", "scale", "chain", "area", "plot", "address")),
    (_l("经营"), ("employees", "revenue", "revenue_growth", "research_share", "in_trouble")),
    (_l("联系方式"), ("contact", "phone")),
)  # fmt: skip


class CorrectionForm(ProfileValues):
    """What the enterprise says is wrong in its profile."""

    note = TextAreaField(
        _l("说明（选填）"), filters=[tidy], validators=[Optional(), at_most(500)],
        render_kw={"rows": 2},
    )  # fmt: skip


class TitleForm(Form):
    """A title whose certificate somebody has seen."""

    name = _line(_l("资质名称"), needed=True, render_kw={"list": "known-titles"})
    level = SelectField(_l("级别"), validators=[required()])
    awarded_on = DateField(_l("认定日期"), validators=[required()])
    expires_on = DateField(
        _l("有效期至"), validators=[Optional()],
        description=_l("高企、专精特新等常见资质可不填，按规定年限推算"),
    )  # fmt: skip
    number = _line(_l("证书编号"), 60)

    def fill(self) -> None:
        """Offer the levels."""
        self.level.choices = [(name, _(name)) for name in LEVELS]


class PatentForm(Form):
    """A granted patent."""

    kind = SelectField(_l("专利类型"), validators=[required()])
    number = _line(_l("专利号"), 40, needed=True)
    name = _line(_l("专利名称"), needed=True)
    granted_on = DateField(_l("授权公告日"), validators=[required()])
    ticket_number = _line(_l("相关工单号（选填）"), 20)

    def fill(self) -> None:
        """Offer the kinds."""
        self.kind.choices = [(code, _(name)) for code, name in PATENT_KINDS.items()]


class ContractForm(Form):
    """A contract with the park, or with its help."""

    kind = SelectField(_l("合同类型"), validators=[required()])
    title = _line(_l("合同名称"), needed=True)
    party = _line(_l("对方"), needed=True)
    amount = DecimalField(
        _l("金额（万元）"), places=2,
        validators=[Optional(), NumberRange(0, 1_000_000, _l("请填写0以上的数。"))],
    )  # fmt: skip
    signed_on = DateField(_l("签订日期"), validators=[required()])
    ends_on = DateField(_l("到期日"), validators=[Optional()])

    def fill(self) -> None:
        """Offer the kinds."""
        self.kind.choices = [(code, _(name)) for code, name in CONTRACT_KINDS.items()]


class ContactForm(Form):
    """A person to be reached."""

    name = _line(_l("姓名"), 40, needed=True)
    post = _line(_l("职务"), 40)
    phone = phone_field(_l("联系电话"))
    verified = BooleanField(_l("今天已打通核验"))

    def fill(self) -> None:
        """Nothing to offer."""
