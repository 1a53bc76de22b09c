// SPDX-License-Identifier: Apache-2.0
// The file that gates read: orders in force and everything that proves them, and what of it is
// true under a trust file (I2, I3). docs/formats/snapshot.md.
import { readSignatures, type SignedOrder } from "./authority.ts";
import { type Bytes, fromUtf8, utf8 } from "./bytes.ts";
import { type Catalogue, parseCatalogue } from "./catalogue.ts";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";
import { type DigestHex, hashFromBase64, sha256Hex } from "./digest.ts";
import { type Entry, inForceOf } from "./entry.ts";
import { type Genesis, trustedEntry, trustedGenesis, type TrustRoot } from "./genesis.ts";
import { Governance } from "./governance.ts";
import { type Json, parseJson } from "./json.ts";
import { Members } from "./members.ts";
import { leafHash, verifyInclusion } from "./merkle.ts";
import { NoteVerifier } from "./note.ts";
import { parseOrder } from "./order.ts";
import { messageOf, refuse, within, withinAsync } from "./refusal.ts";
import { laterOf, parseTime } from "./time.ts";

export const kSnapshotBytesMax = 480 * 1024 * 1024;
const kPathMax = 64;
const kTrailerBytes = 1 + 64 + 1;

/** A ledger entry and its inclusion proof under the snapshot's checkpoint. */
export interface ProvenEntry {
  readonly bytes: Bytes;
  readonly index: number;
  readonly path: readonly Bytes[];
}

/** An order, what people signed, and the entry that put it in force. */
export interface ProvenOrder {
  readonly signed: SignedOrder;
  readonly entry: ProvenEntry;
}

interface GateSnapshot {
  readonly ledger: string;
  readonly checkpoint: Bytes;
  readonly genesis: ProvenEntry;
  readonly governance: readonly ProvenOrder[];
  readonly catalogues: readonly Json[];
  readonly restrictions: readonly ProvenOrder[];
}

export interface ProvenRestriction {
  readonly digest: DigestHex;
  readonly index: number;
}

/** What a snapshot proves. */
export interface VerifiedSnapshot {
  readonly checkpoint: Checkpoint;
  /** The checkpoint as a signed note, for judgeWitnesses(). */
  readonly note: Bytes;
  /** Indexes of the governance entries that it holds. */
  readonly governance: ReadonlySet<number>;
  /** In ledger order. */
  readonly restrictions: readonly ProvenRestriction[];
}

/** "restriction 0a1b2c3d4e5f": the prefix of the digest tells an order apart, no more. */
export function orderName(kind: string, digest: DigestHex): string {
  return `${kind} ${digest.slice(0, 12)}`;
}

export function parseProvenEntry(value: Json, where: string): ProvenEntry {
  const members = new Members(value, where);
  const index = members.integer("index");
  if (index < 0) members.refuse("index", "must not be negative");
  const path = members.strings("path");
  if (path.length > kPathMax) members.refuse("path", "not a list of at most 64 hashes");
  const entry: ProvenEntry = {
    bytes: utf8(members.string("bytes")),
    index,
    path: path.map((text) => hashFromBase64(text) ?? members.refuse("path", "not a hash")),
  };
  members.finish();
  return entry;
}

export function parseProvenOrders(members: Members, name: string): readonly ProvenOrder[] {
  return members.list(name).map((item, i) => parseProvenOrder(item, `${name}[${i}]`));
}

function parseProvenOrder(value: Json, where: string): ProvenOrder {
  const members = new Members(value, where);
  const text = members.string("order");
  const signatures = readSignatures(members);
  const entry = parseProvenEntry(members.object("entry"), members.path("entry"));
  members.finish();
  const order = within(members.path("order"), () => parseOrder(text));
  return { signed: { order, ...signatures }, entry };
}

/** The canonical JSON in front of the digest line; the digest finds damage and proves nothing. */
function checkedBody(bytes: Bytes): Bytes {
  if (bytes.length > kSnapshotBytesMax) refuse("snapshot: over 480 MiB");
  const length = bytes.length - kTrailerBytes;
  if (length < 0 || bytes.at(-1) !== 0x0a) refuse("snapshot: cut short (fetch it again)");
  const body = bytes.subarray(0, length);
  if (fromUtf8(bytes.subarray(length)) !== `\n${sha256Hex(body)}\n`) {
    refuse("snapshot: damaged, its digest does not fit (fetch it again)");
  }
  return body;
}

function parseSnapshot(bytes: Bytes): GateSnapshot {
  const document = parseJson(checkedBody(bytes), kSnapshotBytesMax);
  const members = new Members(document, "snapshot");
  members.version();
  if (parseTime(members.string("made_at")) === undefined) {
    members.refuse("made_at", "not an RFC 3339 time");
  }
  const snapshot: GateSnapshot = {
    ledger: members.string("ledger"),
    checkpoint: utf8(members.string("checkpoint")),
    genesis: parseProvenEntry(members.object("genesis"), "genesis"),
    governance: parseProvenOrders(members, "governance"),
    catalogues: members.list("catalogues"),
    restrictions: parseProvenOrders(members, "restrictions"),
  };
  members.finish();
  return snapshot;
}

