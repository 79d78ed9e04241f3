/* api/options.c - every command and every option of the program, as data; add a row here to add one. */
#include <assert.h>

#include "api/command.h"
#include "ledger/core/version.h"
#include "ledger/mirror/mirror.h"

/* The words that a command takes besides options: for the help, how many at least, at most. */
#define NO_WORDS         NULL, 0, 0
#define BUNDLE_FILE      "BUNDLE", 1, 1
#define EXPORT_OR_IMPORT "export|import [FILE]", 1, 2
#define REWARDS_WHAT     "compute|root|proof|export", 1, 1

#define COMMANDS(COMMAND)                                                                                        \
    COMMAND(RUN, "run", command_run, NO_WORDS, "migrate, mirror and serve in one process")                       \
    COMMAND(MIGRATE, "migrate", command_migrate, NO_WORDS, "bring the database schema up to date")               \
    COMMAND(MIRROR, "mirror", command_mirror, NO_WORDS, "follow L1 into the database")                           \
    COMMAND(SERVE, "serve", command_serve, NO_WORDS, "answer the API; any number of them")                       \
    COMMAND(REBUILD, "rebuild", command_rebuild, NO_WORDS,                                                       \
            "book a new generation from the stored logs, if the network file or the rules changed")              \
    COMMAND(VERIFY, "verify", command_verify, NO_WORDS,                                                          \
            "recompute the books from the stored events and compare every row and root; or ask the contracts")   \
    COMMAND(TALLY, "tally", command_tally, BUNDLE_FILE, "verify a proposal's bundle and count it anew, offline") \
    COMMAND(MESSAGES, "messages", command_messages, EXPORT_OR_IMPORT,                                            \
            "write the log of signed messages to a file, or rebuild it from one")                                \
    COMMAND(REWARDS, "rewards", command_rewards, REWARDS_WHAT,                                                   \
            "what closing days pays; the root of a distribution; proofs to claim by on L1; payouts as a file")   \
    COMMAND(STATUS, "status", command_status, NO_WORDS, "head, lag, finality, counts")                           \
    COMMAND(INIT_NETWORK, "init-network", command_init_network, NO_WORDS,                                        \
            "print a commented network file to start from")

#define ROW_INDEX(code, name, function, words, sentence) INDEX_##code,
enum { COMMANDS(ROW_INDEX) N_COMMANDS };
#define ROW_BIT(code, name, function, words, sentence) code = 1 << INDEX_##code,
enum { COMMANDS(ROW_BIT) EVERY = (1 << N_COMMANDS) - 1 };
#define ROW_SPEC(code, name, function, words, sentence) {name, sentence, words},
static const struct command_spec commands[] = {COMMANDS(ROW_SPEC)};
#define ROW_FUNCTION(code, name, function, words, sentence) function,
enum status (*const command_functions[])(const struct command *) = {COMMANDS(ROW_FUNCTION)};

enum { ON_DATABASE = EVERY & ~(INIT_NETWORK | TALLY), MIGRATING = RUN | MIGRATE | MIRROR, MIRRORING = RUN | MIRROR };
enum {
    MS_LEAST = 10,
    MS_MOST = 600000,
    BATCH_MOST = 1000000,
    SAMPLE_MOST = 1000000000,
    AUDIT_INTERVAL_MOST = 30000000,
    THREADS_MOST = 256
};
#define SEED_MOST       0xffffffffu
#define ROOT_INDEX_MOST 0xffffffffu

