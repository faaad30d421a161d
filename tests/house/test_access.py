"""Every route and every viewer: who may pass; deny is the default; reading changes nothing."""

from uuid import uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from structlog.testing import capture_logs

from consultations import app as roof
from consultations.editing import pages
from consultations.tables import Export, InfoPage, Version
from dialogue import accounts, web
from dialogue.kit import clock, tokens
from dialogue.roles import EVERYONE
from dialogue.tables import Actor, Job, Terms
from moderation.tables import Appeal, Decision, Flag, Original
from tests.browser import Browser, Seen
from tests.conftest import ORIGIN, TABLES
from tests.make import PASSWORD

VIEWERS = {
    "guest": None,
    "known guest": None,  # somebody without an account who has written or voted
    "citizen": (),
    "moderator": ("moderator",),
    "editor": ("editor",),
    "panelist": ("panelist",),
    "committee": ("committee",),
    "admin": ("admin",),
}
GUESTS = {"guest", "known guest"}
MAY = {
    "everyone": set(VIEWERS),
    "people": set(VIEWERS) - GUESTS,
    "voices": set(VIEWERS) - GUESTS,  # guests where a thread lets them: tests/moderation/test_guests.py
    "moderators": {"moderator"},
    "panel": {"panelist"},
    "committee": {"committee"},
    "admins": {"admin"},
    "editors": {"editor"},
    "readers of results": {"moderator", "editor", "panelist", "committee"},
}
# name: method, path, access, and the status for whoever may pass
TABLE = {
    "home": ("GET", "/", "everyone", 200),
    "consultations": ("GET", "/beteiligung", "everyone", 200),
    "consultation": ("GET", "/beteiligung/{slug}", "everyone", 200),
    "cards": ("GET", "/beteiligung/{slug}/karten", "voices", 200),
    "play_card": ("POST", "/beteiligung/{slug}/karten", "voices", 303),
    "strategy": ("GET", "/strategie", "everyone", 200),
    "point": ("GET", "/punkte/{code}", "everyone", 200),
    "wording": ("GET", "/punkte/{code}/verlauf", "everyone", 200),
    "result": ("GET", "/punkte/{code}/ergebnis", "everyone", 200),
    "result_numbers": ("GET", "/punkte/{code}/ergebnis.csv", "everyone", 200),
    "search": ("GET", "/suche", "everyone", 200),
    "comment": ("GET", "/beitraege/{number}", "everyone", 200),
    "vote": ("POST", "/beitraege/{number}/stimme", "voices", 303),
    "vote_back": ("GET", "/beitraege/{number}/stimme", "people", 303),
    "unvote": ("POST", "/beitraege/{number}/stimme/zuruecknehmen", "voices", 303),
    "stance": ("POST", "/faden/{thread:int}/haltung", "voices", 303),
    "write": ("GET", "/faden/{thread:int}/schreiben", "voices", 200),
    "do_write": ("POST", "/faden/{thread:int}/schreiben", "voices", 200),
    "write_reply": ("GET", "/beitraege/{number}/antworten", "voices", 200),
    "do_reply": ("POST", "/beitraege/{number}/antworten", "voices", 200),
    "edit": ("GET", "/beitraege/{number}/bearbeiten", "voices", 200),
    "do_edit": ("POST", "/beitraege/{number}/bearbeiten", "voices", 303),
    "withdraw": ("GET", "/beitraege/{number}/zurueckziehen", "voices", 200),
    "do_withdraw": ("POST", "/beitraege/{number}/zurueckziehen", "voices", 303),
    "erase": ("GET", "/beitraege/{number}/loeschen", "voices", 200),
    "do_erase": ("POST", "/beitraege/{number}/loeschen", "voices", 200),
    "receipt": ("GET", "/beitrag", "everyone", 200),
    "open_receipt": ("POST", "/beitrag", "everyone", 200),
    "erase_opened": ("GET", "/beitrag/loeschen", "everyone", 200),
    "erase_by_receipt": ("POST", "/beitrag/loeschen", "everyone", 200),
    "edit_opened": ("GET", "/beitrag/bearbeiten", "everyone", 200),
    "edit_by_receipt": ("POST", "/beitrag/bearbeiten", "everyone", 200),
    "take_over": ("POST", "/beitrag/uebernehmen", "people", 303),
    "receipt_code": ("GET", "/beitrag/code/{number}.svg", "everyone", 200),
    "challenge": ("GET", "/aufgabe", "everyone", 200),
    "guard": ("POST", "/faden/{thread:int}/hinweise", "voices", 303),
    "report": ("GET", "/melden/{number}", "everyone", 200),
    "do_report": ("POST", "/melden/{number}", "everyone", 200),
    "notice": ("GET", "/meldung", "everyone", 200),
    "open_notice": ("POST", "/meldung", "everyone", 200),
    "appeal": ("GET", "/beitraege/{number}/beschwerde", "voices", 200),
    "do_appeal": ("POST", "/beitraege/{number}/beschwerde", "voices", 303),
    "appeal_by_receipt": ("POST", "/beitrag/beschwerde", "everyone", 200),
    "register": ("GET", "/konto/anlegen", "everyone", 200),
    "do_register": ("POST", "/konto/anlegen", "everyone", 200),
    "confirm": ("GET", "/konto/bestaetigen", "everyone", 200),
    "do_confirm": ("POST", "/konto/bestaetigen", "everyone", 303),
    "sign_in": ("GET", "/konto/anmelden", "everyone", 200),
    "do_sign_in": ("POST", "/konto/anmelden", "everyone", 303),
    "sign_out": ("POST", "/konto/abmelden", "voices", 303),
    "sign_out_everywhere": ("POST", "/konto/ueberall-abmelden", "people", 303),
    "end_sign_in": ("POST", "/konto/anmeldungen/{id:int}/beenden", "people", 303),
    "forgot": ("GET", "/konto/passwort-vergessen", "everyone", 200),
    "do_forgot": ("POST", "/konto/passwort-vergessen", "everyone", 200),
    "reset": ("GET", "/konto/passwort", "everyone", 200),
    "do_reset": ("POST", "/konto/passwort", "everyone", 303),
    "account": ("GET", "/konto", "people", 200),
    "queue": ("GET", "/moderation", "moderators", 200),
    "journal": ("GET", "/moderation/protokoll", "moderators", 200),
    "case": ("GET", "/moderation/{number}", "moderators", 200),
    "claim": ("POST", "/moderation/{number}/uebernehmen", "moderators", 303),
    "decide": ("POST", "/moderation/{number}/entscheiden", "moderators", 303),
    "original": ("POST", "/moderation/{number}/original", "moderators", 200),
    "merge": ("POST", "/moderation/{number}/zusammenfuehren", "moderators", 303),
    "unmerge": ("POST", "/moderation/{number}/trennen", "moderators", 303),
    "block_author": ("GET", "/moderation/{number}/sperren", "moderators", 200),
    "do_block_author": ("POST", "/moderation/{number}/sperren", "moderators", 303),
    "choose": ("POST", "/moderation/auswahl", "moderators", 200),
    "decide_many": ("POST", "/moderation/auswahl/entscheiden", "moderators", 200),
    "keys": ("GET", "/moderation/tasten", "moderators", 200),
    "thread_closing": ("GET", "/moderation/faden/{thread:int}", "moderators", 200),
    "close_thread": ("POST", "/moderation/faden/{thread:int}/schliessen", "moderators", 303),
    "open_thread": ("POST", "/moderation/faden/{thread:int}/oeffnen", "moderators", 303),
    "rules": ("GET", "/netiquette", "everyone", 200),
    "transparency": ("GET", "/transparenz", "everyone", 200),
    "transparency_table": ("GET", "/transparenz.csv", "everyone", 200),
    "transparency_file": ("GET", "/transparenz.json", "everyone", 200),
    "transparency_of": ("GET", "/transparenz/{slug}", "everyone", 200),
    "panel": ("GET", "/gremium", "panel", 200),
    "committee": ("GET", "/ausschuss", "committee", 200),
    "export": ("POST", "/beteiligung/{slug}/export", "readers of results", 303),
    "job": ("GET", "/auftraege/{id:int}", "readers of results", 200),
    "download": ("POST", "/auftraege/{id:int}/datei", "readers of results", 200),
    "appearance": ("GET", "/verwaltung/erscheinungsbild", "admins", 200),
    "save_appearance": ("POST", "/verwaltung/erscheinungsbild", "admins", 303),
    "restore_appearance": ("POST", "/verwaltung/erscheinungsbild/{id:int}/wiederherstellen", "admins", 303),
    "accent": ("GET", "/erscheinungsbild/{accent}.css", "everyone", 200),
    "logo": ("GET", "/erscheinungsbild/{digest}.{ending}", "everyone", 200),
    "administration": ("GET", "/verwaltung", "admins", 200),
    "people": ("GET", "/verwaltung/personen", "admins", 200),
    "invite": ("GET", "/verwaltung/personen/einladen", "admins", 200),
    "do_invite": ("POST", "/verwaltung/personen/einladen", "admins", 303),
    "person": ("GET", "/verwaltung/personen/{id:int}", "admins", 200),
    "add_grant": ("POST", "/verwaltung/personen/{id:int}/rollen", "admins", 303),
    "revoke": ("POST", "/verwaltung/personen/{id:int}/rollen/{grant:int}/entziehen", "admins", 303),
    "invite_again": ("POST", "/verwaltung/personen/{id:int}/einladung", "admins", 303),
    "block": ("POST", "/verwaltung/personen/{id:int}/sperren", "admins", 303),
    "unblock": ("POST", "/verwaltung/personen/{id:int}/entsperren", "admins", 303),
    "add_absence": ("POST", "/verwaltung/personen/{id:int}/vertretung", "admins", 303),
    "end_absence": ("POST", "/verwaltung/personen/{id:int}/vertretung/{absence:int}/beenden", "admins", 303),
    "circles": ("GET", "/verwaltung/kreise", "admins", 200),
    "add_circle": ("POST", "/verwaltung/kreise", "admins", 303),
    "circle": ("GET", "/verwaltung/kreise/{id:int}", "admins", 200),
    "rename_circle": ("POST", "/verwaltung/kreise/{id:int}/name", "admins", 303),
    "remove_circle": ("POST", "/verwaltung/kreise/{id:int}/aufloesen", "admins", 303),
    "add_members": ("POST", "/verwaltung/kreise/{id:int}/mitglieder", "admins", 303),
    "remove_member": ("POST", "/verwaltung/kreise/{id:int}/mitglieder/{person:int}/entfernen", "admins", 303),
    "own_mails": ("GET", "/moderation/mails", "moderators", 200),
    "set_own_mails": ("POST", "/moderation/mails", "moderators", 303),
    "vote_hints": ("GET", "/moderation/hinweise", "moderators", 200),
    "own_absences": ("GET", "/moderation/vertretung", "moderators", 200),
    "add_own_absence": ("POST", "/moderation/vertretung", "moderators", 303),
    "end_own_absence": ("POST", "/moderation/vertretung/{absence:int}/beenden", "moderators", 303),
    "terms": ("GET", "/teilnahmebedingungen", "everyone", 200),
    "imprint": ("GET", "/impressum", "everyone", 200),
    "privacy": ("GET", "/datenschutz", "everyone", 200),
    "accessibility": ("GET", "/barrierefreiheit", "everyone", 200),
    "pages": ("GET", "/seiten", "everyone", 200),
    "page": ("GET", "/seiten/{slug}", "everyone", 200),
    "editing": ("GET", "/redaktion", "editors", 200),
    "edit_list": ("GET", "/redaktion/{kind}", "editors", 200),
    "edit_new": ("GET", "/redaktion/{kind}/neu", "editors", 200),
    "edit_item": ("GET", "/redaktion/{kind}/{uid:uuid}", "editors", 200),
    "edit_save": ("POST", "/redaktion/{kind}/{uid:uuid}", "editors", 303),
    "edit_preview": ("GET", "/redaktion/{kind}/{uid:uuid}/vorschau", "editors", 200),
    "edit_publish": ("POST", "/redaktion/{kind}/{uid:uuid}/veroeffentlichen", "editors", 303),
    "edit_history": ("GET", "/redaktion/{kind}/{uid:uuid}/verlauf", "editors", 200),
    "edit_step": ("GET", "/redaktion/{kind}/{uid:uuid}/verlauf/{step:int}", "editors", 200),
    "edit_restore": ("POST", "/redaktion/{kind}/{uid:uuid}/wiederherstellen", "editors", 303),
    "edit_discard": ("POST", "/redaktion/{kind}/{uid:uuid}/verwerfen", "editors", 303),
    "edit_withdraw": ("POST", "/redaktion/{kind}/{uid:uuid}/zuruecknehmen", "editors", 303),
    "edit_sign_off": ("POST", "/redaktion/{kind}/{uid:uuid}/freigeben", "editors", 303),
    "demo_mail": ("GET", "/demo/post", "everyone", 200),
    "demo_mail_one": ("GET", "/demo/post/{id:int}", "everyone", 200),
    "healthz": ("GET", "/healthz", "everyone", 200),
    "readyz": ("GET", "/readyz", "everyone", 200),
}
LOOK = {
    "name": "Neustadt",
    "platform": "KI-Dialog Neustadt",
    "question": "Wie soll Neustadt künstliche Intelligenz nutzen?",
    "intro": "Worum es geht.",
    "office": "Kontaktstelle KI",
    "address": "Am Markt 1",
    "mail": "ki@neustadt.example",
    "phone": "0345 221-0",
}
ABOUT_PEOPLE = ("person", "add_grant", "revoke", "block", "unblock", "add_absence", "end_absence")
ABOUT_CIRCLES = ("circle", "rename_circle", "add_members", "remove_member")
OWN = ("edit", "do_edit", "withdraw", "do_withdraw", "erase", "do_erase", "appeal", "do_appeal")
ALL_ROLES = ("moderator", "editor", "panelist", "committee", "admin")
GETS = [name for name, (method, *_) in TABLE.items() if method == "GET"]
TEXT = "Bitte kennzeichnen Sie jeden Text, den eine KI geschrieben hat."


