/* governance/log_tiles.c - see log_tiles.h. */
#include "governance/log_tiles.h"

#include <inttypes.h>
#include <string.h>

static enum err query(struct db *db, unsigned level, uint64_t first, size_t n, struct rows **rows)
{
    int16_t of = (int16_t)level;
    uint64_t end = first + n;
    if (level == 0)
        return db_query(db,
                        "SELECT m.leaf FROM governance.message m WHERE m.position >= $1 AND m.position < $2"
                        " ORDER BY m.position",
                        WITH(IN(&first), IN(&end)), rows);
    return db_query(db,
                    "SELECT s.hash FROM governance.subtree s WHERE s.level = $1 AND s.index >= $2 AND s.index < $3"
                    " ORDER BY s.index",
                    WITH(IN(&of), IN(&first), IN(&end)), rows);
}

enum err log_tiles_get(void *arg, unsigned level, uint64_t index, size_t n, struct hash *out)
{
    struct log_tiles *t = arg;
    AUTO_ROWS rows = NULL;
    if (level >= LOG_LEVELS || index > (UINT64_C(1) << LOG_HEIGHT_MAX))
        return err_with(ERR_NOT_FOUND, "the log has no tile of level %u", level);
    if (t->last[level].n < n || t->last[level].index != index) {
        TRY(query(t->db, level, index * TILE_WIDTH, n, &rows));
        if (rows_count(rows) < n)
            return err_with(ERR_NOT_FOUND, "tile %u/%" PRIu64 " has no %zu hashes", level, index, n);
        t->last[level].index = index;
        t->last[level].n = n;
        for (size_t i = 0; i < n; i++)
            t->last[level].all[i] = rows_hash(rows, i, 0);
    }
    memcpy(out, t->last[level].all, n * sizeof *out);
    return OK;
}
