/* tests/bench/gen_ballots.c - writes what many voters need: a chain on which each has tokens, and their signed ballots.
 *
 * gen_ballots archive VOTERS BLOCKS: an archive of one ERC-20 token (0x11..11), PER_BLOCK mints of 10^18 and more a block, then BLOCKS empty ones.
 * gen_ballots ballots FIRST COUNT SPACE PROPOSAL TIMESTAMP CHOICES: envelopes as snapshot.js posts them, one a line; voter k chooses 1 + k % CHOICES.
 * Voter k has the private key keccak(k as 8 bytes). The digest is put together here, not by the code that is measured. */
#include <inttypes.h>
#include <secp256k1_recovery.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/core/digest.h"

enum { PER_BLOCK = 1000, SIGNATURE = 65 };

#define VOTE_TYPE                                                                                                   \
    "Vote(string from,string space,uint64 timestamp,string proposal,uint32 choice,string reason,string app,string " \
    "metadata)"
#define TYPES                                                                                                       \
    "{\"Vote\":[{\"name\":\"from\",\"type\":\"string\"},{\"name\":\"space\",\"type\":\"string\"},{\"name\":"        \
    "\"timestamp\",\"type\":\"uint64\"},{\"name\":\"proposal\",\"type\":\"string\"},{\"name\":\"choice\",\"type\":" \
    "\"uint32\"},{\"name\":\"reason\",\"type\":\"string\"},{\"name\":\"app\",\"type\":\"string\"},{\"name\":"       \
    "\"metadata\",\"type\":\"string\"}]}"

static struct hash hash_text(const char *text)
{
    return keccak_bytes(text, strlen(text));
}

static void put(uint8_t word[32], uint64_t n)
{
    memset(word, 0, 32);
    for (int i = 0; i < 8; i++)
        word[31 - i] = (uint8_t)(n >> (8 * i));
}

static struct hash key_of(uint64_t voter)
{
    uint8_t word[32];
    put(word, voter);
    return keccak_bytes(word + 24, 8);
}

static struct address address_of(const secp256k1_context *c, uint64_t voter)
{
    secp256k1_pubkey key;
    uint8_t point[65];
    size_t n = sizeof point;
    if (!secp256k1_ec_pubkey_create(c, &key, key_of(voter).b))
        abort();
    secp256k1_ec_pubkey_serialize(c, point, &n, &key, SECP256K1_EC_UNCOMPRESSED);
    struct hash h = keccak_bytes(point + 1, 64);
    struct address a;
    memcpy(a.b, h.b + 12, sizeof a.b);
    return a;
}

/* ---- the chain ---- */

static void print_block(uint64_t number)
{
    printf("%s{\"number\":\"0x%" PRIx64 "\",\"hash\":\"0x%064" PRIx64 "\",\"parentHash\":\"0x%064" PRIx64
           "\",\"timestamp\":\"0x%" PRIx64 "\",\"logs\":[",
           number == 0 ? "" : "]}\n", number, number + 1, number, 1700000000 + 12 * number);
}

static void print_archive(const secp256k1_context *c, uint64_t voters, uint64_t blocks)
{
    uint64_t number = 0;
    for (uint64_t k = 0; k < voters; k++) {
        unsigned index = (unsigned)(k % PER_BLOCK);
        if (index == 0)
            print_block(number++);
        char to[ADDRESS_TEXT + 1];
        address_format_lower(address_of(c, k), to);
        printf("%s{\"address\":\"0x1111111111111111111111111111111111111111\",\"topics\":["
               "\"0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef\",\"0x%064d\","
               "\"0x000000000000000000000000%s\"],\"data\":\"0x%064" PRIx64 "\",\"blockHash\":\"0x%064" PRIx64
               "\",\"blockNumber\":\"0x%" PRIx64 "\",\"transactionHash\":\"0x%032" PRIx64 "%032x\","
               "\"transactionIndex\":\"0x%x\",\"logIndex\":\"0x%x\",\"removed\":false}",
               index == 0 ? "" : ",", 0, to + 2, 1000000000000000000 + k, number, number - 1, number, index, index,
               index);
    }
    for (uint64_t i = 0; i < blocks; i++)
        print_block(number++);
    printf("]}\n");
}

/* ---- ballots ---- */

static struct hash domain_hash(void)
{
    struct hash words[3] = {hash_text("EIP712Domain(string name,string version)"), hash_text("snapshot"),
                            hash_text("0.1.4")};
    return keccak_bytes(words, sizeof words);
}

struct ballot {
    const char *from, *space, *proposal;
    uint64_t timestamp, choice;
};

static struct hash digest_of(const struct ballot *b)
{
    struct hash words[9] = {hash_text(VOTE_TYPE), hash_text(b->from), hash_text(b->space)};
    put(words[3].b, b->timestamp);
    words[4] = hash_text(b->proposal);
    put(words[5].b, b->choice);
    words[6] = hash_text("");
    words[7] = hash_text("bench");
    words[8] = hash_text("{}");
    struct hash message = keccak_bytes(words, sizeof words), domain = domain_hash();
    uint8_t all[66] = {0x19, 0x01};
    memcpy(all + 2, domain.b, 32);
    memcpy(all + 34, message.b, 32);
    return keccak_bytes(all, sizeof all);
}

static void print_ballot(const secp256k1_context *c, uint64_t voter, struct ballot b)
{
    char from[ADDRESS_TEXT + 1], hex[2 * SIGNATURE + 1] = "";
    address_format(address_of(c, voter), from);
    b.from = from;
    secp256k1_ecdsa_recoverable_signature s;
    uint8_t bytes[SIGNATURE];
    int v = 0;
    if (!secp256k1_ecdsa_sign_recoverable(c, &s, digest_of(&b).b, key_of(voter).b, NULL, NULL))
        abort();
    secp256k1_ecdsa_recoverable_signature_serialize_compact(c, bytes, &v, &s);
    bytes[64] = (uint8_t)(27 + v);
    hex_encode((struct slice){bytes, sizeof bytes}, hex);
    printf("{\"address\":\"%s\",\"sig\":\"0x%s\",\"data\":{\"domain\":{\"name\":\"snapshot\",\"version\":\"0.1.4\"},"
           "\"types\":" TYPES ",\"message\":{\"space\":\"%s\",\"proposal\":\"%s\",\"choice\":%" PRIu64
           ",\"app\":\"bench\",\"from\":\"%s\",\"timestamp\":%" PRIu64 ",\"reason\":\"\",\"metadata\":\"{}\"}}}\n",
           from, hex, b.space, b.proposal, b.choice, from, b.timestamp);
}

int main(int argc, char **argv)
{
    secp256k1_context *c = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    if (argc == 4 && strcmp(argv[1], "archive") == 0) {
        print_archive(c, strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
    } else if (argc == 8 && strcmp(argv[1], "ballots") == 0) {
        uint64_t first = strtoull(argv[2], NULL, 10), n = strtoull(argv[3], NULL, 10),
                 choices = strtoull(argv[7], NULL, 10);
        for (uint64_t k = first; k < first + n; k++)
            print_ballot(c, k,
                         (struct ballot){.space = argv[4],
                                         .proposal = argv[5],
                                         .timestamp = strtoull(argv[6], NULL, 10),
                                         .choice = 1 + k % choices});
    } else {
        fprintf(stderr, "usage: gen_ballots archive VOTERS BLOCKS\n"
                        "       gen_ballots ballots FIRST COUNT SPACE PROPOSAL TIMESTAMP CHOICES\n");
        return 2;
    }
    secp256k1_context_destroy(c);
    return fflush(stdout) == 0 ? 0 : 1;
}
