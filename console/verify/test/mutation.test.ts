// SPDX-License-Identifier: Apache-2.0
// A good log, broken at random: whatever was done to it, both verifiers say the same.
//   VERIFY_SEED      another seed (1)
//   VERIFY_ROUNDS    how many of each kind (200)
import { strict as assert } from "node:assert";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { type Bytes, utf8 } from "../src/bytes.ts";
import { sha256Hex } from "../src/digest.ts";
import { canonicalJson, type Json, parseJson } from "../src/json.ts";
import { type LogKey, logFiles, writeFiles } from "./tools/log_writer.ts";
import { mutateDocument, mutateEntries, mutateValue, withDocument } from "./tools/mutate.ts";
import { entriesOf, keyOf } from "./tools/own_log.ts";
import { agree, classOf, folderOf } from "./tools/proviso.ts";
import { Random } from "./tools/random.ts";

const seed = Number(process.env["VERIFY_SEED"] ?? "1");
const rounds = Number(process.env["VERIFY_ROUNDS"] ?? "200");
const work = mkdtempSync(join(tmpdir(), "verify-mutation-"));
after(() => {
  rmSync(work, { recursive: true, force: true });
});

const own = folderOf("VERIFY_LEDGER");
const data = folderOf("VERIFY_DATA");
const skipOwn = own === undefined ? "VERIFY_LEDGER is not set" : false;
const skipData = data === undefined ? "VERIFY_DATA is not set" : false;
const inOwn = (...parts: readonly string[]): string => join(own ?? "", ...parts);

/** How often each class was found, for people; fails where nearly all are one. */
class Tally {
  private readonly counts = new Map<string, number>();

  add(errorClass: string): void {
    this.counts.set(errorClass, (this.counts.get(errorClass) ?? 0) + 1);
  }
  tell(what: string, classesMin: number): void {
    const sorted = [...this.counts].sort(([, a], [, b]) => b - a);
    console.log(`${what}: ${sorted.map(([name, count]) => `${name} ${count}`).join(", ")}`);
    assert.ok(this.counts.size >= classesMin, `${what}: too few classes were reached`);
  }
}

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** One byte changed, cut off, added or lost. */
function damage(bytes: Bytes, random: Random): Bytes {
  const at = random.below(Math.max(1, bytes.length));
  switch (random.below(8)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return new Uint8Array([...bytes.subarray(0, at), random.below(256), ...bytes.subarray(at)]);
    case 2:
      return new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + 1)]);
    default: {
      const out = bytes.slice();
      out[at] = (out[at] ?? 0) ^ (1 << random.below(8));
      return out;
    }
  }
}

async function damageFiles(log: string, args: readonly string[], what: string): Promise<void> {
  const random = new Random(seed);
  const copy = join(work, "copy");
  rmSync(copy, { recursive: true, force: true });
  cpSync(log, copy, { recursive: true });
  const files = filesBelow(copy);
  const tally = new Tally();
  for (let round = 0; round < rounds; ++round) {
    // Most files are of no interest to the newest checkpoint; it is itself, every fourth time.
    const file = round % 4 === 0 ? join(copy, "checkpoint") : random.pick(files);
    const good = new Uint8Array(readFileSync(file));
    if (round % 16 === 1) rmSync(file);
    else writeFileSync(file, damage(good, random));
    tally.add(classOf(await agree([copy, ...args], `${what}, seed ${seed}, round ${round}`)));
    writeFileSync(file, good);
  }
  tally.tell(what, 2);
}

test("a byte of a public file, by the log's key", { skip: skipData }, async () => {
  const log = join(data ?? "", "good-257");
  const args = ["--key", join(log, "keys", "log.vkey")];
  await damageFiles(join(log, "log"), args, "files of good-257");
});

test("a byte of a public file, by the trust file", { skip: skipOwn }, async () => {
  const args = ["--trust", inOwn("trust.json"), "--snapshot", inOwn("snapshot.json")];
  await damageFiles(inOwn("log"), args, "files of our own");
});

