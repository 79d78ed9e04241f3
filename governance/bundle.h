/* governance/bundle.h - one file from which anybody recounts one off-chain proposal: what it holds, written and read.
 *
 * NDJSON, UTF-8, each line canonical JSON (members sorted, no white space) and ended by a newline, in this order:
 *
 *   1   {"bundle":{"chain_id":1,"entries":E,"final":true,"format":1,"generation":g,"log":{"checkpoint":"...","size":N},
 *         "proposal":"0x..","rules":1,"snapshot":{"finality":"finalized","hash":"0x..","number":n,"time":"2026-.."},"voters":V}}
 *       checkpoint: the signed note (C2SP tlog-checkpoint) of the log's first N entries, which all else here speaks of. final: voting
 *       is closed and the snapshot block finalized, or it was cancelled; else this is the state so far.
 *   E   {"entry":"...","position":p,"receipt":{"root":"0x..","signature":"0x..","size":n}}, ascending
 *       entry: its exact text (message.h); its leaf is SHA-256(0x00 || text). The receipt (receipt.h) is over the message's
 *       digest (of the service's own entries: Keccak-256 of the text), position, size, root and the entry's `received`.
 *       Entries: all keys of the service; all parameters of the proposal's space; the proposal, its updates, its
 *       cancellation; all ballots on it, superseded ones too; all aliases of those whose messages these are.
 *   *   {"proof":["0x..",...]}, at most BUNDLE_PROOF_LINE hashes a line, maybe no line: the hashes of the largest subtrees that hold
 *       none of these positions, left to right (log_multiproof); with the leaves they make the checkpoint's root.
 *   V   {"power":"123","voter":"0x.."}, ascending by address: the census, who has voted and its power at the snapshot's end
 *   1   {"census_root":"0x.."}: of OpenZeppelin's StandardMerkleTree of ["address","uint256"]; null if nobody has voted
 *   1   {"result":{...}}: bundle_result_write
 *
 * Keys: receipts are signed by a key of the key entries at or before their entry, the checkpoint by one of those below N
 * (processes with other keys may serve one log). Parameters that rule the proposal: of the space's entries below the proposal the last received at or before the snapshot
 * block's time, else the first. Of the facts here the log proves all but the power, the generation of the books, and the
 * snapshot block's hash, time and finality, which follow from the chain, and that no ballot was left out, which follows from the log as
 * a whole (its tiles).
 *
 * The whole log in one file (`altledger messages export`) is made of the same lines: {"log":{"chain_id","format","size"}}, then all
 * entries from position 0, and after the last entry of each checkpoint {"checkpoint":{"note","received","root","size"}}. */
#ifndef GOVERNANCE_BUNDLE_H
#define GOVERNANCE_BUNDLE_H

#include "governance/count.h"
#include "ledger/core/db.h"
#include "ledger/core/sink.h"

enum { BUNDLE_FORMAT = 1, BUNDLE_PROOF_LINE = 1000 };

struct bundle_header {
    uint64_t chain_id;
    struct hash proposal;
    uint64_t entries, voters;
    bool final;
    uint64_t rules, generation;
    uint64_t size; /* of the log */
    const char *checkpoint;
    const char *finality; /* static text */
    struct hash block;
    uint64_t number;
    struct instant time;
};

struct bundle_entry {
    uint64_t position, size;
    const char *text;
    size_t n;
    struct hash root;
    struct slice signature;
};

struct bundle_power {
    struct address voter;
    struct amount power;
};

/* What counting gives; census_root is zero if nobody has voted. */
struct bundle_result {
    struct hash proposal, block, census_root; /* block: that of the header */
    uint64_t number, size, version, rules, ballots, voters;
    enum voting type;
    uint32_t policy;
    bool canceled;
    size_t n_choices;
    const struct amount *scores;
    struct amount power, quorum;
};
/* Append the last line: {"result":{"ballots","canceled","census_root","log_size","outcome":{"quorum_reached","succeeded","tie",
 * "winner"},"policy","power","proposal","quorum","rules","scores","snapshot":{"hash","number"},"type","version","voters"}}.
 * version: of the proposal; winner: null if there is none. */
void bundle_result_write(const struct bundle_result *r, struct buffer *out);

/* Write the bundle of a proposal by one snapshot, which the caller's transaction is. Memory: some 50 bytes an entry. ERR_NOT_FOUND: no
 * such off-chain proposal; ERR_SYNCING: its ballots are being counted anew; errors of the sink. */
MUST_CHECK enum err bundle_write(struct db *db, struct hash proposal, struct instant now, const struct sink *out);

/* Of the whole log. */
struct bundle_log {
    uint64_t chain_id, size;
};

struct bundle_checkpoint {
    uint64_t size;
    struct hash root;
    struct instant received;
    const char *note;
};

enum bundle_line_kind {
    BUNDLE_HEADER,
    BUNDLE_ENTRY,
    BUNDLE_PROOF,
    BUNDLE_POWER,
    BUNDLE_CENSUS_ROOT,
    BUNDLE_RESULT,
    BUNDLE_LOG,
    BUNDLE_CHECKPOINT
};

struct bundle_line {
    enum bundle_line_kind kind;
    struct bundle_header header;
    struct bundle_entry entry;
    struct slice proof; /* 32 bytes each */
    struct bundle_power power;
    bool has_root;
    struct hash census_root;
    struct bundle_log log;
    struct bundle_checkpoint checkpoint;
};
/* Lines that both files have, without the newline. signature: r || s || v. */
void bundle_write_entry(uint64_t position, struct slice entry, uint64_t size, struct hash root, struct slice signature,
                        struct buffer *out);
/* Texts in the arena. ERR_FIELD: not such a line. */
MUST_CHECK enum err bundle_line_parse(struct slice line, struct arena *arena, struct bundle_line *out);

#endif
