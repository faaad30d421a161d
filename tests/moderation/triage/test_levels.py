"""How urgent a contribution is by its signs."""

import pytest

from moderation.triage import levels


@pytest.mark.parametrize(
    ("signs", "urgency"),
    [
        ([], 0),
        ([{"kind": "link"}], 1),
        ([{"kind": "duplicate"}], 1),
        ([{"kind": "something new"}], 1),
        ([{"kind": "learned", "level": "mittel"}], 1),
        ([{"kind": "learned", "level": "hoch"}], 2),
        ([{"kind": "insult"}], 2),
        ([{"kind": "personal"}], 2),
        ([{"kind": "link"}, {"kind": "personal"}, {"kind": "learned", "level": "mittel"}], 2),
    ],
)
def test_the_gravest_sign_tells_how_urgent_it_is(signs, urgency):
    assert levels.urgency(signs) == urgency
