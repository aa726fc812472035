"""What the page says of itself: its title with date and scope, and a description for links."""

from dataclasses import dataclass
from datetime import date

from crawlblock.report.charts.context import Context
from crawlblock.report.page.citing import Cited


@dataclass(frozen=True, slots=True)
class PageHead:
    """The page's title and what surrounds it."""

    title: str
    scope: str  # how many sites, from when to when
    day: date | None  # of the newest snapshot
    url: str  # of the folder that the page is in; empty where it is not known

    @property
    def full(self) -> str:
        """Return the title with scope and dates."""
        return f"{self.title} ({self.scope})" if self.scope else self.title

    @property
    def description(self) -> str:
        """Return what the page is about, for lists of search results and previews of links."""
        about = "Which AI crawlers websites block in robots.txt, and how that changes"
        if not self.scope:
            return f"{about}."
        return f"{about}: {self.scope}. Every verdict leads to the line that decided it."

    @property
    def cited(self) -> Cited:
        """Return what a citation names."""
        return Cited(self.full, self.day, self.url)


def page_head(title: str, context: Context | None, sites: int, url: str) -> PageHead:
    """Return the head of a page about so many sites."""
    if context is None:
        return PageHead(title, "", None, url)
    first, last = context.days[0], context.days[-1]
    months = " to ".join(dict.fromkeys((f"{first:%B %Y}", f"{last:%B %Y}")))
    counted = "" if not sites else "1 site, " if sites == 1 else f"{sites:,} sites, "
    return PageHead(title, f"{counted}{months}", last, url)
