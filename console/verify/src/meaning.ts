// SPDX-License-Identifier: Apache-2.0
// What each error class means for whoever reads it: docs/formats/verdicts.md, and the texts of
// src/verify/meaning.cc.
const kMeanings: ReadonlyMap<string, string> = new Map([
  ["bundle", "this is no order bundle, or it was damaged on its way"],
  ["bundle-format", "entries that the log signed were cut or changed"],
  ["checkpoint-format", "the log's newest statement about itself cannot be read"],
  ["checkpoint-missing", "there is no log here"],
  ["checkpoint-origin", "the log's key signed it, but for another log"],
  [
    "checkpoint-signature",
    "the log's key did not sign it: it is another log's, a forgery, or damaged",
  ],
  [
    "cosignature",
    "a line of a witness that the policy names is not its signature: forged, or damaged",
  ],
  ["earlier-format", "the earlier checkpoint cannot be read"],
  ["earlier-origin", "the earlier checkpoint is another log's"],
  ["earlier-signature", "the log's key did not sign the earlier checkpoint"],
  ["entry", "what the log holds is no entry of this ledger, or not of what it is shown with"],
  ["fork", "the log's key signed two histories: somebody was shown another log than you"],
  [
    "governance",
    "who decides, or by which documents, was changed without the approvals that it takes",
  ],
  ["inclusion", "what is shown is not in the log that was signed"],
  [
    "index",
    "a customer's entries can be kept from it: one has no mark of its own, or the index of them " +
      "is not what the log holds",
  ],
  ["later-format", "the later checkpoint cannot be read"],
  ["later-origin", "the later checkpoint is another log's"],
  ["later-signature", "the log's key did not sign the later checkpoint"],
  ["leaf-hash", "a file was changed or damaged after it was written"],
  ["list", "this is no customer's list, or it was damaged on its way"],
  ["missing", "entries that the log signed are not there"],
  [
    "order",
    "the order does not have the approvals that it takes, or is not what it says of itself",
  ],
  ["proof", "this is no tlog-proof, or it was damaged on its way"],
  [
    "quorum",
    "too few of the witnesses that you ask for have seen this log: " +
      "it may not be the one that others see",
  ],
  ["rollback", "the log is shorter than it was: entries were taken away"],
  ["root", "the log's key signed another history than the files hold"],
  [
    "seal",
    "a sealed entry is shown as something else than was sealed, twice, or without a due time",
  ],
  ["since-format", "the checkpoint that you kept cannot be read"],
  ["since-origin", "the checkpoint that you kept is another log's"],
  ["since-signature", "the log's key did not sign the checkpoint that you kept"],
  ["snapshot", "the snapshot proves less than a gate asks for, or leaves something out"],
  ["tile-hash", "a file was changed or damaged after it was written"],
  ["tile-missing", "a file of hashes that the log's size asks for is not there"],
  ["tile-size", "a file of hashes was cut or changed"],
  ["tiles", "the log's files do not lead from one checkpoint to the other"],
  ["trust", "this is not the ledger that the trust file names"],
  ["unreadable", "disk or network failed: it says nothing about the log, try again"],
]);

/** Empty for a class that there is not. */
export function meaningOf(errorClass: string): string {
  return kMeanings.get(errorClass) ?? "";
}
