/* Numbers against limits by GB/T 8170-2008 clause 4, and 不得检出. */
import {ZERO, compared, drawn, exactly, halfOfLast, minus, plus, rounded, text} from "./exact.js";
import {describe, isNumber, read} from "./readings.js";
import {number, placesOf, say} from "./texts.js";
import {guard, rule, told, uncertaintyOf} from "./uncertainty.js";
import {mayBeNegative, scaled, unitText} from "./units.js";

export const has = (limit) => limit !== null && limit !== undefined;

/* Broken if any is broken, else open if any is open or there is none, else holds. */
export function worst(found) {
  if (found.includes("broken")) return "broken";
  return found.includes("open") || !found.length ? "open" : "holds";
}

function beside(poorest, best) {
  if (poorest) return "holds";
  return best ? "open" : "broken";
}

const asCompared = (bound, given, limit) =>
  bound.rounded ? exactly(rounded(given, placesOf(limit))) : given;

function under(bound, given) {
  const gap = compared(asCompared(bound, given, bound.upper), number(bound.upper));
  return bound.upper_open ? gap < 0 : gap <= 0;
}

function above(bound, given) {
  const gap = compared(asCompared(bound, given, bound.lower), number(bound.lower));
  return bound.lower_open ? gap > 0 : gap >= 0;
}

/* A value, so wide on both sides, against the upper and the lower limit. */
export function against(bound, given, wide) {
  const low = minus(given, wide), high = plus(given, wide), found = [];
  if (has(bound.upper)) found.push(beside(under(bound, high), under(bound, low)));
  if (has(bound.lower)) found.push(beside(above(bound, low), above(bound, high)));
  return worst(found);
}

/* Whether something less than the ceiling can round to the limit or above it. */
const reaches = (ceiling, limit) =>
  compared(ceiling, minus(number(limit), halfOfLast(placesOf(limit)))) > 0;

function belowUpper(bound, ceiling) {
  if (!ceiling || compared(ceiling, number(bound.upper)) > 0) return "open";
  return bound.rounded && bound.upper_open && reaches(ceiling, bound.upper) ? "open" : "holds";
}

function belowLower(bound, ceiling, floored) {
  const least = compared(number(bound.lower), ZERO);
  if (floored && (least < 0 || (least === 0 && !bound.lower_open))) return "holds";
  if (!ceiling || compared(ceiling, number(bound.lower)) > 0) return "open";
  return bound.rounded && !bound.lower_open && reaches(ceiling, bound.lower) ? "open" : "broken";
}

function below(bound, symbol, ceiling) {
  const found = [];
  if (has(bound.upper)) found.push(belowUpper(bound, ceiling));
  if (has(bound.lower)) found.push(belowLower(bound, ceiling, !mayBeNegative(symbol)));
  return worst(found);
}

function verb(bound, given, finding) {
  if (finding === "holds") return ["符合限量", "within the limit"];
  if (finding === "open") return ["离限值不到 U，不能判定：限量", "closer than U to the limit, undecided:"];
  if (has(bound.upper) && compared(given, number(bound.upper)) > 0) return ["超过限量", "above the limit"];
  if (has(bound.lower) && compared(given, number(bound.lower)) < 0) return ["低于限量", "under the limit"];
  return ["不符合限量", "outside the limit"];
}

/* What was got, what that means, and how it was compared. */
export function valueReason(limit, got, given, finding, spread) {
  const bound = limit.bound;
  let way = ["全数值比较", "full value compared"];
  if (bound.rounded) {
    const places = placesOf(has(bound.upper) ? bound.upper : bound.lower || "");
    way = say("修约值比较，修约为 {0}", "rounded value compared, {0}", text(rounded(given, places)));
  }
  return say("{0}，{1} {2}（{3}{4}）", "{0}: {1} {2} ({3}{4})",
    got, verb(bound, given, finding), limit.words, way, rule(spread));
}

function meetValue(limit, reading, spread) {
  const own = exactly(reading.value), given = scaled(own, reading.unit, limit.unit);
  const finding = against(limit.bound, given, guard(spread, limit.unit));
  const same = compared(own, given) === 0, value = same ? text(reading.value) : drawn(given);
  const said = describe(reading);
  let got = say("测得 {0}{1}", "measured {0}{1}", said, told(spread));
  if (!same) got = say("{0}，即 {1} {2}", "{0}, that is {1} {2}", got, value, unitText(limit.unit));
  return {finding, read: said, value, reason: valueReason(limit, got, given, finding, spread)};
}

