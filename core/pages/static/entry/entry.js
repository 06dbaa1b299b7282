/* The entry table with a script: a verdict as you type, Enter to the next box, a column pasted,
   nothing lost. Without it the page works by its buttons alone. */
import {useUnits} from "../judge/judge.js";
import {Doubts} from "./doubt.js";
import {Keeping, put} from "./keeping.js";
import {fill, told, undo} from "./paste.js";
import {Row, filled, made, wordOf} from "./rows.js";

const SOON = 150;      /* ms after the last key */
const form = document.getElementById("entry");
const data = JSON.parse(document.getElementById("entry-data").textContent);
const live = document.getElementById("entry-live");
const note = document.getElementById("entry-note");
useUnits(data.units);

const rows = Object.keys(data.rows).filter((key) => document.getElementById(key)).map((key) => new Row(key, data));
const byBox = new Map(rows.map((row) => [row.box, row]));
const doubts = new Doubts();
const keeping = new Keeping(form, data);
const rowOf = (element) => byBox.get(element) || byBox.get(element.closest?.("tr")?.querySelector("td.box :is(input, select)"));
const shown = () => rows.filter((row) => row.box.checkVisibility()).sort(inOrder);
const inOrder = (one, other) => one.box.compareDocumentPosition(other.box) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
let lastPaste = null;

/* ---- what is said ---- */
function announce(text) {
  live.textContent = "";
  requestAnimationFrame(() => { live.textContent = text; });
}

/* A notice in view, below the row where it happened, with buttons. */
function tell(text, row, ...buttons) {
  const told_ = made("p", "query is-none", made("span", "", text));
  for (const [words, act] of buttons) {
    const button = made("button", "btn", words);
    button.type = "button";
    button.addEventListener("click", act);
    told_.append(button);
  }
  document.querySelector(".query.is-none")?.remove();
  if (row) row.output.after(told_);
  else note.append(told_);
  announce(text);
  return told_;
}

/* How many are filled and the worst of them, in the bar below. */
function count() {
  const place = document.querySelector(".foot .sofar");
  if (!place) return;
  const wanted = data.wanted.map((key) => rows.find((row) => row.key === key)).filter((row) => row);
  const done = wanted.filter((row) => row.filled).length;
  const gauge = place.querySelector(".gauge");
  gauge?.querySelector(".a").setAttribute("width", String(wanted.length ? 100 * done / wanted.length : 0));
  const judged = rows.filter((row) => row.verdict?.lines?.length);
  const worst = judged.sort((one, other) => one.verdict.rank - other.verdict.rank)[0];
  const said = [made("b", "num", `${done} / ${wanted.length}`), ` ${data.texts.filled}`];
  if (worst) said.push(" · ", wordOf(...worstWords(worst)));
  place.replaceChildren(...said, ...(gauge ? [gauge] : []));
}

function worstWords(row) {
  const {word, state, name} = row.outcome(row.verdict.lines[0].outcome);
  if (["conforming", "reference"].includes(name)) return [state, word];
  return [state, filled(data.texts.worst, word, row.label)];
}

function judge(row, settled) {
  row.complete();
  row.show();
  if (settled || row.line.querySelector(".query.is-wait")) doubts.ask(row, announce);
  count();
}

/* What the server said of the whole report is of what was sent, no longer of what stands here. */
function outdate() {
  for (const ahead of form.querySelectorAll(".blocked")) ahead.remove();
}

const waiting = new Map();
function changed(row) {
  outdate();
  clearTimeout(waiting.get(row));
  waiting.set(row, setTimeout(() => judge(row, false), SOON));
}

form.addEventListener("input", (event) => {
  lastPaste = lastPaste && {...lastPaste, fresh: false};
  const row = rowOf(event.target);
  if (row) changed(row);
  keeping.save();
});
form.addEventListener("change", (event) => {
  const row = rowOf(event.target);
  if (row) judge(row, true);
  keeping.save();
});

/* ---- the keyboard ---- */
function go(row, step) {
  const places = shown(), next = places[places.indexOf(row) + step];
  if (next) {
    next.box.focus();
    next.box.select?.();
  } else if (step > 0) document.querySelector(".foot :is(button, a.btn)")?.focus();
}

