"""Mail: text to message, message to the city's mail server or, in the demo, to a folder."""

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib

_LINE_BREAK = re.compile(r"[\r\n]+")


@dataclass(frozen=True)
class Mail:
    """A plain-text mail; `id` makes its Message-ID, so that a second delivery is recognisable."""

    to: str
    subject: str
    text: str
    id: str


def compose(rendered: str, to: str, id: str) -> Mail:
    """A rendered template: the first line `Betreff: …`, a blank line, the text."""
    head, _, text = rendered.partition("\n")
    return Mail(to, head.removeprefix("Betreff:").strip(), text.strip() + "\n", id)


class Post:
    """Sends mail by SMTP, or writes it to a folder when there is no server (demo only)."""

    def __init__(self, sender: str, smtp_url: str = "", folder: Path | None = None) -> None:
        self.sender, self.smtp_url, self.folder = sender, smtp_url, folder

    def message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self.sender
        message["To"] = Address(addr_spec=mail.to)
        message["Subject"] = _LINE_BREAK.sub(" ", mail.subject)
        message["Date"] = formatdate(usegmt=True)
        domain = parseaddr(self.sender)[1].partition("@")[2] or "localhost"
        message["Message-ID"] = f"<{mail.id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message

    async def send(self, mail: Mail) -> None:
        """Deliver, or raise: the job's back-off tries again."""
        message = self.message(mail)
        if self.smtp_url:
            server = urlsplit(self.smtp_url)
            named = server.username is not None and server.scheme == "smtp"
            await aiosmtplib.send(
                message,
                recipients=[mail.to],
                hostname=server.hostname,
                port=server.port or (465 if server.scheme == "smtps" else 587),
                username=unquote(server.username) if server.username else None,
                password=unquote(server.password) if server.password else None,
                use_tls=server.scheme == "smtps",
                start_tls=True if named else None,  # a password only through an encrypted line
                timeout=20,
            )
        elif self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            fresh = self.folder / f".{mail.id}.new"
            fresh.touch(mode=0o600)
            fresh.write_bytes(message.as_bytes())
            fresh.replace(self.folder / f"{mail.id}.eml")
