"""Drawings made on the server as inline SVG: pure geometry, one function a picture.

Every amount is a Decimal. Colours come from the stylesheet alone, through class names, so that
dark mode, print and forced colours change no picture. A drawing that says something of its own
carries role="img" and a whole sentence in aria-label; one that repeats the words beside it is
hidden from screen readers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import Literal, get_args

from markupsafe import Markup

State = Literal["pass", "fail", "wait", "none"]
Reading = Literal["measured", "not-detected", "missing"]
Share = Literal["activated", "printed", "conforming", "under-way"]

STATES = frozenset(get_args(State))
_READINGS = frozenset(get_args(Reading))
_SHARE_CLASS = {"activated": "a", "printed": "b", "conforming": "c", "under-way": "d"}
_DEBT_CLASS = "e"

# A limit always stands here, in hundredths of the track, so that the limits of a list make one line.
LIMIT_AT = Decimal(70)
END = Decimal(100)
_TENTH = Decimal("0.1")
# A value beyond its limit is drawn at least this far beyond it, or 5.001 would look like 5.
_BEYOND = Decimal("1.5")
# Both limits of a scale that has no true zero (temperatures): the lower one stands here.
_LOWER_AT = Decimal(20)

_LINE_ICONS = {
    "pass": '<circle cx="12" cy="12" r="9.5"/><path d="m7.5 12.4 3.1 3.1 6-6.6"/>',
    "fail": '<path d="M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8z"/>'
    '<path d="m8.8 8.8 6.4 6.4m0-6.4-6.4 6.4"/>',
    "wait": '<path d="M12 3 22 20.5H2z"/><path d="M12 10v4.6m0 2.6v.1"/>',
    "none": '<circle cx="12" cy="12" r="9.5" stroke-dasharray="3.4 3.1"/>',
    "unknown": '<rect x="3" y="3" width="18" height="18" rx="4"/>'
    '<path d="M9.3 9.4a2.7 2.7 0 1 1 4 2.4c-.9.5-1.3 1-1.3 2m0 3v.1"/>',
    "clock": '<circle cx="12" cy="12" r="9.5"/><path d="M12 6.5V12l3.5 2.5"/>',
    "chevron": '<path d="m9 5 7 7-7 7"/>',
    "book": '<path d="M4 5.5C7 4 10 4.5 12 6c2-1.5 5-2 8-.5V19c-3-1.5-6-1-8 .5-2-1.5-5-2-8-.5z'
    'M12 6v13.5"/>',
    "pen": '<path d="M4 20h16M5 16.5 15.5 6l2.5 2.5L7.5 19 4.5 19.5z"/>',
    "lock": '<path d="M5 11h14v9.5H5zM8 11V8a4 4 0 0 1 8 0v3M12 14.5v2.5"/>',
    "leaf": '<path d="M12 21v-8M12 13c0-4 3-7 8-7 0 5-3 7-8 7Zm0 0c0-3-2.5-5.5-7-5.5 0 3.5 '
    '2.5 5.5 7 5.5Z"/>',
    "label": '<path d="M3 5h18v14H3z"/><path d="M6 8h4v4H6zM13.5 8.5H18M13.5 11.5H18M6 15.5h12"/>',
    "certificate": '<path d="M5 3h14v18H5zM8 7.5h8M8 11h8"/><path d="m9.5 16 1.8 1.8 3.4-3.6"/>',
    "camera": '<path d="M3 7.5h4l1.8-2.5h6.4L17 7.5h4v12H3z"/><circle cx="12" cy="13" r="3.6"/>',
    "document": '<path d="M6 3h8.5L19 7.5V21H6zM14 3v5h5M9 12.5h7M9 16.5h7"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5.5 5.5"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "download": '<path d="M12 4v11M7 10.5l5 5 5-5M4 20h16"/>',
    "printer": '<path d="M7 9V3.5h10V9M7 17H3.5V9h17v8H17M7 14h10v6.5H7z"/>',
    "flask": '<path d="M9.5 3h5M10.5 3v6.5L5 19a1.4 1.4 0 0 0 1.2 2h11.6a1.4 1.4 0 0 0 '
    '1.2-2L13.5 9.5V3M8 15h8"/>',
    "people": '<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c0-4 3-6.5 6.5-6.5s6.5 2.5 '
    '6.5 6.5M15.5 5a3.5 3.5 0 0 1 0 6.5M18 14c2.2.9 3.5 3 3.5 6"/>',
    "place": '<path d="M12 21.5C8 17 5.5 13.5 5.5 9.7a6.5 6.5 0 0 1 13 0c0 3.8-2.5 7.3-6.5 '
    '11.8z"/><circle cx="12" cy="9.7" r="2.3"/>',
    "phone": '<path d="M5 3.5h4l1.5 5-2.2 1.6a13 13 0 0 0 5.6 5.6l1.6-2.2 5 1.5v4c-8.5 '
    '1.5-17-7-15.5-15.5z"/>',
}

ICONS = frozenset(_LINE_ICONS)

_SEAL = (
    '<path class="ground" d="M10 5.5C31 4 66 4.8 86 5.2c3.6.1 5 1.7 5 5 .2 24-.6 50 .3 75 .1 3.6-1.6 '
    "5.3-5.1 5.2-25-.6-51 .7-76 .3-3.5 0-4.7-1.9-4.8-5.2C4.5 60 5.6 35 4.8 10.6 4.7 7.2 6.4 5.7 10 "
    '5.5z"/><rect class="frame" x="9.5" y="9.5" width="77" height="77" rx="2.5"/>'
)
_SEAL_PLACES = ((30, 45), (66, 45), (30, 80), (66, 80))

HILLS = Markup(
    '<svg class="hills" viewBox="0 0 400 120" preserveAspectRatio="none" aria-hidden="true">'
    '<path d="M0 92C70 58 120 64 190 88s140 20 210-22M0 104c70-32 124-26 194-4s136 20 206-20M0 116'
    "c70-30 126-24 198-4s132 20 202-18M150 76c60-44 120-62 250-64M176 82c60-38 110-52 224-54M204 88"
    'c52-30 100-40 196-42"/></svg>'
)
MARK = Markup(
    '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><rect x="1" y="1" width="30" '
    'height="30" rx="5"/><path d="M16 25.5v-9M16 17c0-5 3.5-9 9-10 .5 6-3.5 10-9 10ZM16 20.5c0-4-3'
    '-7-8-7.5 0 5 3.5 7.5 8 7.5Z"/></svg>'
)

FAVICON = Markup(
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect "
    "width='32' height='32' rx='6' fill='%232F6B3A'/%3E%3Cpath d='M16 26v-9M16 17c0-5 3.5-9 9-10 .5 "
    "6-3.5 10-9 10ZM16 20.5c0-4-3-7-8-7.5 0 5 3.5 7.5 8 7.5Z' fill='none' stroke='%23FFFEF9' "
    "stroke-width='2'/%3E%3C/svg%3E"
)


def state_class(state: str) -> str:
    """The stylesheet's class of `state`; ValueError for a state that it does not have."""
    if state not in STATES:
        raise ValueError(f"no state {state!r}: one of {', '.join(sorted(STATES))}")
    return f"is-{state}"


