/* ledger/mirror/trie.h - the root of the Merkle-Patricia trie of a list (Yellow Paper, appendix D).
 *
 * Receipts, transactions and withdrawals are kept this way: value i under the key rlp(i). */
#ifndef LEDGER_MIRROR_TRIE_H
#define LEDGER_MIRROR_TRIE_H

#include "ledger/core/bytes.h"

/* No value may be empty (an empty value means absence in the trie). n = 0: the empty trie, keccak256(rlp("")). */
struct hash trie_list_root(const struct slice *values, size_t n);

#endif
