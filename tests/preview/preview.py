"""Temporary aid: renders the templates with made-up contexts, takes screenshots, runs axe. To be deleted.

python tests/preview/preview.py [--no-shots] [NAME …]   → /tmp/preview/*.html and *.png
"""

import asyncio
import sys
import tomllib
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace as O
from uuid import uuid4

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
OUT = Path("/tmp/preview")

from starlette.applications import Starlette  # noqa: E402
from starlette.responses import HTMLResponse  # noqa: E402
from starlette.routing import Mount, Route  # noqa: E402
from starlette.staticfiles import StaticFiles  # noqa: E402

from consultations import pages as _  # noqa: E402, F401
from consultations.pages import home, info, points, results  # noqa: E402, F401
from dialogue.kit import clock, rendering  # noqa: E402
from dialogue.pages import accounts as account_pages  # noqa: E402
from dialogue.pages import votes as vote_pages  # noqa: E402, F401
from dialogue.votes import Ballot, Tally  # noqa: E402
from dialogue.web import path  # noqa: E402
from moderation.pages import intake, queue  # noqa: E402
from moderation.triage.signs import judge  # noqa: E402

DEMO = ROOT / "consultations" / "demo"
toml = {f.stem: tomllib.loads(f.read_text()) for f in DEMO.glob("*.toml")}
city = toml["city"] | toml["legal"]
env = rendering.environment(city=city, path=path, demo=True)
now = clock.now()
ago = lambda **k: now - timedelta(**k)  # noqa: E731
me = O(
    id=7,
    pseudonym="Kastanie 417",
    email="k.musterfrau@example.org",
    roles=frozenset({"moderator", "panelist", "committee"}),
    sign_in_id=1,
)
citizen = O(id=7, pseudonym="Kastanie 417", email="k.musterfrau@example.org", roles=frozenset(), sign_in_id=1)

TEXTS = [
    "Wenn ein Bescheid mit Hilfe von KI entstanden ist, möchte ich das oben auf der ersten Seite lesen und nicht im Kleingedruckten. Und ich möchte wissen, wen ich anrufen kann.",
    "Bitte keine Pflicht, jeden Tippfehler-Helfer zu kennzeichnen. Sonst steht am Ende überall ein Hinweis, und niemand liest ihn mehr.\n\nMein Vorschlag: Kennzeichnen, sobald ein Satz nicht von einem Menschen geschrieben wurde.",
    "Gut so.",
    "Meine Mutter ist 84 und ruft im Bürgerservice an. Wenn dort eine Computerstimme antwortet, soll sie das im ersten Satz sagen. Siehe auch https://example.org/ein/sehr/langer/pfad/der/nicht/umbricht/und/trotzdem/in/die/spalte/passen/muss",
    "يجب أن تكون المعلومات متاحة بعدة لغات.",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnungsentwurfskommentierungspflicht ist ein langes Wort, das nirgends die Seite sprengen darf.",
]
NAMES = ["Saaleufer 208", "Linde 31", "Händel 950", "Kastanie 417", "Giebichenstein 77", "Peißnitz 5"]


def comment(
    i, *, id=None, status="published", author=None, replies=0, source="account", example=False, created=None
):
    return O(
        id=id or i + 1,
        number=f"7K{i}-9{i}F",
        parent_id=None,
        text=TEXTS[i % 6],
        status=status,
        source=source,
        example=example,
        published_at=ago(hours=7 + 30 * i) if status == "published" else None,
        author_id=author or 100 + i,
        pseudonym=NAMES[i % 6],
        replies=replies,
        created_at=created or ago(hours=5 + i),
        revision=1,
        signs=[],
        thread_id=1,
    )


def entry(raw, **more):
    start, end = raw["starts_in_days"], raw["ends_in_days"]
    state = "upcoming" if start > 0 else "ended" if end < 0 else "running"
    values = dict(
        id=1,
        slug=raw["slug"],
        title=raw["title"],
        lead=raw["lead"],
        about=raw["about"].strip(),
        starts_on=clock.today() + timedelta(start),
        ends_on=clock.today() + timedelta(end),
        checks_first=raw["moderation"] == "pre",
        attribution=raw.get("attribution", ""),
        results=raw.get("result", []),
        points=11,
        sealed=False,
        sealed_until=None,
        totals=O(people=318, comments=412, votes=1903, stances=720),
        state=state,
        days_left=end + 1,
        is_open=state == "running",
        ended=state == "ended",
    )
    return O(**(values | more))


