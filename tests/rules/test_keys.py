"""Masters and the high-water file: what is refused, and what outlives a crash."""

import json
import os
import stat
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from labels.codes import LAST_SERIAL, decode, encode
from labels.keys import (
    HighWater,
    HighWaterError,
    KeyFileError,
    KeyRing,
    create_master,
    read_environment,
    read_folder,
)

MASTER = "93a8f30d9e213cc0956aef5bd27287a83bc65b07ee733eadc1629feea287b041"


def put_key(folder: Path, name: str = "epoch-1.key", text: str = MASTER, mode: int = 0o400) -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path


def refused_folder(folder: Path) -> KeyFileError:
    with pytest.raises(KeyFileError) as refusal:
        read_folder(folder)
    assert MASTER[:8] not in str(refusal.value)
    return refusal.value


def test_a_new_master_is_private_and_writes_codes_that_read_back(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "keys"
    path = create_master(folder, 7)
    assert path == folder / "epoch-7.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    masters = read_folder(folder).masters
    assert list(masters) == [7]
    assert decode(masters, encode(masters, 7, 42)).serial == 42


def test_two_new_masters_are_never_the_same(tmp_path: Path) -> None:
    for epoch in (0, 31):
        create_master(tmp_path, epoch)
    masters = read_folder(tmp_path).masters
    assert masters[0] != masters[31]


def test_a_mode_set_by_the_surroundings_does_not_change_that_of_a_master(tmp_path: Path) -> None:
    before = os.umask(0o777)
    try:
        path = create_master(tmp_path, 1)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


def test_a_master_is_never_overwritten(tmp_path: Path) -> None:
    path = create_master(tmp_path, 1)
    content = path.read_text()
    with pytest.raises(KeyFileError) as refusal:
        create_master(tmp_path, 1)
    assert path.read_text() == content
    assert str(path) in refusal.value.words.zh
    assert "next key epoch" in refusal.value.words.en


@pytest.mark.parametrize("epoch", [-1, 32])
def test_there_is_no_master_of_an_epoch_out_of_bounds(tmp_path: Path, epoch: int) -> None:
    with pytest.raises(KeyFileError, match="0 to 31"):
        create_master(tmp_path, epoch)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyFileError, match=r"file/keys/epoch-1\.key"):
        create_master(tmp_path / "file" / "keys", 1)


def test_masters_are_read_whatever_else_lies_in_the_folder(tmp_path: Path) -> None:
    put_key(tmp_path)
    put_key(tmp_path, "epoch-31.key", MASTER[2:].upper() + "0f\n", mode=0o600)
    (tmp_path / "high-water").write_text("{}")
    (tmp_path / "secret.key").write_text("another matter")
    assert dict(read_folder(tmp_path).masters) == {
        1: bytes.fromhex(MASTER),
        31: bytes.fromhex(MASTER[2:] + "0f"),
    }


def test_an_empty_folder_holds_no_master(tmp_path: Path) -> None:
    assert not read_folder(tmp_path).masters


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "keys") in refused_folder(tmp_path / "keys").words.zh


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o444, 0o644, 0o500, 0o700, 0o200, 0o4400])
def test_a_key_file_open_to_others_is_refused_with_the_command_that_closes_it(
    tmp_path: Path, mode: int
) -> None:
    path = put_key(tmp_path, mode=mode)
    words = refused_folder(tmp_path).words
    if os.geteuid() == 0 or mode & 0o400:
        assert f"chmod 400 {path}" in words.zh
        assert f"chmod 400 {path}" in words.en


def test_a_symbolic_link_is_no_key_file(tmp_path: Path) -> None:
    target = put_key(tmp_path, "elsewhere")
    (tmp_path / "epoch-1.key").symlink_to(target)
    assert "符号链接" in refused_folder(tmp_path).words.zh


def test_a_pipe_is_no_key_file_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "epoch-1.key", 0o400)
    assert "regular file" in refused_folder(tmp_path).words.en


