"""Quick addresses are Flask's own; a translation follows the language of whoever reads."""

import flask
import pytest
from flask import Flask
from flask_babel import force_locale
from jinja2 import DictLoader

from servicedesk.web import quickly

CASES: list[tuple[str, dict[str, object]]] = [
    ("desk.queue", {}),
    ("desk.queue", {"figure": "served", "since": "2024-01-01", "q": "光伏 & 电"}),
    ("desk.queue", {"_anchor": "below", "view": "open"}),
    ("desk.queue", {"view": None}),
    ("desk.queue", {"unit": ["a", "b"]}),
    ("static", {"filename": "css/app.css"}),
]


@pytest.mark.parametrize(("endpoint", "values"), CASES)
def test_an_address_is_flasks_own_however_often_it_is_asked(
    sqlite_app: Flask, endpoint: str, values: dict[str, object]
) -> None:
    for root in ("", "/park"):
        with sqlite_app.test_request_context("/", environ_overrides={"SCRIPT_NAME": root}):
            for _ in range(2):
                assert quickly.url_for(endpoint, **values) == flask.url_for(endpoint, **values)


def test_whole_addresses_keep_the_host_of_the_request(sqlite_app: Flask) -> None:
    for host in ("a.example", "b.example"):
        with sqlite_app.test_request_context("/", base_url=f"http://{host}"):
            assert host in quickly.url_for("desk.queue", _external=True)


def test_templates_speak_the_language_of_the_moment(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context("/", headers={"Accept-Language": "zh"}):
        template = sqlite_app.jinja_env.from_string("{{ _('打印') }}")
        with force_locale("en"):
            assert template.render() == "Print"
        assert template.render() == "打印"


def test_a_part_is_drawn_once_for_equal_values_in_each_language(sqlite_app: Flask) -> None:
    """However often; other values, another language and another root are drawn anew."""
    asked: list[tuple[int, ...]] = []

    def number(values: tuple[int, ...]) -> int:
        asked.append(values)
        return sum(values)

    template = DictLoader(
        {"part.html": "{{ _('打印') }} {{ url_for('desk.queue') }} {{ n(values) }}"}
    )
    sqlite_app.jinja_env.loader, former = template, sqlite_app.jinja_env.loader
    try:
        for root, language, values, said in (
            ("", "zh", (1, 2), "打印 /desk/ 3"), ("", "zh", (1, 2), "打印 /desk/ 3"),
            ("", "en", (1, 2), "Print /desk/ 3"), ("/park", "en", (1, 2), "Print /park/desk/ 3"),
            ("", "zh", (1, 3), "打印 /desk/ 4"), ("", "en", (1, 2), "Print /desk/ 3"),
        ):  # fmt: skip
            context = {"SCRIPT_NAME": root}
            request = sqlite_app.test_request_context("/", environ_overrides=context)
            with request, force_locale(language):
                assert quickly.drawn("part.html", values=values, n=number) == said
    finally:
        sqlite_app.jinja_env.loader = former
    assert asked == [(1, 2), (1, 2), (1, 2), (1, 3)]