raws = toml["consultations"]["consultation"]
running, ended = entry(raws[0]), entry(raws[1], totals=O(people=1204, comments=277, votes=54440, stances=903))
upcoming = entry(
    raws[0],
    title="Einfache Auskünfte: Wobei soll ein Assistent helfen?",
    starts_on=clock.today() + timedelta(9),
    state="upcoming",
    is_open=False,
)
phases = [
    O(
        kind=p["kind"],
        title=p["title"],
        text=p["text"],
        starts_on=clock.today() + timedelta(p["starts_in_days"]),
        ends_on=None if p["ends_in_days"] > 3000 else clock.today() + timedelta(p["ends_in_days"]),
        state="past" if p["ends_in_days"] < 0 else "now" if p["starts_in_days"] <= 0 else "next",
    )
    for p in raws[0]["phase"]
]
S = toml["strategy"]
areas = [
    O(id=i, points=4, changed_at=ago(days=50), **{k: a[k] for k in ("key", "slug", "title", "summary")})
    for i, a in enumerate(S["area"])
]
area_of = {a.key: a for a in areas}
pts = [
    O(
        code=p["code"],
        title=p["title"],
        edition=p["edition"],
        changed_at=ago(days=p["changed_days_ago"]),
        consultation_id=1,
        slug=p["consultation"],
        area_key=p["area"],
        area_title=area_of[p["area"]].title,
        comments=3 * i,
    )
    for i, p in enumerate(S["point"])
]
by_area, measures = defaultdict(list), defaultdict(list)
for p in pts:
    by_area[p.area_key].append(p)
for m in S.get("measure", []):
    measures[m["area"]].append(
        O(
            code=m.get("code", "M1"),
            title=m["title"],
            text=m["text"],
            until=m.get("until", ""),
            cost=m.get("cost", ""),
            state=m.get("state", "planned"),
        )
    )
raw = next(p for p in S["point"] if p["code"] == "E2")


def point(**more):
    values = dict(
        id=2,
        code="E2",
        title=raw["title"],
        text=raw["text"].strip(),
        rationale=raw.get("rationale", "").strip(),
        documents=raw.get("documents", raw.get("document", [])),
        edition="1.1",
        changed_at=ago(days=50),
        thread_id=4,
        area_key="E",
        area_title="Ethische Leitlinien",
        slug=running.slug,
        consultation_title=running.title,
        ends_on=running.ends_on,
        comments=148,
        thread_is_open=True,
        thread_started=True,
        thread_ended=False,
        thread_sealed=False,
        thread_opens_at=ago(days=16),
        thread_address="/punkte/E2",
    )
    return O(**(values | more))


thread = O(
    id=4,
    title="E2 Kennzeichnung von KI-Inhalten",
    address="/punkte/E2",
    is_open=True,
    started=True,
    ended=False,
    sealed=False,
    checks_first=True,
)
answered = [
    O(
        number=f"8M{i}-4TR",
        text=TEXTS[i],
        outcome=o,
        reasons=r,
        before=b,
        after=a,
        published_at=ago(days=40),
        code="E2",
        title=raw["title"],
    )
    for i, (o, r, b, a) in enumerate(
        [
            (
                "adopted",
                "Der Hinweis steht künftig im ersten Absatz, zusammen mit der Nummer der Stelle, die entschieden hat.",
                "Bescheide, an denen KI mitgewirkt hat, tragen einen Hinweis.",
                "Bescheide, an denen KI mitgewirkt hat, tragen im ersten Absatz einen Hinweis und eine Telefonnummer.",
            ),
            (
                "partly",
                "Rechtschreibhilfen nehmen wir aus. Bei ganzen Sätzen bleibt es bei der Kennzeichnung.",
                "Alle Texte, die mit KI entstehen, werden gekennzeichnet.",
                "Alle Texte, in denen ganze Sätze von einer KI stammen, werden gekennzeichnet.",
            ),
            (
                "not_adopted",
                "Dafür fehlt uns im Moment die Technik. Wir nehmen es in die Liste für das nächste Jahr auf.",
                "",
                "",
            ),
        ]
    )
]
listing = O(
    top=[
        comment(0, replies=5),
        comment(1),
        comment(2, author=7),
        comment(3, source="import"),
        comment(4, example=True),
        comment(5, source="paper"),
    ],
    replies={1: [comment(i, id=20 + i) for i in (1, 2, 3)]},
    cursor="1.2.3",
)
ballots = defaultdict(Ballot) | {
    1: Ballot(1, Tally(152, 20, 42)),
    2: Ballot(-1, Tally(31, 40, 77)),
    3: Ballot(0, Tally(1, 1, 0)),
    21: Ballot(1, Tally(3, 0, 1)),
}
standing = O(mine=1, tally=Tally(301, 64, 88))
pt = dict(
    point=point(),
    stance=standing,
    listing=listing,
    ballots=ballots,
    viewer_id=7,
    waiting=[comment(1, status="pending")],
    sort="mixed",
    more="/punkte/E2?weiter=1",
    me=citizen,
)
empty_listing = O(top=[], replies={}, cursor="")


