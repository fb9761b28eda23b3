"""What a page sends to change something: JSON, and from this server's own page. Knows nothing of what it changes."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from server.errors import InputError
from server.frontends.security import Guard


async def posted(request: web.Request, guard: Guard) -> Any:
    """What was posted, as JSON. Raises InputError, and what aiohttp answers to those who may not.

    A form of a page elsewhere can be sent here with cookies and all, but not as JSON, nor without its origin.
    """
    refusal = guard.refuse_origin(request.headers.get("Origin"), request.headers.get("Host"))
    if refusal is not None:
        raise web.HTTPForbidden(reason=refusal)
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(reason="send it as application/json")
    try:
        return json.loads(await request.read())
    except ConnectionError:
        # Nobody is there to hear it, and it is no trouble of the server's.
        raise web.HTTPBadRequest(reason="it broke off") from None
    except (ValueError, RecursionError):
        raise InputError("what was sent is no JSON") from None
