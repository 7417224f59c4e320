"""Lists of policies, matches and declarations: filters, sorting, keyset pages."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, tuple_

from servicedesk.core.declarations import RECOGNISED, State, Window
from servicedesk.core.permissions import Actor, Scope, scope_of
from servicedesk.core.words import N_
from servicedesk.declarations.models import Declaration, Policy, PolicyMatch
from servicedesk.declarations.profiles import today
from servicedesk.enterprises.models import Enterprise
from servicedesk.extensions import db
from servicedesk.organisation.models import Unit
from servicedesk.streaming import streamed

PAGE = 50


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of a list: by ``column``, then by row; ``read`` turns an address's key back."""

    name: str
    column: Any
    read: Callable[[str], Any]
    descending: bool = False

    def order(self, number: Any) -> list[Any]:
        """Return what to order by; ``number`` is the column of the row's number."""
        columns = (self.column, number)
        return [one.desc() if self.descending else one for one in columns]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; ``after`` is the key of the next page, or empty."""

    rows: Sequence[Row[Any]] = field(default_factory=list)
    after: str = ""


def _paged(query: Select[Any], number: Any, sort: Sort, after: str) -> Page:
    """Return a page of ``query``, whose columns ``sort_key`` and ``sort_id`` are its keys."""
    query = query.add_columns(sort.column.label("sort_key"), number.label("sort_id"))
    if (key := _key(sort, after)) is not None:
        here = tuple_(sort.column, number)
        query = query.where(here < tuple_(*key) if sort.descending else here > tuple_(*key))
    rows = db.session.execute(query.order_by(*sort.order(number)).limit(PAGE + 1)).all()
    more = len(rows) > PAGE
    last = rows[PAGE - 1] if more else None
    return Page(rows[:PAGE], f"{_written(last.sort_key)}~{last.sort_id}" if last else "")


def _written(key: Any) -> str:
    return key.isoformat() if isinstance(key, date) else str(key)


def _key(sort: Sort, after: str) -> tuple[Any, int] | None:
    value, _, number = after.rpartition("~")
    if not (number.isascii() and number.isdigit() and len(number) < 11):
        return None
    try:
        return sort.read(value), int(number)
    except ValueError:
        return None


def _like(column: Any, text: str) -> list[ColumnElement[bool]]:
    return [column.contains(text, autoescape=True)] if text else []


# --- policies --------------------------------------------------------------------------------

POLICY_SORTS: Mapping[str, Sort] = {
    "newest": Sort(N_("最新建立"), Policy.id, int, descending=True),
    "closing": Sort(N_("最先截止"), Policy.closes_on, date.fromisoformat),
    "name": Sort(N_("按名称"), Policy.name, str),
}


@dataclass(frozen=True, slots=True)
class PolicyFilter:
    """What the list of policies is narrowed to; empty fields narrow nothing."""

    q: str = ""
    state: str = ""
    window: str = ""
    level: str = ""
    item: str = ""
    sort: str = "newest"
    after: str = ""


def policies(actor: Actor, wanted: PolicyFilter) -> Page:
    """Return one page of the park's policies, each with how many match, and declared."""
    return _paged(_policies(actor, wanted), Policy.id, POLICY_SORTS[wanted.sort], wanted.after)


def every_policy(actor: Actor, wanted: PolicyFilter) -> Iterator[Row[Any]]:
    """Yield all rows of the list, for an export."""
    sort = POLICY_SORTS[wanted.sort]
    return streamed(_policies(actor, wanted).order_by(*sort.order(Policy.id)))


def _policies(actor: Actor, wanted: PolicyFilter) -> Select[Any]:
    query = select(Policy, _matched().label("matched"), _declared().label("declared")).where(
        Policy.park_id == actor.park_id, *_by_window(actor.park_id, wanted.window),
        *_like(Policy.name, wanted.q),
    )  # fmt: skip
    simple = {
        Policy.state: wanted.state, Policy.level: wanted.level, Policy.item_code: wanted.item
    }  # fmt: skip
    return query.where(*(column == value for column, value in simple.items() if value))


def _matched() -> Any:
    return (
        select(func.count(PolicyMatch.id))
        .where(PolicyMatch.policy_id == Policy.id, PolicyMatch.met)
        .correlate(Policy)
        .scalar_subquery()
    )


