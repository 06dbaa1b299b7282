/* One row of the entry table: its boxes, and the verdict beside them as they are filled. */
import {compare, refusal} from "../judge/judge.js";

const tongue = document.documentElement.lang.startsWith("en") ? 1 : 0;
const JOINED = ["；", "; "][tongue];
const FURTHER = ["matrix", "detection_limit", "unit", "method"];
export const filled = (text, ...parts) => text.replace(/\{(\d)\}/g, (_, place) => parts[place]);

/* What the server put into a box, whatever has been typed since. */
export function servedText(box) {
  if (box.type === "checkbox") return box.defaultChecked ? box.value : "";
  if (box.tagName !== "SELECT") return box.defaultValue;
  return ([...box.options].find((option) => option.defaultSelected) || box.options[0])?.value ?? "";
}

/* An element with a class and texts or elements inside. */
export function made(tag, className, ...inside) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...inside);
  return element;
}

/* A word with the icon of its state, from the page's own templates. */
export function wordOf(state, text) {
  const word = document.getElementById(`word-${state}`).content.firstElementChild.cloneNode(true);
  word.lastChild.textContent = text;
  return word;
}

export class Row {
  constructor(key, data) {
    this.key = key;
    this.data = data;
    this.own = data.rows[key];
    this.box = document.getElementById(key);
    this.line = this.box.closest("tr");
    this.output = document.getElementById(`${key}-says`);
    this.served = {now: this.state(servedText), state: this.line.className, said: [...this.output.childNodes],
      wrong: this.box.getAttribute("aria-invalid")};
    this.verdict = null;
  }

  part(name) { return document.getElementById(`${this.key}-${name}`); }
  text(name) { return this.part(name)?.value ?? ""; }
  get value() { return this.box.value; }
  set value(given) { this.box.value = given; }
  get filled() { return this.value.trim() !== ""; }
  get label() { return this.own.name; }

  /* The boxes that a verdict depends on, as one text. */
  state(textOf = (box) => box.value) {
    const parts = ["unit", "detection_limit", "uncertainty", "guarded", "matrix"];
    return [this.box, ...parts.map((part) => this.part(part))].map((box) => box ? textOf(box) : "").join("\n");
  }

  result() {
    return {
      typed: this.value, unit: this.text("unit") || this.own.unit,
      detection_limit: this.text("detection_limit"), uncertainty: this.text("uncertainty"),
      guarded: this.text("guarded") === "1", signed: true,
    };
  }

  /* The limits that the value is held against; `unsure` where nobody says what was measured. */
  limits() {
    if (this.own.signed) return [{...this.own.signed, unsure: false}];
    const matrix = this.text("matrix") || this.own.matrix;
    return this.data.limits[this.own.characteristic]
      .filter((limit) => !limit.matrices.length || !matrix || limit.matrices.includes(matrix))
      .map((limit) => ({...limit, unsure: limit.matrices.length > 0 && !matrix}));
  }

  /* {error} where it cannot be taken, else {lines}, the worst first; null where nothing stands. */
  judged() {
    if (!this.filled) return null;
    const result = this.result(), limits = this.limits();
    const refusals = limits.map((limit) => refusal(limit, result));
    if (limits.length && refusals.every((refused) => refused)) return {error: refusals[0].words[tongue]};
    const lines = limits.map((limit) => this.line_of(limit, compare(limit, result)));
    for (const reason of this.data.blank[this.own.characteristic] || []) {
      lines.push({outcome: "undetermined", reason: reason[tongue], decides: true, limit: null});
    }
    const rank = (line) => this.data.outcomes.findIndex((outcome) => outcome.name === line.outcome);
    lines.sort((one, other) => rank(one) - rank(other));
    return {lines, rank: lines.length ? rank(lines[0]) : Infinity};
  }

