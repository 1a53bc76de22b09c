// SPDX-License-Identifier: Apache-2.0
// Changes to documents that stay interesting: the result is mostly JSON, and mostly nearly right.
import { type Bytes, concatBytes, fromHex, utf8 } from "../../src/bytes.ts";
import { sha256Hex } from "../../src/digest.ts";
import { indexRoot } from "../../src/index_audit.ts";
import { canonicalJson, isList, isObject, type Json, parseJson } from "../../src/json.ts";
import { type Random } from "./random.ts";

/** What was changed stands in `what`, for whoever looks into a disagreement. */
export interface MutatedBytes {
  readonly bytes: Bytes;
  readonly what: string;
}

type Path = readonly (string | number)[];

/** Of long lists only the first items: the others are like them. */
function pathsOf(value: Json, path: Path = []): readonly Path[] {
  const below = isList(value)
    ? value.slice(0, 4).flatMap((item, i) => pathsOf(item, [...path, i]))
    : isObject(value)
      ? [...value].flatMap(([name, member]) => pathsOf(member, [...path, name]))
      : [];
  return [path, ...below];
}

function at(value: Json, path: Path): Json {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (typeof head === "number" && isList(value)) return at(value[head] ?? null, rest);
  if (typeof head === "string" && isObject(value)) return at(value.get(head) ?? null, rest);
  throw new Error("no such path");
}

/** `edit` gives the new value at `path`; undefined takes it away. */
function edited(value: Json, path: Path, edit: (old: Json) => Json | undefined): Json | undefined {
  const [head, ...rest] = path;
  if (head === undefined) return edit(value);
  if (typeof head === "number" && isList(value)) {
    return value.flatMap((item, i) => {
      const kept = i === head ? edited(item, rest, edit) : item;
      return kept === undefined ? [] : [kept];
    });
  }
  if (typeof head === "string" && isObject(value)) {
    const out = new Map(value);
    const member = edited(value.get(head) ?? null, rest, edit);
    if (member === undefined) out.delete(head);
    else out.set(head, member);
    return out;
  }
  throw new Error("no such path");
}

const kTexts = [
  ...["", "*", "restrict", "lift", "roster", "approver", "auditor", "deny", "throttle=5/s"],
  "court",
];
const kTimes = ["2026-11-23T12:00:00Z", "2026-11-23T12:00:00.5Z", "2026-11-23T13:00:00+01:00"];
const kOdd = ["a\u0000b", "\u{1f600}", "\uffff", "x".repeat(257), "\u00e4".repeat(129)];
const kValues: readonly Json[] = [null, true, false, 0, 1, -1, 2 ** 53 - 1, [], new Map()];

// Some may be there or not, in orders and catalogues; one may not be anywhere.
const kMembers: readonly (readonly [string, Json])[] = [
  ["surplus", 1],
  ["emergency", true],
  ["emergency", false],
  ["ratifies", "0".repeat(64)],
  ["protected_reason", "0".repeat(64)],
  ["on_call", true],
  ["server_mediated", true],
  ["server_mediated", false],
  ["protected", new Map([["hospital", new Map<string, Json>([["more", 1], ["outside", 2]])]])],
  ["order", "0".repeat(64)],
  ["about", "0".repeat(64)],
  ["about", "F".repeat(64)],
  ["seals", new Map<string, Json>([["count", 2], ["open_by", "2026-11-23T12:00:00Z"]])],
  ["regions", ["eu-central-1"]],
];

function bentText(text: string, random: Random): string {
  const i = random.below(Math.max(1, text.length));
  const letters = Array.from(text);
  switch (random.below(8)) {
    case 0:
      return text.toUpperCase();
    case 1:
      return text.slice(0, i);
    case 2:
      return `${text}${text.slice(-1)}`;
    case 3:
      return random.pick([...kTexts, ...kTimes, ...kOdd]);
    default:
      letters[i] = random.pick(["0", "1", "a", "f", "A", "=", "/", "é"]);
      return letters.join("");
  }
}

