"""Standards of a producer's own, and several standards over one set of results."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from products.models import Product
from products.plans.service import plans_by_day
from products.standards.models import Requirement, Standard
from products.standards.rules import whole_rulebook
from tests.api.entering import OFFICIAL, refusal
from tests.api.filling import form_on, send
from tests.api.labelled import Labelled
from tests.api.looking import rows
from tests.api.test_main_job import (
    EVERY_BATCH,
    MADE,
    TEA,
    published,
    report,
    sent_batch,
    tea,
    type_inspected,
    verdict,
)
from tests.people import People, Person
from trace.batches.models import Batch
from trace.inspections.circumstances import OUTCOMES
from trace.inspections.history import history_of
from trace.inspections.judging import judge_now
from trace.inspections.models import Inspection, Verdict
from trace.inspections.outcomes import outcomes

LEAD = "铅（以Pb计）"
NATIONAL, LOCAL, OWN = "GB 2762", "DB43/T 9902", "Q/SLC 0001S"
STARTS = "2026-01-01"


def standard(level: str, **more: Any) -> dict[str, Any]:
    return {
        "title": f"示例{level}", "title_en": f"Sample {level}", "level": level,
        "stages": ["testing"], "source": OFFICIAL, **more,
    }  # fmt: skip


def lead(upper: str, **more: Any) -> dict[str, Any]:
    return {
        "stage": "testing", "characteristic": LEAD, "bound": {"kind": "number", "upper": upper},
        "unit": "mg/kg", "nature": "recommended", "certainty": "confirmed", "enforce": True,
        "source": OFFICIAL, "product": TEA, **more,
    }  # fmt: skip


def entered(person: Person, upper: str, level: str, **more: Any) -> dict[str, Any]:
    """A standard with one edition and a limit of lead: {standard, edition, clause, limit}."""
    made = person.made("/standards", json=standard(level, **more))
    edition = person.made(
        f"/standards/{made['id']}/editions",
        json={"designation": f"{made['number']}-2026", "starts": STARTS, "source": OFFICIAL},
    )["edition"]
    clause = person.made(f"/editions/{edition['id']}/clauses", json={"number": "4.1"})
    limit = person.made(f"/clauses/{clause['id']}/requirements", json=lead(upper))
    return {"standard": made, "edition": edition, "clause": clause, "limit": limit}


@pytest.fixture
def own(cooperative: Person) -> dict[str, Any]:
    """The cooperative's enterprise standard."""
    return entered(cooperative, "1.5", "enterprise", number=OWN)


@pytest.fixture
def buyers(cooperative: Person) -> dict[str, Any]:
    """A specification of a buyer of the cooperative's."""
    return entered(cooperative, "1.0", "buyer")


def declaring(*kept: dict[str, Any]) -> list[str]:
    return ["GB/T 14456.3-2016", *(one["edition"]["designation"] for one in kept)]


def by_edition(said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["edition"]: row for row in said["by_standard"]}


# --- several standards over one set of results -------------------------------------------------


def test_four_standards_each_say_what_they_make_of_one_set_of_results(
    people: People, own: dict[str, Any], buyers: dict[str, Any]
) -> None:
    maker, laboratory = people.cooperative, people.inspector
    local = entered(people.authority, "2.0", "local", number=LOCAL)
    type_inspected(maker, laboratory)
    batch = sent_batch(maker, laboratory, declared=declaring(local, own, buyers))
    results = [*EVERY_BATCH, {"characteristic": LEAD, "typed": "1.2", "unit": "mg/kg"}]
    published(laboratory, batch, report(results))
    said = verdict(maker, batch)
    table = by_edition(said)
    named = buyers["edition"]["designation"]
    places = {row["standard"]: place for place, row in enumerate(said["by_standard"])}
    assert places[buyers["standard"]["number"]] < min(places[n] for n in (OWN, LOCAL, NATIONAL))
    levels = {row["level"]: row["outcome"] for row in said["by_standard"]}
    assert levels["buyer"] == "nonconforming"
    assert levels["enterprise"] == levels["local"] == "conforming"
    national = table[next(name for name in table if name.startswith(NATIONAL))]
    assert (national["outcome"], national["decides"]) == ("conforming", True)
    assert (table[named]["level_zh"], table[named]["mandatory"]) == ("采购方规格", False)
    assert said["outcome"] == "nonconforming"
    item = next(one for one in said["contested"] if one["characteristic"] == LEAD)
    order = [one["edition"].split("-")[0] for one in item["limits"]]
    assert order == [buyers["standard"]["number"], OWN, LOCAL, NATIONAL]
    assert [one["outcome"] for one in item["limits"]] == ["nonconforming", *["conforming"] * 3]
    assert said["grade_reached"]


