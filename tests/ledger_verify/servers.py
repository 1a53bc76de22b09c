#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Static web servers for a test: `servers.py FOLDER [CERTIFICATE KEY]` serves FOLDER on a free port
of the loopback, keeping connections. Its first line on standard output is its URL, its second that
of a server beside it that serves FOLDER badly, below a path for each way:

  /cut/        promises more bytes than come         /endless/   sends a body without an end
  /stall/      takes a request and says nothing      /drip/      a byte of a body now and then
  /redirect/   sends elsewhere                       /wrong/     a page of HTML for every file
  /flaky/      503 for the first try of each file    /gzip/      compressed without being asked
  /closed/     answers, and closes the connection    /bomb/      a small file that is a large one
  /broken/     500 for all bundles
It knows nothing of ledgers."""
import functools
import gzip
import http.server
import ssl
import sys
import threading
import time
import zlib


class Plain(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


class Bad(Plain):
    seen = set()

    def do_GET(self):
        way, _, path = self.path[1:].partition("/")
        self.path = "/" + path
        getattr(self, "way_" + way, super().do_GET)()

    def content(self):
        try:
            with open(self.translate_path(self.path), "rb") as file:
                return file.read()
        except OSError:
            return None

    def answer(self, status, body, **fields):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def is_checkpoint(self):
        return self.path.endswith("/checkpoint")

    def way_cut(self):
        body = self.content()
        if body is None or self.is_checkpoint():
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body) + 10))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def way_endless(self):
        if self.is_checkpoint():
            return super().do_GET()
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(b"x" * 65536)
        except OSError:
            pass

    def way_stall(self):
        time.sleep(30)
        self.close_connection = True

    def way_drip(self):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.close_connection = True
        try:
            for _ in range(300):
                self.wfile.write(b"x")
                time.sleep(0.1)
        except OSError:
            pass

    def way_redirect(self):
        self.answer(302, b"", Location="/plain" + self.path)

    def way_wrong(self):
        self.answer(200, b"<html>Welcome</html>\n", Content_Type="text/html")

    def way_flaky(self):
        if self.path not in Bad.seen:
            Bad.seen.add(self.path)
            return self.answer(503, b"later\n")
        super().do_GET()

    def way_gzip(self):
        body = self.content()
        if body is None:
            return super().do_GET()
        self.answer(200, gzip.compress(body), Content_Encoding="gzip")

    def way_bomb(self):
        if self.is_checkpoint():
            return super().do_GET()
        self.answer(200, bomb(), Content_Encoding="gzip")

    def way_closed(self):
        self.close_connection = True
        super().do_GET()

    def way_broken(self):
        if "/entries/" in self.path:
            return self.answer(500, b"")
        super().do_GET()


@functools.cache
def bomb():
    """A GiB of zeros. Each MiB is packed by itself, so that it is done once; without the sum at
    the end, which nobody should get to."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    mebibyte = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + 1024 * mebibyte + b"\x03\x00" + bytes(8)


def serve(handler, folder, tls):
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=folder))
    server.daemon_threads = True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}", flush=True)


if __name__ == "__main__":
    serve(Plain, sys.argv[1], sys.argv[2:4])
    serve(Bad, sys.argv[1], None)
    threading.Event().wait()
