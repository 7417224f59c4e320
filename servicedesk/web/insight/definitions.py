"""What each figure means (指标口径): one page, from the definitions that the counting uses."""

from flask import render_template, request
from flask_babel import gettext as _

from servicedesk.core.figure_parts import BETTER, formula, per
from servicedesk.core.figures import AGGREGATIONS, BASES, FIGURES, MINUTES, Figure
from servicedesk.web.access import requires
from servicedesk.web.insight.blueprint import insight


@insight.get("/definitions")
@requires("figures.own")
def definitions() -> str:
    """List every figure with its meaning, or those that a word is found in."""
    q = request.args.get("q", "").strip()[:60]
    return render_template(
        "insight/definitions.html", q=q, found=[one for one in FIGURES if _has(one, q)],
        formula=formula, per=per, bases=BASES, aggregations=AGGREGATIONS, better=BETTER,
        minutes=MINUTES,
    )  # fmt: skip


def _has(figure: Figure, q: str) -> bool:
    """Tell whether a figure speaks of ``q``, in Chinese or in the page's language."""
    texts = (figure.label, figure.meaning, figure.source, *(formula(figure.key) or ()))
    said = (figure.key, *texts, *(_(text) for text in texts if text))
    return any(q.casefold() in text.casefold() for text in said)
