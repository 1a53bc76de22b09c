// SPDX-License-Identifier: Apache-2.0
// What a page or another program uses. Nothing here needs Node.
export {
  type AuditErrorClass,
  type AuditFinding,
  auditLedger,
  type AuditOptions,
  type AuditReport,
} from "./audit_ledger.ts";
export { type Bytes, fromBase64, fromHex, fromUtf8, toBase64, toHex, utf8 } from "./bytes.ts";
export { type Checkpoint, openCheckpoint, type OpenedCheckpoint } from "./checkpoint.ts";
export { CosignerKey } from "./cosignature.ts";
export {
  type Cosigned,
  cosignedAt,
  type JudgedWitnesses,
  judgeWitnesses,
} from "./cosigned.ts";
export {
  type ListErrorClass,
  listInWords,
  type ListReport,
  type ProvenList,
  verifyCustomerList,
} from "./customer_list.ts";
export { sha256, sha256Hex } from "./digest.ts";
export { checkDisclosure, commitmentOf } from "./disclosure.ts";
export { parseTrust, type TrustRoot } from "./genesis.ts";
export { openHttpLog } from "./http_reader.ts";
export { entryInWords, type ListedItem, parseIndexKeys } from "./list_scan.ts";
export { meaningOf } from "./meaning.ts";
export { leafHash, verifyConsistency, verifyInclusion } from "./merkle.ts";
export { NoteVerifier } from "./note.ts";
export {
  type BundleErrorClass,
  type BundleFinding,
  bundleInWords,
  type BundleReport,
  type ProvenBundle,
  verifyOrderBundle,
} from "./order_bundle.ts";
export { orderInWords } from "./order_words.ts";
export { parseTlogProof, type TlogProof, verifyTlogProof } from "./proof.ts";
export { type Reader, type ReadOutcome } from "./reader.ts";
export { Refusal } from "./refusal.ts";
export { verifySnapshot, type VerifiedSnapshot } from "./snapshot.ts";
export { trustedPolicy } from "./trusted_policy.ts";
export { type GrowthErrorClass, type GrowthReport, verifyGrowth } from "./verify_growth.ts";
export {
  type EntryVisitor,
  type Finding,
  type LogErrorClass,
  type LogReport,
  verifyLog,
  type VerifyLogOptions,
} from "./verify_log.ts";
export { WitnessPolicy } from "./witness_policy.ts";