async function trustedCheckpoint(note: Bytes, trust: TrustRoot): Promise<Checkpoint> {
  const key = within("trust.ledger_key", () => NoteVerifier.parse(trust.ledgerKey));
  const opened = await openCheckpoint(note, key, trust.ledger);
  return opened.kind === "opened" ? opened.checkpoint : refuse(`checkpoint (I2): ${opened.what}`);
}

export function provenEntry(proven: ProvenEntry, checkpoint: Checkpoint, trust: TrustRoot): Entry {
  const { size, root } = checkpoint;
  try {
    verifyInclusion(BigInt(proven.index), size, leafHash(proven.bytes), proven.path, root);
  } catch (error) {
    refuse(`its ledger entry is not under the signed checkpoint (I2): ${messageOf(error)}`);
  }
  return trustedEntry(proven.bytes, trust);
}

/** The founding, proven to be entry 0 under `checkpoint`. */
export function provenGenesis(
  proven: ProvenEntry,
  checkpoint: Checkpoint,
  trust: TrustRoot,
): Genesis {
  provenEntry(proven, checkpoint, trust);
  if (proven.index !== 0) refuse("not entry 0 (I2)");
  return trustedGenesis(proven.bytes, trust);
}

/** That the ledger put exactly this order in force (I3). */
export function provenInForce(
  { signed, entry: proven }: ProvenOrder,
  checkpoint: Checkpoint,
  trust: TrustRoot,
): Entry {
  const entry = provenEntry(proven, checkpoint, trust);
  inForceOf(entry, signed);
  return entry;
}

/** Works through the orders in ledger order, governance and restrictions merged, so that each is
 * judged by exactly the authority that stood before it. */
class SnapshotVerifier {
  private readonly checkpoint: Checkpoint;
  private readonly trust: TrustRoot;
  private readonly governance: Governance;
  private readonly catalogues: readonly Catalogue[];
  private readonly seen = new Set<DigestHex>();

  constructor(snapshot: GateSnapshot, trust: TrustRoot, checkpoint: Checkpoint) {
    this.trust = trust;
    this.checkpoint = checkpoint;
    const genesis = within("genesis", () => provenGenesis(snapshot.genesis, checkpoint, trust));
    this.governance = new Governance(genesis);
    this.catalogues = snapshot.catalogues.map(parseCatalogue);
  }

  async readOrders(snapshot: GateSnapshot): Promise<readonly ProvenRestriction[]> {
    const waiting = [...snapshot.restrictions].sort((a, b) => a.entry.index - b.entry.index);
    const restrictions = waiting.map(({ signed, entry }) => ({
      digest: signed.order.digest,
      index: entry.index,
    }));
    let latest = 0;
    for (const change of snapshot.governance) {
      await this.readRestrictions(waiting, change.entry.index);
      if (change.entry.index <= latest) refuse("governance: not in ledger order (I2)");
      latest = change.entry.index;
      const name = orderName("governance order", change.signed.order.digest);
      await withinAsync(name, () => this.readChange(change));
    }
    await this.readRestrictions(waiting, Infinity);
    return restrictions;
  }

  /** Takes those before `index` off the front of `waiting`. */
  private async readRestrictions(waiting: ProvenOrder[], index: number): Promise<void> {
    for (let next = waiting[0]; next !== undefined && next.entry.index < index; next = waiting[0]) {
      const proven = next;
      waiting.shift();
      const name = orderName("restriction", proven.signed.order.digest);
      await withinAsync(name, () => this.readRestriction(proven));
    }
  }

  private async readChange(proven: ProvenOrder): Promise<void> {
    await this.governance.apply(proven.signed, this.entryOf(proven).time);
  }

  private async readRestriction(proven: ProvenOrder): Promise<void> {
    const { order } = proven.signed;
    if (this.seen.has(order.digest)) refuse("stands twice (I3)");
    this.seen.add(order.digest);
    const entry = this.entryOf(proven);
    if (order.kind !== "restrict") return refuse("does not restrict (I3)");
    const pinned = order.restriction.catalogue;
    const catalogue =
      this.catalogues.find(({ digest }) => digest === pinned) ??
      refuse("the catalogue that it pins is not in the snapshot (I3)");
    const inForceAt = laterOf(entry.time, this.governance.latestChange);
    await this.governance.checkRestriction(proven.signed, catalogue, inForceAt);
  }

  private entryOf(proven: ProvenOrder): Entry {
    return provenInForce(proven, this.checkpoint, this.trust);
  }
}

/**
 * Refuses a snapshot of which anything is not proven from `trust`. What it cannot see is an entry
 * that the snapshot leaves out; auditLedger() holds it against the whole log for that. Witnesses
 * are not asked for: judgeWitnesses() does that with its note.
 */
export async function verifySnapshot(bytes: Bytes, trust: TrustRoot): Promise<VerifiedSnapshot> {
  const snapshot = parseSnapshot(bytes);
  if (snapshot.ledger !== trust.ledger) {
    refuse("the snapshot is of another ledger than the trust file (I2)");
  }
  const checkpoint = await trustedCheckpoint(snapshot.checkpoint, trust);
  const verifier = new SnapshotVerifier(snapshot, trust, checkpoint);
  return {
    checkpoint,
    note: snapshot.checkpoint,
    restrictions: await verifier.readOrders(snapshot),
    governance: new Set(snapshot.governance.map(({ entry }) => entry.index)),
  };
}
