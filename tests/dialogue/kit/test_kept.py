"""What is kept of counting: once for however many ask, old while it is counted, never without end."""

import asyncio
import math

import pytest
from structlog.testing import capture_logs

from dialogue.kit import kept
from dialogue.kit.kept import Kept

BLINK = 0.05


class Count:
    """Counts up; waits while it is held, fails while it is broken."""

    def __init__(self):
        self.asked, self.free, self.broken = [], asyncio.Event(), False
        self.free.set()

    async def __call__(self, keys):
        self.asked.append(sorted(keys))
        await self.free.wait()
        if self.broken:
            raise OSError("away")
        return dict.fromkeys(keys, len(self.asked))


@pytest.fixture
def count():
    return Count()


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch):
    """How long the machine of the tests takes makes no difference."""
    monkeypatch.setattr(kept, "SHARE", math.inf)


async def test_what_is_kept_is_not_counted_again(count):
    held = Kept(count, 60)

    found = [await held.get({"a": False}), await held.get({"a": False, "b": False})]

    assert found == [{"a": 1}, {"a": 1, "b": 2}]
    assert count.asked == [["a"], ["b"]]


async def test_many_at_once_are_counted_for_once(count):
    held = Kept(count, 60)
    count.free.clear()
    asked = [asyncio.create_task(held.get({"a": False})) for _ in range(50)]
    await asyncio.sleep(BLINK)
    count.free.set()

    assert await asyncio.gather(*asked) == [{"a": 1}] * 50
    assert count.asked == [["a"]]


async def test_the_old_value_is_there_while_it_is_counted_again(count):
    held = Kept(count, BLINK)
    await held.get({"a": False})
    await asyncio.sleep(BLINK)
    count.free.clear()

    assert await held.get({"a": False}) == {"a": 1}

    count.free.set()
    await asyncio.sleep(BLINK / 2)
    assert (await held.get({"a": False}), len(count.asked)) == ({"a": 2}, 2)


async def test_a_value_far_too_old_is_waited_for(count):
    held = Kept(count, BLINK / 10)
    await held.get({"a": False})
    await asyncio.sleep(2 * BLINK)

    assert await held.get({"a": False}) == {"a": 2}


async def test_what_is_over_is_kept_a_hundred_times_as_long(count):
    held = Kept(count, BLINK)
    await held.get({"a": True, "b": False})
    await asyncio.sleep(2 * BLINK)
    await held.get({"a": True, "b": False})
    await asyncio.sleep(BLINK / 2)

    assert count.asked == [["a", "b"], ["b"]]


async def test_what_takes_long_is_counted_less_often(count, monkeypatch):
    monkeypatch.setattr(kept, "SHARE", 0.01)
    held = Kept(count, BLINK)
    count.free.clear()
    asked = asyncio.create_task(held.get({"a": False}))
    await asyncio.sleep(BLINK)
    count.free.set()
    await asked
    await asyncio.sleep(2 * BLINK)

    assert (await held.get({"a": False}), len(count.asked)) == ({"a": 1}, 1)


async def test_when_counting_fails_the_old_value_stays_and_the_log_says_so(count):
    held = Kept(count, BLINK / 10)
    await held.get({"a": False})
    await asyncio.sleep(2 * BLINK)
    count.broken = True

    with capture_logs() as logged:
        assert await held.get({"a": False}) == {"a": 1}

    assert [(entry["event"], entry["kind"]) for entry in logged] == [("count_failed", "OSError")]


async def test_without_an_old_value_the_failure_is_told_and_the_next_one_counts(count):
    held = Kept(count, 60)
    await held.get({"a": False})
    count.broken = True
    with pytest.raises(OSError, match="away"), capture_logs():
        await held.get({"a": False, "b": False})
    count.broken = False

    assert await held.get({"a": False, "b": False}) == {"a": 1, "b": 3}


async def test_there_is_room_for_so_many_and_what_nobody_asks_for_goes_first(count):
    held = Kept(count, 60, room=2)
    for key in ("a", "b", "a", "c", "a", "b"):
        await held.get({key: False})

    assert count.asked == [["a"], ["b"], ["c"], ["b"]]


async def test_more_than_there_is_room_for_is_answered_all_the_same(count):
    held = Kept(count, 60, room=2)

    assert await held.get(dict.fromkeys("abcd", False)) == dict.fromkeys("abcd", 1)


async def test_who_leaves_does_not_stop_the_count_and_the_end_does(count):
    held = Kept(count, 60)
    count.free.clear()
    leaving, staying = (asyncio.create_task(held.get({"a": False})) for _ in range(2))
    await asyncio.sleep(BLINK)
    leaving.cancel()
    await asyncio.sleep(BLINK)
    assert (staying.done(), len(count.asked)) == (False, 1)

    async with asyncio.timeout(1):
        await held.close()
    await asyncio.wait({leaving, staying})

    assert (leaving.cancelled(), staying.cancelled()) == (True, True)
