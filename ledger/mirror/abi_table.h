/* ledger/mirror/abi_table.h - rows of the event table, read once by abi_setup().
 *
 * To add an event: one row here; to let a kind of contract emit it: its group in abi_groups. Where two groups of a kind
 * hold the same (topic0, number of topics), the group listed first wins. */
#ifndef LEDGER_MIRROR_ABI_TABLE_H
#define LEDGER_MIRROR_ABI_TABLE_H

#include "ledger/mirror/network.h"

struct abi_row {
    const char *group;
    const char *declaration; /* "event Name(type [indexed] name, ...)"; a tuple is "(type name, ...)" */
};

enum { ABI_GROUPS_MAX = 12 };

extern const struct abi_row abi_rows[];
extern const size_t abi_n_rows;
extern const char *const abi_groups[KIND_COUNT][ABI_GROUPS_MAX]; /* NULL after the last */

#endif