function belowReason(limit, said, ceiling, finding) {
  const parts = [said, limit.words];
  if (finding === "holds") return say("{0}，符合限量 {1}", "{0}: within the limit {1}", ...parts);
  if (finding === "broken") return say("{0}，达不到限量 {1}", "{0}: does not reach the limit {1}", ...parts);
  if (!ceiling) {
    return say("未检出，但没有给检出限，不能与限量 {1} 比较",
      "Not detected, but without a detection limit it cannot be compared with {1}", ...parts);
  }
  return say("{0}，这个界限比限量 {1} 宽，不能判定",
    "{0}: that is wider than the limit {1}, so nothing can be said", ...parts);
}

/* One reading against the limits; what is no number is open. */
export function meet(limit, reading, spread) {
  if (reading.kind === "value") return meetValue(limit, reading, spread);
  const said = describe(reading);
  if (!isNumber(reading)) {
    return {finding: "open", read: said, reason: ["这一项要填数值", "This item needs a number"]};
  }
  const ceiling = reading.limit ? scaled(exactly(reading.limit), reading.unit, limit.unit) : null;
  const finding = below(limit.bound, limit.unit, ceiling);
  return {finding, read: said, reason: belowReason(limit, said, ceiling, finding)};
}

export function oneNumber(limit, result) {
  const reading = read(result.typed, result.unit, result.detection_limit);
  return meet(limit, reading, uncertaintyOf(result));
}

/* ---- not detected ---- */
function notFound(limit, said, own) {
  const required = limit.bound.detection_limit;
  if (!has(required)) {
    return {finding: "holds", read: said, reason: say(
      "{0}，符合不得检出（方法检出限未录入，按实验室自报的检出限判）",
      "{0}: conforms (the method's detection limit is not entered; judged by the laboratory's own)",
      said)};
  }
  const asked = `${required} ${unitText(limit.unit)[0]}`.trimEnd();
  if (compared(own, number(required)) > 0) {
    return {finding: "open", read: said, reason: say("{0}，检出限高于方法要求的 {1}，不能判定",
      "{0}: the detection limit is above the {1} that the method requires, so nothing can be said",
      said, asked)};
  }
  return {finding: "holds", read: said, reason: say("{0}，符合不得检出（方法要求的检出限 {1}）",
    "{0}: conforms (the method requires a detection limit of {1})", said, asked)};
}

function found(limit, reading, spread) {
  const said = describe(reading), given = scaled(exactly(reading.value), reading.unit, limit.unit);
  if (given.n === 0n) {
    return {finding: "open", read: said, reason: ["填了 0，但没有给检出限，不能判定",
      "0 was given without a detection limit, so nothing can be said"]};
  }
  const wide = guard(spread, limit.unit), asked = limit.bound.detection_limit;
  const required = has(asked) ? number(asked) : ZERO, least = minus(given, wide);
  if (has(asked) && compared(plus(given, wide), required) < 0) return notFound(limit, said, given);
  if (compared(least, ZERO) <= 0 || compared(least, required) < 0) {
    return {finding: "open", read: said, value: drawn(given), reason: say(
      "测得 {0}{1}，离检出限不到 U，不能判定（保护带 w=U）",
      "measured {0}{1}: closer than U to the detection limit, undecided (guard band w = U)",
      said, told(spread))};
  }
  const [zh, en] = rule(spread).map((way) => way.replace(/^[，, ]+/, ""));
  return {finding: "broken", read: said, value: drawn(given), reason: say(
    "测得 {0}{1}，不得检出{2}", "measured {0}{1}, must not be detected{2}",
    said, told(spread), [zh && `（${zh}）`, en && ` (${en})`])};
}

export function absence(limit, result) {
  const reading = read(result.typed, result.unit, result.detection_limit), said = describe(reading);
  if (reading.kind === "value") return found(limit, reading, uncertaintyOf(result));
  if (!isNumber(reading)) {
    return {finding: "open", read: said,
      reason: ["这一项要填数值或未检出", "This item needs a number or ND"]};
  }
  if (!reading.limit) {
    return {finding: "open", read: said, reason: ["未检出，但没有给检出限，不能判定",
      "Not detected, but without a detection limit nothing can be said"]};
  }
  return notFound(limit, said, scaled(exactly(reading.limit), reading.unit, limit.unit));
}