def form(cls, data=None, **errors):
    made = cls(data=data or {})
    for name, text in errors.items():
        made[name].errors = [text]
    return made


signs = (
    "Das ist doch IDIOTISCH, ihr Vollpfosten. Ruft mich an: 0345 2214000, ich sage es euch gern persönlich."
)
case = comment(0, status="pending")
case.text, case.number, case.signs = signs, "7K0-90F", [s.stored() for s in judge(signs)]
wait_rows = [
    O(
        id=i,
        number=f"7K{i}-90F",
        text=case.text if i == 0 else TEXTS[i % 6],
        signs=case.signs if i == 0 else [],
        created_at=ago(hours=30 - 2 * i),
        parent_id=None,
        title=thread.title,
        address=thread.address,
        holder_id=7 if i == 0 else (9 if i == 3 else None),
        holder={0: "Kastanie 417", 3: "Moderation 2"}.get(i),
    )
    for i in range(9)
]
waiting = O(rows=wait_rows, total=23, mine=1, oldest=ago(hours=30))
net = O(
    book=O(title="Netiquette", intro=toml["netiquette"]["intro"], version="1.0", valid_from=ago(days=180)),
    rules=[
        O(
            id=int(r["number"]),
            number=int(r["number"]),
            title=r["title"],
            text=r["text"].strip(),
            easy=r["easy"].strip(),
            reason=r["reason"],
        )
        for r in toml["netiquette"]["rule"]
    ],
)
history = [
    O(
        decision="reject",
        decided_at=ago(days=2),
        reasons="Ihr Beitrag enthält eine Telefonnummer.",
        origin="own",
        automated=False,
        rule_number=3,
        rule_title="Keine privaten Angaben",
        person_id=9,
    )
]
decision = history[0]
q = dict(
    waiting=waiting,
    case=case,
    parent=comment(1),
    thread=thread,
    netiquette=net,
    history=history,
    can=["publish", "reject"],
    own=False,
    me=me,
)
write = dict(
    form=form(intake.CommentForm),
    thread=thread,
    parent=None,
    preview=None,
    editing=False,
    max_length=5000,
    error=None,
    me=citizen,
)
job = lambda **k: O(
    **(
        dict(
            id=3,
            title="Datenpaket: Leitlinien und Einsatz",
            status="running",
            progress=42,
            message="Stimmen werden geschrieben",
            result=None,
        )
        | k
    )
)  # noqa: E731
kept = [("text", TEXTS[1]), ("once", str(uuid4())), ("stance", "agree")]
err = dict(kept=[], retry="", next="/", reference="", here="/x")

