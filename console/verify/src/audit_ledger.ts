// SPDX-License-Identifier: Apache-2.0
// Judges a whole ledger, and a snapshot against it, from public files and the trust file alone, as
// src/gates/ledger_audit.h does: the same classes, the same places, in the same order.
import { type Authority, kEmergencyApprovals } from "./authority.ts";
import { type Bytes, equalBytes } from "./bytes.ts";
import { type Cosigned, type JudgedWitnesses, judgeWitnesses, kNobodyAsked } from "./cosigned.ts";
import { type DigestHex } from "./digest.ts";
import { type Entry, type InForce, parseInForce } from "./entry.ts";
import { trustedEntry, trustedGenesis, type TrustRoot } from "./genesis.ts";
import { Governance } from "./governance.ts";
import { IndexAudit, type IndexCounts } from "./index_audit.ts";
import { type ListedItem, ListScan } from "./list_scan.ts";
import { NoteVerifier } from "./note.ts";
import { type Reader } from "./reader.ts";
import { messageOf, Refusal, refuse } from "./refusal.ts";
import { mayPropose } from "./roster.ts";
import { type Overdue, SealAudit, type SealCounts } from "./sealed.ts";
import { kSnapshotBytesMax, orderName, type VerifiedSnapshot, verifySnapshot } from "./snapshot.ts";
import { laterOf, type Time } from "./time.ts";
import { trustedPolicy } from "./trusted_policy.ts";
import { type Finding, type LogErrorClass, type LogReport, verifyLog } from "./verify_log.ts";
import { type WitnessPolicy } from "./witness_policy.ts";

export type AuditErrorClass =
  | LogErrorClass
  | "trust"
  | "entry"
  | "governance"
  | "order"
  | "index"
  | "seal"
  | "snapshot";
export type AuditFinding = Finding<AuditErrorClass>;

export interface AuditReport {
  /** The first thing that is wrong. */
  readonly finding: AuditFinding | undefined;
  readonly entries: bigint;
  /** Restrictions put in force and not lifted. */
  readonly ordersInForce: number;
  readonly lifts: number;
  readonly governanceOrders: number;
  /** Restrictions in force within the snapshot's size that the snapshot does not have. No error: a
   * restriction's end is not public, so it may be over. */
  readonly notInSnapshot: number;
  readonly seals: SealCounts;
  readonly index: IndexCounts;
  /** Where there were index keys: the entries under them, in the order of the log, and those of the
   * same cases and orders under other tags. */
  readonly listed: readonly ListedItem[];
  readonly underOtherKeys: readonly number[];
  /** No error either; in the order of the log. */
  readonly overdue: readonly Overdue[];
  /** As in LogReport. */
  readonly cosigned: Cosigned;
}

export interface AuditOptions {
  /** Text of a gate snapshot. */
  readonly snapshot?: Bytes | undefined;
  /** An earlier checkpoint note that was kept. */
  readonly since?: Bytes | undefined;
  /** When openings of sealed entries are asked for; without it nothing is overdue. */
  readonly at?: Time | undefined;
  /** As in VerifyLogOptions, instead of what the trust file asks for; the snapshot's checkpoint has
   * to have its quorum as well. */
  readonly witnessPolicy?: WitnessPolicy | undefined;
  /** Of a customer, 32 bytes each: finds its entries. */
  readonly indexKeys?: readonly Bytes[] | undefined;
  readonly progress?: ((entries: number) => void) | undefined;
}

interface LoggedOrder {
  readonly index: number;
  /** Index of the first lift. */
  liftedAt: number | undefined;
}

/**
 * Refuses unless the entry names enough approvers of the roster, none of them the proposer. Their
 * signatures cannot be checked without the document.
 */
function checkNamedApprovers(inForce: InForce, { roster, policy }: Authority): void {
  const signatures = inForce.signed ?? inForce;
  const { proposal } = signatures;
  const proposer = proposal === undefined ? undefined : roster.get(proposal.keyId);
  if (proposer === undefined || !mayPropose(proposer.role)) {
    return refuse("names no proposer of the roster (I2)");
  }
  const people = new Set<string>();
  let ownKey = false;
  for (const { keyId } of signatures.approvals) {
    const member = roster.get(keyId);
    if (member?.role !== "approver" || member.person === proposer.person) continue;
    if (inForce.emergency && !member.onCall) continue;
    people.add(member.person);
    ownKey ||= !member.serverMediated;
  }
  const needed = policy.approvals.get(inForce.kind) ?? refuse("the policy names no such order");
  if (people.size < (inForce.emergency ? kEmergencyApprovals : needed)) {
    refuse("names fewer approvers of the roster than the policy asks for (I2)");
  }
  if (!ownKey) refuse("names server-mediated keys alone (I2)");
}

