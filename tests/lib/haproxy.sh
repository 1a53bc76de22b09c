# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A HAProxy of a test's own. Sourced, after tools/dev/install.sh; needs a folder TMPDIR of its own.
#
#   find_haproxy            fails where the package cannot be had
#   run_haproxy COMMAND...  starts it with what COMMAND prints as its configuration, given two free
#                           ports as its last arguments; sets PORT and SECOND_PORT
#   stop_haproxy [SIGNAL]   waits until it is gone
#   cli COMMAND             says it to the runtime socket TMPDIR/haproxy.sock; prints the answer

find_haproxy() {
  (install_groups haproxy) >/dev/null 2>&1 || return 1
  HAPROXY="$(PATH="$PATH:/usr/sbin" command -v haproxy)"
}

free_port() {
  python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# Another process may take a free port first: then with others.
run_haproxy() {
  local try
  for try in 1 2 3 4 5; do
    PORT="$(free_port)" && SECOND_PORT="$(free_port)"
    "$@" "$PORT" "$SECOND_PORT" >"$TMPDIR/haproxy.cfg"
    # It goes into the background once it listens.
    "$HAPROXY" -D -f "$TMPDIR/haproxy.cfg" -p "$TMPDIR/haproxy.pid" >"$TMPDIR/haproxy.log" 2>&1 &&
      return 0
  done
  echo "not ok - HAProxy did not start (try $try):" && cat "$TMPDIR/haproxy.log" && exit 1
}
stop_haproxy() {
  local pid
  pid="$(cat "$TMPDIR/haproxy.pid" 2>/dev/null)" || return 0
  kill "-${1:-TERM}" "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}
cli() {
  python3 - "$TMPDIR/haproxy.sock" "$1" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode() + b"\n")
s.shutdown(socket.SHUT_WR)
while piece := s.recv(65536):
    sys.stdout.write(piece.decode())
PY
}
