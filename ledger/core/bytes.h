/* ledger/core/bytes.h - addresses, hashes and byte runs, and their hexadecimal forms.
 *
 * Addresses and hashes are structs, so that they cannot be swapped. Text out: "0x" + lower case, addresses in
 * EIP-55 mixed case. Text in: any case, exact length, "0x" required. */
#ifndef LEDGER_CORE_BYTES_H
#define LEDGER_CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/core/err.h"

struct address {
    uint8_t b[20];
};

struct hash {
    uint8_t b[32];
};

/* A run of bytes that somebody else owns. */
struct slice {
    const uint8_t *p;
    size_t n;
};

enum { ADDRESS_TEXT = 42, HASH_TEXT = 66 }; /* without the final NUL */

extern const struct address address_zero;
extern const struct hash hash_zero;

bool address_equal(struct address a, struct address b);
bool address_is_zero(struct address a);
/* Of pointers to addresses, or to what begins with one: for qsort and bsearch. */
int address_compare(const void *a, const void *b);
bool hash_equal(struct hash a, struct hash b);
bool slice_equal(struct slice a, struct slice b);

/* EIP-55: a letter is upper case where the same nibble of keccak256(lower-case hex) is >= 8. Writes NUL. */
void address_format(struct address a, char out[ADDRESS_TEXT + 1]);
void address_format_lower(struct address a, char out[ADDRESS_TEXT + 1]);
void hash_format(struct hash h, char out[HASH_TEXT + 1]);
/* Hex digits only, no prefix, no NUL; out holds 2 * in.n. */
void hex_encode(struct slice in, char *out);

/* Parse exactly n characters. ERR_FIELD: another length, no 0x, or not hexadecimal. */
MUST_CHECK enum err address_parse(const char *text, size_t n, struct address *out);
MUST_CHECK enum err hash_parse(const char *text, size_t n, struct hash *out);
/* "0x" + an even number of digits into out (at most max bytes). ERR_FIELD: malformed; ERR_TOO_LARGE: more than max. */
MUST_CHECK enum err hex_parse(const char *text, size_t n, uint8_t *out, size_t max, size_t *out_n);
/* JSON-RPC quantity: "0x" + 1..16 digits without leading zeros ("0x0" is zero). ERR_FIELD. */
MUST_CHECK enum err quantity_parse(const char *text, size_t n, uint64_t *out);

/* Length of the well-formed UTF-8 sequence (RFC 3629) that text begins with: 1..4, or 0 if it is malformed or cut. */
size_t utf8_sequence(const char *text, size_t n);

#endif
