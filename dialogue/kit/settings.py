"""Settings: read once from the environment, frozen, refused when incomplete or unsafe."""

import json
import secrets
from email.utils import parseaddr
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1"}


class Unsafe(Exception):
    """A setting that must not be started with; its text says what to do."""


class Settings(BaseSettings):
    """All settings; each is the environment variable of the same name with `DIALOG_` in front."""

    model_config = SettingsConfigDict(
        env_prefix="DIALOG_", env_ignore_empty=True, frozen=True, extra="forbid"
    )

    data: Path = Field(Path("var"), description="Ordner für Datenbank, Dateien und Zugänge")
    database_url: str = Field("", description="PostgreSQL der Anwendung; leer: eingebauter Server")
    owner_url: str = Field("", description="PostgreSQL der Eigentümerrolle, nur für `migrate`")
    origin: str = Field("", description="öffentliche Adresse, etwa https://dialog.halle.example")
    proxy: str = Field("", description="Adressen des Proxys davor, der die der Besucher nennt; leer: keiner")
    secret: str = Field("", description="mindestens 32 zufällige Zeichen; Demo: wird erzeugt")
    city: Path | None = Field(None, description="TOML-Datei mit Name, Kontakt und Texten der Stadt")
    smtp_url: str = Field("", description="smtp://nutzer:kennwort@server:587; Demo: Ordner mail/")
    mail_from: str = Field("KI-Dialog <ki-dialog@localhost>", description="Absender der E-Mails")
    workers: Annotated[int, Field(ge=1, le=64, description="Prozesse des Webservers")] = 2
    limits: bool = Field(
        True, description="Grenzen für Anmeldung, E-Mail und Beiträge; nur Tests schalten ab"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Umfang des Logs")

    @field_validator("origin")
    @classmethod
    def _origin(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
            raise ValueError("muss wie https://dialog.halle.example aussehen, ohne Pfad")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("braucht https; http ist nur für 127.0.0.1 und localhost erlaubt")
        return value.rstrip("/")

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, value: str) -> str:
        for address in filter(None, value.split(",")):
            try:
                ip_network(address.strip())
            except ValueError:
                raise ValueError(
                    "muss eine Adresse oder ein Netz nennen, etwa 10.0.0.5 oder 10.0.0.0/24; mehrere mit Komma"
                ) from None
        return value

    @field_validator("secret")
    @classmethod
    def _secret(cls, value: str) -> str:
        if value and (len(value) < 32 or len(set(value)) < 8):
            raise ValueError(
                "muss mindestens 32 zufällige Zeichen haben, etwa aus: "
                'python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
            )
        return value

    @field_validator("database_url", "owner_url")
    @classmethod
    def _postgres(cls, value: str) -> str:
        if value and urlsplit(value).scheme not in {"postgresql", "postgres", "postgresql+asyncpg"}:
            raise ValueError("muss mit postgresql:// beginnen")
        return value.replace("postgres://", "postgresql://", 1).replace(
            "postgresql://", "postgresql+asyncpg://", 1
        )

    @field_validator("smtp_url")
    @classmethod
    def _smtp(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in {"smtp", "smtps"} or not urlsplit(value).hostname):
            raise ValueError("muss wie smtp://server:587 oder smtps://server:465 aussehen")
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str) -> str:
        if not value.isprintable() or "@" not in parseaddr(value)[1]:
            raise ValueError("muss wie KI-Dialog <ki-dialog@halle.example> aussehen")
        return value

    @property
    def https(self) -> bool:
        return self.origin.startswith("https://")

    @property
    def demo(self) -> bool:
        """True when the data folder was filled by `ki-dialog demo`."""
        return self.demo_marker.exists()

    @property
    def demo_marker(self) -> Path:
        return self.data / "demo.json"

    @cached_property
    def key(self) -> bytes:
        """The application's secret; without DIALOG_SECRET one is made in the data folder (0600)."""
        if self.secret:
            return self.secret.encode()
        path = self.data / "secret"
        if not path.exists():
            self.data.mkdir(parents=True, exist_ok=True)
            write_private(path, secrets.token_urlsafe(32))
        return path.read_bytes()

    def ready_to_serve(self) -> "Settings":
        """Raise Unsafe unless the web server and the worker may run with these settings."""
        if self.demo:
            if self.database_url:
                raise Unsafe(
                    "Die Demonstration läuft nur mit ihrer eigenen Datenbank: "
                    "Bitte DIALOG_DATABASE_URL entfernen oder DIALOG_DATA auf einen anderen Ordner setzen."
                )
            return self
        missing = [
            sentence
            for value, sentence in (
                (
                    self.origin,
                    "DIALOG_ORIGIN fehlt: die öffentliche Adresse, etwa https://dialog.halle.example.",
                ),
                (self.secret, "DIALOG_SECRET fehlt: mindestens 32 zufällige Zeichen."),
                (self.smtp_url, "DIALOG_SMTP_URL fehlt: ohne Mailserver kann sich niemand registrieren."),
                (
                    "mail_from" in self.model_fields_set,
                    "DIALOG_MAIL_FROM fehlt: der Absender der Mails, etwa KI-Dialog <ki-dialog@halle.example>.",
                ),
                (
                    self.city,
                    "DIALOG_CITY fehlt: die TOML-Datei mit Name, Kontakt und Texten; daneben liegt legal.toml.",
                ),
            )
            if not value
        ]
        if not self.limits:
            missing.append("DIALOG_LIMITS ist aus: Das ist nur in Tests erlaubt, bitte entfernen.")
        if missing:
            raise Unsafe("\n".join(missing))
        return self


def read(**changes: object) -> Settings:
    """Settings from the environment; raises Unsafe with one sentence per wrong variable."""
    try:
        return Settings(**changes)  # type: ignore[arg-type]
    except ValidationError as wrong:
        raise Unsafe("\n".join(_sentence(error) for error in wrong.errors())) from None


def port(text: str) -> int:
    """A port as somebody typed it; raises Unsafe."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536):
        raise Unsafe(f"PORT ist falsch: „{text}“ ist keine Zahl zwischen 1 und 65535.")
    return int(text)


def _sentence(error: object) -> str:
    details = json.loads(json.dumps(error, default=str))
    reason = details["msg"].removeprefix("Value error, ")
    return f"DIALOG_{str(details['loc'][0]).upper()} ist falsch: {reason}."


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read (0600), replacing an older one whole."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