PAGES = {
    "home": (
        "consultations/home.html",
        dict(running=[running], upcoming=[upcoming], ended=[ended], areas=areas, responses=answered),
    ),
    "home-empty": (
        "consultations/home.html",
        dict(running=[], upcoming=[], ended=[], areas=[], responses=[]),
    ),
    "list": ("consultations/list.html", dict(running=[running], upcoming=[upcoming], ended=[ended])),
    "consultation": (
        "consultations/consultation.html",
        dict(c=running, phases=phases, points=pts, mine={"E2", "A1"}),
    ),
    "consultation-ended": (
        "consultations/consultation.html",
        dict(c=ended, phases=[O(**(vars(p) | {"state": "past"})) for p in phases], points=pts[:5]),
    ),
    "strategy": ("consultations/strategy.html", dict(areas=areas, points=by_area, measures=measures)),
    "point": ("consultations/point.html", pt),
    "point-guest": (
        "consultations/point.html",
        pt
        | dict(
            me=None, viewer_id=None, ballots=defaultdict(Ballot), waiting=[], stance=O(mine=None, tally=Tally(301, 64, 88))
        ),
    ),
    "point-empty": (
        "consultations/point.html",
        pt
        | dict(
            listing=empty_listing, point=point(comments=0), waiting=[], stance=O(mine=None, tally=Tally())
        ),
    ),
    "point-ended": (
        "consultations/point.html",
        pt | dict(point=point(thread_is_open=False, thread_ended=True, ends_on=ended.ends_on), waiting=[]),
    ),
    "comment": (
        "dialogue/comment.html",
        dict(
            comment=comment(0),
            thread=thread,
            parent=None,
            replies=[comment(i) for i in (1, 2)],
            more=None,
            ballots=ballots,
            viewer_id=7,
            response=answered[0],
            decision=None,
            me=citizen,
        ),
    ),
    "comment-rejected": (
        "dialogue/comment.html",
        dict(
            comment=comment(0, status="rejected", author=7),
            thread=thread,
            parent=comment(1),
            replies=[],
            more=None,
            ballots=defaultdict(Ballot),
            viewer_id=7,
            response=None,
            decision=decision,
            me=citizen,
        ),
    ),
    "write": ("moderation/write.html", write),
    "write-error": (
        "moderation/write.html",
        write | dict(form=form(intake.CommentForm, {"text": ""}, text="Bitte schreiben Sie etwas.")),
    ),
    "write-reply": (
        "moderation/write.html",
        write | dict(form=form(intake.CommentForm, {"text": TEXTS[1]}), parent=comment(0), preview=TEXTS[1]),
    ),
    "receipt": (
        "dialogue/receipt.html",
        dict(
            number="7K4-92F",
            secret="R7QM-2KXW-9D4H-TB6N-8VCP-3JZF",
            status_word="pending",
            thread=thread,
            next_by=intake.NEXT_BY,
            me=citizen,
        ),
    ),
    "receipt-form": (
        "dialogue/receipt_open.html",
        dict(
            form=form(intake.ReceiptForm, secret="Bitte geben Sie das Kennwort ein."),
            comment=None,
            decision=None,
        ),
    ),
    "receipt-open": (
        "dialogue/receipt_open.html",
        dict(
            form=form(intake.ReceiptForm, {"number": "7K0-90F", "secret": "x"}),
            comment=comment(0),
            decision=None,
        ),
    ),
    "receipt-rejected": (
        "dialogue/receipt_open.html",
        dict(
            form=form(intake.ReceiptForm, {"number": "7K0-90F", "secret": "x"}),
            comment=comment(0, status="rejected"),
            decision=decision,
        ),
    ),
    "queue": ("moderation/queue.html", dict(waiting=waiting, case=None, me=me)),
    "queue-empty": (
        "moderation/queue.html",
        dict(waiting=O(rows=[], total=0, mine=0, oldest=None), case=None, me=me),
    ),
    "case": ("moderation/queue.html", q | dict(form=form(queue.DecisionForm))),
    "case-error": (
        "moderation/queue.html",
        q
        | dict(
            form=form(
                queue.DecisionForm,
                {"rule": 3, "reasons": "Nein."},
                reasons="Bitte begründen Sie die Entscheidung mit mindestens 20 Zeichen.",
            )
        ),
    ),
    "journal": (
        "moderation/journal.html",
        dict(
            entries=[
                dict(
                    id=90 - i,
                    hash="ab12" * 16,
                    action="comment.rejected",
                    actor=str(uuid4()),
                    at=ago(hours=i).isoformat(),
                    detail={"before": "pending", "rule": 3},
                    subject=f"comment:7K{i}-90F",
                )
                for i in range(9)
            ],
            before=81,
            me=me,
        ),
    ),
    "rules": ("moderation/rules.html", dict(netiquette=net)),
    "register": ("dialogue/account/register.html", dict(form=form(account_pages.RegisterForm), terms=None)),
    "registered": ("dialogue/account/registered.html", dict(email="k@example.org")),
    "confirm": ("dialogue/account/confirm.html", dict(form=form(account_pages.LinkForm))),
    "sign-in": (
        "dialogue/account/sign_in.html",
        dict(form=form(account_pages.SignInForm), kept=[], retry=""),
    ),
    "sign-in-error": (
        "dialogue/account/sign_in.html",
        dict(
            form=form(account_pages.SignInForm, {"email": "k@example.org"}, email=account_pages._REFUSED),
            kept=kept,
            retry="/faden/4/schreiben",
        ),
    ),
    "resume": ("dialogue/account/resume.html", dict(kept=kept, retry="/faden/4/schreiben", me=citizen)),
    "forgot": ("dialogue/account/forgot.html", dict(form=form(account_pages.ForgotForm))),
    "forgot-sent": ("dialogue/account/forgot_sent.html", dict(email="k@example.org")),
    "reset": ("dialogue/account/reset.html", dict(form=form(account_pages.ResetForm))),
    "account": (
        "dialogue/account/account.html",
        dict(
            sign_ins=[
                O(id=i, device=d, created_at=ago(days=i), seen_at=ago(hours=i))
                for i, d in enumerate(["Firefox auf Linux", "Safari auf iPhone"])
            ],
            comments=[
                O(
                    number=f"7K{i}-90F",
                    text=TEXTS[i],
                    status=s,
                    created_at=ago(days=i),
                    parent_id=None,
                    title=thread.title,
                    address=thread.address,
                )
                for i, s in enumerate(["pending", "published", "rejected", "withdrawn"])
            ],
            consent=O(version="1.0", given_at=ago(days=20)),
            me=citizen,
        ),
    ),
    "account-empty": (
        "dialogue/account/account.html",
        dict(sign_ins=[], comments=[], consent=None, me=citizen),
    ),
    "panel": (
        "consultations/panel.html",
        dict(
            entries=[running, ended],
            exports=[O(job_id=3, title="Datenpaket: Auftakt", status="done", created_at=ago(days=1))],
            me=me,
        ),
    ),
    "committee": ("consultations/committee.html", dict(entries=[], exports=[], me=me)),
    "job": ("consultations/job.html", dict(job=job(), me=me)),
    "job-done": (
        "consultations/job.html",
        dict(
            job=job(
                status="done",
                progress=100,
                result={"bytes": 4_200_000, "rows": {"comments": 277, "votes": 54440}, "sha256": "ab12" * 16},
            ),
            me=me,
        ),
    ),
    "page": (
        "dialogue/page.html",
        dict(title="Impressum", sections=toml["legal"]["page"][0]["section"], checked=False, dated=""),
    ),
    "demo-mail": (
        "dialogue/demo_mail.html",
        dict(
            mails=[
                dict(
                    id="12",
                    subject="Bitte bestätigen Sie Ihre E-Mail-Adresse",
                    to="k@example.org",
                    at=ago(minutes=5),
                )
            ]
        ),
    ),
    "demo-mail-one": (
        "dialogue/demo_mail_one.html",
        dict(
            mail=dict(
                id="12",
                subject="Bitte bestätigen Sie Ihre E-Mail-Adresse",
                to="k@example.org",
                at=ago(minutes=5),
                text="Guten Tag,\n\nhttp://localhost:8000/konto/bestaetigen?schluessel=abc\n\nGrüße",
            )
        ),
    ),
    "error-404": (
        "errors/error.html",
        err
        | dict(
            status=404,
            title="Diese Seite gibt es nicht",
            text="Vielleicht wurde sie verschoben, oder die Adresse hat einen Tippfehler.",
        ),
    ),
    "error-429": (
        "errors/error.html",
        err
        | dict(
            status=429,
            title="Einen Moment bitte",
            text="Das waren viele Anfragen in kurzer Zeit. Bitte versuchen Sie es später noch einmal.",
            kept=kept,
            retry="/faden/4/schreiben",
        ),
    ),
    "error-503": (
        "errors/error.html",
        err
        | dict(
            status=503,
            title="Gerade geht es nicht",
            text="Die Datenbank antwortet nicht. Ihre Eingabe steht unten. Bitte versuchen Sie es in einer Minute noch einmal.",
            kept=kept,
            retry="/faden/4/schreiben",
            reference="a1b2c3d4",
        ),
    ),
    "error-401": (
        "errors/sign_in.html",
        err
        | dict(
            status=401,
            title="Bitte melden Sie sich an",
            text="Dafür brauchen Sie ein Konto.",
            kept=kept,
            retry="/faden/4/schreiben",
            next="/faden/4/schreiben",
        ),
    ),
}
CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
voted = Ballot()


