// SPDX-License-Identifier: Apache-2.0
// A customer's list, its keys and the log that they are for, each changed at random: both verifiers
// say the same, letter for letter.
//   VERIFY_SEED, VERIFY_ROUNDS   as in mutation.test.ts
import { strict as assert } from "node:assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { type Bytes, concatBytes, fromHex, fromUtf8, utf8 } from "../src/bytes.ts";
import { kListBytesMax } from "../src/customer_list.ts";
import { sha256Hex } from "../src/digest.ts";
import { canonicalJson, isObject, type Json, parseJson } from "../src/json.ts";
import { type LogKey, logFiles, writeFiles } from "./tools/log_writer.ts";
import { mutateDocument, mutateEntries, mutateValue } from "./tools/mutate.ts";
import { entriesOf, keyOf } from "./tools/own_log.ts";
import { agreeOnCommand, folderOf } from "./tools/proviso.ts";
import { Random } from "./tools/random.ts";

const seed = Number(process.env["VERIFY_SEED"] ?? "1");
const rounds = Number(process.env["VERIFY_ROUNDS"] ?? "200");
const work = mkdtempSync(join(tmpdir(), "verify-customer-"));
after(() => {
  rmSync(work, { recursive: true, force: true });
});

const own = folderOf("VERIFY_LEDGER");
const skip = own === undefined ? "VERIFY_LEDGER is not set" : false;
const inOwn = (name: string): string => join(own ?? "", name);
const trust = ["--trust", inOwn("trust.json")];
const lying = join(work, "lying");

test("a list, one member wrong", { skip }, async () => {
  const random = new Random(seed);
  const list = new Uint8Array(readFileSync(inOwn("customer.list")));
  assert.equal(await agreeOnCommand(["list", inOwn("customer.list"), ...trust], "whole"), "OK");
  const document = parseJson(list, kListBytesMax);
  const file = join(work, "list");
  const classes = new Set<string>();
  for (let round = 0; round < rounds; ++round) {
    const changed =
      round % 4 === 0
        ? mutateDocument(list, random)
        : { bytes: utf8(canonicalJson(mutateValue(document, random).document)), what: "a value" };
    writeFileSync(file, `${fromUtf8(changed.bytes) ?? "not UTF-8"}\n`);
    const what = `seed ${seed}, round ${round}: ${changed.what}`;
    classes.add(await agreeOnCommand(["list", file, ...trust], what));
  }
  assert.ok(classes.size >= 4, [...classes].join(" "));
});

test("index keys that are not quite right", { skip }, async () => {
  const random = new Random(seed);
  const keys = new Uint8Array(readFileSync(inOwn("customer.keys")));
  const file = join(work, "keys");
  const args = ["log", inOwn("log"), ...trust, "--index-key", file];
  writeFileSync(file, keys);
  assert.equal(await agreeOnCommand(args, "whole"), "OK");
  for (let round = 0; round < rounds / 4; ++round) {
    const changed = mutateDocument(keys, random);
    writeFileSync(file, changed.bytes);
    await agreeOnCommand(args, `seed ${seed}, round ${round}: ${changed.what}`);
  }
});

async function judge(entries: readonly Bytes[], key: LogKey, what: string): Promise<string> {
  writeFiles(lying, logFiles(entries, key));
  const keys = ["--index-key", inOwn("customer.keys")];
  return agreeOnCommand(["log", lying, ...trust, ...keys], what);
}

test("entries that are kept from a customer", { skip }, async () => {
  const random = new Random(seed);
  const key = keyOf(own ?? "");
  const entries = await entriesOf(own ?? "");
  const classes = new Set<string>();
  for (let round = 0; round < rounds; ++round) {
    const changed = mutateEntries(entries, random);
    const what = `seed ${seed}, round ${round}: ${changed.what}`;
    classes.add(await judge(changed.entries, key, what));
  }
  assert.ok(classes.has("index") && classes.has("OK"), [...classes].join(" "));
});

function withMember(value: Json, name: string, member: Json): Json {
  return new Map([...(isObject(value) ? value : []), [name, member]]);
}
function memberOf(value: Json, name: string): Json {
  return isObject(value) ? (value.get(name) ?? null) : null;
}

/** The openings of entries `edit`ed, and what was sealed made to fit them. */
function reopened(
  entries: readonly Bytes[],
  edit: (content: Json) => Json,
): { readonly entries: readonly Bytes[]; readonly opened: number } {
  const all = entries.map((bytes) => parseJson(bytes));
  let opened = 0;
  for (const [k, entry] of all.entries()) {
    const shown = memberOf(entry, "public");
    const content = memberOf(shown, "content");
    if (memberOf(entry, "kind") !== "opened" || memberOf(content, "cover") === true) continue;
    ++opened;
    const anew = edit(content);
    all[k] = withMember(entry, "public", withMember(shown, "content", anew));
    const salt = memberOf(shown, "salt");
    const saltBytes = fromHex(typeof salt === "string" ? salt : "") ?? utf8("");
    const commitment = sha256Hex(concatBytes(saltBytes, utf8(canonicalJson(anew))));
    const sealed = all.findIndex((e) => memberOf(e, "entry") === memberOf(shown, "opens"));
    all[sealed] = withMember(all[sealed] ?? null, "private", commitment);
  }
  return { entries: all.map((entry) => utf8(canonicalJson(entry))), opened };
}

test("openings of what has no id, or is no document", { skip }, async () => {
  const key = keyOf(own ?? "");
  const entries = await entriesOf(own ?? "");
  const same = reopened(entries, (content) => content);
  assert.ok(same.opened >= 2, "two that were sealed are open");
  assert.equal(await judge(same.entries, key, "as they are"), "OK");
  const nameless = reopened(entries, (content) => withMember(content, "entry", ""));
  assert.equal(await judge(nameless.entries, key, "without an id"), "seal");
  for (const content of ["x", null, [], new Map<string, Json>()]) {
    const empty = reopened(entries, () => content);
    assert.equal(await judge(empty.entries, key, canonicalJson(content)), "seal");
  }
});