/** Another value for the one at a path; what is elsewhere in the document serves as well. */
function bent(old: Json, document: Json, paths: readonly Path[], random: Random): Json | undefined {
  switch (random.below(6)) {
    case 0:
      return undefined;
    case 1:
      return random.pick(kValues);
    case 2:
      return at(document, random.pick(paths));
    default:
      break;
  }
  if (typeof old === "string") return bentText(old, random);
  if (typeof old === "number") return old + random.pick([-1, 1, 100]);
  if (typeof old === "boolean") return !old;
  if (isList(old)) {
    const [first] = old;
    if (first === undefined) return [random.pick(kTexts)];
    return random.pick([[...old, first], old.slice(1), [...old].reverse(), [...old, ...old]]);
  }
  return isObject(old) ? new Map([...old, random.pick(kMembers)]) : 1;
}

/** Another text for the same document, or one that two readers might read differently. */
function otherText(text: string, random: Random): string {
  const firstName = /"([a-z_]+)":/.exec(text)?.[1] ?? "a";
  return random.pick([
    text.replace(":", ": "),
    `${text}\n`,
    ` ${text}`,
    text.replace("{", `{"${firstName}":1,`),
    text.replace(/"([a-z])/, (_, c: string) => `"\\u00${c.charCodeAt(0).toString(16)}`),
    text.replace(/:1\b/, ":1.0"),
    text.replace(/:1\b/, ":01"),
    text.replace(/\//, "\\/"),
    `${text}x`,
    `\ufeff${text}`,
    text.replace(/^\{(.*?),(.*)\}$/s, "{$2,$1}"),
  ]);
}

/** Documents that hold the digest of a part of theirs get it right again, so that what is judged
 * is the part itself. */
function repaired(document: Json): Json {
  const inner = isObject(document) ? document.get("public") : undefined;
  const order = inner !== undefined && isObject(inner) ? inner.get("document") : undefined;
  if (order === undefined || order === null) return document;
  const digest = sha256Hex(canonicalJson(order));
  return edited(document, ["public", "order"], () => digest) ?? document;
}

/** One value somewhere in the document changed, or taken away. */
export function mutateValue(
  document: Json,
  random: Random,
): { readonly document: Json; readonly what: string } {
  const paths = pathsOf(document);
  const path = random.pick(paths.slice(1));
  let change = "taken away";
  const changed = edited(document, path, (old) => {
    const value = bent(old, document, paths, random);
    if (value !== undefined) change = canonicalJson(value).slice(0, 80);
    return value;
  });
  return { document: changed ?? null, what: `${path.join(".")}: ${change}` };
}

/** An order-in-force entry with another order in it, by its right digest. */
export function withDocument(entry: Json, document: Json): Json {
  return repaired(edited(entry, ["public", "document"], () => document) ?? entry);
}

/** The same for a text; at times the text is another, and the value the same. */
export function mutateDocument(bytes: Bytes, random: Random): MutatedBytes {
  const document = parseJson(bytes);
  if (random.below(8) === 0) {
    const other = otherText(canonicalJson(document), random);
    return { bytes: utf8(other), what: `text ${other.slice(0, 60)}` };
  }
  const changed = mutateValue(document, random);
  const final = random.below(2) === 0 ? repaired(changed.document) : changed.document;
  return { bytes: utf8(canonicalJson(final)), what: changed.what };
}

/** An opening with another content or salt, and the sealed entry made to fit it. */
function resealed(
  entries: readonly Bytes[],
  random: Random,
): { readonly entries: readonly Bytes[]; readonly what: string } | undefined {
  const openings = holding(entries, '"kind":"opened"');
  if (openings.length === 0) return undefined;
  const k = random.pick(openings);
  const changed = mutateValue(parseJson(entries[k] ?? utf8("")), random);
  const content = memberAt(changed.document, ["public", "content"]);
  const salt = memberAt(changed.document, ["public", "salt"]);
  const opens = memberAt(changed.document, ["public", "opens"]);
  const bytes = typeof salt === "string" ? (fromHex(salt) ?? utf8(salt)) : utf8("");
  const commitment = sha256Hex(concatBytes(bytes, utf8(canonicalJson(content))));
  const all = entries.map((entry, at) => {
    if (at === k) return utf8(canonicalJson(changed.document));
    const document = parseJson(entry);
    if (memberAt(document, ["entry"]) !== opens) return entry;
    return utf8(canonicalJson(edited(document, ["private"], () => commitment) ?? document));
  });
  return { entries: all, what: `opening ${k}, sealed anew: ${changed.what}` };
}

/** Indexes of the entries that hold a text. */
function holding(entries: readonly Bytes[], text: string): readonly number[] {
  return entries.flatMap((entry, k) => (Buffer.from(entry).includes(text) ? [k] : []));
}

/** An index entry with other numbers, and as many tags and the root that the log has for them. */
function reindexed(
  entries: readonly Bytes[],
  random: Random,
): { readonly entries: readonly Bytes[]; readonly what: string } | undefined {
  const published = holding(entries, '"kind":"index-published"');
  if (published.length === 0) return undefined;
  const k = random.pick(published);
  const name = random.pick(["from", "to"]);
  const number = random.pick([0, 1, k - 1, k, k + 1, random.below(entries.length)]);
  const changed = edited(parseJson(entries[k] ?? utf8("")), ["public", name], () => number);
  const from = Number(memberAt(changed ?? null, ["public", "from"]));
  const to = Number(memberAt(changed ?? null, ["public", "to"]));
  const places = entries.flatMap((entry, index) => {
    const tag = memberAt(parseJson(entry), ["public", "about"]);
    return typeof tag === "string" && index >= from && index < to ? [{ tag, index }] : [];
  });
  places.sort((a, b) => (a.tag < b.tag ? -1 : 1));
  const counted = edited(changed ?? null, ["public", "tags"], () => places.length);
  const whole = edited(counted ?? null, ["public", "root"], () => indexRoot(places));
  const bytes = utf8(canonicalJson(whole ?? null));
  return { entries: entries.with(k, bytes), what: `index ${k}: ${name} ${number}` };
}

/** Null where there is none. */
function memberAt(value: Json, path: readonly string[]): Json {
  const below = (found: Json, name: string): Json =>
    isObject(found) ? (found.get(name) ?? null) : null;
  return path.reduce<Json>(below, value);
}

function swapped<T>(items: readonly T[], i: number, j: number): readonly T[] {
  return items.map((item, k) => items[k === i ? j : k === j ? i : k] ?? item);
}

/** The log's entries with one changed, added, lost or moved. */
export function mutateEntries(
  entries: readonly Bytes[],
  random: Random,
): { readonly entries: readonly Bytes[]; readonly what: string } {
  const i = random.below(entries.length);
  const j = random.below(entries.length);
  const chosen = entries[i] ?? utf8("");
  switch (random.below(15)) {
    case 14: {
      const anew = reindexed(entries, random);
      if (anew !== undefined) return anew;
      return { entries, what: "nothing is indexed" };
    }
    case 12:
    case 13: {
      const anew = resealed(entries, random);
      if (anew !== undefined) return anew;
      return { entries, what: "nothing is sealed" };
    }
    case 0:
      return { entries: entries.filter((_, k) => k !== i), what: `without entry ${i}` };
    case 1:
      return { entries: [...entries, chosen], what: `entry ${i} again` };
    case 2:
      return { entries: swapped(entries, i, j), what: `entries ${i} and ${j} swapped` };
    case 3:
      return { entries: entries.slice(0, i), what: `${i} entries` };
    case 4: {
      // Fresh id: so that the order itself, and not the entry, stands twice.
      const text = Buffer.from(chosen).toString("utf8");
      const again = text.replace(/"entry":"[0-9a-f]{4}/, '"entry":"ffff');
      return { entries: [...entries, utf8(again)], what: `entry ${i} again, with another id` };
    }
    default: {
      // Orders are where most of the rules are; then what customers find their entries by.
      const text = random.pick(["order-in-force", "order-in-force", "index-published", '"about":']);
      const chosenBy = holding(entries, text);
      const k = random.below(4) === 0 || chosenBy.length === 0 ? i : random.pick(chosenBy);
      const changed = mutateDocument(entries[k] ?? chosen, random);
      const all = entries.map((entry, at) => (at === k ? changed.bytes : entry));
      return { entries: all, what: `entry ${k}: ${changed.what}` };
    }
  }
}
