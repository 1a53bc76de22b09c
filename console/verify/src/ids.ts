// SPDX-License-Identifier: Apache-2.0
import { utf8 } from "./bytes.ts";

const kIdBytesMax = 256;
const kControl = new RegExp("[\\u0000-\\u001F\\u007F]");

/** The provider's own strings: 1 to 256 bytes of UTF-8 without control characters. */
export function isValidId(text: string): boolean {
  if (text === "" || text.length > kIdBytesMax || kControl.test(text)) return false;
  return utf8(text).length <= kIdBytesMax;
}
