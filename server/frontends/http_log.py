"""What the HTTP library says of its own accord: errors of the server, and not what strangers send. Knows no request."""

from __future__ import annotations

import logging

from aiohttp.http import HttpProcessingError

log = logging.getLogger("interscene.http")


class _OurErrorsOnly(logging.Filter):
    """Bytes that are no request are answered with 400; with a traceback each, anybody could fill the log with them."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


log.addFilter(_OurErrorsOnly())
