"""The template environment: autoescape, gettext, and the few helpers pages need."""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from dialogue.kit import files, messages, text


def environment(**everywhere: Any) -> Environment:
    """All templates; `everywhere` are names every page may use (city, path, demo …)."""
    env = Environment(
        loader=FileSystemLoader(files.TEMPLATES),
        autoescape=lambda name: name is None or not name.endswith(".txt"),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=400,
    )
    env.globals.update(translator(lambda text: text, lambda one, many, n: one if n == 1 else many))
    env.newstyle_gettext = True  # type: ignore[attr-defined]
    filters: dict[str, Callable[..., Any]] = {
        "date": messages.long_date,
        "day": messages.short_date,
        "datetime": messages.moment,
        "ago": messages.ago,
        "lasting": messages.lasting,
        "number": messages.number,
        "paragraphs": text.paragraphs,
        "markdown": text.markdown,
        "excerpt": text.excerpt,
        "remembered": lru_cache(maxsize=8192),  # a macro whose output depends on its arguments alone
    }
    env.filters.update(filters)
    env.globals.update(
        static=files.static, once=once, section="", guest_here=False, language=messages.LOCALE, **everywhere
    )
    return env


def translator(
    translate: Callable[[str], str], pluralise: Callable[[str, str, int], str]
) -> dict[str, Callable[..., Markup]]:
    """gettext for templates. The messages are ours and may be markup; their variables are escaped.

    Jinja's own wrapper formats at every call; a text without variables is the same each time.
    """

    @cache
    def plain(message: str) -> Markup:
        return Markup(translate(message) % {})

    def gettext(message: str, **variables: Any) -> Markup:
        return Markup(translate(message)) % variables if variables else plain(message)

    def ngettext(one: str, many: str, n: int, **variables: Any) -> Markup:
        return Markup(pluralise(one, many, n)) % {"num": n, **variables}

    return {"_": gettext, "gettext": gettext, "ngettext": ngettext}


def once() -> Markup:
    """A hidden field with the form's idempotency key."""
    return Markup('<input type="hidden" name="once" value="{}">').format(escape(str(uuid4())))
