"""Where people can go (导航): the sections of the desk and of the portal, each with its places.

A place shows only to people whose role, or part in the enterprise, may open it. A new page is one
line here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from servicedesk.core.permissions import Actor, allows
from servicedesk.core.words import N_


@dataclass(frozen=True, slots=True)
class Place:
    """One place; ``also`` is what the endpoints of the pages beneath it begin with."""

    permission: str
    endpoint: str
    name: str
    icon: str
    also: tuple[str, ...] = ()

    def holds(self, endpoint: str) -> bool:
        """Tell whether the page ``endpoint`` lies here."""
        return endpoint == self.endpoint or endpoint.startswith(self.also or ("\0",))


@dataclass(frozen=True, slots=True)
class Section:
    """A group of places with one entrance in the main navigation."""

    key: str
    name: str
    icon: str
    places: Sequence[Place]

    def open_to(self, actor: Actor) -> list[Place]:
        """Return the places that the person may open."""
        return [place for place in self.places if allows(actor, place.permission)]

    def holds(self, endpoint: str) -> bool:
        """Tell whether the page ``endpoint`` lies in this section."""
        return any(place.holds(endpoint) for place in self.places)


def section_of(sections: Sequence[Section], endpoint: str) -> Section | None:
    """Return the section that a page belongs to."""
    return next((section for section in sections if section.holds(endpoint)), None)


DESK: Sequence[Section] = (
    Section("enterprises", N_("企业"), "building", (
        Place("enterprise.verify", "desk.enterprises", N_("企业档案"), "building",
              ("desk.enterprise", "desk.new_enterprise")),
    )),
    Section("services", N_("服务"), "heart-handshake", ()),
)  # fmt: skip
PORTAL: Sequence[Section] = (
    Section("home", N_("办事"), "home", (
        Place("portal.use", "portal.home", N_("办事"), "home",
              ("portal.guide", "portal.search", "portal.category", "portal.file")),
    )),
    Section("requests", N_("我的申请"), "list", (
        Place("portal.use", "portal.requests", N_("我的申请"), "list",
              ("portal.ticket", "portal.receipt")),
    )),
    Section("chances", N_("政策与活动"), "rocket", ()),
    Section("enterprise", N_("我的企业"), "building", (
        Place("portal.use", "portal.enterprise", N_("企业信息"), "building"),
    )),
)  # fmt: skip
NAVIGATION: Mapping[str, Sequence[Section]] = {"desk": DESK, "portal": PORTAL}


@dataclass(frozen=True, slots=True)
class Entrance:
    """A section as the main navigation shows it."""

    name: str
    icon: str
    endpoint: str
    here: bool


def entrances(side: str, actor: Actor, endpoint: str) -> list[Entrance]:
    """Return the entrances of one side, ``desk`` or ``portal``, that have an open place."""
    return [
        Entrance(section.name, section.icon, places[0].endpoint, section.holds(endpoint))
        for section in NAVIGATION[side]
        if (places := section.open_to(actor))
    ]


def beside(side: str, actor: Actor, endpoint: str) -> list[Place]:
    """Return the places of the section that a page lies in; none where it lies in no section."""
    section = section_of(NAVIGATION[side], endpoint)
    return section.open_to(actor) if section else []
