/* Several readings of one characteristic: a class plan (n, c, m, M), and their mean. */
import {ZERO, compared, drawn, exactly, fraction, minus, over, plain, plus, text} from "./exact.js";
import {against, has, valueReason} from "./numeric.js";
import {describe, numbers, readSeries} from "./readings.js";
import {decimal, number, say} from "./texts.js";
import {guard, rule, told, uncertaintyOf} from "./uncertainty.js";
import {amount, scaled} from "./units.js";

/* ---- classes: a unit of the sample lies from least to most; null: of unknown size ---- */
function sized(reading, symbol, spread) {
  if (reading.kind === "value") {
    const given = scaled(exactly(reading.value), reading.unit, symbol), wide = guard(spread, symbol);
    return {least: minus(given, wide), most: plus(given, wide)};
  }
  return {least: ZERO, most: reading.limit ? scaled(exactly(reading.limit), reading.unit, symbol) : null};
}
const surelyAbove = (limit) => (unit) => compared(unit.least, limit) > 0;
const maybeAbove = (limit) => (unit) => !unit.most || compared(unit.most, limit) > 0;

function overTop(bound, units, readings) {
  if (!has(bound.M)) return null;
  const top = number(bound.M), sure = units.findIndex(surelyAbove(top));
  if (sure >= 0) {
    return ["broken", say("第 {0} 个是 {1}，超过 M={2}", "number {0} is {1}, above M = {2}",
      sure + 1, describe(readings[sure]), bound.M)];
  }
  const maybe = units.findIndex(maybeAbove(top));
  if (maybe < 0) return null;
  return ["open", say("第 {0} 个是 {1}，可能超过 M={2}，不能判定",
    "number {0} is {1} and may be above M = {2}, undecided", maybe + 1, describe(readings[maybe]), bound.M)];
}

function classFinding(bound, units, readings) {
  const top = overTop(bound, units, readings), low = number(bound.m);
  if (top && top[0] === "broken") return top;
  const surely = units.filter(surelyAbove(low)).length;
  if (surely - Math.max(0, units.length - bound.n) > bound.c) {
    return ["broken", say("{0} 个超过 m，多于 c={1}", "{0} above m, more than c = {1}", surely, bound.c)];
  }
  if (units.length < bound.n) {
    return ["open", say("还不够 {0} 个，不能判定", "fewer than the {0} of the plan, undecided", bound.n)];
  }
  if (top) return top;
  const maybe = units.filter(maybeAbove(low)).length;
  if (maybe > bound.c) {
    return ["open", say("可能有 {0} 个超过 m，不能判定", "up to {0} may be above m, undecided", maybe)];
  }
  return ["holds", say("{0} 个超过 m，符合", "{0} above m: conforms", maybe)];
}

export function classPlan(limit, result) {
  const spread = uncertaintyOf(result);
  const readings = numbers(readSeries(result.typed, result.unit, result.detection_limit));
  const units = readings.map((reading) => sized(reading, limit.unit, spread));
  const said = say("{0} 个样品", "{0} units", units.length);
  const [finding, why] = classFinding(limit.bound, units, readings);
  return {finding, read: said, reason: say("{0}{1}，{2}（采样方案 {3}{4}）",
    "{0}{1}: {2} (class plan {3}{4})", said, told(spread), why, limit.words, rule(spread))};
}

/* ---- mean ---- */
export function mean(limit, result) {
  const spread = uncertaintyOf(result);
  const readings = numbers(readSeries(result.typed, result.unit, result.detection_limit));
  const values = readings.filter((reading) => reading.kind === "value")
    .map((reading) => scaled(exactly(reading.value), reading.unit, limit.unit));
  const said = say("{0} 个读数", "{0} readings", readings.length);
  if (values.length < readings.length) {
    return {finding: "open", read: said, reason: say("{0}，均值要每个读数都是数值",
      "{0}: a mean needs a number in every reading", said)};
  }
  if (values.length < limit.bound.readings) {
    return {finding: "open", read: said, reason: say("{0}，至少要 {1} 个，不能判定",
      "{0}, at least {1} are needed: undecided", said, limit.bound.readings)};
  }
  return meanOf(limit, values, said, spread);
}

function meanOf(limit, values, said, spread) {
  const ordered = [...values].sort(compared);
  const middle = over(values.reduce(plus, ZERO), fraction(BigInt(values.length)));
  const width = minus(ordered[ordered.length - 1], ordered[0]), allowed = limit.bound.largest_spread;
  const got = say("{0}，均值 {1}{2}，极差 {3}", "{0}, mean {1}{2}, spread {3}", said,
    amount(plain(middle), limit.unit), told(spread), amount(plain(width), limit.unit));
  if (has(allowed) && compared(width, number(allowed)) > 0) {
    return {finding: "open", read: got, value: drawn(middle), reason: say("{0}，极差超过 {1}，要重测",
      "{0}: the spread is above {1}, measure again", got, amount(text(decimal(allowed)), limit.unit))};
  }
  const finding = against(limit.bound, middle, guard(spread, limit.unit));
  return {finding, read: got, value: drawn(middle),
    reason: valueReason(limit, got, middle, finding, spread)};
}
