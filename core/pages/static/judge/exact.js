/* Exact numbers: whole numbers and fractions of BigInt, and decimals that keep their digits. */

/* ---- fractions: {n, d} with d > 0 and nothing in common ---- */
function divisor(a, b) {
  while (b) [a, b] = [b, a % b];
  return a < 0n ? -a : a;
}
export function fraction(n, d = 1n) {
  const common = divisor(n, d) || 1n;
  return {n: n / common, d: d / common};
}
export const ZERO = {n: 0n, d: 1n};
export const plus = (a, b) => fraction(a.n * b.d + b.n * a.d, a.d * b.d);
export const minus = (a, b) => fraction(a.n * b.d - b.n * a.d, a.d * b.d);
export const times = (a, b) => fraction(a.n * b.n, a.d * b.d);
export const over = (a, b) => fraction(a.n * b.d, a.d * b.n);   // b is above 0
export function compared(a, b) {
  const gap = a.n * b.d - b.n * a.d;
  if (gap === 0n) return 0;
  return gap < 0n ? -1 : 1;
}

/* ---- decimals: {digits, places}; the zeros at the end are kept, they say how exact it is ---- */
const ten = (places) => 10n ** BigInt(places);
export const exactly = (decimal) => fraction(decimal.digits, ten(decimal.places));

export function text(decimal) {
  const negative = decimal.digits < 0n;
  const digits = String(negative ? -decimal.digits : decimal.digits).padStart(decimal.places + 1, "0");
  const cut = digits.length - decimal.places;
  return (negative ? "-" : "") + digits.slice(0, cut) + (decimal.places ? "." + digits.slice(cut) : "");
}

/* 四舍六入五成双, GB/T 8170-2008 3.2 */
export function rounded(value, places) {
  const scaled = value.n * ten(places);
  const sign = scaled < 0n ? -1n : 1n;
  const whole = sign * scaled / value.d;
  const twice = 2n * (sign * scaled % value.d);
  const up = twice > value.d || (twice === value.d && whole % 2n === 1n);
  return {digits: sign * (whole + (up ? 1n : 0n)), places};
}

/* Half a unit of the last of so many digits. */
export const halfOfLast = (places) => fraction(1n, 2n * ten(places));

function ending(value) {
  let rest = value.d, twos = 0, fives = 0;
  while (rest % 2n === 0n) { rest /= 2n; twos += 1; }
  while (rest % 5n === 0n) { rest /= 5n; fives += 1; }
  if (rest !== 1n) return null;
  const places = Math.max(twos, fives);
  return {digits: value.n * ten(places) / value.d, places};
}

export function plain(value) {
  const exact = ending(value);
  return exact ? text(exact) : "≈" + text(rounded(value, 6));
}

export const drawn = (value) => text(ending(value) || rounded(value, 6));
