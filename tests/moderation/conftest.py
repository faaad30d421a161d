"""What guests need in tests: riddles that are easy, and a hand that solves them."""

from base64 import b64encode
from json import dumps

import altcha
import pytest

from dialogue import proof


def solved(key):
    """What the device of somebody without an account sends along."""
    riddle = altcha.Challenge.from_dict(proof.challenge(key))
    return b64encode(
        dumps(altcha.Payload(riddle, altcha.solve_challenge(riddle)).to_dict()).encode()
    ).decode()


@pytest.fixture
def riddle(monkeypatch, settings):
    """A solved riddle per call."""
    monkeypatch.setattr(proof, "COST", 1)
    return lambda: solved(settings.key)


@pytest.fixture
def write(riddle):
    """Write in a thread as a visitor without an account; `proof` None: without JavaScript."""

    async def written(browser, thread, text="Bitte auch auf Papier.", proof="", **form):
        sent = {"text": text, "guest": "yes", "altcha": proof or riddle()} | form
        if proof is None:
            del sent["altcha"]
        return await browser.post(f"/faden/{thread.id}/schreiben", **sent)

    return written