def test_the_verdict_says_what_kept_a_batch_from_the_next_grade(
    cooperative: Person, inspector: Person
) -> None:
    batch = sent_batch(cooperative, inspector)
    published(inspector, batch, report(EVERY_BATCH))
    said = verdict(cooperative, batch)
    assert said["grade_reached"] is None
    missing = {one["characteristic"] for one in said["kept_from"]["barriers"]}
    assert {"总灰分", "茶多酚"} <= missing
    type_inspected(cooperative, inspector)
    said = verdict(cooperative, batch)
    assert (said["grade_reached"], said["kept_from"]) == ("特级", None)
    dusty = sent_batch(cooperative, inspector)
    powder = {"characteristic": "粉末", "typed": "1.2", "unit": "%"}
    published(inspector, dusty, report([powder, *(v for v in EVERY_BATCH if v != EVERY_BATCH[2])]))
    said = verdict(cooperative, dusty)
    [barrier] = said["kept_from"]["barriers"]
    assert (said["grade_reached"], said["kept_from"]["grade"]) == ("三级", "二级")
    assert (barrier["characteristic"], barrier["limit"]) == ("粉末", "≤ 1.0 %")
    assert "1.2 %" in barrier["reason_zh"]


# --- what a producer keeps ---------------------------------------------------------------------


def test_a_producer_declares_only_what_is_everybodys_or_its_own(
    people: People, own: dict[str, Any], buyers: dict[str, Any]
) -> None:
    people.license(people.stranger, TEA)
    people.cooperative.made("/batches", json=tea(declared=declaring(own, buyers)))
    for kept in (own, buyers):
        answer = people.stranger.post("/batches", json=tea(declared=declaring(kept)))
        assert refusal(answer)[::2] == (422, ["/declared/1"])


def test_a_buyers_specification_is_there_for_its_producer_and_the_authority_only(
    people: People, buyers: dict[str, Any]
) -> None:
    paths = [
        f"/standards/{buyers['standard']['id']}",
        f"/editions/{buyers['edition']['id']}",
        f"/clauses/{buyers['clause']['id']}",
        f"/requirements/{buyers['limit']['id']}",
    ]
    for path in paths:
        assert people.cooperative.get(path).status_code == 200
        assert people.authority.get(path).status_code == 200
        for person in (people.stranger, people.inspector, people.consumer):
            assert refusal(person.get(path))[0] == 404
    for person, count in ((people.cooperative, 1), (people.stranger, 0), (people.consumer, 0)):
        assert len(person.get("/standards?level=buyer").get_json()) == count


def test_an_enterprise_standard_is_public_and_asks_nothing_of_others(
    people: People, own: dict[str, Any]
) -> None:
    path = f"/editions/{own['edition']['id']}"
    shown = people.consumer.get(path).get_json()
    assert [row["limit"]["zh"] for row in shown["requirements"]]
    found = people.consumer.get(f"/standards/{own['standard']['id']}").get_json()
    assert found["owner"] == str(people.cooperative.party)
    links = people.consumer.get(f"/products/{TEA}/requirements?on={MADE}").get_data(as_text=True)
    assert OWN not in links


