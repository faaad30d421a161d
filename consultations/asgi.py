"""What each process of the web server starts: `uvicorn consultations.asgi:create --factory`."""

import gc
import os

from starlette.types import ASGIApp

from consultations import app
from dialogue.kit import logs, postgres, settings
from dialogue.kit.database import Database, pool_for
from dialogue.kit.reading import Readers

RUNNING = "KI_DIALOG_RUNNING_DATABASE"


def create() -> ASGIApp:
    """The application, with settings from the environment and the database they name."""
    house = settings.read().ready_to_serve()
    logs.configure(house.log_level)
    readers = Readers() if house.limits else None
    made = app.create(house, Database(url(house), pool=pool_for(house.workers)), readers=readers)
    gc.collect()
    gc.freeze()  # what lives as long as the process need not be looked at again and again
    gc.set_threshold(10_000, 20, 50)
    return made


def url(house: settings.Settings) -> str:
    """The application's address of the database: the configured one, else the embedded server's."""
    if known := house.database_url or os.environ.get(RUNNING):
        return known
    cluster = postgres.attach(house.data)
    if cluster is None:
        raise settings.Unsafe("Die eingebaute Datenbank läuft nicht. Bitte starten Sie `ki-dialog serve`.")
    return cluster.url("dialog", "dialog")
