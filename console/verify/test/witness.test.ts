// SPDX-License-Identifier: Apache-2.0
// Cosignatures and witness policies: the example of the formats, policies of every shape over a log
// of others that three witnesses cosigned, and both broken at random. Both verifiers say the same.
import { strict as assert } from "node:assert";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { concatBytes, fromHex, toBase64, utf8 } from "../src/bytes.ts";
import { cosignedAt, judgeWitnesses } from "../src/cosigned.ts";
import { CosignerKey, verifyCosignatures } from "../src/cosignature.ts";
import { parseNote } from "../src/note.ts";
import { Refusal } from "../src/refusal.ts";
import { PublicKey } from "../src/signing.ts";
import { WitnessPolicy } from "../src/witness_policy.ts";
import { agree, classOf, folderOf, verdictOfOurs } from "./tools/proviso.ts";
import { Random } from "./tools/random.ts";

const seed = Number(process.env["VERIFY_SEED"] ?? "1");
const rounds = Number(process.env["VERIFY_ROUNDS"] ?? "200");
const work = mkdtempSync(join(tmpdir(), "verify-witness-"));
after(() => {
  rmSync(work, { recursive: true, force: true });
});

const examples = join(import.meta.dirname, "../../../docs/formats/examples");
const data = folderOf("VERIFY_DATA");
const skipData = data === undefined ? "VERIFY_DATA is not set" : false;
const noProviso = process.env["PROVISO_BIN"] === undefined;
const skip = noProviso ? "PROVISO_BIN is not set" : skipData;

function example(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(join(examples, name)));
}

test("the example of the formats", async () => {
  const policy = WitnessPolicy.parse("p", example("witness-policy.txt"));
  const note = parseNote(example("checkpoint.cosigned"));
  const keys = policy.witnesses.map(({ key }) => key);
  const cosignatures = await verifyCosignatures(note, keys);
  assert.deepEqual(
    cosignatures.map(({ cosigner, time }) => [policy.witnesses[cosigner]?.name, time]),
    [
      ["oslo", 1_764_072_000n],
      ["cairo", 1_764_072_000n],
    ],
  );
  const cosigners = cosignatures.map(({ cosigner }) => cosigner);
  assert.ok(policy.isSatisfiedBy(cosigners));
  assert.ok(!policy.isSatisfiedBy([0]) && !policy.isSatisfiedBy([1]));
  // The same lines below another text are nobody's.
  await assert.rejects(verifyCosignatures({ ...note, text: `x${note.text}` }, keys), Refusal);
  for (const key of keys) assert.equal(CosignerKey.parse(key.format()).format(), key.format());
});

interface TestWitness {
  readonly key: CosignerKey;
  readonly pair: CryptoKeyPair;
}

async function newWitness(name: string): Promise<TestWitness> {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign"]);
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { key: new CosignerKey(name, PublicKey.from(raw)), pair };
}

/** Its line below the note, at this time. */
async function lineAt(note: string, { key, pair }: TestWitness, time: bigint): Promise<string> {
  const { name, keyId } = key;
  const message = utf8(`cosignature/v1\ntime ${time.toString()}\n${note}`);
  const stamp = new Uint8Array(8);
  new DataView(stamp.buffer).setBigUint64(0, time);
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, message));
  const payload = concatBytes(fromHex(keyId) ?? stamp, stamp, signature);
  return `\u2014 ${name} ${toBase64(payload)}\n`;
}

