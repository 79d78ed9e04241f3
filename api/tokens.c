/* api/tokens.c - the configured tokens: supply, holders, vault. */
#include <string.h>

#include "api/asset.h"
#include "api/routes.h"
#include "api/sql.h"

/* The asset of a token in the books: its address, for ERC-1155 with the token id ($6) behind it. */
/* clang-format off */
#define ASSET "k.address || coalesce($6::bytea, '')"

/* Figures of asset z at the block: supply is what the counter-account of mint and burn says was issued and not
 * burnt. An ERC-1155 contract without a token id has none (k.kind and $6). */
#define FIGURES                                                                                                       \
    " LEFT JOIN LATERAL (SELECT c.credits - c.debits AS supply FROM ledger.control c"                                 \
    "   WHERE c.book = 2 AND c.asset = z.asset AND c.position <= a.position ORDER BY c.position DESC LIMIT 1) s ON"   \
    " true"                                                                                                           \
    " LEFT JOIN LATERAL (SELECT c.accounts FROM ledger.control c"                                                     \
    "   WHERE c.book = 1 AND c.asset = z.asset AND c.position <= a.position ORDER BY c.position DESC LIMIT 1) o ON"   \
    " true"                                                                                                           \
    " LEFT JOIN LATERAL (SELECT p.paused FROM ledger.paused p"                                                        \
    "   WHERE p.contract = k.address AND p.position <= a.position ORDER BY p.position DESC LIMIT 1) p ON true"        \
    " LEFT JOIN LATERAL (SELECT i.position >> 32 AS since FROM ledger.inconsistency i"                                \
    "   WHERE i.contract = k.address AND i.position <= a.position ORDER BY i.position LIMIT 1) i ON true"
#define COUNTED(figure) "CASE WHEN k.kind <> 'erc1155' OR octet_length(z.asset) = 52 THEN coalesce(" figure ", 0)"    \
    " END"
#define COLUMNS                                                                                                       \
    " k.address AS token, k.name, k.kind, k.symbol, k.decimals, " COUNTED("s.supply") " AS total_supply, "            \
    COUNTED("o.accounts") " AS holders, coalesce(p.paused, false) AS paused, i.since AS inconsistent_since"
/* clang-format on */

/* ---- one token ---- */

enum {
    COLUMN_TOKEN = AT_COLUMNS,
    COLUMN_NAME,
    COLUMN_KIND,
    COLUMN_SYMBOL,
    COLUMN_DECIMALS,
    COLUMN_SUPPLY,
    COLUMN_HOLDERS,
    COLUMN_PAUSED,
    COLUMN_SINCE,
    COLUMN_VAULT_ASSET,
    COLUMN_VAULT_ASSETS
};

static enum err token_ask(const struct request *r, struct statement *s)
{
    /* The asset of a vault is an immutable of its contract, so the last known one holds for every block. */
    s->sql = SQL_AT
        "SELECT a.*," COLUMNS ", u.asset AS vault_asset, t.total_assets FROM a"
        " JOIN api_v1.contracts() k ON k.address = $5 AND k.kind IN " SQL_KINDS_OF_TOKENS
        " AND ($6::bytea IS NULL OR k.kind = 'erc1155')"
        " CROSS JOIN LATERAL (SELECT " ASSET " AS asset) z" FIGURES
        " LEFT JOIN LATERAL (SELECT coalesce(k.asset, (SELECT y.asset FROM ledger.vault_asset y"
        "   WHERE y.vault = k.address"
        "   ORDER BY y.position DESC LIMIT 1)) AS asset WHERE k.kind = 'erc4626') u ON true"
        " LEFT JOIN LATERAL (SELECT coalesce((SELECT e.balance FROM ledger.account n"
        "    CROSS JOIN LATERAL (SELECT e.balance FROM ledger.entry e WHERE e.account = n.id"
        "      AND e.position <= a.position ORDER BY e.position DESC LIMIT 1) e"
        "    WHERE n.book = 1 AND n.asset = u.asset AND n.owner = k.address AND n.second = ''), 0) AS total_assets"
        "   FROM api_v1.contracts() b WHERE b.address = u.asset AND b.kind IN ('erc20', 'erc20votes', 'erc4626')) t ON true";
    struct param id;
    TRY(asset_id_param(r, &id));
    statement_at(s, r);             /* $1 .. $4 */
    statement_value(s, r, "token"); /* $5 */
    statement_in(s, id);            /* $6 */
    return OK;
}

