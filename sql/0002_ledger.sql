-- sql/0002_ledger.sql - the books: accounts, entries, control totals, and every other fact that changes, as timelines.
--
-- All tables of schema ledger are derived: a pure function of the canonical events and the network file. They are keyed by
-- subject and position = block number << 32 | ordinal of the booked row in its block. A rebuild makes them anew in another
-- schema of the same shape and switches by renaming. mirror.unwind() deletes rows above a fork from every table listed in
-- ledger.timeline.

CREATE SCHEMA ledger;
COMMENT ON SCHEMA ledger IS 'The books, derived from mirror. Rows are only added; a reorg removes those above the fork.';

CREATE TABLE ledger.timeline (
    name text PRIMARY KEY COLLATE "C"
);
COMMENT ON TABLE ledger.timeline IS 'The tables that unwind by position: every table of this schema that has one.';

CREATE TABLE ledger.book (
    id     smallint PRIMARY KEY,
    name   text NOT NULL UNIQUE COLLATE "C",
    normal text NOT NULL CONSTRAINT book_normal_side CHECK (normal IN ('debit', 'credit')),
    family smallint NOT NULL
);
COMMENT ON TABLE ledger.book IS 'Kinds of accounts. Within a family and asset, debit-normal balances sum to credit-normal balances.';
COMMENT ON COLUMN ledger.book.family IS 'Id of the family''s holder book.';
INSERT INTO ledger.book VALUES
    (1, 'token', 'debit', 1), (2, 'token.issued', 'credit', 1), (3, 'token.unexplained', 'credit', 1),
    (4, 'votes', 'debit', 4), (5, 'votes.issued', 'credit', 4);

CREATE TABLE ledger.account (
    id      bigint PRIMARY KEY,
    book    smallint NOT NULL,
    asset   bytea NOT NULL,
    owner   public.address NOT NULL,
    second  bytea NOT NULL,
    created bigint NOT NULL
);
COMMENT ON TABLE ledger.account IS 'Internal numbers of accounts (book, asset, owner, second party), in order of first use.';
COMMENT ON COLUMN ledger.account.asset IS 'Contract address (20 bytes); for ERC-1155 address and token id (52 bytes).';
COMMENT ON COLUMN ledger.account.owner IS 'Whose account; the zero address for .issued and .unexplained.';
COMMENT ON COLUMN ledger.account.second IS 'Second party where a book has one, else empty.';
COMMENT ON COLUMN ledger.account.created IS 'Position of its first entry.';
CREATE UNIQUE INDEX account_key ON ledger.account (book, asset, owner, second);
CREATE INDEX account_owner ON ledger.account (owner);

CREATE TABLE ledger.entry (
    account   bigint NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    leg       smallint NOT NULL,
    delta     public.delta NOT NULL,
    balance   public.amount NOT NULL,
    counter   bigint NOT NULL
);
COMMENT ON TABLE ledger.entry IS 'Double entry: each movement has one row per account it touches, with the change and the balance after it.';
COMMENT ON COLUMN ledger.entry.log_index IS 'The log that caused it, in block position >> 32.';
COMMENT ON COLUMN ledger.entry.leg IS 'Running number of the entry within its log.';
COMMENT ON COLUMN ledger.entry.delta IS 'Change in the account''s normal direction.';
COMMENT ON COLUMN ledger.entry.balance IS 'Balance after it.';
COMMENT ON COLUMN ledger.entry.counter IS 'The account on the other side of the movement.';
-- An index and no key: one can be built while others read, which a key cannot (mirror.bulk_end).
CREATE UNIQUE INDEX entry_key ON ledger.entry (account, position);
CREATE INDEX entry_position ON ledger.entry USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.control (
    book     smallint NOT NULL,
    asset    bytea NOT NULL,
    position bigint NOT NULL,
    debits   public.total NOT NULL,
    credits  public.total NOT NULL,
    accounts bigint NOT NULL,
    PRIMARY KEY (book, asset, position)
);
COMMENT ON TABLE ledger.control IS 'Control totals per book and asset at the end of each block that moved them: all debits, all credits, accounts whose balance is not zero.';
CREATE INDEX control_position ON ledger.control USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.delegate (
    delegator public.address NOT NULL,
    token     public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    delegate  public.address NOT NULL,
    PRIMARY KEY (delegator, token, position)
);
COMMENT ON TABLE ledger.delegate IS 'ERC20Votes: to whom an account delegated its units (DelegateChanged); the zero address means to nobody.';
CREATE INDEX delegate_position ON ledger.delegate USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.inconsistency (
    contract  public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    reason    text NOT NULL,
    PRIMARY KEY (contract, position)
);
COMMENT ON TABLE ledger.inconsistency IS 'Events that the books of a contract could not explain (a hostile token, or from_block after its first transfer). The first row says since when.';
CREATE INDEX inconsistency_position ON ledger.inconsistency USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.vault_asset (
    vault     public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    asset     public.address NOT NULL,
    PRIMARY KEY (vault, position)
);
COMMENT ON TABLE ledger.vault_asset IS 'ERC-4626: the vault''s underlying token, learnt from the Transfer that pays for a Deposit, unless the network file names it.';
CREATE INDEX vault_asset_position ON ledger.vault_asset USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.paused (
    contract  public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    paused    boolean NOT NULL,
    PRIMARY KEY (contract, position)
);
COMMENT ON TABLE ledger.paused IS 'OpenZeppelin Pausable: whether transfers of a token are stopped.';
CREATE INDEX paused_position ON ledger.paused USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.root (
    position bigint PRIMARY KEY,
    root     public.hash NOT NULL
);
COMMENT ON TABLE ledger.root IS 'Block roots (README, Block roots): a row for each block that added rows, at position number << 32 | 0xffffffff. The root of another block is its predecessor''s; position -1 holds the root that the chain of roots starts from.';

INSERT INTO ledger.timeline VALUES ('entry'), ('control'), ('delegate'), ('inconsistency'), ('vault_asset'), ('paused'), ('root');
