"""Votes: one per person and comment."""


async def test_a_second_vote_replaces_the_first(browser, make):
    comment = await make.comment(status="published")
    await browser.sign_in(await make.citizen())

    await browser.post(f"/beitraege/{comment.number}/stimme", vote="agree")
    page = await browser.post(
        f"/beitraege/{comment.number}/stimme", vote="disagree", headers={"hx-request": "true"}
    )

    assert page.one("[aria-pressed=true]")["value"] == "disagree"
