/* ledger/mirror/reconcile_kind.h - the questions that reconciliation asks: which view function, of whom, what the books expect; as data.
 *
 * A kind is one view function. Its statement picks subjects and gives what the books say of them at the end of a block; the call
 * and the comparison follow from the row. To add one: a row in a table of reconcile_kinds_*.c. */
#ifndef LEDGER_MIRROR_RECONCILE_KIND_H
#define LEDGER_MIRROR_RECONCILE_KIND_H

#include "ledger/mirror/abi.h"

/* Why a figure was not compared. The first two are what statements say (column `why`; 0: compare). */
#define UNCHECKED(REASON)                                                         \
    REASON(UNCHECKED_DOUBT, "logs leave it in doubt")                             \
    REASON(UNCHECKED_INCONSISTENT, "the contract's events contradict each other") \
    REASON(UNCHECKED_GONE, "the node no longer has the state of that block")      \
    REASON(UNCHECKED_UNANSWERED, "the node does not answer")                      \
    REASON(UNCHECKED_REVERTED, "the contract has no such view, or it reverts")    \
    REASON(UNCHECKED_MALFORMED, "the contract's answer is not of the declared types")
#define UNCHECKED_ENUM(code, sentence) code,
enum unchecked { CHECKED, UNCHECKED(UNCHECKED_ENUM) UNCHECKED_COUNT };
#undef UNCHECKED_ENUM

enum { FIGURES_MAX = 4, NO_MEMBER = -1 };

/* One of the values returned that is compared. */
struct reconcile_figure {
    const char *name; /* "" if the view returns only this */
    size_t slot;      /* which returned value */
    int member;       /* of a tuple or array; or NO_MEMBER */
    bool list;        /* the element that column `item` says */
};

/* Arguments by letter: a address (bytea), l array of one address, n integer (bigint), w word (32 bytes, bytea).
 * Columns in order: the contract, one an argument, `item` (bigint) if a figure is of a list, one a figure (numeric, an address as
 * bytea), why (smallint). Parameters: $1 last position, $2 seed (text), $3 how many at most (null: all), $4 the contract if the
 * kind names one, $5 block number. */
struct reconcile_kind {
    const char *signature;
    const char *arguments;
    bool
        has_contract; /* asked of the network file's only contract of this kind; if there is none, or several, not asked */
    enum contract_kind contract;
    struct abi_event returns; /* declared as if it were an event without topics */
    size_t n_figures;
    struct reconcile_figure figures[FIGURES_MAX];
    const char *sql;
};

#define RETURNS(sig, ...)                                                                                         \
    .signature = sig, .returns = {                                                                                \
                          .type = sig,                                                                            \
                          .inputs = (const struct abi_input[]){__VA_ARGS__},                                      \
                          .n_inputs = sizeof((const struct abi_input[]){__VA_ARGS__}) / sizeof(struct abi_input), \
    }
#define FIGURES(...)                                                                                       \
    .n_figures = sizeof((const struct reconcile_figure[]){__VA_ARGS__}) / sizeof(struct reconcile_figure), \
    .figures = {__VA_ARGS__}
#define ONE_FIGURE .n_figures = 1, .figures = {{"", 0, NO_MEMBER, false}}
#define UINT(width)                       \
    {                                     \
        .kind = ABI_UINT, .bits = (width) \
    }
#define INT(width)                       \
    {                                    \
        .kind = ABI_INT, .bits = (width) \
    }
#define ADDRESS_TYPE                     \
    {                                    \
        .kind = ABI_ADDRESS, .bits = 160 \
    }
#define BOOL_TYPE                   \
    {                               \
        .kind = ABI_BOOL, .bits = 8 \
    }
#define WORD_TYPE                            \
    {                                        \
        .kind = ABI_FIXED_BYTES, .bits = 256 \
    }

/* Pieces of the statements. Subjects are picked in the order of a hash of seed and key, so that a seed gives the same ones. */
/* clang-format off */
#define SQL_PICK(key) " ORDER BY md5($2 || encode(" key ", 'hex')) LIMIT $3"
#define SQL_NOBODY "decode(repeat('00', 20), 'hex')"
#define SQL_WAD "1000000000000000000"
#define SQL_LAST(what, table, keys) "(SELECT l." what " FROM ledger." table " l WHERE " keys                          \
    " AND l.position <= $1 ORDER BY l.position DESC LIMIT 1)"
#define SQL_BALANCE_OF(account)                                                                                       \
    "(SELECT l.balance FROM ledger.entry l WHERE l.account = " account                                                \
    " AND l.position <= $1 ORDER BY l.position DESC LIMIT 1)"
/* Of the account with this key; 0 if there is none. */
#define SQL_BALANCE(book, asset, owner)                                                                               \
    "coalesce((SELECT " SQL_BALANCE_OF("n.id") " FROM ledger.account n WHERE n.book = " book " AND n.asset = " asset  \
    " AND n.owner = " owner " AND n.second = ''), 0)"
/* The network file's contracts of a kind: address, asset. */
#define SQL_CONTRACTS_OF(kind) "(SELECT c.address, c.asset FROM api_v1.contracts() c WHERE c.kind " kind ")"
#define SQL_COMPARE "0::smallint"
#define SQL_UNLESS_INCONSISTENT(contract)                                                                             \
    "CASE WHEN EXISTS (SELECT FROM ledger.inconsistency l WHERE l.contract = " contract " AND l.position <= $1)"      \
    " THEN 2 ELSE 0 END::smallint"
/* clang-format on */

/* Each ends with {0}. */
extern const struct reconcile_kind reconcile_kinds_token[], reconcile_kinds_stake[], reconcile_kinds_allocation[],
    reconcile_kinds_alt[];

#endif
