"""Where the secrets of label codes live: masters in files or the environment, and a high-water file
beside them that knows which serials were spent, whatever backup the database came from.

No message of this module shows a secret. Serials run from 0 to 2³⁵ − 1 in each key epoch.
"""

import errno
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fcntl import LOCK_EX, flock
from fnmatch import fnmatch
from pathlib import Path
from types import MappingProxyType

from core.words import Words
from labels.codes import LAST_EPOCH, LAST_SERIAL

__all__ = [
    "HighWater",
    "HighWaterError",
    "KeyFileError",
    "KeyKeepingError",
    "KeyRing",
    "create_master",
    "create_secret",
    "read_environment",
    "read_folder",
    "read_secret",
]

_FILE_NAME = re.compile(r"epoch-(0|[1-9][0-9]?)\.key")
_VARIABLE = re.compile(r"LABEL_KEY_(0|[1-9][0-9]?)")
_MASTER = re.compile(r"[0-9A-Fa-f]{64}")
_PRIVATE_MODES = (0o400, 0o600)
# Thirty-two random bytes show fewer different values about once in 10¹⁶ keys.
_FEWEST_DIFFERENT_BYTES = 16


class KeyKeepingError(RuntimeError):
    """What must be put right by whoever runs the service; `words` say what and how."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.words = Words(zh, en)


class KeyFileError(KeyKeepingError):
    """A master that cannot be used or made; names the file or the variable."""


class HighWaterError(KeyKeepingError):
    """Serials would be issued twice, or nobody can tell whether they would."""


@dataclass(frozen=True)
class KeyRing:
    """The masters of the key epochs that this process holds, 32 bytes each."""

    masters: Mapping[int, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "masters", MappingProxyType(dict(self.masters)))


def read_folder(folder: Path) -> KeyRing:
    """Read the masters ``epoch-<n>.key`` of a folder; other files in it are left alone.

    Raises KeyFileError for a folder that cannot be read, and for the first file that is misnamed,
    a link, open to others than its owner, or without 64 hexadecimal characters.
    """
    try:
        names = sorted(name for name in os.listdir(folder) if fnmatch(name, "epoch-*.key"))
    except OSError as problem:
        raise KeyFileError(
            f"读不了密钥文件夹 {folder}（{problem.strerror}）；请检查路径和权限。",
            f"Cannot read the key folder {folder} ({problem.strerror}); check path and access.",
        ) from problem
    return KeyRing({_epoch_of(folder / name): read_secret(folder / name) for name in names})


def read_environment(environment: Mapping[str, str]) -> KeyRing:
    """Read the masters ``LABEL_KEY_<n>``, each 64 hexadecimal characters.

    Raises KeyFileError naming the first variable that is not one.
    """
    masters = {}
    for name in sorted(name for name in environment if name.startswith("LABEL_KEY_")):
        match = _VARIABLE.fullmatch(name)
        if match is None or int(match[1]) > LAST_EPOCH:
            raise KeyFileError(
                f"环境变量 {name} 的名字不对；应为 LABEL_KEY_0 至 LABEL_KEY_{LAST_EPOCH}。",
                f"The variable {name} is misnamed; use LABEL_KEY_0 to LABEL_KEY_{LAST_EPOCH}.",
            )
        masters[int(match[1])] = _master(name, environment[name])
    return KeyRing(masters)


def create_master(folder: Path, epoch: int) -> Path:
    """Make the master of a new epoch in ``epoch-<n>.key``, mode 0400, on disk when this returns.

    Raises KeyFileError for an epoch out of bounds and for one that has a file: a master is never
    overwritten, since the labels of its epoch would answer no more.
    """
    if not 0 <= epoch <= LAST_EPOCH:
        raise KeyFileError(
            f"密钥期应为 0 至 {LAST_EPOCH}，没有 {epoch}。",
            f"A key epoch is 0 to {LAST_EPOCH}; there is no epoch {epoch}.",
        )
    return create_secret(folder / f"epoch-{epoch}.key")


def create_secret(path: Path) -> Path:
    """Make a key file of 32 random bytes, mode 0400, on disk when this returns.

    Raises KeyFileError where the file is there already: a key is never overwritten.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_durably(path, secrets.token_bytes(32).hex() + "\n", os.O_EXCL, 0o400)
        _sync_folder(path.parent)
    except FileExistsError as problem:
        raise KeyFileError(
            f"{problem.filename} 已存在，不会覆盖；请换用下一个密钥期。",
            f"{problem.filename} exists and is never overwritten; take the next key epoch.",
        ) from problem
    except OSError as problem:
        raise KeyFileError(
            f"写不了密钥文件 {path}（{problem.strerror}）；请检查文件夹的权限和磁盘空间。",
            f"Cannot write the key file {path} ({problem.strerror}); "
            "check the access to the folder and the space on disk.",
        ) from problem
    return path


@dataclass(frozen=True)
class _Mark:
    """The highest serial given to a transaction, and the highest known to be committed."""

    spent: int = -1
    committed: int = -1


