"""Logs: one line of JSON per event, without texts, addresses, e-mails or local variables."""

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any

import structlog


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it was raised from, the newest first."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def without_values(error: BaseException) -> dict[str, Any]:
    """Types, SQLSTATE and places in the code. No message: a database quotes in it what somebody typed,
    a mail server to whom it was to go."""
    errors = list(_chain(error))
    states = [state for each in errors if (state := getattr(each, "sqlstate", None))]
    found: dict[str, Any] = {"error": [type(each).__name__ for each in errors]}
    if states:
        found["sqlstate"] = states[0]
    return found | {"trace": "".join(traceback.format_tb(error.__traceback__))}


def _describe(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event.update(without_values(error))
    return event


PROCESSORS = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    _describe,
    structlog.processors.JSONRenderer(ensure_ascii=False),
)


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    """What a library logs (an error that no page could be made of, for instance) tells no values either."""
    record = logging.LogRecord(*args, **kwargs)
    if record.exc_info and record.exc_info[1] is not None:
        told = without_values(record.exc_info[1])
        record.exc_info, record.exc_text = None, f"{told.pop('trace')}{told}"
    return record


def configure(level: str = "info") -> None:
    """Set up structlog; tracebacks name files and lines, never values."""
    structlog.configure(
        processors=list(PROCESSORS),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    logging.setLogRecordFactory(_record)
    logging.getLogger("pgqueuer").setLevel(logging.CRITICAL)  # quotes errors; ours says which job failed
