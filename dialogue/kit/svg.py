"""SVG from strangers: read strictly, written anew from a list of what only draws; anything active is refused."""

import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from dialogue.kit.errors import Invalid

SVG, XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
MOST = 5_000  # elements, also when all that is drawn again and again is counted each time
DEEPEST = 50
STYLES = 20_000  # signs
SHAPES = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
GROUPS = {"svg", "g", "defs", "symbol", "clipPath", "mask", "linearGradient", "radialGradient", "stop", "use"}
SILENT = {"title", "desc", "metadata"}  # words about the drawing: left out
# fmt: off
LOOKS = {
    "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-linecap",
    "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset",
    "stroke-opacity", "opacity", "clip-path", "clip-rule", "mask", "stop-color", "stop-opacity",
    "color", "display", "visibility",
}
PLACES = {
    "id", "d", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "fr",
    "width", "height", "points", "viewBox", "preserveAspectRatio", "transform", "gradientUnits",
    "gradientTransform", "spreadMethod", "clipPathUnits", "maskUnits", "maskContentUnits", "offset",
}
# fmt: on
_OUTSIDE = re.compile(r"url\s*\(\s*[\"']?(?!#)|[\\@<&]|javascript:|data:|expression", re.IGNORECASE)
_TARGET = re.compile(r"#([^\s)\"']+)")
_SIZE = re.compile(r"([0-9]*\.?[0-9]+)(px|pt|mm|cm|in|pc)?", re.ASCII)
_BOX = re.compile(r"[\s,]+")
PLAIN = "Erlaubt sind nur Formen, Farben und Verläufe. Am einfachsten laden Sie das Bild als PNG hoch."

INTRICATE = "Diese Zeichnung ist zu kompliziert. Bitte laden Sie sie als PNG hoch."


class NotDrawn(Invalid):
    """The file holds something that does more than draw."""


@dataclass
class _Node:
    name: str
    attributes: dict[str, str]
    children: list["_Node"] = field(default_factory=list)
    words: str = ""


@dataclass(frozen=True)
class Drawing:
    """An SVG of ours, and how wide it is for its height."""

    data: bytes
    width: float
    height: float


def read(data: bytes) -> Drawing:
    """The drawing, written anew; raises Invalid with a sentence that names what may not be in it."""
    root = _Reader().parse(data)
    if root.name != "svg":
        raise NotDrawn("Das ist keine SVG-Datei.")
    styles: dict[str, dict[str, str]] = {}
    _gather(root, styles)
    _normalise(root, styles)
    _Counter(root).count(root)
    width, height = _size(root.attributes)
    box = {"xmlns": SVG, "viewBox": f"0 0 {width:g} {height:g}"}
    root.attributes = box | root.attributes | {"width": f"{width:g}", "height": f"{height:g}"}
    return Drawing(_written(root).encode(), width, height)


class _Reader:
    """Expat with ears for everything: no entities, no instructions, no foreign elements but silent ones."""

    def __init__(self) -> None:
        self.root: _Node | None = None
        self.open: list[_Node] = []
        self.skipping = self.count = 0

    def parse(self, data: bytes) -> _Node:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.ProcessingInstructionHandler = self._instruction
        try:
            parser.Parse(data, True)
        except (expat.ExpatError, ValueError, LookupError):
            raise NotDrawn("Diese SVG-Datei ist beschädigt. Bitte speichern Sie sie noch einmal.") from None
        assert self.root is not None
        return self.root

    def _start(self, full: str, attributes: dict[str, str]) -> None:
        self.count += 1
        space, _, name = full.rpartition(" ")
        if self.count > MOST or len(self.open) + self.skipping > DEEPEST:
            raise NotDrawn(INTRICATE)
        if self.skipping or (self.open and (name in SILENT or space not in {SVG, ""})):
            self.skipping += 1
            _refuse_active(name, attributes)
            return
        if name not in SHAPES | GROUPS | {"style"}:
            raise NotDrawn(f"Diese SVG-Datei enthält „{name[:30]}“. {PLAIN}")
        _refuse_active(name, attributes)
        node = _Node(name, attributes)
        if self.open:
            self.open[-1].children.append(node)
        self.root = self.root or node
        self.open.append(node)

    def _end(self, _: str) -> None:
        if self.skipping:
            self.skipping -= 1
        else:
            self.open.pop()

    def _text(self, words: str) -> None:
        if not self.skipping and self.open and self.open[-1].name == "style":
            self.open[-1].words += words

    def _doctype(self, _name: str, _system: str | None, _public: str | None, inside: int) -> None:
        if inside:
            raise NotDrawn(f"Diese SVG-Datei erklärt eigene Bausteine. {PLAIN}")

    def _entity(self, *_: Any) -> None:
        raise NotDrawn(f"Diese SVG-Datei erklärt eigene Bausteine. {PLAIN}")

    def _instruction(self, target: str, _: str) -> None:
        if target.lower() == "xml-stylesheet":  # all others are notes of drawing programs, and left out
            raise NotDrawn(f"Diese SVG-Datei verweist nach außen. {PLAIN}")


