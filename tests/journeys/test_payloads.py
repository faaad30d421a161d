"""What people wrote to harm others, in a browser that has no other protection: nothing runs."""

from contextlib import suppress
from datetime import timedelta

import pytest

from dialogue.kit import clock, text
from moderation.triage import signs
from tests.dialogue.test_text import ALL
from tests.journeys.conftest import Visits

A_PAGE = 50
TRAP = """
window.ran = [];
for (const name of ['alert', 'confirm', 'prompt', 'print', 'open'])
  window[name] = (...given) => { window.ran.push(name + '(' + given + ')') };
"""
FOUND = """() => [
  ...window.ran,
  ...[...document.querySelectorAll('main :is(script, iframe, object, embed, img, base)')]
    .map((element) => element.outerHTML),
  ...[...document.querySelectorAll('main a[href]')].map((link) => link.protocol)
    .filter((scheme) => !['http:', 'https:', 'mailto:'].includes(scheme)),
  ...[...document.querySelectorAll('main *')].flatMap((element) => element.getAttributeNames())
    .filter((name) => name.startsWith('on')),
]"""


@pytest.fixture
async def unprotected(visit: Visits):
    """Opens pages without our Content-Security-Policy, and tells what ran or became an element on them."""

    async def opened(person, address):
        page = await visit(person, bypass_csp=True)
        await page.add_init_script(TRAP)
        await page.goto(address)
        with suppress(TimeoutError):
            await page.locator("main").hover()
        await page.wait_for_timeout(100)
        return page, await page.evaluate(FOUND)

    return opened


async def far_away(make):
    """A consultation that ends last: the start page asks for what ends first."""
    return await make.consultation(ends_on=clock.today() + timedelta(days=400))


async def test_the_trap_would_notice(visit):
    page = await visit(bypass_csp=True)
    await page.add_init_script(TRAP)
    await page.goto("/netiquette")

    await page.evaluate("document.querySelector('main').innerHTML = '<img src=\"data:,\" onerror=alert(1)>'")
    await page.wait_for_timeout(100)

    assert [each[:8] for each in await page.evaluate(FOUND)] == ["alert(1)", "<img src", "onerror"]


async def test_nothing_that_people_wrote_runs_on_the_page_of_a_point(unprotected, make):
    texts = 0
    for start in range(0, len(ALL), A_PAGE):
        point = await make.point(await far_away(make), code=f"X{start}")
        for n, (_, payload) in enumerate(ALL[start : start + A_PAGE]):
            typed = text.normalise(payload)
            author = await make.person(pseudonym=f"{typed} {start + n}", password=None)
            await make.comment(point.thread, author, text=typed)

        page, found = await unprotected(None, f"/punkte/X{start}?sort=newest")

        assert found == []
        texts += await page.locator("article.comment").count()
        await page.context.close()
    assert texts == len(ALL)


async def test_nothing_that_people_wrote_runs_in_the_queue(unprotected, make, live, owner):
    point = await make.point(await far_away(make), code="X999")
    for _, payload in ALL[::7]:
        typed = text.normalise("Depp! " + payload)
        marks = [sign.stored() for sign in signs.judge(typed)]
        await make.comment(point.thread, await make.citizen(), text=typed, status="pending", signs=marks)

    _, found = await unprotected(live.people["moderator"], "/moderation")
    gone = "UPDATE comments SET status = 'withdrawn' WHERE status = 'pending' AND thread_id = $1"
    await owner.execute(gone, point.thread.id)  # other walks look at the queue, too

    assert found == []
