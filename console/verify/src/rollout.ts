// SPDX-License-Identifier: Apache-2.0
// How a restriction begins: gate by gate, and in shadow before (docs/formats/order.md).
import { compareUtf8 } from "./bytes.ts";
import { type Json } from "./json.ts";
import { Members } from "./members.ts";
import { refuse } from "./refusal.ts";
import { parseCanonicalTime, type Time, unixSeconds } from "./time.ts";

interface RolloutStep {
  readonly gates: readonly string[];
  readonly from: Time;
}

export interface Rollout {
  readonly first: readonly RolloutStep[];
  readonly everywhereFrom: Time;
}

const kStepsMax = 8;
const kGatesMax = 100;
const kSecondsMax = 14n * 86_400n;
// Printable ASCII but space, "+" and ",".
const kGate = /^[!-*\-.-~]{1,255}$/;

function readTime(members: Members, name: string): Time {
  const time = parseCanonicalTime(members.string(name));
  return time ?? members.refuse(name, "not a time as 2026-11-23T12:00:00Z");
}

function parseStep(value: Json, where: string): RolloutStep {
  const members = new Members(value, where);
  const gates = members.strings("gates");
  const from = readTime(members, "from");
  members.finish();
  if (!gates.every((gate) => kGate.test(gate))) {
    members.refuse("gates", "a gate's name has 1 to 255 printable ASCII characters, no + or ,");
  }
  const rises = gates.every((gate, i) => {
    const previous = gates[i - 1];
    return previous === undefined || compareUtf8(previous, gate) < 0;
  });
  if (gates.length === 0 || !rises) {
    members.refuse("gates", "not a sorted list of one or more distinct names");
  }
  return { gates, from };
}

/** Refuses what has more than one text: names that are not sorted, a gate that stands twice. */
export function parseRollout(value: Json): Rollout {
  const members = new Members(value, "rollout");
  const everywhereFrom = readTime(members, "everywhere_from");
  const items = members.list("first");
  members.finish();
  if (items.length > kStepsMax) refuse("rollout.first: has more than 8 steps");
  const first = items.map((item, i) => parseStep(item, `rollout.first[${i}]`));
  const gates = first.flatMap((step) => step.gates);
  if (new Set(gates).size !== gates.length) refuse("rollout.first: a gate stands twice");
  if (gates.length > kGatesMax) refuse("rollout.first: names more than 100 gates");
  return { first, everywhereFrom };
}

/** Whether it fits an order whose first stage begins at `begin` and that ends, or is reviewed, at
 * `end`. */
export function checkRollout(rollout: Rollout, begin: Time, end: Time): void {
  let last: Time | undefined;
  for (const { from } of rollout.first) {
    if (from < begin) refuse("rollout.first: begins before the order's first stage");
    if (last !== undefined && from <= last) refuse("rollout.first: steps must rise in time");
    last = from;
  }
  const everywhere = rollout.everywhereFrom;
  if (everywhere <= (last ?? begin)) {
    refuse("rollout.everywhere_from: must be after the first stage and after the first gates");
  }
  if (unixSeconds(everywhere) - unixSeconds(begin) > kSecondsMax) {
    refuse("rollout.everywhere_from: must be within 14 days after the first stage");
  }
  if (everywhere >= end) refuse("rollout.everywhere_from: must be before the end or the review");
}
