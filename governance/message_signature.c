/* governance/message_signature.c - who signed a message: a key by ECDSA, or a contract wallet by ERC-1271; see message.h. */
#include <string.h>

#include "governance/message.h"

enum { WORD = 32, SELECTOR = 4 };

/* bytes4(keccak256("isValidSignature(bytes32,bytes)")): both the function and its magic value. */
static const uint8_t magic[SELECTOR] = {0x16, 0x26, 0xba, 0x7e};

static enum err malformed(enum err e)
{
    char detail[200];
    snprintf(detail, sizeof detail, "%s", err_detail());
    return err_with(e, "sig: %s", detail);
}

enum err message_check_signature(const struct message *m, struct address *signer)
{
    struct signature s;
    enum err e = signature_parse(m->signature, &s);
    if (e == OK)
        e = signature_recover(&s, m->digest, signer);
    if (e != OK)
        return malformed(e);
    if (!address_equal(*signer, m->address))
        return err_with(ERR_RULE, "sig: is not of `address`");
    return OK;
}

static void put_word(struct buffer *out, uint64_t v)
{
    for (size_t i = 0; i < WORD - sizeof v; i++)
        buffer_u8(out, 0);
    buffer_be64(out, v);
}

void erc1271_calldata(struct hash digest, struct slice signature, struct buffer *out)
{
    buffer_bytes(out, magic, sizeof magic);
    buffer_bytes(out, digest.b, sizeof digest.b);
    put_word(out, (uint64_t)2 * WORD); /* where the bytes begin */
    put_word(out, signature.n);
    buffer_bytes(out, signature.p, signature.n);
    for (size_t n = signature.n; n % WORD != 0; n++)
        buffer_u8(out, 0);
}

/* OpenZeppelin SignatureChecker: at least a word is returned, and it is bytes32(magic). */
bool erc1271_accepts(struct slice returned)
{
    static const uint8_t zeros[WORD - SELECTOR];
    return returned.n >= WORD && memcmp(returned.p, magic, SELECTOR) == 0 &&
           memcmp(returned.p + SELECTOR, zeros, sizeof zeros) == 0;
}
