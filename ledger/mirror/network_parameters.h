/* ledger/mirror/network_parameters.h - strict readers of a network file's members, and the table of its parameters.
 *
 * For network.c, and for later layers that read entries kept raw. Every mistake is ERR_CONFIG; the detail begins with
 * the member's path ("contracts[3].address: ..."). `where` is the path of the object, "" for the file itself.
 * A member that is not required leaves the output as it is when it is absent. */
#ifndef LEDGER_MIRROR_NETWORK_PARAMETERS_H
#define LEDGER_MIRROR_NETWORK_PARAMETERS_H

#include "ledger/core/json.h"

/* No member but these (NULL-terminated). */
MUST_CHECK enum err network_check_members(const char *where, const json_t *object, const char *const known[]);
/* A text that is not empty. */
MUST_CHECK enum err network_get_text(const char *where, const json_t *object, const char *member, bool required,
                                     const char **out);
MUST_CHECK enum err network_get_address(const char *where, const json_t *object, const char *member, bool required,
                                        struct address *out, bool *has);
MUST_CHECK enum err network_get_number(const char *where, const json_t *object, const char *member, bool required,
                                       uint64_t least, uint64_t most, uint64_t *out);
/* All members of a `parameters` object, against the table: an unknown one is a mistake, lest a misspelt one be without
 * effect in silence. */
MUST_CHECK enum err network_check_parameters(const char *where, const json_t *parameters);

#endif
