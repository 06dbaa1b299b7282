/* How a typed result is read: numbers, <0.01, 未检出, 符合, choices, several readings, documents. */
import {compared, exactly, text} from "./exact.js";
import {BLANK, Refused, bare, decimal, folded, halfWidth, say, visible} from "./texts.js";
import {amount, mayBeNegative, unitText} from "./units.js";

const ABSENT = new RegExp(
  `^(?:未检出|not[${BLANK}]*detected|n\\.?d\\.?)[${BLANK}]*(?:\\(?[${BLANK}]*(?:<|检出限:?|lod:?)` +
  `[${BLANK}]*([^()${BLANK}]+)[${BLANK}]*\\)?)?$`);
const BREAKS = new RegExp(`[;；、${BLANK}]+`);
const LESS_APART = new RegExp(`([<＜])[${BLANK}]+`, "g");
const MOST_READINGS = 1000;
const YES = ["是", "符合", "yes"];
const NO = ["否", "不符合", "no"];
const NUMBERS = ["value", "below", "not_detected"];

function value(given, symbol) {
  const found = decimal(given);
  if (!found) {
    throw new Refused("reading_unreadable", say(
      "“{0}”读不懂：请填一个数、<0.01、未检出、符合或不符合，单位另选",
      "\"{0}\" cannot be read: type a number, <0.01, ND, yes or no; the unit is chosen beside it",
      visible(given)));
  }
  if (found.digits < 0n && !mayBeNegative(symbol)) {
    throw new Refused("reading_negative", say("{0} 的值不能是负数",
      "A value in {0} cannot be negative", unitText(symbol)));
  }
  return found;
}

function limitRead(given, symbol) {
  const found = value(given, symbol);
  if (found.digits <= 0n && !mayBeNegative(symbol)) {
    throw new Refused("detection_limit_not_positive",
      ["检出限要大于 0", "A detection limit must be above 0"]);
  }
  return found;
}

function larger(given, symbol, own) {
  if (given === undefined) return own;
  const found = limitRead(given, symbol);
  return own && compared(exactly(own), exactly(found)) > 0 ? own : found;
}

export function yesOrNo(given) {
  const word = folded(given);
  if (YES.includes(word)) return "yes";
  return NO.includes(word) ? "no" : null;
}

/* {kind: value | below | not_detected | yes | no | choice | empty, unit, value, limit, choice} */
export function read(typed, symbol = "", detectionLimit = null, options = []) {
  const given = halfWidth(typed);
  if (!given) return {kind: "empty"};
  const choice = options.find((option) => folded(option) === folded(typed));
  if (choice !== undefined) return {kind: "choice", choice};
  const answer = yesOrNo(given);
  if (answer) return {kind: answer};
  const own = detectionLimit ? limitRead(detectionLimit, symbol) : null;
  const absent = ABSENT.exec(bare(given));
  if (absent) return {kind: "not_detected", unit: symbol, limit: larger(absent[1], symbol, own)};
  if (given[0] === "<" || given[0] === "＜") {
    return {kind: "below", unit: symbol, limit: larger(given.slice(1), symbol, own)};
  }
  const found = value(given, symbol);
  if (own && compared(exactly(found), exactly(own)) < 0) return {kind: "below", unit: symbol, limit: own};
  return {kind: "value", unit: symbol, value: found};
}

export const isNumber = (reading) => NUMBERS.includes(reading.kind);

/* Several readings, with blanks, line breaks, ; or 、 between. */
export function readSeries(typed, symbol, detectionLimit) {
  const parts = typed.replace(LESS_APART, "$1").split(BREAKS).filter((part) => part);
  return parts.map((part) => read(part, symbol, detectionLimit));
}

/* The readings, if each says a number or less than one. */
export function numbers(readings) {
  if (!readings.length) throw new Refused("empty", ["没有读数", "There are no readings"]);
  if (readings.length > MOST_READINGS) {
    throw new Refused("too_many_readings", say("最多 {0} 个读数，这里有 {1} 个",
      "At most {0} readings; here are {1}", MOST_READINGS, readings.length));
  }
  const odd = readings.findIndex((reading) => !isNumber(reading));
  if (odd >= 0) {
    throw new Refused("number-needed", say("第 {0} 个读数不是数：“{1}”",
      "Reading {0} is no number: \"{1}\"", odd + 1, describe(readings[odd])));
  }
  return readings;
}

export function describe(reading) {
  switch (reading.kind) {
    case "value": return amount(text(reading.value), reading.unit);
    case "below": return say("低于 {0}", "below {0}", amount(text(reading.limit), reading.unit));
    case "not_detected": return reading.limit
      ? say("未检出（检出限 {0}）", "not detected (detection limit {0})",
        amount(text(reading.limit), reading.unit))
      : ["未检出（检出限未给）", "not detected (detection limit not given)"];
    case "choice": return [reading.choice, reading.choice];
    case "yes": return ["符合", "yes"];
    case "no": return ["不符合", "no"];
    default: return ["未填", "empty"];
  }
}
