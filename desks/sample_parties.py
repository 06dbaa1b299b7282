"""Who is in the sample: parties, members, licences and the plans marked 示例; all through verbs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session
from stdnum.cn import uscc

from core.act import ADMIN, AUTHORITY, HOUSE, INSPECTOR, PRODUCER, VERIFIER, Act
from core.clock import day_of
from core.identity.models import Account
from core.identity.service import MemberDraft, PartyDraft, invite_member, register_party
from core.identity.signing_in import actor_of
from core.record.service import write_facts
from labels.press import Press
from products.licences.service import LicenceDraft, grant_licence
from products.plans.service import PlanDraft
from products.requirements import PlanItem
from products.service import product_named
from trace.inspections.rejudge import put_plan

COOPERATIVE, LABORATORY, OFFICE = "cooperative", "inspector", "authority"
SECOND = "verifier"
CRAYFISH_COOPERATIVE, OIL_COOPERATIVE = "crayfish", "camellia"
TEA_WORKS = "tea-works"
TEA, CRAYFISH, OIL = "changsha-green-tea", "wangcheng-crayfish", "liuyang-camellia-oil"
PLAN_SOURCE = "示例放行方案，只用于演示；正式方案由主管部门依据标准设定"


def sample_credit_code(serial: int) -> str:
    """A 统一社会信用代码 of the form of the samples (…MA0000…) with the right check character.

    Everything of the sample has such a code, so that it can be told from a real one.
    """
    body = f"93430121MA0000{serial:03d}"
    return body + str(uscc.calc_check_digit(body))


@dataclass(frozen=True)
class Scene:
    """Where the sample plays: one transaction, the press, the folder of documents, from when on.

    Each act is a millisecond after the one before, so that they can be told in their order.
    """

    session: Session
    press: Press
    documents: Path
    begins: datetime
    moments: Iterator[int] = field(default_factory=count)

    @property
    def today(self) -> date:
        """The day on which the sample is made."""
        return day_of(self.begins)

    @contextmanager
    def act(self, account_id: UUID | None = None) -> Iterator[Act]:
        """One act of somebody, of the house where nobody is named, in the one transaction."""
        actor = HOUSE
        if account_id is not None:
            actor = actor_of(self.session.get_one(Account, account_id))
        act = Act(self.session, actor, self.begins + timedelta(milliseconds=next(self.moments)))
        yield act
        self.session.flush()
        write_facts(self.session, act.facts, actor.account, act.at)

    def day(self, back: int, first: date) -> date:
        """So many days ago, not before `first`."""
        return max(self.today - timedelta(days=back), first)


@dataclass(frozen=True)
class Person:
    """Somebody of the sample; `second` is another account of the same party."""

    account: UUID
    party: UUID
    second: UUID


Cast = dict[str, Person]
"""By login."""


def enter_cast(scene: Scene) -> Cast:
    """Everybody: the authority enters itself first, then the rest."""
    cast = {OFFICE: _authority(scene)}
    with scene.act(cast[OFFICE].account) as act:
        cast[LABORATORY] = _laboratory(act)
        _other_laboratory(act)
        cast |= _cooperatives(act)
    return cast


def _authority(scene: Scene) -> Person:
    draft = PartyDraft(
        name="示例·长沙县农业农村局",
        credit_code=sample_credit_code(901),
        roles=[AUTHORITY],
        short_name="示例·农业农村局",
        address="示例地址",
        contact="示例：请联系当地农业农村局",
        sample=True,
    )
    with scene.act() as act:
        return _party(act, draft, MemberDraft(OFFICE, "示例·主管", [ADMIN, AUTHORITY]))


def _laboratory(act: Act) -> Person:
    draft = PartyDraft(
        name="示例·湘中茶叶检验中心",
        credit_code=sample_credit_code(902),
        roles=[INSPECTOR],
        short_name="示例·湘中检验",
        address="示例地址",
        contact="示例电话",
        sample=True,
    )
    signer = MemberDraft(SECOND, "示例·授权签字人", [INSPECTOR, VERIFIER])
    return _party(act, draft, MemberDraft(LABORATORY, "示例·检验员", [ADMIN, INSPECTOR]), signer)


def _other_laboratory(act: Act) -> None:
    """Another laboratory, for whoever does not accept the first one's result."""
    draft = PartyDraft(
        name="示例·湘北农产品检验所",
        credit_code=sample_credit_code(906),
        roles=[INSPECTOR],
        short_name="示例·湘北检验",
        address="示例地址",
        contact="示例电话",
        sample=True,
    )
    head = MemberDraft("inspector-2", "示例·检验员", [ADMIN, INSPECTOR])
    _party(act, draft, head, MemberDraft("verifier-2", "示例·授权签字人", [INSPECTOR, VERIFIER]))