class House:
    """One of everything a route may be asked for, and a visitor with a session of its own per request."""

    def __init__(self, make, database, running):
        self.make, self.database, self.running = make, database, running
        self.settings = running.house.settings

    async def furnish(self, viewer):
        make, roles = self.make, VIEWERS[viewer]
        self.person = await (make.guest() if viewer == "known guest" else make.person(*(roles or ())))
        other = await make.citizen()
        point = await make.point()
        published = await make.comment(point.thread, other, secret_hash=tokens.digest(tokens.typed("AAAA")))
        own = await make.comment(point.thread, self.person, status="pending")
        waits = await make.comment(point.thread, other, status="pending")
        refused = await self.refused(point.thread)
        flag = await self.reported(published)
        secret = {"secret_hash": tokens.digest(tokens.typed("BBBB"))}
        unread = await make.comment(point.thread, await make.guest(), status="pending", **secret)
        rule, terms = await make.rule(), await make.terms()
        job = await self.export((await make.point()).consultation, viewer)  # of what nobody erases here
        mail = self.settings.data / "mail" / "7.eml"
        mail.parent.mkdir(exist_ok=True)
        mail.write_bytes(
            b"Subject: x\r\nTo: x@halle.example\r\nDate: Mon, 02 Nov 2026 08:00:00 +0000\r\n\r\nx\r\n"
        )
        usual = {"slug": point.consultation.slug, "code": point.code, "number": published.number}
        usual |= {"thread": point.thread.id, "id": job.id, "accent": "005465"}
        logo, look = await make.logo(), await make.appearance(platform="KI-Dialog Neustadt")
        usual |= {"digest": logo.digest, "ending": "svg"}
        self.values = dict.fromkeys(TABLE, usual) | {"demo_mail_one": {"id": 7}}
        self.values["restore_appearance"] = {"id": look.id}
        self.values |= {name: {"number": own.number} for name in OWN}
        self.values |= {name: {"number": refused.number} for name in ("appeal", "do_appeal")}
        self.values |= {name: {"number": waits.number} for name in ("case", "claim", "decide")}
        alike, masked = await make.comment(point.thread, other), await self.contested()
        self.values |= {name: {"number": alike.number} for name in ("merge", "unmerge", "block_author")}
        self.values |= {"do_block_author": {"number": alike.number}, "original": {"number": masked.number}}
        deputy, invited = await make.moderator(), await make.citizen(password=None)
        circle = await make.circle(deputy)
        about = {"id": deputy.id, "grant": 1, "absence": 1}
        self.values |= dict.fromkeys(ABOUT_PEOPLE, about) | {"invite_again": {"id": invited.id}}
        self.values |= {name: {"id": circle.id, "person": deputy.id} for name in ABOUT_CIRCLES}
        self.values |= {"remove_circle": {"id": (await make.circle()).id}}
        self.values |= {"end_own_absence": {"absence": 1}}
        days = {"first": str(clock.today()), "last": str(clock.today())}
        self.values |= await self.edited()
        link = {"password": PASSWORD}
        standing_in = {"add_absence": self.person.id, "add_own_absence": deputy.id}
        if "moderator" not in (roles or ()):
            standing_in["add_absence"] = (await make.moderator()).id
        self.forms = {
            "vote": {"vote": "agree"},
            "play_card": {"vote": "agree", "nummer": published.number, "karte": published.id},
            "stance": {"stance": "pass"},
            **{name: {"text": TEXT} for name in ("do_write", "do_reply", "do_edit")},
            "open_receipt": {"number": published.number, "secret": "AAAA"},
            "do_report": {"category": "other", "text": TEXT},
            "open_notice": {"number": flag.number, "secret": "AAAA"},
            "do_appeal": {"text": TEXT},
            "appeal_by_receipt": {"number": refused.number, "secret": "BBBB", "text": TEXT},
            **{
                name: {"number": unread.number, "secret": "BBBB"}
                for name in ("erase_by_receipt", "edit_by_receipt", "take_over")
            },
            "do_register": {
                "email": "neu@halle.example",
                "password": PASSWORD,
                "consent": "y",
                "terms": terms.id,
            },
            "do_confirm": link | {"schluessel": await self.link(other, "confirm")},
            "do_sign_in": {"email": other.email, "password": PASSWORD},
            "do_forgot": {"email": other.email},
            "do_reset": link | {"schluessel": await self.link(other, "reset")},
            "decide": {"decision": "publish", "revision": "1"},
            "merge": {"entry": published.number},
            "do_block_author": {"last_day": str(clock.today()), "why": "Beleidigt andere immer wieder."},
            "choose": {"beitrag": f"{alike.number}.1"},
            "decide_many": {"beitrag": f"{alike.number}.1", "decision": "keep"},
            "close_thread": {"rule": rule.id, "reasons": "Seit Tagen wird hier nur noch beleidigt."},
            "export": {"role": viewer},
            "set_own_mails": {"rhythm": "daily"},
            "save_appearance": LOOK | {"version": look.id, "action": "save"},
            "do_invite": {"email": "neu@halle.example", "role": "", "where": ""},
            "add_grant": {"role": "editor", "where": ""},
            "block": {"last_day": str(clock.today()), "why": "Beleidigt andere immer wieder."},
            "add_circle": {"name": "Personal der Bibliothek"},
            "rename_circle": {"name": "Personal der Schulen"},
            "add_members": {"addresses": "neu@halle.example"},
            **{name: days | {"deputy": str(other)} for name, other in standing_in.items()},
            "edit_save": {"base": "1", "title": "Ethik", "summary": "Neu."},
            **{name: {"base": "1"} for name in ("edit_publish", "edit_discard")},
            "edit_withdraw": {"base": "0"},
            "edit_restore": {"base": "2", "step": "1"},
            "edit_sign_off": {"office": "Rechtsamt", "seen": self.imprint.changed_at.isoformat()},
        }

    async def refused(self, thread):
        """A contribution of the visitor's own that somebody else rejected."""
        secret = tokens.digest(tokens.typed("BBBB"))
        comment = await self.make.comment(thread, self.person, status="rejected", secret_hash=secret)
        rule, values = await self.make.rule(), {"decision": "reject", "reasons": TEXT, "origin": "own"}
        values |= {"revision": 1, "snapshot": b"", "actor_id": uuid4(), "rule_id": rule.id}
        await self.make.row(Decision, comment_id=comment.id, **values)
        return comment

    async def reported(self, comment):
        """A notice of somebody else."""
        values = {"number": "M-7K4-92F", "key": b"1", "once": uuid4(), "category": "other", "text": TEXT}
        secret = tokens.digest(tokens.typed("AAAA"))
        return await self.make.row(Flag, comment_id=comment.id, secret_hash=secret, **values)

    async def contested(self):
        """A contribution that somebody blacked out, and an appeal against that."""
        row, rule = self.make.row, await self.make.rule()
        comment = await self.make.comment(revision=2, text="Fragen Sie [geschwärzt].")
        actor = await row(Actor, person_id=(await self.make.moderator()).id)
        record = {
            "decision": "publish_masked",
            "rule_id": rule.id,
            "reasons": "Ein Name stand darin, unnötig.",
        }
        about = {
            "comment_id": comment.id,
            "revision": 1,
            "snapshot": b"",
            "origin": "own",
            "actor_id": actor.id,
        }
        decision = await row(Decision, **record, **about)
        await row(Original, decision_id=decision.id, comment_id=comment.id, text="Fragen Sie Frau Beispiel.")
        await row(Appeal, decision_id=decision.id, comment_id=comment.id, text="Das war kein Name.")
        return comment

    async def edited(self):
        """Something of its own for each step of editing, so that none stands in the way of another."""
        uid = next(uid for uid, slug in pages.LEGAL_UIDS.items() if slug == "impressum")
        text = {"slug": "impressum", "title": "Impressum", "text": "Wer hier schreibt."}
        self.imprint = await self.make.row(InfoPage, uid=uid, legal=True, **text)
        info = await self.make.row(InfoPage, slug="hilfe", title="Hilfe", text="So geht es.")
        empty = await self.make.consultation()
        names = [name for name, row in TABLE.items() if "{uid" in row[1]]
        found = {name: {"kind": "felder", "uid": await self.drafted(name)} for name in names}
        found |= {name: {"kind": "felder"} for name in ("edit_list", "edit_new")}
        found["edit_withdraw"] = {"kind": "beteiligungen", "uid": empty.uid}
        found["edit_sign_off"] = {"kind": "seiten", "uid": uid}
        found["edit_step"]["step"] = 1
        return found | {"page": {"slug": info.slug}}

    async def drafted(self, name):
        uid = uuid4()
        content = {"title": "Ethik", "summary": "Worum es geht.", "slug": f"feld-{uid.hex}"}
        for number in range(1, 3 if name == "edit_restore" else 2):
            values = {"kind": "area", "act": "saved", "content": content}
            await self.make.row(Version, subject=uid, number=number, **values)
        return uid

    async def link(self, person, purpose):
        async with self.database.writing() as db:
            return await accounts.new_link(db, person.id, purpose)

    async def export(self, consultation, viewer):
        role = viewer if viewer in {"moderator", "editor", "panelist", "committee"} else "panelist"
        job = await self.make.row(
            Job, name="export", title="Daten", args={}, person_id=self.person.id, status="done"
        )
        file = self.settings.data / "exports" / f"{job.id}-daten.zip"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"PK")
        values = {"consultation_id": consultation.id, "role": role, "format": "csv", "file": file.name}
        await self.make.row(Export, job_id=job.id, **values)
        return job

    async def ask(self, viewer, name, headers=None):
        """The status of one request, with a fresh session; `headers` instead of those a browser sends."""
        method = TABLE[name][0]
        async with Browser(self.running.app, ORIGIN) as browser:
            if viewer != "guest":
                async with self.database.writing() as db:
                    token, _ = await accounts.sign_in(db, self.person.id, "Firefox")
                browser.client.cookies.set("session", token)
            address = web.path(name, **_needed(name, self.values[name]))
            sent = {"origin": ORIGIN} if headers is None else headers
            form = None if method == "GET" else self.forms.get(name, {})
            return (await browser.client.request(method, address, data=form, headers=sent)).status_code