const ownEntries = (): Promise<readonly Bytes[]> => entriesOf(own ?? "");
const ownKey = (): LogKey => keyOf(own ?? "");

test("entries changed by the log's own key, and signed anew", { skip: skipOwn }, async () => {
  const random = new Random(seed);
  const entries = await ownEntries();
  const key = ownKey();
  const lying = join(work, "lying");
  const tally = new Tally();
  const args = [lying, "--trust", inOwn("trust.json"), "--snapshot", inOwn("snapshot.json")];
  for (let round = 0; round < 2 * rounds; ++round) {
    const changed = mutateEntries(entries, random);
    writeFiles(lying, logFiles(changed.entries, key));
    const what = `seed ${seed}, round ${round}: ${changed.what}`;
    tally.add(classOf(await agree(round % 2 === 0 ? args : args.slice(0, 3), what)));
  }
  tally.tell("entries changed and signed anew", 4);
});

/** Writes the entries as a log of the ledger's own key, and has both judge it by a trust file. */
async function agreeOnEntries(
  entries: readonly Bytes[],
  trust: string,
  what: string,
): Promise<string> {
  const lying = join(work, "lying");
  writeFiles(lying, logFiles(entries, ownKey()));
  return classOf(await agree([lying, "--trust", trust], what));
}

interface OrderDocument {
  readonly proposed_at: string;
  readonly restriction: Readonly<Record<string, unknown>>;
}

const kHex = "0123456789abcdef".repeat(4);

/** The example of the format as an emergency, and with every list and member that it may have. */
function variants(example: OrderDocument): readonly OrderDocument[] {
  const { proposed_at: from, restriction } = example;
  const emergency = {
    emergency: true,
    stages: [{ from, effect: "export-only" }],
    until: "2026-11-08T09:00:00Z",
    review: null,
  };
  const everything = {
    origin: { kind: "court", country: "XX", instrument: kHex, gag_until: "2026-12-01T00:00:00Z" },
    protected_classes: ["hospital", "news-medium"],
    protected_reason: kHex,
    ratifies: kHex,
    scope: ["a/b", "a/c", "0A0b0c0d-0000-0000-0000-00000000000e-x"].map((subscription) => ({
      subscription,
      service: "s%@:#",
      regions: ["r2", "r1"],
      classes: ["export", "read"],
      resources: [kHex],
    })),
    services_not_affected: Array.from({ length: 1000 }, (_, i) => `s/${i}`),
    not_affected_rest: {
      agreements: 0,
      services: 3,
      by_service: [
        { service: "\uffff", subscriptions: 1 },
        { service: "\u{1f600}", subscriptions: 2 },
      ],
      all: kHex,
    },
  };
  return [{}, emergency, everything].map((more) => ({
    ...example,
    restriction: { ...restriction, ...more },
  }));
}

/** Restrictions of all kinds: the snapshot's, and variants of the format's worked example. */
function restrictions(): readonly Json[] {
  const file = new URL("../../../docs/formats/examples/order.json", import.meta.url);
  const example = JSON.parse(readFileSync(file, "utf8")) as OrderDocument;
  const [body = ""] = readFileSync(inOwn("snapshot.json"), "utf8").split("\n");
  const snapshot = JSON.parse(body) as { restrictions: { order: string }[] };
  // With another nonce they are other orders, and do not stand in the log twice.
  const nonce = `"nonce":"${kHex.slice(32)}"`;
  const own = snapshot.restrictions.map(({ order }) =>
    order.replace(/"nonce":"[0-9a-f]*"/, nonce),
  );
  const texts = [...own, ...variants(example).map((document) => JSON.stringify(document))];
  return texts.map((text) => parseJson(utf8(text)));
}

