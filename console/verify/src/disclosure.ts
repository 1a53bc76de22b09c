// SPDX-License-Identifier: Apache-2.0
// Fields of an entry that somebody was shown, held against what the log's entry commits to.
// docs/formats/publication.md; as src/model/disclosure.h.
import { type Bytes, concatBytes, fromHex, utf8 } from "./bytes.ts";
import { type DigestHex, isDigestHex, sha256Hex } from "./digest.ts";
import { canonicalJson, isObject, type Json, type JsonObject } from "./json.ts";
import { Members } from "./members.ts";
import { refuse } from "./refusal.ts";

const kFieldsMax = 64;

function saltOf(members: Members): Bytes {
  const text = members.string("salt");
  const bytes = isDigestHex(text) ? fromHex(text) : undefined;
  return bytes ?? members.refuse("salt", "not 64 hexadecimal digits");
}

function checkShown(name: string, shown: Json, fields: JsonObject): Json {
  const members = new Members(shown, `shown.${name}`);
  const salt = saltOf(members);
  const value = members.any("value");
  members.finish();
  if (sha256Hex(concatBytes(salt, utf8(canonicalJson(value)))) !== fields.get(name)) {
    refuse("shows another value than the ledger's entry commits to");
  }
  return value;
}

/** The values that one line of a published view proves, given what its entry commits to. */
export function checkDisclosure(line: Json, commitment: DigestHex): ReadonlyMap<string, Json> {
  const members = new Members(line, "view");
  members.string("entry");
  const salt = saltOf(members);
  const fields = members.object("fields");
  const shown = members.object("shown");
  members.finish();
  if (fields.size > kFieldsMax) refuse("fields: more than 64");
  for (const digest of fields.values()) {
    if (typeof digest !== "string" || !isDigestHex(digest)) refuse("fields: not a SHA-256");
  }
  if (sha256Hex(concatBytes(salt, utf8(canonicalJson(fields)))) !== commitment) {
    refuse("its fields are not those that the ledger's entry commits to");
  }
  const out = new Map<string, Json>();
  for (const [name, one] of shown) out.set(name, checkShown(name, one, fields));
  return out;
}

/** What an entry that was sealed and is open commits to; `content` as its opening shows it. */
export function commitmentOf(content: Json): DigestHex {
  const commitment = isObject(content) ? content.get("private") : undefined;
  if (typeof commitment === "string" && isDigestHex(commitment)) return commitment;
  return refuse("not an entry");
}
