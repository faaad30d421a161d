"""Codes that a camera reads, as the path of an SVG: a template draws it, no markup is made here."""

from dataclasses import dataclass

import segno

QUIET = 4  # light modules around it that a reader needs


@dataclass(frozen=True)
class Code:
    """How many modules a side has, and the dark ones as an SVG path: a line for each row of them."""

    size: int
    path: str


def drawn(text: str) -> Code:
    """The QR code of a text."""
    rows = [bytes(row) for row in segno.make_qr(text, error="m").matrix]
    return Code(len(rows) + 2 * QUIET, "".join(_runs(row, y + QUIET) for y, row in enumerate(rows)))


def _runs(row: bytes, y: int) -> str:
    found, start = [], -1
    for x, dark in enumerate([*row, 0]):
        if dark and start < 0:
            start = x
        elif not dark and start >= 0:
            found.append(f"M{start + QUIET} {y}h{x - start}v1h-{x - start}z")
            start = -1
    return "".join(found)
