// SPDX-License-Identifier: Apache-2.0
// Tags and index entries of a log, as src/gates/tests/index_audit_test.cc has them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { toHex } from "../src/bytes.ts";
import { sha256Hex } from "../src/digest.ts";
import { type Entry } from "../src/entry.ts";
import { IndexAudit, indexRoot, type TagPlace } from "../src/index_audit.ts";
import { beginsAfter, indexLeaf, tagged, tagOf, tagUnder } from "../src/index_tag.ts";
import { type Json } from "../src/json.ts";

function entry(kind: string, members: Readonly<Record<string, Json>> = {}): Entry {
  const publicPart = new Map(Object.entries(members));
  const time = 0n;
  return { id: "e", kind, ledger: "l", time, publicPart, privateCommitment: sha256Hex("p") };
}

const tag = (number: number): string => sha256Hex(`tag ${number}`);

/** A log in which each entry was taken, and what its index would be. */
class Log {
  private readonly audit = new IndexAudit();
  private readonly places: TagPlace[] = [];
  size = 1;

  add(kind: string, members: Readonly<Record<string, Json>> = {}): void {
    this.audit.visit(this.size, entry(kind, members));
    if (typeof members["about"] === "string") {
      this.places.push({ tag: members["about"], index: this.size });
    }
    ++this.size;
  }
  finding(number: number): void {
    this.add("finding-made", { about: tag(number) });
  }
  publish(from: number, to: number, change: Readonly<Record<string, Json>> = {}): void {
    const sorted = this.places
      .filter(({ index }) => index >= from && index < to)
      .sort((a, b) => (a.tag < b.tag ? -1 : 1));
    const index = { from, to, tags: sorted.length, root: indexRoot(sorted), ...change };
    this.add("index-published", index);
  }
  get counts(): unknown {
    return this.audit.counts;
  }
}

function filled(): Log {
  const log = new Log();
  log.finding(1);
  log.finding(2);
  log.add("register-loaded");
  return log;
}

void test("tags are those of the format", () => {
  const key = new Uint8Array(32).fill(1);
  const zero = "c5d4a79564385c31d82484545fa22858c5e6b08337f59374292a9f0c419cc2ac";
  const later = "248ab3600829301c7fcc18244b69c70c3c2ff358e5775b787e8f3c33079bb0b7";
  assert.equal(tagUnder(key, 0), zero);
  assert.equal(tagUnder(key, 258), later);
  assert.equal(toHex(indexLeaf("ab".repeat(32), 258)), `${"ab".repeat(32)}0000000000000102`);
});

void test("each kind is about a customer or not", () => {
  assert.equal(tagged("report-received"), "always");
  assert.equal(tagged("case-of-a-later-version"), "always");
  assert.equal(tagged("sealed"), "never");
  assert.equal(tagged("order-approved"), "by-order");
  assert.equal(tagged("of-a-later-version"), "unknown");
});

void test("a tag has 64 lower-case digits, or is not there", () => {
  assert.equal(tagOf(new Map()), undefined);
  for (const about of ["12", 1, null, tag(1).toUpperCase()]) {
    assert.throws(() => tagOf(new Map([["about", about]])), /not a tag/);
  }
});

void test("an index of any number is checked against the log", () => {
  const log = new Log();
  const ends = [0];
  for (let i = 0; i < 20; ++i) {
    for (let j = 0; j < i % 4; ++j) log.finding(10 * i + j);
    const end = i % 5 === 0 ? (ends.at(-1) ?? 0) : log.size;
    log.publish(ends[beginsAfter(ends.length)] ?? 0, end);
    ends.push(end);
  }
  assert.deepEqual(log.counts, { tags: 30, published: 20, covered: ends.at(-1) });
});

void test("ledgers of before need no tags until the first", () => {
  const log = new Log();
  log.add("case-opened");
  log.finding(1);
  log.add("register-loaded");
  log.add("of-a-later-version");
  assert.throws(() => {
    log.add("case-closed");
  }, /has no tag/);
});

void test("orders have tags where they restrict or lift", () => {
  const log = filled();
  log.add("order-proposed", { kind: "roster", order: "r" });
  log.add("order-approved", { order: "r" });
  log.add("order-proposed", { kind: "restrict", order: "a", about: tag(3) });
  log.add("order-approved", { order: "was sealed", about: tag(4) });
  assert.throws(() => {
    log.add("order-approved", { order: "a" });
  }, /has no tag/);
  assert.throws(() => {
    log.add("order-approved", { order: "r", about: tag(5) });
  }, /about nobody/);
});

void test("an order proposed as about nobody is not in force against a customer", () => {
  const log = filled();
  log.add("order-proposed", { kind: "roster", order: "r" });
  log.add("order-approved", { order: "r" });
  assert.throws(() => {
    log.add("order-in-force", { kind: "restrict", order: "r", about: tag(3) });
  }, /logged as about nobody/);
});

const kWrong: readonly [string, RegExp, (log: Log) => void][] = [
  ["stands twice", /of an earlier entry/, (log) => { log.finding(1); }],
  ["is about nobody", /about nobody/, (log) => { log.add("sealed", { about: tag(9) }); }],
  ["is no tag", /not a tag/, (log) => { log.add("later", { about: "somebody" }); }],
  ["leaves out a tag", /other tags/, (log) => { log.publish(0, 4, { root: tag(9) }); }],
  ["has another number of tags", /other tags/, (log) => { log.publish(0, 4, { tags: 3 }); }],
  ["begins elsewhere", /does not begin at entry 0/, (log) => { log.publish(2, 4); }],
  ["covers itself", /after itself/, (log) => { log.publish(0, 5); }],
  ["covers less than before", /ends before/, (log) => { log.publish(0, 4); log.publish(0, 3); }],
  ["cannot be read", /public\./, (log) => { log.add("index-published", { from: 0 }); }],
];
for (const [what, refusal, body] of kWrong) {
  void test(`a log is refused whose tag or index ${what}`, () => {
    const log = filled();
    assert.throws(() => {
      body(log);
    }, refusal);
  });
}
