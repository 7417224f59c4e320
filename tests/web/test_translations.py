"""The English catalogue: complete, without leftovers, and true to its placeholders."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords
from babel.messages.pofile import read_po

from servicedesk.core.channels import CHANNELS
from servicedesk.core.deadlines import STEP_NAMES
from servicedesk.core.figures import FIGURES
from servicedesk.core.permissions import ROLE_NAMES
from servicedesk.core.workflow import STATE_NAMES, TRANSITIONS
from servicedesk.tickets.effects import RESULTS
from servicedesk.tickets.escalation import WORDS
from servicedesk.tickets.listing import SORTS
from servicedesk.tickets.views import VIEW_NAMES
from servicedesk.web.showing import BAD_REASONS, LIGHT_NAMES, RATING_NAMES
from servicedesk.web.telling import LABELS, OTHER_NAMES

ROOT = Path(__file__).parents[2]
ENGLISH = ROOT / "servicedesk/translations/en/LC_MESSAGES/messages.po"
CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
PLACEHOLDER = re.compile(r"%\(\w+\)[-+ #0]*[\d.]*[a-zA-Z]|%%|\{\w*\}")
TABLES: Mapping[str, Iterable[str]] = {
    "steps": [text for step in TRANSITIONS for text in (step.label, step.told)],
    "states": STATE_NAMES.values(),
    "roles": ROLE_NAMES.values(),
    "figures": [text for figure in FIGURES for text in (figure.label, figure.meaning)],
    "views": VIEW_NAMES.values(),
    "sorts": SORTS.values(),
    "channels": CHANNELS.values(),
    "results": RESULTS.values(),
    "ratings": RATING_NAMES.values(),
    "reasons for a bad rating": BAD_REASONS.values(),
    "lights": LIGHT_NAMES.values(),
    "alarms": [*STEP_NAMES.values(), *WORDS.values()],
    "events": [*OTHER_NAMES.values(), *LABELS.values()],
}


@cache
def extracted() -> Catalog:
    """Collect the texts as ``make translations`` does: its keywords, the mapping of pyproject."""
    words = re.findall(r"-k (\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    mappings = [(one["pattern"], one["method"]) for one in project["tool"]["babel"]["mappings"]]
    options = {
        one["pattern"]: {name: v for name, v in one.items() if name not in ("pattern", "method")}
        for one in project["tool"]["babel"]["mappings"]
    }
    tops = {pattern.split("/")[0] for pattern, _method in mappings}
    found = Catalog()
    for file, line, text, _comments, context in extract_from_dir(
        ROOT,
        mappings,
        options,
        keywords={**DEFAULT_KEYWORDS, **parse_keywords(words)},
        directory_filter=lambda path: Path(path).relative_to(ROOT).parts[0] in tops,
    ):
        found.add(text, locations=[(file, line)], context=context)
    return found


@cache
def english() -> Catalog:
    """Read the English catalogue."""
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


def texts(catalog: Catalog) -> list[Message]:
    """Return the messages without the header."""
    return [message for message in catalog if message.id]


def forms(text: str | Iterable[str]) -> list[str]:
    """Return the one form of a text, or its singular and its plurals."""
    return [text] if isinstance(text, str) else list(text)


def placeholders(text: str) -> Counter[str]:
    """Count the places where values go."""
    return Counter(PLACEHOLDER.findall(text))


def test_texts_are_found() -> None:
    assert len(texts(extracted())) > 500


def test_every_text_is_translated() -> None:
    """Run ``make translations`` and translate what this lists."""
    wanting = []
    for message in texts(extracted()):
        known = english().get(message.id, message.context)
        if known is None or known.fuzzy or not all(map(str.strip, forms(known.string))):
            wanting.append(f"{message.locations[0][0]}: {message.id}")
    assert wanting == []


def test_nothing_is_left_over() -> None:
    """Run ``make translations``: it drops what no page shows any more."""
    gone = [one.id for one in texts(english()) if not extracted().get(one.id, one.context)]
    assert [*gone, *english().obsolete] == []


def test_placeholders_agree() -> None:
    wrong = [
        (message.id, string)
        for message in texts(english())
        for string in forms(message.string)
        if placeholders(string) != placeholders(forms(message.id)[-1])
    ]
    assert wrong == []


def test_no_chinese_in_english() -> None:
    """Neither characters nor full-width punctuation; the names in a Word template are what they are."""
    strings = [string for message in texts(english()) for string in forms(message.string)]
    assert [s for s in strings if CHINESE.search(re.sub(r"\{\{.*?\}\}", "", s))] == []


def test_english_is_safe_in_a_page() -> None:
    """Templates take a text as markup and as a format: no quote, no bracket, no bare per cent."""
    strings = [string for message in texts(english()) for string in forms(message.string)]
    wrong = re.compile(r'["<>&%]')
    assert [string for string in strings if wrong.search(PLACEHOLDER.sub("", string))] == []


@pytest.mark.parametrize("table", TABLES)
def test_tables_are_in_the_catalogue(table: str) -> None:
    """Texts that reach ``_`` as values are marked where they stand."""
    assert [text for text in TABLES[table] if not english().get(text)] == []