@cache
def icon(name: str) -> Markup:
    """A line icon of the closed set ICONS, hidden from screen readers; ValueError for another."""
    if name not in ICONS:
        raise ValueError(f"no icon {name!r}: one of {', '.join(sorted(ICONS))}")
    return Markup(
        f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{_LINE_ICONS[name]}</svg>'
    )


def seal(characters: str, *, filled: bool = True) -> Markup:
    """Four characters in two rows, read left to right; not `filled` = nothing vouched, dashed.

    Hidden from screen readers: the heading beside it says the same. ValueError unless four.
    """
    if len(characters) != len(_SEAL_PLACES):
        raise ValueError(f"a seal has four characters, not {characters!r}")
    signs = Markup().join(
        Markup('<text x="{}" y="{}">{}</text>').format(x, y, character)
        for character, (x, y) in zip(characters, _SEAL_PLACES, strict=True)
    )
    kind = "seal" if filled else "seal line"
    return Markup('<svg class="{}" viewBox="0 0 96 96" aria-hidden="true">{}{}</svg>').format(
        kind, Markup(_SEAL), signs
    )


@dataclass(frozen=True)
class _Scale:
    """Where a value stands on the track of 0–100: `at` for `anchor`, then `per_unit` each."""

    anchor: Decimal
    at: Decimal
    per_unit: Decimal
    from_zero: bool

    def place(self, value: Decimal) -> Decimal:
        return min(max(self.at + (value - self.anchor) * self.per_unit, Decimal(0)), END)


