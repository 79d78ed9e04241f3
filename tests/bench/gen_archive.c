/* tests/bench/gen_archive.c - writes an archive of many ERC-20 transfers to stdout, the same for the same arguments.
 *
 * gen_archive BLOCKS LOGS_PER_BLOCK HOLDERS [EVERY]: one token (0x11..11), a mint to holder 0, then transfers of small
 * amounts between pseudo-random holders; with EVERY, each EVERY-th transfer goes to holder 1, whose statement so becomes
 * long. Hashes are made up but consistent, as archives need: block b has hash b + 1. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Spread over all addresses, as keys of accounts are. */
static uint64_t address_of(uint64_t holder)
{
    return (holder + 1) * 0x9e3779b97f4a7c15u;
}

struct transfer {
    uint64_t from, to, value;
};

static void print_log(uint64_t block, unsigned index, struct transfer t)
{
    printf("%s{\"address\":\"0x1111111111111111111111111111111111111111\",\"topics\":["
           "\"0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef\",",
           index == 0 ? "" : ",");
    if (block == 0 && index == 0)
        printf("\"0x%064d\",", 0);
    else
        printf("\"0x000000000000000000000000aaaaaaaaaaaaaaaaaaaaaaaa%016" PRIx64 "\",", address_of(t.from));
    printf("\"0x000000000000000000000000aaaaaaaaaaaaaaaaaaaaaaaa%016" PRIx64 "\"],\"data\":\"0x%048d%016" PRIx64 "\","
           "\"blockHash\":\"0x%064" PRIx64 "\",\"blockNumber\":\"0x%" PRIx64 "\",\"transactionHash\":\"0x%032" PRIx64
           "%032x\","
           "\"transactionIndex\":\"0x%x\",\"logIndex\":\"0x%x\",\"removed\":false}",
           address_of(t.to), 0, t.value, block + 1, block, block + 1, index, index, index);
}

/* Each holder first receives from holder 0, so that nobody spends what it has not. */
static struct transfer transfer_at(uint64_t k, uint64_t holders, uint64_t every)
{
    if (k == 0)
        return (struct transfer){0, 0, UINT64_MAX};
    if (k < holders)
        return (struct transfer){0, k, 1000000000};
    uint64_t from = 1 + next_random() % (holders - 1), to = 1 + next_random() % (holders - 1),
             value = 1 + next_random() % 999;
    return (struct transfer){from, every != 0 && k % every == 0 ? 1 : to, value};
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 5) {
        fprintf(stderr, "usage: gen_archive BLOCKS LOGS_PER_BLOCK HOLDERS [EVERY]\n");
        return 2;
    }
    uint64_t blocks = strtoull(argv[1], NULL, 10), holders = strtoull(argv[3], NULL, 10);
    uint64_t every = argc == 5 ? strtoull(argv[4], NULL, 10) : 0;
    unsigned logs = (unsigned)strtoul(argv[2], NULL, 10);
    if (holders < 2)
        return 2;
    for (uint64_t b = 0; b < blocks; b++) {
        printf("{\"number\":\"0x%" PRIx64 "\",\"hash\":\"0x%064" PRIx64 "\",\"parentHash\":\"0x%064" PRIx64
               "\",\"timestamp\":\"0x%" PRIx64 "\",\"logs\":[",
               b, b + 1, b, 1700000000 + 12 * b);
        for (unsigned i = 0; i < logs; i++)
            print_log(b, i, transfer_at(b * logs + i, holders, every));
        printf("]}\n");
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