static void write_text_or_null(struct json_writer *w, const char *key, const struct rows *rows, size_t column)
{
    jw_key(w, key);
    if (rows_null(rows, 0, column))
        jw_null(w);
    else
        jw_text(w, rows_text(rows, 0, column));
}

static void write_amount_or_null(struct json_writer *w, const char *key, const struct rows *rows, size_t column)
{
    jw_key(w, key);
    if (rows_null(rows, 0, column))
        jw_null(w);
    else
        jw_amount(w, rows_amount(rows, 0, column));
}

static void write_number_or_null(struct json_writer *w, const char *key, const struct rows *rows, size_t column)
{
    jw_key(w, key);
    if (rows_null(rows, 0, column))
        jw_null(w);
    else
        jw_u64(w, rows_u64(rows, 0, column));
}

/* OpenZeppelin ERC4626: convertToAssets(shares) = shares.mulDiv(totalAssets() + 1, totalSupply() + 10 **
 * _decimalsOffset()), rounded down, the offset being 0; here of 1e18 shares. False where the contract would revert. */
static bool vault_rate(struct amount assets, struct amount supply, struct amount *rate)
{
    struct amount one = amount_from_u64(1), above, below;
    return amount_add(assets, one, &above) == OK && amount_add(supply, one, &below) == OK &&
           amount_mul_div_floor(amount_wad, above, below, rate) == OK;
}

static void write_vault(struct json_writer *w, const struct rows *rows)
{
    jw_key(w, "vault");
    if (strcmp(rows_text(rows, 0, COLUMN_KIND), "erc4626") != 0) {
        jw_null(w);
        return;
    }
    jw_object(w);
    jw_key(w, "asset");
    if (rows_null(rows, 0, COLUMN_VAULT_ASSET))
        jw_null(w);
    else
        jw_address(w, rows_address(rows, 0, COLUMN_VAULT_ASSET));
    write_amount_or_null(w, "total_assets", rows, COLUMN_VAULT_ASSETS);
    struct amount rate;
    jw_key(w, "rate");
    if (!rows_null(rows, 0, COLUMN_VAULT_ASSETS) &&
        vault_rate(rows_amount(rows, 0, COLUMN_VAULT_ASSETS), rows_amount(rows, 0, COLUMN_SUPPLY), &rate))
        jw_amount(w, rate);
    else
        jw_null(w);
    jw_object_end(w);
}

static enum err token_answer(const struct request *r, const struct rows *rows, struct reply *reply)
{
    struct json_writer *w = &reply->json;
    jw_key(w, "token");
    jw_address(w, rows_address(rows, 0, COLUMN_TOKEN));
    if (request_given(r, "token_id")) {
        jw_key(w, "token_id");
        jw_text(w, request_text(r, "token_id"));
    }
    write_text_or_null(w, "name", rows, COLUMN_NAME);
    write_text_or_null(w, "kind", rows, COLUMN_KIND);
    write_text_or_null(w, "symbol", rows, COLUMN_SYMBOL);
    write_number_or_null(w, "decimals", rows, COLUMN_DECIMALS);
    write_amount_or_null(w, "total_supply", rows, COLUMN_SUPPLY);
    write_number_or_null(w, "holders", rows, COLUMN_HOLDERS);
    jw_key(w, "paused");
    jw_bool(w, rows_bool(rows, 0, COLUMN_PAUSED));
    write_number_or_null(w, "inconsistent_since", rows, COLUMN_SINCE);
    write_vault(w, rows);
    return OK;
}

/* ---- all tokens ---- */

