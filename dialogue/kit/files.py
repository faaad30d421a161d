"""Static files with addresses that change with their content, and their answers."""

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

ROOT = Path(__file__).parent.parent.parent
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"


@lru_cache(maxsize=512)
def static(name: str) -> str:
    """The address of a static file; its digest in the query lets browsers keep it for a year."""
    digest = sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


class _Kept(StaticFiles):
    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def static_app() -> ASGIApp:
    return GZipMiddleware(_Kept(directory=STATIC), minimum_size=800)
