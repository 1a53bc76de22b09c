// SPDX-License-Identifier: Apache-2.0
// Order bundles and tlog-proofs: the examples of the formats, every byte of one flipped, and
// changes of its members, of which `ledger-verify` in C++ says the same.
import { strict as assert } from "node:assert";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { type Bytes, fromUtf8, utf8 } from "../src/bytes.ts";
import { parseTrust, type TrustRoot } from "../src/genesis.ts";
import { bundleInWords, verifyOrderBundle } from "../src/order_bundle.ts";
import { mutateDocument } from "./tools/mutate.ts";
import { agreeOnCommand as agree } from "./tools/proviso.ts";
import { Random } from "./tools/random.ts";

const seed = Number(process.env["VERIFY_SEED"] ?? "1");
const rounds = Number(process.env["VERIFY_ROUNDS"] ?? "200");
const programs = process.env["PROVISO_BIN"];
const skip = programs === undefined ? "PROVISO_BIN is not set" : false;
const work = mkdtempSync(join(tmpdir(), "verify-bundle-"));
after(() => {
  rmSync(work, { recursive: true, force: true });
});

function example(name: string): string {
  return new URL(`../../../docs/formats/examples/${name}`, import.meta.url).pathname;
}
const bundle: Bytes = new Uint8Array(readFileSync(example("order.bundle")));
const trust: TrustRoot = parseTrust(new Uint8Array(readFileSync(example("trust.json"))));

async function wordsOf(bytes: Bytes): Promise<string> {
  const { finding, proven } = await verifyOrderBundle(bytes, trust);
  return finding === undefined ? bundleInWords(proven) : `NOT VALID ${finding.errorClass}`;
}

test("the example is proven, and says what its page says", async () => {
  const page = readFileSync(example("../order-bundle.md"), "utf8");
  const shown = /BUNDLE-WORDS:BEGIN.*\n```\n([^`]*)```\n/.exec(page)?.[1];
  assert.equal(await wordsOf(bundle), shown);
});

// A flipped bit of the order, of a signature, a hash, a key or a proof: refused, or without effect.
test("no flipped byte makes it say something else", async () => {
  const good = await wordsOf(bundle);
  for (let i = 0; i < bundle.length; ++i) {
    const changed = bundle.slice();
    changed[i] = (changed[i] ?? 0) ^ (1 << i % 8);
    const words = await wordsOf(changed);
    assert.ok(words === good || words.startsWith("NOT VALID"), `byte ${i}`);
  }
});

test("each member changed, and both verifiers agree", { skip }, async () => {
  const random = new Random(seed);
  const file = join(work, "order.bundle");
  const classes = new Set<string>();
  for (let round = 0; round < rounds; ++round) {
    const changed = mutateDocument(bundle.subarray(0, -1), random);
    writeFileSync(file, `${fromUtf8(changed.bytes) ?? "not UTF-8"}\n`);
    const args = ["bundle", file, "--trust", example("trust.json")];
    classes.add(await agree(args, `seed ${seed}, round ${round}: ${changed.what}`));
  }
  assert.ok(classes.size >= 4, [...classes].join(" "));
});

test("a witness policy, and both verifiers agree", { skip }, async () => {
  const file = join(work, "policy");
  const shipped = readFileSync(example("witness-policy.txt"), "utf8");
  const witnesses = shipped.split("\n").filter((line) => line.startsWith("witness "));
  const classOf = (policy: string): Promise<string> => {
    writeFileSync(file, policy);
    const trusted = ["--trust", example("trust.json"), "--policy", file];
    return agree(["bundle", example("order.bundle"), ...trusted], policy);
  };
  assert.equal(await classOf("quorum none\n"), "OK");
  assert.equal(await classOf(`${witnesses.join("\n")}\nquorum oslo\n`), "quorum");
  assert.equal(await classOf(shipped), "", "it is for another log: no verdict");
  assert.equal(await classOf("quorum\n"), "");
});

test("the trust file's witnesses, and both verifiers agree", { skip }, async () => {
  const shipped = readFileSync(example("trust.json"), "utf8");
  const policy = readFileSync(example("witness-policy.txt"), "utf8");
  const witness = policy.split("\n").find((line) => line.startsWith("witness ")) ?? "";
  const file = join(work, "trust.json");
  const proof = ["--entry", example("restriction.entry")];
  const asked: readonly (readonly string[])[] = [
    ["bundle", example("order.bundle")],
    ["snapshot", example("snapshot.json")],
    ["proof", example("restriction.tlog-proof"), ...proof],
  ];
  const classesOf = async (witnesses: unknown, ...more: string[]): Promise<string> => {
    const value = JSON.stringify(witnesses);
    writeFileSync(file, shipped.replace(/"witnesses": \[\]/, `"witnesses": ${value}`));
    const classes = new Set<string>();
    for (const args of asked) {
      classes.add(await agree([...args, "--trust", file, ...more], `${args[0] ?? ""} ${value}`));
    }
    return [...classes].join(" ");
  };
  assert.equal(await classesOf([]), "OK");
  assert.equal(await classesOf(["# of nobody", "quorum none"]), "OK");
  assert.equal(await classesOf([witness, "quorum oslo"]), "quorum");
  const nobody = join(work, "nobody");
  writeFileSync(nobody, "quorum none\n");
  assert.equal(await classesOf([witness, "quorum oslo"], "--policy", nobody), "OK");
  for (const none of [[""], [witness], ["quorum oslo"], ["quorum none\n"], [1], "quorum none"]) {
    assert.equal(await classesOf(none), "", "no verdict");
  }
  assert.equal(await classesOf(policy.split("\n")), "", "it is for another log");
});

test("proofs, and what is none, and both verifiers agree", { skip }, async () => {
  const proof = readFileSync(example("restriction.tlog-proof"), "utf8");
  const file = join(work, "changed.tlog-proof");
  const key = ["--trust", example("trust.json")];
  const classOf = async (text: string, entry: string): Promise<string> => {
    writeFileSync(file, text);
    return agree(["proof", file, "--entry", example(entry), ...key], text);
  };
  assert.equal(await classOf(proof, "restriction.entry"), "OK");
  assert.equal(await classOf(proof.replace("\n", "\nextra eA==\n"), "restriction.entry"), "OK");
  assert.equal(await classOf(proof, "entry.json"), "inclusion");
  const changed = (from: string, to: string): Promise<string> =>
    classOf(proof.replace(from, to), "restriction.entry");
  assert.equal(await changed("index 2", "index 02"), "proof");
  assert.equal(await changed("index 2", "index 3"), "inclusion");
  assert.equal(await changed("\n5\n", "\n6\n"), "checkpoint-signature");
  assert.equal(await classOf(proof.slice(0, -4), "restriction.entry"), "checkpoint-format");
  const random = new Random(seed);
  for (let round = 0; round < rounds / 2; ++round) {
    const flipped = utf8(proof);
    const at = random.below(flipped.length);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << random.below(8));
    writeFileSync(file, flipped);
    const args = ["proof", file, "--entry", example("restriction.entry"), ...key];
    await agree(args, `seed ${seed}, round ${round}: byte ${at}`);
  }
});
