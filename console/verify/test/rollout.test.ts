// SPDX-License-Identifier: Apache-2.0
// How an order may begin: the examples of the format, which src/model/tests/rollout_test.cc reads
// as well.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { utf8 } from "../src/bytes.ts";
import {
  canonicalJson,
  isList,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from "../src/json.ts";
import { Members } from "../src/members.ts";
import { parseOrder } from "../src/order.ts";
import { orderInWords } from "../src/order_words.ts";
import { Refusal } from "../src/refusal.ts";

const examples = new URL("../../../docs/formats/examples/", import.meta.url);

function example(name: string): Json {
  return parseJson(utf8(readFileSync(new URL(name, examples), "utf8")));
}

function withMember(value: Json, name: string, member: Json): JsonObject {
  assert.ok(isObject(value));
  return new Map([...value, [name, member]]);
}

function orderWith(rollout: Json, more: readonly (readonly [string, Json])[] = []): string {
  const order = example("order.json");
  const plain = new Members(order, "order").object("restriction");
  let restriction: JsonObject = withMember(plain, "rollout", rollout);
  for (const [name, member] of more) restriction = withMember(restriction, name, member);
  return canonicalJson(withMember(order, "restriction", restriction));
}

function isValid(text: string): boolean {
  try {
    parseOrder(text);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

function rollouts(): readonly Members[] {
  const all = example("rollouts.json");
  assert.ok(isList(all));
  return all.map((item) => new Members(item, "example"));
}

test("the examples of the format", () => {
  let valid = 0;
  for (const item of rollouts()) {
    const expected = item.any("valid") === true;
    assert.equal(isValid(orderWith(item.any("rollout"))), expected, item.string("what"));
    if (expected) valid += 1;
  }
  assert.equal(valid, 7);
});

test("an end before all gates enforce it", () => {
  const [first] = rollouts();
  assert.ok(first !== undefined);
  const rollout = first.any("rollout");
  assert.equal(isValid(orderWith(rollout, [["until", "2026-11-22T00:00:01Z"]])), true);
  assert.equal(isValid(orderWith(rollout, [["until", "2026-11-22T00:00:00Z"]])), false);
});

test("none for what ratifies an emergency", () => {
  const [first] = rollouts();
  assert.ok(first !== undefined);
  const rollout = first.any("rollout");
  assert.equal(isValid(orderWith(rollout, [["ratifies", "0".repeat(64)]])), false);
});

test("it is told to those who read it", () => {
  const [first] = rollouts();
  assert.ok(first !== undefined);
  const words = orderInWords(parseOrder(orderWith(first.any("rollout"))));
  assert.match(words, /IN SHADOW FIRST: until a gate enforces it, it only counts/);
  assert.match(words, / {2}enforced from 2026-11-14T00:00:00Z at east\.example, west\.example\n/);
  assert.match(words, / {2}enforced everywhere from 2026-11-22T00:00:00Z\n/);
});
