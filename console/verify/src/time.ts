// SPDX-License-Identifier: Apache-2.0

/** UTC, nanoseconds since 1970-01-01, as src/base/time.h counts them. */
export type Time = bigint;

const kSecond = 1_000_000_000n;
const kRfc3339 = new RegExp(
  "^(\\d{4})-(\\d\\d)-(\\d\\d)[Tt ](\\d\\d):(\\d\\d):(\\d\\d)" +
    "(?:[.,](\\d+))?(?:[Zz]|([+-])(\\d\\d):(\\d\\d))?$",
);
const kCanonical = /^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\dZ$/;

function daysOfMonth(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** Seconds since 1970 at midnight; undefined for a day that no calendar has. */
function dateSeconds(year: number, month: number, day: number): number | undefined {
  if (year < 1678 || year > 2261 || month < 1 || month > 12) return undefined;
  if (day < 1 || day > daysOfMonth(year, month)) return undefined;
  return Date.UTC(year, month - 1, day) / 1000;
}

/** RFC 3339 with any offset; a missing one means UTC. Undefined for anything else. */
export function parseTime(text: string): Time | undefined {
  const match = text.length > 40 ? null : kRfc3339.exec(text);
  if (match === null) return undefined;
  const part = (i: number): number => Number(match[i] ?? "0");
  const date = dateSeconds(part(1), part(2), part(3));
  const [hour, minute, second] = [part(4), part(5), part(6)];
  const [offsetHour, offsetMinute] = [part(9), part(10)];
  if (date === undefined || hour > 23 || minute > 59 || second > 60) return undefined;
  if (offsetHour > 23 || offsetMinute > 59) return undefined;
  // A leap second is counted as the last second of its minute.
  const clock = hour * 3600 + minute * 60 + Math.min(second, 59);
  const offset = (offsetHour * 3600 + offsetMinute * 60) * (match[8] === "-" ? -1 : 1);
  const nanoseconds = (match[7] ?? "").slice(0, 9).padEnd(9, "0");
  return BigInt(date + clock - offset) * kSecond + BigInt(nanoseconds);
}

/** Only the form in which canonical documents write a time: 2026-11-23T12:00:00Z. */
export function parseCanonicalTime(text: string): Time | undefined {
  return kCanonical.test(text) ? parseTime(text) : undefined;
}

/** The second that `time` lies in. */
export function unixSeconds(time: Time): bigint {
  const seconds = time / kSecond;
  return time < 0n && time % kSecond !== 0n ? seconds - 1n : seconds;
}

export function laterOf(a: Time, b: Time): Time {
  return a > b ? a : b;
}

export function wholeSecond(time: Time): Time {
  return unixSeconds(time) * kSecond;
}

/** As canonical documents write it: 2026-11-23T12:00:00Z. */
export function formatTime(time: Time): string {
  return new Date(Number(unixSeconds(time)) * 1000).toISOString().replace(".000Z", "Z");
}
