"""The English catalogue: complete, without leftovers, and faithful to the placeholders."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po
from babel.util import parse_encoding

from servicedesk.core.counting import FIGURES
from servicedesk.core.deadlines import STEP_NAMES
from servicedesk.core.permissions import ROLE_NAMES
from servicedesk.core.workflow import STATE_NAMES, TRANSITIONS
from servicedesk.tickets.actions import CHANNELS
from servicedesk.tickets.effects import RESULTS
from servicedesk.tickets.escalation import WORDS
from servicedesk.tickets.listing import SORTS, VIEW_NAMES
from servicedesk.web.showing import BAD_REASONS, LIGHT_NAMES, RATING_NAMES
from servicedesk.web.telling import LABELS, OTHER_NAMES
