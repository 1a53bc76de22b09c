// SPDX-License-Identifier: Apache-2.0
// What a ledger leaf says. docs/formats/entry.md.
import { readSignatures, type Signature, type SignedOrder } from "./authority.ts";
import { type Bytes, fromUtf8, utf8 } from "./bytes.ts";
import { type DigestHex } from "./digest.ts";
import { canonicalJson, type JsonObject, parseJson } from "./json.ts";
import { Members } from "./members.ts";
import { orderFromJson, type OrderKind, parseOrderKind } from "./order.ts";
import { refuse } from "./refusal.ts";
import { kEntryBytesMax } from "./tiles.ts";
import { parseCanonicalTime, type Time } from "./time.ts";

/** One state change as everyone may read it. */
export interface Entry {
  readonly id: string;
  readonly kind: string;
  readonly ledger: string;
  readonly time: Time;
  readonly publicPart: JsonObject;
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
  };
  members.digest("private");
  members.finish();
  if (canonicalJson(document) !== fromUtf8(bytes)) {
    refuse("entry: not canonical JSON (RFC 8785)");
  }
  return entry;
}

/** The public part of an `order-in-force` entry. */
export type InForce =
  | {
      readonly kind: OrderKind;
      readonly digest: DigestHex;
      readonly signed: SignedOrder;
      readonly emergency: boolean;
    }
  | {
      /** A restriction shows only its digest and signatures: who is cut is not told (I11). */
      readonly kind: "restrict";
      readonly digest: DigestHex;
      readonly signed: undefined;
      readonly proposal: Signature | undefined;
      readonly approvals: readonly Signature[];
      readonly emergency: boolean;
    };

/** Whether the entry says that its order is an emergency: there only where it is true. */
function readEmergency(members: Members, kind: OrderKind): boolean {
  const value = members.optional("emergency");
  if (value !== undefined && (value !== true || kind !== "restrict")) {
    members.refuse("emergency", "must be true and of a restriction, or not be there");
  }
  return value === true;
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
  members.finish();
  if (document === null) {
    if (kind !== "restrict") return refuse("public.document: missing");
    return { kind, digest, signed: undefined, ...signatures, emergency };
  }
  const order = orderFromJson(document, utf8(canonicalJson(document)));
  if (order.digest !== digest || order.kind !== kind) {
    refuse("public.document: is not the order that the entry names (I3)");
  }
  return { kind, digest, signed: { order, ...signatures }, emergency };
}

/** Refuses unless this entry put exactly this order in force (I3). */
export function checkInForceEntry(entry: Entry, { order }: SignedOrder): void {
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
}