def html(name):
    template, context = PAGES[name]
    return env.get_template(template).render(**({"me": None, "here": "/"} | context))


async def show(request):
    return HTMLResponse(html(request.path_params["name"]), headers={"content-security-policy": CSP})


async def vote(request):
    choice = (await request.form()).get("vote")
    value = {"agree": 1, "pass": 0, "disagree": -1}[choice]
    mine = None if request.url.path.endswith("zuruecknehmen") else value
    if request.path_params["number"] == "7K3-93F":
        return HTMLResponse(
            env.get_template("errors/sign_in.html").render(me=None, **(PAGES["error-401"][1])), 401
        )
    ballot = Ballot(
        mine, None if mine is None else Tally(10 + (value == 1), 3 + (value == 0), 4 + (value == -1))
    )
    return HTMLResponse(
        env.get_template("dialogue/_vote.html").render(
            number=request.path_params["number"], ballot=ballot, is_open=True, me=None, here="/"
        )
    )


app = Starlette(
    routes=[
        Mount("/static", StaticFiles(directory=ROOT / "static")),
        Route("/p/{name}", show),
        Route("/beitraege/{number}/stimme", vote, methods=["POST"]),
        Route("/beitraege/{number}/stimme/zuruecknehmen", vote, methods=["POST"]),
    ]
)


