"""Who acts for an enterprise (企业成员): what may change, so that a file never loses its owner."""

from collections.abc import Mapping

from servicedesk.core.permissions import Part
from servicedesk.core.words import N_

Parts = Mapping[int, Part]
"""The parts of an enterprise's people, by the person's row number."""


def owners_of(parts: Parts) -> frozenset[int]:
    """Return who owns the file (企业管理员)."""
    return frozenset(person for person, part in parts.items() if part is Part.OWNER)


def after(parts: Parts, person: int, part: Part | None) -> dict[int, Part]:
    """Return the people when ``person`` has got ``part``; ``None`` takes the person out."""
    rest = {one: known for one, known in parts.items() if one != person}
    return rest if part is None else {**rest, person: part}


def refusal_of_change(parts: Parts, by: int, person: int, part: Part | None) -> str | None:
    """Return why ``by`` may not give ``person`` another part, or take the person out.

    ``parts`` are the parts as they are now, not as a page showed them: of two owners who remove
    each other at the same time, the second is no owner any more.
    """
    if parts.get(by) is not Part.OWNER:
        return N_("只有企业管理员可以管理成员。")
    if person not in parts:
        return N_("此人已不是本企业成员。")
    if not owners_of(after(parts, person, part)):
        return N_("企业至少要有一位管理员：请先把另一位成员设为企业管理员。")
    return None


def refusal_of_leaving(parts: Parts, person: int) -> str | None:
    """Return why ``person`` may not leave now."""
    if person not in parts:
        return N_("您已不是本企业成员。")
    if owners_of(after(parts, person, None)):
        return None
    if len(parts) > 1:
        return N_("您是唯一的企业管理员：请先把另一位成员设为企业管理员，再退出。")
    return N_("您是唯一的成员：请先邀请一位同事并设为企业管理员，再退出。")
