-- sql/0016_messages.sql - our own log of signed messages, and what follows from it: proposals, ballots, tallies, power.
--
-- The log is the second of the two that the state follows from (the first is L1's). It is never unwound: what a reorg changes is
-- the power of ballots, which is kept by the hash of the snapshot block. Every other table here follows from governance.message
-- (and the books), is written in the transaction that appends to it, and is recounted by `verify`.
-- One transaction appends at a time: it holds pg_advisory_xact_lock(4712) from before it reads the log's size.

CREATE SCHEMA governance;
COMMENT ON SCHEMA governance IS 'Signed messages in one append-only Merkle log, and what follows from them.';

CREATE TABLE governance.checkpoint (
    size     bigint PRIMARY KEY,
    root     public.hash NOT NULL,
    frontier bytea NOT NULL,
    received timestamptz NOT NULL,
    note     text NOT NULL,
    CONSTRAINT checkpoint_size CHECK (size > 0),
    CONSTRAINT checkpoint_frontier CHECK (octet_length(frontier) % 32 = 0)
);
COMMENT ON TABLE governance.checkpoint IS 'The log after each transaction that appended to it.';
COMMENT ON COLUMN governance.checkpoint.size IS 'Entries in the log.';
COMMENT ON COLUMN governance.checkpoint.root IS 'Merkle tree hash of them (RFC 6962, section 2.1; SHA-256).';
COMMENT ON COLUMN governance.checkpoint.frontier IS 'Hashes of the largest complete subtrees that the entries make up, left to right: one for each bit of size.';
COMMENT ON COLUMN governance.checkpoint.received IS 'When, by the service''s clock; never decreases.';
COMMENT ON COLUMN governance.checkpoint.note IS 'The checkpoint as a signed note (C2SP tlog-checkpoint, signed-note).';

CREATE TABLE governance.subtree (
    level smallint NOT NULL,
    index bigint NOT NULL,
    hash  public.hash NOT NULL,
    PRIMARY KEY (level, index),
    CONSTRAINT subtree_level CHECK (level BETWEEN 1 AND 7)
);
COMMENT ON TABLE governance.subtree IS 'Hashes of the complete subtrees of 256^level entries: the full tiles above the entries'' own hashes (C2SP tlog-tiles).';

CREATE TABLE governance.message (
    position bigint PRIMARY KEY,
    kind     smallint NOT NULL,
    digest   public.hash NOT NULL,
    author   public.address NOT NULL,
    space    text NOT NULL,
    proposal public.hash NOT NULL,
    stamp    timestamptz NOT NULL,
    received timestamptz NOT NULL,
    leaf     public.hash NOT NULL,
    size     bigint NOT NULL,
    receipt  bytea NOT NULL,
    entry    bytea NOT NULL,
    CONSTRAINT message_kind CHECK (kind BETWEEN 0 AND 6),
    CONSTRAINT message_position CHECK (position >= 0 AND position < size),
    CONSTRAINT message_entry CHECK (octet_length(entry) <= 65535),
    CONSTRAINT message_receipt CHECK (octet_length(receipt) = 65)
);
COMMENT ON TABLE governance.message IS 'The log: every message that was accepted, and what the service itself had to record.';
COMMENT ON COLUMN governance.message.position IS 'Its place in the log, from 0, without gaps.';
COMMENT ON COLUMN governance.message.kind IS '0 keys of the service, 1 parameters of a space, 2 proposal, 3 update of a proposal, 4 cancellation, 5 ballot, 6 alias.';
COMMENT ON COLUMN governance.message.digest IS 'EIP-712 digest that was signed, which is the message''s id; of the service''s own entries the Keccak-256 of the entry.';
COMMENT ON COLUMN governance.message.author IS 'Whose message it is (`from`); of the service''s own entries the zero address.';
COMMENT ON COLUMN governance.message.space IS 'Empty: it belongs to none.';
COMMENT ON COLUMN governance.message.proposal IS 'Which proposal it makes, changes, cancels or votes on; zero: none.';
COMMENT ON COLUMN governance.message.stamp IS 'The message''s own timestamp.';
COMMENT ON COLUMN governance.message.received IS 'When it was accepted, by the service''s clock; never decreases along the log.';
COMMENT ON COLUMN governance.message.leaf IS 'SHA-256(0x00 || entry) (RFC 6962).';
COMMENT ON COLUMN governance.message.size IS 'Size of the checkpoint that its receipt names.';
COMMENT ON COLUMN governance.message.receipt IS 'Signature of the receipt, r || s || v.';
COMMENT ON COLUMN governance.message.entry IS 'The canonical JSON text of the entry: envelope, evidence, time (governance/message.h).';
CREATE UNIQUE INDEX message_digest ON governance.message (digest);
CREATE INDEX message_author ON governance.message (author, position);

CREATE TABLE governance.key (
    position bigint PRIMARY KEY,
    origin   text NOT NULL,
    log_key  public.hash NOT NULL,
    receipts public.address NOT NULL
);
COMMENT ON TABLE governance.key IS 'The service''s public keys from a position of the log on.';
COMMENT ON COLUMN governance.key.origin IS 'The log''s origin, which is also the name of its key (C2SP signed-note).';
COMMENT ON COLUMN governance.key.log_key IS 'Ed25519 public key that signs checkpoints.';
COMMENT ON COLUMN governance.key.receipts IS 'Address whose secp256k1 key signs receipts.';

CREATE TABLE governance.space (
    id         text NOT NULL,
    position   bigint NOT NULL,
    effective  timestamptz NOT NULL,
    parameters text NOT NULL,
    PRIMARY KEY (id, position)
);
COMMENT ON TABLE governance.space IS 'Parameters of spaces, as they changed. Those of a proposal are the last ones effective at its snapshot block, else the first.';
COMMENT ON COLUMN governance.space.parameters IS 'Canonical JSON of all of them (governance/space.h).';

CREATE TABLE governance.proposal (
    id           public.hash NOT NULL,
    version      integer NOT NULL,
    position     bigint NOT NULL,
    digest       public.hash NOT NULL,
    space        text NOT NULL,
    parameters   bigint NOT NULL,
    author       public.address NOT NULL,
    type         smallint NOT NULL,
    title        text NOT NULL,
    body         text NOT NULL,
    discussion   text NOT NULL,
    choices      text NOT NULL,
    n_choices    integer NOT NULL,
    labels       text NOT NULL,
    plugins      text NOT NULL,
    app          text NOT NULL,
    policy       integer NOT NULL,
    rules        integer NOT NULL,
    starts       timestamptz NOT NULL,
    ends         timestamptz NOT NULL,
    closes       timestamptz NOT NULL,
    snapshot     bigint NOT NULL,
    received     timestamptz NOT NULL,
    PRIMARY KEY (id, version),
    CONSTRAINT proposal_type CHECK (type BETWEEN 0 AND 6),
    CONSTRAINT proposal_window CHECK (starts < ends AND ends <= closes),
    CONSTRAINT proposal_snapshot CHECK (snapshot >= 0)
);
COMMENT ON TABLE governance.proposal IS 'Off-chain proposals: one row for each version; the last one holds.';
COMMENT ON COLUMN governance.proposal.id IS 'Digest of the message that made it.';
COMMENT ON COLUMN governance.proposal.version IS 'From 1.';
COMMENT ON COLUMN governance.proposal.position IS 'Place in the log of the message that made this version.';
COMMENT ON COLUMN governance.proposal.digest IS 'Digest of that message.';
COMMENT ON COLUMN governance.proposal.parameters IS 'Position of the row of governance.space that holds for it.';
COMMENT ON COLUMN governance.proposal.author IS 'Who proposed it; of an update, too.';
COMMENT ON COLUMN governance.proposal.type IS '0 basic, 1 single-choice, 2 approval, 3 weighted, 4 quadratic, 5 ranked-choice, 6 copeland.';
COMMENT ON COLUMN governance.proposal.choices IS 'JSON array of texts.';
COMMENT ON COLUMN governance.proposal.labels IS 'JSON array of texts.';
COMMENT ON COLUMN governance.proposal.policy IS 'What counts as power: bits of governance/policy.h.';
COMMENT ON COLUMN governance.proposal.rules IS 'Version of the counting rules (governance/count.h).';
COMMENT ON COLUMN governance.proposal.starts IS 'First second whose ballots count.';
COMMENT ON COLUMN governance.proposal.ends IS 'Last second whose ballots count.';
COMMENT ON COLUMN governance.proposal.closes IS 'Until when ballots of that time are still taken.';
COMMENT ON COLUMN governance.proposal.snapshot IS 'The block at whose end power is read.';
CREATE UNIQUE INDEX proposal_position ON governance.proposal (position);
CREATE INDEX proposal_author ON governance.proposal (author, position);
CREATE INDEX proposal_space ON governance.proposal (space, position);

CREATE TABLE governance.cancellation (
    proposal public.hash PRIMARY KEY,
    position bigint NOT NULL,
    author   public.address NOT NULL,
    received timestamptz NOT NULL
);
COMMENT ON TABLE governance.cancellation IS 'Off-chain proposals that were cancelled, by whom.';

CREATE TABLE governance.alias (
    owner    public.address NOT NULL,
    alias    public.address NOT NULL,
    position bigint NOT NULL,
    received timestamptz NOT NULL,
    PRIMARY KEY (owner, alias, position)
);
COMMENT ON TABLE governance.alias IS 'Addresses that may sign for an owner; alias zero withdraws all earlier ones.';

CREATE TABLE governance.ballot (
    position bigint PRIMARY KEY,
    proposal public.hash NOT NULL,
    voter    public.address NOT NULL,
    choice   text NOT NULL,
    reason   text NOT NULL,
    app      text NOT NULL,
    metadata text NOT NULL,
    stamp    timestamptz NOT NULL,
    received timestamptz NOT NULL,
    previous bigint,
    counts   boolean NOT NULL,
    CONSTRAINT ballot_previous CHECK (previous < position AND (counts OR previous IS NOT NULL))
);
COMMENT ON TABLE governance.ballot IS 'Every ballot. Of a voter''s ballots the last row with counts counts.';
COMMENT ON COLUMN governance.ballot.choice IS 'Canonical JSON: a number, an array of numbers, or an object of numbers by choice; choices are numbered from 1.';
COMMENT ON COLUMN governance.ballot.previous IS 'The ballot of the same voter that counted until then; null: there was none.';
COMMENT ON COLUMN governance.ballot.counts IS 'It takes the place of that one; false: its timestamp is older, and that one goes on counting.';
CREATE INDEX ballot_voter ON governance.ballot (proposal, voter, position);
CREATE INDEX ballot_proposal ON governance.ballot (proposal, position);
CREATE INDEX ballot_account ON governance.ballot (voter, position);

CREATE TABLE governance.power (
    proposal   public.hash NOT NULL,
    voter      public.address NOT NULL,
    generation integer NOT NULL,
    block      public.hash NOT NULL,
    power      public.amount NOT NULL,
    PRIMARY KEY (proposal, voter, generation, block)
);
COMMENT ON TABLE governance.power IS 'Power of voters at the snapshot of a proposal, as it was read from the books.';
COMMENT ON COLUMN governance.power.generation IS 'Generation of the books (mirror.cursor) that it was read from.';
COMMENT ON COLUMN governance.power.block IS 'api_v1.basis_of() the snapshot block: another hash after a reorg.';

CREATE TABLE governance.tally (
    proposal   public.hash NOT NULL,
    size       bigint NOT NULL,
    generation integer NOT NULL,
    block      public.hash NOT NULL,
    ballots    bigint NOT NULL,
    voters     bigint NOT NULL,
    power      public.total NOT NULL,
    scores     text NOT NULL,
    sums       bytea,
    received   timestamptz NOT NULL,
    PRIMARY KEY (proposal, size, generation, block)
);
COMMENT ON TABLE governance.tally IS 'Tallies of off-chain proposals as of a size of the log, by the power at a snapshot block.';
COMMENT ON COLUMN governance.tally.size IS 'Ballots at positions below it are counted.';
COMMENT ON COLUMN governance.tally.ballots IS 'All of them, also those that were superseded.';
COMMENT ON COLUMN governance.tally.voters IS 'Ballots that count.';
COMMENT ON COLUMN governance.tally.power IS 'Sum of the power of those.';
COMMENT ON COLUMN governance.tally.scores IS 'JSON array: the score of each choice, as decimal text.';
COMMENT ON COLUMN governance.tally.sums IS 'The running sums from which counting goes on (governance/count.h); null: they are counted anew.';

-- Finalized blocks without logs have no stored header; what holds at their end is what held at the last stored block before them.
CREATE FUNCTION api_v1.basis_of(snapshot bigint) RETURNS bytea LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (SELECT b.hash FROM mirror.chain h JOIN mirror.block b ON b.id = h.block
             WHERE h.number <= snapshot AND snapshot <= (SELECT c.head_number FROM mirror.cursor c) ORDER BY h.number DESC LIMIT 1);
END $$;
COMMENT ON FUNCTION api_v1.basis_of(bigint) IS 'By which hash the power at a snapshot block is kept (governance.power, governance.tally): that of the last stored canonical block at or before it. Null: the block is not mirrored.';

CREATE OR REPLACE FUNCTION mirror.guard(schema_name text) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE t record;
BEGIN
    FOR t IN SELECT c.relname, n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname = schema_name AND c.relkind = 'r' AND NOT (n.nspname = 'mirror' AND c.relname = 'cursor') LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS append_only ON %I.%I', t.nspname, t.relname);
        EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I.%I FOR EACH STATEMENT EXECUTE FUNCTION mirror.%I()',
            t.nspname, t.relname,
            CASE WHEN schema_name NOT IN ('mirror', 'governance') OR t.relname = 'chain' THEN 'refuse_change_unless_unwinding' ELSE 'refuse_change' END);
        EXECUTE format('ALTER TABLE %I.%I ENABLE ALWAYS TRIGGER append_only', t.nspname, t.relname);
    END LOOP;
END $$;
SELECT mirror.guard('governance');

GRANT USAGE ON SCHEMA governance TO altledger_writer, altledger_ballots, altledger_api;
GRANT SELECT ON ALL TABLES IN SCHEMA governance TO altledger_writer, altledger_ballots, altledger_api;
GRANT INSERT ON ALL TABLES IN SCHEMA governance TO altledger_ballots;

-- The door for signed messages reads power from the books.
CREATE OR REPLACE FUNCTION mirror.grant_books(schema_name text) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', schema_name);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO altledger_writer, altledger_ballots, altledger_api', schema_name);
    EXECUTE format('GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA %I TO altledger_writer', schema_name);
    EXECUTE format('REVOKE INSERT ON %I.timeline, %I.book FROM altledger_writer', schema_name, schema_name);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO altledger_api, altledger_ballots', schema_name);
END $$;
SELECT mirror.grant_books('ledger');
GRANT SELECT ON ALL TABLES IN SCHEMA mirror TO altledger_ballots;
