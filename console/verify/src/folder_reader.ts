// SPDX-License-Identifier: Apache-2.0
// A log in a folder. Node only; index.ts does not export it.
import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";

import { type Bytes } from "./bytes.ts";
import { type Reader, type ReadOutcome } from "./reader.ts";

function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") {
    return error.code;
  }
  throw error;
}

/** Of an open file, `size` bytes, or fewer where it has become shorter. */
function readAll(descriptor: number, size: number): Bytes {
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const more = readSync(descriptor, bytes, length, size - length, null);
    if (more === 0) break;
    length += more;
  }
  return bytes.subarray(0, length);
}

/** Reads `path`; blocks, since a disk is quicker than waiting for it. */
export function readFileWithin(path: string, bytesMax: number): ReadOutcome {
  try {
    const descriptor = openSync(path, "r");
    try {
      const status = fstatSync(descriptor);
      if (status.isDirectory()) return { kind: "failed", what: `${path}: is a folder` };
      if (status.size > bytesMax) return { kind: "too-long" };
      return { kind: "bytes", bytes: readAll(descriptor, status.size) };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "missing" };
    return { kind: "failed", what: `${path}: ${code}` };
  }
}

/** The public folder of a log: `folder` if it has a checkpoint or tiles, else its folder `log`. */
export function openFolderLog(folder: string): Reader {
  const isPublic = ["checkpoint", "tile"].some((name) => existsSync(join(folder, name)));
  const below = join(folder, "log");
  const root = !isPublic && existsSync(below) ? below : folder;
  return {
    readsAhead: 1,
    read: (path, bytesMax) => Promise.resolve(readFileWithin(join(root, path), bytesMax)),
  };
}
