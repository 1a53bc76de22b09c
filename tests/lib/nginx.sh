# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# nginx as a plain static web server, from the package of the group "web". Sourced, after
# tools/dev/install.sh; needs ROOT and a folder TMPDIR of its own.
#
#   find_nginx         fails where the package cannot be had
#   start_nginx SITE   serves the folder SITE; sets URL and TLS_URL, and TMPDIR/tls.crt vouches for
#                      the second
#   stop_nginx         waits until it is gone; for a trap at the end of the script
#
# For settings of one's own: `run_nginx COMMAND...`, whose output, given two free ports as its last
# arguments, is the configuration; sets PORT and SECOND_PORT. `nginx_head` prints its beginning, up
# to and with "http {".

find_nginx() { NGINX="$(unpack_package web nginx usr/sbin/nginx)"; }

free_port() {
  python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

nginx_head() {
  cat <<SETTINGS
user $(id -un) $(id -gn);
worker_processes 1;
pid $TMPDIR/nginx.pid;
error_log $TMPDIR/nginx.log;
events {}
http {
  access_log off;
  client_body_temp_path $TMPDIR/nginx-1;
  proxy_temp_path $TMPDIR/nginx-2;
  fastcgi_temp_path $TMPDIR/nginx-3;
  uwsgi_temp_path $TMPDIR/nginx-4;
  scgi_temp_path $TMPDIR/nginx-5;
SETTINGS
}

# static_settings SITE PORT TLS-PORT
static_settings() {
  nginx_head
  cat <<SETTINGS
  server { listen 127.0.0.1:$2; root $1; }
  server {
    listen 127.0.0.1:$3 ssl;
    root $1;
    ssl_certificate $TMPDIR/tls.crt;
    ssl_certificate_key $TMPDIR/tls.key;
  }
}
SETTINGS
}

start_nginx() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$TMPDIR/tls.key" -out "$TMPDIR/tls.crt" 2>/dev/null
  run_nginx static_settings "$1"
  # shellcheck disable=SC2034  # for whoever sourced this
  URL="http://127.0.0.1:$PORT" TLS_URL="https://127.0.0.1:$SECOND_PORT"
}

# Another process may take a free port first: then with others.
run_nginx() {
  local try
  for try in 1 2 3 4 5; do
    PORT="$(free_port)" && SECOND_PORT="$(free_port)"
    "$@" "$PORT" "$SECOND_PORT" >"$TMPDIR/nginx.conf"
    # It goes into the background once it listens.
    "$NGINX" -p "$TMPDIR" -c "$TMPDIR/nginx.conf" -e "$TMPDIR/nginx.log" && return 0
  done
  echo "not ok - nginx did not start (try $try): $(tail -n 3 "$TMPDIR/nginx.log")" && exit 1
}
stop_nginx() {
  local pid
  pid="$(cat "$TMPDIR/nginx.pid" 2>/dev/null)" || return 0
  kill "$pid" 2>/dev/null || return 0
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}
