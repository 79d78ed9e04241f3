/* api/reward_trees.c - see reward_trees.h. */
#include "api/reward_trees.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "ledger/reward_leaves.h"

struct kept_tree {
    struct kept_tree *older; /* in the list, by use */
    atomic_uint holders;     /* the list is one */
    struct hash root;
    struct address distributor;
    bool ready; /* else somebody builds it */
    size_t bytes;
    time_t used;
    struct reward_leaves leaves;
    struct arena arena;
    struct reward_tree tree;
};

struct reward_trees {
    pthread_mutex_t lock;
    pthread_cond_t built_one;
    struct kept_tree *newest;
    size_t bytes_max;
    struct reward_trees_counts counts;
};

static time_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return t.tv_sec;
}

const struct reward_tree *kept_tree(const struct kept_tree *k)
{
    return &k->tree;
}

void reward_trees_release(struct kept_tree **kept)
{
    struct kept_tree *k = *kept;
    *kept = NULL;
    if (k == NULL || atomic_fetch_sub(&k->holders, 1) > 1)
        return;
    reward_leaves_done(&k->leaves);
    arena_done(&k->arena);
    memory_free(k);
}

/* ---- the list, under the lock ---- */

static struct kept_tree **place_of(struct reward_trees *t, const struct kept_tree *k)
{
    struct kept_tree **at = &t->newest;
    while (*at != k)
        at = &(*at)->older;
    return at;
}

static void drop(struct reward_trees *t, struct kept_tree *k)
{
    *place_of(t, k) = k->older;
    t->counts.kept--;
    t->counts.bytes -= k->bytes;
    reward_trees_release(&k);
}

static void use(struct reward_trees *t, struct kept_tree *k)
{
    *place_of(t, k) = k->older;
    k->older = t->newest;
    t->newest = k;
    k->used = now();
}

static struct kept_tree *find(const struct reward_trees *t, const struct tree_key *key)
{
    struct kept_tree *k = t->newest;
    while (k != NULL && !(hash_equal(k->root, key->root) && address_equal(k->distributor, key->distributor)))
        k = k->older;
    return k;
}

/* The oldest that is ready; NULL: there is none but `except`. */
static struct kept_tree *oldest(const struct reward_trees *t, const struct kept_tree *except)
{
    struct kept_tree *found = NULL;
    for (struct kept_tree *k = t->newest; k != NULL; k = k->older)
        found = k->ready && k != except ? k : found;
    return found;
}

static void make_room(struct reward_trees *t, const struct kept_tree *except)
{
    struct kept_tree *k;
    while ((t->counts.kept > REWARD_TREES_MAX || t->counts.bytes > t->bytes_max) && (k = oldest(t, except)) != NULL)
        drop(t, k);
}

/* ---- building, without the lock ---- */

static enum err build(struct kept_tree *k, struct db *db, const struct tree_key *key)
{
    static const struct reward_leaves_watch nobody;
    char want[HASH_TEXT + 1], got[HASH_TEXT + 1] = "that of nobody";
    TRY(reward_leaves_read(db, key->distributor, key->position, &nobody, &k->leaves));
    if (k->leaves.n > 0) {
        TRY(reward_tree_build(k->leaves.p, k->leaves.n, 0, &k->arena, &k->tree));
        if (hash_equal(k->tree.root, key->root))
            return OK;
        hash_format(k->tree.root, got);
    }
    hash_format(key->root, want);
    return err_with(ERR_INTERNAL, "the root of the books is %s, the distribution's is %s", got, want);
}

static struct kept_tree *begin(struct reward_trees *t, const struct tree_key *key)
{
    struct kept_tree *k = memory_resize(NULL, sizeof *k);
    *k = (struct kept_tree){.older = t->newest, .root = key->root, .distributor = key->distributor};
    atomic_init(&k->holders, 2); /* the list, and who builds it */
    t->newest = k;
    t->counts.kept++;
    return k;
}

enum err reward_trees_get(struct reward_trees *t, struct db *db, const struct tree_key *key, struct kept_tree **out)
{
    struct kept_tree *k;
    pthread_mutex_lock(&t->lock);
    while ((k = find(t, key)) != NULL && !k->ready)
        pthread_cond_wait(&t->built_one, &t->lock);
    if (k != NULL) {
        atomic_fetch_add(&k->holders, 1);
        use(t, k);
        pthread_mutex_unlock(&t->lock);
        *out = k;
        return OK;
    }
    k = begin(t, key);
    pthread_mutex_unlock(&t->lock);
    enum err e = build(k, db, key);
    pthread_mutex_lock(&t->lock);
    if (e == OK) {
        k->ready = true;
        k->bytes = sizeof *k + k->leaves.room * sizeof *k->leaves.p + arena_bytes(&k->arena);
        t->counts.bytes += k->bytes;
        t->counts.built++;
        use(t, k);
        make_room(t, k);
    } else {
        drop(t, k);
    }
    pthread_cond_broadcast(&t->built_one); /* of those that waited in vain the first builds it */
    pthread_mutex_unlock(&t->lock);
    if (e == OK)
        *out = k;
    else
        reward_trees_release(&k);
    return e;
}

/* ---- keeping ---- */

struct reward_trees *reward_trees_open(size_t bytes_max)
{
    struct reward_trees *t = memory_resize(NULL, sizeof *t);
    *t = (struct reward_trees){.bytes_max = bytes_max};
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->built_one, NULL);
    return t;
}

void reward_trees_close(struct reward_trees *t)
{
    if (t == NULL)
        return;
    while (t->newest != NULL)
        drop(t, t->newest);
    pthread_mutex_destroy(&t->lock);
    pthread_cond_destroy(&t->built_one);
    memory_free(t);
}

void reward_trees_sweep(struct reward_trees *t, unsigned idle_seconds)
{
    pthread_mutex_lock(&t->lock);
    time_t until = now() - idle_seconds;
    for (struct kept_tree *k; (k = oldest(t, NULL)) != NULL && k->used <= until;)
        drop(t, k);
    pthread_mutex_unlock(&t->lock);
}

struct reward_trees_counts reward_trees_count(struct reward_trees *t)
{
    pthread_mutex_lock(&t->lock);
    struct reward_trees_counts counts = t->counts;
    pthread_mutex_unlock(&t->lock);
    return counts;
}
