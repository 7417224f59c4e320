"""Money in forms: typed in 万元, kept in thousandths of it, so that sums stay exact."""

from decimal import Decimal
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DecimalField
from wtforms.validators import NumberRange

from servicedesk.web.forms import required

LARGEST = 1_000_000  # 万元


def money_field(label: Any, least: float = 0.01, **more: Any) -> DecimalField:
    """Return a field for an amount in 万元, two decimals, that must be filled."""
    message = _l("请填写0.01至1000000之间的金额（万元）。")
    checks = [required(), NumberRange(Decimal(str(least)), LARGEST, message)]
    return DecimalField(label, places=2, validators=checks, **more)


def thousandths(value: Decimal | None) -> int:
    """Return an amount in 万元 as thousandths of it."""
    return int((value or Decimal()) * 1000)


def in_ten_thousands(value: int | None) -> str:
    """Write thousandths of 万元 as people read them: 1,234.5."""
    if value is None:
        return "—"
    return f"{value / 1000:,.2f}".rstrip("0").rstrip(".")
