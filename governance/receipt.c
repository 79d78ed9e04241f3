/* governance/receipt.c - EIP-712 of receipts, encoded by hand: one is made for every message that is taken; see receipt.h. */
#include "governance/receipt.h"

#include <pthread.h>
#include <string.h>

#include "ledger/core/digest.h"

#define RECEIPT_NAME    "altledger"
#define RECEIPT_VERSION "1"

static const char domain_type[] = "EIP712Domain(string name,string version,uint256 chainId)";
static const char receipt_type[] = "Receipt(bytes32 message,uint64 position,uint64 size,bytes32 root,uint64 time)";

enum { WORD = 32, DOMAIN_WORDS = 4, RECEIPT_WORDS = 6 };

/* What does not depend on the receipt. */
static struct {
    struct hash domain_type, name, version, receipt_type;
} known;
static pthread_once_t known_once = PTHREAD_ONCE_INIT;

static struct hash hash_of(const char *text)
{
    return keccak_bytes(text, strlen(text));
}

static void know(void)
{
    known.domain_type = hash_of(domain_type);
    known.name = hash_of(RECEIPT_NAME);
    known.version = hash_of(RECEIPT_VERSION);
    known.receipt_type = hash_of(receipt_type);
}

static void put_hash(uint8_t word[WORD], struct hash h)
{
    memcpy(word, h.b, WORD);
}

/* EIP-712: integers are "sign-extended to 256-bit and encoded in big endian order". */
static void put_number(uint8_t word[WORD], uint64_t v)
{
    memset(word, 0, WORD);
    for (size_t i = 0; i < sizeof v; i++)
        word[WORD - 1 - i] = (uint8_t)(v >> (8 * i));
}

static struct hash domain_separator(uint64_t chain_id)
{
    uint8_t words[DOMAIN_WORDS][WORD];
    put_hash(words[0], known.domain_type);
    put_hash(words[1], known.name);
    put_hash(words[2], known.version);
    put_number(words[3], chain_id);
    return keccak_bytes(words, sizeof words);
}

struct hash receipt_digest(uint64_t chain_id, const struct receipt *r)
{
    pthread_once(&known_once, know);
    uint8_t words[RECEIPT_WORDS][WORD];
    put_hash(words[0], known.receipt_type);
    put_hash(words[1], r->message);
    put_number(words[2], r->position);
    put_number(words[3], r->size);
    put_hash(words[4], r->root);
    put_number(words[5], (uint64_t)r->time.unix_seconds);
    uint8_t all[2 + 2 * WORD] = {0x19, 0x01};
    put_hash(all + 2, domain_separator(chain_id));
    put_hash(all + 2 + WORD, keccak_bytes(words, sizeof words));
    return keccak_bytes(all, sizeof all);
}

static void write_member(struct json_writer *w, const char *name, const char *type)
{
    jw_object(w);
    jw_key(w, "name");
    jw_text(w, name);
    jw_key(w, "type");
    jw_text(w, type);
    jw_object_end(w);
}

static void write_types(struct json_writer *w)
{
    jw_object(w);
    jw_key(w, "Receipt");
    jw_array(w);
    write_member(w, "message", "bytes32");
    write_member(w, "position", "uint64");
    write_member(w, "size", "uint64");
    write_member(w, "root", "bytes32");
    write_member(w, "time", "uint64");
    jw_array_end(w);
    jw_object_end(w);
}

void receipt_write(struct json_writer *w, uint64_t chain_id, const struct receipt *r)
{
    jw_object(w);
    jw_key(w, "domain");
    jw_object(w);
    jw_key(w, "name");
    jw_text(w, RECEIPT_NAME);
    jw_key(w, "version");
    jw_text(w, RECEIPT_VERSION);
    jw_key(w, "chainId");
    jw_u64(w, chain_id);
    jw_object_end(w);
    jw_key(w, "types");
    write_types(w);
    jw_key(w, "primaryType");
    jw_text(w, "Receipt");
    jw_key(w, "message");
    jw_object(w);
    jw_key(w, "message");
    jw_hash(w, r->message);
    jw_key(w, "position");
    jw_u64(w, r->position);
    jw_key(w, "size");
    jw_u64(w, r->size);
    jw_key(w, "root");
    jw_hash(w, r->root);
    jw_key(w, "time");
    jw_u64(w, (uint64_t)r->time.unix_seconds);
    jw_object_end(w);
    jw_object_end(w);
}