def test_nobody_touches_a_standard_that_it_does_not_keep(
    people: People, own: dict[str, Any], buyers: dict[str, Any], session: Any
) -> None:
    national = session.scalars(select(Standard).where(Standard.number == NATIONAL)).one()
    edition = {"designation": "GB 2762-2027", "starts": "2027-01-01", "source": OFFICIAL}
    answer = people.cooperative.post(f"/standards/{national.id}/editions", json=edition)
    assert refusal(answer)[:2] == (403, "role-missing")
    other = {"designation": f"{OWN}-2027", "starts": "2027-01-01", "source": OFFICIAL}
    tries = [
        (f"/standards/{own['standard']['id']}/editions", other),
        (f"/editions/{own['edition']['id']}/clauses", {"number": "9"}),
        (f"/clauses/{own['clause']['id']}/requirements", lead("9")),
        (f"/requirements/{own['limit']['id']}/corrections", {"reason": "x", "source": "y"}),
    ]
    for path, body in tries:
        for person in (people.stranger, people.authority):
            assert refusal(person.post(path, json=body))[:2] == (403, "kept-by-another"), path
        hidden = path.replace(own["standard"]["id"], buyers["standard"]["id"])
        hidden = hidden.replace(own["edition"]["id"], buyers["edition"]["id"])
        hidden = hidden.replace(own["clause"]["id"], buyers["clause"]["id"])
        hidden = hidden.replace(own["limit"]["id"], buyers["limit"]["id"])
        assert refusal(people.stranger.post(hidden, json=body))[0] == 404, hidden
        assert refusal(people.inspector.post(path, json=body))[0] == 403


WRONG_STANDARDS: list[tuple[dict[str, Any], str]] = [
    (standard("enterprise"), "/number"),
    (standard("enterprise", number="GB 99999"), "/number"),
    (standard("enterprise", number="Q/SLC 1-2026"), "/number"),
    (standard("buyer", number="X 1"), "/number"),
]
WRONG_LIMITS: list[tuple[dict[str, Any], str]] = [
    ({"nature": "mandatory"}, "/nature"),
    ({"certainty": "one-source"}, "/certainty"),
    ({"subject": "party", "enforce": False}, "/subject"),
    ({"product": None}, "/product"),
    ({"characteristic": "没有的项目", "characteristic_en": "nothing"}, "/characteristic"),
]


def test_what_cannot_be_a_producers_own_is_refused_with_its_place(
    cooperative: Person, own: dict[str, Any], subtests: pytest.Subtests
) -> None:
    for body, pointer in WRONG_STANDARDS:
        with subtests.test(body=body):
            status, _, named = refusal(cooperative.post("/standards", json=body))
            assert (status, named) == (422, [pointer])
    for level in ("local", "national-mandatory", "group"):
        body = standard(level, number="Q/SLC 2S")
        assert refusal(cooperative.post("/standards", json=body))[0] == 403
    for changes, pointer in WRONG_LIMITS:
        with subtests.test(changes=changes):
            body = {k: v for k, v in lead("1.2", **changes).items() if v is not None}
            answer = cooperative.post(f"/clauses/{own['clause']['id']}/requirements", json=body)
            status, _, named = refusal(answer)
            assert status == 422
            assert pointer in named


# --- what follows -----------------------------------------------------------------------------


def test_a_change_of_an_own_standard_judges_the_batches_that_declare_it_and_no_others(
    app: Flask, people: People, own: dict[str, Any]
) -> None:
    maker, laboratory = people.cooperative, people.inspector
    people.license(people.stranger, TEA)
    results = [*EVERY_BATCH, {"characteristic": LEAD, "typed": "1.2", "unit": "mg/kg"}]
    held = sent_batch(maker, laboratory, declared=declaring(own))
    free = sent_batch(maker, laboratory)
    others = sent_batch(people.stranger, laboratory)
    for batch in (held, free, others):
        published(laboratory, batch, report(results))
    before = rows(app, select(func.count()).select_from(Verdict))
    correction = {
        "reason": "新约定", "source": OFFICIAL, "bound": {"kind": "number", "upper": "1.1"},
    }  # fmt: skip
    maker.made(f"/requirements/{own['limit']['id']}/corrections", json=correction)
    assert rows(app, select(func.count()).select_from(Verdict))[0] == before[0] + 1
    assert verdict(maker, held)["outcome"] == "nonconforming"
    for person, batch in ((maker, free), (people.stranger, others)):
        said = verdict(person, batch)
        assert said["outcome"] != "nonconforming"
        assert OWN not in str(said)


