"""A Polis export as files: read strictly, so that nothing half understood is stored."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from hashlib import file_digest, sha256
from pathlib import Path

from consultations.outcome.polis_csv import WHOLE, Broken, Record, broken, records
from dialogue.comments import MAX_LENGTH
from dialogue.kit import clock
from dialogue.kit.text import length

LARGEST_FILE = 512 * 2**20
COMMENTS, VOTES, MATRIX, SUMMARY = "comments.csv", "votes.csv", "participants-votes.csv", "summary.csv"
ABOUT_PEOPLE = {"participant", "xid", "group-id", "n-comments", "n-votes", "n-agree", "n-disagree"}
PEOPLE = 2**32  # a vote's key is comment * PEOPLE + person: one number takes a third of a pair's memory
_YEAR_2000 = 946_684_800_000


@dataclass(frozen=True)
class Said:
    """One comment: Polis' ids, 1 published, 0 waiting, -1 rejected, milliseconds since 1970."""

    id: int
    author: int
    moderated: int
    text: str
    at: int


@dataclass
class Conversation:
    """A whole export. `votes`: comment * PEOPLE + person → (milliseconds or 0, value); the last event counts."""

    digest: str
    topic: str
    url: str
    description: str
    comments: list[Said] = field(default_factory=list)
    votes: dict[int, tuple[int, int]] = field(default_factory=dict)
    events: int = 0
    timed: bool = True

    @cached_property
    def span(self) -> tuple[int, int]:
        """Milliseconds of the first and the last comment or vote."""
        moments = [said.at for said in self.comments]
        if self.timed:
            moments.extend(at for at, _ in self.votes.values())
        return min(moments), max(moments)


def read(folder: Path) -> Conversation:
    """Everything the folder holds. Raises Broken; takes seconds for large exports, so off the event loop."""
    try:
        return _read(folder)
    except OSError as error:
        raise Broken(f"{folder.name} lässt sich nicht lesen: {error.strerror}.") from None


def _read(folder: Path) -> Conversation:
    if not folder.is_dir():
        raise Broken(f"Den Ordner „{folder.name}“ gibt es nicht.")
    votes = next((name for name in (VOTES, MATRIX) if (folder / name).is_file()), None)
    files = [folder / name for name in (COMMENTS, SUMMARY, votes) if name]
    for file in files:
        if not file.is_file():
            raise Broken(f"{file.name} fehlt im Ordner „{folder.name}“.")
        if file.stat().st_size > LARGEST_FILE:
            raise Broken(f"{file.name} ist größer als {LARGEST_FILE >> 20} MB.")
    conversation = Conversation(_digest(files), *_summary(folder / SUMMARY), timed=votes != MATRIX)
    latest = int((clock.now() + timedelta(days=1)).timestamp() * 1000)
    conversation.comments = _comments(folder / COMMENTS, latest)
    known = {comment.id for comment in conversation.comments}
    if votes == VOTES:
        _votes(folder / VOTES, latest, known, conversation)
    elif votes == MATRIX:
        _matrix(folder / MATRIX, known, conversation)
    return conversation


def _digest(files: list[Path]) -> str:
    total = sha256()
    for path in files:
        with path.open("rb") as file:
            total.update(f"{path.name} {file_digest(file, 'sha256').hexdigest()}\n".encode())
    return total.hexdigest()


def _summary(file: Path) -> tuple[str, str, str]:
    found: dict[str, str] = {}
    for row in records(file, [], ["key", "value"]):
        key = row.text("key")
        if key in found:
            raise row.broken(1, f"„{key}“ steht hier zum zweiten Mal.")
        found[key] = row.text("value")
    if not found.get("topic"):
        raise broken(file.name, 1, 1, "Das Thema (topic) fehlt.")
    return found["topic"], found.get("url", ""), found.get("conversation-description", "")


def _comments(file: Path, latest: int) -> list[Said]:
    found: dict[int, tuple[int, Said]] = {}
    for row in records(file, ["timestamp", "comment-id", "author-id", "moderated", "comment-body"]):
        text = row.text("comment-body")
        if not text or length(text) > MAX_LENGTH:
            why = f"Der Text ist länger als {MAX_LENGTH} Zeichen." if text else "Der Text ist leer."
            raise row.broken("comment-body", why)
        key = row.whole("comment-id")
        if key in found:
            raise row.broken("comment-id", f"Beitrag {key} steht schon in Zeile {found[key][0]}.")
        at = row.whole("timestamp", _YEAR_2000, latest)
        found[key] = row.line, Said(key, row.whole("author-id"), row.whole("moderated", -1, 1), text, at)
    if not found:
        raise broken(file.name, 2, "comment-id", "Die Datei enthält keinen Beitrag.")
    return sorted((said for _, said in found.values()), key=lambda said: (said.at, said.id))


def _votes(file: Path, latest: int, known: set[int], conversation: Conversation) -> None:
    """Events are not in time order: the last by timestamp counts, of equal ones the later line."""
    votes = conversation.votes
    for row in records(file, ["timestamp", "comment-id", "voter-id", "vote"]):
        comment, at = row.whole("comment-id"), row.whole("timestamp", _YEAR_2000, latest)
        if comment not in known:
            raise row.broken("comment-id", f"Beitrag {comment} gibt es in {COMMENTS} nicht.")
        key, value = comment * PEOPLE + row.whole("voter-id"), row.whole("vote", -1, 1)
        conversation.events += 1
        if key not in votes or votes[key][0] <= at:
            votes[key] = at, value


def _matrix(file: Path, known: set[int], conversation: Conversation) -> None:
    """One row per person, one column per comment; an empty cell was not voted on."""
    seen: dict[int, int] = {}
    for row in records(file, ["participant"]):
        if not seen:
            asked = _asked(row, known)
        person = row.whole("participant")
        if person in seen:
            raise row.broken("participant", f"Person {person} steht schon in Zeile {seen[person]}.")
        seen[person] = row.line
        for column, comment in asked.items():
            if row.cells[row.columns[column]]:
                conversation.votes[comment * PEOPLE + person] = 0, row.whole(column, -1, 1)
    conversation.events = len(conversation.votes)


def _asked(row: Record, known: set[int]) -> dict[str, int]:
    """Column → comment id."""
    asked = {}
    for column in row.columns:
        if column in ABOUT_PEOPLE:
            continue
        if WHOLE.fullmatch(column) is None or int(column) not in known:
            raise broken(row.file, 1, column, f"Diesen Beitrag gibt es in {COMMENTS} nicht.")
        asked[column] = int(column)
    return asked