  line_of(limit, answer) {
    const reason = answer.reason[tongue], joined = (more) => reason + JOINED + more[tongue];
    const line = (outcome, said = reason) => ({outcome, reason: said, decides: limit.decides, limit});
    const unstated = limit.unsure ? limit.unstated_matrix : limit.unstated;
    if (limit.weight === "shown") return line("reference", joined(limit.shown));
    if (answer.finding === "holds") return line("conforming");
    if (answer.finding === "open") return line("undetermined");
    if (unstated) return line("undetermined", joined(unstated));
    if (limit.weight === "holds") return line("to_verify", reason + this.data.waits[tongue]);
    return line("nonconforming");
  }

  /* The unit that stands inside the box is the one that was chosen. */
  named() {
    const place = this.box.parentElement.querySelector(":scope > span"), symbol = this.text("unit") || this.own.unit;
    const words = this.own.units.find(([one]) => one === symbol)?.[1];
    if (place && words !== undefined) place.textContent = words;
  }

  /* Say what stands in the boxes now; what the server said stays as long as nothing changes. */
  show() {
    this.verdict = this.judged();
    this.named();
    if (this.state() === this.served.now) this.put(this.served.state, this.served.said, this.served.wrong);
    else if (this.verdict === null) this.put("is-none", [wordOf("none", this.outcome("not_tested").word)], null);
    else if (this.verdict.error) {
      const error = wordOf("fail", this.verdict.error);
      error.className = "error";
      this.put("is-none", [error], "true");
    } else this.put(...this.sentence(this.verdict.lines));
  }

  outcome(name) { return this.data.outcomes.find((outcome) => outcome.name === name); }

  sentence(lines) {
    if (!lines.length) {
      const noted = this.outcome("reference");
      return ["is-none", [wordOf("none", noted.word)], null];
    }
    const [first, ...others] = lines, {word, state} = this.outcome(first.outcome);
    const why = made("span", "why", first.reason);
    for (const other of others.filter((line) => line.decides && line.limit)) {
      why.append(document.createElement("br"), filled(this.data.texts.also,
        this.outcome(other.outcome).word, other.limit.words[tongue], other.limit.edition));
    }
    return [`is-${state}`, [wordOf(state, word), why], state === "fail" ? "true" : null];
  }

  put(state, said, wrong) {
    const kept = [...this.line.classList].filter((name) => !name.startsWith("is-"));
    this.line.className = [...state.split(" ").filter((name) => name.startsWith("is-")), ...kept].join(" ");
    if (this.output.textContent !== said.map((node) => node.textContent).join("")) {
      this.output.replaceChildren(...said);
    }
    if (wrong) this.box.setAttribute("aria-invalid", "true");
    else this.box.removeAttribute("aria-invalid");
  }

  /* A further box that the server has not made yet, before those that come after it. */
  make(part) {
    const made_ = this.part(part);
    if (made_) return made_;
    const pattern = document.getElementById(`further-${part}`);
    if (!pattern || (part === "unit" && this.own.units.length < 2)) return null;
    const field = pattern.content.firstElementChild.cloneNode(true);
    for (const element of field.querySelectorAll("[id], [for], [name]")) {
      for (const name of ["id", "for", "name"]) {
        if (element.hasAttribute(name)) element.setAttribute(name, `${this.key}-${part}`);
      }
    }
    const box = field.querySelector("input, select");
    if (part === "unit") {
      box.replaceChildren(...this.own.units.map(([symbol, words]) => new Option(words, symbol)));
    }
    const earlier = FURTHER.slice(0, FURTHER.indexOf(part)).reverse().map((name) => this.part(name)).find((one) => one);
    (earlier?.closest(".field") || this.box.closest(".with-unit") || this.box).after(field);
    return box;
  }

  /* Ask for the detection limit as soon as nothing was found and nobody says from where on. */
  complete() {
    const absent = /^\s*(?:未检出|not\s*detected|n\.?d\.?)\s*$/i.test(this.value.normalize("NFKC"));
    if (absent && !this.own.signed) this.make("detection_limit");
  }
}
