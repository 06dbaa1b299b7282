"""A catalogue that contradicts itself is refused, with the file and the row that are wrong."""

import shutil
from pathlib import Path

import pytest
import yaml

from products.catalogue import reader
from products.catalogue.checks import CatalogueError
from products.catalogue.reader import FOLDER, read_catalogue

TEA = "requirements/changsha-green-tea.yaml"


def damaged(tmp_path: Path, file: str, old: str, new: str) -> Path:
    """A copy of the catalogue in which the first `old` of one file is `new`."""
    folder = tmp_path / "catalogue"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")
    return folder


def test_a_limit_written_without_quotes_keeps_its_digits_too(tmp_path: Path) -> None:
    folder = damaged(tmp_path, TEA, "{kind: number, upper: '5.0'}", "{kind: number, upper: 5.00}")
    lead = next(r for r in read_catalogue(folder).requirements if r.code == "R001")
    assert lead.bound.upper == "5.00"


def test_with_and_without_the_c_library_the_same_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    as_installed = read_catalogue()
    monkeypatch.setattr(reader, "LOADER", yaml.BaseLoader)
    assert read_catalogue() == as_installed


@pytest.mark.parametrize(
    ("file", "old", "new", "row", "said"),
    [
        (TEA, "edition: GB 2762-2025", "edition: GB 2762-2030", "R001", "GB 2762-2030"),
        ("requirements/", "code: R042", "code: R001", "R001", "more than once"),
        (TEA, "grades: [特级,", "grades: [超级,", "R042", "超级"),
        (TEA, "upper: '5.0'", "upper: 5，0", "R001", "5，0"),
        (TEA, "upper: '5.0'", "upper: ５.0", "R001", "plain digits"),
        (TEA, "upper: '5.0'", "upper: '1', lower: '2'", "R001", "下限"),
        (TEA, "stage: testing", "stage: tasting", "R001", "tasting"),
        (TEA, "unit: mg/kg", "unit: mg/L", "R001", "mg/L"),
        (TEA, "nature: mandatory", "nature: optional", "R001", "optional"),
        (TEA, "nature: mandatory", "nature: benchmark", "R001", "decides nothing"),
        (TEA, "certainty: confirmed", "certainty: unverified", "R001", "without a source"),
        (TEA, "enforce: true", "enforce: perhaps", "R001", "perhaps"),
        (TEA, "    stage: testing\n", "", "R001", "stage"),
        (TEA, "clause:", "klause:", "R001", "klause"),
        (TEA, "sources: [gb2762]", "sources: [hearsay]", "R001", "hearsay"),
        (TEA, "characteristic_en: lead", "characteristic_en: plumbum", "R001", "English"),
        (TEA, "product: changsha", "product: xiangtan", "product", "xiangtan-green-tea"),
        ("standards.yaml", "ends: '2026-09-01'", "ends: '2026-08-31'", "GB 2762-2022", "前一日"),
        ("standards.yaml", "ends: '2026-09-01'", "ends: '2026-09-31'", "GB 2762", "2026-09-31"),
        ("standards.yaml", "level: national-mandatory", "level: royal", "GB 2762", "royal"),
        ("standards.yaml", "year: 2022", "year: 2021", "GB 2762-2022", "年号"),
        (
            "products.yaml",
            "townships: ['430121106'",
            "townships: ['430121999'",
            "changsha-green-tea",
            "430121999",
        ),
        ("products.yaml", "[GB/T 14456.1,", "[GB/T 14456.9,", "changsha-green-tea", "14456.9"),
        ("products.yaml", "number: AGI00256", "number: AGI256", "ningxiang-pig", "AGI256"),
        ("products.yaml", "default_form: 成品茶", "default_form: 茶", "default_form", "茶"),
        ("products.yaml", "base: count, units: [头]", "base: mass, units: [头]", "活体", "单位"),
        ("products.yaml", "aliases: [岳麓韭皇]", "aliases: [望城鲌鱼]", "望城鲌鱼", "重复"),
        ("divisions.yaml", "code: '430182123'}", "code: '430182999'}", "-", "430182999"),
        ("plans.yaml", "standard: GB/T 14456.3-2016", "standard: GB/T 1", "changsha", "GB/T 1"),
        ("label_rules.yaml", "AGI01459", "AGI1459", "certificate", "例子"),
        ("sources.yaml", "gb2762: ", "gb2762: [", "-", "cannot be read"),
    ],
)
def test_a_contradiction_is_named_with_its_file_and_row(
    tmp_path: Path, file: str, old: str, new: str, row: str, said: str
) -> None:
    folder = damaged(tmp_path, TEA if file == "requirements/" else file, old, new)
    with pytest.raises(CatalogueError) as raised:
        read_catalogue(folder)
    assert raised.value.file == file
    assert row in raised.value.row
    assert said in str(raised.value)
