"""Alike is what has the same item, place and words; never the item alone; newest first."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.problems import names_in, quiet_until
from servicedesk.core.similarity import Matter, compare, rank, telling_terms

NOW = datetime(2024, 3, 5, tzinfo=UTC)


def road(key: int, text: str = "园区3号路路面破损，货车颠簸", **more: object) -> Matter:
    """A request about the road, ``key`` hours after the first."""
    values = {"item_id": 7, "area": "狮子岩片区", "at": NOW + timedelta(hours=key), **more}
    return Matter(key, terms=telling_terms(text), **values)  # type: ignore[arg-type]


def test_the_same_item_place_and_words_are_very_similar() -> None:
    match = compare(road(1), road(2, "3号路路面坑洼破损，进出货车颠簸严重"))
    assert match.very
    assert match.reasons == ("item", "area", "words")


def test_the_item_alone_or_the_place_alone_is_not_similar() -> None:
    other = road(2, "子女入学学位", area="其他片区")
    assert rank(road(1), [other], 5) == []
    assert rank(road(1), [road(2, "子女入学学位", item_id=9)], 5) == []


def test_words_alone_can_be_similar_across_items() -> None:
    other = road(2, item_id=8, area="")
    assert [match.reasons for match in rank(road(1), [other], 5)] == [("words",)]


def test_the_phrases_of_every_request_say_nothing() -> None:
    assert telling_terms("我们公司目前需要园区协调解决有关问题，谢谢") <= telling_terms(
        "们公 司目 前需 要园 区协 决有 关问 调解"
    )
    polite = "请帮忙协调解决，希望尽快处理，谢谢"
    assert compare(road(1, polite), road(2, "电压不稳，" + polite)).reasons[:2] == ("item", "area")


def test_the_most_alike_are_shown_and_the_newest_stand_first() -> None:
    old, new, far = road(1), road(3), road(9, "3号路路灯不亮")
    assert [match.key for match in rank(road(5), [old, new, far], 2)] == [3, 1]


texts = st.text("路面破损电压不稳车班学位园区号3abc ", max_size=40)
areas = st.sampled_from(("", "甲", "乙"))


@given(texts, texts, areas, areas, st.integers(1, 2), st.integers(1, 2))
def test_alike_is_mutual_and_bounded(
    one: str, two: str, here: str, there: str, first: int, second: int
) -> None:
    a, b = road(1, one, area=here, item_id=first), road(2, two, area=there, item_id=second)
    assert compare(a, b).points == compare(b, a).points <= 130
    assert compare(a, a).points >= compare(a, b).points or not a.terms


def test_a_text_that_names_an_enterprise_is_found_out() -> None:
    assert names_in("已为恩德莱科技换变压器", {1: "恩德莱科技", 2: "荷力士"}) == ["恩德莱科技"]
    assert names_in("已更换变压器", {1: "恩德莱科技", 2: ""}) == []


def test_the_watch_is_in_calendar_days() -> None:
    assert quiet_until(NOW.date(), 60).isoformat() == "2024-05-04"
