-- sql/0001_mirror.sql - what was read from L1: blocks, logs, the feed of what became and ceased to be true, the writer's lease.

CREATE SCHEMA mirror;
COMMENT ON SCHEMA mirror IS 'What was read from L1. Insert-only but for mirror.cursor (one row) and mirror.chain (which block is canonical).';

CREATE DOMAIN public.amount AS numeric
    CONSTRAINT amount_is_uint256 CHECK (VALUE >= 0 AND VALUE < 115792089237316195423570985008687907853269984665640564039457584007913129639936 AND scale(VALUE) = 0);
COMMENT ON DOMAIN public.amount IS 'Whole base units in [0, 2^256). Refuses NaN and fractions.';
CREATE DOMAIN public.delta AS numeric
    CONSTRAINT delta_is_int257 CHECK (VALUE > -115792089237316195423570985008687907853269984665640564039457584007913129639936 AND VALUE < 115792089237316195423570985008687907853269984665640564039457584007913129639936 AND scale(VALUE) = 0);
COMMENT ON DOMAIN public.delta IS 'A signed change of an amount in (-2^256, 2^256). Refuses NaN and fractions.';
CREATE DOMAIN public.total AS numeric
    CONSTRAINT total_is_uint512 CHECK (VALUE >= 0 AND VALUE < 13407807929942597099574024998205846127479365820592393377723561443721764030073546976801874298166903427690031858186486050853753882811946569946433649006084096 AND scale(VALUE) = 0);
COMMENT ON DOMAIN public.total IS 'A running sum of amounts in [0, 2^512). Refuses NaN and fractions.';
CREATE DOMAIN public.address AS bytea CONSTRAINT address_is_20_bytes CHECK (octet_length(VALUE) = 20);
CREATE DOMAIN public.hash AS bytea CONSTRAINT hash_is_32_bytes CHECK (octet_length(VALUE) = 32);

CREATE TABLE mirror.cursor (
    "only"            boolean PRIMARY KEY DEFAULT true CONSTRAINT cursor_is_one_row CHECK ("only"),
    epoch             bigint NOT NULL DEFAULT 0,
    holder            text,
    backend_pid       integer,
    expires_at        timestamptz,
    chain_id          bigint,
    network           text,
    network_hash      public.hash,
    rules_version     integer,
    generation        integer NOT NULL DEFAULT 1,
    head_block        bigint,
    head_number       bigint,
    head_hash         public.hash,
    safe_number       bigint,
    finalized_number  bigint,
    source_head       bigint,
    source_mark       bigint NOT NULL DEFAULT 0,
    root              public.hash,
    next_block        bigint NOT NULL DEFAULT 1,
    next_feed_seq     bigint NOT NULL DEFAULT 1,
    next_account      bigint NOT NULL DEFAULT 1,
    events            bigint NOT NULL DEFAULT 0,
    state_version     bigint NOT NULL DEFAULT 0,
    stopped           text,
    CONSTRAINT cursor_head_is_whole CHECK ((head_number IS NULL) = (head_hash IS NULL) AND (head_number IS NULL) = (head_block IS NULL))
);
COMMENT ON TABLE mirror.cursor IS 'The writer''s lease and the only truth of progress. Every writing transaction begins with an UPDATE of this row that names its epoch and the head it read; 0 rows means another writer took over.';
COMMENT ON COLUMN mirror.cursor.epoch IS 'Rises by one with each takeover; a writer of an older epoch can commit nothing.';
COMMENT ON COLUMN mirror.cursor.expires_at IS 'On the database''s clock. After it, a standby may raise the epoch.';
COMMENT ON COLUMN mirror.cursor.network IS 'Canonical text of the network file that the current generation was booked by.';
COMMENT ON COLUMN mirror.cursor.head_number IS 'The last booked block; null before the first.';
COMMENT ON COLUMN mirror.cursor.source_head IS 'Head of the source when last heard; above head_number means syncing.';
COMMENT ON COLUMN mirror.cursor.source_mark IS 'Opaque position in the source, for resuming an archive.';
COMMENT ON COLUMN mirror.cursor.root IS 'Block root at the head (README, Block roots).';
COMMENT ON COLUMN mirror.cursor.next_feed_seq IS 'The next sequence number of mirror.feed: assigned under this row''s lock, so gapless in commit order.';
COMMENT ON COLUMN mirror.cursor.next_account IS 'The next ledger.account number; goes back on a reorg.';
COMMENT ON COLUMN mirror.cursor.events IS 'How many canonical events there are.';
COMMENT ON COLUMN mirror.cursor.state_version IS 'Rises with every commit that changes an answer; part of cache keys and ETags.';
COMMENT ON COLUMN mirror.cursor.stopped IS 'Why the mirror refuses to go on (a reorg below finalized, ...); null while it runs.';
INSERT INTO mirror.cursor DEFAULT VALUES;

