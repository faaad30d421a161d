"""Refusals: each a "no" with its status, raised where the rule lives."""


class Refusal(Exception):
    """A rule says no. `text` is a German sentence for the person, `title` the page's heading."""

    status = 400
    title = "Das hat nicht geklappt"
    text = "Bitte prüfen Sie Ihre Eingabe."
    may_pass = True  # the same request may succeed later

    def __init__(self, text: str = "", *, field: str = "") -> None:
        super().__init__(text or self.text)
        self.text = text or self.text
        self.field = field


class Malformed(Refusal):
    status = 400
    title = "Das haben wir nicht verstanden"
    text = (
        "Die Anfrage ist unvollständig oder beschädigt. Bitte gehen Sie zurück und versuchen Sie es erneut."
    )


class SignInNeeded(Refusal):
    status = 401
    title = "Bitte melden Sie sich an"
    text = "Dafür brauchen Sie ein Konto."


class Forbidden(Refusal):
    status = 403
    title = "Das ist hier nicht erlaubt"
    text = "Diese Anfrage dürfen wir so nicht annehmen. Bitte laden Sie die Seite neu."


class NotFound(Refusal):
    status = 404
    title = "Diese Seite gibt es nicht"
    text = "Vielleicht wurde sie verschoben, oder die Adresse hat einen Tippfehler."


class TooSlow(Refusal):
    status = 408
    title = "Das hat zu lange gedauert"
    text = "Ihre Eingabe kam nicht vollständig bei uns an. Bitte prüfen Sie die Verbindung und senden Sie noch einmal."


class Gone(NotFound):
    status = 410
    may_pass = False
    title = "Das ist nicht mehr da"


class Conflict(Refusal):
    status = 409
    title = "Inzwischen hat sich etwas geändert"
    text = "Bitte laden Sie die Seite neu und prüfen Sie den neuen Stand."


class Closed(Conflict):
    title = "Diese Beteiligung ist beendet"
    may_pass = False
    text = "Beiträge und Stimmen werden hier nicht mehr angenommen. Alles Gesagte bleibt lesbar."


class NotOpenYet(Closed):
    title = "Diese Beteiligung hat noch nicht begonnen"
    may_pass = True
    text = "Sie können sich schon informieren. Mitreden geht ab dem Beginn der Beteiligung."


class Invalid(Refusal):
    status = 422
    title = "Bitte prüfen Sie Ihre Eingabe"


class FileTooLarge(Invalid):
    """A file of a form; unlike TooLarge it is the form's own answer."""

    status = 413


class TooMany(Refusal):
    status = 429
    title = "Einen Moment bitte"
    text = "Das waren viele Anfragen in kurzer Zeit. Bitte versuchen Sie es später noch einmal."

    def __init__(self, text: str = "", *, seconds: int = 60) -> None:
        super().__init__(text)
        self.seconds = seconds


class TooLarge(Refusal):
    status = 413
    title = "Das ist zu viel auf einmal"
    text = "Die Eingabe ist zu groß. Bitte kürzen Sie den Text und senden Sie ihn noch einmal."


class TooManyHeaders(Refusal):
    status = 431
    title = "Ihr Browser schickt zu viel mit"
    text = "Das liegt meist an Cookies. Bitte löschen Sie die Cookies dieser Seite und versuchen Sie es noch einmal."


class Unavailable(Refusal):
    status = 503
    title = "Gerade geht es nicht"
    text = "Die Datenbank antwortet nicht. Bitte versuchen Sie es in einer Minute noch einmal."
    seconds = 10


class Busy(Unavailable):
    title = "Gerade ist viel los"
    text = "Im Moment melden sich sehr viele Menschen an. Bitte versuchen Sie es in einer Minute noch einmal."
