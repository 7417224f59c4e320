"""Numbers that people read aloud: ticket numbers and unified social credit codes.

The checking itself is python-stdnum's; this module says what the result means for us.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import date

from stdnum.cn import uscc
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.iso7064 import mod_11_10

from servicedesk.core.words import N_

_TICKET = re.compile(r"^(\d{8})-?(\d{5,})-?(\d)$")


def ticket_number(day: date, serial: int) -> str:
    """Return a ticket number (工单号) such as ``20241105-00042-7``.

    Digits only, in three groups, so that it can be said over a telephone; the last digit is the
    ISO 7064 MOD 11,10 check, which finds any single wrong digit and any two exchanged neighbours.
    """
    body = f"{day:%Y%m%d}{serial:05d}"
    return f"{body[:8]}-{body[8:]}-{mod_11_10.calc_check_digit(body)}"


def parse_ticket_number(text: str) -> str | None:
    """Return the canonical form of a typed ticket number, or ``None`` if its check fails."""
    match = _TICKET.match(re.sub(r"[\s－—]", "", text.strip()))
    if match is None or not mod_11_10.is_valid("".join(match.groups())):
        return None
    return "-".join(match.groups())


@dataclass(frozen=True, slots=True)
class CreditCode:
    """A unified social credit code (统一社会信用代码, GB 32100-2015) as typed and cleaned.

    ``doubt`` is ``None`` for a code whose check digit is right; otherwise a sentence. A few real
    codes fail the check digit, so such a code may be confirmed by the person and reviewed by the
    desk; a wrong length or alphabet may not (``usable`` is false).
    """

    value: str
    usable: bool
    doubt: str | None = None


def credit_code(text: str) -> CreditCode:
    """Check ``text`` as a credit code; never raises."""
    value = uscc.compact(re.sub(r"\s", "", text)).upper()
    try:
        uscc.validate(value)
    except InvalidChecksum:
        return CreditCode(value, True, N_("校验位不符，请对照营业执照逐位核对。"))
    except ValidationError:
        reason = N_("统一社会信用代码应为18位数字和大写字母（不含 I、O、S、V、Z），请核对。")
        return CreditCode(value, False, reason)
    return CreditCode(value, True)


def valid_credit_code(region: str, subject: str) -> str:
    """Return region (6 digits) and subject (9 characters) completed to a valid company code."""
    body = f"91{region}{subject}"
    return body + uscc.calc_check_digit(body)


def new_token() -> str:
    """Return 256 bits from the system's generator, for links and upload handles."""
    return secrets.token_urlsafe(32)
