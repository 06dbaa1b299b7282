/* 全程记录: the readings of a journey, with or without their times, against the limits. */
import {compared, fraction, plain, plus, text, ZERO} from "./exact.js";
import {has, meet} from "./numeric.js";
import {numbers, read, readSeries} from "./readings.js";
import {Refused, decimal, halfWidth, number, say, visible} from "./texts.js";
import {uncertaintyOf} from "./uncertainty.js";

const CLOCK = /[0-9]:[0-9]/;
const ENTRIES = /[;；\r\n]+/;
const ENTRY = new RegExp("^(?:([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt]|[ \\t]+))?" +
  "([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)[ \\t,，]+(.+)$");

/* Seconds since the beginning of the calendar; null for a day or an hour that does not exist. */
function seconds(day, clock) {
  const [hour, minute, second = 0] = clock.split(":").map(Number);
  const [year, month, date] = (day || "0001-01-01").split("-").map(Number);
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, date);
  const exists = year > 0 && at.getUTCMonth() === month - 1 && at.getUTCDate() === date;
  if (!exists || hour > 23 || minute > 59 || second > 59) return null;
  return at.getTime() / 1000 + hour * 3600 + minute * 60 + second;
}

function moment(entry, symbol, detectionLimit) {
  const found = ENTRY.exec(entry);
  if (!found) {
    throw new Refused("time_unreadable", say(
      "“{0}”读不懂：每行写时间和读数，例如 08:00 3.2 或 2026-11-20T08:00 3.2",
      "\"{0}\" cannot be read: write time and reading on each line, for example " +
      "08:00 3.2 or 2026-11-20T08:00 3.2", visible(entry)));
  }
  const [, day, clock, reading] = found;
  const told = day ? `${day} ${clock}` : clock, at = seconds(day, clock);
  if (at === null) {
    throw new Refused("time_unreadable", say("没有“{0}”这个时间", "There is no time \"{0}\"", told));
  }
  return {reading: read(reading, symbol, detectionLimit), at, told};
}

function checkTimes(moments) {
  const mixed = new Set(moments.map((one) => one.told.includes(" "))).size > 1;
  for (let place = 1; place < moments.length; place += 1) {
    const [before, after] = moments.slice(place - 1, place + 1);
    if (mixed || before.at >= after.at) {
      throw new Refused("time_order", say(
        "{0} 后面是 {1}：时间要从早到晚；跨过半夜的每行都写日期",
        "{0} is followed by {1}: times must ascend; over midnight write the date on every line",
        before.told, after.told));
    }
  }
}

/* [{reading, at, told}]; at is undefined where the record has no times. */
function readJourney(typed, symbol, detectionLimit) {
  const given = halfWidth(typed).replace(/：/g, ":");
  if (!CLOCK.test(given)) {
    return numbers(readSeries(typed, symbol, detectionLimit)).map((reading) => ({reading, told: ""}));
  }
  const entries = given.split(ENTRIES).map((part) => part.trim()).filter((part) => part);
  const moments = entries.map((entry) => moment(entry, symbol, detectionLimit));
  numbers(moments.map((one) => one.reading));
  checkTimes(moments);
  return moments;
}

const minutes = (before, after) => fraction(BigInt(after.at - before.at), 60n);

/* The first reading of a finding, speaking for the whole record. */
function first(finding, moments, met, said) {
  const place = met.findIndex((one) => one.finding === finding);
  if (place < 0) return null;
  const told = moments[place].told;
  const reason = say("第 {0} 个读数{1}：{2}", "reading {0}{1}: {2}", place + 1,
    [told && `（${told}）`, told && ` (${told})`], met[place].reason);
  return {finding, read: said, value: met[place].value, reason};
}

/* Minutes surely beyond the limit, and whether the length of every reading beyond is known. */
function timeBeyond(bound, moments, met) {
  let total = ZERO, known = met[met.length - 1].finding !== "broken";
  for (let place = 0; place + 1 < moments.length; place += 1) {
    if (met[place].finding !== "broken") continue;
    const step = minutes(moments[place], moments[place + 1]);
    if (has(bound.longest_gap) && compared(step, number(bound.longest_gap)) > 0) known = false;
    else total = plus(total, step);
  }
  return [total, known];
}

function beyond(bound, moments, met, said) {
  const one = first("broken", moments, met, said);
  if (!one || !has(bound.longest_beyond)) return one;
  if (moments[0].at === undefined) {
    return {...one, finding: "open", reason: say("{0}；没有时间，不能算超出多久",
      "{0}; without times nobody knows for how long", one.reason)};
  }
  const [total, known] = timeBeyond(bound, moments, met);
  const told = say("{0}，超出限量合计 {1} min", "{0}, {1} min beyond the limit in total", said, plain(total));
  if (compared(total, number(bound.longest_beyond)) > 0) {
    return {...one, reason: say("{0}，多于允许的 {1} min", "{0}: more than {1} min",
      told, text(decimal(bound.longest_beyond)))};
  }
  if (known) return null;
  return {...one, finding: "open", reason: say("{0}，另有超出的读数不知道持续多久，不能判定",
    "{0}, and nobody knows how long another reading beyond it lasted: undecided", told)};
}

function gap(bound, moments, said) {
  if (!has(bound.longest_gap)) return null;
  if (moments[0].at === undefined || moments.length < 2) {
    return {finding: "open", read: said, reason: say("{0}，没有时间，看不出有没有间断",
      "{0}: without times nobody can see gaps in the record", said)};
  }
  for (let place = 1; place < moments.length; place += 1) {
    const [before, after] = moments.slice(place - 1, place + 1), step = minutes(before, after);
    if (compared(step, number(bound.longest_gap)) > 0) {
      return {finding: "open", read: said, reason: say(
        "{0} 到 {1} 之间 {2} min 没有读数，多于允许的 {3} min，不能判定",
        "no reading for {2} min between {0} and {1}, more than {3} min: undecided",
        before.told, after.told, plain(step), bound.longest_gap)};
    }
  }
  return null;
}

function allHold(limit, moments, met, said) {
  if (met.every((one) => one.finding === "holds")) {
    return say("{0}都符合 {1}", "all {0} are {1}", said, limit.words);
  }
  const [total] = timeBeyond(limit.bound, moments, met);
  return say("{0}，超出限量合计 {1} min，符合 {2}",
    "{0}, {1} min beyond the limit in total: within {2}", said, plain(total), limit.words);
}

export function journey(limit, result) {
  const bound = limit.bound;
  const moments = readJourney(result.typed, result.unit, result.detection_limit);
  const spread = uncertaintyOf(result);
  const met = moments.map((one) => meet(limit, one.reading, spread));
  const said = say("{0} 个读数", "{0} readings", met.length);
  return beyond(bound, moments, met, said) || gap(bound, moments, said) ||
    first("open", moments, met, said) ||
    {finding: "holds", read: said, reason: allHold(limit, moments, met, said)};
}
