"""Random tokens, their hashes, and values that only the application's key can make again."""

import base64
import hmac
import secrets
from hashlib import sha256

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ = str.maketrans("OIL", "011")


def new() -> str:
    """A random token of 256 bit for a cookie or a mail."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """SHA-256: what is stored of a token. Enough for random tokens, never for passwords."""
    return sha256(token.encode()).digest()


def keyed(key: bytes, *parts: str) -> bytes:
    """HMAC-SHA-256 over the parts, for low-entropy values such as an address or an e-mail."""
    return hmac.new(key, "\x1f".join(parts).encode(), sha256).digest()


def receipt_secret(key: bytes, *parts: str) -> str:
    """128 bit, derived so that a repeated submit shows the same receipt; written in groups of four."""
    letters = base64.b32encode(keyed(key, "receipt", *parts)[:16]).decode().rstrip("=")
    crockford = letters.translate(str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", CROCKFORD))
    return "-".join(crockford[start : start + 4] for start in range(0, len(crockford), 4))


def typed(value: str) -> str:
    """A number or secret as typed by a person: upper case, without dashes and blanks, O→0, I and L→1."""
    return "".join(value.upper().split()).replace("-", "").translate(_READ)


def number(value: str) -> str:
    """A comment number as typed, in its public form: "7k492f" → "7K4-92F"."""
    letters = typed(value[:20])
    return f"{letters[:3]}-{letters[3:]}"


def new_number() -> str:
    """A public comment number such as 7K4-92F: six letters of Crockford's base 32.

    Without E: spreadsheets read 12E-456 as a very small number.
    """
    letters = "".join(secrets.choice(CROCKFORD.replace("E", "")) for _ in range(6))
    return f"{letters[:3]}-{letters[3:]}"