test("by when the quorum was reached", async () => {
  const text = "log.example/x\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
  const witnesses = new Map<string, TestWitness>();
  for (const name of ["a", "b", "c"]) witnesses.set(name, await newWitness(name));
  const lines = [...witnesses]
    .map(([name, { key }]) => `witness ${name} ${key.format()}\n`)
    .join("");
  const byWhen = async (
    of: readonly (readonly [string, bigint])[],
    quorum = "group g 2 a b c\nquorum g\n",
  ): Promise<string | undefined> => {
    let note = `${text}\n`;
    for (const [name, time] of of) {
      const witness = witnesses.get(name);
      if (witness !== undefined) note += await lineAt(text, witness, time);
    }
    const policy = WitnessPolicy.parse("p", utf8(lines + quorum));
    const judged = await judgeWitnesses(utf8(note), policy);
    return judged.kind === "cosigned" ? cosignedAt(judged.cosigned) : judged.errorClass;
  };
  const first = "1970-01-01T00:16:40Z";
  const second = "1970-01-01T00:33:20Z";
  assert.equal(await byWhen([["a", 1000n], ["b", 2000n]]), second);
  assert.equal(await byWhen([["c", 3000n], ["b", 1000n], ["a", 2000n]]), second);
  assert.equal(await byWhen([["a", 1000n], ["a", 2000n], ["b", 500n]]), second, "its newest");
  assert.equal(await byWhen([["a", 1000n]]), "quorum");
  assert.equal(await byWhen([["a", 1000n]], "quorum a\n"), first);
  assert.equal(await byWhen([["a", 1000n]], "quorum none\n"), undefined);
  const last = 9_223_372_036n;
  assert.equal(await byWhen([["a", last]], "quorum a\n"), "2262-04-11T23:47:16Z");
  assert.equal(await byWhen([["a", last + 1n]], "quorum a\n"), undefined);
});

const good = join(data ?? "", "good-257");
const vkey = (name: string): string =>
  readFileSync(join(good, "keys", `${name}.vkey`), "utf8").trim();

/** The line of the example policy that begins so. */
function exampleLine(start: string): string {
  const lines = Buffer.from(example("witness-policy.txt")).toString().split("\n");
  return lines.find((line) => line.startsWith(start)) ?? "";
}

/** Three witnesses that cosigned, one that did not, and what else is given. */
function policyOf(rest: string): string {
  const lines = ["w1", "w2", "w3"].map((name) => `witness ${name} ${vkey(name)}\n`);
  return `${lines.join("")}${exampleLine("witness oslo")}\n${rest}`;
}

async function classUnder(policy: string | Uint8Array, what: string): Promise<string> {
  const file = join(work, "policy");
  writeFileSync(file, policy);
  const args = [join(good, "log"), "--key", join(good, "keys", "log.vkey"), "--policy", file];
  const verdict = await agree(args, what);
  return verdict.exitCode === 2 ? "bad input" : classOf(verdict);
}

test("policies of every shape", { skip }, async () => {
  const shapes: readonly (readonly [string, string])[] = [
    ["quorum none\n", "OK"],
    ["quorum w2", "OK"],
    ["quorum oslo\n", "quorum"],
    ["group g all w1 w2 w3\nquorum g\n", "OK"],
    ["group g all w1 w2 oslo\nquorum g\n", "quorum"],
    ["group g any oslo w3\nquorum g\n", "OK"],
    ["group g 2 oslo w3 w1\nquorum g\n", "OK"],
    ["group g 3 oslo w3 w1\nquorum g\n", "quorum"],
    ["group g 3 oslo w3 w1\ngroup h any g w2\nquorum h\n", "OK"],
    ["group g 3 oslo w3 w1\ngroup h all g w2\nquorum h\n", "quorum"],
    ["\t group \t g 1\tw1\r\n#quorum\n  # none\nquorum g\r\n", "OK"],
    [`log ${vkey("log")} https://x\nquorum w1\n`, "OK"],
    ...[
      "",
      `${exampleLine("log")}\nquorum w1\n`, // of another log
      "quorum\n",
      "quorum w1 w2\n",
      "quorum w9\n",
      "quorum w1\nquorum w1\n",
      "group g 0 w1\nquorum g\n",
      "group g 2 w1\nquorum g\n",
      "group g 01 w1\nquorum g\n",
      "group g -1 w1\nquorum g\n",
      "group g 18446744073709551617 w1\nquorum g\n",
      "group g any\nquorum w1\n",
      "group g any g\nquorum g\n",
      "group g any w1 w1\nquorum g\n",
      "group g any w1\ngroup h any w1\nquorum h\n",
      "group none any w1\nquorum none\n",
      "group w1 any w2\nquorum w1\n",
      `witness w4 ${vkey("w1")}\nquorum w1\n`,
      `witness w4 ${vkey("log")}\nquorum w1\n`,
      `witness w4 ${vkey("w1")} http://x more\nquorum w1\n`,
      `log ${vkey("w1")}\nquorum w1\n`,
      `log ${vkey("log")}\nlog ${vkey("log")}\nquorum w1\n`,
      "Quorum w1\n",
      "anything\nquorum w1\n",
      `#${"x".repeat(70_000)}\nquorum w1\n`,
    ].map((text): readonly [string, string] => [text, "bad input"]),
  ];
  for (const [rest, expected] of shapes) {
    assert.equal(await classUnder(policyOf(rest), rest), expected, rest);
  }
  const bytes = utf8(policyOf("# \u00e4\nquorum w1\n"));
  assert.equal(await classUnder(bytes, "UTF-8"), "OK");
  const broken = bytes.map((byte) => (byte === 0xc3 ? 0xff : byte));
  assert.equal(await classUnder(broken, "not UTF-8"), "bad input");
});

