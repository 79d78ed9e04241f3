/* api/tax_lots.h - which lots a disposal takes, and what they cost: FIFO, LIFO, HIFO and average, in exact integers.
 *
 * Amounts are base units. A price is a WAD (1e18 = 1) of some currency for 10^decimals base units; costs, proceeds and gains are
 * units of 1e-18 of that currency, rounded down: floor(amount * price / 10^decimals). Of a lot that is taken in pieces each piece
 * costs floor(left cost * piece / left amount), so that the pieces cost what the lot did, to the unit. What is not known (no
 * price) is never guessed: costs that hang on it are unknown.
 *
 * Average: all that is open is one pool, and a piece costs floor(cost of the pool * piece / amount of the pool), lots being taken
 * first in, first out. While an unpriced lot is in it, until it is empty, the pool's cost is unknown. */
#ifndef API_TAX_LOTS_H
#define API_TAX_LOTS_H

#include "ledger/core/amount.h"
#include "ledger/core/arena.h"

enum tax_method { TAX_FIFO, TAX_LIFO, TAX_HIFO, TAX_AVERAGE };

enum { TAX_DECIMALS_MAX = 36 };

/* What happens, in order of time. */
struct tax_event {
    enum tax_kind { TAX_ACQUIRED, TAX_DISPOSED, TAX_LOST } kind; /* lost: disposed of without proceeds */
    struct amount amount;
    bool priced;
    struct amount price;
};

struct tax_lot {
    size_t event;
    struct amount remaining;
    bool costed;
    struct amount cost, cost_left; /* average: cost_left is the lot's part of the pool */
};

/* A piece of a lot that a disposal took. */
struct tax_match {
    size_t lot; /* index among the lots */
    struct amount amount;
    bool costed;
    struct amount cost;
};

struct tax_disposal {
    size_t event;
    struct amount unmatched; /* more than all lots held: it was no lot's */
    bool costed;             /* all pieces are */
    struct amount cost;
    bool priced; /* proceeds of the matched part are known; of a loss always */
    struct amount proceeds;
    size_t first, n; /* its matches */
};

struct tax_report {
    struct tax_lot *lots;
    struct tax_disposal *disposals;
    struct tax_match *matches;
    size_t n_lots, n_disposals, n_matches;
};

/* Into the arena. For HIFO every lot must be priced (assertion). ERR_OVERFLOW: a sum or cost leaves 256 bits. */
MUST_CHECK enum err tax_lots_match(const struct tax_event *events, size_t n, enum tax_method method, unsigned decimals,
                                   struct arena *arena, struct tax_report *out);

/* "12.5" -> 12.5e18: digits, at most 18 of them after the point. ERR_FIELD: malformed; ERR_OVERFLOW: beyond 256 bits. */
MUST_CHECK enum err tax_price_parse(const char *text, struct amount *wad);
/* floor(amount * price / 10^decimals). */
MUST_CHECK enum err tax_value(struct amount amount, struct amount price, unsigned decimals, struct amount *out);

#endif
