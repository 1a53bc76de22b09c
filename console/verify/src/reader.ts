// SPDX-License-Identifier: Apache-2.0
import { type Bytes } from "./bytes.ts";

/** What became of reading a file. `failed` says nothing about the log: the way to it broke. */
export type ReadOutcome =
  | { readonly kind: "bytes"; readonly bytes: Bytes }
  | { readonly kind: "missing" }
  | { readonly kind: "too-long" }
  | { readonly kind: "failed"; readonly what: string };

/**
 * The public read interface of a log and nothing else: the files below its public folder
 * (`checkpoint`, `tile/...`). Never rejects.
 */
export interface Reader {
  /** How many bundles, each with its tile, may be asked for before they are needed. */
  readonly readsAhead: number;
  /** `path` below the log's folder. "too-long" where it has more than `bytesMax` bytes. */
  read(path: string, bytesMax: number): Promise<ReadOutcome>;
}

/** The same log, found in the folder `folder` of what `reader` reads. */
export function readerBelow(reader: Reader, folder: string): Reader {
  return {
    readsAhead: reader.readsAhead,
    read: (path, bytesMax) => reader.read(`${folder}/${path}`, bytesMax),
  };
}
