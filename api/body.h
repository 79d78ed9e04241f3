/* api/body.h - the JSON object of a POST: checked against route->body before the handler runs, then read by name.
 *
 * Strict: a member that is unknown, missing, given twice, of another type or out of range is ERR_FIELD whose parameter is
 * its path ("strategies[2]", "legs[0].operator"); text that is no JSON object is ERR_FIELD of "body". What a handler reads
 * is there and in range, so reading cannot fail. Types, as JSON (struct member, api/route.h):
 *
 *     T_ADDRESS  string, any case        T_HASH    string, 0x and 64 hexadecimal digits, any case
 *     T_AMOUNT   decimal string          T_U64     integer from 0 to `max` (2^53 where that is 0)
 *     T_BOOL     true, false             T_TEXT    string of at most `max` bytes (BODY_TEXT_MAX where that is 0)
 *     NEST_SCALARS, NEST_LIST            array of at most `max` items (0: as many as a body holds); may be empty
 *     NEST_OBJECT                        object of `members`, as strict
 *     NEST_ANY                           any JSON
 *
 * A number is never taken for a string nor a string for a number; 1.0 and 1e3 are not integers. null is taken only for a
 * `nullable` member and means the same as leaving an `optional` one out.
 *
 * A path names members from the outermost, joined by '.'; "[]" stands for the item that `i` says, at the end it may be
 * left out: body_address_at(r, "strategies", i), body_amount_at(r, "legs[].amount", i). A path that the route does not
 * declare, another type, or a value that was not given is a bug (assertion): ask body_given about what is optional. What
 * has no function here, the handler takes from r->body itself. */
#ifndef API_BODY_H
#define API_BODY_H

#include "api/request.h"

enum { BODY_DEPTH = 16, BODY_TEXT_MAX = 256 };

/* Parse and check a body; sets r->body, which the caller releases, and r->at. ERR_FIELD; ERR_NOT_MIRRORED: `at` is beyond
 * every block. */
MUST_CHECK enum err body_read(const char *text, size_t n, struct request *r);

/* Given, and not null. */
bool body_given(const struct request *r, const char *path);
struct address body_address(const struct request *r, const char *path);
uint64_t body_u64(const struct request *r, const char *path);

/* How many items a list has; 0 if it was not given. */
size_t body_count(const struct request *r, const char *path);
bool body_given_at(const struct request *r, const char *path, size_t i);
struct address body_address_at(const struct request *r, const char *path, size_t i);
struct amount body_amount_at(const struct request *r, const char *path, size_t i);
uint64_t body_u64_at(const struct request *r, const char *path, size_t i);

#endif