async def shots(names):
    import uvicorn
    from axe_playwright_python.async_playwright import Axe
    from playwright.async_api import async_playwright

    server = uvicorn.Server(uvicorn.Config(app, port=8765, log_level="warning"))
    task = asyncio.create_task(server.serve())
    axe, bad = Axe(), 0
    async with async_playwright() as p:
        browser = await p.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        for label, size, scheme in (
            ("wide", (1280, 900), "light"),
            ("narrow", (320, 720), "light"),
            ("dark", (1280, 900), "dark"),
            ("narrow-dark", (320, 720), "dark"),
        ):
            context = await browser.new_context(
                viewport={"width": size[0], "height": size[1]},
                color_scheme=scheme,
                bypass_csp=True,
                reduced_motion="reduce",
            )
            page = await context.new_page()
            for name in names:
                said = []
                page.on(
                    "console", lambda m, s=said: s.append(m.text) if m.type in ("error", "warning") else None
                )
                await page.goto(f"http://localhost:8765/p/{name}", wait_until="networkidle")
                over = await page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                title, h1 = await page.title(), await page.locator("h1").all_inner_texts()
                await page.evaluate(
                    "document.querySelectorAll('details').forEach(d => d.dataset.was = d.open)"
                )
                result = await axe.run(
                    page,
                    options={
                        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
                    },
                )
                for v in result.response["violations"]:
                    bad += 1
                    print(
                        f"AXE {label} {name}: {v['id']} {v['nodes'][0]['html'][:160]} {v['nodes'][0]['any'][0]['message'][:160] if v['nodes'][0]['any'] else ''} ×{len(v['nodes'])}"
                    )
                if over > 0:
                    bad += 1
                    wide = await page.evaluate(
                        "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + '.' + e.className).slice(0, 5)"
                    )
                    print(f"OVERFLOW {label} {name}: {over}px {wide}")
                if len(h1) != 1 or not title.startswith(" ".join(h1[0].split())):
                    bad += 1
                    print(f"H1 {name}: {h1} / {title}")
                for text in said:
                    bad += 1
                    print(f"CONSOLE {name}: {text[:200]}")
                if label != "narrow-dark":
                    await page.screenshot(path=OUT / f"{name}.{label}.png", full_page=True)
            await context.close()
        await browser.close()
    server.should_exit = True
    await task
    print("problems:", bad)


if __name__ == "__main__":
    names = [a for a in sys.argv[1:] if not a.startswith("--")] or list(PAGES)
    OUT.mkdir(exist_ok=True)
    for name in names:
        (OUT / f"{name}.html").write_text(html(name))
    if "--no-shots" not in sys.argv:
        asyncio.run(shots(names))
