"""What makes the demo's tickets differ: haste, questions, extensions, calls, ratings."""

from random import Random

from servicedesk.demo.stories import Story

CHANNELS = ("portal", "phone", "counter", "12345", "visit")
_CHANNEL_WEIGHTS = (56, 16, 16, 6, 6)
_RATINGS = (5, 4, 3, None)
_RATING_WEIGHTS = (52, 24, 4, 20)


def channel(chance: Random) -> str:
    """Return how a request comes in, mostly over the portal."""
    return chance.choices(CHANNELS, _CHANNEL_WEIGHTS)[0]


def season(story: Story, promised_days: int, chance: Random) -> Story:
    """Give a story its ordinary traits; nothing that keeps it from being closed in good time."""
    story.pace = round(chance.uniform(0.3, 0.9), 2)
    story.supplement = chance.random() < 0.15
    story.returned = chance.random() < 0.05
    story.assigned = chance.random() < 0.12
    story.confirms = chance.random() < 0.28
    story.misses = chance.choices((0, 1, 2), (86, 11, 3))[0]
    story.rating = chance.choices(_RATINGS, _RATING_WEIGHTS)[0]
    story.files = int(chance.random() < 0.04)
    if promised_days >= 3:
        story.messages = chance.choices((0, 1, 2, 3), (72, 12, 10, 6))[0]
        story.note = chance.random() < 0.4
    if promised_days >= 5:
        story.extension = chance.choices(("", "approved", "refused"), (94, 5, 1))[0]
    return story


def trouble(stories: list[Story], chance: Random) -> None:
    """Make some of ``stories`` late, badly rated, disputed, unreached, declined or withdrawn."""
    free = chance.sample(stories, k=len(stories))
    share = max(1, len(stories) // 14)
    for number, story in enumerate(free[:share]):
        story.late = (0.5, 1.4, 3.3, 5.5, 0.3, 2.0, 4.2, 6.4)[number % 8]
        story.extension = ""
    for number, story in enumerate(free[share : 2 * share]):
        story.rating = 1 + number % 2
        story.after_bad = "verify" if number % 3 == 2 else "rework"
    for story in free[2 * share : 2 * share + max(1, share // 3)]:
        story.disputes = True
    for story in free[3 * share : 3 * share + max(1, share // 3)]:
        story.ending, story.misses, story.rating = "unreached", 3, None
    for number, story in enumerate(free[4 * share : 5 * share]):
        story.ending = "declined" if number % 2 else "withdrawn"
        story.channel = "portal" if story.channel == "visit" else story.channel
    for story in free[5 * share : 5 * share + share // 2]:
        story.result = "partly" if story.ending == "closed" else story.result
