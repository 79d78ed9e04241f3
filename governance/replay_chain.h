/* governance/replay_chain.h - what the chain says to a replay of the log, from the books. */
#ifndef GOVERNANCE_REPLAY_CHAIN_H
#define GOVERNANCE_REPLAY_CHAIN_H

#include "governance/replay.h"
#include "ledger/core/db.h"

/* blocks: as of facts_read_end; db as long as the replay. */
struct replay_chain replay_chain(struct db *db, struct chain_facts blocks);

#endif
