/* api/render.h - rows of a statement as JSON, NDJSON and CSV, by the route's members. */
#ifndef API_RENDER_H
#define API_RENDER_H

#include "api/route.h"

/* The leading columns of row 0 (see AT_COLUMNS). */
void as_of_read(const struct rows *rows, struct as_of *out);
/* "as_of": {...} */
void as_of_write(struct json_writer *w, const struct as_of *as_of);

/* Begin and end an object reply: the opening brace and as_of, the closing brace. */
void render_begin(const struct request *r, struct reply *reply);
void render_end(struct reply *reply);

/* How many items these rows hold (a single row whose keys are NULL is none). */
size_t render_items(const struct request *r, const struct rows *rows);
/* A page of a list; *next is the cursor of the next page in the arena, or NULL. */
void render_page(const struct request *r, const struct rows *rows, struct hash network, uint64_t scope,
                 struct reply *reply, const char **next);
/* One member's value from a cell; null if that is. */
void render_cell(struct json_writer *w, const struct member *m, const struct rows *rows, size_t row, size_t column);
/* Keys and values of a row: one column a member in order, beginning with `column`. */
void render_members(struct json_writer *w, const struct member *members, const struct rows *rows, size_t row,
                    size_t column);
/* A row as an object: one column a member in order, beginning with `column`. */
void render_row(struct json_writer *w, const struct member *members, const struct rows *rows, size_t row,
                size_t column);

/* Streams of a whole list: AS_CSV's first row; items first .. last as CSV rows or NDJSON lines. */
void render_head(const struct request *r, struct buffer *b);
void render_lines(const struct request *r, const struct rows *rows, size_t first, size_t last, struct buffer *b);

#endif
