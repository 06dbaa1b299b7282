/* Measurement uncertainty and the decision rule: plain, or with a guard band of U. */
import {ZERO, exactly, text} from "./exact.js";
import {Refused, decimal, say, visible} from "./texts.js";
import {amount, scaled} from "./units.js";

export function uncertaintyOf(result) {
  const told = {amount: null, guarded: Boolean(result.guarded), symbol: result.unit};
  if (!result.uncertainty) return told;
  const found = decimal(result.uncertainty);
  if (!found) {
    throw new Refused("uncertainty_unreadable", say(
      "不确定度“{0}”读不懂：请填一个大于 0 的数，单位与结果相同",
      "The uncertainty \"{0}\" cannot be read: give a number above 0 in the unit of the result",
      visible(result.uncertainty)));
  }
  if (found.digits <= 0n) {
    throw new Refused("uncertainty_not_positive", ["不确定度要大于 0", "An uncertainty must be above 0"]);
  }
  return {...told, amount: found};
}

/* How far from the limit a value must be, in the unit of the limit. */
export function guard(spread, target) {
  if (!spread.guarded) return ZERO;
  if (!spread.amount) {
    throw new Refused("uncertainty_missing", ["按保护带判定要给出扩展不确定度 U",
      "To decide with a guard band give the expanded uncertainty U"]);
  }
  return scaled(exactly(spread.amount), spread.symbol, target);
}

export function told(spread) {
  if (!spread.amount) return ["", ""];
  return say("（U={0}，k=2）", " (U = {0}, k = 2)", amount(text(spread.amount), spread.symbol));
}

export function rule(spread) {
  if (spread.guarded) return ["，保护带 w=U", ", guard band w = U"];
  return spread.amount ? ["，简单接受", ", simple acceptance"] : ["", ""];
}
