"""Forms of materials and letters, shared by the portal and the desk."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    Form,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import NumberRange, Optional

from servicedesk.accounts.actions import PASSWORD_MAX
from servicedesk.core.authorization import POWERS
from servicedesk.core.materials import KINDS
from servicedesk.materials.folder import NAME_MAX, Label
from servicedesk.materials.letters import COPIES_MAX, Terms
from servicedesk.web.forms import at_most, required, tidy
from servicedesk.web.showing import named

REASON_MAX = 300
PERSON_MAX = 40
ORIGINAL_MAX = 80


def _reason(label: Any, rows: int = 2) -> TextAreaField:
    checks = [required(), at_most(REASON_MAX)]
    return TextAreaField(label, filters=[tidy], validators=checks, render_kw={"rows": rows})


def _person(label: Any) -> StringField:
    return StringField(label, filters=[tidy], validators=[required(), at_most(PERSON_MAX)])


class DocumentForm(Form):
    """Putting files into the folder."""

    kind = SelectField(_l("材料种类"), validators=[required()])
    name = StringField(
        _l("名称（选填）"),
        filters=[tidy],
        validators=[Optional(), at_most(NAME_MAX)],
        description=_l("不填就用种类的名称"),
    )
    valid_from = DateField(_l("有效期从（选填）"), validators=[Optional()])
    valid_until = DateField(_l("有效期至（长期有效可不填）"), validators=[Optional()])

    def fill(self) -> None:
        """Offer the kinds."""
        self.kind.choices = [("", _("请选择")), *((c, _(k.label)) for c, k in KINDS.items())]

    def label(self) -> Label:
        """Return what is to be written on the document, in Chinese: it lies in a Chinese office."""
        kind = str(self.kind.data)
        name = self.name.data or KINDS[kind].label
        return Label(kind, name, self.valid_from.data, self.valid_until.data)


class LetterForm(Form):
    """Drawing a letter up: who acts, in what, with which powers, from when until when."""

    items = SelectMultipleField(_l("委托的事项"), validators=[required()])
    powers = SelectMultipleField(_l("委托的权限"), validators=[required()])
    agent_id = SelectField(_l("受托的帮代办专员"), coerce=int, validators=[required()])
    starts_on = DateField(_l("开始日期"), validators=[required()])
    ends_on = DateField(
        _l("结束日期"), validators=[required()], description=_l("最长一年；只办一件事的，够用就好")
    )

    def fill(self, items: Sequence[Any], agents: Sequence[Any]) -> None:
        """Offer the items for which the park acts, the powers and the desk's people."""
        self.items.choices = [(item.code, named(item)) for item in items]
        self.powers.choices = [(power, _(label)) for power, label in POWERS.items()]
        self.agent_id.choices = [(person.id, person.name) for person in agents]

    def terms(self) -> Terms:
        """Return what was filled in."""
        starts, ends = self.starts_on.data, self.ends_on.data
        assert isinstance(starts, date) and isinstance(ends, date)
        return Terms(
            self.agent_id.data, self.items.data or (), self.powers.data or (), starts, ends
        )


class _Seen(Form):
    seen = HiddenField()  # read by with_number, which takes anything


class SignForm(_Seen):
    """The owner's signature: the password once more."""

    password = PasswordField(
        _l("登录密码"),
        validators=[required(), at_most(PASSWORD_MAX)],
        render_kw={"autocomplete": "current-password"},
    )


class RevokeForm(_Seen):
    """Revoking a letter."""

    reason = _reason(_l("撤销的原因"))


class ScanForm(_Seen):
    """A letter that was signed on paper."""

    signer = _person(_l("签字人（法定代表人或其授权的人）"))


class OriginalForm(Form):
    """An original that the desk takes over."""

    name = StringField(
        _l("原件名称"), filters=[tidy], validators=[required(), at_most(ORIGINAL_MAX)]
    )
    copies = IntegerField(
        _l("份数"),
        default=1,
        validators=[required(), NumberRange(1, COPIES_MAX, _l("请填写1至99。"))],
    )
    handed_by = _person(_l("移交人（企业）"))


class ReturnForm(Form):
    """An original that goes back."""

    taken_by = _person(_l("领回人（企业）"))


class RepairForm(Form):
    """Repairing the record of broken promises."""

    reason = _reason(_l("修复的理由（如：材料已补齐并核验）"))
