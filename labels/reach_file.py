"""Arrays kept in one file and mapped into memory: opened in milliseconds, shared by processes.

    magic, 8 bytes  ·  length of the header, 8 bytes, big-endian  ·  header, JSON in UTF-8
    sums: one little-endian 64-bit word for each block of the body  ·  body: the arrays

The header names the version, the facts, the arrays (dtype, length, where in the body) and a SHA-256
over itself and the sums; a block's sum is that of its words. Opening checks size, header, sums: a
file that was cut short, mixed or changed by accident is found; against malice it does not help.
Written beside its place and put there in one step, so that nobody ever reads half of it.
"""

import contextlib
import hashlib
import json
import mmap
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

MAGIC = b"BYREACH\x00"
VERSION = 1
_HEAD = 16
_WORD = 8
_BLOCK = 32_768
"""Words in a block."""
_LINE = 64
"""Arrays and the body begin at multiples of this many bytes."""

Array = npt.NDArray[Any]
Facts = dict[str, Any]


class DamagedError(ValueError):
    """The file is not as it was written, or of another version: make it anew, never use it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file holds: the facts, and one-dimensional arrays that cannot be written to."""

    facts: Facts
    arrays: Mapping[str, Array]


def write(path: Path, facts: Facts, arrays: Mapping[str, Array]) -> None:
    """Put `facts` (JSON) and one-dimensional `arrays` at `path`, on the disk before it returns."""
    named, body = _body(arrays)
    sums = _sums(body)
    header = {"version": VERSION, "facts": facts, "arrays": named, "words": len(body)}
    header["sha256"] = _digest(header, sums)
    told = json.dumps(header).encode()
    told += b" " * (-(_HEAD + len(told) + sums.nbytes) % _LINE)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".new", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(MAGIC + len(told).to_bytes(8, "big") + told)
            file.write(sums.data)
            file.write(body.data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _settle(path.parent)


def read(path: Path) -> Kept:
    """The file at `path`, mapped. Raises FileNotFoundError, DamagedError."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size < _HEAD:
            raise DamagedError(f"{path}: cut short")
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        return _read(np.frombuffer(whole, dtype=np.uint8))
    except (ValueError, KeyError, TypeError, AttributeError) as broken:
        raise DamagedError(f"{path}: {broken}") from broken


def _read(whole: npt.NDArray[np.uint8]) -> Kept:
    if whole[:8].tobytes() != MAGIC:
        raise ValueError("another kind of file")
    told = int.from_bytes(whole[8:_HEAD].tobytes(), "big")
    header = json.loads(whole[_HEAD : _HEAD + told].tobytes())
    if header["version"] != VERSION:
        raise ValueError(f"version {header['version']}")
    words = header["words"]
    begin = _HEAD + told
    middle = begin + _blocks(words) * _WORD
    if len(whole) != middle + words * _WORD:
        raise ValueError("not as long as it should be")
    sums, body = whole[begin:middle].view("<u8"), whole[middle:].view("<u8")
    if header.pop("sha256") != _digest(header, sums) or not np.array_equal(sums, _sums(body)):
        raise ValueError("the sums differ")
    raw = body.view(np.uint8)
    arrays = {
        name: raw[at : at + np.dtype(kind).itemsize * length].view(kind)
        for name, (kind, length, at) in header["arrays"].items()
    }
    return Kept(header["facts"], arrays)


def _body(arrays: Mapping[str, Array]) -> tuple[dict[str, tuple[str, int, int]], Array]:
    """Where each array lies, and all of them as words (little-endian, 64 bits)."""
    named: dict[str, tuple[str, int, int]] = {}
    end = 0
    for name, array in arrays.items():
        named[name] = (array.dtype.newbyteorder("<").str, len(array), end)
        end += array.nbytes + -array.nbytes % _LINE
    body = np.zeros(end, dtype=np.uint8)
    for name, array in arrays.items():
        little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        at = named[name][2]
        body[at : at + array.nbytes] = little.view(np.uint8)
    return named, body.view("<u8")


def _blocks(words: int) -> int:
    return -(-words // _BLOCK)


def _sums(body: Array) -> Array:
    """The sum of each block, modulo 2⁶⁴: uint64[blocks]."""
    places = np.arange(0, len(body), _BLOCK)
    made: Array = np.add.reduceat(body, places) if len(places) else np.zeros(0)
    return made.astype("<u8")


def _digest(header: Mapping[str, Any], sums: Array) -> str:
    told = json.dumps(header, sort_keys=True).encode()
    return hashlib.sha256(told + sums.tobytes()).hexdigest()


def _settle(folder: Path) -> None:
    """Let the folder itself, the new name in it, reach the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
