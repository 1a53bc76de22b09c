// SPDX-License-Identifier: Apache-2.0
// Web servers, also such as misbehave. Loopback only.
import { strict as assert } from "node:assert";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { type Bytes, utf8 } from "../src/bytes.ts";
import { run } from "../src/command.ts";
import { openHttpLog } from "../src/http_reader.ts";
import { NoteVerifier } from "../src/note.ts";
import { Refusal } from "../src/refusal.ts";
import { type LogReport, verifyLog } from "../src/verify_log.ts";
import { LogKey, logFiles } from "./tools/log_writer.ts";

const key = LogKey.make("log.example.com/terms");
const entries = Array.from({ length: 600 }, (_, i) => utf8(`entry ${i}`));
const files = logFiles(entries, key);

type Handler = (path: string, response: ServerResponse, request: IncomingMessage) => void;

/** Serves by `handler` while `body` runs with the server's address. */
async function serving<T>(handler: Handler, body: (url: string) => Promise<T>): Promise<T> {
  const server = createServer((request, response) => {
    handler((request.url ?? "/").slice(1), response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = server.address() as AddressInfo;
    return await body(`http://127.0.0.1:${port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function send(response: ServerResponse, bytes: Bytes | undefined): void {
  if (bytes === undefined) response.statusCode = 404;
  response.end(bytes ?? "no such file");
}

async function judge(url: string): Promise<LogReport> {
  return verifyLog(await openHttpLog(url), NoteVerifier.parse(key.vkey()));
}

/** "OK" or "CLASS at WHERE". */
async function fate(handler: Handler): Promise<string> {
  const { finding } = await serving(handler, judge);
  return finding === undefined ? "OK" : `${finding.errorClass} at ${finding.where}`;
}

test("a log on a web server, at its root and below", async () => {
  assert.equal(await fate((path, response) => { send(response, files.get(path)); }), "OK");
  const below = (path: string, response: ServerResponse): void => {
    send(response, path.startsWith("a/b/log/") ? files.get(path.slice(8)) : undefined);
  };
  const inFolder = await serving(below, (url) => judge(`${url}/a/b?x#y`));
  assert.equal(inFolder.finding, undefined);
  assert.equal(inFolder.size, 600n);
});

test("files that are not there are missing", async () => {
  const without = (gone: string): Handler => (path, response) => {
    send(response, path === gone ? undefined : files.get(path));
  };
  assert.equal(await fate(without("checkpoint")), "checkpoint-missing at checkpoint");
  assert.equal(await fate(without("tile/entries/001")), "missing at tile/entries/001");
  assert.equal(await fate(without("tile/0/002.p/88")), "tile-missing at tile/0/002.p/88");
  assert.equal(await fate(without("tile/1/000.p/2")), "tile-missing at tile/1/000.p/2");
});

test("compressed bodies are read; a compressed flood is not", async () => {
  const zipped = (bytes: Bytes | undefined, response: ServerResponse): void => {
    response.setHeader("Content-Encoding", "gzip");
    send(response, bytes === undefined ? undefined : new Uint8Array(gzipSync(bytes)));
  };
  assert.equal(await fate((path, response) => { zipped(files.get(path), response); }), "OK");
  const flood = (path: string, response: ServerResponse): void => {
    const big = path === "tile/0/000" ? new Uint8Array(8_000_000) : files.get(path);
    zipped(big, response);
  };
  assert.equal(await fate(flood), "tile-size at tile/0/000");
});

test("an endless body ends at the limit", async () => {
  const endless: Handler = (path, response) => {
    if (path !== "checkpoint") {
      send(response, files.get(path));
      return;
    }
    const more = (): void => {
      if (!response.destroyed) response.write(new Uint8Array(65_536), () => setImmediate(more));
    };
    more();
  };
  assert.equal(await fate(endless), "checkpoint-format at checkpoint");
});

test("a server that fails is asked again, and then said to fail", async () => {
  const failing = (times: number): Handler => {
    let left = times;
    return (path, response) => {
      if (path === "tile/entries/001" && left-- > 0) {
        response.statusCode = 503;
        response.end();
      } else {
        send(response, files.get(path));
      }
    };
  };
  assert.equal(await fate(failing(2)), "OK");
  assert.equal(await fate(failing(100)), "unreadable at tile/entries/001");
  const forbidden: Handler = (_, response) => {
    response.statusCode = 403;
    response.end();
  };
  assert.equal(await fate(forbidden), "unreadable at checkpoint");
});

test("nobody is sent to another place", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const redirecting: Handler = (path, response) => {
      if (path.startsWith("elsewhere/")) {
        send(response, files.get(path.slice("elsewhere/".length)));
        return;
      }
      response.statusCode = status;
      response.setHeader("Location", `/elsewhere/${path}`);
      response.end();
    };
    assert.equal(await fate(redirecting), "unreadable at checkpoint");
  }
});

test("only a whole file is one", async () => {
  const part: Handler = (path, response) => {
    response.statusCode = path === "tile/0/001" ? 206 : 200;
    send(response, files.get(path));
  };
  assert.equal(await fate(part), "unreadable at tile/0/001");
});

test("a server that does not answer is not waited for for ever", async () => {
  const silent: Handler = () => undefined;
  const dripping: Handler = (_, response) => {
    response.write("a"); // and nothing after it
  };
  for (const handler of [silent, dripping]) {
    const report = await serving(handler, async (url) =>
      verifyLog(await openHttpLog(url, 200), NoteVerifier.parse(key.vkey())),
    );
    assert.equal(report.finding?.errorClass, "unreadable");
  }
});

test("a connection that breaks says nothing about the log", async () => {
  const breaking: Handler = (path, response, request) => {
    if (path === "tile/0/001") request.socket.destroy();
    else send(response, files.get(path));
  };
  assert.equal(await fate(breaking), "unreadable at tile/0/001");
});

test("the command takes a URL; other schemes are refused", async () => {
  const handler: Handler = (path, response) => { send(response, files.get(path)); };
  const answer = await serving(handler, (url) => run([url, "--key", key.vkey(), "--json"]));
  assert.equal(answer.exitCode, 0);
  assert.match(answer.stdout, /"entries":600,"error_class":"OK","ok":true/);
  await assert.rejects(openHttpLog("ftp://127.0.0.1/"), Refusal);
  await assert.rejects(openHttpLog("not a url"), Refusal);
});
