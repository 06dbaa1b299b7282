/* The unit table, as the server gives it. */
import {compared, fraction, over, times} from "./exact.js";
import {Refused, say, trimmed, unblanked, visible} from "./texts.js";

const HUNDREDTH = fraction(1n, 100n);
const named = new Map();

/* To be called once: [{symbol, dimension, factor: "1/1000", names: [zh, en], also: [..], negative}] */
export function useUnits(units) {
  named.clear();
  for (const unit of units) {
    const [n, d = "1"] = unit.factor.split("/");
    const known = {...unit, size: fraction(BigInt(n), BigInt(d))};
    for (const name of [unit.symbol, ...unit.also]) named.set(unblanked(name), known);
    named.set(unit.symbol, known);
  }
}

function unitOf(given) {
  const found = named.get(given) || named.get(unblanked(trimmed(given)));
  if (found) return found;
  throw new Refused("unit_unknown", say("没有“{0}”这个单位，请从单位表中选一个",
    "\"{0}\" is not a unit of the table: choose one from the list", visible(given)));
}

export const unitText = (symbol) => symbol ? unitOf(symbol).names.map((name) => name.trim()) : ["", ""];
export const mayBeNegative = (symbol) => !symbol || unitOf(symbol).negative;
export const amount = (given, symbol) => unitText(symbol).map((unit) => `${given} ${unit}`.trimEnd());

function ratio(source, target) {
  const hundredths = [source, target].every((unit) => compared(unit.size, HUNDREDTH) === 0);
  const kinds = [source.dimension, target.dimension].sort().join();
  if (source.dimension !== target.dimension && !(hundredths && kinds === "mass_fraction,ratio")) {
    throw new Refused("unit_of_another_dimension", say("单位 {0} 与 {1} 不能互相换算，请改用 {1}",
      "{0} cannot be converted to {1}: give the value in {1}", source.symbol, target.symbol));
  }
  return over(source.size, target.size);
}

/* A number of one unit in another, exactly. */
export function scaled(given, source, target) {
  if (source === target) return given;
  if (!source) {
    throw new Refused("unit_missing", say("没有填单位，不能与以 {0} 计的限量比较",
      "Without a unit it cannot be compared with a limit in {0}", target));
  }
  return times(given, ratio(unitOf(source), unitOf(target)));
}