@dataclass(frozen=True)
class HighWater:
    """The file of the highest serial of each epoch: it only rises, for all processes together.

    Inside the transaction that holds the lock on the epoch's serials: ``next_free``, insert the
    run, ``raise_to``, COMMIT; then ``settle``. A process that dies between ``raise_to`` and COMMIT
    costs the serials of its run and nothing else; a database older than the file is refused.
    """

    path: Path

    def check(self, epoch: int, first: int) -> None:
        """Raise HighWaterError where ``first`` was spent before."""
        spent = self._marks().get(epoch, _Mark()).spent
        if first <= spent:
            raise _database_behind(self.path, epoch, first, spent)

    def next_free(self, epoch: int, database_next: int) -> int:
        """Give the first serial to issue, where the database would go on with ``database_next``.

        Serials that were spent and never committed are passed over. Raises HighWaterError where the
        database has lost committed ones, as after the restore of an older backup.
        """
        mark = self._marks().get(epoch, _Mark())
        if database_next <= mark.committed:
            raise _database_behind(self.path, epoch, database_next, mark.committed)
        return max(database_next, mark.spent + 1)

    def raise_to(self, epoch: int, last: int) -> None:
        """Record the serials of an epoch up to ``last`` as spent; on disk when this returns."""
        self._raise(epoch, last, last_committed=-1)

    def settle(self, epoch: int, last: int) -> None:
        """Record the serials of an epoch up to ``last`` as committed, after the COMMIT."""
        self._raise(epoch, last, last_committed=last)

    def _raise(self, epoch: int, last: int, last_committed: int) -> None:
        if not (0 <= epoch <= LAST_EPOCH and 0 <= last <= LAST_SERIAL):
            raise ValueError(f"no serial {last} in key epoch {epoch}")
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(self.path.with_name(self.path.name + ".lock")):
            marks = self._marks()
            old = marks.get(epoch, _Mark())
            new = _Mark(max(old.spent, last), max(old.committed, last_committed))
            if new != old:
                self._replace(marks | {epoch: new})

    def _marks(self) -> dict[int, _Mark]:
        try:
            text = self.path.read_text("utf-8")
        except FileNotFoundError:
            return {}
        try:
            return {int(epoch): _Mark(*map(int, pair)) for epoch, pair in json.loads(text).items()}
        except (ValueError, TypeError, AttributeError) as problem:
            raise HighWaterError(
                f"高水位文件 {self.path} 已损坏，暂停发码；请从备份取回它的最新版本，"
                "没有就移走它并换用新的密钥期。",
                f"The high-water file {self.path} is damaged and no codes are issued; bring back "
                "its newest copy, or else move it away and take a new key epoch.",
            ) from problem

    def _replace(self, marks: Mapping[int, _Mark]) -> None:
        rows = {str(epoch): [mark.spent, mark.committed] for epoch, mark in sorted(marks.items())}
        fresh = self.path.with_name(self.path.name + ".new")
        _write_durably(fresh, json.dumps(rows) + "\n", os.O_TRUNC, 0o600)
        fresh.replace(self.path)
        _sync_folder(self.path.parent)


def _database_behind(path: Path, epoch: int, first: int, spent: int) -> HighWaterError:
    return HighWaterError(
        f"密钥期 {epoch} 的序号到 {spent} 为止都已发出（见 {path}），数据库却要从 {first} 发起，"
        "可能恢复了较早的备份。请恢复更新的备份；没有就新建一个密钥期，改用它发码。",
        f"Serials up to {spent} of key epoch {epoch} are spent (see {path}), yet the database "
        f"would go on from {first}: it may come from an older backup. Restore a newer one, or "
        "else create a new key epoch and issue from that.",
    )


def _epoch_of(path: Path) -> int:
    match = _FILE_NAME.fullmatch(path.name)
    if match is None or int(match[1]) > LAST_EPOCH:
        raise KeyFileError(
            f"密钥文件 {path} 的名字不对；应为 epoch-0.key 至 epoch-{LAST_EPOCH}.key。",
            f"The key file {path} is misnamed; use epoch-0.key to epoch-{LAST_EPOCH}.key.",
        )
    return int(match[1])


def read_secret(path: Path) -> bytes:
    """The 32 bytes of a key file; KeyFileError for one that is missing, open to others or no key.

    The very file is judged that is read: opened once, without following a link or waiting for it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        if problem.errno == errno.ELOOP:
            raise KeyFileError(
                f"密钥文件 {path} 是符号链接；请把文件本身放在这里。",
                f"The key file {path} is a symbolic link; put the file itself in its place.",
            ) from problem
        raise KeyFileError(
            f"读不了密钥文件 {path}（{problem.strerror}）；它应属于运行本服务的用户。",
            f"Cannot read the key file {path} ({problem.strerror}); "
            "it must belong to the user who runs the service.",
        ) from problem
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise KeyFileError(
                f"{path} 不是普通文件；请把密钥文件本身放在这里。",
                f"{path} is not a regular file; put the key file itself in its place.",
            )
        if stat.S_IMODE(status.st_mode) not in _PRIVATE_MODES:
            raise KeyFileError(
                f"密钥文件 {path} 的权限过宽或不对；请执行 chmod 400 {path}。",
                f"The key file {path} is open to others or has an odd mode; run chmod 400 {path}.",
            )
        return _master(str(path), file.read(256).decode("ascii", "replace"))


def _master(name: str, text: str) -> bytes:
    digits = text.strip()
    if not _MASTER.fullmatch(digits):
        raise KeyFileError(
            f"{name} 的内容不是密钥；应为 64 个十六进制字符，请从备份取回。",
            f"{name} holds no key; it must be 64 hexadecimal characters, bring it back from its "
            "backup.",
        )
    master = bytes.fromhex(digits)
    if len(set(master)) < _FEWEST_DIFFERENT_BYTES:
        raise KeyFileError(
            f"{name} 的密钥不是随机产生的，容易被猜中；请用命令新建密钥。",
            f"The key in {name} was not made at random and can be guessed; create a new one.",
        )
    return master


def _write_durably(path: Path, content: str, flag: int, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | flag
    with open(os.open(path, flags, mode), "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Bring the names in a folder to disk; its files may be there while their names are not."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep all other processes and threads out; the lock ends with the process at the latest."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        flock(descriptor, LOCK_EX)
        yield
    finally:
        os.close(descriptor)
