"""Pages of the top floor; what they share of the running application."""

from consultations.totals import Counter
from dialogue.web import Page


def counter(page: Page) -> Counter:
    """The process's kept totals."""
    found: Counter = page.request.app.state.counter
    return found