def _scale(value: Decimal | None, lower: Decimal | None, upper: Decimal | None) -> _Scale:
    """A length from zero where everything is above zero, else a stretch around the limits."""
    limit = upper if upper is not None else lower
    if limit is None:
        raise ValueError("a limit bar needs a lower or an upper limit")
    known = [number for number in (value, lower, upper) if number is not None]
    if not all(number.is_finite() for number in known):
        raise ValueError(f"a limit bar draws finite numbers only, not {known}")
    if lower is not None and upper is not None and lower > upper:
        raise ValueError(f"the lower limit {lower} is above the upper limit {upper}")
    if limit > 0 and min(known) >= 0:
        return _Scale(limit, LIMIT_AT, LIMIT_AT / limit, from_zero=True)
    if lower is not None and upper is not None and lower < upper:
        return _Scale(upper, LIMIT_AT, (LIMIT_AT - _LOWER_AT) / (upper - lower), from_zero=False)
    reach = max([abs(number - limit) for number in known] + [abs(limit), Decimal(1)])
    return _Scale(limit, LIMIT_AT, (END - LIMIT_AT) / reach, from_zero=False)


def _value_at(
    scale: _Scale, value: Decimal, lower: Decimal | None, upper: Decimal | None
) -> Decimal:
    """The value's place, never on the conforming side of a limit that it breaks."""
    place = scale.place(value)
    if upper is not None and value > upper:
        return max(place, scale.place(upper) + _BEYOND)
    if lower is not None and value < lower:
        return max(min(place, scale.place(lower) - _BEYOND), Decimal(0))
    return place


def limit_bar(
    value: Decimal | None,
    lower: Decimal | None,
    upper: Decimal | None,
    kind: Reading,
    state: State,
    label: str,
) -> Markup:
    """A reading against its limit, drawn so that every limit stands at x = 70.

    `lower` and `upper` are the limits in the value's unit (None = no limit on that side, one must
    be given); both make two lines with what conforms between them. `kind` says what the reading
    is: "measured" draws the length v ÷ limit × 70 (or a tick, where numbers below zero leave no
    true zero), "not-detected" a tick at zero and never a length, "missing" only the limits.
    `label` is the whole sentence for who cannot see it. ValueError for anything else.
    """
    if kind not in _READINGS or (kind == "measured") != (value is not None):
        raise ValueError(f"reading {kind!r} with value {value}")
    scale = _scale(value, lower, upper)
    parts: list[str] = ['<rect class="track" width="100" height="12"/>']
    lines: list[str] = []
    if lower is not None:
        line = _short(scale.place(lower))
        parts.append(f'<rect class="no" width="{line}" height="12"/>')
        lines.append(f"M{line}-3v18")
    if upper is not None:
        line = _short(scale.place(upper))
        rest = _short(END - scale.place(upper))
        parts.append(f'<rect class="no" x="{line}" width="{rest}" height="12"/>')
        lines.append(f"M{line}-3v18")
    if value is not None:
        place = _value_at(scale, value, lower, upper)
        parts.append(_length(place) if scale.from_zero else _tick(place))
    elif kind == "not-detected":
        parts.append(_tick(Decimal(1)))
    parts.append(f'<path class="lim" d="{"".join(lines)}"/>')
    return _picture(f"bar {state_class(state)}", 12, "".join(parts), label)


def _length(place: Decimal) -> str:
    return f'<rect class="val" y="2.5" width="{_short(place)}" height="7"/>'


def _tick(place: Decimal) -> str:
    inside = min(max(place, Decimal(1)), END - 1)
    return f'<path class="ref" d="M{_short(inside)} 1v10"/>'


