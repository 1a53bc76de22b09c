// SPDX-License-Identifier: Apache-2.0
// Whose cosignatures a checkpoint must have, by the trust file (I2).
import { type Bytes, utf8 } from "./bytes.ts";
import { type TrustRoot } from "./genesis.ts";
import { NoteVerifier } from "./note.ts";
import { messageOf, refuse } from "./refusal.ts";
import { WitnessPolicy } from "./witness_policy.ts";

/** Undefined where the key cannot be read: that is for whoever judges to report. */
export function keyOf(trust: TrustRoot): NoteVerifier | undefined {
  try {
    return NoteVerifier.parse(trust.ledgerKey);
  } catch (error) {
    messageOf(error);
    return undefined;
  }
}

/**
 * A policy given by hand for this log, which it has to name if it names any: a wrong file must not
 * judge a log.
 */
export function policyFor(
  name: string,
  bytes: Bytes,
  log: NoteVerifier | undefined,
): WitnessPolicy {
  const policy = WitnessPolicy.parse(name, bytes);
  if (log !== undefined && !policy.covers(log)) {
    refuse(`${name}: this witness policy is for other logs`);
  }
  return policy;
}

/** The trust file's witness policy; undefined where it asks for no witness. */
export function trustedPolicy(trust: TrustRoot): WitnessPolicy | undefined {
  if (trust.witnesses === "") return undefined;
  return policyFor("trust.witnesses", utf8(trust.witnesses), keyOf(trust));
}
