"""The keys that sign certificates of analysis: Ed25519 (RFC 8032), in the folder of keys.

The newest signs, the older ones still verify. A key is known by the first 16 hexadecimal digits of
the SHA-256 of its public half, so that a file says which one it was signed with.
"""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.act import ADMIN, AUTHORITY, Act
from labels.keys import KeyFileError, create_secret, read_secret

_FILE_NAME = re.compile(r"report-([1-9][0-9]{0,3})\.key")


@dataclass(frozen=True)
class PublicKey:
    """The public half: `key` is its short name, `hex` its 32 bytes."""

    key: str
    hex: str

    def verifies(self, content: bytes, signature: bytes) -> bool:
        """Whether this key signed exactly these bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.hex)).verify(signature, content)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class ReportKey:
    """A key that signs."""

    number: int
    public: PublicKey
    _secret: bytes = field(repr=False)

    def sign(self, content: bytes) -> bytes:
        """The signature, 64 bytes; the same for the same content."""
        return Ed25519PrivateKey.from_private_bytes(self._secret).sign(content)


def public_key(text: str) -> PublicKey:
    """A public key from its 64 hexadecimal digits; ValueError where the text is none."""
    raw = bytes.fromhex(text.strip())
    if len(raw) != 32:
        raise ValueError("a public key has 32 bytes")
    return PublicKey(hashlib.sha256(raw).hexdigest()[:16], raw.hex())


def report_keys(folder: Path) -> list[ReportKey]:
    """The report keys of a folder, the newest first.

    Raises KeyFileError for a key that others can read, or that is none.
    """
    if not folder.is_dir():
        return []
    numbers = (_FILE_NAME.fullmatch(path.name) for path in folder.iterdir())
    return [_read(folder, n) for n in sorted((int(m[1]) for m in numbers if m), reverse=True)]


def _read(folder: Path, number: int) -> ReportKey:
    secret = read_secret(folder / f"report-{number}.key")
    raw = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    return ReportKey(number, public_key(raw.hex()), secret)


def new_report_key(act: Act, folder: Path) -> ReportKey:
    """Make the next report key, which signs from now on; its public half goes on record.

    Raises KeyFileError where it cannot be written.
    """
    act.need(AUTHORITY)
    act.need(ADMIN)
    newest = next(iter(report_keys(folder)), None)
    number = 1 if newest is None else newest.number + 1
    create_secret(folder / f"report-{number}.key")
    made = _read(folder, number)
    act.record("report-key", made.public.key, number=number, public=made.public.hex)
    return made


def ensure_report_key(act: Act, folder: Path) -> None:
    """Make the first report key in a house that has none."""
    if not report_keys(folder):
        new_report_key(act, folder)


def signing_key(folder: Path) -> ReportKey:
    """The key that signs now; KeyFileError, with the command that makes one, where there is none."""
    newest = next(iter(report_keys(folder)), None)
    if newest is None:
        raise KeyFileError(
            "还没有报告签名密钥；请运行 flask --app wsgi house new-report-key。",
            "There is no report key yet; run flask --app wsgi house new-report-key.",
        )
    return newest