// The log shows a restriction's digest only. Both verifiers read its document where there is one,
// so here it serves to hold every rule of orders against both.
test("restrictions, one member wrong", { skip: skipOwn }, async () => {
  const random = new Random(seed);
  const entries = await ownEntries();
  const documents = restrictions();
  const at = entries.findLastIndex((bytes) => Buffer.from(bytes).includes('"kind":"restrict"'));
  const entry = parseJson(entries[at] ?? utf8(""));
  const tally = new Tally();
  for (const document of documents) {
    const whole = utf8(canonicalJson(withDocument(entry, document)));
    const told = await agreeOnEntries(entries.with(at, whole), inOwn("trust.json"), "unchanged");
    assert.equal(told, "OK", canonicalJson(document).slice(0, 400));
  }
  for (let round = 0; round < 3 * rounds; ++round) {
    const { document, what } = mutateValue(random.pick(documents), random);
    const whole = canonicalJson(withDocument(entry, document));
    const changed = entries.with(at, utf8(whole));
    const told = `seed ${seed}, round ${round}: ${what}`;
    tally.add(await agreeOnEntries(changed, inOwn("trust.json"), told));
  }
  tally.tell("restrictions", 2);
});

test("a founding, one member wrong", { skip: skipOwn }, async () => {
  const random = new Random(seed);
  const entries = await ownEntries();
  const trust = JSON.parse(readFileSync(inOwn("trust.json"), "utf8")) as Record<string, unknown>;
  const file = join(work, "trust.json");
  const tally = new Tally();
  for (let round = 0; round < rounds; ++round) {
    const { bytes, what } = mutateDocument(entries[0] ?? utf8(""), random);
    writeFileSync(file, JSON.stringify({ ...trust, genesis: sha256Hex(bytes) }));
    const told = `seed ${seed}, round ${round}: ${what}`;
    tally.add(await agreeOnEntries(entries.with(0, bytes), file, told));
  }
  tally.tell("foundings", 2);
});

test("a snapshot whose maker lies", { skip: skipOwn }, async () => {
  const random = new Random(seed);
  const [body = ""] = readFileSync(inOwn("snapshot.json"), "utf8").split("\n");
  const file = join(work, "snapshot.json");
  const tally = new Tally();
  const args = [inOwn("log"), "--trust", inOwn("trust.json"), "--snapshot", file];
  for (let round = 0; round < rounds; ++round) {
    const changed = mutateDocument(utf8(body), random);
    const trailer = utf8(`\n${sha256Hex(changed.bytes)}\n`);
    writeFileSync(file, new Uint8Array([...changed.bytes, ...trailer]));
    const what = `seed ${seed}, round ${round}: ${changed.what}`;
    tally.add(classOf(await agree(args, what)));
  }
  tally.tell("snapshots", 2);
});

test("a trust file that is not quite right", { skip: skipOwn }, async () => {
  const random = new Random(seed);
  const shipped = readFileSync(inOwn("trust.json"), "utf8");
  const text = utf8(shipped.replace(/"witnesses": \[\]/, '"witnesses": ["", "quorum none"]'));
  const file = join(work, "trust.json");
  const exits = new Set<number>();
  for (let round = 0; round < rounds; ++round) {
    const changed = round % 2 === 0 ? mutateDocument(text, random).bytes : damage(text, random);
    writeFileSync(file, changed);
    const verdict = await agree([inOwn("log"), "--trust", file], `seed ${seed}, round ${round}`);
    exits.add(verdict.exitCode);
  }
  assert.deepEqual([...exits].sort(), [0, 2, 3].filter((code) => exits.has(code)));
  assert.ok(exits.has(2) && exits.has(3));
});

test("earlier checkpoints, damaged", { skip: skipOwn }, async () => {
  const random = new Random(seed);
  const good = new Uint8Array(readFileSync(inOwn("checkpoint.earlier")));
  const file = join(work, "since");
  const tally = new Tally();
  for (let round = 0; round < rounds / 4; ++round) {
    writeFileSync(file, round === 0 ? good : damage(good, random));
    const args = [inOwn("log"), "--trust", inOwn("trust.json"), "--since", file];
    const verdict = await agree(args, `seed ${seed}, round ${round}`);
    if (round === 0) assert.equal(classOf(verdict), "OK");
    tally.add(classOf(verdict));
  }
  tally.tell("earlier checkpoints", 2);
});
