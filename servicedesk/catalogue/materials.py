"""What an item asks to be handed in (材料): read from its definition, checked once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from servicedesk.catalogue.fields import Field, read_when, when_to_dict
from servicedesk.catalogue.reading import Fault, Reader
from servicedesk.core.questions import Condition
from servicedesk.core.words import N_

MATERIALS_MAX = 20
NAME_MAX = 80
PARK = "park"  # held by the park itself
_KEYS = ("name", "name_en", "deferrable", "kind", "held_by", "template", "when")


@dataclass(frozen=True, slots=True)
class Material:
    """Something to hand in.

    ``deferrable`` marks 容缺: it may follow later. ``kind`` is its name among the enterprise's kept
    documents, where that differs. ``held_by`` says who has it already, a unit's code or ``park``, so
    that it need not be handed in. ``template`` is the token of a form to download. With ``when`` it
    is wanted only after certain answers.
    """

    name: str
    name_en: str = ""
    deferrable: bool = False
    kind: str = ""
    held_by: str = ""
    template: str = ""
    when: Condition | None = None

    @property
    def document(self) -> str:
        """The kind of document that answers it, in the enterprise's folder (材料库)."""
        return self.kind or self.name

    def to_dict(self) -> dict[str, Any]:
        """Return the shortest definition that reads as this material."""
        given: dict[str, Any] = {"name": self.name}
        if self.name_en:
            given["name_en"] = self.name_en
        given["deferrable"] = self.deferrable
        for key in ("kind", "held_by", "template"):
            if getattr(self, key):
                given[key] = getattr(self, key)
        if self.when is not None:
            given["when"] = when_to_dict(self.when)
        return given


def read_materials(
    item: Reader,
    fields: Sequence[Field],
    units: Collection[str] | None,
    templates: Collection[str] | None,
) -> tuple[Material, ...]:
    """Read the materials of an item; ``None`` for what exists asks no questions about it."""
    found: dict[str, Material] = {}
    for reader in item.each("materials", MATERIALS_MAX, _KEYS):
        material = Material(
            name=reader.text("name", NAME_MAX),
            name_en=reader.text("name_en", NAME_MAX * 2, needed=False),
            deferrable=reader.flag("deferrable"),
            kind=reader.text("kind", NAME_MAX, needed=False),
            held_by=reader.text("held_by", 40, needed=False),
            template=reader.text("template", 100, needed=False),
            when=read_when(reader, fields),
        )
        if material.name in found:
            reader.blame("name", N_("重复了。"))
        holders = None if units is None else {*units, PARK}
        if material.held_by and holders is not None and material.held_by not in holders:
            reader.blame("held_by", N_("没有这个单位。"))
        if material.template and templates is not None and material.template not in templates:
            reader.blame("template", N_("本园区没有这个样表文件：请先上传，或删去这一项。"))
        found[material.name] = material
    return tuple(found.values())


def materials_from(
    item_code: str, definitions: Sequence[Mapping[str, Any]], fields: Sequence[Field]
) -> tuple[Material, ...]:
    """Build the materials of a stored item.

    Raises:
        ValueError: a definition is wrong.
    """
    faults: list[Fault] = []
    reader = Reader({"materials": list(definitions)}, (), faults, ("materials",))
    materials = read_materials(reader, fields, None, None)
    if faults:
        raise ValueError(f"item {item_code}, {faults[0].path}: {faults[0]}")
    return materials