def balance_bar(
    amounts: Sequence[tuple[Share, Decimal]],
    label: str,
    *,
    allowance: Decimal | None = None,
    whole: Decimal | None = None,
) -> Markup:
    """Amounts laid end to end, against an allowance or within a whole; the same unit throughout.

    With `allowance` its line stands at x = 70 and what lies past it is drawn as debt; with `whole`
    the track's full length is the whole and there is no line. Exactly one must be given, above
    zero; an allowance of nothing (0) makes everything debt. ValueError for anything else.
    """
    given = allowance if allowance is not None else whole
    if given is None or (allowance is not None and whole is not None):
        raise ValueError("a balance bar needs an allowance or a whole, not both")
    if not given.is_finite() or given < 0 or (whole is not None and whole == 0):
        raise ValueError(f"a balance bar cannot measure against {given}")
    if any(not amount.is_finite() or amount < 0 for _, amount in amounts):
        raise ValueError("a balance bar has no negative amounts")
    parts = ['<rect class="track" width="100" height="20"/>']
    parts += _shares(amounts, given, LIMIT_AT if allowance is not None else END)
    if allowance is not None:
        parts.append('<path class="lim" d="M70-4v28"/>')
    return _picture("stack", 20, "".join(parts), label)


def _shares(
    amounts: Sequence[tuple[Share, Decimal]], given: Decimal, given_at: Decimal
) -> Iterator[str]:
    """The pieces up to `given`, then one piece of debt for what lies past it, cut at the end."""
    total = Decimal(0)
    for share, amount in amounts:
        before, total = total, total + amount
        start, end = min(before, given), min(total, given)
        if end > start:
            yield _piece(_SHARE_CLASS[share], start / given * given_at, end / given * given_at)
    if total > given:
        reach = given_at + (total - given) / given * given_at if given > 0 else END
        yield _piece(_DEBT_CLASS, given_at, min(max(reach, given_at + _BEYOND), END))


def _piece(name: str, start: Decimal, end: Decimal) -> str:
    if name == _SHARE_CLASS["under-way"]:
        return f'<path class="d" d="M{_short(start)} 10H{_short(end)}"/>'
    width = _short(end.quantize(_TENTH) - start.quantize(_TENTH))
    return f'<rect class="{name}" x="{_short(start)}" width="{width}" height="20"/>'


def nine(states: Sequence[State]) -> Markup:
    """The nine links in small: nine marks whose shapes differ; always beside a word that says it.

    ValueError unless there are nine states.
    """
    if len(states) != 9:
        raise ValueError(f"the plan has nine links, not {len(states)}")
    marks = "".join(
        f'<g class="{state_class(state)}" transform="translate({21 * place + 1} 1)">{_MARKS[state]}</g>'
        for place, state in enumerate(states)
    )
    return Markup(f'<svg class="nine" viewBox="0 0 188 20" aria-hidden="true">{marks}</svg>')


_MARKS = {
    "pass": '<rect class="on" width="18" height="18" rx="3"/>',
    "fail": '<rect class="on" width="18" height="18" rx="3"/><path class="x" d="m5 5 8 8m0-8-8 8"/>',
    "wait": '<rect class="off" width="18" height="18" rx="3"/><path class="on" d="M1 9h16v8H1z"/>',
    "none": '<rect class="off" width="18" height="18" rx="3" stroke-dasharray="3.4 2.6"/>',
}


def gauge(done: int, total: int) -> Markup:
    """How much of a list is done, as a thin bar beside the words that say it."""
    if not 0 <= done <= total:
        raise ValueError(f"{done} of {total} cannot be done")
    width = _short(END * done / total) if total else "0"
    return Markup(
        '<svg class="gauge" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="track" width="100" height="4"/><rect class="a" width="{width}" height="4"/>'
        "</svg>"
    )


def _short(number: Decimal) -> str:
    """A coordinate with at most one decimal place, without an exponent: 70, 8.7."""
    rounded = number.quantize(_TENTH, rounding=ROUND_HALF_EVEN) + 0
    return format(rounded, "f").removesuffix(".0")


def _picture(name: str, height: int, inside: str, label: str) -> Markup:
    if not label.strip():
        raise ValueError("a drawing needs a sentence for who cannot see it")
    return Markup(
        '<svg class="{}" viewBox="0 0 100 {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>'
    ).format(name, height, label, Markup(inside))
