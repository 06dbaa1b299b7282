"""The roles of parties and accounts in plain words."""

from core.act import ADMIN, AUTHORITY, INSPECTOR, PRODUCER, VERIFIER
from core.words import Words

ROLE_WORDS = {
    PRODUCER: Words("生产经营者", "producer"),
    INSPECTOR: Words("检验机构", "laboratory"),
    AUTHORITY: Words("主管部门、协会", "authority, association"),
}
RIGHT_WORDS = {
    PRODUCER: Words("记批次、打标签", "logs batches, prints labels"),
    INSPECTOR: Words("检验、出报告", "inspects and reports"),
    AUTHORITY: Words("管标准、主体和准入", "keeps standards, parties, licences"),
    VERIFIER: Words("复核签字", "countersigns"),
    ADMIN: Words("管本单位成员", "manages members"),
}