def _needed(name, values):
    return {key: value for key, value in values.items() if f"{{{key}" in TABLE[name][1]}


def expected(viewer, name):
    if may(viewer, name):
        return TABLE[name][3]
    return 401 if viewer in GUESTS else 403


def may(viewer, name):
    """Whether a viewer passes: a guest who is known changes what is their own, like everybody."""
    return viewer in MAY[TABLE[name][2]] or (viewer == "known guest" and name in {*OWN, "sign_out"})


@pytest.fixture
def house(make, database, running):
    return House(make, database, running)


@pytest.fixture
def dump(owner):
    return lambda: rows(owner)


async def rows(owner):
    """All rows of all tables, as text; but when someone was here is noted after the answer."""
    tables = [name for name in [*TABLES, "pgqueuer"] if name not in {"sign_ins", "visits"}]
    return {name: [str(row) for row in await owner.fetch(f'SELECT * FROM "{name}"')] for name in tables}


@pytest.fixture
def plant(monkeypatch, database, settings):
    """A visitor of the application with one more route."""

    def planted(route):
        monkeypatch.setattr(roof, "ROUTES", [*roof.ROUTES, route])
        return Browser(roof.create(settings, database), ORIGIN)

    return planted


async def request(browser, method, address, **form):
    """Past the test browser's checks: it does not know planted routes."""
    sent = {"origin": ORIGIN} | ({} if method == "GET" else {"sec-fetch-site": "same-origin"})
    return Seen(await browser.client.request(method, address, data=form, headers=sent))