/* clang-format off */
#define TOKENS(compare, order)                                                                                        \
    SQL_AT "SELECT a.*, x.* FROM a LEFT JOIN LATERAL (SELECT" COLUMNS ", k.address AS key FROM api_v1.contracts() k"   \
    " CROSS JOIN LATERAL (SELECT k.address AS asset) z" FIGURES                                                       \
    " WHERE k.kind IN " SQL_KINDS_OF_TOKENS " AND k.address " compare " $5 ORDER BY k.address " order " LIMIT $6) x"  \
    " ON true"                                                                                                        \
    " ORDER BY x.key " order
/* clang-format on */

static enum err tokens_ask(const struct request *r, struct statement *s)
{
    s->sql = r->page.descending ? TOKENS("<", "DESC") : TOKENS(">", "ASC");
    statement_at(s, r);   /* $1 .. $4 */
    statement_page(s, r); /* $5, $6 */
    return OK;
}

#define TOKEN_MEMBERS                                                                                              \
    {.name = "token", .type = T_ADDRESS, .about = "The contract."},                                                \
        {.name = "name", .type = T_TEXT, .nullable = true, .about = "Its name in the network file."},              \
        {.name = "kind", .type = T_TEXT, .about = "erc20, erc20votes, erc4626 or erc1155."},                       \
        {.name = "symbol", .type = T_TEXT, .nullable = true, .about = "As in the network file."},                  \
        {.name = "decimals",                                                                                       \
         .type = T_U64,                                                                                            \
         .nullable = true,                                                                                         \
         .about = "As in the network file; amounts are in base units all the same."},                              \
        {.name = "total_supply",                                                                                   \
         .type = T_AMOUNT,                                                                                         \
         .nullable = true,                                                                                         \
         .about = "What totalSupply answers; null for ERC-1155 without token_id."},                                \
        {.name = "holders", .type = T_U64, .nullable = true, .about = "Accounts whose balance is not zero."},      \
        {.name = "paused", .type = T_BOOL, .about = "Whether its transfers are stopped (OpenZeppelin Pausable)."}, \
    {                                                                                                              \
        .name = "inconsistent_since", .type = T_U64, .nullable = true,                                             \
        .about = "First block whose events its books cannot explain; null if there is none."                       \
    }

static const struct member vault_members[] =
    {{.name = "asset", .type = T_ADDRESS, .nullable = true, .about = "The underlying token; null until it is known."},
     {.name = "total_assets",
      .type = T_AMOUNT,
      .nullable = true,
      .about = "What totalAssets answers; null unless the asset is mirrored."},
     {.name = "rate", .type = T_AMOUNT, .nullable = true, .about = "convertToAssets(1e18), WAD."},
     {0}};

#define TOKEN_ID_PARAMETER                                              \
    {                                                                   \
        .name = "token_id", .type = PARAMETER_TEXT, .max = AMOUNT_TEXT, \
        .about = "ERC-1155: which token of the contract, decimal."      \
    }

const struct route tokens_routes[] =
    {{.method = "GET",
      .path = "/v1/tokens",
      .about = "The configured tokens, ordered by address.",
      .shape = SHAPE_LIST,
      .takes_at = true,
      .cache = CACHE_STATE,
      .members = MEMBERS(TOKEN_MEMBERS),
      .KEYS(T_ADDRESS),
      .both_orders = true,
      .ask = tokens_ask},
     {.method = "GET",
      .path = "/v1/tokens/{token}",
      .about = "Supply, holders and vault of a configured token.",
      .shape = SHAPE_OBJECT,
      .takes_at = true,
      .cache = CACHE_STATE,
      .parameters = PARAMETERS({.name = "token", .type = PARAMETER_ADDRESS, .about = "The token's contract."},
                               TOKEN_ID_PARAMETER),
      .members = MEMBERS(TOKEN_MEMBERS,
                         {.name = "token_id", .type = T_AMOUNT, .optional = true, .about = "As asked for."},
                         {.name = "vault",
                          .nest = NEST_OBJECT,
                          .nullable = true,
                          .about = "ERC-4626 only.",
                          .members = vault_members}),
      .ask = token_ask,
      .answer = token_answer},
     {0}};
