/* ledger/position.h - one 64-bit number that orders everything that was booked.
 *
 * position = block number (31 bits) << 32 | ordinal of the booked row in its block. "At or before block N" is
 * position <= position_end(N). An ordinal never reaches 2^32 - 1, which is kept for the block's root. */
#ifndef LEDGER_POSITION_H
#define LEDGER_POSITION_H

#include <stdint.h>

static inline uint64_t position_start(uint64_t block_number)
{
    return block_number << 32;
}

static inline uint64_t position_end(uint64_t block_number)
{
    return block_number << 32 | 0xffffffffu;
}

static inline uint64_t position_block(uint64_t position)
{
    return position >> 32;
}

#endif
