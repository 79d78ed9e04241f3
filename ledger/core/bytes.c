/* ledger/core/bytes.c - table-driven hexadecimal and EIP-55; see bytes.h. */
#include "ledger/core/bytes.h"

#include <string.h>

#include "ledger/core/digest.h"

const struct address address_zero;
const struct hash hash_zero;

static const char digits[] = "0123456789abcdef";

enum { QUANTITY_DIGITS = 16 };

/* The value of a hexadecimal digit, or more than 15. */
static unsigned nibble(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    unsigned letter = ((unsigned)(unsigned char)c | 0x20U) - 'a';
    return letter < 6 ? letter + 10 : 16;
}

bool address_equal(struct address a, struct address b)
{
    return memcmp(a.b, b.b, sizeof a.b) == 0;
}

int address_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct address));
}

bool address_is_zero(struct address a)
{
    return address_equal(a, address_zero);
}

bool hash_equal(struct hash a, struct hash b)
{
    return memcmp(a.b, b.b, sizeof a.b) == 0;
}

bool slice_equal(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

void hex_encode(struct slice in, char *out)
{
    for (size_t i = 0; i < in.n; i++) {
        out[2 * i] = digits[in.p[i] >> 4];
        out[2 * i + 1] = digits[in.p[i] & 15];
    }
}

void address_format_lower(struct address a, char out[ADDRESS_TEXT + 1])
{
    out[0] = '0';
    out[1] = 'x';
    hex_encode((struct slice){a.b, sizeof a.b}, out + 2);
    out[ADDRESS_TEXT] = '\0';
}

void address_format(struct address a, char out[ADDRESS_TEXT + 1])
{
    address_format_lower(a, out);
    /* EIP-55: "if the ith digit is a letter ... print it in uppercase if the 4*ith bit of the hash of the lowercase
     * hexadecimal address is 1 otherwise print it in lowercase." */
    struct hash h = keccak_bytes(out + 2, ADDRESS_TEXT - 2);
    for (size_t i = 0; i < ADDRESS_TEXT - 2; i++) {
        unsigned of_hash = i % 2 == 0 ? h.b[i / 2] >> 4 : h.b[i / 2] & 15;
        if (out[2 + i] >= 'a' && of_hash >= 8)
            out[2 + i] = (char)(out[2 + i] - 'a' + 'A');
    }
}

void hash_format(struct hash h, char out[HASH_TEXT + 1])
{
    out[0] = '0';
    out[1] = 'x';
    hex_encode((struct slice){h.b, sizeof h.b}, out + 2);
    out[HASH_TEXT] = '\0';
}

static bool has_prefix(const char *text, size_t n)
{
    return n >= 2 && text[0] == '0' && text[1] == 'x';
}

static bool all_hex(const char *text, size_t n)
{
    unsigned bad = 0;
    for (size_t i = 0; i < n; i++)
        bad |= nibble(text[i]) & 16;
    return bad == 0;
}

/* n digits, known to be hexadecimal and even in number. */
static void decode(const char *text, size_t n, uint8_t *out)
{
    for (size_t i = 0; i < n / 2; i++)
        out[i] = (uint8_t)(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
}

enum err address_parse(const char *text, size_t n, struct address *out)
{
    if (n != ADDRESS_TEXT || !has_prefix(text, n) || !all_hex(text + 2, n - 2))
        return err_with(ERR_FIELD, "an address is 0x and 40 hexadecimal digits");
    decode(text + 2, n - 2, out->b);
    return OK;
}

enum err hash_parse(const char *text, size_t n, struct hash *out)
{
    if (n != HASH_TEXT || !has_prefix(text, n) || !all_hex(text + 2, n - 2))
        return err_with(ERR_FIELD, "a hash is 0x and 64 hexadecimal digits");
    decode(text + 2, n - 2, out->b);
    return OK;
}

enum err hex_parse(const char *text, size_t n, uint8_t *out, size_t max, size_t *out_n)
{
    if (!has_prefix(text, n) || n % 2 != 0)
        return err_with(ERR_FIELD, "bytes are 0x and an even number of hexadecimal digits");
    if ((n - 2) / 2 > max)
        return err_with(ERR_TOO_LARGE, "more than %zu bytes", max);
    if (!all_hex(text + 2, n - 2))
        return err_with(ERR_FIELD, "bytes are 0x and an even number of hexadecimal digits");
    decode(text + 2, n - 2, out);
    *out_n = (n - 2) / 2;
    return OK;
}

enum err quantity_parse(const char *text, size_t n, uint64_t *out)
{
    if (!has_prefix(text, n) || n == 2 || n > 2 + QUANTITY_DIGITS || !all_hex(text + 2, n - 2) ||
        (text[2] == '0' && n > 3))
        return err_with(ERR_FIELD, "a quantity is 0x and 1 to 16 hexadecimal digits without leading zeros");
    uint64_t v = 0;
    for (size_t i = 2; i < n; i++)
        v = v << 4 | nibble(text[i]);
    *out = v;
    return OK;
}

size_t utf8_sequence(const char *text, size_t n)
{
    const unsigned char *p = (const unsigned char *)text;
    if (n == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    /* RFC 3629 section 4: lead byte, number of tails, and the range of the first tail (which excludes overlong forms,
     * surrogates and values above U+10FFFF). */
    size_t tails = p[0] >= 0xF0 ? 3 : p[0] >= 0xE0 ? 2 : 1;
    if (p[0] < 0xC2 || p[0] > 0xF4 || n <= tails)
        return 0;
    unsigned least = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    unsigned most = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < least || p[1] > most)
        return 0;
    for (size_t i = 2; i <= tails; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    }
    return tails + 1;
}
