// SPDX-License-Identifier: Apache-2.0
// A customer's list: the example of the format, bytes of it flipped, and what is left out or
// exchanged; and index keys on a whole log. As src/gates/tests/list_test.cc.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { type Bytes, fromUtf8, utf8 } from "../src/bytes.ts";
import { kListBytesMax, listInWords, verifyCustomerList } from "../src/customer_list.ts";
import { sha256Hex } from "../src/digest.ts";
import { type Entry } from "../src/entry.ts";
import { parseTrust, type TrustRoot } from "../src/genesis.ts";
import { tagUnder } from "../src/index_tag.ts";
import { canonicalJson, type Json, parseJson } from "../src/json.ts";
import { entryInWords, ListScan, parseIndexKeys } from "../src/list_scan.ts";

function example(name: string): Bytes {
  return new Uint8Array(
    readFileSync(new URL(`../../../docs/formats/examples/${name}`, import.meta.url)),
  );
}

const list = example("customer.list");
const trust: TrustRoot = parseTrust(example("trust.json"));
const mine = new Uint8Array(32).fill(1);
const others = new Uint8Array(32).fill(2);

async function classOf(bytes: Bytes): Promise<string> {
  return (await verifyCustomerList(bytes, trust)).finding?.errorClass ?? "OK";
}

/** The example after an edit of its plain JSON, again in canonical form. */
function edited(edit: (document: ListJson) => void): Bytes {
  const document = JSON.parse(fromUtf8(list) ?? "") as ListJson;
  edit(document);
  const text = JSON.stringify(document);
  return utf8(`${canonicalJson(parseJson(utf8(text), kListBytesMax))}\n`);
}
interface ListJson {
  index: unknown[];
  keys: { key: string; entries: unknown[]; absent: { before: unknown; after: unknown }[] }[];
  extra?: number;
}

void test("the example is proven, and says so in words", async () => {
  const { finding, proven } = await verifyCustomerList(list, trust);
  assert.equal(finding, undefined);
  assert.deepEqual(
    proven.entries.map(({ index }) => index),
    [1, 4],
  );
  const words = listInWords(proven);
  assert.match(words, /^valid: 2 entries under these index keys \(1\), and no other among the/);
  assert.match(words, / {2}entry 4 {2}2026-11-02T00:00:00Z {2}finding-made\n/);
});

void test("a flipped byte is refused", async () => {
  for (let i = 0; i < list.length; i += 7) {
    const bad = list.slice();
    bad[i] = (bad[i] ?? 0) ^ 1;
    assert.notEqual(await classOf(bad), "OK", `byte ${i}`);
  }
});

const kEdits: readonly [string, string, (document: ListJson) => void][] = [
  ["nothing", "OK", () => undefined],
  ["the last entry left out", "index", ({ keys }) => keys[0]?.entries.pop()],
  ["the first entry left out", "entry", ({ keys }) => keys[0]?.entries.shift()],
  ["entries exchanged", "entry", ({ keys }) => keys[0]?.entries.reverse()],
  ["an unknown member", "list", (document) => (document.extra = 1)],
  ["no keys", "list", (document) => (document.keys = [])],
  [
    "another key",
    "entry",
    ({ keys }) => {
      for (const key of keys) key.key = "00".repeat(32);
    },
  ],
  [
    "no first index entry",
    "index",
    ({ index, keys }) => {
      index.shift();
      for (const key of keys) key.absent.shift();
    },
  ],
  [
    "absence told by nothing",
    "index",
    ({ keys }) => {
      for (const key of keys) key.absent[0] = { before: null, after: null };
    },
  ],
  [
    "one proof of absence too few",
    "list",
    ({ keys }) => {
      for (const key of keys) key.absent.pop();
    },
  ],
];
for (const [what, expected, edit] of kEdits) {
  void test(`a list with ${what} is ${expected}`, async () => {
    assert.equal(await classOf(edited(edit)), expected);
  });
}

function entry(about: string, members: Readonly<Record<string, Json>> = {}): Entry {
  const publicPart = new Map<string, Json>([["about", about], ...Object.entries(members)]);
  const commitment = sha256Hex("p");
  const kind = "finding-made";
  return { id: "e", kind, ledger: "l", time: 0n, publicPart, privateCommitment: commitment };
}

void test("keys find the entries, and those of the same case under other tags", () => {
  const scan = new ListScan([mine]);
  scan.visit(1, entry(tagUnder(mine, 0), { case: "c-1" }));
  scan.visit(2, entry(tagUnder(others, 0), { case: "c-1" }));
  scan.visit(3, entry(tagUnder(others, 1), { case: "c-2" }));
  scan.visit(4, entry(tagUnder(mine, 1)));
  scan.visit(5, entry(tagUnder(others, 2), { case: "c-1" })); // only the first is told
  assert.deepEqual(
    scan.items.map(({ index }) => index),
    [1, 4],
  );
  assert.deepEqual(scan.underOtherKeys(), [2]);
});

void test("a number that is skipped is seen", () => {
  const scan = new ListScan([mine]);
  assert.throws(() => {
    scan.visit(1, entry(tagUnder(mine, 2)));
  }, /number 2 .* and 0 would come next/);
});

void test("the file of keys is read strictly", () => {
  const key = "01".repeat(32);
  const file = (text: string): Bytes => utf8(text);
  assert.equal(parseIndexKeys(file(`{"version":1,"ledger":"l","keys":["${key}"]}`), "l").length, 1);
  for (const bad of [
    `{"version":1,"ledger":"another","keys":["${key}"]}`,
    `{"version":1,"ledger":"l","keys":[]}`,
    `{"version":1,"ledger":"l","keys":["00"]}`,
    `{"version":1,"ledger":"l","keys":["${key}","${key}"]}`,
    `{"version":2,"ledger":"l","keys":["${key}"]}`,
  ]) {
    assert.throws(() => parseIndexKeys(file(bad), "l"), { name: "Refusal" });
  }
});

// A list is read without the log, so nothing has looked at what an opening shows.
void test("an opening that shows no document names none", () => {
  const cover = new Map<string, Json>([
    ["cover", true],
    ["version", 1],
  ]);
  for (const content of ["x", null, [], cover]) {
    const opened = { ...entry("t", { content }), kind: "opened" };
    const line = "entry 3  1970-01-01T00:00:00Z  opened";
    assert.equal(entryInWords({ index: 3, entry: opened }), line);
  }
});

void test("an opening is told with what it shows", () => {
  const content = new Map<string, Json>([
    ["kind", "case-opened"],
    ["time", "2026-11-01T00:00:00Z"],
    ["public", new Map([["case", "c-1"]])],
  ]);
  const opened = { ...entry("t", { content }), kind: "opened" };
  assert.equal(
    entryInWords({ index: 3, entry: opened }),
    "entry 3  1970-01-01T00:00:00Z  opened: case-opened of 2026-11-01T00:00:00Z  case c-1",
  );
});
