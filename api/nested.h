/* api/nested.h - lists inside a reply: packed by the statement as JSON text, written by their member table.
 *
 * The statement packs an item as json_build_array(...) with one element per member, in the order of the table: addresses and hashes
 * as SQL_HEX(x), amounts and deltas as text, integers and booleans as they are, times as whole unix seconds, a list as an array
 * of items, an object as one item, NULL as null (a member that is `optional` is then left out). The column is text. */
#ifndef API_NESTED_H
#define API_NESTED_H

#include "api/route.h"

/* An address or hash as it is packed. */
#define SQL_HEX(bytes) "'0x' || encode(" bytes ", 'hex')"

/* SQL NULL is the empty list. */
void nested_write_list(struct json_writer *w, const struct rows *rows, size_t row, size_t column,
                       const struct member *members);
/* An object, packed as one item; SQL NULL is null. */
void nested_write_object(struct json_writer *w, const struct rows *rows, size_t row, size_t column,
                         const struct member *members);
/* A list of scalars, packed as an array. */
void nested_write_scalars(struct json_writer *w, const struct rows *rows, size_t row, size_t column, enum type type);

#endif
