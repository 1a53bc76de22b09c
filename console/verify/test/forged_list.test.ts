// SPDX-License-Identifier: Apache-2.0
// Lists by an operator who holds the log's key and would keep an entry from its customer: each step
// of docs/formats/customer-list.md, with everything else in the list right.
import assert from "node:assert/strict";
import { test } from "node:test";

import { type Bytes } from "../src/bytes.ts";
import { verifyCustomerList } from "../src/customer_list.ts";
import { tagUnder } from "../src/index_tag.ts";
import { type Absence, type ListDocument, listFile, ListWorld } from "./tools/list_maker.ts";

const mine = new Uint8Array(32).fill(1);
const others = new Uint8Array(32).fill(2);
const nobodys = new Uint8Array(32).fill(3);

/** Three entries of mine among those of others, all in one index. */
function sampleWorld(): { world: ListWorld; to: number; at: number } {
  const world = new ListWorld();
  for (let n = 0; n < 12; ++n) {
    if (n % 4 === 1) world.add(mine, (n - 1) / 4);
    else world.add(others, n);
  }
  const to = world.size;
  return { world, to, at: world.publish(0) };
}

async function fate(world: ListWorld, document: ListDocument): Promise<string> {
  const { finding } = await verifyCustomerList(listFile(document), world.trust);
  return finding === undefined ? "OK" : `${finding.errorClass} at ${finding.where}`;
}

function withAbsence(document: ListDocument, absence: Absence): ListDocument {
  const [key] = document.keys;
  assert.ok(key !== undefined);
  return { ...document, keys: [{ ...key, absent: [absence] }] };
}

test("the list as it should be", async () => {
  const { world, to, at } = sampleWorld();
  for (const [key, numbers] of [[mine, 3], [nobodys, 0]] as const) {
    assert.equal(await fate(world, world.list(key, numbers, [{ at, from: 0, to }])), "OK");
  }
});

test("what is left out stands between the two that shall prove otherwise", async () => {
  const { world, to, at } = sampleWorld();
  for (const numbers of [0, 1, 2]) {
    const short = world.list(mine, numbers, [{ at, from: 0, to }]);
    const leaves = world.leaves(0, to);
    const hidden = leaves.findIndex(({ tag }) => tag === tagUnder(mine, numbers));
    const before = world.neighbour(leaves, hidden - 1);
    const after = world.neighbour(leaves, hidden + 1);
    const forged = withAbsence(short, { before, after });
    assert.equal(await fate(world, forged), "index at keys[0].absent[0]");
  }
});

test("neighbours stand on their side of the tag, in the index, and at its ends", async () => {
  const { world, to, at } = sampleWorld();
  const honest = world.list(mine, 2, [{ at, from: 0, to }]);
  const leaves = world.leaves(0, to);
  const hidden = tagUnder(mine, 2);
  const last = world.neighbour(leaves, leaves.length - 1);
  const first = world.neighbour(leaves, 0);
  assert.ok(last !== null && first !== null && first.tag < hidden && hidden < last.tag);
  const place = leaves.findIndex(({ tag }) => tag === hidden);
  const next = world.neighbour(leaves, place + 1);
  const madeUp = { ...first, in_index: { ...first.in_index, place } };
  const forged: readonly Absence[] = [
    { before: last, after: null },
    { before: null, after: first },
    { before: first, after: null },
    { before: null, after: last },
    { before: madeUp, after: next },
    { before: null, after: null },
  ];
  for (const absence of forged) {
    const told = await fate(world, withAbsence(honest, absence));
    assert.equal(told, "index at keys[0].absent[0]", JSON.stringify(absence).slice(0, 200));
  }
});

test("numbers rise with the place in the log", async () => {
  const world = new ListWorld();
  world.add(mine, 1);
  world.add(mine, 0);
  const to = world.size;
  const at = world.publish(0);
  const document = world.list(mine, 2, [{ at, from: 0, to }]);
  assert.equal(await fate(world, document), "entry at keys[0].entries[1]");
});

test("an index goes on where the one before it ended, and covers what is there", async () => {
  const { world, to, at } = sampleWorld();
  const later = world.size;
  world.add(others, 50);
  const end = world.size;
  const second = world.publish(later);
  const whole = [
    { at, from: 0, to },
    { at: second, from: later, to: end },
  ];
  // `at` itself stands between the two.
  assert.equal(await fate(world, world.list(nobodys, 0, whole)), "index at index[1]");
  assert.equal(await fate(world, world.list(nobodys, 0, whole.slice(1))), "index at index[0]");
  assert.equal(await fate(world, world.list(nobodys, 0, [])), "index at index");
  const ahead = world.publish(0, { to: 1000 });
  const beyond = [{ at: ahead, from: 0, to: 1000 }];
  assert.equal(await fate(world, world.list(nobodys, 0, beyond)), "index at index[0]");
});

test("only an index entry is one", async () => {
  const world = new ListWorld();
  world.add(mine, 0);
  const to = world.size;
  const at = world.publish(0, { kind: "case-closed" });
  const document = world.list(mine, 1, [{ at, from: 0, to }]);
  assert.equal(await fate(world, document), "index at index[0]");
});

test("a list has one text", async () => {
  const { world, to, at } = sampleWorld();
  const text = Buffer.from(listFile(world.list(mine, 3, [{ at, from: 0, to }]))).toString("utf8");
  const spaced: Bytes = new Uint8Array(Buffer.from(text.replace(":", ": ")));
  const { finding } = await verifyCustomerList(spaced, world.trust);
  assert.equal(finding?.errorClass, "list");
});
