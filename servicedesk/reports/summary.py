"""The work summary (工作总结) of a period as Word, in the official form or in staff's own."""

from pathlib import Path

from docx.document import Document

from servicedesk.core.counting import Rounding
from servicedesk.organisation.models import Unit
from servicedesk.reports.charts import draw
from servicedesk.reports.content import Content, content, origin_text
from servicedesk.reports.official import Paper, link_cells
from servicedesk.reports.periods import Period
from servicedesk.reports.phrases import HEADER, HEADINGS, LEADS, NUMBERS, TABLE_NOTE
from servicedesk.reports.templates import fill


def write(
    park_id: int,
    period: Period,
    path: Path,
    *,
    rounding: Rounding = Rounding.OVER,
    unit: Unit | None = None,
    template: bytes | None = None,
) -> None:
    """Write the summary of a period, of a unit where one is given; counts are as of the last build, outcomes as of now.

    With ``template`` it is written into that Word file of staff's (see ``reports.templates``).
    """
    said = content(park_id, period, rounding, unit)
    document = official(said) if template is None else fill(template, said)
    link_cells(document, [(line.texts, line.links) for line in said.rows], said.base)
    document.save(str(path))


def official(said: Content) -> Document:
    """Write the summary in the form of official papers."""
    paper = Paper()
    paper.title(said.title)
    paper.heading(HEADINGS[0])
    if said.has_achieved:
        paper.paragraph(NUMBERS[0] + LEADS[0], said.volume)
        paper.paragraph(NUMBERS[1] + LEADS[1], said.achieved)
    else:
        paper.paragraph(LEADS[0], said.volume)
    if said.has_rows:
        paper.heading(HEADINGS[1])
        paper.table(HEADER, [line.texts for line in said.rows])
        paper.small(TABLE_NOTE)
    for chart in filter(None, said.charts):
        draw(paper.document, paper.place(), chart)
    paper.heading(HEADINGS[2])
    for line in said.definitions:
        paper.small(line)
    for origin in said.origins:
        paper.small(origin_text(origin), [(link, said.base + link) for link in origin.links])
    paper.small(said.as_of)
    return paper.document