@pytest.mark.parametrize("name", ["epoch-01.key", "epoch-32.key", "epoch-.key", "epoch-one.key"])
def test_a_misnamed_key_file_is_refused_and_not_passed_over(tmp_path: Path, name: str) -> None:
    put_key(tmp_path, name)
    assert name in refused_folder(tmp_path).words.zh


BAD_MASTERS = ["", MASTER[:-1], MASTER + "0", MASTER[:-1] + "g", MASTER[:-1] + "０", MASTER * 9]


@pytest.mark.parametrize("text", BAD_MASTERS)
def test_a_key_file_without_64_hexadecimal_characters_is_refused(tmp_path: Path, text: str) -> None:
    path = put_key(tmp_path, text=text)
    words = refused_folder(tmp_path).words
    assert str(path) in words.zh and "64" in words.zh
    assert str(path) in words.en and "64" in words.en


@pytest.mark.parametrize("text", ["00" * 32, "0123456789abcdef" * 4, "ff" * 32])
def test_a_master_that_was_not_made_at_random_is_refused(tmp_path: Path, text: str) -> None:
    put_key(tmp_path, text=text)
    assert "random" in refused_folder(tmp_path).words.en


def test_masters_are_read_from_the_environment_too() -> None:
    environment = {"LABEL_KEY_1": MASTER, "LABEL_KEY_31": MASTER.upper(), "PATH": "/bin"}
    assert dict(read_environment(environment).masters) == dict.fromkeys(
        (1, 31), bytes.fromhex(MASTER)
    )


@pytest.mark.parametrize("name", ["LABEL_KEY_32", "LABEL_KEY_01", "LABEL_KEY_", "LABEL_KEY_A"])
def test_a_misnamed_variable_is_refused_and_not_passed_over(name: str) -> None:
    with pytest.raises(KeyFileError, match=name):
        read_environment({name: MASTER})


@pytest.mark.parametrize("text", BAD_MASTERS)
def test_a_variable_that_is_no_master_is_named_and_its_value_is_not_shown(text: str) -> None:
    with pytest.raises(KeyFileError, match="LABEL_KEY_1") as refusal:
        read_environment({"LABEL_KEY_1": text})
    assert MASTER[:8] not in str(refusal.value)


def test_a_key_ring_shows_no_secret_and_cannot_be_changed() -> None:
    given = {1: bytes.fromhex(MASTER)}
    ring = KeyRing(given)
    given.clear()
    assert list(ring.masters) == [1]
    assert repr(ring) == "KeyRing()"
    masters: Any = ring.masters
    with pytest.raises(TypeError):
        masters[2] = b""


@pytest.fixture
def high_water(tmp_path: Path) -> HighWater:
    return HighWater(tmp_path / "high-water.json")


def test_the_first_serial_of_an_epoch_is_free(high_water: HighWater) -> None:
    high_water.check(1, 0)
    assert high_water.next_free(1, 0) == 0


def test_a_spent_serial_is_refused_with_a_sentence_that_says_what_to_do(
    high_water: HighWater,
) -> None:
    high_water.raise_to(1, 99)
    high_water.check(1, 100)
    high_water.check(2, 0)
    with pytest.raises(HighWaterError) as refusal:
        high_water.check(1, 99)
    assert "请恢复更新的备份" in refusal.value.words.zh
    assert "create a new key epoch" in refusal.value.words.en
    assert str(high_water.path) in refusal.value.words.zh


def test_an_older_backup_is_refused_whatever_run_is_missing_from_it(high_water: HighWater) -> None:
    for last in (99, 149):
        high_water.raise_to(1, last)
        high_water.settle(1, last)
    assert high_water.next_free(1, 150) == 150
    for database_next in (0, 100, 149):
        with pytest.raises(HighWaterError, match="older backup"):
            high_water.next_free(1, database_next)
    assert high_water.next_free(2, 0) == 0


