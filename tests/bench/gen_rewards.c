/* tests/bench/gen_rewards.c - writes an archive of stakers who delegate and deposit to stdout, the same for the same arguments.
 *
 * gen_rewards STAKERS OPERATORS AVS DIRECTORY DELEGATION STRATEGY_MANAGER TIME STRATEGY...: the operators register and join the AVS; then each
 * staker delegates to one of them (the first ones have more) and deposits into one strategy or several. Addresses as 0x and 40 digits; TIME: of
 * block 0, each block a second later. Hashes are made up but consistent, as archives need: block b has hash b + 1. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOGS_PER_BLOCK = 500, ADDRESS_DIGITS = 42, WORD_DIGITS = 64, MULTIPLE = 10, TOKENS = 54 };

static const char *const staker_delegated = "c3ee9f2e5fda98e8066a1f745b2df9285f416fe98cf2559cd21484b3d8743304";
static const char *const operator_registered = "a453db612af59e5521d6ab9284dc3e2d06af286eb1b1b7b771fce4716c19f2c1";
static const char *const avs_status = "f0952b1c65271d819d39983d2abb044b9cace59bcc4d4dd389f586ebdcb15b41";
static const char *const deposit = "5548c837ab068cf56a2c2479df0882a4922fd203edb7517321831d95078c5f62";
static const char *const scaling_factor = "8be932bac54561f27260f95463d9b8ab37e06b2842e5ee2404157cc13df6eb8f";
static const char *const operator_shares = "1ec042c965e2edd7107b51188ee0f383e22e76179041ab3a9d18ff151405166c";

struct world {
    const char *avs, *directory, *delegation, *strategy_manager;
    char **strategies;
    unsigned n_strategies;
    uint64_t time, n_operators;
};

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* ---- blocks, transactions, logs ------------------------------------------------------------------------------------- */

static struct {
    uint64_t block, transactions;
    unsigned in_block, logs; /* transactions and logs of the block */
    bool open;
} out;

static void end_block(void)
{
    if (out.open)
        printf("]}\n");
    out.block += out.open;
    out.in_block = out.logs = 0;
    out.open = false;
}

static void begin_transaction(const struct world *w)
{
    if (out.logs >= LOGS_PER_BLOCK)
        end_block();
    if (!out.open)
        printf("{\"number\":\"0x%" PRIx64 "\",\"hash\":\"0x%064" PRIx64 "\",\"parentHash\":\"0x%064" PRIx64
               "\",\"timestamp\":\"0x%" PRIx64 "\",\"logs\":[",
               out.block, out.block + 1, out.block, w->time + out.block);
    out.open = true;
    out.transactions++;
    out.in_block++;
}

