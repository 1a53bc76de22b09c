// SPDX-License-Identifier: Apache-2.0
// What a ledger leaf says. docs/formats/entry.md.
import { readSignatures, type Signature, type SignedOrder } from "./authority.ts";
import { type Bytes, fromUtf8, utf8 } from "./bytes.ts";
import { type DigestHex } from "./digest.ts";
import { isAboutCustomer, kAbout, tagOf } from "./index_tag.ts";
import { canonicalJson, type JsonObject, parseJson } from "./json.ts";
import { Members } from "./members.ts";
import { type Order, orderFromJson, type OrderKind, parseOrderKind } from "./order.ts";
import { refuse } from "./refusal.ts";
import { kEntryBytesMax } from "./tiles.ts";
import { laterOf, parseCanonicalTime, type Time } from "./time.ts";

/** After an order's first effect, what was sealed about it is due. In nanoseconds. */
const kOpenWithin = 90n * 86_400n * 1_000_000_000n;

/** One state change as everyone may read it. */
export interface Entry {
  readonly id: string;
  readonly kind: string;
  readonly ledger: string;
  readonly time: Time;
  readonly publicPart: JsonObject;
  readonly privateCommitment: DigestHex;
}

export function parseEntry(bytes: Bytes): Entry {
  const document = parseJson(bytes, kEntryBytesMax);
  const members = new Members(document, "entry");
  members.version();
  const entry: Entry = {
    id: members.string("entry"),
    kind: members.string("kind"),
    ledger: members.string("ledger"),
    time:
      parseCanonicalTime(members.string("time")) ??
      members.refuse("time", "not a time as 2026-11-23T12:00:00Z"),
    publicPart: members.object("public"),
    privateCommitment: members.digest("private"),
  };
  members.finish();
  if (canonicalJson(document) !== fromUtf8(bytes)) {
    refuse("entry: not canonical JSON (RFC 8785)");
  }
  return entry;
}

/** What was sealed before an order came into force: how much, and by when it will be open. */
export interface OrderSeals {
  readonly count: number;
  readonly openBy: Time;
}

/** The public part of an `order-in-force` entry. */
export type InForce =
  | {
      readonly kind: OrderKind;
      readonly digest: DigestHex;
      readonly signed: SignedOrder;
      readonly emergency: boolean;
      readonly seals: OrderSeals | undefined;
    }
  | {
      /** A restriction shows only its digest and signatures: who is cut is not told (I11). */
      readonly kind: "restrict";
      readonly digest: DigestHex;
      readonly signed: undefined;
      readonly proposal: Signature | undefined;
      readonly approvals: readonly Signature[];
      readonly emergency: boolean;
      readonly seals: OrderSeals | undefined;
    };

/** Whether the entry says that its order is an emergency: there only where it is true. */
function readEmergency(members: Members, kind: OrderKind): boolean {
  const value = members.optional("emergency");
  if (value !== undefined && (value !== true || kind !== "restrict")) {
    members.refuse("emergency", "must be true and of a restriction, or not be there");
  }
  return value === true;
}

function readSeals(members: Members, kind: OrderKind): OrderSeals | undefined {
  const value = members.optional("seals");
  if (value === undefined) return undefined;
  if (kind !== "restrict") members.refuse("seals", "only a restriction has some");
  const seals = new Members(value, members.path("seals"));
  const count = seals.integer("count");
  if (count < 1) seals.refuse("count", "must be 1 or more");
  const openBy =
    parseCanonicalTime(seals.string("open_by")) ??
    seals.refuse("open_by", "not a time as 2026-11-23T12:00:00Z");
  seals.finish();
  return { count, openBy };
}

/** Refuses a document that is not the order named, and a lift or change without one. */
export function parseInForce(publicPart: JsonObject): InForce {
  const members = new Members(publicPart, "public");
  const digest = members.digest("order");
  const kind = parseOrderKind(members.string("kind"));
  if (kind === undefined) return members.refuse("kind", "no such kind of order");
  const signatures = readSignatures(members);
  const document = members.optional("document") ?? null;
  const emergency = readEmergency(members, kind);
  const seals = readSeals(members, kind);
  members.optional(kAbout);
  members.finish();
  if (tagOf(publicPart) !== undefined && !isAboutCustomer(kind)) {
    refuse("public.about: the order is about no customer");
  }
  if (document === null) {
    if (kind !== "restrict") return refuse("public.document: missing");
    return { kind, digest, signed: undefined, ...signatures, emergency, seals };
  }
  const order = orderFromJson(document, utf8(canonicalJson(document)));
  if (order.digest !== digest || order.kind !== kind) {
    refuse("public.document: is not the order that the entry names (I3)");
  }
  return { kind, digest, signed: { order, ...signatures }, emergency, seals };
}

/** The first effect is the first stage's, but never before the order is in force. */
function promisesInTime(entry: Entry, order: Order, { seals }: InForce): boolean {
  if (seals === undefined || order.kind !== "restrict") return true;
  return seals.openBy <= laterOf(entry.time, order.restriction.stages[0].from) + kOpenWithin;
}

/** What the entry says; refuses unless it put exactly this order in force (I3). */
export function inForceOf(entry: Entry, { order }: SignedOrder): InForce {
  if (entry.kind !== "order-in-force") {
    refuse("the ledger entry does not put an order in force (I2)");
  }
  const inForce = parseInForce(entry.publicPart);
  if (inForce.digest !== order.digest || inForce.kind !== order.kind) {
    refuse("the ledger entry puts another order in force (I3)");
  }
  const isEmergency = order.kind === "restrict" && order.restriction.emergency;
  if (inForce.emergency !== isEmergency) {
    refuse("the ledger entry does not say truly whether it is an emergency");
  }
  if (!promisesInTime(entry, order, inForce)) {
    refuse("the ledger entry keeps sealed for more than 90 days what led to the order");
  }
  return inForce;
}
