// SPDX-License-Identifier: Apache-2.0
// Who could decide, and which catalogues held, at each time since the founding: built from the
// genesis and every governance order in ledger order (I2, I10).
import {
  type Authority,
  checkAuthority,
  checkEnough,
  type SignedOrder,
  type Standing,
} from "./authority.ts";
import { type Catalogue } from "./catalogue.ts";
import { type DigestHex } from "./digest.ts";
import { type Genesis } from "./genesis.ts";
import { type Json } from "./json.ts";
import { Members } from "./members.ts";
import { type ChangeOrder, closesExport } from "./order.ts";
import { parsePolicy } from "./policy.ts";
import { refuse } from "./refusal.ts";
import { parseRoster } from "./roster.ts";
import { laterOf, type Time, unixSeconds } from "./time.ts";

interface Step {
  readonly from: Time;
  readonly authority: Authority;
}

function changedDocument(change: Json): DigestHex {
  const members = new Members(change, "change");
  const digest = members.digest("digest");
  members.finish();
  return digest;
}

function changedAuthority(order: ChangeOrder, authority: Authority): Authority {
  switch (order.kind) {
    case "roster":
      return { ...authority, roster: parseRoster(order.change) };
    case "policy":
      return { ...authority, policy: parsePolicy(order.change) };
    case "catalogue":
    case "field-policy":
    case "rulebook":
    case "terms":
      changedDocument(order.change);
      return authority;
  }
}

const kDecisionSecondsMax = 30n * 86_400n;

/** Whoever signed did so under what was known then: approvals expire. A lift does not (I5). */
function checkInTime({ order }: SignedOrder, inForceAt: Time): void {
  if (unixSeconds(inForceAt) - unixSeconds(order.proposedAt) > kDecisionSecondsMax) {
    refuse("the approvals have expired: the order was proposed more than 30 days before");
  }
}

export class Governance {
  readonly ledger: string;
  private readonly founding: Step;
  private readonly steps: Step[] = [];
  private readonly applied = new Set<DigestHex>();
  private readonly catalogues: Set<DigestHex>;

  constructor(genesis: Genesis) {
    this.ledger = genesis.ledger;
    this.founding = { from: genesis.sealedAt, authority: genesis.authority };
    this.catalogues = new Set([genesis.catalogue]);
  }

  private latest(): Step {
    return this.steps.at(-1) ?? this.founding;
  }

  /** When the latest change came into force; the founding's time where there was none. */
  get latestChange(): Time {
    return this.latest().from;
  }

  /** What held at `time`; before the founding, the founding's. */
  authorityAt(time: Time): Authority {
    return (this.steps.findLast((step) => step.from <= time) ?? this.founding).authority;
  }

  /** Applies an order that came into force at `time`, judged by the authority until then. */
  async apply(signed: SignedOrder, time: Time): Promise<Standing> {
    const { order } = signed;
    this.checkLedger(signed);
    if (this.applied.has(order.digest)) refuse("the order was put in force before (I2)");
    const { authority } = this.latest();
    const standing = await checkEnough(signed, authority);
    checkInTime(signed, time);
    if (!("change" in order)) return refuse("not a governance order");
    const next = changedAuthority(order, authority);
    checkAuthority(next);
    if (order.kind === "catalogue") this.catalogues.add(changedDocument(order.change));
    this.steps.push({ from: laterOf(time, this.latestChange), authority: next });
    this.applied.add(order.digest);
    return standing;
  }

  /** A restriction: its catalogue, the truth about the export, enough approvals. */
  async checkRestriction(
    signed: SignedOrder,
    catalogue: Catalogue,
    time: Time,
  ): Promise<Standing> {
    const { order } = signed;
    if (order.kind !== "restrict") return refuse("not a restrict order");
    this.checkLedger(signed);
    if (order.restriction.catalogue !== catalogue.digest) {
      refuse("the catalogue is not the one that the order pins (I3)");
    }
    if (!this.catalogues.has(catalogue.digest)) {
      refuse("the order pins a catalogue that no order ever put in force (I3)");
    }
    if (order.restriction.closesExport !== closesExport(order.restriction, catalogue)) {
      refuse("the order does not say that it closes the export (I6)");
    }
    checkInTime(signed, time);
    return checkEnough(signed, this.authorityAt(time));
  }

  /** A lift: of this ledger, with enough approvals (I5). Returns the order that it ends. */
  async checkLift(signed: SignedOrder, time: Time): Promise<DigestHex> {
    if (signed.order.kind !== "lift") return refuse("not a lift");
    await this.judgeLift(signed, time);
    return signed.order.lifts;
  }

  /** The same; returns by how many it was approved. */
  async judgeLift(signed: SignedOrder, time: Time): Promise<Standing> {
    this.checkLedger(signed);
    return checkEnough(signed, this.authorityAt(time));
  }

  private checkLedger({ order }: SignedOrder): void {
    if (order.ledger !== this.ledger) refuse("the order belongs to another ledger (I2)");
  }
}
