"""How sure a fact is, and what kind of statement it is, in the words of the pages."""

from flask_babel import gettext as _

from core.words import Words
from products.requirements import Certainty

CERTAINTY_WORDS = {
    "confirmed": Words("已核实", "confirmed"),
    "one-source": Words("来源一处，待核实", "one source, to be verified"),
    "unverified": Words("没有来源，待核实", "no source, to be verified"),
}
NATURE_WORDS = {
    "mandatory": Words("强制", "mandatory"),
    "recommended": Words("推荐，声明后约束", "recommended, binds once declared"),
    "reference": Words("只作参考", "for reference"),
    "procedure": Words("程序", "procedure"),
    "benchmark": Words("对标", "benchmark"),
}


def doubt_of(certainty: str, enforce: bool) -> str:
    """The tag beside a limit that is not sure; nothing beside one that is.

    待核实: one source, a value beyond it leaves a batch undetermined. 待核对: only shown.
    """
    if certainty == Certainty.CONFIRMED:
        return ""
    if enforce and certainty == Certainty.ONE_SOURCE:
        return str(_("待核实"))
    return str(_("待核对"))
