"""Brings the catalogues in locale/ to what the templates say, and tells how far each language is.

python tools/messages.py        all languages there are
python tools/messages.py fr     begins one more
"""

import sys

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from dialogue.kit import catalogues
from dialogue.kit.files import TEMPLATES


def main(begun: list[str]) -> None:
    template = extracted()
    for language in begun:
        (catalogues.LOCALES / language / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
        file = catalogues.LOCALES / language / "LC_MESSAGES" / "messages.po"
        file.exists() or save(file, Catalog(locale=language))
    for file in sorted(catalogues.LOCALES.glob("*/LC_MESSAGES/messages.po")):
        with file.open("rb") as opened:
            catalogue = read_po(opened, locale=file.parent.parent.name)
        catalogue.update(template, no_fuzzy_matching=True)
        save(file, catalogue)
    for language in catalogues.languages():
        print(f"{language.code:<10} {language.percent:>3} %  {language.name}")


def extracted() -> Catalog:
    """All texts of the templates, each with the files it stands in."""
    catalogue = Catalog()
    for file, _, message, comments, context in extract_from_dir(
        str(TEMPLATES), method_map=catalogues.MAPPING, options_map=catalogues.OPTIONS
    ):
        catalogue.add(message, None, [(file, None)], auto_comments=comments, context=context)
    return catalogue


def save(file, catalogue: Catalog) -> None:  # type: ignore[no-untyped-def]
    """Without dates and line numbers: only what a person changed makes a difference."""
    with file.open("wb") as opened:
        write_po(opened, catalogue, width=0, sort_output=True, omit_header=True, ignore_obsolete=True)


if __name__ == "__main__":
    main(sys.argv[1:])
