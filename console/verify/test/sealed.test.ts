// SPDX-License-Identifier: Apache-2.0
// Sealed entries: the format's worked example, and that both verifiers owe the same openings.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { utf8 } from "../src/bytes.ts";
import { parseEntry } from "../src/entry.ts";
import { checkDisclosure, commitmentOf } from "../src/disclosure.ts";
import { canonicalJson, type Json, parseJson } from "../src/json.ts";
import { SealAudit } from "../src/sealed.ts";
import { agree, folderOf } from "./tools/proviso.ts";

function example(name: string): Json {
  const file = new URL(`../../../docs/formats/examples/${name}`, import.meta.url);
  return parseJson(new Uint8Array(readFileSync(file)));
}
function exampleEntry(name: string): ReturnType<typeof parseEntry> {
  return parseEntry(utf8(canonicalJson(example(name))));
}

test("the worked example of a view proves what it shows, and nothing else", () => {
  const line = example("view.json");
  const content = exampleEntry("opened.json").publicPart.get("content") ?? null;
  const commitment = commitmentOf(content);
  assert.deepEqual(checkDisclosure(line, commitment), new Map([["class", "document"]]));
  assert.throws(() => checkDisclosure(line, "0".repeat(64)), /not those/);
  const text = canonicalJson(line).replace('"document"', '"press"');
  assert.throws(() => checkDisclosure(parseJson(utf8(text)), commitment), /another value/);
});

test("the worked example opens, once", () => {
  const audit = new SealAudit();
  const sealed = exampleEntry("sealed.json");
  const opened = exampleEntry("opened.json");
  assert.throws(() => audit.open(opened), /nothing that was sealed/);
  audit.seal(1, sealed);
  const due = sealed.time + 400n * 86_400n * 1_000_000_000n;
  assert.equal(audit.overdue(due).length, 0);
  assert.deepEqual(audit.overdue(due + 1n), [{ entry: 1, due, missing: 1 }]);
  assert.notEqual(audit.open(opened), undefined);
  assert.equal(audit.overdue(due + 1n).length, 0);
  assert.throws(() => audit.open(opened), /open already/);
});

const own = folderOf("VERIFY_LEDGER");
const skip = own === undefined ? "VERIFY_LEDGER is not set" : false;

test("both list the same that is overdue, at any time", { skip }, async () => {
  const args = [join(own ?? "", "log"), "--trust", join(own ?? "", "trust.json"), "--at"];
  const counts: number[] = [];
  for (const at of ["now", "+89d", "+91d", "+399d", "+401d", "2020-01-01T00:00:00Z"]) {
    const verdict = await agree([...args, at], at);
    assert.equal(verdict.exitCode, 0, at);
    counts.push(Number(/\["overdue_total",(\d+)\]/.exec(verdict.members)?.[1]));
  }
  const [now, , , , late = 0, long] = counts;
  assert.equal(now, 0);
  assert.equal(long, 0);
  assert.ok(late > 0, "sealed entries that nobody opened");
  for (const at of ["", "yesterday", "+1y", "+d", "2026-13-01T00:00:00Z"]) {
    assert.equal((await agree([...args, at], at)).exitCode, 2, at);
  }
});