def test_an_own_limit_does_not_stand_in_for_what_the_plan_asks(
    cooperative: Person, inspector: Person, own: dict[str, Any]
) -> None:
    lax = lead("9", characteristic="净含量", bound={"kind": "number", "lower": "1"}, unit="g")
    cooperative.made(f"/clauses/{own['clause']['id']}/requirements", json=lax)
    type_inspected(cooperative, inspector)
    batch = sent_batch(cooperative, inspector, declared=declaring(own))
    typed = {"characteristic": "净含量", "typed": "2", "unit": "g"}
    published(inspector, batch, report([*EVERY_BATCH[:3], typed]))
    said = verdict(cooperative, batch)
    assert said["outcome"] == "undetermined"
    signed = [line for line in said["lines"] if line["characteristic"] == "净含量"]
    assert {line["outcome"] for line in signed} == {"undetermined", "conforming"}


def test_a_look_ahead_says_of_own_standards_what_the_judge_says(
    app: Flask, people: People, own: dict[str, Any], session: Any
) -> None:
    maker, laboratory = people.cooperative, people.inspector
    type_inspected(maker, laboratory)
    results = [*EVERY_BATCH, {"characteristic": LEAD, "typed": "1.6", "unit": "mg/kg"}]
    for declared in (declaring(own), declaring()):
        batch = sent_batch(maker, laboratory, declared=declared)
        published(laboratory, batch, report(results))
    history = history_of(session, session.get_one(Product, people.product(TEA)))
    rules = whole_rulebook(session, history.product.id)
    found = outcomes(history.columns, rules, plans_by_day(session, history.product.id))
    judged = [judge_now(session, session.get_one(Batch, one.id)) for one in history.batches]
    assert [OUTCOMES[place] for place in found.of] == [said.outcome for said in judged]
    assert {said.outcome.value for said in judged} == {"nonconforming", "conforming"}


# --- the public ---------------------------------------------------------------------------------


def test_labels_and_their_passport_name_no_buyers_specification(
    app: Flask, people: People, own: dict[str, Any], buyers: dict[str, Any]
) -> None:
    number = buyers["standard"]["number"]
    declared = [f"{number}-2026", f"{OWN}-2026"]
    house = Labelled(app, people, declared=declared)
    scan = app.test_client()
    for query in ("", "?f=json", "?lang=en"):
        page = scan.get(f"/T/{house.code()}{query}")
        assert page.status_code == 200
        text = page.get_data(as_text=True)
        assert "采购" not in text
        assert "buyer" not in text.casefold()
    assert OWN in scan.get(f"/T/{house.code()}?f=json").get_data(as_text=True)
    [run] = people.cooperative.get("/label-runs").get_json()
    assert run["standard"] == f"{OWN}-2026"
    for report_id in rows(app, select(Inspection.id)):
        asked = people.cooperative.signed_in().get(f"/reports/{report_id}/certificate")
        certificate = scan.get(asked.headers["Location"])
        assert certificate.status_code == 200
        text = certificate.get_data(as_text=True)
        assert "GB/T 14456.3-2016" in text
        assert "采购" not in text


def test_statistics_count_no_buyers_specification(
    app: Flask, people: People, buyers: dict[str, Any]
) -> None:
    maker, laboratory = people.cooperative, people.inspector
    batch = sent_batch(maker, laboratory, declared=declaring(buyers))
    results = [*EVERY_BATCH, {"characteristic": LEAD, "typed": "1.2", "unit": "mg/kg"}]
    published(laboratory, batch, report(results))
    for path in ("/statistics/clauses.csv", "/statistics/requirements.csv"):
        answer = app.test_client().get(path)
        assert answer.status_code == 200, path
        assert "采购" not in answer.get_data(as_text=True)


