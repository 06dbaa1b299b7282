"""Getting the sample ready to be served: its data once, and at every start fresh ways in.

What is printed is for whoever sits before the terminal of the sample; production prints none of it.
"""

from collections.abc import Iterator
from uuid import UUID

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.act import HOUSE, transaction
from core.identity.models import Account, Party
from core.identity.service import make_link
from core.settings import Settings
from core.words import Words
from desks.sample import make_sample
from desks.sample_parties import COOPERATIVE, LABORATORY, OFFICE, SECOND
from labels.digital_link import label_url
from labels.epochs import ensure_first_epoch
from labels.models import LabelRun
from labels.press import Press, press_of
from labels.printing import code_of
from labels.report_key import ensure_report_key
from labels.symbols import QUIET_MODULES, matrix

DESKS = {
    COOPERATIVE: Words("合作社", "cooperative"),
    LABORATORY: Words("检验员", "inspector"),
    SECOND: Words("复核人", "verifier"),
    OFFICE: Words("主管部门", "authority"),
}


def prepare_sample(session: Session, settings: Settings) -> Iterator[str]:
    """Make what is missing and tell it line by line: key, data, address, links, a label."""
    press = press_of(settings)
    with transaction(session, HOUSE) as act:
        ensure_first_epoch(act, press)
        ensure_report_key(act, press.folder)
    if make_sample(session, press, settings.documents):
        yield "示例数据已建好，都标着“示例” / the sample is made, all of it marked 示例"
    yield f"\n地址 / address: {settings.label_origin}/"
    yield from _ways_in(session, settings.label_origin)
    yield from _label(session, press)


def _ways_in(session: Session, origin: str) -> Iterator[str]:
    """A fresh one-time link for each desk of the sample; the earlier ones end."""
    found = _accounts(session)
    if not found:
        yield (
            "这里已有登记的主体，没有加示例 / parties are registered here already: no sample was made"
        )
        return
    yield (
        "登录链接（30 分钟内有效，用一次，打开后设密码）/ "
        "log-in links (valid 30 minutes, once, they set a password):"
    )
    for login, party, account in found:
        with transaction(session, HOUSE) as act:
            path = make_link(act, account)
        yield f"  {DESKS[login].zh} {DESKS[login].en}，{party}\n    {origin}{path}"


def _accounts(session: Session) -> list[tuple[str, str, UUID]]:
    """Login, party and account of each desk of the sample."""
    query = (
        select(Account.login, Party.name, Account.id)
        .join(Party, Party.id == Account.party_id)
        .where(Party.sample, Account.login.in_(DESKS), Account.disabled_at.is_(None))
    )
    found = {login: (login, party, account) for login, party, account in session.execute(query)}
    return [found[login] for login in DESKS if login in found]


def _label(session: Session, press: Press) -> Iterator[str]:
    """The first label of the sample under the address of this start, to be scanned at once."""
    query = select(LabelRun).join(Party, Party.id == LabelRun.party_id).where(Party.sample)
    run = session.scalars(query.order_by(LabelRun.epoch, LabelRun.first).limit(1)).first()
    if run is None:
        return
    url = label_url(press.origin, code_of(press, run, run.first), run.gtin)
    yield "\n示例标签，用手机扫 / a sample label to scan:\n"
    for line in in_half_blocks(url):
        yield click.style(line, fg="black", bg="bright_white")
    yield url


def in_half_blocks(url: str) -> list[str]:
    """The QR symbol of a link with its quiet zone, two rows of modules to a line of text."""
    modules = matrix(url, "M")
    edge = [False] * QUIET_MODULES
    blank = [False] * (len(modules) + 2 * QUIET_MODULES)
    rows = [blank] * QUIET_MODULES + [edge + row + edge for row in modules]
    rows += [blank] * (QUIET_MODULES + len(rows) % 2)
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return ["".join(map(_half_block, *pair)) for pair in pairs]


def _half_block(upper: bool, lower: bool) -> str:
    return " ▄▀█"[2 * upper + lower]
