"""The server's own log: JSON lines on stderr, one event each; no line of it can be forged from outside."""

import logging
import sys

import structlog


def configure_journal(*, level: int = logging.INFO) -> None:
    """Set up structlog for this process. Control characters in values arrive escaped, as JSON."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