/** One byte changed, lost or added. */
function damage(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length);
  const before = bytes.subarray(0, at);
  switch (random.below(4)) {
    case 0:
      return new Uint8Array([...before, ...bytes.subarray(at + 1)]);
    case 1:
      return new Uint8Array([...before, random.below(256), ...bytes.subarray(at)]);
    default: {
      const out = bytes.slice();
      out[at] = (out[at] ?? 0) ^ (1 << random.below(8));
      return out;
    }
  }
}

test("a byte of a policy", { skip }, async () => {
  const random = new Random(seed);
  const keys = utf8(policyOf(""));
  const groups = utf8("group g 2 w1 w2 oslo\n# of two\ngroup h all g w3\nquorum h\n");
  const counts = new Map<string, number>();
  for (let round = 0; round < rounds; ++round) {
    // A byte of a key is always fatal; of the groups it may say something else.
    const [first, second] =
      round % 4 === 0 ? [damage(keys, random), groups] : [keys, damage(groups, random)];
    const policy = new Uint8Array([...first, ...second]);
    const found = await classUnder(policy, `seed ${seed}, round ${round}`);
    counts.set(found, (counts.get(found) ?? 0) + 1);
  }
  console.log(`policies: ${[...counts].map(([name, n]) => `${name} ${n}`).join(", ")}`);
  assert.ok(counts.size >= 2, "too few classes were reached");
});

test("a byte of a cosigned checkpoint", { skip }, async () => {
  const random = new Random(seed);
  const copy = join(work, "copy");
  cpSync(join(good, "log"), copy, { recursive: true });
  const policy = join(work, "all");
  writeFileSync(policy, policyOf("group g 3 w1 w2 w3\nquorum g\n"));
  const note = new Uint8Array(readFileSync(join(copy, "checkpoint")));
  const args = [copy, "--key", join(good, "keys", "log.vkey"), "--policy", policy];
  const counts = new Map<string, number>();
  for (let round = 0; round < rounds; ++round) {
    const file = join(copy, round % 2 === 0 ? "checkpoint" : "checkpoint.cosigned");
    writeFileSync(file, damage(note, random));
    const found = classOf(await agree(args, `seed ${seed}, round ${round}`));
    counts.set(found, (counts.get(found) ?? 0) + 1);
    if (round % 2 === 0) writeFileSync(file, note);
    else rmSync(file);
  }
  console.log(`cosigned: ${[...counts].map(([name, n]) => `${name} ${n}`).join(", ")}`);
  assert.ok(counts.size >= 3, "too few classes were reached");
});

test("every log of others under a policy", { skip }, async () => {
  const policy = join(work, "two");
  writeFileSync(policy, policyOf("group g 2 w1 w2 w3\nquorum g\n"));
  const key = join(data ?? "", "good-700", "keys", "log.vkey");
  const expected = readFileSync(join(data ?? "", "broken", "expected.tsv"), "utf8").trim();
  for (const [name, errorClass] of expected.split("\n").map((line) => line.split("\t"))) {
    const args = [join(data ?? "", "broken", name ?? "", "log"), "--key", key];
    assert.equal(classOf(await verdictOfOurs(args)), errorClass);
    await agree([...args, "--policy", policy], name ?? "");
  }
});
