"""The link of a label and the size of its symbol, against qrcode and python-stdnum as oracles."""

import random
from decimal import Decimal

import pytest
import qrcode
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import ean

from labels.digital_link import (
    SMALLEST_MODULE_MM,
    GtinError,
    Level,
    LinkError,
    LinkPath,
    SymbolSizeError,
    best_level,
    checked_gtin,
    label_url,
    parse_path,
    symbol_modules,
    widest_url,
)

CODE = "1VYA2X0V00VG6X13G"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# GS1 keeps the prefix 952 for examples: a number that no product has.
EXAMPLE_GTIN = "09521234543213"
LEVELS: tuple[Level, Level] = ("M", "Q")


def host_of(length: int) -> str:
    return "https://" + "a" * (length - 3) + ".cn"


def modules_by_qrcode(url: str, level: Level) -> int:
    correction = {"M": qrcode.constants.ERROR_CORRECT_M, "Q": qrcode.constants.ERROR_CORRECT_Q}
    symbol = qrcode.QRCode(error_correction=correction[level])
    symbol.add_data(url, optimize=8)
    return 17 + 4 * int(symbol.best_fit())


def check_digit(payload: str) -> str:
    return str(ean.calc_check_digit(payload))


def test_a_label_without_gtin_links_to_its_code_alone() -> None:
    assert label_url("https://bz.example.cn", CODE) == f"https://bz.example.cn/T/{CODE}"


def test_a_label_with_gtin_links_to_both_as_gs1_writes_it() -> None:
    expected = f"https://bz.example.cn/01/09521234543213/21/{CODE}"
    assert label_url("https://bz.example.cn", CODE, "9521234543213") == expected


def test_scheme_and_host_are_lower_case_and_a_port_may_stand_there() -> None:
    assert label_url("HTTPS://BZ.Example.CN", CODE).startswith("https://bz.example.cn/T/")
    assert label_url("http://192.168.1.9:8000", CODE).startswith("http://192.168.1.9:8000/T/")


NO_ORIGINS = """
bz.example.cn
https://
https://bz.example.cn/
https://a@b.cn
https://标源.cn
ftp://a.cn
https://a.cn?x
https://a b.cn
https://a.cn:port
https://-a.cn
"""


@pytest.mark.parametrize("origin", [*NO_ORIGINS.split("\n"), "https://a.cn\n", host_of(254)])
def test_an_address_of_another_shape_is_refused_in_both_languages(origin: str) -> None:
    with pytest.raises(LinkError) as refusal:
        label_url(origin, CODE)
    assert "https://域名" in refusal.value.words.zh
    assert "https://host" in refusal.value.words.en


@pytest.mark.parametrize("code", ["", CODE.lower(), CODE[:-1], "1VYA 2X0V 00VG 6X13G", "U" * 17])
def test_only_a_code_as_it_was_written_gets_a_link(code: str) -> None:
    with pytest.raises(LinkError, match="17"):
        label_url("https://bz.example.cn", code)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"/T/{CODE}", LinkPath(CODE)),
        ("/t/lvya-2xov-oovg-6xl3g", LinkPath("lvya-2xov-oovg-6xl3g")),
        ("/T/1VYA 2X0V 00VG 6X13G/", LinkPath("1VYA 2X0V 00VG 6X13G")),
        (f"/01/{EXAMPLE_GTIN}/21/{CODE.lower()}", LinkPath(CODE.lower(), EXAMPLE_GTIN)),
        (f"/01/9521234543213/21/{CODE}", LinkPath(CODE, EXAMPLE_GTIN)),
        (f"/01/{EXAMPLE_GTIN}/21/wrong", LinkPath("wrong", EXAMPLE_GTIN)),
        ("/T/", None),
        (f"/{CODE}", None),
        (f"/01/{EXAMPLE_GTIN}", None),
        (f"/01/{EXAMPLE_GTIN}/21/", None),
        (f"/01/{EXAMPLE_GTIN}/10/{CODE}", None),
        (f"/01/123/21/{CODE}", None),
        (f"/01/０9521234543213/21/{CODE}", None),
        (f"/x/T/{CODE}", None),
        (f"/T/{CODE}/more", None),
    ],
)
def test_a_path_is_taken_apart_in_any_case(path: str, expected: LinkPath | None) -> None:
    assert parse_path(path) == expected


