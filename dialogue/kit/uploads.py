"""Forms that bring a file: what is too large is not read to its end, and the text before it is not lost."""

from collections.abc import AsyncGenerator

from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from dialogue.kit.errors import Malformed, TooLarge
from dialogue.kit.security import BODY_LIMIT

FILES = 1
SECONDS = 30  # a megabyte over a slow line


class _Enough(Exception):
    """More would be too much."""


def brings_file(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


async def read(request: Request, most: int, *, max_fields: int) -> tuple[FormData, bool]:
    """The form, and whether it was cut off after so many bytes.

    Of what is declared to be larger, only as much is read as a form without files may have.
    """
    declared = int(request.headers.get("content-length", "0"))
    stream = _first(request, most if declared <= most else BODY_LIMIT)
    parser = MultiPartParser(
        request.headers, stream, max_files=FILES, max_fields=max_fields, max_part_size=BODY_LIMIT
    )
    try:
        return await parser.parse(), False
    except (_Enough, TooLarge):
        return FormData([(name, value) for name, value in parser.items if isinstance(value, str)]), True
    except MultiPartException:
        raise Malformed from None


async def _first(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    seen = 0
    async for chunk in request.stream():
        if seen + len(chunk) > most:
            yield chunk[: most - seen]
            raise _Enough
        seen += len(chunk)
        yield chunk
