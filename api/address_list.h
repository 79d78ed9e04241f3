/* api/address_list.h - the addresses that a statement is for: read from a list, each named that is none, joined for the statement. */
#ifndef API_ADDRESS_LIST_H
#define API_ADDRESS_LIST_H

#include "api/request.h"

enum { ADDRESS_LIST_MAX = 100, ADDRESS_LIST_TEXT = ADDRESS_LIST_MAX * (ADDRESS_TEXT + 1) };

/* "0x…,0x…" in any case, into the arena; *out is what api_v1.addresses() takes. ERR_FIELD names `name` and the first item that is no address, or how
 * many there may be. */
MUST_CHECK enum err address_list_parse(const char *name, const char *text, struct arena *arena, struct slice *out);

#endif