def _cooperatives(act: Act) -> Cast:
    named = {
        COOPERATIVE: ("示例·春山茶叶专业合作社", "示例·春山茶叶", 903),
        CRAYFISH_COOPERATIVE: ("示例·湖畔小龙虾专业合作社", "示例·湖畔小龙虾", 904),
        OIL_COOPERATIVE: ("示例·浏水油茶专业合作社", "示例·浏水油茶", 905),
        TEA_WORKS: ("示例·清泉茶叶加工厂", "示例·清泉茶厂", 907),
    }
    cast = {}
    for login, (name, short, serial) in named.items():
        draft = PartyDraft(
            name=name, credit_code=sample_credit_code(serial), roles=[PRODUCER],
            short_name=short, address="示例地址", contact="示例电话", sample=True,
        )  # fmt: skip
        boss = MemberDraft(login, "示例·社长", [ADMIN, PRODUCER])
        clerk = MemberDraft(f"{login}-2", "示例·社员", [PRODUCER])
        cast[login] = _party(act, draft, boss, clerk)
    return cast


def _party(act: Act, draft: PartyDraft, *members: MemberDraft) -> Person:
    """A party with its members; the first of them acts for it in the sample."""
    party = register_party(act, draft)
    accounts = [invite_member(act, party.id, member).account for member in members]
    return Person(accounts[0].id, party.id, accounts[-1].id)


def grant_licences(scene: Scene, cast: Cast) -> None:
    """A licence each, without the official mark: no record of these products is proven yet."""
    starts = scene.today - timedelta(days=300)
    ends = {CRAYFISH_COOPERATIVE: scene.today + timedelta(days=40)}
    products = {
        COOPERATIVE: TEA, TEA_WORKS: TEA, CRAYFISH_COOPERATIVE: CRAYFISH, OIL_COOPERATIVE: OIL,
    }  # fmt: skip
    with scene.act(cast[OFFICE].account) as act:
        for login, product in products.items():
            grant_licence(
                act,
                LicenceDraft(
                    party=cast[login].party, product=product, starts=starts,
                    ends=ends.get(login), source="示例：准入决定",
                ),
            )  # fmt: skip


def set_sample_plans(scene: Scene, cast: Cast) -> None:
    """Plans marked 示例 for two products that have none; never a part of the catalogue."""
    starts = scene.today - timedelta(days=300)
    plans = {CRAYFISH: _crayfish_plan(starts), OIL: _oil_plan(starts)}
    with scene.act(cast[OFFICE].account) as act:
        for key, draft in plans.items():
            put_plan(act, product_named(act.session, key).id, draft)


def _crayfish_plan(starts: date) -> PlanDraft:
    return PlanDraft(
        starts=starts,
        standard="GB 2733-2015",
        source=PLAN_SOURCE,
        every_batch=[
            PlanItem("孔雀石绿及隐色孔雀石绿"),
            PlanItem("氯霉素"),
            PlanItem("呋喃唑酮代谢物"),
        ],
        type_items=["铅（以Pb计）", "镉（以Cd计）"],
        type_per_year=2,
        stage_events=["production", "transport"],
        sample=True,
    )


def _oil_plan(starts: date) -> PlanDraft:
    return PlanDraft(
        starts=starts,
        standard="GB/T 11765-2018",
        source=PLAN_SOURCE,
        every_batch=[PlanItem("酸价（KOH）"), PlanItem("过氧化值"), PlanItem("溶剂残留量")],
        type_items=["铅（以Pb计）", "总砷（以As计）", "苯并[a]芘"],
        type_per_year=1,
        documents=[("processing", "压榨工艺记录")],
        sample=True,
    )