def test_every_link_that_is_written_can_be_taken_apart() -> None:
    origin = "https://bz.example.cn"
    for gtin in (None, EXAMPLE_GTIN):
        path = label_url(origin, CODE, gtin).removeprefix(origin)
        assert parse_path(path) == parse_path(path.lower().upper()) == LinkPath(CODE, gtin)


@pytest.mark.parametrize(
    "typed", ["9521234543213", EXAMPLE_GTIN, " 9 521234 543213 ", "９５２１２３４５４３２１３"]
)
def test_a_gtin_is_padded_to_fourteen_digits_however_it_is_typed(typed: str) -> None:
    assert checked_gtin(typed) == EXAMPLE_GTIN


@settings(max_examples=200)
@given(text=st.text("0123456789", min_size=6, max_size=15))
def test_a_gtin_is_refused_exactly_when_its_check_digit_or_prefix_is_wrong(text: str) -> None:
    for digits in (text, text[:-1] + check_digit(text[:-1])):
        padded = digits.zfill(14)
        of_eight = padded.startswith("000000")
        restricted = padded[6] in "02" if of_eight else padded[1:3] in {"02", "04"} | TWENTIES
        try:
            accepted = checked_gtin(digits) == padded
        except GtinError:
            accepted = False
        assert accepted == (ean.is_valid(digits) and not restricted)


TWENTIES = {f"2{digit}" for digit in range(10)}


@pytest.mark.parametrize("payload", ["020123456789", "290123456789", "040123456789", "2012345"])
def test_an_in_store_number_is_refused_at_every_length_it_is_written_in(payload: str) -> None:
    digits = payload + check_digit(payload)
    for text in (digits, digits.zfill(14)):
        with pytest.raises(GtinError) as refusal:
            checked_gtin(text)
        assert refusal.value.code == "gtin_restricted"
        assert "店内码" in refusal.value.words.zh
        assert "restricted circulation" in refusal.value.words.en


def test_a_packing_level_before_an_in_store_number_does_not_hide_it() -> None:
    payload = "1" + "290123456789"
    with pytest.raises(GtinError, match="restricted"):
        checked_gtin(payload + check_digit(payload))


@pytest.mark.parametrize("text", ["", "1234567", "123456789", "6901234-567892", "69O1234567892"])
def test_a_gtin_of_another_shape_is_told_which_lengths_there_are(text: str) -> None:
    with pytest.raises(GtinError) as refusal:
        checked_gtin(text)
    assert "8、12、13 或 14 位" in refusal.value.words.zh


def test_a_wrong_digit_is_told_to_be_compared_with_the_pack() -> None:
    with pytest.raises(GtinError) as refusal:
        checked_gtin("9521234543214")
    assert refusal.value.code == "gtin_check_digit"
    assert "校验码" in refusal.value.words.zh
    assert "check digit" in refusal.value.words.en


@pytest.mark.parametrize(("length", "modules"), [(19, 29), (20, 33), (39, 33), (40, 37)])
def test_a_symbol_without_gtin_is_as_large_as_the_design_measured(
    length: int, modules: int
) -> None:
    assert symbol_modules(label_url(host_of(length), CODE), "M") == modules


@pytest.mark.parametrize(("length", "modules"), [(6, 29), (7, 33), (26, 33), (27, 37)])
def test_a_symbol_with_gtin_is_as_large_as_the_design_measured(length: int, modules: int) -> None:
    assert symbol_modules(label_url(host_of(length), CODE, EXAMPLE_GTIN), "M") == modules


