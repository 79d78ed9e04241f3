/* ledger/mirror/store.c - see store.h. */
#include "ledger/mirror/store.h"

#include <assert.h>
#include <string.h>

enum column { NUMBER, HASH, PARENT_HASH, TIME, PROOF, LOG_INDEX, TX_INDEX, TX_HASH, CONTRACT, TOPICS, DATA };

/* Blocks from s->next on with their logs, one row per log (one with NULLs for a block without), at most `limit` rows. */
static enum err query_window(struct store *s, int64_t limit, struct rows **rows)
{
    return db_query(
        s->db,
        "SELECT c.number, b.hash, b.parent_hash, b.time, b.proof,"
        "       e.log_index, e.tx_index, e.tx_hash, e.contract, e.topics, e.data"
        "  FROM mirror.chain c JOIN mirror.block b ON b.id = c.block LEFT JOIN mirror.event e ON e.block = c.block"
        " WHERE c.number >= $1 AND c.number <= $2 ORDER BY c.number, e.log_index LIMIT $3",
        WITH(IN(&s->next), IN(&s->head), IN(&limit)), rows);
}

static void read_log(const struct rows *rows, size_t row, struct arena *arena, struct log *log)
{
    struct slice topics = rows_bytes(rows, row, TOPICS), data = rows_bytes(rows, row, DATA);
    log->address = rows_address(rows, row, CONTRACT);
    log->index = (uint32_t)rows_i64(rows, row, LOG_INDEX);
    log->tx_index = (uint32_t)rows_i64(rows, row, TX_INDEX);
    log->tx_hash = rows_hash(rows, row, TX_HASH);
    log->n_topics = (uint32_t)(topics.n / sizeof(struct hash));
    memcpy(log->topics, topics.p, topics.n);
    log->data = (struct slice){arena_copy(arena, data.p, data.n), data.n};
}

/* The rows [from, to) of one block. */
static void read_block(const struct store *s, const struct rows *rows, size_t from, size_t to, struct arena *arena,
                       struct block *block)
{
    block->number = rows_u64(rows, from, NUMBER);
    block->hash = rows_hash(rows, from, HASH);
    block->parent_hash = rows_hash(rows, from, PARENT_HASH);
    block->time = rows_time(rows, from, TIME).unix_seconds;
    block->proof = (enum block_proof)rows_i64(rows, from, PROOF);
    block->logs = ARENA_ARRAY(arena, struct log, to - from);
    for (size_t row = from; row < to; row++)
        if (!rows_null(rows, row, LOG_INDEX) &&
            network_watches(s->network, rows_address(rows, row, CONTRACT), block->number))
            read_log(rows, row, arena, &block->logs[block->n_logs++]);
}

static size_t block_end(const struct rows *rows, size_t from)
{
    size_t to = from + 1;
    while (to < rows_count(rows) && rows_u64(rows, to, NUMBER) == rows_u64(rows, from, NUMBER))
        to++;
    return to;
}

enum err store_next(struct store *s, struct arena *arena, struct block **blocks, size_t *n)
{
    if (s->next > s->head)
        return ERR_END;
    for (int64_t limit = STORE_WINDOW_LOGS;; limit *= 2) {
        AUTO_ROWS rows = NULL;
        TRY(query_window(s, limit, &rows));
        size_t n_rows = rows_count(rows);
        if (n_rows == 0) {
            s->next = s->head + 1;
            return ERR_END;
        }
        /* A window that is full may have cut its last block: leave that for the next one. */
        bool cut = n_rows == (size_t)limit;
        struct block *out = ARENA_ARRAY(arena, struct block, n_rows);
        size_t given = 0;
        for (size_t from = 0; from < n_rows;) {
            size_t to = block_end(rows, from);
            if (to == n_rows && cut)
                break;
            read_block(s, rows, from, to, arena, &out[given++]);
            from = to;
        }
        if (given == 0)
            continue;
        s->next = (int64_t)out[given - 1].number + 1;
        *blocks = out;
        *n = given;
        return OK;
    }
}
