"""Logs: one line of JSON per event, without texts, addresses, e-mails or local variables."""

import logging

import structlog


def configure(level: str = "info") -> None:
    """Set up structlog; tracebacks name files and lines, never values."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    logging.getLogger("pgqueuer").setLevel(logging.CRITICAL)
