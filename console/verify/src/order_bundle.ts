// SPDX-License-Identifier: Apache-2.0
// One order in one file that proves itself, and what of it is true under a trust file: the classes
// of src/gates/verified_bundle.h. docs/formats/order-bundle.md. Robust to untrusted input.
import {
  parseSignature,
  parseSignatures,
  type Signature,
  type SignedOrder,
  type Standing,
} from "./authority.ts";
import { type Bytes, equalBytes, fromBase64, fromUtf8, toHex, utf8 } from "./bytes.ts";
import { parseCatalogue } from "./catalogue.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { type Cosigned, judgeWitnesses } from "./cosigned.ts";
import { inForceOf } from "./entry.ts";
import { foundAs } from "./found.ts";
import { trustedEntry, type TrustRoot } from "./genesis.ts";
import { Governance } from "./governance.ts";
import { canonicalJson, type Json, parseJson } from "./json.ts";
import { Members } from "./members.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { NoteVerifier } from "./note.ts";
import { type Order, parseOrder } from "./order.ts";
import { orderInWords } from "./order_words.ts";
import { parseTlogProof, type TlogProof } from "./proof.ts";
import { refuse, within } from "./refusal.ts";
import {
  orderName,
  parseProvenEntry,
  parseProvenOrders,
  provenGenesis,
  provenInForce,
  type ProvenEntry,
  type ProvenOrder,
} from "./snapshot.ts";
import { formatTime, laterOf, type Time } from "./time.ts";
import { trustedPolicy } from "./trusted_policy.ts";
import { type Finding } from "./verify_log.ts";
import { type WitnessPolicy } from "./witness_policy.ts";

export const kOrderBundleBytesMax = 64 * 1024 * 1024;
const kApprovalType = "application/vnd.proviso.approval.v1+json";

interface OrderBundle {
  readonly signed: SignedOrder;
  readonly entry: Bytes;
  readonly proof: Bytes;
  readonly genesis: ProvenEntry;
  readonly governance: readonly ProvenOrder[];
  /** Null unless the order restricts. */
  readonly catalogue: Json;
}

export type BundleErrorClass =
  | "bundle"
  | "trust"
  | "checkpoint-format"
  | "checkpoint-signature"
  | "checkpoint-origin"
  | "cosignature"
  | "quorum"
  | "inclusion"
  | "entry"
  | "governance"
  | "order";
export type BundleFinding = Finding<BundleErrorClass>;

/** What a good bundle proves. */
export interface ProvenBundle {
  readonly order: Order;
  readonly standing: Standing;
  /** Index of the entry that put it in force. */
  readonly entry: number;
  /** That entry's time, but never before the changes of who decides that stand before it. */
  readonly inForceAt: Time;
  readonly checkpoint: Checkpoint;
  /** Changes of who decides before it, as told. */
  readonly governanceOrders: number;
  readonly cosigned: Cosigned;
}

export type BundleReport =
  | { readonly finding: BundleFinding; readonly proven: undefined }
  | { readonly finding: undefined; readonly proven: ProvenBundle };

const { Found, findingAs, findingOf } = foundAs<BundleErrorClass>();

function parseEnvelope(value: Json): Pick<SignedOrder, "order" | "approvals"> {
  const members = new Members(value, "approvals");
  if (members.string("payloadType") !== kApprovalType) {
    members.refuse("payloadType", "not that of an approval");
  }
  const payload = fromBase64(members.string("payload")) ?? members.refuse("payload", "not base64");
  const text = fromUtf8(payload) ?? members.refuse("payload", "not UTF-8");
  const approvals = parseSignatures(members.list("signatures"), members.path("signatures"));
  members.finish();
  return { order: within(members.path("payload"), () => parseOrder(text)), approvals };
}