static const struct option_spec options[] = {
    {.name = "database",
     .argument = "URL",
     .commands = ON_DATABASE,
     .ignored = EVERY & ~ON_DATABASE,
     .sentence =
         "PostgreSQL, as libpq URI or conninfo, several hosts allowed; without it a private cluster under --data"},
    {.name = "owner-database",
     .argument = "URL",
     .commands = MIGRATING,
     .ignored = EVERY & ~MIGRATING,
     .sentence = "the same for migrations, if it differs"},
    {.name = "writer-database",
     .argument = "URL",
     .commands = MIRRORING | REBUILD,
     .ignored = EVERY & ~(MIRRORING | REBUILD),
     .sentence = "the same for the mirror, if it differs"},
    {.name = "ballots-database",
     .argument = "URL",
     .commands = RUN | SERVE | MESSAGES,
     .ignored = EVERY & ~(RUN | SERVE | MESSAGES),
     .sentence = "the same for signed messages, if it differs"},
    {.name = "data",
     .argument = "DIR",
     .fallback = "./var",
     .commands = ON_DATABASE,
     .ignored = EVERY & ~ON_DATABASE,
     .sentence = "where the private cluster lies"},
    {.name = "network",
     .argument = "FILE",
     .commands = MIRRORING | REBUILD,
     .ignored = EVERY & ~(MIRRORING | REBUILD),
     .sentence = "the network file: which chain, which contracts"},
    {.name = "source",
     .type = OPTION_LIST,
     .argument = "URL-or-FILE",
     .commands = MIRRORING | REBUILD | SERVE | VERIFY,
     .ignored = EVERY & ~(MIRRORING | REBUILD | SERVE | VERIFY),
     .sentence = "JSON-RPC endpoints (http://, https://), or an archive file"},
    {.name = "once",
     .type = OPTION_FLAG,
     .commands = MIRROR,
     .sentence = "stop when the archive's end, or the node's head at start, is committed"},
    {.name = "prove-logs",
     .type = OPTION_CHOICE,
     .choices = "tail|all|off",
     .fallback = "tail",
     .commands = MIRRORING,
     .sentence = "which blocks' logs are proven complete: those after finalized and samples, all, none"},
    {.name = "poll-ms",
     .type = OPTION_NUMBER,
     .fallback = "1000",
     .least = MS_LEAST,
     .most = MS_MOST,
     .commands = MIRRORING,
     .sentence = "how long to wait before asking a node again for its head"},
    {.name = "timeout-ms",
     .type = OPTION_NUMBER,
     .fallback = "10000",
     .least = MS_LEAST,
     .most = MS_MOST,
     .commands = MIRRORING | REBUILD | SERVE | VERIFY,
     .sentence = "how long a node may take to answer"},
    {.name = "batch-blocks",
     .type = OPTION_NUMBER,
     .fallback = "2000",
     .least = 1,
     .most = BATCH_MOST,
     .commands = MIRRORING,
     .sentence = "blocks committed at once, at most"},
    {.name = "batch-logs",
     .type = OPTION_NUMBER,
     .fallback = "10000",
     .least = 1,
     .most = BATCH_MOST,
     .commands = MIRRORING,
     .sentence = "logs committed at once, about"},
    {.name = "listen",
     .argument = "ADDR:PORT",
     .fallback = "127.0.0.1:8080",
     .commands = RUN | SERVE,
     .ignored = EVERY & ~(RUN | SERVE),
     .sentence = "where the API answers; port 0 is any free one"},
    {.name = "keys",
     .argument = "DIR",
     .commands = RUN | SERVE,
     .ignored = EVERY & ~(RUN | SERVE),
     .sentence = "the service's two keys, which are made if they are missing; without it DIR/keys of --data"},
    {.name = "origin",
     .argument = "NAME",
     .fallback = "altledger",
     .commands = RUN | SERVE,
     .ignored = EVERY & ~(RUN | SERVE),
     .sentence = "origin of the log of signed messages, best a name of your domain: votes.example.org/log"},
    {.name = "audit-interval",
     .type = OPTION_NUMBER,
     .argument = "SECONDS",
     .fallback = "600",
     .most = AUDIT_INTERVAL_MOST,
     .commands = MIRRORING,
     .sentence = "how often a sample of the books is compared with the contracts' own answers, at most; 0: never"},
    {.name = "against-chain",
     .type = OPTION_FLAG,
     .commands = VERIFY,
     .sentence = "compare with what the contracts' own view functions answer, not with the events"},
    {.name = "sample",
     .type = OPTION_NUMBER,
     .fallback = "200",
     .least = 1,
     .most = SAMPLE_MOST,
     .commands = VERIFY,
     .sentence = "subjects asked of each view function, chosen at random"},
    {.name = "all",
     .type = OPTION_FLAG,
     .commands = VERIFY | REWARDS,
     .sentence = "verify: ask of every subject; rewards compute: every closed day"},
    {.name = "seed",
     .type = OPTION_NUMBER,
     .most = SEED_MOST,
     .commands = VERIFY,
     .sentence = "of the choice; without it a random one, which is printed"},
    {.name = "at",
     .argument = "BLOCK",
     .fallback = "finalized",
     .commands = VERIFY,
     .sentence = "the block to ask at: finalized, safe, latest, a number or a hash"},
    {.name = "force", .type = OPTION_FLAG, .commands = REBUILD, .sentence = "also if nothing changed"},
    {.name = "json", .type = OPTION_FLAG, .commands = STATUS | VERIFY | REWARDS, .sentence = "print JSON"},
    {.name = "log-key",
     .argument = "KEY",
     .commands = TALLY,
     .sentence = "the log's key as you know it (name+hash+key); without it the bundle is asked"},
    {.name = "without-receipts",
     .type = OPTION_FLAG,
     .commands = TALLY,
     .sentence = "do not look at the receipts' signatures, which halves the work"},
    {.name = "threads",
     .type = OPTION_NUMBER,
     .fallback = "0",
     .most = THREADS_MOST,
     .commands = TALLY | MESSAGES | VERIFY | REWARDS,
     .sentence = "how many check signatures or hash; 0: one for each processor"},
    {.name = "leaves",
     .argument = "FILE",
     .commands = REWARDS,
     .sentence =
         "root, proof: of a file instead of the database: a line {\"earner\", \"token\", \"cumulative\"} each; - is stdin"},
    {.name = "distribution",
     .argument = "ID",
     .commands = REWARDS,
     .sentence = "which one, <distributor>-<day> or <day>; without it the last; compute: its day"},
    {.name = "day",
     .argument = "DAY",
     .commands = REWARDS,
     .sentence = "compute: this day, as 2026-01-31 (UTC); without it the last that is closed"},
    {.name = "provisional",
     .type = OPTION_FLAG,
     .commands = REWARDS,
     .sentence = "compute: also a day that is not closed, as if it ended now; there is nothing to compare it with"},
    {.name = "from",
     .argument = "DAY",
     .commands = REWARDS,
     .sentence = "export: payouts of the closings of days (paid_day) from this one on, instead of one distribution"},
    {.name = "to",
     .argument = "DAY",
     .commands = REWARDS,
     .sentence = "export: payouts of the closings of days (paid_day) up to this one, which is included"},
    {.name = "format",
     .type = OPTION_CHOICE,
     .choices = "csv|ndjson",
     .fallback = "csv",
     .commands = REWARDS,
     .sentence = "export: form of the lines on stdout"},
    {.name = "cumulative",
     .type = OPTION_FLAG,
     .commands = REWARDS,
     .sentence =
         "export: what each earner had earned in all by the distribution, the leaves of its tree, instead of payouts"},
    {.name = "earner",
     .argument = "ADDRESS",
     .commands = REWARDS,
     .sentence = "proof: whose; without it a line of JSON for each earner"},
    {.name = "recipient",
     .argument = "ADDRESS",
     .commands = REWARDS,
     .sentence = "proof: who is to be paid; without it the earner"},
    {.name = "root-index",
     .type = OPTION_NUMBER,
     .most = ROOT_INDEX_MOST,
     .commands = REWARDS,
     .sentence =
         "proof: the root's number on L1, for the calldata; without it the one that the books know to be equal"},
    {.name = "token", .argument = "ADDRESS", .commands = REWARDS, .sentence = "proof: of this token only"},
    {.name = "log",
     .type = OPTION_CHOICE,
     .choices = "text|json",
     .fallback = "text",
     .commands = EVERY,
     .sentence = "form of the lines on stderr"},
    {.name = "log-level",
     .type = OPTION_CHOICE,
     .choices = "error|warn|info|debug",
     .fallback = "info",
     .commands = EVERY,
     .sentence = "the least that is logged"},
};

const struct program_spec program = {
    .name = "altledger",
    .version = ALTLEDGER_VERSION,
    .sentence = "mirrors the ALT ecosystem from Ethereum L1 into PostgreSQL and keeps exact books of it",
    .commands = commands,
    .n_commands = N_COMMANDS,
    .options = options,
    .n_options = sizeof options / sizeof *options,
};

static_assert(MIRROR_BATCH_BLOCKS == 2000 && MIRROR_BATCH_LOGS == 10000, "the defaults above are the mirror's own");