def assert_sizes_are_those_of_qrcode(links: int) -> None:
    chance = random.Random(1_804)
    for _ in range(links):
        # Many digits, so that codes are cut into numeric segments too.
        code = "".join(chance.choices(ALPHABET + "0123456789" * chance.randrange(12), k=17))
        host = "".join(chance.choices("abcxyz0123456789-", k=chance.randrange(1, 250)))
        origin = f"https://a{host}.cn"
        url = label_url(origin, code, chance.choice([None, EXAMPLE_GTIN]))
        for level in LEVELS:
            assert symbol_modules(url, level) == modules_by_qrcode(url, level), url


def test_every_symbol_is_as_large_as_qrcode_makes_it() -> None:
    assert_sizes_are_those_of_qrcode(links=300)


@pytest.mark.long
def test_twenty_thousand_symbols_are_as_large_as_qrcode_makes_them() -> None:
    assert_sizes_are_those_of_qrcode(links=20_000)


@settings(max_examples=150)
@given(text=st.text("aA1:/", min_size=9, max_size=450), level=st.sampled_from(LEVELS))
def test_the_smallest_version_is_found_for_any_mixture_of_segments(text: str, level: Level) -> None:
    expected = modules_by_qrcode(text, level)
    if expected > 97:
        with pytest.raises(LinkError, match="too long"):
            symbol_modules(text, level)
    else:
        assert symbol_modules(text, level) == expected


def test_the_longest_host_there_can_be_still_has_a_symbol() -> None:
    url = widest_url("https://" + "a" * 253 + ":65535", EXAMPLE_GTIN)
    assert symbol_modules(url, "Q") == modules_by_qrcode(url, "Q")


def test_no_code_of_a_run_makes_a_symbol_larger_than_the_widest_link() -> None:
    chance = random.Random(29)
    codes = ["".join(chance.choices(ALPHABET + "0123456789" * 6, k=17)) for _ in range(120)]
    for length in range(5, 46):
        for gtin in (None, EXAMPLE_GTIN):
            widest = widest_url(host_of(length), gtin)
            for level in LEVELS:
                limit = symbol_modules(widest, level)
                urls = (label_url(host_of(length), code, gtin) for code in codes)
                assert max(symbol_modules(url, level) for url in urls) <= limit


def test_digits_in_a_row_can_make_a_symbol_larger_so_the_first_label_cannot_speak_for_all() -> None:
    assert symbol_modules(label_url(host_of(19), CODE), "M") == 29
    assert symbol_modules(widest_url(host_of(19)), "M") == 33


def test_level_q_is_taken_where_its_modules_are_large_enough_and_m_otherwise() -> None:
    url = label_url(host_of(19), CODE)
    assert (symbol_modules(url, "Q"), symbol_modules(url, "M")) == (33, 29)
    assert best_level(url, Decimal("13.53")) == ("Q", Decimal("0.330"))
    assert best_level(url, Decimal("13.52")) == ("M", Decimal("0.365"))
    assert best_level(url, Decimal("12.21")) == ("M", Decimal("0.330"))
    assert best_level(url, Decimal("10.89"), quiet_modules=0) == ("Q", Decimal("0.330"))


def test_a_side_that_is_too_small_is_refused_with_the_one_that_fits() -> None:
    url = label_url(host_of(19), CODE)
    with pytest.raises(SymbolSizeError) as refusal:
        best_level(url, Decimal("12"))
    assert refusal.value.smallest_mm == Decimal("12.21")
    assert "12.21 mm" in refusal.value.words.zh
    assert "12.21 mm" in refusal.value.words.en
    assert best_level(url, refusal.value.smallest_mm)[0] == "M"


@settings(max_examples=100)
@given(
    length=st.integers(5, 60),
    side=st.decimals("5", "60", places=2),
    quiet=st.integers(0, 6),
)
def test_a_chosen_symbol_fits_its_side_with_modules_that_phones_can_read(
    length: int, side: Decimal, quiet: int
) -> None:
    url = label_url(host_of(length), CODE)
    try:
        level, module = best_level(url, side, quiet)
    except SymbolSizeError as refusal:
        assert side < refusal.smallest_mm
        return
    assert module >= SMALLEST_MODULE_MM
    assert module * (symbol_modules(url, level) + 2 * quiet) <= side
