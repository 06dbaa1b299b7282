/* A value ten times off the last one, or off the range of the limit, is asked about once. */
import {amountOf} from "../judge/judge.js";
import {filled, made} from "./rows.js";

const tongue = document.documentElement.lang.startsWith("en") ? 1 : 0;
const TIMES = 10n;
/* Whether one amount is at least ten times the other; both above 0. */
const tenfold = (large, small) => small.n > 0n && large.n * small.d >= TIMES * small.n * large.d;

/* The question that a row's value calls for, or null. */
export function doubtOf(row) {
  const limit = row.limits().find((one) => ["number", "mean"].includes(one.bound.kind));
  const unit = limit ? limit.unit : row.own.unit, {texts, last} = row.data;
  const now = amountOf(row.result(), unit);
  if (!now || now.n <= 0n) return null;
  const before = last[row.key] && amountOf(last[row.key], unit);
  if (before && before.n > 0n) {
    const told = last[row.key].said;
    if (tenfold(now, before)) return filled(texts.above_last, told);
    return tenfold(before, now) ? filled(texts.under_last, told) : null;
  }
  return limit ? doubtOfLimit(limit, now, texts) : null;
}

function doubtOfLimit(limit, now, texts) {
  const side = (text) => text ? amountOf({typed: text, unit: limit.unit}, limit.unit) : null;
  const upper = side(limit.bound.upper), lower = side(limit.bound.lower), words = limit.words[tongue];
  if (upper && tenfold(now, upper)) return filled(texts.above_limit, words);
  return lower && tenfold(lower, now) ? filled(texts.under_limit, words) : null;
}

export class Doubts {
  constructor() {
    this.sure = new Set();
  }

  /* Show, keep or take away the question of a row; one that was answered is not asked again. */
  ask(row, announce) {
    const question = this.sure.has(row.key) ? null : doubtOf(row);
    const shown = row.line.querySelector(".query.is-wait");
    if (shown?.dataset.of === question) return;
    shown?.remove();
    if (!question) return;
    const button = made("button", "btn", row.data.texts.sure);
    button.type = "button";
    const said = made("span", "", question), asked = made("p", "query is-wait", said, button);
    said.id = `${row.key}-query`;
    button.setAttribute("aria-describedby", said.id);
    asked.dataset.of = question;
    button.addEventListener("click", () => {
      this.sure.add(row.key);
      asked.remove();
      row.box.focus();
    });
    row.output.after(asked);
    announce(question);
  }
}
