/* ledger/mirror/rlp.c - see rlp.h. */
#include "ledger/mirror/rlp.h"

#include <string.h>

/* "If the string is 0-55 bytes long, a single byte with value 0x80 plus the length ... if more than 55 bytes long, a
 * single byte with value 0xb7 plus the length in bytes of the length"; lists the same from 0xc0. */
enum { RLP_STRING = 0x80, RLP_LIST = 0xc0, RLP_SHORT_MAX = 55, RLP_PREFIX_MAX = 9 };

static size_t prefix_format(uint8_t out[RLP_PREFIX_MAX], uint8_t base, size_t n)
{
    if (n <= RLP_SHORT_MAX) {
        out[0] = (uint8_t)(base + n);
        return 1;
    }
    size_t width = 0;
    for (size_t rest = n; rest; rest >>= 8)
        width++;
    out[0] = (uint8_t)(base + RLP_SHORT_MAX + width);
    for (size_t i = 0; i < width; i++)
        out[1 + i] = (uint8_t)(n >> (8 * (width - 1 - i)));
    return 1 + width;
}

void rlp_bytes(struct buffer *b, const void *p, size_t n)
{
    uint8_t prefix[RLP_PREFIX_MAX];
    if (n == 1 && *(const uint8_t *)p < RLP_STRING) {
        buffer_u8(b, *(const uint8_t *)p);
        return;
    }
    buffer_bytes(b, prefix, prefix_format(prefix, RLP_STRING, n));
    if (n)
        buffer_bytes(b, p, n);
}

void rlp_integer(struct buffer *b, const uint8_t *be, size_t n)
{
    while (n && *be == 0)
        be++, n--;
    rlp_bytes(b, be, n);
}

void rlp_u64(struct buffer *b, uint64_t v)
{
    uint8_t be[8];
    for (int i = 0; i < 8; i++)
        be[i] = (uint8_t)(v >> (56 - 8 * i));
    rlp_integer(b, be, sizeof be);
}

size_t rlp_list_begin(struct buffer *b)
{
    return b->n;
}

void rlp_list_end(struct buffer *b, size_t begin)
{
    uint8_t prefix[RLP_PREFIX_MAX];
    size_t payload = b->n - begin;
    size_t prefix_n = prefix_format(prefix, RLP_LIST, payload);
    buffer_reserve(b, prefix_n);
    memmove(b->p + begin + prefix_n, b->p + begin, payload);
    memcpy(b->p + begin, prefix, prefix_n);
    b->n += prefix_n;
}
