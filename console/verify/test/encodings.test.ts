// SPDX-License-Identifier: Apache-2.0
import { strict as assert } from "node:assert";
import { test } from "node:test";

import { compareUtf8, fromBase64, fromHex, fromUtf8, toBase64, utf8 } from "../src/bytes.ts";
import { isValidId } from "../src/ids.ts";
import { canonicalJson, parseJson } from "../src/json.ts";
import { Refusal } from "../src/refusal.ts";
import { parseCanonicalTime, parseTime } from "../src/time.ts";
import { Random } from "./tools/random.ts";

test("base64: what Node writes is read, and each value has one text", () => {
  const random = new Random(1);
  for (let length = 0; length < 70; ++length) {
    const bytes = Uint8Array.from({ length }, () => random.below(256));
    const text = Buffer.from(bytes).toString("base64");
    assert.equal(toBase64(bytes), text);
    assert.deepEqual(fromBase64(text), bytes);
  }
  for (const text of ["A", "AA", "AAA", "AAA=A", "A===", "====", "AB==", "AAB=", "AA==AAAA"]) {
    assert.equal(fromBase64(text), undefined, text);
  }
  for (const text of ["AA A", "AA\nA", "AA-A", "AA_A", "AAA\u00e4"]) {
    assert.equal(fromBase64(text), undefined, text);
  }
});

test("hexadecimal and UTF-8 are strict", () => {
  assert.deepEqual(fromHex("00fF"), Uint8Array.of(0, 255));
  for (const text of ["0", "0g", " 0", "0x"]) assert.equal(fromHex(text), undefined, text);
  assert.equal(fromUtf8(utf8("\ufeffa")), "\ufeffa", "a byte order mark stays");
  for (const hex of ["c080", "eda080", "f4908080", "ff", "e282"]) {
    assert.equal(fromUtf8(fromHex(hex) ?? utf8("")), undefined, hex);
  }
});

test("texts are ordered by their bytes, not by UTF-16", () => {
  assert.ok(compareUtf8("\uffff", "\u{1f600}") < 0);
  assert.ok(compareUtf8("a", "ab") < 0 && compareUtf8("b", "ab") > 0 && compareUtf8("", "") === 0);
});

test("identifiers are counted in bytes", () => {
  assert.ok(isValidId("\u00e4".repeat(128)) && !isValidId("\u00e4".repeat(129)));
  assert.ok(isValidId("x".repeat(256)) && !isValidId("x".repeat(257)));
  for (const text of ["", "a\nb", "\u007f", "\u0000"]) assert.ok(!isValidId(text));
});

function refuses(text: string | Uint8Array): void {
  const bytes = typeof text === "string" ? utf8(text) : new Uint8Array(text);
  assert.throws(() => parseJson(bytes), Refusal, String(text).slice(0, 40));
}

test("JSON: what JSON.parse lets pass is refused", () => {
  const lax = ["1.0", "1e3", "-1.5", "9007199254740992", '{"a":1,"a":2}', '{"a":1,"\\u0061":2}'];
  for (const text of lax) {
    assert.doesNotThrow(() => JSON.parse(text) as unknown);
    refuses(text);
  }
  for (const text of ['"\\ud800"', '"\\udc00"', '"\\ud800x"', '"\\ud800\\u0041"']) refuses(text);
});

test("JSON: what is no JSON is refused", () => {
  const bad = ["", " ", "01", "-", "-01", "+1", "tru", "nul", "[1,]", "[,1]", "[1 2]", "{a:1}"];
  for (const text of bad) refuses(text);
  for (const text of ['{"a"}', '{"a":}', '{"a":1,}', '{"a":1', '"a', '"a\n"', '"\\x"', "1 2"]) {
    refuses(text);
  }
  for (const text of ["'a'", "\ufeff1", "[1]x", '"\\u12g4"', '"\\u12', "NaN", "Infinity"]) {
    refuses(text);
  }
  refuses(Uint8Array.of(0x22, 0xff, 0x22));
  assert.throws(() => parseJson(utf8("[1]\n[2]")), /^Refusal: 2:1: /);
  assert.throws(() => parseJson(utf8("123"), 2), /longer than 2 bytes/);
});

test("JSON: 65 levels are read, 66 are not", () => {
  assert.doesNotThrow(() => parseJson(utf8("[".repeat(65) + "]".repeat(65))));
  refuses("[".repeat(66) + "]".repeat(66));
});

test("canonical JSON is RFC 8785's", () => {
  const same = (text: string, canonical: string): void => {
    assert.equal(canonicalJson(parseJson(utf8(text))), canonical);
  };
  same('{ "b" : [ ] , "a" : -0 }', '{"a":0,"b":[]}');
  same('"\\u0041\\/\\u000a\\u001F\\u007f"', '"A/\\n\\u001f\u007f"');
  same('{"\\ud83d\\ude00":1,"\\uffff":2}', '{"\u{1f600}":1,"\uffff":2}');
  same("[9007199254740991,-9007199254740991]", "[9007199254740991,-9007199254740991]");
  // The names of Object's own members are names like others.
  same('{"__proto__":1,"constructor":2}', '{"__proto__":1,"constructor":2}');
});

test("times: RFC 3339 in, nanoseconds out", () => {
  const at = (text: string): bigint | undefined => parseTime(text);
  assert.equal(at("1970-01-01T00:00:00Z"), 0n);
  assert.equal(at("2026-11-23T12:00:00Z"), BigInt(Date.UTC(2026, 10, 23, 12)) * 1_000_000n);
  assert.equal(at("1970-01-01T02:00:00.5+02:00"), 500_000_000n);
  assert.equal(at("1970-01-01 00:00:00,1234567899"), 123_456_789n);
  assert.equal(at("1969-12-31t23:00:01-01:00"), 1_000_000_000n);
  assert.equal(at("2016-12-31T23:59:60Z"), at("2016-12-31T23:59:59Z"));
  assert.equal(at("2024-02-29T00:00:00Z"), BigInt(Date.UTC(2024, 1, 29)) * 1_000_000n);
  const bad = ["2023-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z"];
  bad.push("2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z");
  bad.push("2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+24:00");
  bad.push("2026-01-01T00:00:00ZZ", "1677-12-31T00:00:00Z", "2262-01-01T00:00:00Z", "2026-1-1");
  bad.push("2026-01-01T00:00:00Z\n", `2026-01-01T00:00:00.${"0".repeat(30)}Z`);
  for (const text of bad) assert.equal(at(text), undefined, text);
});

test("times in documents have one text", () => {
  assert.notEqual(parseCanonicalTime("2026-11-23T12:00:00Z"), undefined);
  const bad = ["2026-11-23T12:00:00.0Z", "2026-11-23T12:00:00+00:00", "2026-11-23T12:00:00"];
  for (const text of [...bad, "2026-11-23t12:00:00Z", "2016-12-31T23:59:60Z"]) {
    assert.equal(parseCanonicalTime(text), undefined, text);
  }
});
