"""One line in the life of an enterprise (企业大事): what each feature contributes to its file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to an enterprise.

    ``kind`` names the feature (``ticket``, ``visit``, ``declaration`` …); ``text`` is a translatable
    sentence, ``detail`` words that stay as they are; ``endpoint`` with ``arguments`` leads to it.
    """

    at: datetime
    kind: str
    text: str
    detail: str = ""
    endpoint: str = ""
    arguments: Mapping[str, object] = field(default_factory=dict)
