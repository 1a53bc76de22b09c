// SPDX-License-Identifier: Apache-2.0
// Logs of the sizes at which tiles begin, and entries of the lengths at which they end.
import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { type Bytes, utf8 } from "../src/bytes.ts";
import { LogKey, logFiles, writeFiles } from "./tools/log_writer.ts";
import { agree, classOf, folderOf } from "./tools/proviso.ts";

const skip = folderOf("PROVISO_BIN") === undefined ? "PROVISO_BIN is not set" : false;
const work = mkdtempSync(join(tmpdir(), "verify-sizes-"));
const key = LogKey.make("log.example.com/sizes");
after(() => {
  rmSync(work, { recursive: true, force: true });
});

async function classOfLog(entries: readonly Bytes[], what: string): Promise<string> {
  writeFiles(work, logFiles(entries, key));
  return classOf(await agree([work, "--key", key.vkey()], what));
}

test("sizes around full tiles of each level", { skip }, async () => {
  const entries = Array.from({ length: 65_537 }, (_, i) => utf8(`${i}`));
  for (const size of [0, 1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537]) {
    assert.equal(await classOfLog(entries.slice(0, size), `${size} entries`), "OK", `${size}`);
  }
});

test("entries of 0 to 65,535 bytes", { skip }, async () => {
  const entries = [0, 1, 65_535, 255, 256, 0].map((length) => new Uint8Array(length).fill(0x41));
  assert.equal(await classOfLog(entries, "lengths"), "OK");
  const longest = Array.from({ length: 256 }, () => new Uint8Array(65_535).fill(0x42));
  assert.equal(await classOfLog(longest, "the longest bundle"), "OK");
});
