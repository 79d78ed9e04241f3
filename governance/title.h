/* governance/title.h - a proposal's title: the first line of its description, safe to show in one line. */
#ifndef GOVERNANCE_TITLE_H
#define GOVERNANCE_TITLE_H

#include "ledger/core/arena.h"

enum { TITLE_MAX = 200, TITLE_ROOM = TITLE_MAX * 4 + 1 }; /* characters; bytes */

/* The first line that has anything to show, without Markdown's heading marks and surrounding spaces. Malformed UTF-8 becomes U+FFFD; controls
 * and marks that reorder or hide text are left out. At most TITLE_MAX characters; may be empty. Returns the length, and ends with NUL. */
size_t title_of(struct slice description, char out[TITLE_ROOM]);

/* Whatever somebody wrote, in double quotes and on one line, so that nothing in it passes for what stands around it: quotes, backslashes,
 * controls and marks that reorder or hide text are escaped as in JavaScript (\n, \u{202e}); malformed UTF-8 becomes U+FFFD. At most
 * `most` characters of it, and then how many bytes are left. */
void title_quote(struct slice text, size_t most, struct buffer *out);

#endif
