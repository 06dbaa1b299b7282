/* Nothing typed is lost: a warning before leaving, and a copy in this window until it is put down. */
import {servedText} from "./rows.js";

const NOT_KEPT = new Set(["csrf_token", "_key", "_version", "do", "password"]);
const OF_NO_TEXT = ["hidden", "file", "submit", "button", "password", "radio"];
const boxesOf = (form) => [...form.elements].filter((box) => box.name && !NOT_KEPT.has(box.name) &&
  !OF_NO_TEXT.includes(box.type) && form.elements[box.name] === box);
const textOf = (box) => box.type === "checkbox" && !box.checked ? "" : box.value;

export class Keeping {
  constructor(form, data) {
    this.form = form;
    this.data = data;
    this.place = `entry:${data.place}`;
    this.stamp = `${data.stamp}:${form.elements._version?.value ?? ""}`;
    this.leaving = false;
    this.before = Object.fromEntries(boxesOf(form).map((box) => [box.name, servedText(box)]));
    if (data.sent) this.save();
    addEventListener("beforeunload", (event) => {
      if (!this.leaving && this.changed()) event.preventDefault();
    });
    form.addEventListener("submit", () => { this.leaving = true; });
    addEventListener("pageshow", () => { this.leaving = false; });
  }

  /* What stands in the boxes, by name. */
  now() {
    return Object.fromEntries(boxesOf(this.form).map((box) => [box.name, textOf(box)]));
  }

  changed() {
    if (this.data.sent) return true;
    const now = this.now();
    return Object.keys(now).some((name) => now[name] !== (this.before[name] ?? ""));
  }

  save() {
    if (!this.changed()) return;
    const filled = Object.entries(this.now()).filter(([, text]) => text !== "");
    try {
      sessionStorage.setItem(this.place, JSON.stringify({stamp: this.stamp, boxes: Object.fromEntries(filled)}));
    } catch {
      // A full or forbidden storage takes nothing away from the page.
    }
  }

  forget() {
    try { sessionStorage.removeItem(this.place); } catch { /* as above */ }
  }

  /* The boxes of an earlier visit that differ from the page; those put down since are forgotten. */
  earlier() {
    if (this.data.sent) return {};
    let kept = null;
    try { kept = JSON.parse(sessionStorage.getItem(this.place)); } catch { /* as above */ }
    if (!kept) return {};
    if (kept.stamp !== this.stamp) {
      this.forget();
      return {};
    }
    const now = this.now();
    return Object.fromEntries(Object.entries(kept.boxes).filter(([name, text]) => now[name] !== text));
  }
}

/* Put a text into a box, or the tick where it has one. */
export function put(form, name, text) {
  const box = form.elements[name];
  if (!box) return false;
  if (box.type === "checkbox") box.checked = text === box.value;
  else box.value = text;
  return true;
}
