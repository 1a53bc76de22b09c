// SPDX-License-Identifier: Apache-2.0
import { strict as assert } from "node:assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { fromHex, toBase64, utf8 } from "../src/bytes.ts";
import { openCheckpoint } from "../src/checkpoint.ts";
import { isNoteName, NoteVerifier } from "../src/note.ts";
import { parseTlogProof, verifyTlogProof } from "../src/proof.ts";
import { Refusal } from "../src/refusal.ts";
import { PublicKey } from "../src/signing.ts";
import { LogKey } from "./tools/log_writer.ts";
import { folderOf } from "./tools/proviso.ts";
import { sha } from "./tools/slow_tree.ts";

const kOrigin = "log.example.com/terms";
const key = LogKey.make(kOrigin);
const verifier = NoteVerifier.parse(key.vkey());
const root = toBase64(sha(utf8("root")));
const body = `${kOrigin}\n7\n${root}\n`;

/** "opened", or the fault. */
async function fate(note: string | Uint8Array, origin = kOrigin): Promise<string> {
  const bytes = typeof note === "string" ? utf8(note) : new Uint8Array(note);
  const opened = await openCheckpoint(bytes, verifier, origin);
  return opened.kind === "opened" ? "opened" : opened.fault;
}

test("a signed checkpoint is opened", async () => {
  const opened = await openCheckpoint(utf8(key.note(body)), verifier, kOrigin);
  assert.ok(opened.kind === "opened");
  assert.equal(opened.checkpoint.size, 7n);
  assert.equal(toBase64(opened.checkpoint.root), root);
});

test("signatures of others are ignored, ours must be right", async () => {
  const other = LogKey.make("witness.example/w1");
  const twin = LogKey.make(kOrigin); // the same name, another key
  assert.equal(await fate(`${body}\n${other.line(body)}${key.line(body)}`), "opened");
  assert.equal(await fate(`${body}\n${twin.line(body)}${key.line(body)}`), "opened");
  assert.equal(await fate(`${body}\n${other.line(body)}`), "signature");
  assert.equal(await fate(`${body}\n${key.line("else\n")}`), "signature");
  assert.equal(await fate(`${body}\n${key.line(body)}${key.line("else\n")}`), "signature");
  assert.equal(await fate(key.note(body), "log.example.com/other"), "origin");
});

test("note injection: what stands in the text is not a signature", async () => {
  const line = key.line(body);
  // The text ends at the last empty line, so the signed text is not the one in front.
  assert.equal(await fate(`${body}\n${line}\n${line}`), "signature");
  const inner = `${body}\n${line}`;
  assert.equal(await fate(key.note(inner)), "format");
  assert.equal(await fate(`evil\n\n${key.note(body)}`), "signature");
});

test("forms of a note that are refused", async () => {
  const line = key.line(body);
  const bad = [
    "",
    body,
    `${body}\n`,
    `${body}${line}`,
    `${body}\n${line.slice(0, -1)}`,
    `${body}\n${line}\n`,
    `${body}\n${line.replace("\u2014 ", "- ")}`,
    `${body}\n${line.replace("\u2014 ", "\u2014")}`,
    `${body}\n\u2014 ${kOrigin}\n`,
    `${body}\n\u2014  ${toBase64(sha())}\n`,
    `${body}\n\u2014 a\u00a0b ${toBase64(sha())}\n${line}`,
    `${body}\n\u2014 a\u205fb ${toBase64(sha())}\n${line}`,
    `${body}\n\u2014 a+b ${toBase64(sha())}\n${line}`,
    `${body}\n\u2014 ${"n".repeat(70)} AAAA\n${line}`,
    `${body}\n\u2014 n ${"A".repeat(8196)}\n${line}`,
    `${body}\n${line.repeat(65)}`,
    `${body}\r\n${line}`,
    key.note(body).replaceAll("\n", "\r\n"),
    `${body}\u0000\n${line}`,
    `${"x".repeat(65_536)}\n\n${line}`,
  ];
  for (const note of bad) assert.equal(await fate(note), "format", JSON.stringify(note));
  assert.equal(await fate(`${body}\n${line.repeat(64)}`), "opened");
  const invalid = utf8(key.note(body));
  invalid[3] = 0xff;
  assert.equal(await fate(invalid), "format");
});