/** Follows the entries in order and keeps the first thing that is wrong. */
class EntryAuditor {
  finding: AuditFinding | undefined;
  readonly restrictions = new Map<DigestHex, LoggedOrder>();
  readonly governanceEntries: number[] = [];
  lifts = 0;
  readonly seals = new SealAudit();
  readonly tags = new IndexAudit();
  readonly list: ListScan;
  private readonly trust: TrustRoot;
  private governance: Governance | undefined;
  private readonly ids = new Set<string>();

  constructor(trust: TrustRoot, indexKeys: readonly Bytes[]) {
    this.trust = trust;
    this.list = new ListScan(indexKeys);
  }

  visit(index: number, bytes: Bytes): Promise<void> | undefined {
    if (this.finding !== undefined) return undefined;
    if (index === 0) {
      this.governance = this.judge("trust", index, () => this.readGenesis(bytes));
      return undefined;
    }
    const entry = this.judge("entry", index, () => this.newEntry(bytes));
    if (entry === undefined) return undefined;
    const listed = this.judge("index", index, () => {
      this.tags.visit(index, entry);
      this.list.visit(index, entry);
      return true;
    });
    if (listed === undefined) return undefined;
    if (entry.kind === "sealed" || entry.kind === "opened") {
      this.judge("seal", index, () => {
        if (entry.kind === "sealed") this.seals.seal(index, entry);
        else this.readOpening(entry);
      });
    }
    return entry.kind === "order-in-force" ? this.readInForce(index, entry) : undefined;
  }

  private judge<T>(errorClass: AuditErrorClass, index: number, body: () => T): T | undefined {
    try {
      return body();
    } catch (error) {
      this.finding = { errorClass, where: `entry ${index}`, detail: messageOf(error) };
      return undefined;
    }
  }

  private readGenesis(bytes: Bytes): Governance {
    const genesis = trustedGenesis(bytes, this.trust);
    this.ids.add(trustedEntry(bytes, this.trust).id);
    return new Governance(genesis);
  }

  private newEntry(bytes: Bytes): Entry {
    const entry = trustedEntry(bytes, this.trust);
    if (entry.kind === "genesis") refuse("a second genesis");
    if (this.ids.has(entry.id)) refuse("has the id of an earlier entry");
    this.ids.add(entry.id);
    return entry;
  }

  /** What was sealed has an id of its own, which is nobody else's. */
  private readOpening(entry: Entry): void {
    const id = this.seals.open(entry);
    if (id === undefined) return;
    if (this.ids.has(id)) refuse("what was sealed has the id of an earlier entry");
    this.ids.add(id);
  }

  private async readInForce(index: number, entry: Entry): Promise<void> {
    let errorClass: AuditErrorClass = "order";
    try {
      const governance = this.governance ?? refuse("stands before the genesis");
      const inForce = parseInForce(entry.publicPart);
      const time = laterOf(entry.time, governance.latestChange);
      if (inForce.kind === "restrict") {
        checkNamedApprovers(inForce, governance.authorityAt(time));
        this.addRestriction(index, inForce.digest);
        this.seals.inForce(index, inForce);
      } else if (inForce.kind === "lift") {
        this.addLift(index, await governance.checkLift(inForce.signed, time));
      } else {
        errorClass = "governance";
        await governance.apply(inForce.signed, entry.time);
        this.governanceEntries.push(index);
      }
    } catch (error) {
      this.finding = { errorClass, where: `entry ${index}`, detail: messageOf(error) };
    }
  }

  private addRestriction(index: number, digest: DigestHex): void {
    if (this.restrictions.has(digest)) refuse("puts an order in force a second time (I2)");
    this.restrictions.set(digest, { index, liftedAt: undefined });
  }

  private addLift(index: number, lifted: DigestHex): void {
    const order =
      this.restrictions.get(lifted) ?? refuse("lifts an order that was never put in force (I5)");
    order.liftedAt ??= index;
    ++this.lifts;
  }
}

const kSnapshotCheckpoint = "snapshot checkpoint";

function wasLiftedBefore({ liftedAt }: LoggedOrder, size: bigint): boolean {
  return liftedAt !== undefined && BigInt(liftedAt) < size;
}

/** The snapshot against the log: its checkpoint, its restrictions, and that no change of who
 * decides is left out (I10). */
function holdAgainstLog(
  snapshot: VerifiedSnapshot,
  entries: EntryAuditor,
  log: LogReport,
): AuditFinding | undefined {
  const { size, root } = snapshot.checkpoint;
  if (size > log.size) {
    const detail = "the log is shorter than the snapshot's";
    return { errorClass: "rollback", where: kSnapshotCheckpoint, detail };
  }
  if (log.rootAt === undefined || !equalBytes(log.rootAt, root)) {
    const detail = "it is not the beginning of this log";
    return { errorClass: "fork", where: kSnapshotCheckpoint, detail };
  }
  const wrong = (where: string, detail: string): AuditFinding => ({
    errorClass: "snapshot",
    where,
    detail,
  });
  for (const { digest, index } of snapshot.restrictions) {
    const name = orderName("restriction", digest);
    const logged = entries.restrictions.get(digest);
    if (logged?.index !== index) {
      return wrong(name, "the log does not have it at the index told (I2)");
    }
    if (wasLiftedBefore(logged, size)) {
      return wrong(name, "the snapshot keeps an order that was lifted (I5)");
    }
  }
  const leftOut = entries.governanceEntries.find(
    (index) => BigInt(index) < size && !snapshot.governance.has(index),
  );
  if (leftOut === undefined) return undefined;
  return wrong(`entry ${leftOut}`, "the snapshot leaves out a change of governance (I10)");
}

