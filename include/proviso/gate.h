/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A gate inside your own program: whether this subscription may use this service just now, by
 * orders that people signed. libproviso-gate verifies every order itself, from a trust file that
 * you installed by hand; it needs no server to answer, and links nothing but cryptography
 * (OpenSSL's libcrypto, libsodium).
 *
 * It never ends your program, prints, or throws; it installs no handler, and starts no thread
 * but while it verifies a snapshot of many orders.
 * Threads: proviso_gate_check*() from any number at once, without waiting for anybody. The other
 * functions from any thread; they wait for each other, never for a check. One handle lives until
 * proviso_gate_close(), which is called when nobody uses it any more.
 *
 * The ABI is stable within major version 1: structs grow only at their `reserved` members. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PROVISO_GATE_ABI 1

typedef struct proviso_gate proviso_gate;

/* Bytes of somebody else's, not ended by a zero byte; needed only during the call. */
typedef struct proviso_text {
  const char* data; /* may be null where size is 0 */
  size_t size;
} proviso_text;

/* How hard a restriction is; a higher number is stricter. */
enum {
  PROVISO_ALLOW = 0,
  PROVISO_THROTTLE = 1,
  PROVISO_READ_ONLY = 2,
  PROVISO_EXPORT_ONLY = 3,
  PROVISO_DENY = 4
};

/* What is to be done with the request. */
enum {
  PROVISO_YES = 0,    /* let it through */
  PROVISO_NO = 1,     /* refuse it */
  PROVISO_LIMITED = 2 /* let through at most `rate_per_second` of its kind */
};

/* Where an answer comes from. */
enum {
  PROVISO_BY_SNAPSHOT = 0, /* verified orders */
  PROVISO_BY_DEFAULT = 1   /* there is no state at all: what the settings say */
};

/* Whether the answer is enforced. */
enum {
  PROVISO_ENFORCE = 0,
  PROVISO_OBSERVE = 1, /* only counted: the first weeks of a roll-out */
  PROVISO_BYPASS = 2   /* the service owner's own switch is on */
};

/* Why a call failed; what and where stands in its `error`. */
enum {
  PROVISO_OK = 0,
  PROVISO_INVALID_INPUT = 1, /* mend it and call again */
  PROVISO_CONFLICT = 2,      /* older than what is enforced, shrunken, or the folder is taken */
  PROVISO_DENIED = 3,        /* it is not proven (signatures, ledger, witnesses) */
  PROVISO_CORRUPT = 4,       /* damaged on the way */
  PROVISO_UNAVAILABLE = 5,   /* disk or memory; trying again may help */
  PROVISO_EXHAUSTED = 6      /* a limit: disk full, or larger than a gate takes */
};

typedef struct proviso_gate_settings {
  proviso_text trust;     /* the text of the trust file */
  proviso_text state_dir; /* a folder of this gate's own; empty: nothing is kept when it ends */
  uint8_t fail_closed;    /* 1: without any state, refuse; 0: let through */
  uint8_t observe;        /* 1: count, refuse nothing */
  uint8_t record;         /* 1: what is refused or limited waits for proviso_gate_refusals() */
  uint8_t reserved_a[5];  /* zero */
  proviso_text name;      /* the gate's own, by which an order may begin gate by gate; or empty */
  uint8_t reserved[40];   /* zero */
} proviso_gate_settings;

typedef struct proviso_request {
  proviso_text subscription;
  proviso_text service;
  proviso_text operation;
  proviso_text region;   /* empty where unknown */
  proviso_text resource; /* keyed hash in hexadecimal; empty where unknown */
} proviso_request;

/* The 128 bits by which this process finds a subscription: made once, good for every gate of it. */
typedef struct proviso_key {
  uint64_t words[2];
  uint8_t kind;
  uint8_t reserved[7];
} proviso_key;

/* Keys of what requests are for: made once for each route of a program, good for every gate of it.
 */
typedef struct proviso_service_keys {
  proviso_key service;
  proviso_key operation;
} proviso_service_keys;

typedef struct proviso_answer {
  uint8_t effect;  /* PROVISO_ALLOW...: the strictest that holds */
  uint8_t outcome; /* PROVISO_YES...: what to do; always YES unless mode is ENFORCE */
  uint8_t judged;  /* PROVISO_YES...: what would be done in mode ENFORCE */
  uint8_t basis;   /* PROVISO_BY_SNAPSHOT... */
  uint8_t mode;    /* PROVISO_ENFORCE... */
  uint8_t reserved[3];
  uint32_t rate_per_second;  /* where limited; else 0 */
  uint32_t order_number;     /* for proviso_gate_explain() */
  uint8_t order[32];         /* SHA-256 of the order that `effect` comes from; zero where none */
  uint64_t snapshot_entries; /* the snapshot's version: ledger entries that it covers */
  int64_t snapshot_made_at;  /* seconds since 1970, UTC */
} proviso_answer;

/* Texts end with a zero byte and are cut where they are longer. Times are RFC 3339, or empty. */
typedef struct proviso_explanation {
  char term[264];    /* the clause of the provider's terms */
  char until[24];    /* when a suspension ends */
  char review[24];   /* when a termination is reviewed */
  char user[512];    /* a sentence for whoever's request it was */
  char service[768]; /* a line for whoever runs the service */
} proviso_explanation;

typedef struct proviso_status {
  uint8_t has_state;
  uint8_t mode;
  uint8_t reserved[6];
  uint64_t snapshot_entries;
  int64_t snapshot_made_at;
  int64_t age_seconds;
  int64_t bypass_until; /* seconds since 1970; 0 without a bypass */
  uint64_t orders;
  uint64_t waiting;           /* orders that wait for witnesses */
  uint64_t accepted;          /* snapshots taken since the gate was opened */
  uint64_t refused;           /* snapshots refused since then */
  int64_t clock_step_seconds; /* by how much the wall clock disagrees; 0 within 2 s */
  uint64_t table_bytes;
  char last_refusal[512];
} proviso_status;

/* Opens a gate; it begins with what it kept in `state_dir`. On failure `*gate` is null and `error`
 * (of error_size bytes; may be null) has one line that says why. */
int proviso_gate_open(const proviso_gate_settings* settings, proviso_gate** gate, char* error,
                      size_t error_size);
void proviso_gate_close(proviso_gate* gate);

/* About 60 ns where nothing restricts, some 200 where something does; without a lock or an
 * allocation. Never fails: what no order names is allowed. */
void proviso_gate_check(const proviso_gate* gate, const proviso_request* request,
                        proviso_answer* answer);
/* answers[i] for requests[i]; each 32 of them from one snapshot. */
void proviso_gate_check_batch(const proviso_gate* gate, const proviso_request* requests,
                              proviso_answer* answers, size_t count);
/* For whoever keeps a key beside each session: `request->subscription` is not looked at. */
proviso_key proviso_gate_key(proviso_text subscription);
void proviso_gate_check_key(const proviso_gate* gate, const proviso_key* subscription,
                            const proviso_request* request, proviso_answer* answer);
/* And with keys of service and operation as well: the fastest. `request` has their texts all the
 * same, which are compared and recorded; keys of other texts than its own restrict nothing. */
proviso_service_keys proviso_gate_service_keys(proviso_text service, proviso_text operation);
void proviso_gate_check_keys(const proviso_gate* gate, const proviso_key* subscription,
                             const proviso_service_keys* service, const proviso_request* request,
                             proviso_answer* answer);

/* Takes a newer snapshot: verifies it, keeps it, then enforces it; `*entries` (may be null) is its
 * version. What is refused changes nothing. `confirm_shrinking` 1 takes a snapshot that has lost
 * more than half of its orders at once. */
int proviso_gate_offer(proviso_gate* gate, proviso_text snapshot, int confirm_shrinking,
                       uint64_t* entries, char* error, size_t error_size);
/* To be called about once a second, by one thread: notices clock steps, and a bypass that begins or
 * ends. */
void proviso_gate_tick(proviso_gate* gate);

/* With `record`: what was refused or limited since the last call, or would have been (also by
 * orders that are in shadow here), as whole lines (docs/formats/refusal.md) without a zero byte
 * behind them; `*used` is their size. They name subscriptions. Call it again while it gives
 * something. 4,096 wait at most: `*dropped` (may be null) is how many more there were since the
 * gate was opened. INVALID_INPUT: `size` is less than PROVISO_REFUSAL_LINE_MAX, or `record` was not
 * set. */
#define PROVISO_REFUSAL_LINE_MAX 4096
int proviso_gate_refusals(proviso_gate* gate, char* lines, size_t size, size_t* used,
                          uint64_t* dropped);

void proviso_gate_explain(const proviso_gate* gate, const proviso_answer* answer,
                          proviso_explanation* explanation);
void proviso_gate_status(const proviso_gate* gate, proviso_status* status);

/* PROVISO_GATE_ABI of the library that is loaded. */
int proviso_gate_abi(void);

#ifdef __cplusplus
}
#endif
