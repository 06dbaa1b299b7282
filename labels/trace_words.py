"""The words of a trace: kinds of links, accounts, states and places of labels, both languages."""

from decimal import Decimal
from fractions import Fraction

from core.words import Words
from labels.ranges import ACTIVATED, DRAWN, PRINTED, VOID
from labels.trace_shape import (
    BACKWARD,
    BOTH,
    BULK,
    BUYER,
    DESTROYED,
    FOREIGN,
    FORWARD,
    HERE,
    LOST,
    OUT,
    UNCONFIRMED,
    UNSHIPPED,
)
from labels.trace_shape import TRANSIT as IN_TRANSIT
from products.numbers import exact_decimal, round_to
from products.units import Dimension, unit
from trace.batches.models import MERGE, REPACK, SPLIT, TRANSFER, TRANSFORM
from trace.books.models import DESTROYED as DESTROYED_ACCOUNT
from trace.books.models import LABELLED, LOSS, MARKET, STOCK, TRANSIT

LINK_WORDS = {
    SPLIT: Words("拆分", "split"),
    MERGE: Words("混合", "mixed"),
    TRANSFORM: Words("加工", "made into another form"),
    REPACK: Words("换包装", "packed anew"),
    TRANSFER: Words("交接", "handed over"),
}
ACCOUNT_WORDS = {
    STOCK: Words("库存（没贴标签）", "in stock, no labels"),
    LABELLED: Words("已贴标签，在货主处", "labelled, with the owner"),
    TRANSIT: Words("在路上", "on the way"),
    MARKET: Words("已卖出", "sold"),
    LOSS: Words("损耗", "lost"),
    DESTROYED_ACCOUNT: Words("已销毁", "destroyed"),
}
STATE_WORDS = {
    DRAWN: Words("已领号", "drawn"),
    PRINTED: Words("已打印", "printed"),
    ACTIVATED: Words("已启用", "activated"),
    VOID: Words("已作废", "void"),
}
HAND_WORDS = {
    "under-way": Words("在路上，对方还没有确认", "on the way, not confirmed"),
    "confirmed": Words("对方已确认", "confirmed"),
    "refused": Words("对方拒收", "refused"),
    "withdrawn": Words("发货方撤回", "withdrawn"),
}
PLACE_WORDS = {
    HERE: Words("在货主处", "with the owner"),
    OUT: Words("已发货", "shipped"),
    DESTROYED: Words("货已销毁", "goods destroyed"),
}
UNREACHED_WORDS = {
    BULK: Words("散货卖出，没有登记买主", "sold in bulk, buyer unknown"),
    BUYER: Words("散货卖出", "sold in bulk"),
    LOST: Words("损耗", "lost"),
    IN_TRANSIT: Words("在路上", "on the way"),
    UNSHIPPED: Words("没有发货记录", "not shipped by record"),
    UNCONFIRMED: Words("数量没确认", "quantity not confirmed"),
    FOREIGN: Words("别的单位", "another party"),
}
DIRECTION_WORDS = {
    BOTH: Words("前后都追", "both ways"),
    FORWARD: Words("往后：去了哪里", "forward: where it went"),
    BACKWARD: Words("往前：从哪里来", "backward: where it came from"),
}
_PLACES = 6


def number_in(symbol: str, base: str, amount: int) -> Decimal:
    """An amount of a base (milligrams, or a count) as a number of the unit `symbol`."""
    factor = unit(symbol).factor if base == "mass" else Fraction(1)
    number = Fraction(amount) / factor
    exact = exact_decimal(number)
    return round_to(number, _PLACES) if exact is None else exact


def unit_or_base(symbol: str, base: str) -> str:
    """`symbol` where it measures that base; else kg for masses, and pieces have no name."""
    weighs = bool(symbol) and unit(symbol).dimension is Dimension.MASS
    if base == "mass":
        return symbol if weighs else "kg"
    return "" if weighs else symbol
