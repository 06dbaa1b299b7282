"""The label code, against its published vectors and a second writing of its rules."""

import hashlib
import hmac
import random
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from labels.codes import (
    LAST_SERIAL,
    Reading,
    decode,
    encode,
    encode_range,
    grouped,
    is_well_formed,
    normalise,
)

VECTORS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "vectors" / "label-codes.yaml").read_text("utf-8")
)
MASTERS = {epoch: bytes.fromhex(digits) for epoch, digits in VECTORS["masters"].items()}
LIVE = [row["code"] for row in VECTORS["codes"]]
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Naive:
    """The format once more, bit by bit and without tables: slow, plain, and sharing no code."""

    @staticmethod
    def hkdf(master: bytes, salt: bytes, info: bytes, length: int) -> bytes:
        extracted = hmac.new(salt, master, hashlib.sha256).digest()
        block, output = b"", b""
        for number in range(1, 9):
            block = hmac.new(extracted, block + info + bytes([number]), hashlib.sha256).digest()
            output += block
        return output[:length]

    @staticmethod
    def prf(key: bytes, message: bytes, bits: int) -> str:
        digest = hmac.new(key, message, hashlib.sha256).digest()
        return "".join(f"{byte:08b}" for byte in digest)[:bits]

    @staticmethod
    def times(left: int, right: int) -> int:
        product = 0
        for bit in range(5):
            product ^= left << bit if right >> bit & 1 else 0
        for bit in range(9, 4, -1):
            product ^= 0b100101 << bit - 5 if product >> bit & 1 else 0
        return product

    @classmethod
    def check(cls, body: str) -> str:
        total, power = 0, 1
        for character in body:
            power = cls.times(power, 2)
            total ^= cls.times(ALPHABET.index(character), power)
        return ALPHABET[total]

    @classmethod
    def encode(cls, master: bytes, epoch: int, serial: int) -> str:
        tag_key = cls.hkdf(master, b"trace-label", b"tag", 32)
        mask_key = cls.hkdf(master, b"trace-label", b"mask", 32)
        tag = cls.prf(tag_key, bytes([epoch]) + serial.to_bytes(5, "big"), 40)
        mask = cls.prf(mask_key, bytes([epoch]) + int(tag, 2).to_bytes(5, "big"), 35)
        bits = f"{epoch:05b}" + tag + f"{serial ^ int(mask, 2):035b}"
        body = "".join(ALPHABET[int(bits[at : at + 5], 2)] for at in range(0, 80, 5))
        return body + cls.check(body)


def test_the_second_writing_derives_keys_as_rfc_5869_shows() -> None:
    derived = Naive.hkdf(
        master=bytes([0x0B] * 22),
        salt=bytes(range(13)),
        info=bytes(range(0xF0, 0xFA)),
        length=42,
    )
    assert derived.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


@pytest.mark.parametrize("row", VECTORS["codes"], ids=lambda row: row["code"])
def test_every_vector_is_written_and_read_back(row: dict[str, Any]) -> None:
    assert encode(MASTERS, row["epoch"], row["serial"]) == row["code"]
    assert Naive.encode(MASTERS[row["epoch"]], row["epoch"], row["serial"]) == row["code"]
    assert decode(MASTERS, row["code"]) == Reading("ok", row["epoch"], row["serial"])


@pytest.mark.parametrize("row", VECTORS["readings"], ids=lambda row: row["text"])
def test_every_reading_of_the_vectors_has_its_outcome(row: dict[str, Any]) -> None:
    expected = Reading(row["outcome"], row.get("epoch"), row.get("serial"))
    assert decode(MASTERS, row["text"]) == expected


@settings(max_examples=60)
@given(
    master=st.binary(min_size=32, max_size=32),
    epoch=st.integers(0, 31),
    serial=st.integers(0, LAST_SERIAL),
)
def test_any_serial_is_written_as_the_document_says_and_read_back(
    master: bytes, epoch: int, serial: int
) -> None:
    code = encode({epoch: master}, epoch, serial)
    assert code == Naive.encode(master, epoch, serial)
    assert decode({epoch: master}, grouped(code).lower()) == Reading("ok", epoch, serial)


def test_a_run_written_at_once_equals_its_codes_one_by_one() -> None:
    run = list(encode_range(MASTERS, 2, 995, 1_005))
    assert run == [encode(MASTERS, 2, serial) for serial in range(995, 1_006)]


def slips(code: str) -> set[str]:
    """Every code that differs in one character or has two different characters swapped."""
    wrong = {
        code[:at] + other + code[at + 1 :]
        for at in range(len(code))
        for other in ALPHABET
        if other != code[at]
    }
    for left, right in combinations(range(len(code)), 2):
        characters = list(code)
        characters[left], characters[right] = characters[right], characters[left]
        wrong.add("".join(characters))
    return wrong - {code}


def assert_slips_are_mistyped(codes: list[str]) -> None:
    for code in codes:
        outcomes = {decode({}, slip).outcome for slip in slips(code)}
        assert outcomes == {"mistyped"}, code


