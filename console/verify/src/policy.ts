// SPDX-License-Identifier: Apache-2.0
// How many it takes. docs/formats/entry.md.
import { type Json } from "./json.ts";
import { Members } from "./members.ts";
import { kOrderKinds, kProtectedClasses, type OrderKind } from "./order.ts";
import { refuse } from "./refusal.ts";

const kApprovalsMax = 100;

/** What an order against a protected subject takes besides the policy's number (I15). */
export interface ProtectedRule {
  readonly more: number;
  readonly outside: number;
}

const kProtectedRule: ProtectedRule = { more: 1, outside: 1 };

export interface Policy {
  /** Approvals per kind of order. */
  readonly approvals: ReadonlyMap<OrderKind, number>;
  /** Per protected class; one that is not named takes one more, and one from outside. */
  readonly protectedSubjects: ReadonlyMap<string, ProtectedRule>;
  /** Whether the roster may hold server-mediated keys. */
  readonly serverMediated: boolean;
}

/** Of several classes the strictest numbers; none where there are no classes. */
export function ruleFor(policy: Policy, protectedClasses: readonly string[]): ProtectedRule {
  let rule: ProtectedRule = { more: 0, outside: 0 };
  for (const name of protectedClasses) {
    const { more, outside } = policy.protectedSubjects.get(name) ?? kProtectedRule;
    rule = { more: Math.max(rule.more, more), outside: Math.max(rule.outside, outside) };
  }
  return rule;
}

function readCount(members: Members, name: string): number {
  const count = members.integer(name);
  if (count < 1 || count > kApprovalsMax) members.refuse(name, "must be 1 to 100");
  return count;
}

function parseProtected(members: Members): ReadonlyMap<string, ProtectedRule> {
  const rules = new Map<string, ProtectedRule>();
  if (members.optional("protected") === undefined) return rules;
  for (const [name, value] of members.object("protected")) {
    if (!kProtectedClasses.includes(name)) refuse("policy.protected: not a protected class (I15)");
    const rule = new Members(value, `policy.protected.${name}`);
    rules.set(name, { more: readCount(rule, "more"), outside: readCount(rule, "outside") });
    rule.finish();
  }
  if (rules.size === 0) members.refuse("protected", "names classes, or is not there");
  return rules;
}

export function parsePolicy(value: Json): Policy {
  const members = new Members(value, "policy");
  const approvals = new Map<OrderKind, number>();
  for (const kind of kOrderKinds) {
    const count = members.integer(kind);
    if (count < (kind === "lift" ? 1 : 2) || count > kApprovalsMax) {
      members.refuse(kind, "must be 2 to 100, and 1 to 100 for a lift");
    }
    approvals.set(kind, count);
  }
  const serverMediated = members.flag("server_mediated");
  const protectedSubjects = parseProtected(members);
  members.finish();
  return { approvals, protectedSubjects, serverMediated };
}
