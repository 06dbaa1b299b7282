/* What a typed result says and how it meets a limit, as the judge on the server says it.

   Exact: whole numbers and fractions of BigInt, never floats. The unit table and the limits come
   from the server; the published vectors (tests/rules/vectors/judge) hold both to one answer.

     limit   {bound: {kind, upper, ..}, unit, words: [zh, en]}     words: the limit as printed
     result  {typed, unit, detection_limit, uncertainty, guarded, signed, document, day}
     answer  {finding, code, read, value, reason}   finding: holds | broken | open | refused

   code says why a value is refused; read and reason are [zh, en]; value is the number in the
   limit's unit. */
import {journey} from "./journeys.js";
import {exactly} from "./exact.js";
import {absence, oneNumber} from "./numeric.js";
import {describe, isNumber, read, yesOrNo} from "./readings.js";
import {classPlan, mean} from "./repeated.js";
import {Refused, bare, folded, halfWidth, say, visible} from "./texts.js";
import {scaled} from "./units.js";
export {useUnits} from "./units.js";

const MEASURED = ["number", "series", "mean", "not_detected", "classes"];
const MANY = ["series", "mean", "classes"];
const DOCUMENT_WORDS = {"有": "yes", "无": "no", "没有": "no"};
const VALID_TO = new RegExp("^(?:(?:是|符合|yes)[ \\t-\\r]*[,;，；、]?[ \\t-\\r]*)?" +
  "(?:(?:有效期?)?[至到]|valid[ \\t-\\r]*(?:to|until|till))?[ \\t-\\r]*[:：]?[ \\t-\\r]*" +
  "([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?$");

function worded(limit, result) {
  const reading = read(result.typed), said = describe(reading), unnamed = limit.bound.kind === "clause";
  if (reading.kind !== "yes" && reading.kind !== "no") {
    return {finding: "open", read: said, reason: ["这一项要填符合或不符合", "This item needs yes or no"]};
  }
  if (unnamed && result.signed === false) {
    return {finding: "open", read: said, reason: ["还没有检验员签认", "No inspector has signed for it"]};
  }
  const note = unnamed ? ["（限值未录入，以签认为准）", " (limit not entered, as signed)"] : ["", ""];
  return reading.kind === "yes"
    ? {finding: "holds", read: said, reason: say("签认符合{0}", "signed as conforming{0}", note)}
    : {finding: "broken", read: said, reason: say("签认不符合{0}", "signed as not conforming{0}", note)};
}

const listed = (choices) => [choices.join("、"), choices.join(", ")];
const oneOf = (choices) => say("要填 {0} 之一", "This must be one of {0}", listed(choices));

function choice(limit, result) {
  const {choices = [], options = []} = limit.bound;
  const reading = read(result.typed, "", null, [...choices, ...options]), said = describe(reading);
  if (reading.kind !== "choice") return {finding: "open", read: said, reason: oneOf(choices)};
  return choices.includes(reading.choice)
    ? {finding: "holds", read: said, reason: say("{0}，符合", "{0}: conforms", said)}
    : {finding: "broken", read: said, reason: say("{0}，应为 {1}", "{0}: must be {1}", said, listed(choices))};
}

/* The answer of a document, and the last day on which it is valid. */
function readDocument(typed) {
  const answer = yesOrNo(typed) || DOCUMENT_WORDS[folded(typed)];
  if (answer || !halfWidth(typed)) return [answer, null];
  const found = VALID_TO.exec(bare(halfWidth(typed)));
  if (!found) {
    throw new Refused("document_unreadable", say(
      "“{0}”读不懂：请填符合、不符合，或有效至哪一天，例如 有效至 2027-03-01",
      "\"{0}\" cannot be read: answer yes or no, or until when it is valid, " +
      "for example valid to 2027-03-01", visible(typed)));
  }
  const [year, month, day] = found.slice(1).map(Number), at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  if (year < 1 || at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day) {
    throw new Refused("date_unreadable", say("没有“{0}”这一天",
      "\"{0}\" is no day of the calendar", visible(typed)));
  }
  return ["yes", at.toISOString().slice(0, 10)];
}

function document_(limit, result) {
  const [answer, until] = readDocument(result.typed);
  if (answer === "no") return {finding: "broken", read: null, reason: ["没有文件", "there is no document"]};
  if (!result.document) {
    return {finding: "open", read: null, reason: ["还没有上传文件", "no document has been uploaded"]};
  }
  if (!until) return {finding: "holds", read: null, reason: ["文件已存", "the document is kept"]};
  const said = say("有效至 {0}", "valid to {0}", until);
  if (result.day && until < result.day) {
    return {finding: "open", read: said, reason: say("文件{0}，到 {1} 已过期",
      "the document is {0}: run out on {1}", said, result.day)};
  }
  return {finding: "holds", read: said, reason: say("文件已存，{0}", "the document is kept, {0}", said)};
}

const BY_KIND = {
  number: oneNumber, not_detected: absence, choice, yes_no: worded, clause: worded,
  document: document_, series: journey, classes: classPlan, mean,
};

/* What entering refuses though it could be read. */
function checkKind(bound, result) {
  const {kind, choices = [], options = []} = bound;
  if (MANY.includes(kind) || kind === "document") return;
  const reading = read(result.typed, result.unit, result.detection_limit, [...choices, ...options]);
  if (reading.kind === "empty") {
    throw new Refused("empty", ["没有填结果；没测的项目请整行不填", "Empty; leave the row out"]);
  }
  if (kind === "choice" && reading.kind !== "choice") throw new Refused("choice-needed", oneOf(choices));
  const inWords = !isNumber(reading);
  if (inWords && MEASURED.includes(kind)) {
    throw new Refused("number-needed", ["这一项请填数值或“未检出”", "Give a number, or ND"]);
  }
  if (!inWords && !MEASURED.includes(kind)) {
    throw new Refused("word-needed", ["这一项请填“符合”或“不符合”", "Answer yes or no"]);
  }
}

const refusing = (refused) => {
  if (!(refused instanceof Refused)) throw refused;
  return refused;
};

/* What the judge says of a value that stands: what cannot be read or compared is open. */
export function compare(limit, given) {
  const result = {unit: "", ...given};
  try {
    return {code: null, value: "", ...BY_KIND[limit.bound.kind](limit, result)};
  } catch (error) {
    return {finding: "open", code: null, read: null, value: "", reason: refusing(error).words};
  }
}

/* What entering says first: {code, words} of a value that could never be compared, else null. */
export function refusal(limit, given) {
  const result = {unit: "", ...given};
  try {
    BY_KIND[limit.bound.kind](limit, result);
    checkKind(limit.bound, result);
    return null;
  } catch (error) {
    return refusing(error);
  }
}

/* Refused, or else compared. */
export function answer(limit, given) {
  const refused = refusal(limit, given);
  if (!refused) return compare(limit, given);
  return {finding: "refused", code: refused.code, read: null, value: "", reason: refused.words};
}

/* The plain number that was typed, in another unit, as {n, d}; null where there is none. */
export function amountOf(given, unit) {
  try {
    const reading = read(given.typed, given.unit, given.detection_limit);
    return reading.kind === "value" ? scaled(exactly(reading.value), given.unit, unit) : null;
  } catch (error) {
    refusing(error);
    return null;
  }
}
