// SPDX-License-Identifier: Apache-2.0
// Whether enough witnesses cosigned a checkpoint, and by when. docs/formats/witness.md.
import { type Bytes } from "./bytes.ts";
import { type Cosignature, verifyCosignatures } from "./cosignature.ts";
import { parseNote } from "./note.ts";
import { messageOf } from "./refusal.ts";
import { formatTime } from "./time.ts";
import { type WitnessPolicy } from "./witness_policy.ts";

export interface Cosigned {
  /** The policy's names of those who cosigned, in its order; empty without a policy. */
  readonly names: readonly string[];
  /** Unix seconds, as the witnesses tell: by then enough of them had cosigned. Undefined where
   * nobody is needed. */
  readonly byWhen: bigint | undefined;
}

export const kNobodyAsked: Cosigned = { names: [], byWhen: undefined };

export type JudgedWitnesses =
  | { readonly kind: "cosigned"; readonly cosigned: Cosigned }
  | {
      readonly kind: "wrong";
      readonly errorClass: "cosignature" | "quorum";
      readonly detail: string;
    };

/** With which of them, one after the other in time, it was enough. */
function byWhen(cosignatures: readonly Cosignature[], policy: WitnessPolicy): bigint | undefined {
  if (policy.isSatisfiedBy([])) return undefined;
  const inTime = [...cosignatures].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  const last = inTime.findIndex((_, at) =>
    policy.isSatisfiedBy(inTime.slice(0, at + 1).map(({ cosigner }) => cosigner)),
  );
  return inTime[last]?.time;
}

/** The note's own signature by the log is not looked at: openCheckpoint() does that. */
export async function judgeWitnesses(
  note: Bytes,
  policy: WitnessPolicy | undefined,
): Promise<JudgedWitnesses> {
  if (policy === undefined) return { kind: "cosigned", cosigned: kNobodyAsked };
  const { witnesses } = policy;
  let cosignatures: readonly Cosignature[];
  try {
    const keys = witnesses.map(({ key }) => key);
    cosignatures = await verifyCosignatures(parseNote(note), keys);
  } catch (error) {
    return { kind: "wrong", errorClass: "cosignature", detail: messageOf(error) };
  }
  const cosigners = cosignatures.map(({ cosigner }) => cosigner);
  const names = cosigners.flatMap((index) => witnesses[index]?.name ?? []);
  if (policy.isSatisfiedBy(cosigners)) {
    return { kind: "cosigned", cosigned: { names, byWhen: byWhen(cosignatures, policy) } };
  }
  const told = names.length === 0 ? "none" : names.join(", ");
  const detail = `${told} of ${witnesses.length} witnesses cosigned, which is not enough`;
  return { kind: "wrong", errorClass: "quorum", detail };
}

/** The last second that nanoseconds since 1970 can hold in 63 bits: a later one is not told. */
const kLastSecond = 9_223_372_036n;

/** As documents write it; undefined where there is none to tell. */
export function cosignedAt({ byWhen: time }: Cosigned): string | undefined {
  if (time === undefined || time > kLastSecond) return undefined;
  return formatTime(time * 1_000_000_000n);
}
