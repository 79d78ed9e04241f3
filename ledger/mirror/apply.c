/* ledger/mirror/apply.c - see apply.h: running the rules. */
#include "ledger/mirror/apply.h"

#include <assert.h>
#include <inttypes.h>

#include "ledger/mirror/network_parameters.h"
#include "ledger/mirror/rules.h"
#include "ledger/reward_day.h"
#include "ledger/root.h"

static const struct rule_row *const tables[] = {rules_token,       rules_stake,      rules_withdrawal, rules_allocation,
                                                rules_alt_staking, rules_alt_reward, rules_registry,   rules_rewards};

enum { EVENTS_MAX = 1024 };
static rule *rule_of_event[EVENTS_MAX];
static event_handler *handler_of_event[EVENTS_MAX];

void apply_setup(void)
{
    assert(abi_count() <= EVENTS_MAX);
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct rule_row *row = tables[i]; row->group != NULL; row++) {
            const struct abi_event *event = abi_by_signature(row->group, row->signature);
            assert(event != NULL);
            rule_of_event[event->id] = row->apply;
        }
}

void apply_add_handlers(const struct event_handler_row *table)
{
    for (const struct event_handler_row *row = table; row->group != NULL; row++) {
        const struct abi_event *event = abi_by_signature(row->group, row->signature);
        assert(event != NULL && rule_of_event[event->id] == NULL && handler_of_event[event->id] == NULL);
        handler_of_event[event->id] = row->apply;
    }
}

struct decoded_log *decode_block(const struct network *network, const struct block *block, struct arena *arena)
{
    struct decoded_log *decoded = ARENA_ARRAY(arena, struct decoded_log, block->n_logs);
    for (size_t i = 0; i < block->n_logs; i++) {
        const struct log *log = &block->logs[i];
        struct decoded_log *d = &decoded[i];
        d->contract = network_contract(network, log->address);
        assert(d->contract != NULL);
        d->subject = log->address;
        d->event = abi_find(d->contract->kind, log);
        struct abi_value *values;
        if (d->event != NULL && abi_decode(d->event, log, arena, &values) == OK) {
            d->values = values;
            d->subject = abi_subject(d->event, values, log->address);
        }
    }
    return decoded;
}

static void apply_log(struct books *b, const struct network *network, const struct block *block,
                      const struct decoded_log *decoded, size_t i)
{
    const struct contract *contract = decoded[i].contract;
    uint32_t id = decoded[i].event->id;
    if (rule_of_event[id] != NULL) {
        struct place at = {b, network, block, decoded, i, contract, block->logs[i].address};
        rule_of_event[id](&at, decoded[i].values);
    } else if (handler_of_event[id] != NULL) {
        struct event event = {.chain_id = network->chain_id,
                              .emitter = block->logs[i].address,
                              .block_number = block->number,
                              .block_time = {block->time},
                              .tx_hash = block->logs[i].tx_hash,
                              .values = decoded[i].values,
                              .has_token = contract->has_token,
                              .has_timelock = contract->has_timelock,
                              .token = contract->token,
                              .timelock = contract->timelock,
                              .clock_is_time = network_clock_is_time(network, contract)};
        handler_of_event[id](b, &event);
    }
}

void apply_block(struct books *b, const struct network *network, const struct block *block,
                 const struct decoded_log *decoded)
{
    books_block_begin(b, block->number, block->hash);
    reward_day_begin(b, block->time);
    for (size_t i = 0; i < block->n_logs; i++) {
        const struct log *log = &block->logs[i];
        books_log_begin(b, log->index);
        root_put_event(b, &(struct root_event){.tx_index = log->tx_index,
                                               .tx_hash = log->tx_hash,
                                               .emitter = log->address,
                                               .topics = log->topics,
                                               .n_topics = log->n_topics,
                                               .data = log->data});
        if (decoded[i].values != NULL)
            apply_log(b, network, block, decoded, i);
    }
    reward_day_end(b);
    books_block_end(b);
}

enum err apply_fit(struct books *b, struct db *db, const struct network *network, const struct block *blocks, size_t n,
                   size_t *fit, bool *closes)
{
    AUTO_BUFFER moments = {0};
    reward_days_use(b, &network->rewards);
    TRY(reward_days_read(b, db, blocks[0].number));
    for (size_t i = 0; i < n; i++) {
        struct reward_moment moment = {blocks[i].number, blocks[i].time};
        buffer_bytes(&moments, &moment, sizeof moment);
    }
    const struct reward_moment *first = (const struct reward_moment *)moments.p;
    *closes = reward_days_due(b, first);
    return reward_days_fit(b, first, n, fit);
}

enum err apply_batch(struct books *b, struct db *db, const struct network *network, const struct block *blocks,
                     struct decoded_log *const *decoded, size_t n)
{
    for (int round = 0; round < BOOKS_ROUNDS_MAX; round++) {
        books_batch_begin(b);
        for (size_t i = 0; i < n; i++)
            apply_block(b, network, &blocks[i], decoded[i]);
        if (books_settle(b) == OK)
            return OK;
        TRY(reward_days_fetch(b, db, blocks[0].number));
        TRY(books_fetch(b, db, blocks[0].number));
    }
    return err_with(ERR_INTERNAL, "block %" PRIu64 " still needs rows after %d rounds", blocks[0].number,
                    BOOKS_ROUNDS_MAX);
}
