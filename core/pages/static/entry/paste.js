/* A column that was copied from a sheet fills the boxes downwards; one button takes it all back. */
import {filled} from "./rows.js";

/* The cells of what a sheet puts on the clipboard: rows of texts, "…" may hold breaks and tabs. */
export function cells(text) {
  const rows = [[]];
  const pattern = /(?:"((?:[^"]|"")*)"|([^\t\r\n]*))(\t|\r\n|\r|\n|$)/y;
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text) || plainCell(text, pattern.lastIndex, pattern);
    rows[rows.length - 1].push(found[1] === undefined ? found[2] : found[1].replaceAll("\"\"", "\""));
    if (found[3] && found[3] !== "\t") rows.push([]);
  }
  if (!rows[rows.length - 1].length) rows.pop();
  return rows;
}

/* A cell that begins with " and is not quoted. */
function plainCell(text, from, pattern) {
  const rest = /([^\t\r\n]*)(\t|\r\n|\r|\n|$)/y;
  rest.lastIndex = from;
  const found = rest.exec(text);
  pattern.lastIndex = rest.lastIndex;
  return [found[0], undefined, found[1], found[2]];
}

const folded = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, "");

/* Put a value into a row's box; false where it is no answer of a list. */
function placed(row, text) {
  if (row.box.tagName !== "SELECT") {
    row.value = text.trim();
    return true;
  }
  const option = [...row.box.options].find((one) => one.value &&
    [one.value, one.text].some((known) => folded(known) === folded(text)));
  if (!option) return false;
  row.value = option.value;
  return true;
}

/* What pasting changes: {changes: [{row, before, after}], unplaced: [text]}, or {columns}. */
export function fill(rows, text) {
  const found = cells(text), columns = Math.max(...found.map((row) => row.length));
  if (columns > 1) return {columns, changes: [], unplaced: []};
  const changes = [], unplaced = [];
  found.forEach(([value], place) => {
    if (value.trim() === "") return;
    const row = rows[place], before = row?.value;
    if (row && placed(row, value)) changes.push({row, before, after: row.value});
    else unplaced.push(value.trim());
  });
  return {changes, unplaced};
}

export function told(paste, texts) {
  if (paste.columns) return filled(texts.columns, paste.columns);
  const count = filled(texts.pasted, paste.changes.length);
  if (!paste.unplaced.length) return count;
  const some = paste.unplaced.slice(0, 5).join("、") + (paste.unplaced.length > 5 ? "…" : "");
  return `${count} ${filled(texts.unplaced, paste.unplaced.length, some)}`;
}

/* Every box that still holds what was pasted gets back what it held before. */
export function undo(paste) {
  const still = paste.changes.filter(({row, after}) => row.value === after);
  for (const {row, before} of still) row.value = before;
  return still.map(({row}) => row);
}