def _refuse_active(name: str, attributes: dict[str, str]) -> None:
    """No scripts, no handlers, nothing from outside: also where it would be left out."""
    if name.lower() in {"script", "foreignobject", "iframe", "embed", "object", "handler", "listener"}:
        raise NotDrawn(f"Diese SVG-Datei enthält „{name}“. {PLAIN}")
    for key, value in attributes.items():
        short = key.rpartition(" ")[2]
        if short.lower().startswith("on"):
            raise NotDrawn(f"Diese SVG-Datei enthält „{short[:30]}“, das ein Programm starten kann. {PLAIN}")
        if short.lower() == "href" and not value.strip().startswith("#"):
            raise NotDrawn(f"Diese SVG-Datei verweist nach außen. {PLAIN}")


def _without_comments(css: str) -> str:
    """A pattern would look for the end of each comment again and again."""
    kept = []
    while css:
        before, _, css = css.partition("/*")
        kept.append(before)
        css = css.partition("*/")[2]
    return "".join(kept)


def _gather(node: _Node, styles: dict[str, dict[str, str]]) -> None:
    """Rules of <style> elements for single classes, as drawing programs write them."""
    if node.name == "style":
        if len(node.words) > STYLES:
            raise NotDrawn(INTRICATE)
        css = _without_comments(node.words)
        if _OUTSIDE.search(css):
            raise NotDrawn(f"Diese SVG-Datei verweist in ihren Formatangaben nach außen. {PLAIN}")
        for selectors, _, declared in (rule.partition("{") for rule in css.split("}")):
            for selector in selectors.split(","):
                if selector.strip().startswith("."):
                    styles.setdefault(selector.strip()[1:], {}).update(_declared(declared))
    for child in node.children:
        _gather(child, styles)


def _declared(text: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in text.split(";"))
    found = {name.strip().lower(): value.replace("!important", "").strip() for name, _, value in pairs}
    return {name: value for name, value in found.items() if name in LOOKS}


def _kept(node: _Node, styles: dict[str, dict[str, str]]) -> dict[str, str]:
    """The attributes that draw; styles become attributes, so that nothing is left to a style sheet."""
    kept = {name: value for name, value in node.attributes.items() if name in LOOKS | PLACES}
    for name in node.attributes.get("class", "").split():
        kept |= styles.get(name, {})
    kept |= _declared(node.attributes.get("style", ""))
    target = node.attributes.get("href") or node.attributes.get(f"{XLINK} href")
    if target and (node.name == "use" or node.name.endswith("Gradient")):
        kept["href"] = target.strip()
    if any(_OUTSIDE.search(value) for value in kept.values()):
        raise NotDrawn(f"Diese SVG-Datei verweist nach außen. {PLAIN}")
    return kept


def _normalise(node: _Node, styles: dict[str, dict[str, str]]) -> None:
    node.attributes = _kept(node, styles)
    node.children = [child for child in node.children if child.name != "style"]
    for child in node.children:
        _normalise(child, styles)


class _Counter:
    """How much is drawn when every reference is followed: few elements can ask for billions."""

    def __init__(self, root: _Node) -> None:
        self.named: dict[str, _Node] = {}
        self.known: dict[int, int] = {}
        self._name(root)

    def _name(self, node: _Node) -> None:
        self.named.setdefault(node.attributes.get("id", ""), node)
        for child in node.children:
            self._name(child)

    def count(self, node: _Node, above: frozenset[int] = frozenset()) -> int:
        """Elements drawn for this one; raises NotDrawn when there are too many, or when it contains itself."""
        if id(node) in above or len(above) > 4 * DEEPEST:
            raise NotDrawn(INTRICATE)
        if id(node) not in self.known:
            inside = above | {id(node)}
            parts = [*node.children, *self._targets(node)]
            self.known[id(node)] = 1 + sum(self.count(part, inside) for part in parts)
            if self.known[id(node)] > MOST:
                raise NotDrawn(INTRICATE)
        return self.known[id(node)]

    def _targets(self, node: _Node) -> list[_Node]:
        values = [value for name, value in node.attributes.items() if name == "href" or "url(" in value]
        names = [name for value in values for name in _TARGET.findall(value)]
        return [self.named[name] for name in names if name in self.named]


def _written(node: _Node) -> str:
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in node.attributes.items())
    return f"<{node.name}{attributes}>{''.join(_written(child) for child in node.children)}</{node.name}>"


def _size(attributes: dict[str, str]) -> tuple[float, float]:
    parts = _BOX.split(attributes.get("viewBox", "")[:100].strip())
    box = [_SIZE.fullmatch(part.lstrip("-")) for part in parts]
    sides = [_SIZE.fullmatch(attributes.get(side, "")[:20].strip()) for side in ("width", "height")]
    found = box[2:] if len(box) == 4 else sides
    numbers = [float(side[1]) for side in found if side]
    if len(numbers) != 2 or not all(0.01 <= number <= 100_000 for number in numbers):
        raise NotDrawn("In dieser SVG-Datei fehlt die Größe (viewBox). Bitte speichern Sie sie noch einmal.")
    return numbers[0], numbers[1]
