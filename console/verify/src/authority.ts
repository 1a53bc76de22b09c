// SPDX-License-Identifier: Apache-2.0
// Who may decide, and how many it takes (I2, I6, I15).
import { type Bytes, concatBytes, fromBase64, fromHex, utf8 } from "./bytes.ts";
import { type DigestHex } from "./digest.ts";
import { isValidId } from "./ids.ts";
import { isList, type Json } from "./json.ts";
import { Members } from "./members.ts";
import { kOrderKinds, type Order, type OrderKind } from "./order.ts";
import { messageOf, refuse } from "./refusal.ts";
import { PublicKey } from "./signing.ts";

const kRosterMax = 1_000;
const kApprovalsMax = 100;
const kSignaturesMax = 1_000;
const kSignatureBytes = 64;
/** Whatever the policy says. */
export const kEmergencyApprovals = 2;

/** A key and the pseudonymous person who holds it (I11: no name). An approver may also propose. */
export interface RosterMember {
  readonly key: PublicKey;
  readonly person: string;
  readonly role: "approver" | "proposer";
  /** Not of the operator's organisation (I15). */
  readonly outside: boolean;
}

/** Members by the ids of their keys. */
export type Roster = ReadonlyMap<DigestHex, RosterMember>;
/** Approvals per kind of order. */
export type Policy = ReadonlyMap<OrderKind, number>;
export interface Authority {
  readonly roster: Roster;
  readonly approvals: Policy;
}

export interface Signature {
  readonly keyId: DigestHex;
  readonly bytes: Bytes;
}

/** An order with what people signed. */
export interface SignedOrder {
  readonly order: Order;
  readonly proposal: Signature | undefined;
  readonly approvals: readonly Signature[];
}

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
  const role = members.string("role");
  if (role !== "approver" && role !== "proposer") {
    return members.refuse("role", "approver or proposer");
  }
  const outside = members.boolean("outside");
  members.finish();
  return { key, person, role, outside };
}

/** Distinct keys; each key a point of large order; at most 1,000 members. */
export function parseRoster(value: Json): Roster {
  if (!isList(value)) return refuse("roster: not a list");
  if (value.length > kRosterMax) refuse("roster: more than 1000 members");
  const roster = new Map<DigestHex, RosterMember>();
  for (const [i, item] of value.entries()) {
    const member = parseMember(item, `roster[${i}]`);
    if (roster.has(member.key.id)) refuse("roster: a key stands twice");
    roster.set(member.key.id, member);
  }
  return roster;
}

export function parsePolicy(value: Json): Policy {
  const members = new Members(value, "policy");
  const policy = new Map<OrderKind, number>();
  for (const kind of kOrderKinds) {
    const count = members.integer(kind);
    if (count < (kind === "lift" ? 1 : 2) || count > kApprovalsMax) {
      members.refuse(kind, "must be 2 to 100, and 1 to 100 for a lift");
    }
    policy.set(kind, count);
  }
  members.finish();
  return policy;
}

/** Refuses a roster with fewer distinct approvers than the policy asks for. */
export function checkEnoughPeople({ roster, approvals }: Authority): void {
  const approvers = [...roster.values()].filter((member) => member.role === "approver");
  const people = new Set(approvers.map((member) => member.person)).size;
  for (const [kind, count] of approvals) {
    if (people < count) {
      refuse(`the roster has ${people} approvers, but ${kind} orders need ${count}`);
    }
  }
}

export function parseSignature(value: Json, where: string): Signature {
  const members = new Members(value, where);
  const keyId = members.digest("keyid");
  const bytes = fromBase64(members.string("sig"));
  if (bytes?.length !== kSignatureBytes) return members.refuse("sig", "not 64 bytes in base64");
  members.finish();
  return { keyId, bytes };
}

/** At most 1,000, so that a hostile list costs no more than that many verifications. */
export function parseSignatures(items: readonly Json[], where: string): readonly Signature[] {
  if (items.length > kSignaturesMax) refuse(`${where}: more than 1000 signatures`);
  return items.map((item, i) => parseSignature(item, `${where}[${i}]`));
}

/** The proposal and the approvals of an order, as entries and snapshots hold them. */
export function readSignatures(
  members: Members,
): Pick<SignedOrder, "proposal" | "approvals"> {
  const proposal = members.optional("proposal") ?? null;
  return {
    proposal: proposal === null ? undefined : parseSignature(proposal, members.path("proposal")),
    approvals: parseSignatures(members.list("approvals"), members.path("approvals")),
  };
}

/** DSSE v1 pre-authentication encoding, under a payload type of its own for each of the two. */
function signedMessage(what: "proposal" | "approval", canonical: Bytes): Bytes {
  const type = `application/vnd.proviso.${what}.v1+json`;
  return concatBytes(utf8(`DSSEv1 ${type.length} ${type} ${canonical.length} `), canonical);
}

async function proposerOf(
  { order, proposal }: SignedOrder,
  { roster }: Authority,
): Promise<RosterMember | undefined> {
  if (order.kind === "lift") return undefined;
  if (proposal === undefined) return refuse("the order carries no proposer's signature (I2)");
  const member = roster.get(proposal.keyId);
  if (member === undefined) return refuse("the proposer's key is not on the roster (I2)");
  const message = signedMessage("proposal", order.canonical);
  if (!(await member.key.verifies(message, proposal.bytes))) {
    refuse("the proposer's signature does not fit the order (I2)");
  }
  return member;
}

function approvalsNeeded(order: Order, { approvals }: Authority): number {
  const needed = approvals.get(order.kind) ?? refuse("the policy names no such order");
  if (order.kind !== "restrict") return needed;
  if (order.restriction.emergency) return kEmergencyApprovals;
  return order.restriction.closesExport ? needed + 1 : needed; // I6
}

/** Where an order stands under an authority. */
export interface Standing {
  readonly needed: number;
  /** Distinct approvers in good standing, the proposer not among them. */
  readonly valid: number;
  readonly outsideNeeded: boolean;
}

/**
 * Refuses an order without enough approvals of distinct people (I2, I6, I15). Signatures that do
 * not verify, unknown keys, a second key of one person and the proposer's own count nothing.
 */
export async function checkEnough(signed: SignedOrder, authority: Authority): Promise<Standing> {
  const { order } = signed;
  const proposer = await proposerOf(signed, authority);
  const restriction = order.kind === "restrict" ? order.restriction : undefined;
  const needed = approvalsNeeded(order, authority);
  const outsideNeeded =
    restriction !== undefined &&
    (restriction.byAuthority || restriction.protectedClasses.length > 0); // I15

  const message = signedMessage("approval", order.canonical);
  const people = new Set<string>();
  let outsidePresent = false;
  for (const approval of signed.approvals) {
    const member = authority.roster.get(approval.keyId);
    if (member?.role !== "approver" || member.person === proposer?.person) continue;
    if (!(await member.key.verifies(message, approval.bytes))) continue;
    people.add(member.person);
    outsidePresent ||= member.outside;
  }
  if (people.size < needed) {
    const lacksOne = restriction?.closesExport === true && people.size + 1 === needed;
    const why = lacksOne ? "I6: closing the export takes one more" : "I2";
    refuse(`the order has ${people.size} of ${needed} valid approvals (${why})`);
  }
  if (outsideNeeded && !outsidePresent) {
    refuse("the order needs an approver from outside the organisation (I15)");
  }
  return { needed, valid: people.size, outsideNeeded };
}
