"""The fixed words of the public page of a certificate of promise."""

from core.words import Words

TEXTS: dict[str, Words] = {
    "facts": Words("证上写的", "What it says"),
    "number": Words("编号", "Number"),
    "product": Words("产品名称", "Product"),
    "quantity": Words("数量", "Quantity"),
    "origin": Words("产地", "Origin"),
    "promisor": Words("承诺主体", "Promisor"),
    "code": Words("信用代码", "Credit code"),
    "contact": Words("联系方式", "Contact"),
    "issued": Words("开具日期", "Issued"),
    "batch": Words("批号", "Batch"),
    "promises": Words("承诺", "Promises"),
    "basis": Words("承诺依据", "Basis"),
    "ticked": Words("已勾", "ticked"),
    "not_ticked": Words("未勾", "not ticked"),
    "proof": Words("收取的其他证明", "Other proof collected"),
    "older": Words("这批货以前的合格证", "Earlier certificates of these goods"),
    "newer": Words("新的一张", "The newer one"),
    "why": Words("原因", "Reason"),
    "print": Words("打印", "Print"),
    "kept": Words("开具记录保存到", "Record kept until"),
    "kept_note": Words("（不少于 24 个月）", " (at least 24 months)"),
    "sample": Words("示例", "Sample"),
    "basis_of": Words("依据", "Under"),
    "purchaser": Words("由收购者开具", "Issued by the purchaser"),
    "producer": Words("由生产者开具", "Issued by the producer"),
}
