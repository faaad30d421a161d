"""Logs: what failed and where, never what somebody typed."""

import json
import subprocess
import sys
from functools import reduce

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from starlette.responses import PlainTextResponse
from structlog.testing import capture_logs

from consultations import app as roof
from dialogue import web
from dialogue.kit import logs
from dialogue.roles import EVERYONE
from dialogue.tables import Person
from tests.browser import Browser
from tests.conftest import ORIGIN

SECRET = "geheim@halle.example"


def written(entry):
    """The line that stands in the log for a captured entry."""
    return reduce(lambda event, step: step(None, entry["log_level"], event), logs.PROCESSORS, dict(entry))


async def test_a_defect_is_logged_with_type_and_place_but_without_what_was_typed(
    monkeypatch, database, settings, make
):
    async def register_twice(page):
        await page.db.execute(insert(Person).values(email=page.form["email"], password=page.form["text"]))
        return PlainTextResponse("angelegt")

    await make.citizen(email=SECRET)
    planted = web.post("/doppelt/{email}", register_twice, name="twice", access=EVERYONE)
    monkeypatch.setattr(roof, "ROUTES", [*roof.ROUTES, planted])
    async with Browser(roof.create(settings, database), ORIGIN) as visitor:
        with capture_logs() as logged:
            await visitor.client.post(
                f"/doppelt/{SECRET}",
                data={"email": SECRET, "text": "Mein Text"},
                headers={"sec-fetch-site": "same-origin"},
            )

    failed, defect = (json.loads(written(entry)) for entry in logged)
    assert (failed["event"], failed["route"], failed["kind"]) == (
        "request_failed",
        "/doppelt/{email}",
        "IntegrityError",
    )
    assert (defect["event"], defect["error"][0], defect["sqlstate"]) == ("defect", "IntegrityError", "23505")
    assert "in register_twice" in defect["trace"]
    assert SECRET in str(logged[1]["exc_info"].orig.__cause__)
    assert [word for word in (SECRET, "Mein Text") if word in str([failed, defect])] == []


async def test_an_error_of_the_database_does_not_name_the_values_sent(make):
    person = await make.citizen()

    with pytest.raises(IntegrityError) as failed:
        await make.citizen(email=person.email, password="geheimer Wert")

    assert "geheimer Wert" not in str(failed.value)


LIBRARY = """
import logging
from dialogue.kit import logs
import structlog

logs.configure()
try:
    try:
        raise ValueError("geheim")
    except ValueError as error:
        raise RuntimeError("auch geheim") from error
except RuntimeError:
    structlog.get_logger().exception("ours")
    logging.getLogger("uvicorn.error").exception("theirs")
"""


def test_neither_our_log_nor_that_of_a_library_repeats_an_errors_message():
    ran = subprocess.run([sys.executable, "-c", LIBRARY], capture_output=True, text=True, timeout=60)

    ours = json.loads(ran.stdout)
    assert (ours["event"], ours["error"], ours["level"]) == ("ours", ["RuntimeError", "ValueError"], "error")
    assert ran.stderr.splitlines()[0] == "theirs"
    assert ran.stderr.splitlines()[-1] == "{'error': ['RuntimeError', 'ValueError']}"
    assert "geheim" not in ran.stdout + ran.stderr