function stepOf(event) {
  if (event.key === "Enter") return event.shiftKey ? -1 : 1;
  if (event.target.tagName === "SELECT") return 0;
  return {ArrowDown: 1, ArrowUp: -1}[event.key] || 0;
}

form.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey) return;
  const undoing = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
  if (undoing && lastPaste?.fresh) {
    event.preventDefault();
    takeBack();
  }
  const row = rowOf(event.target), step = event.ctrlKey || event.metaKey ? 0 : stepOf(event);
  const typing = ["INPUT", "SELECT"].includes(event.target.tagName);
  if (!row || !step || !typing || (event.target !== row.box && event.key !== "Enter")) return;
  event.preventDefault();
  if (event.key === "Enter") judge(row, true);
  go(row, step);
});

/* ---- pasting ---- */
form.addEventListener("paste", (event) => {
  const row = byBox.get(event.target), text = event.clipboardData?.getData("text/plain") ?? "";
  if (!row || !/[\t\r\n]/.test(text.replace(/[\r\n]+$/, ""))) return;
  event.preventDefault();
  const here = shown().filter((one) => one.box.closest("table") === row.box.closest("table"));
  const below = here.slice(here.indexOf(row));
  const paste = row.own.many ? intoOne(row, text) : fill(below, text);
  pasted(paste, row);
});

/* Readings of a record go into the one box that takes them all. */
function intoOne(row, text) {
  const before = row.value;
  row.value = text.trim().replace(/\t/g, " ").replace(/\s*[\r\n]+\s*/g, "; ");
  return {changes: [{row, before, after: row.value}], unplaced: []};
}

function pasted(paste, row) {
  lastPaste = {...paste, fresh: true, row};
  for (const change of paste.changes) judge(change.row, true);
  if (paste.changes.length) outdate();
  tell(told(paste, data.texts), row, ...(paste.changes.length ? [[data.texts.undo, takeBack]] : []));
  keeping.save();
}

function takeBack() {
  const back = undo(lastPaste), {row} = lastPaste;
  lastPaste = null;
  for (const one of back) judge(one, true);
  tell(filled(data.texts.undone, back.length), row);
  row.box.focus();
  keeping.save();
}

/* ---- the last set-up ---- */
document.getElementById("like-last")?.addEventListener("click", (event) => {
  event.preventDefault();
  let taken = 0;
  for (const row of rows) {
    for (const [part, text] of Object.entries(data.setup[row.key] || {})) {
      const box = row.make(part);
      const free = box && (!box.value || (part === "unit" && box.value === row.own.unit));
      if (free && box.value !== text) {
        box.value = text;
        taken += box.value === text ? 1 : 0;
      }
    }
    row.show();
  }
  count();
  keeping.save();
  tell(taken ? filled(data.texts.taken_over, taken) : data.texts.nothing_taken_over, null);
});

/* ---- what an earlier visit left ---- */
function restore(kept) {
  for (const name of Object.keys(kept)) {
    const row = rows.find((one) => name.startsWith(`${one.key}-`));
    if (row && !form.elements[name]) row.make(name.slice(row.key.length + 1));
  }
  const back = Object.entries(kept).filter(([name, text]) => put(form, name, text)).length;
  for (const row of rows) row.show();
  count();
  tell(filled(data.texts.restored, back), null);
}

const kept = keeping.earlier();
if (Object.keys(kept).length) {
  const offer = tell(filled(data.texts.kept, Object.keys(kept).length), null,
    [data.texts.restore, () => restore(kept)],
    [data.texts.forget, () => { keeping.forget(); offer.remove(); }]);
}

for (const hint of document.querySelectorAll("[data-scripted]")) hint.hidden = false;
for (const hint of document.querySelectorAll("[data-plain]")) hint.hidden = true;

/* What was typed before the script was there, or stands again after going back. */
function judgeAll() {
  for (const row of rows) row.show();
  if (rows.some((row) => row.state() !== row.served.now)) outdate();
  count();
}
judgeAll();
addEventListener("pageshow", judgeAll);
form.dataset.ready = "";
