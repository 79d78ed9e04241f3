/* api/session.h - where a command finds its database: given by conninfo, or the private cluster under --data. */
#ifndef API_SESSION_H
#define API_SESSION_H

#include <pthread.h>
#include <stdatomic.h>

#include "ledger/core/cluster.h"
#include "ledger/core/config.h"
#include "ledger/core/db.h"

struct session {
    struct cluster *cluster; /* NULL: --database was given */
    /* Conninfos: for reading, for migrating, for the mirror, for signed messages. They live as long as the session. */
    const char *database, *owner, *writer, *ballots;
    /* Starts the cluster again if it is killed. */
    pthread_t keeper;
    atomic_bool closing;
};

/* Whether a command makes the private cluster, or reads what must be there. */
enum session_kind { SESSION_MAKES, SESSION_READS };

/* Starts the private cluster unless --database is given, and keeps it running. Before any other thread; *out must stay
 * where it is. ERR_CONFIG, ERR_IO as cluster_open; ERR_CONFIG also: there is none, and it is not to be made. */
MUST_CHECK enum err session_open(const struct config *config, enum session_kind kind, struct session *out);
void session_close(struct session *s);

/* Bring the schema up to date as the owner. A database that cannot be reached is waited for (SESSION_WAIT_SECONDS: it may
 * be starting up beside us), unless *stop is set. *applied = migrations applied. */
enum { SESSION_WAIT_SECONDS = 60 };
MUST_CHECK enum err session_migrate(const struct session *s, atomic_bool *stop, unsigned *applied);

/* A connection for reading, to a schema that is exactly ours. ERR_SCHEMA. */
MUST_CHECK enum err session_read(const struct session *s, const char *application, struct db **out);

#endif
