/* Texts as typed: full width, blanks, one plain number, sentences in both languages. */
import {exactly} from "./exact.js";

export const BLANK = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const PADDING = " \t\u00a0\u3000";
const BLANKS = new RegExp(`[${BLANK}]+`, "g");
const PLAIN_NUMBER = /^[+-]?[0-9]+(?:\.[0-9]+)?$/;
const MOST_DIGITS = 20;

/* What cannot be taken, with a code and the reason as [zh, en]. */
export class Refused extends Error {
  constructor(code, words) {
    super(words[0]);
    this.code = code;
    this.words = words;
  }
}

/* A sentence in both languages; {0}, {1} are texts or pairs of texts. */
export const say = (zh, en, ...parts) => [zh, en].map((words, tongue) => words.replace(
  /\{(\d)\}/g, (_, place) => Array.isArray(parts[place]) ? parts[place][tongue] : parts[place]));

export function trimmed(given) {
  let start = 0, end = given.length;
  while (start < end && PADDING.includes(given[start])) start += 1;
  while (end > start && PADDING.includes(given[end - 1])) end -= 1;
  return given.slice(start, end);
}

const narrow = (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0);
export const halfWidth = (given) => trimmed(given.replace(/[０-９]/g, narrow)
  .replace(/＋/g, "+").replace(/[－−]/g, "-").replace(/[．。]/g, "."));

function small(sign) {
  const large = sign.toUpperCase();
  return large.length > 1 ? large.toLowerCase() : sign.toLowerCase();
}
const lower = (given) => [...given].map(small).join("");
export const unblanked = (given) => given.normalize("NFKC").replace(BLANKS, "");
export const folded = (given) => lower(given.normalize("NFKC")).replace(BLANKS, "");
export const bare = (given) => lower(given.replace(/[\uff01-\uff5e]/g, narrow));

export function visible(given, most = 40) {
  const signs = [...given];
  const shown = signs.slice(0, most).map((sign) => sign !== " " && /[\p{C}\p{Z}]/u.test(sign)
    ? "U+" + sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0") : sign);
  return shown.join("") + (signs.length > most ? "…" : "");
}

/* null where the text is not one plain decimal number */
export function decimal(given) {
  const found = halfWidth(given);
  if (!PLAIN_NUMBER.test(found) || found.replace(/[^0-9]/g, "").length > MOST_DIGITS) return null;
  const [whole, behind = ""] = found.replace(/^\+/, "").split(".");
  const digits = BigInt((whole + behind).replace("-", ""));
  return {digits: whole.startsWith("-") ? -digits : digits, places: behind.length};
}
export const number = (given) => exactly(decimal(given));
export const placesOf = (given) => (halfWidth(given).split(".")[1] || "").length;
