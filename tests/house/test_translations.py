"""Every sentence of the pages is there in English, and the English comes out."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from flask.testing import FlaskClient
from jinja2 import Environment, nodes

from tests.house.translations import (
    FLOORS,
    MO,
    PO,
    ROOT,
    Sentence,
    asked,
    catalogue,
    english_of,
    filled,
    forms,
    po_text,
    sentence,
)

PLACE = re.compile(r"%\((\w+)\)s")
# Han, and the punctuation and full-width forms that go with it; the wide blank is only a gap.
CHINESE = re.compile(r"[\u3001-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]+")
# A sentence goes as it is into text and into attributes in double quotes: these would break them.
UNSAFE = re.compile(r'[<>&"]')
# Examples of what people type, in the language they type it, and the standard's own word.
CHINESE_IN_ENGLISH = {
    "表", "茶叶", "长沙县金井镇", "冷藏品", "冷冻品", "炒青", "烘青", "肌肉", "肝脏",
    "鲜叶", "毛茶", "成品茶", "售价", "元", "修约值比较法", "承诺达标", "承诺达标合格证",
}  # fmt: skip
# What stands in a template without _(): a value as it may be typed, and a status as registers say.
CHINESE_IN_TEMPLATES = {("inspector/entry.html", "未检出"), ("authority/record_form.html", "在册")}
# These two choose the language by themselves, without a catalogue.
OWN_LANGUAGE = "labels/templates/"
CALLS = ("_", "gettext", "ngettext")


@pytest.fixture(scope="module")
def english() -> dict[Sentence, Sentence]:
    return english_of(catalogue())


def pairs(english: dict[Sentence, Sentence]) -> Iterator[tuple[str, str]]:
    """Each Chinese form beside its English one."""
    for chinese, said in english.items():
        yield from zip(forms(chinese), forms(said), strict=True)


def test_every_sentence_of_the_source_is_in_the_catalogue_and_no_other() -> None:
    ids = sorted((sentence(one.id) for one in catalogue()), key=forms)
    assert tuple(ids) == asked(), "run `make translations`"


def test_every_sentence_has_its_english_and_nobody_guessed(
    english: dict[Sentence, Sentence],
) -> None:
    assert [zh for zh, en in pairs(english) if not en.strip()] == []
    assert [one.id for one in catalogue() if one.fuzzy] == []
    assert "#~" not in PO.read_text(encoding="utf-8")


def test_the_english_names_what_the_chinese_names(english: dict[Sentence, Sentence]) -> None:
    wrong = [
        (zh, en)
        for zh, en in pairs(english)
        if sorted(set(PLACE.findall(zh))) != sorted(set(PLACE.findall(en)))
    ]
    assert wrong == []


def test_a_per_cent_sign_always_names_something(english: dict[Sentence, Sentence]) -> None:
    """Templates format every sentence, Python only those with names: a bare % suits one alone."""
    bare = [text for pair in pairs(english) for text in pair if "%" in PLACE.sub("", text)]
    assert bare == []


def test_no_chinese_is_left_in_the_english(english: dict[Sentence, Sentence]) -> None:
    left = {run for _, en in pairs(english) for run in CHINESE.findall(en)}
    assert left - CHINESE_IN_ENGLISH == set()
    assert CHINESE_IN_ENGLISH - left == set(), "no longer needed"


def test_a_sentence_cannot_break_the_page_it_goes_into(english: dict[Sentence, Sentence]) -> None:
    assert [en for _, en in pairs(english) if UNSAFE.search(en)] == []


def test_the_compiled_catalogue_is_the_written_one(english: dict[Sentence, Sentence]) -> None:
    with MO.open("rb") as file:
        compiled = english_of([one for one in read_mo(file) if one.id])
    assert compiled == english, "run `make translations`"


def test_the_file_is_as_the_tool_writes_it(english: dict[Sentence, Sentence]) -> None:
    assert PO.read_text(encoding="utf-8") == po_text(filled(english)), "run `make translations`"


def is_gettext(called: nodes.Expr) -> bool:
    return isinstance(called, nodes.Name) and called.name in CALLS


def said_without_catalogue(node: nodes.Node) -> Iterator[str]:
    """Chinese in a template that no _() takes to the catalogue."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.Call) and is_gettext(child.node):
            yield from (text for named in child.kwargs for text in said_without_catalogue(named))
            continue
        if isinstance(child, nodes.TemplateData):
            yield from CHINESE.findall(child.data)
        elif isinstance(child, nodes.Const) and isinstance(child.value, str):
            yield from CHINESE.findall(child.value)
        yield from said_without_catalogue(child)


def templates() -> list[Path]:
    return [
        path for floor in FLOORS for path in sorted((ROOT / floor).rglob("templates/**/*.html"))
    ]


def test_no_template_says_anything_in_chinese_alone() -> None:
    environment = Environment(autoescape=True)
    found = {
        (path.as_posix().partition("templates/")[2], text)
        for path in templates()
        if OWN_LANGUAGE not in path.as_posix()
        for text in said_without_catalogue(environment.parse(path.read_text(encoding="utf-8")))
    }
    assert found - CHINESE_IN_TEMPLATES == set()


def test_the_looking_finds_chinese_outside_and_not_inside_a_call() -> None:
    source = "{{ _('里面', what='外面'|join('、')) }}<p>也在外面 {{ '再' ~ name }}　</p>"
    tree = Environment(autoescape=True).parse(source)
    assert set(said_without_catalogue(tree)) == {"外面", "、", "也在外面", "再"}


@pytest.mark.parametrize(
    ("asked_for", "tongue", "heading"),
    [("en", "en", "First the standard, then the label"), ("zh", "zh-Hans", "先合标准，再有标签")],
)
def test_the_first_page_speaks_the_language_asked_for(
    client: FlaskClient, asked_for: str, tongue: str, heading: str
) -> None:
    page = client.get("/", query_string={"lang": asked_for}).get_data(as_text=True)
    assert f'<html lang="{tongue}">' in page
    assert f">{heading}</h1>" in page


def test_english_counts_one_and_many_apart(english: dict[Sentence, Sentence]) -> None:
    both = english[("%(num)s 个产品", "%(num)s 个产品")]
    assert both == ("%(num)s product", "%(num)s products")