test("forms of a checkpoint that are refused, though signed", async () => {
  const bad = [
    `${kOrigin}\n`,
    `${kOrigin}\n7\n`,
    `\n${kOrigin}\n7\n${root}\n`,
    `${kOrigin}\n07\n${root}\n`,
    `${kOrigin}\n+7\n${root}\n`,
    `${kOrigin}\n-7\n${root}\n`,
    `${kOrigin}\n7 \n${root}\n`,
    `${kOrigin}\n0x7\n${root}\n`,
    `${kOrigin}\n7e0\n${root}\n`,
    `${kOrigin}\n\n${root}\n`,
    `${kOrigin}\n${(2n ** 62n + 1n).toString()}\n${root}\n`,
    `${kOrigin}\n${(2n ** 64n).toString()}\n${root}\n`,
    `${kOrigin}\n7\n${root.slice(0, -4)}\n`,
    `${kOrigin}\n7\n${root} \n`,
    `${kOrigin}\n0\n${root}\n`,
  ];
  for (const text of bad) assert.equal(await fate(key.note(text)), "format", JSON.stringify(text));
  assert.equal(await fate(key.note(`${kOrigin}\n${(2n ** 62n).toString()}\n${root}\n`)), "opened");
  assert.equal(await fate(key.note(`${kOrigin}\n0\n${toBase64(sha())}\n`)), "opened");
  assert.equal(await fate(key.note(`${body}an extension line\n`)), "opened");
});

test("verifier keys are read strictly", () => {
  assert.equal(verifier.format(), key.vkey());
  const [name, id, tagged] = key.vkey().split("+", 2).concat(key.vkey().split("+").slice(2));
  const bytes = sha(utf8("key"));
  const bad = [
    "",
    `${name}+${id}`,
    `+${id}+${tagged}`,
    `a b+${id}+${tagged}`,
    `${name}+${id?.toUpperCase()}+${tagged}`.replace(/[0-9]/g, "A"),
    `${name}+00000000+${tagged}`,
    `${name}+${id}+`,
    `${name}+${id}+${toBase64(Uint8Array.of(2, ...bytes))}`,
    `${name}+${id}+${toBase64(Uint8Array.of(1, ...bytes.subarray(1)))}`,
    `${"n".repeat(5000)}+${id}+${tagged}`,
  ];
  for (const vkey of bad) assert.throws(() => NoteVerifier.parse(vkey), Refusal, vkey);
  for (const space of ["\u2000", "\u205f", "\u3000", "\u0085", "\t", "\u007f", "+", ""]) {
    assert.equal(isNoteName(space === "" ? "" : `a${space}b`), false);
  }
});

test("keys of small order and keys with two encodings are refused", () => {
  const bad = ["00".repeat(32), `01${"00".repeat(31)}`, `01${"00".repeat(30)}80`];
  bad.push(`ed${"ff".repeat(30)}7f`, `ee${"ff".repeat(30)}ff`, `ec${"ff".repeat(30)}7f`);
  bad.push("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "00".repeat(31));
  for (const hex of bad) {
    assert.throws(() => PublicKey.from(fromHex(hex) ?? sha()), Refusal, hex);
  }
});

test("a key that is no point of the curve signs nothing", async () => {
  const noPoint = PublicKey.from(fromHex(`02${"00".repeat(31)}`) ?? sha());
  assert.equal(await noPoint.verifies(utf8("x"), new Uint8Array(64)), false);
  assert.equal(await noPoint.verifies(utf8("x"), new Uint8Array(63)), false);
});

const data = folderOf("VERIFY_DATA");
const skip = data === undefined ? "VERIFY_DATA is not set" : false;

test("proofs of others", { skip }, async () => {
  let count = 0;
  for (const log of readdirSync(data ?? "").filter((name) => name.startsWith("good-"))) {
    const folder = join(data ?? "", log, "proofs");
    if (!existsSync(folder)) continue;
    const vkey = readFileSync(join(data ?? "", log, "keys", "log.vkey"), "utf8").trim();
    const known = NoteVerifier.parse(vkey);
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".tlog-proof"))) {
      const text = new Uint8Array(readFileSync(join(folder, name)));
      const file = join(folder, name.replace(".tlog-proof", ".entry"));
      const entry = new Uint8Array(readFileSync(file));
      const proof = parseTlogProof(text);
      await verifyTlogProof(proof, entry, known, known.name);
      const other = new Uint8Array([...entry, 0]);
      await assert.rejects(verifyTlogProof(proof, other, known, known.name), Refusal);
      await assert.rejects(verifyTlogProof(proof, entry, known, "another"), Refusal);
      const hashesEnd = Buffer.from(text).indexOf("\n\n") + 2;
      for (let end = 0; end <= hashesEnd; ++end) {
        assert.throws(() => parseTlogProof(text.slice(0, end)), Refusal);
      }
      ++count;
    }
  }
  assert.ok(count >= 20, `only ${count} proofs`);
});
