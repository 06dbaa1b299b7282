"""The locks install what pyproject asks for, from known files, and name no address."""

import re
import tomllib
from importlib import metadata

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.licences import LISTED, ROOT, pins

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
LOCKS = ("run", "dev")
GPL = re.compile(r"(?<!L)GPL|Affero|GNU General Public", re.IGNORECASE)


def text_of(lock: str) -> str:
    return (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")


def blocks(lock: str) -> list[tuple[Requirement, list[str]]]:
    """Each pinned requirement with its hashes; anything else in the file is an error."""
    found = []
    for block in re.split(r"\n(?=\S)", text_of(lock).strip()):
        first, *rest = [line.strip().removesuffix("\\").strip() for line in block.splitlines()]
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in rest), block
        found.append((Requirement(first), rest))
    return found


def installed_on(lock: str, python: str, platform: str = "linux") -> dict[str, str]:
    """The version of each package that a machine would get; twice the same name is an error."""
    machine = {
        **{name: str(value) for name, value in default_environment().items()},
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": platform,
    }
    chosen: dict[str, str] = {}
    for requirement, _ in blocks(lock):
        if requirement.marker is None or requirement.marker.evaluate(machine):
            assert requirement.name not in chosen, requirement
            chosen[requirement.name] = str(requirement.specifier).removeprefix("==")
    return chosen


def asked_for(lock: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = list(project["project"]["dependencies"])
    if lock == "dev":
        asked += project["dependency-groups"]["dev"]
    return [Requirement(each) for each in asked]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_to_one_version_and_its_files_are_known(lock: str) -> None:
    for requirement, hashes in blocks(lock):
        assert [each.operator for each in requirement.specifier] == ["=="], requirement
        assert requirement.url is None, requirement
        assert hashes, requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_no_option_and_no_path(lock: str) -> None:
    found = re.findall(r"https?:|file:|/|^\s*--(?!hash=)\S+|#.*", text_of(lock), re.MULTILINE)
    assert found == []


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", LOCKS)
def test_every_python_gets_each_thing_asked_for(lock: str, python: str) -> None:
    installed = installed_on(lock, python)
    for requirement in asked_for(lock):
        name = canonicalize_name(requirement.name)
        assert name in installed, requirement
        assert requirement.specifier.contains(installed[name]), (requirement, installed[name])


@pytest.mark.parametrize("python", PYTHONS)
def test_whoever_has_the_dev_lock_has_the_run_lock(python: str) -> None:
    assert installed_on("run", python).items() <= installed_on("dev", python).items()


def test_the_list_of_licences_names_every_package_and_what_is_only_for_development() -> None:
    rows = re.findall(
        r"^\| (\S+) \| (.+) \| (service|dev only) \|$",
        LISTED.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert {(name, use) for name, _, use in rows} == {
        (name, "service" if name in pins("run") else "dev only") for name in pins("dev")
    }, "run `make lock`"
    assert [
        (name, words) for name, words, use in rows if use == "service" and GPL.search(words)
    ] == []


def test_nothing_that_runs_in_service_says_it_is_under_the_gpl() -> None:
    here = pins("run") & {canonicalize_name(d.name) for d in metadata.distributions()}
    assert len(here) > len(pins("run")) / 2
    for name in here:
        said = metadata.metadata(name)
        words = [*(said.get_all("License-Expression") or []), *(said.get_all("Classifier") or [])]
        words += [text[:60] for text in said.get_all("License") or []]
        assert not GPL.search("\n".join(words)), (name, words)
