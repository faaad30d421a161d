"""Pages of the top floor; what they share of the running application."""

from consultations.outcome import figures
from consultations.totals import Counter
from dialogue import tallies
from dialogue.web import Page


def counter(page: Page) -> Counter:
    """The process's kept totals."""
    found: Counter = page.request.app.state.counter
    return found


def tallied(page: Page) -> tallies.Counter:
    """The process's kept tallies of contributions."""
    found: tallies.Counter = page.request.app.state.tallies
    return found


def figured(page: Page) -> figures.Counter:
    """The process's kept figures of points."""
    found: figures.Counter = page.request.app.state.figures
    return found