def _declared() -> Any:
    return (
        select(func.count(Declaration.id))
        .where(Declaration.policy_id == Policy.id, Declaration.state != State.WITHDRAWN)
        .correlate(Policy)
        .scalar_subquery()
    )


def _by_window(park_id: int, wanted: str) -> list[ColumnElement[bool]]:
    day = today(park_id)
    return {
        Window.BEFORE.value: [Policy.opens_on > day],
        Window.OPEN.value: [Policy.opens_on <= day, Policy.closes_on >= day],
        Window.OVER.value: [Policy.closes_on < day],
    }.get(wanted, [])


# --- the matches of one policy ---------------------------------------------------------------

MATCH_VIEWS: Mapping[str, str] = {
    "all": N_("全部"),
    "met": N_("全部满足"),
    "one": N_("仅一项未满足"),
    "unknown": N_("只差档案数据"),
    "told": N_("已告知"),
    "declared": N_("已申报"),
    "silent": N_("已告知未申报"),
    "dismissed": N_("表示不申报"),
}
MATCH_SORTS: Mapping[str, Sort] = {
    "near": Sort(N_("最接近满足"), PolicyMatch.distance, int),
    "name": Sort(N_("按企业名称"), Enterprise.name, str),
    "told": Sort(
        N_("最近告知"), func.coalesce(PolicyMatch.told_at, PolicyMatch.computed_at),
        datetime.fromisoformat, descending=True,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MatchFilter:
    """What the matches of a policy are narrowed to."""

    show: str = "all"
    q: str = ""
    sort: str = "near"
    after: str = ""


def matches(policy: Policy, wanted: MatchFilter) -> Page:
    """Return one page of a policy's matches: the match, the enterprise's name, what it declared."""
    sort = MATCH_SORTS[wanted.sort]
    return _paged(_matches(policy, wanted), PolicyMatch.enterprise_id, sort, wanted.after)


def every_match(policy: Policy, wanted: MatchFilter) -> Iterator[Row[Any]]:
    """Yield all rows of the list, for an export."""
    sort = MATCH_SORTS[wanted.sort]
    return streamed(_matches(policy, wanted).order_by(*sort.order(PolicyMatch.enterprise_id)))


def match_counts(policy: Policy) -> dict[str, int]:
    """Return how many matches each view holds."""
    base = _matches(policy, MatchFilter())
    return {
        view: db.session.scalar(
            select(func.count()).select_from(base.where(*conditions).subquery())
        ) or 0
        for view, conditions in _VIEWS.items()
    }  # fmt: skip


_VIEWS: Mapping[str, list[Any]] = {
    "all": [],
    "met": [PolicyMatch.met],
    "one": [PolicyMatch.distance == 100],
    "unknown": [PolicyMatch.distance > 0, PolicyMatch.distance < 100],
    "told": [PolicyMatch.told_at.is_not(None)],
    "declared": [Declaration.id.is_not(None)],
    "silent": [
        PolicyMatch.told_at.is_not(None), Declaration.id.is_(None),
        PolicyMatch.dismissed_at.is_(None),
    ],
    "dismissed": [PolicyMatch.dismissed_at.is_not(None)],
}  # fmt: skip


def _matches(policy: Policy, wanted: MatchFilter) -> Select[Any]:
    standing = and_(
        Declaration.policy_id == PolicyMatch.policy_id,
        Declaration.enterprise_id == PolicyMatch.enterprise_id,
        Declaration.state != State.WITHDRAWN,
    )
    columns: tuple[Any, ...] = (
        PolicyMatch, Enterprise.name, Declaration.id.label("declaration_id"),
        Declaration.state.label("declared_state"),
    )  # fmt: skip
    return (
        select(*columns)
        .join(Enterprise, Enterprise.id == PolicyMatch.enterprise_id)
        .outerjoin(Declaration, standing)
        .where(
            PolicyMatch.policy_id == policy.id, Enterprise.merged_into_id.is_(None),
            *_VIEWS[wanted.show], *_like(Enterprise.name, wanted.q),
        )
    )  # fmt: skip


# --- declarations ----------------------------------------------------------------------------

DECLARATION_SORTS: Mapping[str, Sort] = {
    "newest": Sort(N_("最新申报"), Declaration.id, int, descending=True),
    "oldest": Sort(N_("最早申报"), Declaration.declared_on, date.fromisoformat),
    "name": Sort(N_("按企业名称"), Enterprise.name, str),
    "amount": Sort(
        N_("金额从高到低"),
        func.coalesce(Declaration.granted_amount, Declaration.asked_amount, 0), int,
        descending=True,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeclarationFilter:
    """What the list of declarations is narrowed to; ``open`` as a state means undecided.

    With ``figure`` the list is what a figure of ``year`` counts, or of the days ``since`` .. ``until``:
    ``declared``, ``decided`` or ``paid`` in it; ``listing`` keeps those that enter that list (名录).
    """

    q: str = ""
    state: str = ""
    item: str = ""
    policy: int | None = None
    enterprise: int | None = None
    year: int | None = None
    since: date | None = None
    until: date | None = None
    figure: str = ""
    listing: str = ""
    sort: str = "newest"
    after: str = ""

    @property
    def span(self) -> tuple[date, date] | None:
        """The days of a figure, both included: as they stand, or those of the year."""
        if not self.figure:
            return None
        if self.since and self.until:
            return self.since, self.until
        return (date(self.year, 1, 1), date(self.year, 12, 31)) if self.year else None


def declarations(actor: Actor, wanted: DeclarationFilter) -> Page:
    """Return one page of the declarations that the person may see."""
    sort = DECLARATION_SORTS[wanted.sort]
    return _paged(_declarations(actor, wanted), Declaration.id, sort, wanted.after)


def every_declaration(actor: Actor, wanted: DeclarationFilter) -> Iterator[Row[Any]]:
    """Yield all rows of the list, for an export."""
    sort = DECLARATION_SORTS[wanted.sort]
    return streamed(_declarations(actor, wanted).order_by(*sort.order(Declaration.id)))


def _declarations(actor: Actor, wanted: DeclarationFilter) -> Select[Any]:
    columns: tuple[Any, ...] = (Declaration, Policy, Enterprise.name)
    query = (
        select(*columns)
        .join(Policy, Policy.id == Declaration.policy_id)
        .join(Enterprise, Enterprise.id == Declaration.enterprise_id)
        .where(*_visible(actor))
    )
    simple = {
        Declaration.policy_id: wanted.policy,
        Declaration.enterprise_id: wanted.enterprise,
        Declaration.year: None if wanted.figure else wanted.year,
        Policy.item_code: wanted.item,
        Policy.listing: wanted.listing,
    }
    query = query.where(*_of_figure(wanted))
    query = query.where(*(column == value for column, value in simple.items() if value))
    if wanted.state == "open":
        query = query.where(Declaration.state.in_([State.DECLARED, State.RECOMMENDED]))
    elif wanted.state:
        query = query.where(Declaration.state == wanted.state)
    if not wanted.q:
        return query
    return query.where(or_(*_like(Enterprise.name, wanted.q), *_like(Policy.name, wanted.q)))


FIGURES: Mapping[str, tuple[Any, Sequence[State]]] = {
    "declared": (Declaration.declared_on, [state for state in State if state != State.WITHDRAWN]),
    "decided": (Declaration.decided_on, sorted(RECOGNISED)),
    "paid": (Declaration.paid_on, [State.PAID]),
}


def _of_figure(wanted: DeclarationFilter) -> list[ColumnElement[bool]]:
    """Return the condition under which a figure of the days counts a declaration."""
    if wanted.span is None:
        return []
    day, states = FIGURES[wanted.figure]
    return [day.between(*wanted.span), Declaration.state.in_(list(states))]


def _visible(actor: Actor) -> list[ColumnElement[bool]]:
    """Return the condition of what the person may see, from the permission table."""
    scope = scope_of(actor.role, "declaration.view")
    if scope is Scope.OWN:
        mine = actor.enterprises_with("declaration.view")
        return [Declaration.enterprise_id.in_(mine)]
    own_unit = exists().where(Unit.id == actor.unit_id, Unit.code == Policy.unit_code)
    in_park = Policy.park_id == actor.park_id
    if scope is Scope.UNIT:
        return [in_park, own_unit]
    return [in_park] if scope is Scope.PARK else [Declaration.id < 0]
