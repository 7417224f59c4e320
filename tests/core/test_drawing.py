"""A drawing of a graph: nothing overlaps, lines lead forward, what is hidden is bridged."""

from hypothesis import given

from servicedesk.core.drawing import HEIGHT, WIDTH, draw
from servicedesk.core.packages import Graph, Step
from tests.core.test_packages import graphs


@given(graphs())
def test_boxes_do_not_overlap_and_lines_lead_forward(graph: Graph) -> None:
    drawing = draw(graph)
    places = {box.key: box for box in drawing.boxes}
    assert set(places) == set(graph.by_key)
    for one in drawing.boxes:
        assert 0 <= one.x <= drawing.width - WIDTH
        assert 0 <= one.y <= drawing.height - HEIGHT
        for other in drawing.boxes:
            apart = abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT
            assert one is other or apart
    for line in drawing.lines:
        assert places[line.before].x + WIDTH < places[line.after].x
    reached = {line.after for line in drawing.lines}
    assert reached == {step.key for step in graph.steps if step.after}


def test_a_hidden_step_is_bridged() -> None:
    graph = Graph((Step("a"), Step("b", ("a",)), Step("c", ("a", "b"))))
    assert [(o.before, o.after) for o in draw(graph).lines] == [("a", "b"), ("b", "c")]
    bridged = draw(graph, frozenset({"b"}))
    assert [(o.before, o.after) for o in bridged.lines] == [("a", "c")]
    assert [box.key for box in bridged.boxes] == ["a", "c"]
