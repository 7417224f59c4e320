"""Matters with stages: forward only, arbitration before litigation, an end to every way."""

from servicedesk.core.stages import STAGE_NAMES, STAGED_ITEMS, is_staged, next_stages


def test_every_way_ends_and_none_goes_back() -> None:
    for item in STAGED_ITEMS:
        border: list[tuple[str, ...]] = [("",)]
        while border:
            way = border.pop()
            onward = next_stages(item, way[-1])
            assert onward or way[-1] == "enforcement", way
            assert not set(onward) & set(way), way
            border += [(*way, stage) for stage in onward]


def test_arbitration_is_never_after_litigation() -> None:
    assert "arbitration" not in next_stages("H02", "litigation")
    assert "litigation" in next_stages("H02", "arbitration")


def test_every_stage_has_a_name_and_other_items_have_none() -> None:
    for stages in STAGED_ITEMS.values():
        assert {stage for ways in stages.values() for stage in ways} <= set(STAGE_NAMES)
    assert not is_staged("A01")
    assert next_stages("A01", "") == ()
