// SPDX-License-Identifier: Apache-2.0
// Who may decide, and how many it takes (I2, I6, I15).
import { type Bytes, concatBytes, fromBase64, utf8 } from "./bytes.ts";
import { type DigestHex } from "./digest.ts";
import { type Json } from "./json.ts";
import { Members } from "./members.ts";
import { type Order } from "./order.ts";
import { type Policy, ruleFor } from "./policy.ts";
import { refuse } from "./refusal.ts";
import { mayPropose, type Roster, type RosterMember, withArticle } from "./roster.ts";

const kSignaturesMax = 1_000;
const kSignatureBytes = 64;
/** Whatever the policy says. */
export const kEmergencyApprovals = 2;

export interface Authority {
  readonly roster: Roster;
  readonly policy: Policy;
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

/** Refuses a roster that its policy could not work with. */
export function checkAuthority({ roster, policy }: Authority): void {
  const members = [...roster.values()];
  if (!policy.serverMediated && members.some((member) => member.serverMediated)) {
    refuse("the roster has a server-mediated key, and the policy allows none");
  }
  const approvers = members.filter((member) => member.role === "approver");
  const people = new Set(approvers.map((member) => member.person)).size;
  for (const [kind, count] of policy.approvals) {
    if (people < count) {
      refuse(`the roster has ${people} approvers, but ${kind} orders need ${count}`);
    }
  }
  if (approvers.every((member) => member.serverMediated)) {
    refuse("every approver's key is server-mediated, and such keys alone decide nothing (I2)");
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
  if (!mayPropose(member.role)) {
    const whose = withArticle(member.role);
    refuse(`the proposer's key belongs to ${whose}: only proposers and approvers propose (I2)`);
  }
  const message = signedMessage("proposal", order.canonical);
  if (!(await member.key.verifies(message, proposal.bytes))) {
    refuse("the proposer's signature does not fit the order (I2)");
  }
  return member;
}

/** Where an order stands under an authority. */
export interface Standing {
  readonly needed: number;
  /** Distinct approvers in good standing, the proposer not among them. */
  readonly valid: number;
  /** Of those needed, because the subject is protected (I15). */
  readonly protectedMore: number;
  readonly outsideNeeded: number;
  readonly outsideValid: number;
  /** Of `valid`, who approved by a key that is not server-mediated. */
  readonly ownKeys: number;
}

type Needed = Pick<Standing, "needed" | "protectedMore" | "outsideNeeded">;

function approvalsNeeded(order: Order, { policy }: Authority): Needed {
  const count = policy.approvals.get(order.kind) ?? refuse("the policy names no such order");
  if (order.kind !== "restrict") return { needed: count, protectedMore: 0, outsideNeeded: 0 };
  const r = order.restriction;
  const base = (r.emergency ? kEmergencyApprovals : count) + (r.closesExport ? 1 : 0); // I6
  const rule = ruleFor(policy, r.protectedClasses); // I15
  const outsideNeeded = Math.max(rule.outside, r.byAuthority ? 1 : 0);
  return {
    needed: Math.max(base + rule.more, outsideNeeded),
    protectedMore: rule.more,
    outsideNeeded,
  };
}

function isEmergency(order: Order): boolean {
  return order.kind === "restrict" && order.restriction.emergency;
}

/**
 * Counts. Signatures that do not verify, unknown keys, keys of another role, a second key of one
 * person and the proposer's own count nothing; nor, for an emergency, do approvers who are not on
 * call.
 */
async function standingOf(signed: SignedOrder, authority: Authority): Promise<Standing> {
  const { order } = signed;
  const proposer = await proposerOf(signed, authority);
  const needed = approvalsNeeded(order, authority);
  const message = signedMessage("approval", order.canonical);
  const people = new Set<string>();
  const outside = new Set<string>();
  const own = new Set<string>();
  for (const approval of signed.approvals) {
    const member = authority.roster.get(approval.keyId);
    if (member?.role !== "approver" || member.person === proposer?.person) continue;
    if (isEmergency(order) && !member.onCall) continue;
    if (!(await member.key.verifies(message, approval.bytes))) continue;
    people.add(member.person);
    if (member.outside) outside.add(member.person);
    if (!member.serverMediated) own.add(member.person);
  }
  return { ...needed, valid: people.size, outsideValid: outside.size, ownKeys: own.size };
}

function missingApprovals(standing: Standing, order: Order): string {
  const { needed, valid, protectedMore } = standing;
  const closesExport = order.kind === "restrict" && order.restriction.closesExport;
  let why = isEmergency(order) ? "I2: an emergency takes approvers on call" : "I2";
  if (closesExport && valid + 1 === needed) why = "I6: closing the export takes one more";
  if (protectedMore > 0 && valid + protectedMore >= needed) {
    why = `I15: a protected subject takes ${protectedMore} more`;
  }
  return `the order has ${valid} of ${needed} valid approvals (${why})`;
}

/** Refuses an order without enough approvals of distinct people (I2, I6, I15). */
export async function checkEnough(signed: SignedOrder, authority: Authority): Promise<Standing> {
  const standing = await standingOf(signed, authority);
  const { valid, needed, outsideValid, outsideNeeded, ownKeys } = standing;
  if (valid < needed) refuse(missingApprovals(standing, signed.order));
  if (outsideValid < outsideNeeded) {
    refuse(
      outsideNeeded === 1
        ? "the order needs an approver from outside the organisation (I15)"
        : `the order has ${outsideValid} of ${outsideNeeded} approvers from outside (I15)`,
    );
  }
  if (ownKeys < 1) {
    refuse(
      "all approvals are by server-mediated keys: one by a key of the approver's own is missing " +
        "(I2: proviso order sign)",
    );
  }
  return standing;
}
