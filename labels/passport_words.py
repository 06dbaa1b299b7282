"""How each answer to a scan is said: icon, word, title, one sentence, seal and what to do next.

A Chinese title may break where `|` stands. No sentence promises more than is known or accuses anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.words import Words
from labels.passport import BatchPassport, LabelAnswer, State, Status
from trace.inspections.verdicts import LineOutcome


@dataclass(frozen=True, slots=True)
class Face:
    """The first screen. `seal` has four characters; not `filled`: nobody vouches for anything."""

    state: State
    word: Words
    title: Words
    sentence: Words
    seal: str
    steps: tuple[Words, ...] = ()
    filled: bool = False
    icon: str = ""


_GENUINE_BUT = Words("码是真的，但", "The code is genuine, but")
_NO_RECORD = Words("没有记录", "No record")
_RETURN_IT = Words(
    "已经买了：带上商品和这枚标签，找卖家退货退款。",
    "Already bought: take the goods and this label back to the seller for a refund.",
)
_DO_NOT_USE = Words(
    "先不要食用或使用，没开封的收好，别扔。",
    "Do not eat or use it for now; keep what is unopened and do not throw it away.",
)
_SCAN_LATER = Words(
    "过几天再扫一次。一有结论，这里马上更新。",
    "Scan again in a few days: this page changes as soon as there is a conclusion.",
)
_NOT_YET_BOUGHT = Words(
    "还没有买：先别买，请卖家换一件标签有效的。",
    "Not bought yet: do not buy it; ask the seller for one whose label is valid.",
)
_ASK_SELLER = Words(
    "已经买了：问问卖家这件货是从哪里来的，也可以问下面的主管部门。",
    "Already bought: ask the seller where it came from, or ask the authority named below.",
)
_COMPARE = Words(
    "请对照标签，一组一组地核对：四位、四位、四位、五位。",
    "Compare it with the label group by group: four, four, four and five characters.",
)
_ANOTHER_CODE = Words(
    "袋子上可能有几个码。本站的标签码在产品名旁边，17 位。",
    "There may be several codes on the pack. Ours stands beside the product name and has 17.",
)

FACES: dict[Status, Face] = {
    Status.NO_CODE: Face(
        "none",
        Words("查标签", "Look up a label"),
        Words("输入|标签码", "Type the label code"),
        Words(
            "扫不出来也没关系：把标签上的 17 位码输在下面。",
            "If scanning fails, type the 17 characters from the label below.",
        ),
        "输码查询",
        icon="search",
    ),
    Status.MALFORMED: Face(
        "none",
        Words("写法不对", "Not a label code"),
        Words("这不是|本站的标签码", "This is not a code of ours"),
        Words(
            "标签码是 17 位字母和数字，您输入的不是。",
            "A label code has 17 letters and digits; what was entered has not.",
        ),
        "核对再查",
        (_ANOTHER_CODE, _COMPARE),
        icon="unknown",
    ),
    Status.MISTYPED: Face(
        "none",
        Words("请再核对", "Please check"),
        Words("像是|输错了", "Probably mistyped"),
        Words(
            "多半是抄错或扫错了一两个字符，请再核对一次。",
            "One or two characters were most likely misread. Please check it again.",
        ),
        "核对再查",
        (
            _COMPARE,
            Words(
                "容易看混的：8 和 B，5 和 S，2 和 Z。O 当作 0，I 和 L 当作 1，不用管。",
                "Easily confused: 8 and B, 5 and S, 2 and Z. O is read as 0, I and L as 1.",
            ),
            Words(
                "标签磨损看不清：请问卖家要一件标签完整的。",
                "The label is worn: ask the seller for a pack with a whole label.",
            ),
        ),
        icon="unknown",
    ),
    Status.UNKNOWN: Face(
        "none",
        _NO_RECORD,
        Words("查不到|这个码", "We do not know this code"),
        Words(
            "我们没有这个码的记录，所以没有人为它担保。",
            "We have no record of this code, so nobody vouches for it.",
        ),
        "查无此码",
        (
            _COMPARE,
            _ANOTHER_CODE,
            Words(
                "还是查不到：我们不知道这枚标签是谁印的，不能告诉您里面是什么。买之前请问卖家。",
                "Still unknown: we cannot tell who printed this label or what is inside. "
                "Ask the seller before you buy.",
            ),
        ),
        icon="unknown",
    ),
    Status.REVOKED_KEY: Face(
        "wait",
        Words("已停用", "Out of use"),
        Words("这一期标签|已整体停用", "Labels of this series are stopped"),
        Words(
            "这一期标签码不再使用，这枚标签不再为任何商品担保。",
            "Codes of this series are no longer in use; this label vouches for no goods.",
        ),
        "标签停用",
        (
            _NOT_YET_BOUGHT,
            Words(
                "已经买了：看看包装上的生产者和批号，可以问卖家或下面的主管部门。",
                "Already bought: note the maker and batch on the pack and ask the seller or the "
                "authority named below.",
            ),
        ),
    ),
    Status.RECALLED: Face(
        "fail",
        _GENUINE_BUT,
        Words("这一批|已召回", "this batch was recalled"),
        Words("请不要食用或使用。{failing}", "Do not eat or use it. {failing}"),
        "停售召回",
        (
            Words(
                "不要再食用或使用。没开封的收好，别扔。",
                "Stop eating or using it. Keep what is unopened and do not throw it away.",
            ),
            _RETURN_IT,
            Words(
                "食用后身体不舒服，请就医，并带上商品。",
                "If you feel unwell after eating it, see a doctor and bring the goods.",
            ),
        ),
        filled=True,
    ),
    Status.NONCONFORMING: Face(
        "fail",
        _GENUINE_BUT,
        Words("这一批|检验不合格", "this batch failed inspection"),
        Words("已停止销售。{failing}", "Its sale has been stopped. {failing}"),
        "停止销售",
        (_DO_NOT_USE, _RETURN_IT, _SCAN_LATER),
        filled=True,
    ),
    Status.WITHDRAWN: Face(
        "wait",
        _GENUINE_BUT,
        Words("检验结果|已撤回", "its test result was withdrawn"),
        Words(
            "原来的检验结果已撤回，正在重新判定。现在没有人为这一批担保。",
            "The earlier result was withdrawn and the batch is being judged again. "
            "For now nobody vouches for it.",
        ),
        "重新判定",
        (_NOT_YET_BOUGHT, _DO_NOT_USE, _SCAN_LATER),
    ),
    Status.ON_HOLD: Face(
        "wait",
        _GENUINE_BUT,
        Words("这一批|暂时封存", "this batch is on hold"),
        Words(
            "这一批暂停销售，还没有结论。现在没有人为它担保。",
            "Its sale is suspended and nothing is decided yet. For now nobody vouches for it.",
        ),
        "封存待查",
        (_NOT_YET_BOUGHT, _DO_NOT_USE, _SCAN_LATER),
    ),
    Status.REJECTED: Face(
        "fail",
        _GENUINE_BUT,
        Words("这一批|被拒收", "this batch was rejected"),
        Words(
            "检验机构或主管部门拒收了这一批，它不该再出售。{failing}",
            "The laboratory or the authority rejected this batch; it should not be sold. {failing}",
        ),
        "拒收停售",
        (_DO_NOT_USE, _RETURN_IT),
        filled=True,
    ),
    Status.CONCEDED: Face(
        "wait",
        _GENUINE_BUT,
        Words("本标签|不再担保", "this label no longer vouches"),
        Words(
            "让步放行，本标签不再担保：这批货只能作为普通商品出售。",
            "Released by concession, this label no longer vouches: the goods may be sold as "
            "ordinary goods only.",
        ),
        "不再担保",
        (
            Words(
                "还没有买：请不要按地理标志产品的价钱买。",
                "Not bought yet: do not pay the price of the protected product for it.",
            ),
            _ASK_SELLER,
        ),
    ),
    Status.VOID: Face(
        "wait",
        _GENUINE_BUT,
        Words("这枚标签|已作废", "this label is void"),
        Words(
            "生产者已把这枚标签作废，例如打坏了或没有用完。它不为任何商品担保。",
            "The producer voided this label, for example as spoilt or left over. "
            "It vouches for no goods.",
        ),
        "标签作废",
        (_NOT_YET_BOUGHT, _ASK_SELLER),
    ),
    Status.LICENCE_REVOKED: Face(
        "wait",
        _GENUINE_BUT,
        Words("贴标准入|已撤销", "the licence behind it was revoked"),
        Words(
            "主管部门撤销了这家生产者使用本标签的准入，这枚标签不再担保。",
            "The authority revoked the producer's licence to use these labels; "
            "this one no longer vouches.",
        ),
        "准入撤销",
        (_NOT_YET_BOUGHT, _ASK_SELLER),
    ),
    Status.EXPIRED: Face(
        "wait",
        _GENUINE_BUT,
        Words("已经过了|保质期", "it is past its best-before day"),
        Words(
            "放行时检验合格，保质期到 {best_before} 为止。",
            "It passed inspection before release; best before {best_before}.",
        ),
        "过保质期",
        (
            Words(
                "还没有买：请选还在保质期内的。",
                "Not bought yet: choose one that is within its date.",
            ),
            Words(
                "已经买了：看看是什么时候买的。买时就过了期，可以找卖家退换。",
                "Already bought: if it was past its date when you bought it, take it back.",
            ),
        ),
        icon="clock",
    ),
    Status.NOT_ACTIVATED: Face(
        "wait",
        _GENUINE_BUT,
        Words("标签|尚未启用", "the label is not active yet"),
        Words(
            "这枚标签还没有启用，暂时不能为这件货担保，所以这里没有检验结果。",
            "This label has not been activated, so it cannot vouch for the goods yet and no "
            "results are shown.",
        ),
        "尚未启用",
        (
            Words(
                "还在货架上：先别急着买，问一问店家。",
                "Still on the shelf: wait and ask the shop.",
            ),
            _ASK_SELLER,
            Words(
                "过一会儿再扫一次。一启用，这里马上变。",
                "Scan again later: this page changes as soon as the label is activated.",
            ),
        ),
    ),
    Status.ACTIVE: Face(
        "pass",
        Words("标签有效", "Label valid"),
        Words("检验合格", "Passed inspection"),
        Words("{tested}", "{tested}"),
        "检验合格",
        filled=True,
    ),
}


def face_of(answer: LabelAnswer) -> Face:
    """The first screen of an answer, its sentence filled in."""
    face, batch = FACES[answer.status], answer.batch
    if batch is None:
        return face
    failing, tested = failing_words(batch), tested_words(batch)
    day = batch.best_before.isoformat() if batch.best_before else ""
    said = (
        text.format(
            failing=failing.said_in(tongue), tested=tested.said_in(tongue), best_before=day
        ).strip()
        for text, tongue in zip(face.sentence, ("zh", "en"), strict=True)
    )
    return replace(face, sentence=Words(*said))


def failing_words(batch: BatchPassport) -> Words:
    """The first broken limit in one sentence; nothing where none is broken."""
    broken = batch.with_outcome(LineOutcome.NONCONFORMING)
    if not broken:
        return Words("", "")
    item, limit = broken[0], broken[0].limits[0].text
    return Words(
        f"{item.name.zh} {item.got.zh}，限量 {limit.zh}。",
        f"{capital(item.name.en)}: {item.got.en}, limit {limit.en}.",
    )


def capital(text: str) -> str:
    """The text with its first letter large."""
    return text[:1].upper() + text[1:]


def tested_words(batch: BatchPassport) -> Words:
    """这批长沙绿茶查了 10 项，全部合格。"""
    zh, en = batch.product
    total, shown = batch.count(), batch.count(LineOutcome.REFERENCE)
    if total == shown:
        return Words(f"这批{zh}判定合格。", f"This batch of {en} conforms.")
    tail = Words("，全部合格。", ". All pass.")
    if shown:
        tail = Words(
            f"：{total - shown} 项全部合格，{shown} 项仅供参考。",
            f": {total - shown} pass, {shown} for reference only.",
        )
    return Words(
        f"这批{zh}查了 {total} 项{tail.zh}",
        f"This batch of {en} was tested for {items_en(total)}{tail.en}",
    )


def items_en(count: int) -> str:
    """1 item, 2 items."""
    return f"{count} item{'' if count == 1 else 's'}"
