"""Placeholders of canned replies: filled once, unknown ones found, nothing overlooked."""

from hypothesis import given
from hypothesis import strategies as st

from servicedesk.core.placeholders import NAMES, fill, unknown


def test_values_take_their_places() -> None:
    text = "{企业名称}：工单｛工单号｝预计{ 到期日 }办结。"
    values = {"企业名称": "恩德莱", "工单号": "1-2", "到期日": "3月5日"}
    assert fill(text, values) == "恩德莱：工单1-2预计3月5日办结。"


def test_what_is_missing_stands_out() -> None:
    assert fill("请{承办人}回复", {"承办人": ""}) == "请【承办人】回复"


def test_unknown_ones_are_named_once_each() -> None:
    assert unknown("{手机}{企业名称}{手机}｛法人｝{}") == ["手机", "法人", ""]
    assert unknown("先 } 后 {，只是文字") == []


def test_a_value_is_never_read_as_a_placeholder() -> None:
    assert fill("{标题}", {"标题": "{我的姓名}", "我的姓名": "张"}) == "{我的姓名}"


@given(st.text(alphabet="{}｛｝企业名称今天 a\n", max_size=60))
def test_any_text_can_be_filled(text: str) -> None:
    filled = fill(text, NAMES)
    if not any(brace in text for brace in "{｛"):
        assert filled == text
    assert unknown(text) == unknown(filled)


@given(st.sampled_from(sorted(NAMES)), st.text(max_size=20), st.text(max_size=20))
def test_every_name_is_known(name: str, before: str, after: str) -> None:
    plain = before.translate(_NO_BRACES) + f"{{{name}}}" + after.translate(_NO_BRACES)
    assert unknown(plain) == []
    assert NAMES[name] in fill(plain, NAMES)


_NO_BRACES = str.maketrans("", "", "{}｛｝")
