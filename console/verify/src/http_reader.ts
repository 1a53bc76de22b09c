// SPDX-License-Identifier: Apache-2.0
// A log on any static web server, by fetch: the same code under Node and in a browser.
import { type Bytes, concatBytes } from "./bytes.ts";
import { kNoteBytesMax } from "./note.ts";
import { type Reader, readerBelow, type ReadOutcome } from "./reader.ts";
import { refuse } from "./refusal.ts";

const kReadsAhead = 8;
const kTries = 3;
const kPauseMs = 250;
/** For one file, tries and pauses together. */
const kFileMs = 60_000;

/** The body as far as `bytesMax`; undefined where there is more. A server need not tell its length
 * truly, and compression hides it, so what arrives is counted. */
async function readBody(response: Response, bytesMax: number): Promise<Bytes | undefined> {
  if (response.body === null) return new Uint8Array(0);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return concatBytes(...chunks);
    length += value.length;
    if (length > bytesMax) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(value);
  }
}

type Try = ReadOutcome | { readonly kind: "again"; readonly what: string };

class HttpReader implements Reader {
  readonly readsAhead = kReadsAhead;
  private readonly base: URL;
  private readonly fileMs: number;

  constructor(base: URL, fileMs: number) {
    this.base = base;
    this.fileMs = fileMs;
  }

  async read(path: string, bytesMax: number): Promise<ReadOutcome> {
    let what = "";
    const end = AbortSignal.timeout(this.fileMs);
    for (let tries = 0; tries < kTries && !end.aborted; ++tries) {
      if (tries > 0) await new Promise((resolve) => setTimeout(resolve, kPauseMs * tries));
      const outcome = await this.once(path, bytesMax, end);
      if (outcome.kind !== "again") return outcome;
      what = outcome.what;
    }
    return { kind: "failed", what };
  }

  private async once(path: string, bytesMax: number, end: AbortSignal): Promise<Try> {
    try {
      const response = await fetch(new URL(path, this.base), {
        signal: end,
        credentials: "omit",
        referrerPolicy: "no-referrer",
        redirect: "manual", // who serves a log does not choose what else is read
        cache: path.includes("tile/") ? "default" : "no-store",
      });
      if (response.status === 200) {
        const bytes = await readBody(response, bytesMax);
        return bytes === undefined ? { kind: "too-long" } : { kind: "bytes", bytes };
      }
      await response.body?.cancel();
      if (response.status === 404 || response.status === 410) return { kind: "missing" };
      // A browser tells nothing of a redirection but that it is one.
      if (response.type === "opaqueredirect" || Math.floor(response.status / 100) === 3) {
        const what = "the server redirects, which is not followed (give the log's own URL)";
        return { kind: "failed", what };
      }
      const what = `the server answers ${response.status}`;
      const passing = response.status === 429 || response.status >= 500;
      return { kind: passing ? "again" : "failed", what };
    } catch (error) {
      return { kind: "again", what: reasonOf(error) };
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "the request failed";
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/**
 * A log below `url`, or below its folder `log` where `url` is that of a whole ledger folder.
 * Refuses what is no http or https URL. A file that is not there within `fileMs` cannot be read.
 */
export async function openHttpLog(url: string, fileMs = kFileMs): Promise<Reader> {
  const base = URL.canParse(url) ? new URL(url) : refuse(`${url}: not a URL`);
  if (base.protocol !== "https:" && base.protocol !== "http:") refuse(`${url}: not http or https`);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  base.search = "";
  base.hash = "";
  const reader = new HttpReader(base, fileMs);
  const here = await reader.read("checkpoint", kNoteBytesMax);
  if (here.kind !== "missing") return reader;
  const below = readerBelow(reader, "log");
  return (await below.read("checkpoint", kNoteBytesMax)).kind === "missing" ? reader : below;
}