def test_the_routes_are_those_of_the_table():
    routes = {
        route.name: (*(route.methods - {"HEAD"}), route.path, route.endpoint.access.name)
        for route in roof.ROUTES
    }

    assert routes == {name: row[:3] for name, row in TABLE.items()}


def test_no_two_routes_share_a_name():
    assert len(roof.ROUTES) == len({route.name for route in roof.ROUTES})


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_every_route_answers_every_viewer_as_its_access_says(house, viewer):
    await house.furnish(viewer)

    answered = {name: await house.ask(viewer, name) for name in TABLE}

    assert answered == {name: expected(viewer, name) for name in TABLE}


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_what_is_refused_writes_nothing(house, dump, viewer):
    await house.furnish(viewer)
    refused = [name for name in TABLE if not may(viewer, name)]
    before = await dump()

    for name in refused:
        await house.ask(viewer, name)

    assert await dump() == before


@pytest.mark.parametrize("viewer", list(VIEWERS)[1:])
@pytest.mark.parametrize("status", ["pending", "published"])
async def test_only_its_author_changes_a_comment_or_takes_it_back(house, make, dump, viewer, status):
    await house.furnish(viewer)
    comment = await make.comment(status=status)
    for name in OWN:
        house.values[name] = {"number": comment.number}
    before = await dump()

    answered = [await house.ask(viewer, name) for name in OWN]

    assert answered == [404] * len(OWN)
    assert await dump() == before


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_looking_at_every_page_changes_nothing(house, dump, viewer):
    await house.furnish(viewer)
    before = await dump()

    for name in GETS:
        await house.ask(viewer, name)

    assert await dump() == before