function countMissing(snapshot: VerifiedSnapshot, entries: EntryAuditor): number {
  const { size } = snapshot.checkpoint;
  const told = new Set(snapshot.restrictions.map(({ digest }) => digest));
  return [...entries.restrictions].filter(
    ([digest, order]) =>
      BigInt(order.index) < size && !wasLiftedBefore(order, size) && !told.has(digest),
  ).length;
}

type CheckedSnapshot = VerifiedSnapshot | Refusal | undefined;

async function checkSnapshot(bytes: Bytes | undefined, trust: TrustRoot): Promise<CheckedSnapshot> {
  if (bytes === undefined) return undefined;
  try {
    return await verifySnapshot(bytes, trust);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function judge(
  log: LogReport,
  entries: EntryAuditor,
  snapshot: CheckedSnapshot,
  witnesses: JudgedWitnesses | undefined,
): AuditFinding | undefined {
  // The log's own faults come first, then its entries', then the snapshot's.
  if (log.finding !== undefined) return log.finding;
  if (entries.finding !== undefined) return entries.finding;
  if (log.size === 0n) {
    return { errorClass: "trust", where: "entry 0", detail: "the log has no genesis" };
  }
  if (snapshot === undefined) return undefined;
  if (snapshot instanceof Refusal) {
    return { errorClass: "snapshot", where: "snapshot", detail: snapshot.message };
  }
  if (witnesses?.kind === "wrong") {
    const { errorClass, detail } = witnesses;
    return { errorClass, where: kSnapshotCheckpoint, detail };
  }
  return holdAgainstLog(snapshot, entries, log);
}

const kNothingCounted = {
  entries: 0n,
  ordersInForce: 0,
  lifts: 0,
  governanceOrders: 0,
  notInSnapshot: 0,
  seals: new SealAudit().counts,
  index: new IndexAudit().counts,
  listed: [],
  underOtherKeys: [],
  overdue: [],
  cosigned: kNobodyAsked,
};

/**
 * Reads every entry once. Memory grows with the number of entries (their ids) and orders.
 *
 * A restriction's approvals can be checked only with its document, so from the snapshot; from the
 * log alone, that it names enough approvers of the roster.
 */
export async function auditLedger(
  reader: Reader,
  trust: TrustRoot,
  options: AuditOptions = {},
): Promise<AuditReport> {
  let key: NoteVerifier;
  let policy: WitnessPolicy | undefined;
  let where = "ledger_key";
  try {
    key = NoteVerifier.parse(trust.ledgerKey);
    where = "witnesses";
    policy = options.witnessPolicy ?? trustedPolicy(trust);
  } catch (error) {
    const detail = messageOf(error);
    const finding: AuditFinding = { errorClass: "trust", where, detail };
    return { finding, ...kNothingCounted };
  }
  // The snapshot first: its size tells at which entry the log's root is wanted.
  const snapshot = await checkSnapshot(options.snapshot, trust);
  const proven = snapshot instanceof Refusal ? undefined : snapshot;
  const entries = new EntryAuditor(trust, options.indexKeys ?? []);
  const log = await verifyLog(reader, key, {
    origin: trust.ledger,
    since: options.since,
    witnessPolicy: policy,
    rootAt: proven?.checkpoint.size,
    visit: (index, bytes) => entries.visit(index, bytes),
    progress: options.progress,
  });
  const witnesses = proven === undefined ? undefined : await judgeWitnesses(proven.note, policy);
  const finding = judge(log, entries, snapshot, witnesses);
  const orders = [...entries.restrictions.values()];
  return {
    finding,
    entries: log.size,
    ordersInForce: orders.filter(({ liftedAt }) => liftedAt === undefined).length,
    lifts: entries.lifts,
    governanceOrders: entries.governanceEntries.length,
    notInSnapshot:
      finding === undefined && proven !== undefined ? countMissing(proven, entries) : 0,
    seals: entries.seals.counts,
    index: entries.tags.counts,
    listed: entries.list.items,
    underOtherKeys: entries.list.underOtherKeys(),
    overdue: options.at === undefined ? [] : entries.seals.overdue(options.at),
    cosigned: log.cosigned,
  };
}

export { kSnapshotBytesMax };
