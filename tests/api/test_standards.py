"""Standards, editions, clauses and limits: REST where it stands here, else the verbs themselves."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.act import INSPECTOR, PRODUCER
from core.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from core.record.models import Evidence
from products.models import Product
from products.standards import limits, service
from products.standards.drafts import Amendment, EditionDraft, Proof, RequirementDraft
from products.standards.models import Clause, Edition, Requirement, Standard
from products.standards.rules import rulebook_for
from products.standards.schemas import CorrectIn, RequirementIn
from tests.api.entering import OFFICIAL, TEA, acting, day, document_of, refusal
from tests.people import People, Person

LOCAL = {
    "number": "DB43/T 9901",
    "title": "示例地方标准",
    "title_en": "Sample local standard",
    "level": "local",
    "stages": ["processing", "testing"],
    "source": "示例公告",
}
LIMIT: dict[str, Any] = {
    "stage": "testing",
    "characteristic": "示例指标",
    "characteristic_en": "sample characteristic",
    "bound": {"kind": "number", "upper": "1.50"},
    "unit": "mg/kg",
    "nature": "mandatory",
    "certainty": "confirmed",
    "source": OFFICIAL,
    "product": TEA,
}


def standard_of(session: Session, number: str) -> Standard:
    return session.scalars(select(Standard).where(Standard.number == number)).one()


def current(session: Session, code: str) -> Requirement:
    query = select(Requirement).where(Requirement.code == code, Requirement.retired_at.is_(None))
    return session.scalars(query).one()


def limit(**changes: Any) -> RequirementDraft:
    """A limit as it comes through the schema."""
    return RequirementDraft(**RequirementIn().load({**LIMIT, **changes}))


def clause_of(session: Session, authority: Person) -> Clause:
    """A clause of a fresh standard and edition."""
    answer = authority.made("/standards", json=LOCAL)
    with acting(session, authority) as act:
        draft = EditionDraft("DB43/T 9901-2026", day("2026-01-01"), OFFICIAL)
        made = service.publish_edition(act, standard_of(session, LOCAL["number"]).id, draft)
        assert str(made.edition.standard_id) == answer["id"]
        return service.add_clause(act, made.edition.id, "4.2", "理化指标")


def pointers(refused: pytest.ExceptionInfo[Refusal]) -> list[str]:
    return [fault.pointer for fault in refused.value.faults]


def test_the_authority_registers_a_standard_and_everybody_reads_it(
    authority: Person, consumer: Person
) -> None:
    answer = authority.post("/standards", json=LOCAL)
    assert answer.status_code == 201
    made = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/standards/{made['id']}"
    assert consumer.get(f"/standards/{made['id']}").get_json() == made
    found = consumer.get("/standards", query_string={"q": "9901", "stage": "testing"}).get_json()
    assert [row["number"] for row in found] == ["DB43/T 9901"]
    query = {"q": "9901", "stage": "storage"}
    assert consumer.get("/standards", query_string=query).get_json() == []
    laws = consumer.get("/standards?level=law&size=200").get_json()
    assert laws and {row["level"] for row in laws} == {"law"}


def test_a_number_in_any_spelling_is_registered_once(authority: Person) -> None:
    for number in ("GB 2762", "GB2762", "gb 2762", "GB  2762", "ＧＢ 2762"):
        answer = authority.post("/standards", json={**LOCAL, "number": number})
        assert refusal(answer) == (409, "number-taken", ["/number"])


WRONG_STANDARDS: list[tuple[dict[str, Any], str]] = [
    ({"number": "DB43/T 9901-2026"}, "/number"),
    ({"number": "示例\u202e"}, "/number"),
    ({"level": "cosmic"}, "/level"),
    ({"stages": ["harvest"]}, "/stages/0"),
    ({"title": ""}, "/title"),
    ({"year": 2026}, "/year"),
]


def test_a_standard_that_cannot_be_is_refused(authority: Person, subtests: pytest.Subtests) -> None:
    for changes, pointer in WRONG_STANDARDS:
        with subtests.test(changes=changes):
            status, _, named = refusal(authority.post("/standards", json={**LOCAL, **changes}))
            assert (status, named) == (422, [pointer])


def test_only_the_authority_enters_standards(people: People, session: Session) -> None:
    edition = session.scalars(select(Edition.id)).first()
    link = {"standard": str(session.scalars(select(Standard.id)).first())}
    for person, status in ((people.cooperative, 403), (people.inspector, 403)):
        assert refusal(person.post("/standards", json=LOCAL))[0] == status
        clause = person.post(f"/editions/{edition}/clauses", json={"number": "9.9"})
        assert refusal(clause)[0] == status
        assert refusal(person.post(f"/products/{TEA}/standards", json=link))[0] == status
    assert people.consumer.post("/standards", json=LOCAL).status_code == 401


def test_verbs_without_a_route_here_ask_for_the_authority_too(
    people: People, session: Session
) -> None:
    row = current(session, "R042")
    clause = row.clause_id
    for person, role in ((people.cooperative, PRODUCER), (people.inspector, INSPECTOR)):
        with pytest.raises(Forbidden), acting(session, person, role) as act:
            limits.confirm_requirement(act, row.id, Proof(OFFICIAL))
        with pytest.raises(Forbidden), acting(session, person, role) as act:
            limits.correct_requirement(act, row.id, Amendment("错了", OFFICIAL, unit="mg/kg"))
        with pytest.raises(Forbidden), acting(session, person, role) as act:
            limits.add_requirement(act, clause, limit())
        with pytest.raises(Forbidden), acting(session, person, role) as act:
            standard = standard_of(session, "GB 2762").id
            service.publish_edition(
                act, standard, EditionDraft("GB 2762-2099", day("2099-01-01"), OFFICIAL)
            )
    assert current(session, "R042").revision == 1


def test_a_new_edition_ends_the_open_one_the_day_before_and_changes_nothing_else(
    authority: Person, session: Session
) -> None:
    standard = standard_of(session, "GB 2762")
    old = session.scalars(select(Edition).where(Edition.designation == "GB 2762-2025")).one()
    before = (old.designation, old.starts, old.status, old.certainty, old.note)
    draft = EditionDraft("GB 2762-2030", day("2030-09-01"), OFFICIAL)
    with acting(session, authority) as act:
        made = service.publish_edition(act, standard.id, draft)
    assert [edition.designation for edition in made.closed] == ["GB 2762-2025"]
    session.expire_all()
    assert old.ends == day("2030-08-31") and old.version == 2
    assert (old.designation, old.starts, old.status, old.certainty, old.note) == before
    products = {row.id for row in session.scalars(select(Product)) if row.key == TEA}
    assert products < set(made.touched.products)
    assert current(session, "R001").id in made.touched.requirements
    kinds = session.scalars(select(Evidence.kind).order_by(Evidence.position.desc()).limit(2))
    assert list(kinds) == ["edition", "edition-closed"]


def test_limits_follow_the_edition_that_is_in_force_that_day(
    authority: Person, consumer: Person, session: Session
) -> None:
    with acting(session, authority) as act:
        draft = EditionDraft("GB 2762-2030", day("2030-09-01"), OFFICIAL)
        service.publish_edition(act, standard_of(session, "GB 2762").id, draft)

    def lead(on: str) -> list[str]:
        stages = consumer.get(f"/products/{TEA}/requirements?on={on}").get_json()
        (testing,) = (stage for stage in stages if stage["stage"] == "testing")
        return [
            row["limit"]["zh"]
            for standard in testing["standards"]
            for clause in standard["clauses"]
            for row in clause["requirements"]
            if row["characteristic"] == "铅（以Pb计）" and standard["standard"] == "GB 2762"
        ]

    assert lead("2026-09-01") == []
    assert lead("2026-09-02") == lead("2030-08-31") == ["≤ 5.0 mg/kg"]
    assert lead("2030-09-01") == []


OVERLAPPING = [
    ("2026-09-02", None),
    ("2026-09-01", None),
    ("2026-08-31", "2026-12-31"),
    ("2023-01-01", "2026-09-01"),
    ("2026-09-01", "2026-09-01"),
]


def test_editions_whose_days_overlap_are_refused(
    authority: Person, session: Session, subtests: pytest.Subtests
) -> None:
    before = session.scalar(select(func.count()).select_from(Edition))
    standard = standard_of(session, "GB 2762").id
    for starts, ends in OVERLAPPING:
        with subtests.test(starts=starts, ends=ends):
            last = day(ends) if ends else None
            draft = EditionDraft("GB 2762-2024", day(starts), OFFICIAL, last)
            with pytest.raises(Conflict) as refused, acting(session, authority) as act:
                service.publish_edition(act, standard, draft)
            assert refused.value.code == "edition-overlap" and pointers(refused) == ["/starts"]
    assert session.scalar(select(func.count()).select_from(Edition)) == before


def test_an_edition_that_was_in_force_long_ago_may_be_entered_later(
    authority: Person, session: Session
) -> None:
    draft = EditionDraft("GB 2762-2017", day("2017-09-17"), OFFICIAL, ends=day("2022-12-31"))
    with acting(session, authority) as act:
        made = service.publish_edition(act, standard_of(session, "GB 2762").id, draft)
    assert made.closed == () and made.edition.year == 2017


WRONG_EDITIONS = [
    (EditionDraft("GB 2763-2030", date(2030, 1, 1), OFFICIAL), "/designation"),
    (EditionDraft("GB 2762", date(2030, 1, 1), OFFICIAL), "/designation"),
    (EditionDraft("GB 2762-2030", date(2030, 1, 2), OFFICIAL, date(2030, 1, 1)), "/ends"),
]


def test_an_edition_that_cannot_be_is_refused(
    authority: Person, session: Session, subtests: pytest.Subtests
) -> None:
    standard = standard_of(session, "GB 2762").id
    for draft, pointer in WRONG_EDITIONS:
        with subtests.test(draft=draft):
            with pytest.raises(Invalid) as refused, acting(session, authority) as act:
                service.publish_edition(act, standard, draft)
            assert pointers(refused) == [pointer]


def test_an_edition_is_published_once(authority: Person, session: Session) -> None:
    draft = EditionDraft("GB 2762-2025", day("2031-01-01"), OFFICIAL)
    with pytest.raises(Conflict, match="edition-taken"), acting(session, authority) as act:
        service.publish_edition(act, standard_of(session, "GB 2762").id, draft)


def test_a_clause_is_added_once(authority: Person, consumer: Person, session: Session) -> None:
    edition = session.scalars(select(Edition).where(Edition.designation == "GB 2762-2025")).one()
    path, body = f"/editions/{edition.id}/clauses", {"number": "4.9", "title": "新表"}
    answer = authority.post(path, json=body)
    assert answer.status_code == 201
    made = answer.get_json()
    assert consumer.get(f"/clauses/{made['id']}").get_json() == made
    assert refusal(authority.post(path, json=body)) == (409, "clause-taken", ["/number"])
    whole = consumer.get(f"/editions/{edition.id}").get_json()
    assert whole["standard_number"] == "GB 2762"
    assert "4.9" in [clause["number"] for clause in whole["clauses"]]
    assert {"R001", "R039"} <= {row["code"] for row in whole["requirements"]}


def test_a_limit_is_entered_and_read_with_its_digits(
    authority: Person, consumer: Person, session: Session
) -> None:
    clause = clause_of(session, authority)
    scope = {"forms": ["成品茶"], "grades": ["特级", "一级"]}
    with acting(session, authority) as act:
        made = limits.add_requirement(act, clause.id, limit(scope=scope))
    tea = session.scalars(select(Product.id).where(Product.key == TEA)).one()
    assert made.touched.products == (tea,) and made.replaced is None
    seen = consumer.get(f"/requirements/{made.requirement.id}").get_json()
    assert seen["bound"]["upper"] == "1.50" and seen["limit"]["zh"] == "≤ 1.50 mg/kg"
    assert seen["scope"]["grades"] == ["特级", "一级"]
    assert "示例指标不超过 1.50 mg/kg" in seen["sentence"]["zh"]
    assert (seen["edition"], seen["clause"]) == ("DB43/T 9901-2026", "4.2")
    stages = consumer.get(f"/products/{TEA}/requirements?on=2026-06-01").get_json()
    shown = [row["designation"] for stage in stages for row in stage["standards"]]
    assert "DB43/T 9901-2026" in shown


WRONG_LIMITS: list[tuple[dict[str, Any], str]] = [
    ({"unit": "盎司"}, "/unit"),
    ({"unit": None}, "/unit"),
    ({"scope": {"grades": ["六级"]}}, "/scope/grades"),
    ({"scope": {"forms": ["茶油"]}}, "/scope/forms"),
    ({"product": "no-such-product"}, "/product"),
    ({"product": None, "scope": {"forms": ["成品茶"]}}, "/scope/forms"),
    ({"characteristic_en": None}, "/characteristic_en"),
    ({"nature": "reference"}, "/enforce"),
    ({"certainty": "unverified"}, "/enforce"),
    (
        {
            "scope": {
                "when": {
                    "characteristic": "售价",
                    "unit": "元",
                    "bound": {"kind": "number", "upper": "200"},
                }
            }
        },
        "/scope/when",
    ),
]


def test_a_limit_that_cannot_be_is_refused_with_the_field_named(
    authority: Person, session: Session, subtests: pytest.Subtests
) -> None:
    clause = clause_of(session, authority).id
    for changes, pointer in WRONG_LIMITS:
        with subtests.test(changes=changes):
            stated = {name: held for name, held in {**LIMIT, **changes}.items() if held is not None}
            draft = RequirementDraft(**RequirementIn().load(stated))
            with pytest.raises(Invalid) as refused, acting(session, authority) as act:
                limits.add_requirement(act, clause, draft)
            assert pointers(refused) == [pointer]
    assert session.scalar(select(func.count()).where(Requirement.clause_id == clause)) == 0


def test_the_same_limit_is_not_entered_twice(authority: Person, session: Session) -> None:
    clause = clause_of(session, authority)
    with acting(session, authority) as act:
        limits.add_requirement(act, clause.id, limit())
        limits.add_requirement(act, clause.id, limit(scope={"grades": ["特级"]}))
    with pytest.raises(Conflict, match="requirement-taken"), acting(session, authority) as act:
        limits.add_requirement(act, clause.id, limit(bound={"kind": "number", "upper": "9"}))


def test_confirming_makes_a_revision_that_can_fail_a_batch(
    authority: Person, consumer: Person, session: Session
) -> None:
    row = current(session, "R042")
    with acting(session, authority) as act:
        revised = limits.confirm_requirement(act, row.id, Proof("GB/T 14456.3-2016 原文 5.3 表5"))
    new = revised.requirement
    assert (new.code, new.revision, new.origin, new.certainty) == (
        "R042",
        2,
        "entered",
        "confirmed",
    )
    assert (new.bound, new.scope, new.unit, new.clause_id) == (
        row.bound, row.scope, row.unit, row.clause_id,
    )  # fmt: skip
    session.expire_all()
    assert row.retired_at is not None and current(session, "R042").id == new.id
    tea = session.scalars(select(Product.id).where(Product.key == TEA)).one()
    assert revised.touched.products == (tea,)
    ids = {r.id for r in rulebook_for(session, tea).requirements}
    assert str(new.id) in ids and str(row.id) not in ids
    seen = consumer.get(f"/requirements/{row.id}").get_json()
    assert seen["retired_at"] is not None
    assert seen["revisions"] == [str(new.id), str(row.id)]


def test_correcting_keeps_the_old_limit_to_be_seen(
    app: Any, authority: Person, session: Session
) -> None:
    row = current(session, "R042")
    body = {
        "reason": "转载有误，原文为 6.5",
        "evidence": document_of(app, authority),
        "bound": {"kind": "number", "upper": "6.5"},
    }
    with acting(session, authority) as act:
        revised = limits.correct_requirement(act, row.id, Amendment(**CorrectIn().load(body)))
    assert revised.requirement.bound == {"kind": "number", "upper": "6.5"}
    assert revised.requirement.reason == "转载有误，原文为 6.5"
    assert revised.replaced is not None and revised.replaced.bound["upper"] == "7.0"
    query = select(Evidence.body).where(Evidence.subject == str(revised.requirement.id))
    assert '"upper":"6.5"' in session.scalars(query).one()


WRONG_AMENDMENTS = [
    (Amendment("改", source=None), "/evidence"),
    (Amendment("改", OFFICIAL, unit="盎司"), "/unit"),
    (Amendment("改", OFFICIAL, nature="benchmark"), "/enforce"),
]


def test_a_correction_that_cannot_be_is_refused(
    authority: Person, session: Session, subtests: pytest.Subtests
) -> None:
    row = current(session, "R042").id
    for amendment, pointer in WRONG_AMENDMENTS:
        with subtests.test(amendment=amendment):
            with pytest.raises(Invalid) as refused, acting(session, authority) as act:
                limits.correct_requirement(act, row, amendment)
            assert pointers(refused) == [pointer]
    assert current(session, "R042").revision == 1


def test_of_two_corrections_of_one_limit_the_second_is_refused(
    authority: Person, session: Session
) -> None:
    row = current(session, "R042")
    with acting(session, authority) as act:
        limits.confirm_requirement(act, row.id, Proof(OFFICIAL))
    with pytest.raises(Conflict, match="superseded"), acting(session, authority) as act:
        limits.confirm_requirement(act, row.id, Proof(OFFICIAL))
    assert current(session, "R042").revision == 2


def test_a_duty_of_everybody_touches_every_product(authority: Person, session: Session) -> None:
    row = current(session, "R174")
    with acting(session, authority) as act:
        revised = limits.confirm_requirement(act, row.id, replace(Proof(OFFICIAL), note="原文"))
    assert set(revised.touched.products) == set(session.scalars(select(Product.id)))


CHANGES_BY_HAND = [
    'UPDATE requirement SET bound = \'{"kind":"number","upper":"50"}\' WHERE code = \'R001\'',
    "UPDATE requirement SET retired_at = NULL",
    "UPDATE requirement SET unit = 'g/kg', retired_at = CURRENT_TIMESTAMP WHERE code = 'R001'",
    "DELETE FROM requirement WHERE code = 'R001'",
]


def test_a_limit_cannot_be_changed_by_raw_sql(session: Session) -> None:
    for statement in CHANGES_BY_HAND:
        with pytest.raises(DBAPIError, match="append only: requirement"):
            session.execute(text(statement))
        session.rollback()
    assert current(session, "R001").bound["upper"] == "5.0"


def test_what_is_not_there_is_not_found(
    authority: Person, consumer: Person, session: Session
) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"
    for path in ("standards", "editions", "clauses", "requirements"):
        assert consumer.get(f"/{path}/{nowhere}").status_code == 404
        assert consumer.get(f"/{path}/nonsense").status_code == 404
    assert consumer.get("/products/nothing/requirements").status_code == 404
    assert authority.post(f"/editions/{nowhere}/clauses", json={"number": "1"}).status_code == 404
    link = authority.post(f"/products/{TEA}/standards", json={"standard": nowhere})
    assert refusal(link) == (422, "no-such-standard", ["/standard"])
    with pytest.raises(NotFound), acting(session, authority) as act:
        service.publish_edition(
            act, session.scalars(select(Product.id)).first() or act.party,
            EditionDraft("X-2030", day("2030-01-01"), OFFICIAL),
        )  # fmt: skip


def test_a_standard_is_linked_to_a_product_and_its_stages_show_it(
    authority: Person, consumer: Person, session: Session
) -> None:
    clause = clause_of(session, authority)
    body = {"standard": str(clause.edition.standard_id)}
    for _ in range(2):
        assert authority.post("/products/daweishan-pear/standards", json=body).status_code == 201
    stages = consumer.get("/products/daweishan-pear/requirements?on=2026-06-01").get_json()
    shown = {stage["stage"]: [row["designation"] for row in stage["standards"]] for stage in stages}
    assert "DB43/T 9901-2026" in shown["processing"] and "DB43/T 9901-2026" in shown["testing"]
    assert "DB43/T 9901-2026" not in shown["storage"]


def test_the_nine_links_say_what_is_not_sure(consumer: Person) -> None:
    stages = consumer.get(f"/products/{TEA}/requirements?on=2026-11-08").get_json()
    assert [stage["names"]["zh"] for stage in stages] == [
        "分级", "生产", "加工", "保鲜", "存储", "运输", "包装", "标志", "质量检测",
    ]  # fmt: skip
    shown = {row["designation"]: row for row in stages[-1]["standards"]}
    assert shown["GB 2762-2025"]["start_unsure"] is False
    assert shown["GB/T 14456.3-2016"]["start_unsure"] is True
    ash = shown["GB/T 14456.3-2016"]["clauses"][0]["requirements"][0]
    assert (ash["certainty"], ash["unsure"]) == ("one-source", True)
    duties = {row["code"] for stage in stages for row in stage["duties"]}
    limits = {
        row["code"]
        for stage in stages
        for standard in stage["standards"]
        for clause in standard["clauses"]
        for row in clause["requirements"]
    }
    assert "R174" in duties and "R174" not in limits
    assert refusal(consumer.get(f"/products/{TEA}/requirements?on=gestern"))[0] == 422
