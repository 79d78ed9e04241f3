/* api/simulation.h - a simulated slash: what was asked, what it would do, and its JSON. */
#ifndef API_SIMULATION_H
#define API_SIMULATION_H

#include "api/route.h"
#include "ledger/slash.h"

/* One strategy of it. Counts and losses are zero if it is passed over. */
struct simulated {
    struct address strategy;
    struct amount wad;
    struct slash_before before;
    struct slash_after after;
    bool passed_over;      /* nothing is allocated that could be slashed */
    struct delta stored;   /* encumbered magnitude that the contract goes on from */
    struct amount emitted; /* and what it stores then (EncumberedMagnitudeUpdated) */
    uint64_t stakers, unknown, withdrawals;
    struct amount staker_loss, withdrawal_loss, dust, dust_loss;
    struct delta residue;
};

struct simulation {
    struct address operator, avs;
    int64_t operator_set;
    int64_t number, until; /* block.number; the last position that counts */
    int64_t limit;
    struct address slasher, recipient; /* zero: none known; burned */
    int64_t withdrawal_delay;
    size_t n;
    struct simulated *strategies;
};

extern const struct member simulation_members[];
/* All members but impact and has_more. */
void simulation_write(struct json_writer *w, const struct simulation *s);
/* An item of impact, from a row whose columns are its members. */
void simulation_write_loss(struct json_writer *w, const struct rows *rows, size_t row);

#endif
