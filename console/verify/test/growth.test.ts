// SPDX-License-Identifier: Apache-2.0
// Whether one checkpoint continues another, by the tiles of a log that nobody trusts: its own words
// about its present size among them.
import { strict as assert } from "node:assert";
import { test } from "node:test";

import { type Bytes, fromUtf8, utf8 } from "../src/bytes.ts";
import { NoteVerifier } from "../src/note.ts";
import { type Reader } from "../src/reader.ts";
import { verifyGrowth } from "../src/verify_growth.ts";
import { LogKey, logFiles } from "./tools/log_writer.ts";

const key = LogKey.make("log.example.com/terms");
const entries = Array.from({ length: 600 }, (_, i) => utf8(`entry ${i}`));
const files = logFiles(entries, key);

function checkpointOf(size: number, of = entries): Bytes {
  return logFiles(of.slice(0, size), key).get("checkpoint") ?? utf8("");
}

/** The log with another file `checkpoint`, as its host shows it. */
function showing(checkpoint: Bytes | undefined): Reader {
  return {
    readsAhead: 1,
    read: (path) => {
      const bytes = path === "checkpoint" ? checkpoint : files.get(path);
      return Promise.resolve(bytes === undefined ? { kind: "missing" } : { kind: "bytes", bytes });
    },
  };
}

async function fate(reader: Reader, earlier: Bytes, later: Bytes): Promise<string> {
  const verifier = NoteVerifier.parse(key.vkey());
  const { finding } = await verifyGrowth(reader, verifier, earlier, later);
  return finding === undefined ? "OK" : `${finding.errorClass} at ${finding.where}`;
}

test("a checkpoint continues each one before it", async () => {
  const reader = showing(files.get("checkpoint"));
  for (const [earlier, later] of [[0, 600], [1, 2], [255, 600], [256, 257], [511, 513]] as const) {
    assert.equal(await fate(reader, checkpointOf(earlier), checkpointOf(later)), "OK");
  }
  const back = await fate(reader, checkpointOf(3), checkpointOf(2));
  assert.equal(back, "rollback at the later checkpoint");
  const other = entries.with(1, utf8("another"));
  const fork = await fate(reader, checkpointOf(300, other), checkpointOf(600));
  assert.equal(fork, "fork at the earlier checkpoint");
  const lying = await fate(reader, checkpointOf(300), checkpointOf(600, other));
  assert.equal(lying, "root at the later checkpoint");
});

test("what the host says of the present size changes no verdict", async () => {
  const text = fromUtf8(files.get("checkpoint") ?? utf8("")) ?? "";
  const claims = ["200", String(2 ** 53 - 1), String(2n ** 53n), String(2n ** 62n), "x"];
  for (const claim of claims) {
    const reader = showing(utf8(text.replace("\n600\n", `\n${claim}\n`)));
    assert.equal(await fate(reader, checkpointOf(100), checkpointOf(200)), "OK", claim);
  }
});
