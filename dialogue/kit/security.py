"""The door: host, origin, sizes and response headers, as one pure ASGI layer around everything."""

from collections.abc import Awaitable, Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialogue.kit.errors import Forbidden, Malformed, Refusal, TooLarge, TooManyHeaders
from dialogue.kit.reading import Readers

BODY_LIMIT = 256 * 1024
PATH_LIMIT, QUERY_LIMIT = 4 * 1024, 16 * 1024  # what was pasted into the search is answered there
HEADERS_LIMIT, HEADERS_SIZE = 100, 32 * 1024
SAFE = {"GET", "HEAD", "OPTIONS"}
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
HEADERS = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
Answer = Callable[[Scope, Receive, Send, Refusal], Awaitable[None]]


def own_path(target: str) -> str:
    """The target if it is a path of our own, else "/": parsed, not compared by its beginning."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith(("//", "/\\")):
        return "/"
    if "\\" in target or any(ord(letter) < 33 or ord(letter) == 127 for letter in target):
        return "/"
    return target


def line(host: str) -> str:
    """Whose connection an address belongs to: a household has a whole IPv6 network of 64 bits, and may
    use a new address of it for every request."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv4Address):
        return host
    return str(address.ipv4_mapped or IPv6Address(int(address) >> 64 << 64))


class Door:
    """Refuses what no page should ever see, and puts the security headers on every answer.

    `larger`: how much may come in at paths that take files. There the route itself refuses what is declared
    to be larger: it still reads the text that stands before the file. `readers`: who has read how much; None
    where nobody counts.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        origin: str,
        answer: Answer,
        larger: Mapping[str, int] | None = None,
        readers: Readers | None = None,
    ) -> None:
        self.app, self.answer, self.larger, self.readers = app, answer, larger or {}, readers
        self.hosts = _hosts(origin)
        self.origins = {origin.partition(":")[0].encode() + b"://" + host for host in self.hosts}
        self.headers = [*HEADERS, HSTS] if origin.startswith("https:") else list(HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        guarded = self._with_headers(send)
        headers = dict(scope["headers"])
        try:
            self._check(scope, headers)
            if self.readers is not None:
                self.readers.note(scope, line((scope.get("client") or ("",))[0]))
        except Refusal as refusal:
            await self.answer(scope, receive, guarded, refusal)
            return
        await self.app(scope, _limited(receive, self._limit(scope, headers)), guarded)

    def _limit(self, scope: Scope, headers: dict[bytes, bytes]) -> int:
        brings_files = headers.get(b"content-type", b"").lower().startswith(b"multipart/form-data")
        return self.larger.get(scope["path"], BODY_LIMIT) if brings_files else BODY_LIMIT

    def _check(self, scope: Scope, headers: dict[bytes, bytes]) -> None:
        size = sum(len(name) + len(value) for name, value in scope["headers"])
        if len(scope["headers"]) > HEADERS_LIMIT or size > HEADERS_SIZE:
            raise TooManyHeaders
        hosts = [value.lower() for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or hosts[0] not in self.hosts:
            raise Malformed("Unter dieser Adresse ist der Dialog nicht zu erreichen.")
        if len(scope.get("raw_path", b"")) > PATH_LIMIT or len(scope["query_string"]) > QUERY_LIMIT:
            raise Malformed("Die Adresse ist zu lang.")
        if b"\x00" in scope.get("raw_path", b"") or b"%00" in scope.get("raw_path", b""):
            raise Malformed
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            raise Malformed
        takes_files = self._limit(scope, headers) > BODY_LIMIT
        if len(length) > 20 or (int(length) > BODY_LIMIT and not takes_files):
            raise TooLarge
        if scope["method"] not in SAFE and not self._same_origin(headers):
            raise Forbidden(
                "Diese Anfrage kam nicht von unserer Seite. Bitte laden Sie die Seite neu und senden Sie noch einmal."
            )

    def _same_origin(self, headers: dict[bytes, bytes]) -> bool:
        site = headers.get(b"sec-fetch-site")
        if site is not None:
            return site in {b"same-origin", b"none"}
        return headers.get(b"origin") in self.origins

    def _with_headers(self, send: Send) -> Send:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                own = [header for header in self.headers if header[0] not in present]
                message["headers"] = [*message["headers"], *own]
                if b"cache-control" not in present:
                    message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        return guarded


def _hosts(origin: str) -> set[bytes]:
    """The host names we answer to, as browsers send them; on the own machine also its other names."""
    parts = urlsplit(origin)
    name = parts.hostname or ""
    names = {f"[{name}]" if ":" in name else name}
    if name in {"127.0.0.1", "localhost", "::1"}:
        names = {"127.0.0.1", "localhost", "[::1]"}
    port = "" if parts.port in {None, 80 if parts.scheme == "http" else 443} else f":{parts.port}"
    return {f"{name}{port}".encode() for name in names}


def _limited(receive: Receive, limit: int) -> Receive:
    """Count the body as it arrives: a length that was not declared is limited, too."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                raise TooLarge
        return message

    return counted
