"""A small item for tests, and definitions that hypothesis makes up."""

from typing import Any

from hypothesis import strategies as st

from servicedesk.catalogue.definition import AUTHORIZATIONS, CLOCKS, KINDS, Known
from servicedesk.catalogue.fields import CHOICES, FieldType

KNOWN = Known(
    categories=frozenset({"A", "B", "J"}),
    units=frozenset({"QFZX", "SCJG", "GHJS"}),
    metrics=frozenset({"served", "solved", "opened"}),
    templates=frozenset({"a-token"}),
)


def option(value: str) -> dict[str, str]:
    """Return an option whose label is its value."""
    return {"value": value, "label": value}


def item(**changes: Any) -> dict[str, Any]:
    """Return a sound definition with some keys changed."""
    return {
        "code": "Z01", "name": "临时用电", "category_code": "J", "kind": "帮办",
        "promised_days": 3, "clock": "workday", "lead_unit": "GHJS", "authorization": "optional",
        "aliases": ["接临时电"], "outcomes": ["served"],
        "fields": [
            {"name": "purpose", "label": "用途", "label_en": "Purpose", "type": "choice",
             "required": True, "options": [option("施工"), option("活动")]},
            {"name": "site", "label": "工地名称", "label_en": "Site", "type": "text",
             "required": True, "when": {"field": "purpose", "equals": ["施工"]}},
        ],
        "materials": [
            {"name": "用电申请", "deferrable": False},
            {"name": "施工许可证", "deferrable": True,
             "when": {"field": "purpose", "equals": ["施工"]}},
        ],
        **changes,
    }  # fmt: skip


def lines(longest: int) -> st.SearchStrategy[str]:
    """Return texts of one line as people and machines may write them."""
    alphabet = st.characters(
        codec="utf-8", exclude_categories=("C", "Zl", "Zp"), exclude_characters="|=",
    )  # fmt: skip
    return st.text(alphabet, min_size=1, max_size=longest).map(str.strip).filter(bool)


@st.composite
def forms(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return the fields of a form; conditions look back at choices."""
    names = draw(
        st.lists(st.from_regex(r"q[a-z0-9_]{0,8}", fullmatch=True), unique=True, max_size=5)
    )
    made: list[dict[str, Any]] = []
    for name in names:
        kind = draw(st.sampled_from(list(FieldType)))
        field: dict[str, Any] = {"name": name, "label": draw(lines(10)), "type": kind.value}
        field |= draw(st.fixed_dictionaries({}, optional={
            "label_en": lines(10), "required": st.booleans(), "help": lines(20),
        }))  # fmt: skip
        if kind in CHOICES:
            values = draw(st.lists(lines(8), unique=True, min_size=1, max_size=4))
            field["options"] = [option(value) for value in values]
        if kind in ("number", "money"):
            field["unit"] = draw(lines(5))
            field |= draw(st.fixed_dictionaries({}, optional={"max": st.integers(0, 99)}))
        field |= draw(conditions(made))
        made.append(field)
    return made


@st.composite
def conditions(draw: st.DrawFn, fields: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a condition on one of the fields, or none."""
    able = [field for field in fields if "options" in field]
    if not able or draw(st.booleans()):
        return {}
    chosen = draw(st.sampled_from(able))
    values = [one["value"] for one in chosen["options"]]
    equals = draw(st.lists(st.sampled_from(values), unique=True, min_size=1))
    return {"when": {"field": chosen["name"], "equals": equals}}


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    """Return a sound definition."""
    fields = draw(forms())
    materials = [
        {"name": name, "deferrable": draw(st.booleans()), **draw(conditions(fields)),
         **draw(st.sampled_from([{}, {"held_by": "park"}, {"template": "a-token"}]))}
        for name in draw(st.lists(lines(10), unique=True, max_size=4))
    ]  # fmt: skip
    kind = draw(st.sampled_from(KINDS))
    days = draw(st.integers(1, 60))
    return {
        "code": draw(st.from_regex(r"[A-Z][A-Z0-9]{1,4}", fullmatch=True)),
        "name": draw(lines(20)), "kind": kind, "promised_days": days, "category_code": "A",
        "authorization": "required" if kind == "代办" else draw(st.sampled_from(list(AUTHORIZATIONS))),
        "clock": draw(st.sampled_from(list(CLOCKS))), "lead_unit": "SCJG",
        "fields": fields, "materials": materials,
        "aliases": draw(st.lists(lines(10), unique=True, max_size=4)),
        **draw(st.fixed_dictionaries({}, optional={
            "statutory_days": st.integers(days, 90), "statutory_text": lines(30),
            "ladder": st.lists(st.integers(1, 60), unique=True, min_size=3, max_size=3).map(sorted),
            "listed": st.booleans(), "confidential": st.booleans(),
            "partner_units": st.just(["QFZX"]), "outcomes": st.just(["solved", "served"]),
        })),
    }  # fmt: skip
