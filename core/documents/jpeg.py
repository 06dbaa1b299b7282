"""What a JPEG's header says about the work of decoding it, before a decoder touches it."""

from collections.abc import Iterator
from dataclasses import dataclass

_SCAN = 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL = frozenset({0xC0, 0xC1, 0xC9})
_ALONE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})


@dataclass(frozen=True)
class Effort:
    """`scans`: how often the whole picture is gone over; `kept`: bytes held between the scans."""

    scans: int
    kept: int


def decoding_effort(octets: bytes) -> Effort:
    """The effort of decoding (ITU-T T.81 B.2); a picture in one scan keeps nothing between scans."""
    samples = components = 0
    progressive = False
    for marker, body, at in _segments(octets):
        if marker in _FRAMES and len(body) >= 6:
            samples, components = _samples(body), body[5]
            progressive = marker not in _SEQUENTIAL
        elif marker == _SCAN:
            several = progressive or body[:1] < bytes([components])
            return Effort(octets.count(b"\xff\xda", at), 2 * samples if several else 0)
    return Effort(0, 0)


def _segments(octets: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Marker, body and place of each segment, skipping what decoders skip (T.81 B.1.1.2)."""
    at = 2
    while (at := octets.find(b"\xff", at)) >= 0:
        start = at
        while octets[at : at + 1] == b"\xff":
            at += 1
        marker = octets[at] if at < len(octets) else 0
        at += 1
        if marker not in _ALONE:
            length = int.from_bytes(octets[at : at + 2])
            yield marker, octets[at + 2 : at + length], start
            at += max(length, 2)


def _samples(frame: bytes) -> int:
    """How many samples the components of a frame have together (T.81 A.1.1), rounded up."""
    height, width = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5])
    factors = [(f >> 4, f & 15) for f in frame[7 : 6 + 3 * frame[5] : 3]]
    widest = max((h for h, _ in factors), default=0) or 1
    tallest = max((v for _, v in factors), default=0) or 1
    return sum((width * h // widest + 16) * (height * v // tallest + 16) for h, v in factors)