def test_a_process_that_dies_before_commit_costs_the_serials_of_its_run_and_no_more(
    high_water: HighWater,
) -> None:
    high_water.raise_to(1, 99)
    high_water.settle(1, 99)
    high_water.raise_to(1, 149)  # and no COMMIT follows
    assert high_water.next_free(1, 100) == 150


def test_a_process_that_dies_after_commit_costs_nothing(high_water: HighWater) -> None:
    high_water.raise_to(1, 99)  # COMMIT follows, and then the end
    assert high_water.next_free(1, 100) == 100


def test_the_mark_is_never_lowered(high_water: HighWater) -> None:
    high_water.settle(1, 99)
    high_water.raise_to(1, 5)
    high_water.settle(1, 5)
    with pytest.raises(HighWaterError):
        high_water.next_free(1, 99)


@pytest.mark.parametrize(("epoch", "last"), [(-1, 0), (32, 0), (1, -1), (1, LAST_SERIAL + 1)])
def test_the_mark_is_not_raised_to_what_no_label_can_carry(
    high_water: HighWater, epoch: int, last: int
) -> None:
    with pytest.raises(ValueError, match="no serial"):
        high_water.raise_to(epoch, last)
    assert not high_water.path.exists()


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "7", '{"1": 5}', '{"1": [1, 2, 3]}', '{"x": [1]}']
)
def test_a_damaged_file_stops_the_issuing_and_is_not_taken_for_an_empty_one(
    high_water: HighWater, text: str
) -> None:
    high_water.path.write_text(text)
    attempts: list[Callable[[], object]] = [
        lambda: high_water.check(1, 0),
        lambda: high_water.next_free(1, 0),
        lambda: high_water.raise_to(1, 0),
    ]
    for attempt in attempts:
        with pytest.raises(HighWaterError) as refusal:
            attempt()
        assert str(high_water.path) in refusal.value.words.zh
    assert high_water.path.read_text() == text


def test_the_mark_is_on_disk_before_it_takes_its_name_and_the_name_thereafter(
    high_water: HighWater, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    real_sync, real_replace = os.fsync, Path.replace

    def sync(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real_sync(descriptor)

    def replace(self: Path, target: Path) -> Path:
        steps.append("name")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", replace)
    high_water.raise_to(1, 99)
    assert steps == ["file", "name", "folder"]


def test_a_disk_that_fails_leaves_the_old_mark_and_a_later_try_succeeds(
    high_water: HighWater, monkeypatch: pytest.MonkeyPatch
) -> None:
    high_water.raise_to(1, 9)
    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(5, "disk")))
        with pytest.raises(OSError, match="disk"):
            high_water.raise_to(1, 99)
    high_water.check(1, 10)
    high_water.raise_to(1, 49)
    with pytest.raises(HighWaterError):
        high_water.check(1, 49)


def raise_all(path: Path, lasts: list[int]) -> int:
    """Raise the mark many times in one process and say how often it was found too low after."""
    high_water = HighWater(path)
    too_low = 0
    for last in lasts:
        high_water.raise_to(last % 3, last)
        too_low += json.loads(path.read_text())[str(last % 3)][0] < last
    return too_low


def test_threads_and_processes_together_never_lower_the_mark(high_water: HighWater) -> None:
    shares = [list(range(start, 200, 4)) for start in range(4)]
    with (
        ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes,
        ThreadPoolExecutor(2) as threads,
    ):
        waiting = [
            pool.submit(raise_all, high_water.path, share)
            for pool, share in zip((processes, threads) * 2, shares, strict=True)
        ]
        assert [one.result() for one in waiting] == [0, 0, 0, 0]
    assert {epoch: mark[0] for epoch, mark in json.loads(high_water.path.read_text()).items()} == {
        "0": 198,
        "1": 199,
        "2": 197,
    }
