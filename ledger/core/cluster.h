/* ledger/core/cluster.h - the private PostgreSQL of --data: made, started, shared and stopped.
 *
 * It lies in DIR/postgres, or, where we are root and PostgreSQL's unprivileged user cannot enter DIR, in
 * /var/lib/altledger/NAME. It listens on a socket in a directory of mode 0700 only, so its pg_hba.conf trusts whoever
 * gets there. Every altledger that uses it holds a shared lock on DIR/postgres/users; whoever is last stops it, if an
 * altledger started it. So a process that was killed leaves nothing running after the next one, and none stops what
 * others use. */
#ifndef LEDGER_CORE_CLUSTER_H
#define LEDGER_CORE_CLUSTER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "ledger/core/err.h"

struct cluster;

/* Make the cluster if there is none, start it if it is not running. Before any thread (it forks). ERR_CONFIG: no
 * PostgreSQL 15 or later, or the directory cannot serve. ERR_IO: it did not start; the end of its log has been logged. */
MUST_CHECK enum err cluster_open(const char *directory, struct cluster **out);
/* Whether there is one, in any of the two places; makes nothing. */
bool cluster_exists(const char *directory);
/* Start it again if it is gone (killed, say), an altledger had started it and nobody is at it already; else nothing. From
 * one thread at a time, others may run: between fork and exec are only async-signal-safe calls. *stop ends the wait.
 * ERR_IO: it did not start; ask again. */
MUST_CHECK enum err cluster_revive(struct cluster *c, const atomic_bool *stop);
/* How to reach its database `altledger` as its login `altledger`, which may take on the roles of migrate.h and is nothing
 * besides. Valid until cluster_close. */
const char *cluster_conninfo(const struct cluster *c);
/* The same as the cluster's administrator, for the same database: tests make theirs with it. */
const char *cluster_admin_conninfo(const struct cluster *c);
/* Where its files are. */
const char *cluster_directory(const struct cluster *c);
/* Let go of it; stops it if no other altledger uses it. NULL is nothing. */
void cluster_close(struct cluster *c);

#endif