def test_every_single_wrong_character_and_every_swap_is_mistyped_without_any_key() -> None:
    assert len(slips(LIVE[0])) > 17 * 31
    assert_slips_are_mistyped(LIVE)


@pytest.mark.long
def test_every_slip_of_four_hundred_codes_is_mistyped() -> None:
    assert_slips_are_mistyped(list(encode_range(MASTERS, 1, 5_000, 5_399)))


@pytest.mark.parametrize("code", LIVE[:3])
def test_a_code_cut_short_or_with_more_around_it_is_malformed(code: str) -> None:
    cut = {code[:end] for end in range(17)} | {code[start:] for start in range(1, 18)}
    longer = {extra + code for extra in ALPHABET} | {code + extra for extra in ALPHABET}
    assert {decode(MASTERS, text).outcome for text in cut | longer | {code * 2}} == {"malformed"}


def assert_random_codes_are_unknown(count: int) -> None:
    chance = random.Random(20_260_401)
    outcomes = set()
    for _ in range(count):
        body = chance.choice("12Z") + "".join(chance.choices(ALPHABET, k=15))
        outcomes.add(decode(MASTERS, body + Naive.check(body)).outcome)
    assert outcomes == {"unknown"}


def test_twenty_thousand_random_well_formed_codes_are_unknown() -> None:
    assert_random_codes_are_unknown(20_000)


@pytest.mark.long
def test_a_million_random_well_formed_codes_are_unknown() -> None:
    assert_random_codes_are_unknown(1_000_000)


def test_a_revoked_epoch_is_told_without_its_key_and_before_the_tag() -> None:
    forged = "1VYB2X0V00VG6X130"
    assert decode({}, LIVE[2], revoked={1}) == Reading("revoked")
    assert decode(MASTERS, LIVE[2], revoked=frozenset({1})) == Reading("revoked")
    assert decode(MASTERS, forged, revoked=[1]) == Reading("revoked")
    assert decode(MASTERS, LIVE[6], revoked={1}) == Reading("ok", 2, 0)


def test_a_slip_in_a_code_of_a_revoked_epoch_is_still_a_slip() -> None:
    assert decode({}, "1VYA2X0V00VG6X131", revoked={1}) == Reading("mistyped")
    assert decode({}, "1VYA2X0V00VG6X13", revoked={1}) == Reading("malformed")


def test_rotation_never_changes_an_old_answer() -> None:
    before = [decode({1: MASTERS[1]}, code) for code in LIVE[:6]]
    assert before == [decode(MASTERS, code) for code in LIVE[:6]]


def test_an_epoch_that_is_not_held_costs_the_same_work_as_a_wrong_tag(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = {"ok": LIVE[2], "tag wrong": "1VYB2X0V00VG6X130", "not held": "9VYA2X0V00VG6X130"}
    for text in texts.values():
        decode(MASTERS, text)  # derive and keep the keys
    calls: list[int] = []
    real_digest, real_compare = hmac.digest, hmac.compare_digest

    def digest(key: bytes, message: bytes, name: str) -> bytes:
        calls.append(len(message))
        return real_digest(key, message, name)

    def compare(left: bytes, right: bytes) -> bool:
        calls.append(0)
        return real_compare(left, right)

    monkeypatch.setattr(hmac, "digest", digest)
    monkeypatch.setattr(hmac, "compare_digest", compare)
    work = {}
    for cause, text in texts.items():
        calls.clear()
        decode(MASTERS, text)
        work[cause] = tuple(calls)
    assert work["not held"] == work["tag wrong"] == work["ok"] == (6, 6, 0)


def test_a_code_is_shown_in_groups_that_read_back_as_itself() -> None:
    assert grouped("1VYA2X0V00VG6X13G") == "1VYA 2X0V 00VG 6X13G"
    assert normalise(grouped("1VYA2X0V00VG6X13G")) == "1VYA2X0V00VG6X13G"


@given(text=st.text(ALPHABET + "oiluOIL -_\nıſＧ٣", max_size=20))
def test_reading_never_fails_whatever_is_typed(text: str) -> None:
    outcome = decode(MASTERS, text).outcome
    assert outcome in ("malformed", "mistyped", "unknown")
    assert is_well_formed(normalise(text)) == (outcome != "malformed")


@pytest.mark.parametrize("epoch", [-1, 32])
def test_no_code_is_written_for_an_epoch_that_cannot_be(epoch: int) -> None:
    with pytest.raises(ValueError, match="epoch"):
        encode(MASTERS, epoch, 0)


@pytest.mark.parametrize("serial", [-1, LAST_SERIAL + 1])
def test_no_code_is_written_for_a_serial_out_of_bounds(serial: int) -> None:
    with pytest.raises(ValueError, match="serials"):
        encode(MASTERS, 1, serial)


def test_a_run_out_of_bounds_is_refused_before_its_first_code() -> None:
    with pytest.raises(ValueError, match="range"):
        encode_range(MASTERS, 1, 5, 4)


def test_no_code_is_written_without_the_master_of_its_epoch() -> None:
    with pytest.raises(LookupError, match="epoch 3"):
        encode(MASTERS, 3, 0)


def test_a_master_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        encode({1: b"short"}, 1, 0)