/* Topics and words of data as 64 digits each, without 0x; NULL ends them. */
static void print_log(const char *emitter, const char *const *topics, const char *const *data)
{
    printf("%s{\"address\":\"%s\",\"topics\":[", out.logs == 0 ? "" : ",", emitter);
    for (size_t i = 0; topics[i] != NULL; i++)
        printf("%s\"0x%s\"", i == 0 ? "" : ",", topics[i]);
    printf("],\"data\":\"0x");
    for (size_t i = 0; data[i] != NULL; i++)
        fputs(data[i], stdout);
    printf("\",\"blockHash\":\"0x%064" PRIx64 "\",\"blockNumber\":\"0x%" PRIx64 "\",\"transactionHash\":\"0x%064" PRIx64
           "\",\"transactionIndex\":\"0x%x\",\"logIndex\":\"0x%x\",\"removed\":false}",
           out.block + 1, out.block, out.transactions, out.in_block - 1, out.logs);
    out.logs++;
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

struct word {
    char digits[WORD_DIGITS + 1];
};

static struct word word_of(uint64_t high, uint64_t low)
{
    struct word w;
    snprintf(w.digits, sizeof w.digits, "%032d%016" PRIx64 "%016" PRIx64, 0, high, low);
    return w;
}

static struct word word_of_address(const char *address)
{
    struct word w;
    snprintf(w.digits, sizeof w.digits, "%024d%s", 0, address + 2);
    return w;
}

/* Spread over all addresses, as keys of accounts are. */
static struct word person(char group, uint64_t number)
{
    struct word w;
    snprintf(w.digits, sizeof w.digits, "%024d%016" PRIx64 "%024d", 0, (number + 1) * 0x9e3779b97f4a7c15u, 0);
    w.digits[WORD_DIGITS - 1] = group;
    return w;
}

/* ---- who comes ------------------------------------------------------------------------------------------------------ */

static void join_operator(const struct world *w, uint64_t number)
{
    struct word who = person('b', number), avs = word_of_address(w->avs), none = word_of(0, 0), yes = word_of(0, 1);
    begin_transaction(w);
    print_log(w->delegation, LIST(staker_delegated, who.digits, who.digits), LIST(NULL));
    print_log(w->delegation, LIST(operator_registered, who.digits), LIST(none.digits));
    begin_transaction(w);
    print_log(w->directory, LIST(avs_status, who.digits, avs.digits), LIST(yes.digits));
}

/* Up to some 1,000 tokens of 18 decimals, which are 54 * 2^64 units. */
static void put_deposit(const struct world *w, const struct word *who, const struct word *target, unsigned strategy)
{
    struct word of = word_of_address(w->strategies[strategy]), shares = word_of(next_random() % TOKENS, next_random());
    struct word whole = word_of(0, 1000000000000000000u);
    begin_transaction(w);
    print_log(w->strategy_manager, LIST(deposit), LIST(who->digits, of.digits, shares.digits));
    print_log(w->delegation, LIST(scaling_factor), LIST(who->digits, of.digits, whole.digits));
    print_log(w->delegation, LIST(operator_shares, target->digits), LIST(who->digits, of.digits, shares.digits));
}

/* One of ten has all strategies, two of ten have two. */
static void join_staker(const struct world *w, uint64_t number)
{
    uint64_t a = next_random() % w->n_operators, b = next_random() % w->n_operators;
    struct word who = person('a', number), target = person('b', a < b ? a : b);
    unsigned tenth = (unsigned)(number % MULTIPLE), n = tenth == 0 ? w->n_strategies : tenth < 3 ? 2 : 1;
    begin_transaction(w);
    print_log(w->delegation, LIST(staker_delegated, who.digits, target.digits), LIST(NULL));
    for (unsigned i = 0; i < n && i < w->n_strategies; i++)
        put_deposit(w, &who, &target, (unsigned)(number / MULTIPLE + i) % w->n_strategies);
}

int main(int argc, char **argv)
{
    if (argc < 9) {
        fprintf(stderr,
                "usage: gen_rewards STAKERS OPERATORS AVS DIRECTORY DELEGATION STRATEGY_MANAGER TIME STRATEGY...\n");
        return 2;
    }
    for (int i = 3; i < argc; i++)
        if (i != 7 && strlen(argv[i]) != ADDRESS_DIGITS)
            return 2;
    struct world w = {.avs = argv[3],
                      .directory = argv[4],
                      .delegation = argv[5],
                      .strategy_manager = argv[6],
                      .strategies = argv + 8,
                      .n_strategies = (unsigned)(argc - 8)};
    uint64_t n_stakers = strtoull(argv[1], NULL, 10);
    w.n_operators = strtoull(argv[2], NULL, 10);
    w.time = strtoull(argv[7], NULL, 10);
    if (w.n_operators == 0)
        return 2;
    for (uint64_t i = 0; i < w.n_operators; i++)
        join_operator(&w, i);
    for (uint64_t i = 0; i < n_stakers; i++)
        join_staker(&w, i);
    end_block();
    return fflush(stdout) == 0 ? 0 : 1;
}
