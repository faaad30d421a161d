"""Texts to begin with: the legal pages of the city's files, and rules for a first Netiquette."""

import tomllib
from functools import cache
from typing import Any
from uuid import UUID

from consultations.city import DEMO, City, LegalPage
from consultations.editing import pages, rulebooks
from consultations.editing.versions import Content
from dialogue.kit.text import normalise


def of(city: City) -> dict[UUID, Content]:
    """By lasting name: what an editor finds where nothing was published yet."""
    legal = {uid: _page(city.pages[slug]) for uid, slug in pages.LEGAL_UIDS.items()}
    return {**legal, rulebooks.UID: _rulebook()}


def _page(found: LegalPage) -> Content:
    parts = [f"## {part.heading}\n\n{part.text.strip()}" for part in found.section]
    return {"slug": found.slug, "title": found.title, "text": "\n\n".join(parts)}


@cache
def _rulebook() -> Content:
    found: dict[str, Any] = tomllib.loads((DEMO / "netiquette.toml").read_text(encoding="utf-8"))
    names = ("title", "text", "easy", "reason")
    rules = [{name: normalise(rule.get(name, "")) for name in names} for rule in found["rule"]]
    return {"title": found["title"], "intro": normalise(found["intro"]), "rules": rules}


def consultation(city: City) -> Content:
    """A new consultation begins with the city's contact, and with what is true of every one here."""
    contact = city.contact
    return {
        "contact": f"{contact.office}\nE-Mail: {contact.mail}\nTelefon: {contact.phone}",
        "moderation": "pre",
    }