function parseOrderBundle(bytes: Bytes): OrderBundle {
  if (bytes.length > kOrderBundleBytesMax) refuse("bundle: over 64 MiB");
  if (bytes.at(-1) !== 0x0a) refuse("bundle: cut short (fetch it again)");
  const body = bytes.subarray(0, -1);
  const document = parseJson(body, kOrderBundleBytesMax);
  const members = new Members(document, "bundle");
  members.version();
  const envelope = parseEnvelope(members.object("approvals"));
  const proposal = members.any("proposal");
  const bundle: OrderBundle = {
    signed: {
      ...envelope,
      proposal: proposal === null ? undefined : parseSignature(proposal, "proposal"),
    },
    entry: utf8(members.string("entry")),
    proof: utf8(members.string("proof")),
    genesis: parseProvenEntry(members.object("genesis"), "genesis"),
    governance: parseProvenOrders(members, "governance"),
    catalogue: members.any("catalogue"),
  };
  members.finish();
  if ((bundle.catalogue === null) !== (bundle.signed.order.kind !== "restrict")) {
    refuse("catalogue: stands with a restriction and no other order");
  }
  // One text per bundle: what two verifiers might read differently is none.
  if (canonicalJson(document) !== fromUtf8(body)) refuse("bundle: not canonical JSON (RFC 8785)");
  return bundle;
}

function sameSignature(a: Signature | undefined, b: Signature | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.keyId === b.keyId && equalBytes(a.bytes, b.bytes);
}

/** The envelope holds the signatures that the ledger has, each once and in its order. */
function checkSignatures(
  told: SignedOrder,
  logged: Pick<SignedOrder, "proposal" | "approvals">,
): void {
  if (!sameSignature(told.proposal, logged.proposal)) {
    throw new Found("entry", "proposal", "not the signature that the ledger entry names");
  }
  const { approvals } = told;
  const same =
    approvals.length === logged.approvals.length &&
    approvals.every((signature, i) => sameSignature(signature, logged.approvals[i]));
  if (!same) {
    const where = "approvals.signatures";
    throw new Found("entry", where, "not the signatures that the ledger entry names");
  }
}

/** Works through a bundle from the trust root to the order. */
class BundleVerifier {
  private readonly bundle: OrderBundle;
  private readonly trust: TrustRoot;
  private readonly policy: WitnessPolicy | undefined;

  constructor(bundle: OrderBundle, trust: TrustRoot, policy: WitnessPolicy | undefined) {
    this.bundle = bundle;
    this.trust = trust;
    this.policy = policy;
  }

  async run(): Promise<ProvenBundle> {
    const { bundle, trust } = this;
    const key = await findingAs("trust", "ledger_key", () => NoteVerifier.parse(trust.ledgerKey));
    const proof = await findingAs("bundle", "proof", () => parseTlogProof(bundle.proof));
    const checkpoint = await this.openCheckpoint(proof, key);
    const cosigned = await this.judgeWitnesses(proof.checkpoint);
    const { size, root } = checkpoint;
    await findingAs("inclusion", "entry", () => {
      verifyInclusion(proof.index, size, leafHash(bundle.entry), proof.hashes, root);
    });
    const governance = await this.readGovernance(proof, checkpoint);
    const entry = await findingAs("entry", "entry", () => trustedEntry(bundle.entry, trust));
    const inForce = await findingAs("entry", "entry", () => inForceOf(entry, bundle.signed));
    checkSignatures(bundle.signed, inForce.signed ?? inForce);
    const inForceAt = laterOf(entry.time, governance.latestChange);
    const { order } = bundle.signed;
    const standing = await findingAs("order", orderName("order", order.digest), () =>
      this.judge(governance, entry.time, inForceAt),
    );
    const governanceOrders = bundle.governance.length;
    const index = Number(proof.index);
    return { order, standing, entry: index, inForceAt, checkpoint, governanceOrders, cosigned };
  }

