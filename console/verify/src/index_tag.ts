// SPDX-License-Identifier: Apache-2.0
// Whom an entry is about, as only its customer can tell: tags, and what commits to all of them.
// docs/formats/customer-list.md; as src/model/index_tag.h.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";

import { type Bytes, concatBytes, fromHex, toHex, utf8 } from "./bytes.ts";
import { type DigestHex, isDigestHex } from "./digest.ts";
import { type JsonObject } from "./json.ts";
import { Members } from "./members.ts";
import { refuse } from "./refusal.ts";

/** The member of an entry's public part that holds its tag. */
export const kAbout = "about";
const kDomain = utf8("proviso/index/v1");

const kAlways: ReadonlySet<string> = new Set([
  "report-received",
  "signal-raised",
  "evidence-added",
  "finding-made",
  "usage-looked-at",
  "stage-begun",
  "opened",
  "private-erased",
  "notice-sent",
  "appeal-received",
]);
/** What begins so is about a case, also in later versions. */
const kOfCase = "case-";
const kNever: ReadonlySet<string> = new Set([
  "genesis",
  "register-loaded",
  "sealed",
  "index-published",
  "confirmation-gap",
]);
const kByOrder: ReadonlySet<string> = new Set([
  "order-proposed",
  "order-approved",
  "order-in-force",
]);

/** Whether entries of a kind have a tag; `unknown`: a kind of a later version. */
export type Tagged = "always" | "never" | "by-order" | "unknown";

export function tagged(kind: string): Tagged {
  if (kAlways.has(kind) || kind.startsWith(kOfCase)) return "always";
  if (kNever.has(kind)) return "never";
  return kByOrder.has(kind) ? "by-order" : "unknown";
}

/** Whether an order of this kind is about a customer. */
export function isAboutCustomer(orderKind: string): boolean {
  return orderKind === "restrict" || orderKind === "lift";
}

/** The tag of a public part; undefined where it has none. */
export function tagOf(publicPart: JsonObject): DigestHex | undefined {
  const about = publicPart.get(kAbout);
  if (about === undefined) return undefined;
  if (typeof about === "string" && isDigestHex(about)) return about;
  return refuse("public.about: not a tag of 64 lower-case hexadecimal digits");
}

function u64(number: number): Bytes {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(number));
  return out;
}

/** HMAC-SHA-256(key, "proviso/index/v1" || u64 big endian number). */
export function tagUnder(key: Bytes, number: number): DigestHex {
  return toHex(hmac(nobleSha256, key, concatBytes(kDomain, u64(number))));
}

/** What a leaf of the index is: 40 bytes. */
export function indexLeaf(tag: DigestHex, entry: number): Bytes {
  return concatBytes(fromHex(tag) ?? refuse("not a tag"), u64(entry));
}

/** The public part of an `index-published` entry: the tags of the entries [from, to). */
export interface IndexPublished {
  readonly from: number;
  readonly to: number;
  readonly tags: number;
  readonly root: DigestHex;
}

export function parseIndexPublished(publicPart: JsonObject): IndexPublished {
  const members = new Members(publicPart, "public");
  const from = members.integer("from");
  const to = members.integer("to");
  const tags = members.integer("tags");
  const root = members.digest("root");
  if (from < 0 || to < from) members.refuse("to", "must be `from` or more, and that 0 or more");
  if (tags < 0 || tags > to - from) members.refuse("tags", "more tags than entries");
  members.finish();
  return { from, to, tags, root };
}

/** The number of the `index-published` entry at whose `to` the one of `number` begins; 0: at the
 * log's beginning. */
export function beginsAfter(number: number): number {
  return number - Number(BigInt(number) & -BigInt(number));
}