def test_own_limits_keep_their_earlier_revisions(
    app: Flask, cooperative: Person, own: dict[str, Any]
) -> None:
    body = {"reason": "改严", "source": OFFICIAL, "bound": {"kind": "number", "upper": "1.2"}}
    cooperative.made(f"/requirements/{own['limit']['id']}/corrections", json=body)
    query = select(Requirement).where(Requirement.code == own["limit"]["code"])
    assert len(rows(app, query)) == 2
    wrong = {**body, "nature": "mandatory"}
    newest = rows(app, query.where(Requirement.retired_at.is_(None)))[0]
    answer = cooperative.post(f"/requirements/{newest.id}/corrections", json=wrong)
    assert refusal(answer)[::2] == (422, ["/nature"])


# --- the desks --------------------------------------------------------------------------------


def test_a_producer_enters_a_buyers_specification_on_its_desk(people: People) -> None:
    browser = people.cooperative.signed_in()
    begun = send(
        browser, form_on(browser, "/coop/standards/new", "/coop/standards/new"),
        level="buyer", title="示例商社 2026 合同", title_en="Sample 2026", source="合同附件二",
    )  # fmt: skip
    assert begun.status_code == 303
    page = begun.headers["Location"]
    published_ = send(
        browser, form_on(browser, page, "/editions"),
        **{"edition-starts": STARTS, "edition-source": "合同附件二"},
    )  # fmt: skip
    assert published_.status_code == 303
    [edition] = people.cooperative.get("/standards?level=buyer").get_json()[0]["editions"]
    path = f"/coop/standards/editions/{edition['id']}/limits"
    wanted = {"number": "2", "characteristic": LEAD, "bound-upper": "1.0", "unit": "mg/kg"}
    wrong = send(browser, form_on(browser, f"{path}?product={TEA}", path), **wanted)
    assert wrong.status_code == 422
    assert 'value="1.0"' in wrong.get_data(as_text=True)
    right = {**wanted, "source": "铅不超过 1.0 mg/kg"}
    added = send(browser, form_on(browser, f"{path}?product={TEA}", path), **right)
    assert added.status_code == 303
    assert "1.0 mg/kg" in browser.get(page).get_data(as_text=True)
    assert "示例商社" in browser.get("/coop/standards").get_data(as_text=True)
    strange = people.stranger.signed_in()
    assert "示例商社" not in strange.get("/coop/standards").get_data(as_text=True)
    for hidden in (page, path):
        assert strange.get(hidden).status_code == 404
    assert people.authority.signed_in().get("/coop/standards").status_code == 403


def test_every_desk_shows_what_each_standard_says_and_the_grade(
    people: People, own: dict[str, Any], buyers: dict[str, Any]
) -> None:
    maker, laboratory = people.cooperative, people.inspector
    type_inspected(maker, laboratory)
    batch = sent_batch(maker, laboratory, declared=declaring(own, buyers))
    results = [*EVERY_BATCH, {"characteristic": LEAD, "typed": "1.2", "unit": "mg/kg"}]
    sheet = laboratory.made("/worksheets", json={"batch": batch["id"], **report(results)})
    ahead = laboratory.signed_in().get(f"/lab/worksheets/{sheet['id']}").get_data(as_text=True)
    published(laboratory, batch, report(results))
    pages = [ahead] + [
        person.signed_in().get(f"/{desk}/batches/{batch['id']}").get_data(as_text=True)
        for person, desk in ((maker, "coop"), (laboratory, "lab"), (people.authority, "gov"))
    ]
    for page in pages:
        section = page[page.index("按标准看") :]
        assert "达到的等级：特级" in section
        assert section.index(buyers["edition"]["designation"]) < section.index("Q/SLC 0001S-2026")
        assert "采购方规格" in section
