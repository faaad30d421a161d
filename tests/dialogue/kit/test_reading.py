"""How much one connection may read."""

import pytest

from consultations import app as roof
from dialogue.kit.errors import TooMany
from dialogue.kit.reading import READS, Readers, Window
from tests.browser import Browser
from tests.conftest import ORIGIN


def taken(window, key, moments):
    return [window.take(key, at) for at in moments]


def test_so_many_pass_in_a_window_and_one_more_does_not():
    window = Window(3, 10)

    assert taken(window, "a", [100, 101, 102, 103]) == [True, True, True, False]


def test_each_connection_has_a_window_of_its_own():
    window = Window(1, 10)

    assert [window.take(key, 100) for key in "abab"] == [True, True, False, False]


def test_what_was_read_before_fades_out_slowly_so_that_no_edge_lets_twice_as_many_pass():
    window = Window(10, 10)
    taken(window, "a", [100] * 10)

    at_the_edge = taken(window, "a", [110.0] * 10)
    later = taken(window, "a", [115.0] * 10)

    assert (sum(at_the_edge), sum(later)) == (0, 5)


def test_after_a_pause_nothing_is_left_of_it():
    window = Window(2, 10)
    taken(window, "a", [100] * 5)

    assert taken(window, "a", [130] * 3) == [True, True, False]


def test_what_nobody_counts_any_more_is_not_kept():
    window = Window(2, 10)
    for n in range(1_000):
        window.take(f"line {n}", 100)

    window.take("a", 110)
    window.take("a", 120)

    assert (dict(window.current), dict(window.before)) == ({"a": 1}, {"a": 1})


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/"), ("GET", "/static/a.css"), ("HEAD", "/healthz"), ("GET", "/readyz")]
)
def test_writing_files_and_signs_of_life_are_free(method, path):
    readers = Readers()
    for _ in range(500):
        readers.note({"method": method, "path": path}, "a")


def test_both_promised_limits_hold():
    assert READS == ((50, 10), (200, 60))
    readers = Readers()
    for _ in range(50):
        readers.note({"method": "GET", "path": "/"}, "a")

    with pytest.raises(TooMany) as refused:
        readers.note({"method": "HEAD", "path": "/"}, "a")

    assert refused.value.seconds == 10


async def test_who_reads_too_fast_is_asked_to_wait_and_others_are_not(settings, database):
    async with Browser(roof.create(settings, database, readers=Readers()), ORIGIN) as browser:
        answers = [await browser.get("/aufgabe") for _ in range(50)]
        page = await browser.get("/beitrag")

    assert {answer.status for answer in answers} == {200}
    assert (page.status, page.headers["retry-after"], page.words("h1")) == (429, "10", "Einen Moment bitte")
    assert "Bitte warten Sie einen Moment." in page.words("main")


async def test_what_was_typed_is_sent_all_the_same(settings, database, make):
    thread = await make.thread(guests_write=True)
    async with Browser(roof.create(settings, database, readers=Readers()), ORIGIN) as browser:
        for _ in range(51):
            answer = await browser.get("/beitrag")
        written = await browser.post(f"/faden/{thread.id}/schreiben", text="Trotzdem da.", guest="yes")

    assert (answer.status, written.status) == (429, 200)