CREATE TABLE mirror.block (
    id          bigint PRIMARY KEY,
    number      bigint NOT NULL CONSTRAINT block_number_fits_position CHECK (number >= 0 AND number < 2147483648),
    hash        public.hash NOT NULL CONSTRAINT block_hash_once UNIQUE,
    parent_hash public.hash NOT NULL,
    time        timestamptz NOT NULL,
    proof       smallint NOT NULL
);
COMMENT ON TABLE mirror.block IS 'Every header booked, canonical or not, once. Below finalized only blocks with our logs, range ends and samples are stored; others are asked on demand.';
COMMENT ON COLUMN mirror.block.id IS 'Internal number in order of arrival; never leaves the service, never reused.';
COMMENT ON COLUMN mirror.block.proof IS 'How the completeness of its logs is known: 0 archive, 1 none, 2 bloom, 3 receipts, 4 unhashable header (ledger/mirror/block.h).';
CREATE INDEX block_number ON mirror.block (number);

CREATE TABLE mirror.chain (
    number bigint PRIMARY KEY,
    block  bigint NOT NULL REFERENCES mirror.block (id)
);
COMMENT ON TABLE mirror.chain IS 'Which stored block is canonical at a number. A reorg removes rows above the fork; the blocks and events stay.';
CREATE INDEX chain_block ON mirror.chain (block);

CREATE TABLE mirror.event_type (
    id        smallint PRIMARY KEY,
    name      text NOT NULL COLLATE "C",
    signature text NOT NULL COLLATE "C",
    CONSTRAINT event_type_once UNIQUE (name, signature)
);
COMMENT ON TABLE mirror.event_type IS 'Event ABIs known to the program, numbered when first seen; filled at start from ledger/mirror/abi_table.c.';

CREATE TABLE mirror.event (
    block       bigint NOT NULL,
    log_index   integer NOT NULL,
    number      bigint NOT NULL,
    tx_index    integer NOT NULL,
    tx_hash     public.hash NOT NULL,
    contract    public.address NOT NULL,
    topics      bytea NOT NULL CONSTRAINT event_topics_are_words CHECK (octet_length(topics) % 32 = 0 AND octet_length(topics) <= 128),
    data        bytea NOT NULL,
    type        smallint,
    undecodable boolean NOT NULL,
    subject     public.address NOT NULL,
    generation  integer NOT NULL,
    PRIMARY KEY (block, log_index)
);
COMMENT ON TABLE mirror.event IS 'Every log of a configured contract, raw and once per block it stood in, known to us or not. Canonical are those whose block stands in mirror.chain.';
COMMENT ON COLUMN mirror.event.block IS 'mirror.block.id (hash in there: the key is block hash and log index).';
COMMENT ON COLUMN mirror.event.number IS 'The block''s number, repeated for the indexes.';
COMMENT ON COLUMN mirror.event.topics IS 'The 0 to 4 topics, 32 bytes each, joined.';
COMMENT ON COLUMN mirror.event.type IS 'mirror.event_type.id; null if this kind of contract declares no such event.';
COMMENT ON COLUMN mirror.event.undecodable IS 'The type is known but data or topics do not fit its ABI.';
COMMENT ON COLUMN mirror.event.subject IS 'First argument of type address, else the emitter: what the filter subject= asks for.';
COMMENT ON COLUMN mirror.event.generation IS 'The generation of the books that first stored it: above 1 for logs of contracts that were added to the network file later.';
CREATE INDEX event_by_type ON mirror.event (type, number, log_index);
CREATE INDEX event_by_subject ON mirror.event (subject, number, log_index);

CREATE TABLE mirror.feed (
    seq         bigint PRIMARY KEY,
    events      integer NOT NULL CONSTRAINT feed_has_events CHECK (events > 0),
    block       bigint NOT NULL REFERENCES mirror.block (id),
    added       boolean NOT NULL,
    since       integer NOT NULL,
    generation  integer NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT feed_generations CHECK (since < generation)
);
COMMENT ON TABLE mirror.feed IS 'What the outside world was told, in order: one row per block that came or went. Its events have the numbers seq .. seq + events - 1, ascending by log index when added, descending when retracted.';
COMMENT ON COLUMN mirror.feed.since IS 'Of the block''s events those with since < mirror.event.generation <= generation are meant: 0 but for contracts that a rebuild added.';
COMMENT ON COLUMN mirror.feed.recorded_at IS 'Wall clock of the database, not chain time.';

CREATE TABLE mirror.reorg (
    id              bigint PRIMARY KEY,
    fork_number     bigint NOT NULL,
    old_head_number bigint NOT NULL,
    old_head_hash   public.hash NOT NULL,
    detected_at     timestamptz NOT NULL DEFAULT now(),
    feed_seq        bigint NOT NULL
);
COMMENT ON TABLE mirror.reorg IS 'Every unwinding: the common ancestor, the head that was left. detected_at is wall clock.';
CREATE TABLE mirror.reorg_block (
    reorg  bigint NOT NULL REFERENCES mirror.reorg (id),
    number bigint NOT NULL,
    block  bigint NOT NULL REFERENCES mirror.block (id),
    PRIMARY KEY (reorg, number)
);
COMMENT ON TABLE mirror.reorg_block IS 'The blocks that an unwinding took off the chain.';

CREATE TABLE mirror.chain_read (
    block    bigint NOT NULL REFERENCES mirror.block (id),
    contract public.address NOT NULL,
    calldata bytea NOT NULL,
    result   bytea,
    PRIMARY KEY (block, contract, calldata)
);
COMMENT ON TABLE mirror.chain_read IS 'Answers of eth_call at a block, kept so that a replay needs no node. A null result is a recorded revert.';