  private async judgeWitnesses(note: Bytes): Promise<Cosigned> {
    const judged = await judgeWitnesses(note, this.policy);
    if (judged.kind === "cosigned") return judged.cosigned;
    throw new Found(judged.errorClass, "proof", judged.detail);
  }

  private async openCheckpoint(proof: TlogProof, key: NoteVerifier): Promise<Checkpoint> {
    const opened = await openCheckpoint(proof.checkpoint, key, this.trust.ledger);
    if (opened.kind === "opened") return opened.checkpoint;
    throw new Found(`checkpoint-${opened.fault}`, "proof", opened.what);
  }

  private async readGovernance(proof: TlogProof, checkpoint: Checkpoint): Promise<Governance> {
    const { bundle, trust } = this;
    const genesis = await findingAs("trust", "genesis", () =>
      provenGenesis(bundle.genesis, checkpoint, trust),
    );
    const governance = new Governance(genesis);
    let latest = 0;
    for (const [i, change] of bundle.governance.entries()) {
      await findingAs("governance", `governance[${i}]`, async () => {
        const { index } = change.entry;
        if (index <= latest || BigInt(index) >= proof.index) {
          refuse("not in ledger order before the order's entry (I2)");
        }
        latest = index;
        const entry = provenInForce(change, checkpoint, trust);
        await governance.apply(change.signed, entry.time);
      });
    }
    return governance;
  }

  private judge(governance: Governance, entryTime: Time, inForceAt: Time): Promise<Standing> {
    const { signed, catalogue } = this.bundle;
    switch (signed.order.kind) {
      case "restrict":
        return governance.checkRestriction(signed, parseCatalogue(catalogue), inForceAt);
      case "lift":
        return governance.judgeLift(signed, inForceAt);
      case "roster":
      case "policy":
      case "catalogue":
      case "field-policy":
      case "rulebook":
      case "terms":
        return governance.apply(signed, entryTime);
    }
  }
}

/**
 * Judges one order bundle from a trust file alone; enough witnesses have to have cosigned the
 * checkpoint, of the policy that is given, else of the trust file's. What it cannot see is what
 * stands in the log and not in the bundle: a lift, and a change of who decides that was left out.
 * auditLedger() does.
 */
export async function verifyOrderBundle(
  bytes: Bytes,
  trust: TrustRoot,
  policy?: WitnessPolicy,
): Promise<BundleReport> {
  try {
    const bundle = await findingAs("bundle", "bundle", () => parseOrderBundle(bytes));
    const asked =
      policy ?? (await findingAs("trust", "witnesses", () => trustedPolicy(trust)));
    return { finding: undefined, proven: await new BundleVerifier(bundle, trust, asked).run() };
  } catch (error) {
    return { finding: findingOf(error), proven: undefined };
  }
}

/** What a good report says, in lines for people: the text of src/gates/verified_bundle.h. */
export function bundleInWords({ order, standing, entry, ...proven }: ProvenBundle): string {
  const { outsideNeeded, ownKeys } = standing;
  const people = standing.valid === 1 ? "1 person" : `${standing.valid} people`;
  const own =
    ownKeys === 1 ? "1 person with a key of their own" : `${ownKeys} people with keys of their own`;
  return (
    `valid: the order was put in force at ${formatTime(proven.inForceAt)} by entry ${entry}\n` +
    `Approved by ${people}, ${standing.needed} needed` +
    (outsideNeeded > 0 ? `, ${outsideNeeded} of those from outside the organisation` : "") +
    (ownKeys < standing.valid ? `; ${own}, the others server-mediated` : "") +
    (order.kind === "lift" ? "" : "; proposed by another person") +
    `\n${orderInWords(order)}` +
    `Proven under the log's signed checkpoint of ${proven.checkpoint.size.toString()} entries, ` +
    `root ${toHex(proven.checkpoint.root)}\n` +
    "This file does not show whether the order was lifted since, nor a change of who decides " +
    "that it leaves out: the whole log does.\n"
  );
}
