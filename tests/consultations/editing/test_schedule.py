"""Days of a consultation: what cannot be, and what stays promised."""

from datetime import date

import pytest

from consultations.editing import schedule

TODAY = date(2027, 3, 10)
DRAFT = {"starts_on": "2027-03-20", "ends_on": "2027-04-20"}
OPEN = {"starts_on": "2027-03-01", "ends_on": "2027-03-20", "circle": "7", "rulebook": "3"}


def faults(content, public=None):
    circle = (public or {}).get("circle") or ""
    return [name for name, _ in schedule.problems(content, public, TODAY, circle)]


@pytest.mark.parametrize(
    ("days", "wrong"),
    [
        ({}, []),
        ({"starts_on": "", "ends_on": ""}, []),
        ({"ends_on": "2027-03-19"}, ["ends_on"]),
        ({"starts_on": "2027-03-01", "ends_on": "2027-03-09"}, ["ends_on"]),
        ({"starts_on": "2027-03-01", "ends_on": "2027-03-10"}, []),
        ({"starts_on": ""}, ["starts_on"]),
        ({"information": {"starts_on": "2027-03-01", "ends_on": "2027-03-19"}}, []),
        ({"information": {"starts_on": "2027-03-01", "ends_on": "2027-03-20"}}, ["starts_on"]),
        ({"information": {"starts_on": "2027-03-01", "ends_on": ""}}, ["information-ends_on"]),
        ({"information": {"starts_on": "", "ends_on": "2027-03-02"}}, ["information-starts_on"]),
        ({"evaluation": {"starts_on": "2027-04-20", "ends_on": ""}}, ["evaluation-starts_on"]),
        ({"evaluation": {"starts_on": "2027-04-25", "ends_on": "2027-04-24"}}, ["evaluation-ends_on"]),
        ({"evaluation": {"starts_on": "2027-04-21", "ends_on": ""}}, []),
        ({"sealed_until": "2027-03-20"}, ["sealed_until"]),
        ({"sealed_until": "2027-05-01"}, []),
    ],
)
def test_a_draft_with_days_that_cannot_be_says_at_which_field(days, wrong):
    assert faults(DRAFT | days) == wrong


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({}, []),
        ({"title": "Neuer Titel"}, []),
        ({"ends_on": "2027-03-25"}, []),
        ({"ends_on": "2027-03-19"}, ["ends_on"]),
        ({"ends_on": "2027-03-05"}, ["ends_on", "ends_on"]),
        ({"starts_on": "2027-03-02"}, ["starts_on"]),
        ({"sealed_until": "2027-04-01"}, ["sealed_until"]),
        ({"circle": ""}, ["circle"]),
        ({"circle": "8"}, ["circle"]),
        ({"rulebook": "4"}, ["rulebook"]),
        ({"rulebook": ""}, []),
        ({"circle": "", "guests_write": True}, ["guests_write", "circle"]),
    ],
)
def test_once_open_what_was_promised_stays(changed, wrong):
    assert faults(OPEN | changed, OPEN) == wrong


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("name", ["guests_write", "guests_vote"])
def test_who_takes_part_without_an_account_is_promised_from_the_beginning(name, told):
    public = OPEN | {"circle": "", name: told}

    assert faults(public | {name: told}, public) == []
    assert faults(public | {name: not told}, public) == [name]
    assert faults(DRAFT | {name: not told}, DRAFT | {name: told}) == []


def test_a_circle_takes_no_guests():
    assert faults(DRAFT | {"circle": "7", "guests_write": True, "guests_vote": True}) == [
        "guests_write",
        "guests_vote",
    ]


@pytest.mark.parametrize(
    ("until", "wrong"),
    [("2027-04-01", []), ("2027-05-01", []), ("2027-03-31", ["sealed_until"]), ("", ["sealed_until"])],
)
def test_a_seal_holds_at_least_as_long_as_promised(until, wrong):
    assert faults(OPEN | {"sealed_until": until}, OPEN | {"sealed_until": "2027-04-01"}) == wrong


def test_before_it_begins_everything_may_still_change():
    announced = DRAFT | {"circle": "", "rulebook": "3"}
    other = {"starts_on": "2027-03-25", "ends_on": "2027-04-01", "circle": "7", "sealed_until": "2027-04-01"}

    assert faults(announced | other, announced) == []


@pytest.mark.parametrize(("circle", "wrong"), [("7", []), ("", ["circle"]), ("8", ["circle"])])
def test_what_was_announced_to_a_circle_stays_with_it_also_before_it_begins(circle, wrong):
    announced = DRAFT | {"circle": "7"}

    assert faults(announced | {"circle": circle}, announced) == wrong


def test_an_ended_one_keeps_its_end_and_can_still_be_corrected():
    over = OPEN | {"ends_on": "2027-03-05"}

    assert faults(over | {"title": "Ohne Tippfehler"}, over) == []
    assert faults(over | {"ends_on": "2027-04-05"}, over) == ["ends_on"]
