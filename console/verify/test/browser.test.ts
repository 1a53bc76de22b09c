// SPDX-License-Identifier: Apache-2.0
// What a page imports needs nothing of Node.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const src = join(import.meta.dirname, "..", "src");

/** Every module that `file` brings in, ours followed, others by name. */
function importsOf(file: string, seen = new Set<string>()): ReadonlySet<string> {
  const text = readFileSync(join(src, file), "utf8");
  for (const [, name = ""] of text.matchAll(/ from "([^"]+)";/g)) {
    const known = name.startsWith("./") ? name.slice(2) : name;
    if (seen.has(known)) continue;
    seen.add(known);
    if (known !== name) importsOf(known, seen);
  }
  return seen;
}

test("index.ts brings in our own files and @noble/hashes, and all the judging", () => {
  const all = importsOf("index.ts");
  const others = [...all].filter((name) => !name.endsWith(".ts"));
  assert.deepEqual(others, ["@noble/hashes/sha2.js", "@noble/hashes/hmac.js"]);
  for (const name of ["audit_ledger.ts", "verify_log.ts", "snapshot.ts", "http_reader.ts"]) {
    assert.ok(all.has(name), name);
  }
});

test("no file that index.ts brings in speaks of Node's own globals", () => {
  for (const name of [...importsOf("index.ts")].filter((file) => file.endsWith(".ts"))) {
    const text = readFileSync(join(src, name), "utf8");
    assert.doesNotMatch(text, /\b(process|Buffer|require|__dirname)\b[.(]/, name);
  }
});
