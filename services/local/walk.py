"""The walk: every story told on the running stack, so that a newcomer sees the main job whole."""

from rich.console import Console

from services.local.loading import Loaded
from services.local.narration import Narrator
from services.local.stack import Stack
from services.local.stories import STORIES, told_before
from services.local.world import Unexpected, entered


class WalkFailed(Exception):
    """A story did not come out as it should."""


async def walk(stack: Stack, loaded: Loaded, console: Console) -> None:
    """Tell every story in turn over HTTP.

    Raises:
        WalkFailed: names the story, what was expected and what was seen.
    """
    say = Narrator(console)
    async with entered(stack, loaded) as world:
        for number, story in enumerate(STORIES, start=1):
            say.title(f"{number}. {story.title}")
            try:
                if await told_before(world, story):
                    say.line("told", "before, on these data; --fresh tells it anew on new ones")
                else:
                    await story.tell(world, say)
            except Unexpected as wrong:
                raise WalkFailed(f"story {number}, {story.title}: {wrong}") from wrong
    console.print()
