"""What the surroundings say, read once, typed and frozen; nonsense stops the start.

Production is the default and refuses a missing or weak secret and a host that cannot be printed;
only start.py asks for the sample mode.
"""

import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECRET_FILE = "secret.key"
_WEAK = frozenset({"secret", "changeme", "dev", "password", "sample"})
MEGABYTE = 1024 * 1024


class SettingsError(RuntimeError):
    """A setting is missing or makes no sense; the message names it and says what to do."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between one house and another."""

    mode: str
    data: Path
    database_url: str
    migrate_url: str
    secret_key: str
    label_origin: str
    cookie_secure: bool
    password_memory_kib: int = 65536
    longest_body: int = 12 * MEGABYTE

    @property
    def sample(self) -> bool:
        """Whether the pages carry the banner 示例 and sample data may be made."""
        return self.mode == "sample"

    @property
    def keys(self) -> Path:
        """The folder of the label master keys and the high-water file."""
        return self.data / "keys"

    @property
    def documents(self) -> Path:
        """The folder of stored documents and photos."""
        return self.data / "documents"

    @property
    def reach(self) -> Path:
        """The folder of the index of what went into what; it can be made anew at any time."""
        return self.data / "reach"


def read_settings(env: Mapping[str, str] | None = None) -> Settings:
    """The settings from environment variables (`BIAOYUAN_…`, `DATABASE_URL`, `SECRET_KEY…`).

    Raises SettingsError naming the variable.
    """
    env = os.environ if env is None else env
    mode = env.get("BIAOYUAN_MODE", "production")
    if mode not in ("production", "sample"):
        raise SettingsError(
            f"BIAOYUAN_MODE={mode!r}: 只能是 production 或 sample / must be production or sample"
        )
    data = Path(env.get("BIAOYUAN_DATA", "data")).resolve()
    data.mkdir(parents=True, exist_ok=True)
    url = env.get("DATABASE_URL") or f"sqlite:///{data / 'biaoyuan.sqlite'}"
    url = _driver(url)
    sample = mode == "sample"
    if not sample and env.get("FLASK_DEBUG", "0") not in ("", "0", "false"):
        raise SettingsError("FLASK_DEBUG: 正式运行不能开调试 / debug must be off in production")
    return Settings(
        mode=mode,
        data=data,
        database_url=url,
        migrate_url=_driver(env.get("MIGRATE_URL") or url),
        secret_key=_sample_secret(data) if sample else _secret(env),
        label_origin=_origin(env.get("BIAOYUAN_ORIGIN", ""), sample),
        cookie_secure=not sample,
    )


def _driver(url: str) -> str:
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    return url


def _secret(env: Mapping[str, str]) -> str:
    named = env.get("SECRET_KEY_FILE")
    if named:
        path = Path(named)
        if not path.is_file():
            raise SettingsError(f"SECRET_KEY_FILE: 没有这个文件 / no such file: {path}")
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SettingsError(
                f"SECRET_KEY_FILE: 别人也能读 {path}，请 chmod 600 / others can read it: chmod 600"
            )
        secret = path.read_text(encoding="utf-8").strip()
    else:
        secret = env.get("SECRET_KEY", "")
    if len(secret) < 32 or len(set(secret)) < 10 or secret.lower() in _WEAK:
        raise SettingsError(
            "SECRET_KEY: 没有设置或太弱，请用至少 32 个随机字符 / missing or weak: use 32 or more "
            "random characters (python3 -c 'import secrets; print(secrets.token_urlsafe(48))')"
        )
    return secret


def _sample_secret(data: Path) -> str:
    path = data / SAMPLE_SECRET_FILE
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="utf-8").strip()


def _origin(origin: str, sample: bool) -> str:
    """The scheme and host that are printed in codes, for example https://gi.example.cn."""
    if sample:
        return origin.lower().rstrip("/") or "http://localhost:8000"
    scheme, _, host = origin.lower().rstrip("/").partition("://")
    local = host.split(":")[0] in ("", "localhost", "127.0.0.1", "0.0.0.0")
    if scheme != "https" or local or "/" in host or "." not in host:
        raise SettingsError(
            f"BIAOYUAN_ORIGIN={origin!r}: 印在标签上的网址，须为 https:// 加真实域名，印出后不能改 / "
            "the address printed on labels: https:// and a real host; print cannot be recalled"
        )
    return f"{scheme}://{host}"
