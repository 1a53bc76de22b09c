// SPDX-License-Identifier: Apache-2.0
// A customer's entries in a whole log, found with its index keys, and each in words: as
// src/gates/list_scan.h. docs/formats/customer-list.md.
import { type Bytes, fromHex, toHex } from "./bytes.ts";
import { type DigestHex, isDigestHex } from "./digest.ts";
import { type Entry } from "./entry.ts";
import { tagOf, tagUnder } from "./index_tag.ts";
import { canonicalJson, isObject, type Json, type JsonObject, parseJson } from "./json.ts";
import { Members } from "./members.ts";
import { printable } from "./order_words.ts";
import { refuse } from "./refusal.ts";
import { formatTime } from "./time.ts";

/** So many numbers after the newest of a key that was found are looked for. */
export const kAhead = 1000;
export const kListKeysMax = 1000;
const kKeysFileBytesMax = 1024 * 1024;
const kCover = '{"cover":true,"version":1}';

export interface ListedItem {
  readonly index: number;
  readonly entry: Entry;
}

/** An index key of 64 lower-case hexadecimal digits. */
export function parseIndexKey(members: Members, name: string, text: Json): Bytes {
  // As many digits as a digest has.
  const bytes = typeof text === "string" && isDigestHex(text) ? fromHex(text) : undefined;
  return bytes ?? members.refuse(name, "not an index key of 64 lower-case hexadecimal digits");
}

export function refuseTwice(keys: readonly Bytes[], what: string): void {
  if (new Set(keys.map((key) => toHex(key))).size !== keys.length) refuse(what);
}

/** The keys of a customer's file; of another ledger they would find nothing. */
export function parseIndexKeys(bytes: Bytes, ledger: string): readonly Bytes[] {
  const members = new Members(parseJson(bytes, kKeysFileBytesMax), "index keys");
  members.version();
  const ofLedger = members.string("ledger");
  const keys = members.list("keys").map((key) => parseIndexKey(members, "keys", key));
  if (keys.length === 0 || keys.length > kListKeysMax) members.refuse("keys", "not 1 to 1000");
  members.finish();
  refuseTwice(keys, "index keys.keys: one stands twice");
  if (ofLedger !== ledger) refuse("the index keys are for another ledger");
  return keys;
}

function subjectsOf(publicPart: Json | undefined): readonly (readonly [string, string])[] {
  if (publicPart === undefined || !isObject(publicPart)) return [];
  return ["case", "order"].flatMap((name) => {
    const value = publicPart.get(name);
    return typeof value === "string" ? [[name, value] as const] : [];
  });
}

/** What an opening shows. */
function contentOf({ kind, publicPart }: Entry): JsonObject | undefined {
  const content = kind === "opened" ? publicPart.get("content") : undefined;
  return content !== undefined && isObject(content) ? content : undefined;
}

function textOf(object: JsonObject, name: string): string {
  const value = object.get(name);
  return typeof value === "string" ? printable(value) : "";
}

function subjectsInWords(publicPart: Json | undefined): string {
  return subjectsOf(publicPart)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `  ${name} ${printable(value)}`)
    .join("");
}

/** An entry about a customer in one line; safe for a terminal. */
export function entryInWords({ index, entry }: ListedItem): string {
  const head = `entry ${index}  ${formatTime(entry.time)}  ${printable(entry.kind)}`;
  if (entry.kind !== "opened") return head + subjectsInWords(entry.publicPart);
  const content = contentOf(entry);
  if (content === undefined || canonicalJson(content) === kCover) return head;
  const inner = `${textOf(content, "kind")} of ${textOf(content, "time")}`;
  return `${head}: ${inner}${subjectsInWords(content.get("public"))}`;
}

interface Key {
  readonly bytes: Bytes;
  /** The number that comes next. */
  next: number;
  /** Those below are in places. */
  ahead: number;
}

export class ListScan {
  readonly items: ListedItem[] = [];
  private readonly keys: readonly Key[];
  private readonly places = new Map<DigestHex, { readonly key: Key; readonly number: number }>();
  private readonly subjects = new Set<string>();
  /** The first entry of others that names it. */
  private readonly ofOthers = new Map<string, number>();

  constructor(keys: readonly Bytes[]) {
    this.keys = keys.map((bytes) => ({ bytes, next: 0, ahead: 0 }));
    for (const key of this.keys) this.lookAhead(key);
  }

  /** Each leaf after the genesis, in the order of the log. */
  visit(index: number, entry: Entry): void {
    if (this.keys.length === 0) return;
    const tag = tagOf(entry.publicPart);
    if (tag === undefined) return;
    const found = this.places.get(tag);
    const inner = contentOf(entry)?.get("public");
    const subjects = [...subjectsOf(entry.publicPart), ...subjectsOf(inner)].map(
      ([name, value]) => `${name} ${value}`,
    );
    if (found === undefined) {
      for (const subject of subjects) {
        if (!this.ofOthers.has(subject)) this.ofOthers.set(subject, index);
      }
      return;
    }
    const { key, number } = found;
    if (number !== key.next) {
      refuse(
        `has number ${number} of an index key of yours, and ${key.next} would come next: ` +
          "an entry is kept from you",
      );
    }
    ++key.next;
    this.lookAhead(key);
    for (const subject of subjects) this.subjects.add(subject);
    this.items.push({ index, entry });
  }

  /** Entries with another tag that name a case or an order of one of items: the first of each. */
  underOtherKeys(): readonly number[] {
    const out = new Set<number>();
    for (const subject of this.subjects) {
      const index = this.ofOthers.get(subject);
      if (index !== undefined) out.add(index);
    }
    return [...out].sort((a, b) => a - b);
  }

  private lookAhead(key: Key): void {
    for (; key.ahead < key.next + kAhead; ++key.ahead) {
      this.places.set(tagUnder(key.bytes, key.ahead), { key, number: key.ahead });
    }
  }
}
