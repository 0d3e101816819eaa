// Numbers and times as people read them, in the language of the page.

import { text } from "../i18n/en";
import { LOCALE } from "../i18n/locale";

/** A place in a recording: `1:02:03` or `02:03`. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (number: number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

/** A length: `8 h 2 min`, `3 min 4 s`, `0.8 s`. */
export function span(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

export function size(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) {
    bytes /= 1000;
    unit += 1;
  }
  return `${bytes < 10 && unit > 0 ? bytes.toFixed(1) : Math.round(bytes)} ${units[unit]}`;
}

const whole = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 0 });
const integer = new Intl.NumberFormat(LOCALE);
const dollars = new Intl.NumberFormat(LOCALE, { style: "currency", currency: "USD", minimumFractionDigits: 4 });
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });
const day = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium" });
const hour = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** A share from 0 to 1: `97%`. */
export function percent(share: number): string {
  return whole.format(share);
}

export function number(value: number): string {
  return integer.format(value);
}

export function price(usd: number): string {
  return dollars.format(usd);
}

/** A time of day, `14:05`, with its day where that is not today. */
export function moment(time: string, now = Date.now()): string {
  const at = new Date(time);
  const today = new Date(now).toDateString() === at.toDateString();
  return today ? hour.format(at) : `${day.format(at)}, ${hour.format(at)}`;
}

/** How long ago, or the day when that is long ago. */
export function ago(time: string, now = Date.now()): string {
  const minutes = Math.round((now - Date.parse(time)) / 60_000);
  if (minutes < 1) return text.time.justNow;
  if (minutes < 60) return relative.format(-minutes, "minute");
  if (minutes < 24 * 60) return relative.format(-Math.round(minutes / 60), "hour");
  if (minutes < 7 * 24 * 60) return relative.format(-Math.round(minutes / 60 / 24), "day");
  return day.format(Date.parse(time));
}

/** When a recording was made, with its own zone: `2026-05-04, 11:30 UTC+02:00`. */
export function recorded(at: string): string {
  const [date, time, zone] = at.match(/^([^T]+)(?:T(\d\d:\d\d):\d\d(.*))?$/)?.slice(1) ?? [at];
  const shown = time ? `${date}, ${time}` : `${date}`;
  if (!zone) return `${shown} ${text.time.noZone}`;
  return `${shown} UTC${zone === "Z" ? "" : zone}`;
}
