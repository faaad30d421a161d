"""What the learned order reads of a text: its sentences, each as counts of words and of pieces of words. Pure.

The counts stand in numbered places (hashing), not under words: a model that is stored holds nothing anybody
wrote. scikit-learn takes a second to load and is loaded where it is used: in the worker, never for a page.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

RECIPE = 1  # stored with each model: what another recipe counted does not fit
PLACES = 2**18  # for words, and as many for pieces of words
LONGEST = 40  # words: who writes without full stops is read piece by piece
_WORD = re.compile(r"\S+")
_ENDS, _CLOSING = tuple(".!?…:;"), "\"'»«“”‘’)]"
_NOISE = re.compile(
    r"@\w+|https?://\S+|\|LBR\||[^\w\s.,!?:;()'\"*-]"
)  # handles, addresses, hash signs, emoji


def sentences(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text stand: up to a stop or a line's end, none longer than 40 words."""
    found: list[tuple[int, int]] = []
    words, ended = 0, True
    for word in _WORD.finditer(text):
        if ended or words == LONGEST or "\n" in text[found[-1][1] : word.start()]:
            found.append(word.span())
            words = 1
        else:
            found[-1] = (found[-1][0], word.end())
            words += 1
        ended = word.group().rstrip(_CLOSING).endswith(_ENDS)
    return found


@cache
def _counters() -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415 - a second

    same = {"n_features": PLACES, "alternate_sign": False, "norm": None, "dtype": np.float32}
    words = HashingVectorizer(ngram_range=(1, 2), token_pattern=r"\b\w+\b", **same)  # noqa: S106
    return words, HashingVectorizer(analyzer="char_wb", ngram_range=(2, 5), **same)


def counts(texts: Sequence[str]) -> list[Any]:
    """Two sparse matrices with a row per text: words and pairs of words, pieces of 2 to 5 characters."""
    plain = [_NOISE.sub(" ", text) for text in texts]
    return [counter.transform(plain) for counter in _counters()]


def rarity(counted: Sequence[Any]) -> list[np.ndarray]:
    """How rare each place is among the texts counted: its weight in `weighed`."""
    from sklearn.feature_extraction.text import TfidfTransformer  # noqa: PLC0415

    return [TfidfTransformer().fit(block).idf_.astype(np.float32) for block in counted]


def weighed(counted: Sequence[Any], rare: Sequence[np.ndarray]) -> Any:
    """TF-IDF of what was counted, both blocks side by side, each of length one."""
    from scipy import sparse  # noqa: PLC0415
    from sklearn.preprocessing import normalize  # noqa: PLC0415

    blocks = []
    for block, weights in zip(counted, rare, strict=True):
        scaled = block.astype(np.float32)
        scaled.data = (np.log(scaled.data) + 1) * weights[scaled.indices]
        blocks.append(normalize(scaled, copy=False))
    return sparse.hstack(blocks, format="csr")
