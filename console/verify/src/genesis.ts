// SPDX-License-Identifier: Apache-2.0
// The founding, and the trust file that names it. docs/formats/entry.md, trust.md.
import { type Authority, checkAuthority } from "./authority.ts";
import { type Bytes, utf8 } from "./bytes.ts";
import { type DigestHex, sha256Hex } from "./digest.ts";
import { type Entry, parseEntry } from "./entry.ts";
import { type Json, parseJson } from "./json.ts";
import { Members } from "./members.ts";
import { parsePolicy } from "./policy.ts";
import { refuse } from "./refusal.ts";
import { parseRoster } from "./roster.ts";
import { parseTime, type Time } from "./time.ts";

/** The ledger's first entry: everything else is trusted because it chains from here. */
export interface Genesis {
  readonly ledger: string;
  readonly ledgerKey: string;
  readonly sealedAt: Time;
  readonly authority: Authority;
  readonly catalogue: DigestHex;
}

/** What a verifier is given by hand. Nothing in a log or snapshot can vouch for itself. */
export interface TrustRoot {
  readonly ledger: string;
  readonly ledgerKey: string;
  /** SHA-256 of the genesis entry's bytes. */
  readonly genesis: DigestHex;
  /** Text of a witness policy, each line ended by a line feed; empty: no witness is asked for.
   * Not judged here: trustedPolicy() does. */
  readonly witnesses: string;
}

/** That of a policy file. */
const kWitnessesBytesMax = 65_536;

function readWitnesses(members: Members): string {
  const lines = members.strings("witnesses");
  if (lines.some((line) => line.includes("\n"))) {
    members.refuse("witnesses", "a line feed in one of the policy's lines");
  }
  const text = lines.map((line) => `${line}\n`).join("");
  if (utf8(text).length > kWitnessesBytesMax) {
    members.refuse("witnesses", "longer than 65,536 bytes");
  }
  return text;
}

function genesisFromJson(document: Json): Genesis {
  const members = new Members(document, "genesis");
  members.version();
  members.string("nonce");
  // For the record: what is asked for stands in the trust file, so that witnesses can be replaced.
  readWitnesses(members);
  for (const name of ["field_policy", "rulebook", "terms"]) members.digest(name);
  const authority: Authority = {
    roster: parseRoster(members.list("roster")),
    policy: parsePolicy(members.object("policy")),
  };
  const genesis: Genesis = {
    ledger: members.string("ledger"),
    ledgerKey: members.string("ledger_key"),
    sealedAt:
      parseTime(members.string("sealed_at")) ??
      members.refuse("sealed_at", "not an RFC 3339 time"),
    authority,
    catalogue: members.digest("catalogue"),
  };
  members.finish();
  checkAuthority(authority);
  return genesis;
}

export function parseTrust(bytes: Bytes): TrustRoot {
  const members = new Members(parseJson(bytes), "trust");
  members.version();
  const trust: TrustRoot = {
    ledger: members.string("ledger"),
    ledgerKey: members.string("ledger_key"),
    genesis: members.digest("genesis"),
    witnesses: readWitnesses(members),
  };
  members.finish();
  if (trust.ledger === "") members.refuse("ledger", "empty (a log has an origin)");
  return trust;
}

/** Parses a leaf and holds its ledger's name against the trusted one. */
export function trustedEntry(bytes: Bytes, trust: TrustRoot): Entry {
  const entry = parseEntry(bytes);
  if (entry.ledger !== trust.ledger) refuse("the ledger entry belongs to another ledger (I2)");
  return entry;
}

/** The founding: the trusted digest, of kind genesis, naming the trusted ledger and key. */
export function trustedGenesis(bytes: Bytes, trust: TrustRoot): Genesis {
  if (sha256Hex(bytes) !== trust.genesis) {
    refuse("not the founding that the trust file names (I2)");
  }
  const entry = trustedEntry(bytes, trust);
  if (entry.kind !== "genesis") refuse("the trusted entry is no genesis (I2)");
  const genesis = genesisFromJson(entry.publicPart);
  if (genesis.ledger !== trust.ledger || genesis.ledgerKey !== trust.ledgerKey) {
    refuse("the genesis names another ledger or ledger key (I2)");
  }
  return genesis;
}
