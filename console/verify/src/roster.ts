// SPDX-License-Identifier: Apache-2.0
// Keys, what each is for, and who holds it. docs/formats/entry.md.
import { fromHex } from "./bytes.ts";
import { type DigestHex } from "./digest.ts";
import { isValidId } from "./ids.ts";
import { isList, type Json } from "./json.ts";
import { Members } from "./members.ts";
import { messageOf, refuse } from "./refusal.ts";
import { PublicKey } from "./signing.ts";

const kRosterMax = 1_000;
const kRoles = ["proposer", "approver", "reviewer", "case-manager", "auditor"] as const;

/** An approver may also propose. The last three can neither propose nor approve. */
export type Role = (typeof kRoles)[number];

/** The role with its article, for messages: "an approver". */
export function withArticle(role: Role): string {
  return `${role.startsWith("a") ? "an" : "a"} ${role}`;
}

export function mayPropose(role: Role): boolean {
  return role === "proposer" || role === "approver";
}

/** A key and the pseudonymous person who holds it (I11: no name). */
export interface RosterMember {
  readonly key: PublicKey;
  readonly person: string;
  readonly role: Role;
  /** Not of the operator's organisation (I15). */
  readonly outside: boolean;
  /** An approver whose approval counts for an emergency. */
  readonly onCall: boolean;
  /** The key signs in the operator's web console; such keys alone decide nothing (I2). */
  readonly serverMediated: boolean;
}

/** Members by the ids of their keys. */
export type Roster = ReadonlyMap<DigestHex, RosterMember>;

function parseKey(members: Members): PublicKey {
  const bytes = fromHex(members.string("key"));
  if (bytes === undefined) return members.refuse("key", "not hexadecimal");
  try {
    return PublicKey.from(bytes);
  } catch (error) {
    return members.refuse("key", messageOf(error));
  }
}

function parseMember(value: Json, where: string): RosterMember {
  const members = new Members(value, where);
  const key = parseKey(members);
  const person = members.string("person");
  if (!isValidId(person)) members.refuse("person", "not a valid id");
  const text = members.string("role");
  const role = kRoles.find((known) => known === text);
  if (role === undefined) {
    return members.refuse("role", "not proposer, approver, reviewer, case-manager or auditor");
  }
  const outside = members.boolean("outside");
  const onCall = members.flag("on_call");
  const serverMediated = members.flag("server_mediated");
  if (onCall && role !== "approver") {
    members.refuse("on_call", "only approvers are on call for emergencies");
  }
  members.finish();
  return { key, person, role, outside, onCall, serverMediated };
}

/**
 * Distinct keys; each key a point of large order; at most 1,000 members; no person both of the
 * organisation and from outside.
 */
export function parseRoster(value: Json): Roster {
  if (!isList(value)) return refuse("roster: not a list");
  if (value.length > kRosterMax) refuse("roster: more than 1000 members");
  const roster = new Map<DigestHex, RosterMember>();
  const outside = new Map<string, boolean>();
  for (const [i, item] of value.entries()) {
    const member = parseMember(item, `roster[${i}]`);
    if (roster.has(member.key.id)) refuse("roster: a key stands twice");
    if ((outside.get(member.person) ?? member.outside) !== member.outside) {
      refuse("roster: a person is of the organisation by one key, from outside by another (I15)");
    }
    outside.set(member.person, member.outside);
    roster.set(member.key.id, member);
  }
  return roster;
}
