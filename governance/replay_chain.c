/* governance/replay_chain.c - see replay_chain.h. */
#include "governance/replay_chain.h"

static enum err time_of(void *arg, uint64_t number, bool *known, struct instant *out)
{
    AUTO_ROWS rows = NULL;
    TRY(db_query(arg,
                 "SELECT b.time FROM mirror.chain h JOIN mirror.block b ON b.id = h.block WHERE h.number <= $1"
                 " ORDER BY h.number DESC LIMIT 1",
                 WITH(IN(&number)), &rows));
    *known = rows_count(rows) > 0;
    if (*known)
        *out = rows_time(rows, 0, 0);
    return OK;
}

struct replay_chain replay_chain(struct db *db, struct chain_facts blocks)
{
    return (struct replay_chain){.blocks = blocks, .time_of = time_of, .arg = db};
}
