"""The forms of filing on behalf and of opening an enterprise's file."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, Form, RadioField, StringField
from wtforms.validators import Optional

from servicedesk.core.channels import CHANNELS
from servicedesk.web.desk.step_forms import words
from servicedesk.web.forms import at_most, phone_field, required, tidy
from servicedesk.web.portal.forms import offer_urgencies, urgency_field

OWN_CHANNELS = frozenset({"portal", "project"})  # the portal and the product open these


class OnBehalfForm(Form):
    """代录: what the desk takes down for an enterprise, with the visit where there was one."""

    channel = RadioField(_l("来源渠道"), choices=[], default="phone", validators=[required()])
    title = StringField(_l("标题"), filters=[tidy], validators=[required(), at_most(80)])
    description = words(_l("事情经过和诉求"), rows=4)
    contact = StringField(_l("联系人"), filters=[tidy], validators=[required(), at_most(40)])
    phone = phone_field(_l("联系电话"))
    urgent = urgency_field()
    visited_on = DateField(_l("上门日期"), validators=[Optional()])
    place = StringField(_l("上门地点"), filters=[tidy], validators=[Optional(), at_most(100)])
    met = StringField(_l("见到何人"), filters=[tidy], validators=[Optional(), at_most(40)])

    def fill(self) -> None:
        """Offer the channels by which a person reaches the desk, and what can be urgent."""
        self.channel.choices = [
            (code, _(label)) for code, label in CHANNELS.items() if code not in OWN_CHANNELS
        ]
        offer_urgencies(self.urgent)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check every field; a visit has a day, a place and a person."""
        fine = super().validate(extra_validators)
        if self.channel.data != "visit":
            return fine
        for part in (self.visited_on, self.place, self.met):
            if not part.data:
                part.errors = [*part.errors, _("上门服务须填写日期、地点和见到何人。")]
                fine = False
        return fine


class EnterpriseForm(Form):
    """Opening an enterprise's file at the desk."""

    name = StringField(_l("企业名称"), filters=[tidy], validators=[required(), at_most(100)])
    credit_code = StringField(
        _l("统一社会信用代码（筹建中可不填）"), filters=[tidy], validators=[at_most(30)]
    )
    confirm_code = BooleanField(_l("校验位不符时：已见营业执照原件，代码无误"))
    contact = StringField(_l("联系人"), filters=[tidy], validators=[required(), at_most(40)])
    phone = phone_field(_l("联系电话"))
    address = StringField(_l("园区内地址"), filters=[tidy], validators=[at_most(200)])