async def test_roles_add_up_and_admin_implies_none(house, make):
    await house.furnish("admin")
    house.person = await make.person("panelist", "committee")

    answered = {name: await house.ask("both", name) for name in ("panel", "committee", "queue")}

    assert answered == {"panel": 200, "committee": 200, "queue": 403}


@pytest.mark.parametrize("roles", [None, ALL_ROLES], ids=["guest", "all roles"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_route_without_access_is_closed_to_everyone(plant, make, method, roles):
    async def open_house(request):
        return PlainTextResponse("herein")

    browser = plant(Route("/vergessen", open_house, methods=[method]))
    if roles is not None:
        await browser.sign_in(await make.person(*roles))

    page = await request(browser, method, "/vergessen", text=TEXT)

    assert (page.status, page.words("h1")) == (403, "Das ist hier nicht erlaubt")


async def test_the_database_refuses_to_write_while_reading(database):
    async with database.reading() as db:
        with pytest.raises(DBAPIError, match="cannot execute INSERT in a read-only transaction"):
            await db.execute(insert(Terms).values(version="2", title="Neu", sections=[]))


async def test_a_page_that_writes_fails_and_nothing_is_written(plant, dump):
    async def careless(page):
        await page.db.execute(insert(Terms).values(version="2", title="Neu", sections=[]))
        return PlainTextResponse("geschrieben")

    browser = plant(web.get("/leichtsinnig", careless, name="careless", access=EVERYONE))
    with capture_logs() as logged:
        page = await request(browser, "GET", "/leichtsinnig")

    assert (page.status, page.words("h1")) == (500, "Etwas ist schiefgegangen")
    assert "read-only transaction" in str(logged[1]["exc_info"])
    assert (await dump())["terms"] == []


async def test_a_write_whose_answer_fails_is_not_kept_but_its_text_is(plant, dump):
    async def torn(page):
        await page.db.execute(insert(Terms).values(version="2", title="Neu", sections=[]))
        raise RuntimeError("Seite zerrissen")

    browser = plant(web.post("/zerrissen", torn, name="torn", access=EVERYONE))
    with capture_logs() as logged:
        page = await request(browser, "POST", "/zerrissen", text=TEXT)

    assert (page.status, page.form("/zerrissen")) == (500, {"text": TEXT})
    assert page.words(".mono") == logged[0]["reference"]
    assert "zerrissen" not in page.words()
    assert (await dump())["terms"] == []
