// SPDX-License-Identifier: Apache-2.0
// Logs that somebody else wrote and broke: both verifiers, and what their labels say.
import { strict as assert } from "node:assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { agree, classOf, folderOf } from "./tools/proviso.ts";

const data = folderOf("VERIFY_DATA");
const skip = data === undefined ? "VERIFY_DATA is not set" : false;
const at = (...parts: readonly string[]): string => join(data ?? "", ...parts);

test("each broken log is refused for the reason on its label", { skip }, async () => {
  const labels = readFileSync(at("broken", "expected.tsv"), "utf8").trim().split("\n");
  for (const label of labels) {
    const [name = "", errorClass] = label.split("\t");
    const args = [at("broken", name, "log"), "--key", at("good-700", "keys", "log.vkey")];
    const verdict = await agree(args, name);
    assert.equal(classOf(verdict), errorClass, name);
    assert.equal(verdict.exitCode, errorClass === "OK" ? 0 : 3, name);
  }
  assert.ok(labels.length >= 23);
});

test("good logs are good, from each checkpoint that they ever had", { skip }, async () => {
  const logs = readdirSync(data ?? "").filter((name) => name.startsWith("good-"));
  for (const log of logs) {
    const args = [at(log, "log"), "--key", at(log, "keys", "log.vkey")];
    assert.equal(classOf(await agree(args, log)), "OK", log);
    const history = at(log, "history");
    if (!existsSync(history)) continue;
    for (const name of readdirSync(history)) {
      const verdict = await agree([...args, "--since", join(history, name)], `${log} ${name}`);
      assert.equal(classOf(verdict), "OK", `${log} since ${name}`);
    }
  }
  assert.ok(logs.length >= 8);
});

test("a log is held against checkpoints of other logs and of its future", { skip }, async () => {
  const since = (log: string, of: string, name: string): Promise<string> =>
    agree(
      [at(log, "log"), "--key", at(log, "keys", "log.vkey"), "--since", at(of, "log", name)],
      `${log} since ${of}`,
    ).then(classOf);
  assert.equal(await since("good-257", "good-700", "checkpoint"), "rollback");
  assert.equal(await since("good-700", "good-257", "tile/0/000"), "since-format");
  const wrongKey = at("broken", "cp-wrong-key", "log", "checkpoint");
  const args = [at("good-700", "log"), "--key", at("good-700", "keys", "log.vkey")];
  assert.equal(classOf(await agree([...args, "--since", wrongKey], "key")), "since-signature");
  const forked = at("broken", "cp-wrong-root-signed", "log", "checkpoint");
  assert.equal(classOf(await agree([...args, "--since", forked], "fork")), "fork");
  const other = at("broken", "cp-other-origin", "log", "checkpoint");
  assert.equal(classOf(await agree([...args, "--since", other], "origin")), "since-origin");
});

test("what is no log at all is said to have no checkpoint", { skip }, async () => {
  const key = at("good-1", "keys", "log.vkey");
  for (const place of [key, at("good-1", "proofs"), at("good-1"), at("vectors")]) {
    const verdict = await agree([place, "--key", key], place);
    assert.equal(classOf(verdict), place === at("good-1") ? "OK" : "checkpoint-missing", place);
  }
});

test("mistakes in the arguments end with 2 in both", { skip }, async () => {
  const log = at("good-1", "log");
  const key = at("good-1", "keys", "log.vkey");
  const mistakes = [
    [log],
    [],
    [log, log, "--key", key],
    [log, "--key", key, "--trust", key],
    [log, "--key", key, "--snapshot", key],
    [log, "--key", "no+such+key"],
    [log, "--key", at("no-such-file")],
    [log, "--trust", key],
    [log, "--key", key, "--since", at("no-such-file")],
    [log, "--key", key, "--since", log],
    [log, "--key", log],
    [log, "--trust", log],
    [log, "--trust", join(key, "below")],
    [log, "--key", ""],
    ["", "--key", key],
    [log, "--key", key, "--since", ""],
    [at("no-such-log"), "--key", key],
    [log, "--key", key, "--frobnicate"],
  ];
  for (const args of mistakes) {
    assert.equal((await agree(args, args.join(" "))).exitCode, 2, args.join(" "));
  }
});
