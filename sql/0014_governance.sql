-- sql/0014_governance.sql - on-chain governance: settings, proposals and their steps, ballots and tallies, operations of timelocks.
--
-- Timepoints of a governor (snapshot, deadline) are of its own clock: block numbers or unix seconds (EIP-6372).

CREATE TABLE ledger.governance_setting (
    setting   bigint NOT NULL,
    contract  public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    value     public.amount NOT NULL,
    previous  public.amount NOT NULL,
    PRIMARY KEY (contract, setting, position)
);
COMMENT ON TABLE ledger.governance_setting IS 'A setting of a governor or timelock, as it was set.';
COMMENT ON COLUMN ledger.governance_setting.setting IS '1 voting delay, 2 voting period, 3 proposal threshold, 4 quorum numerator (of 100), 5 super quorum numerator (of 100), 6 late quorum extension, 7 minimum delay of a timelock (seconds).';
COMMENT ON COLUMN ledger.governance_setting.previous IS 'What held before, as the event says; tells it also where no earlier event was mirrored.';
CREATE INDEX governance_setting_position ON ledger.governance_setting USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.governor_timelock (
    governor  public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    timelock  public.address NOT NULL,
    PRIMARY KEY (governor, position)
);
COMMENT ON TABLE ledger.governor_timelock IS 'The timelock that executes for a governor (TimelockChange).';
CREATE INDEX governor_timelock_position ON ledger.governor_timelock USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.proposal (
    governor    public.address NOT NULL,
    proposal_id public.hash NOT NULL,
    position    bigint NOT NULL,
    log_index   integer NOT NULL,
    id          public.hash NOT NULL,
    number      public.amount NOT NULL,
    proposer    public.address NOT NULL,
    token       public.address NOT NULL,
    timelock    public.address NOT NULL,
    clock       smallint NOT NULL,
    vote_start  bigint NOT NULL,
    vote_end    bigint NOT NULL,
    actions     bigint NOT NULL,
    operation   public.hash NOT NULL,
    description bytea NOT NULL,
    PRIMARY KEY (governor, proposal_id, position),
    CONSTRAINT proposal_clock CHECK (clock IN (0, 1)),
    CONSTRAINT proposal_timepoints CHECK (vote_start >= 0 AND vote_end >= 0)
);
COMMENT ON TABLE ledger.proposal IS 'A proposal of an on-chain governor, as it was created (ProposalCreated).';
COMMENT ON COLUMN ledger.proposal.proposal_id IS 'The governor''s own proposalId as 32 bytes, big endian.';
COMMENT ON COLUMN ledger.proposal.id IS 'The proposal for the world: keccak256(abi.encode(chain id, governor, proposalId, hashProposal)).';
COMMENT ON COLUMN ledger.proposal.number IS 'proposal_id as a number.';
COMMENT ON COLUMN ledger.proposal.token IS 'Whose voting units count; the zero address: the network file names none.';
COMMENT ON COLUMN ledger.proposal.timelock IS 'The governor''s timelock by the network file, unless a row of governor_timelock says another; the zero address: none.';
COMMENT ON COLUMN ledger.proposal.clock IS 'What its timepoints count: 0 blocks, 1 unix seconds.';
COMMENT ON COLUMN ledger.proposal.vote_start IS 'Snapshot: voting units as of the end of this timepoint count, and voting starts after it.';
COMMENT ON COLUMN ledger.proposal.vote_end IS 'Deadline, unless a row of proposal_step extends it: the last timepoint at which votes are taken.';
COMMENT ON COLUMN ledger.proposal.actions IS 'How many rows of proposal_action it has.';
COMMENT ON COLUMN ledger.proposal.operation IS 'Id of the operation as which GovernorTimelockControl schedules it.';
COMMENT ON COLUMN ledger.proposal.description IS 'Any bytes; not necessarily UTF-8.';
CREATE INDEX proposal_order ON ledger.proposal (position);
CREATE INDEX proposal_id ON ledger.proposal (id);
CREATE INDEX proposal_number ON ledger.proposal (number);
CREATE INDEX proposal_operation ON ledger.proposal (operation);
CREATE INDEX proposal_position ON ledger.proposal USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.proposal_action (
    item        bigint NOT NULL,
    governor    public.address NOT NULL,
    proposal_id public.hash NOT NULL,
    position    bigint NOT NULL,
    log_index   integer NOT NULL,
    target      public.address NOT NULL,
    value       public.amount NOT NULL,
    signature   bytea NOT NULL,
    calldata    bytea NOT NULL,
    PRIMARY KEY (governor, proposal_id, item, position)
);
COMMENT ON TABLE ledger.proposal_action IS 'One call that a proposal would make, in the order of the proposal.';
COMMENT ON COLUMN ledger.proposal_action.value IS 'Wei sent with it.';
COMMENT ON COLUMN ledger.proposal_action.signature IS 'As the event has it; empty in OpenZeppelin 5.';
CREATE INDEX proposal_action_position ON ledger.proposal_action USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.proposal_step (
    governor    public.address NOT NULL,
    proposal_id public.hash NOT NULL,
    position    bigint NOT NULL,
    log_index   integer NOT NULL,
    extended    bigint NOT NULL,
    eta         bigint NOT NULL,
    executed    boolean NOT NULL,
    canceled    boolean NOT NULL,
    PRIMARY KEY (governor, proposal_id, position)
);
COMMENT ON TABLE ledger.proposal_step IS 'What became of a proposal by events so far; what changes by the mere passing of time is computed on read (api_v1.proposal_at).';
COMMENT ON COLUMN ledger.proposal_step.extended IS 'Deadline after ProposalExtended; 0: not extended.';
COMMENT ON COLUMN ledger.proposal_step.eta IS 'Unix seconds (ProposalQueued); 0: not queued.';
CREATE INDEX proposal_step_position ON ledger.proposal_step USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.governor_vote (
    governor      public.address NOT NULL,
    proposal_id   public.hash NOT NULL,
    voter         public.address NOT NULL,
    position      bigint NOT NULL,
    log_index     integer NOT NULL,
    kind          smallint NOT NULL,
    support       smallint NOT NULL,
    weight        public.amount NOT NULL,
    against_votes public.amount NOT NULL,
    for_votes     public.amount NOT NULL,
    abstain_votes public.amount NOT NULL,
    reason        bytea NOT NULL,
    params        bytea NOT NULL,
    PRIMARY KEY (governor, proposal_id, voter, position)
);
COMMENT ON TABLE ledger.governor_vote IS 'Ballots cast on chain (VoteCast, VoteCastWithParams, OverrideVoteCast), and what was taken off one (VoteReduced).';
COMMENT ON COLUMN ledger.governor_vote.kind IS '0 vote, 1 override of a delegate''s vote by its delegator, 2 taken off the vote of the voter, a delegate.';
COMMENT ON COLUMN ledger.governor_vote.support IS '0 against, 1 for, 2 abstain, 255 fractional: see params.';
COMMENT ON COLUMN ledger.governor_vote.weight IS 'Voting units, as the event says.';
COMMENT ON COLUMN ledger.governor_vote.against_votes IS 'What it added to the tally; of kind 2: took away. All three 0: not counted.';
COMMENT ON COLUMN ledger.governor_vote.reason IS 'Any bytes; not necessarily UTF-8.';
CREATE INDEX governor_vote_order ON ledger.governor_vote (governor, proposal_id, position);
CREATE INDEX governor_vote_voter ON ledger.governor_vote (voter, position);
CREATE INDEX governor_vote_position ON ledger.governor_vote USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.proposal_tally (
    governor      public.address NOT NULL,
    proposal_id   public.hash NOT NULL,
    position      bigint NOT NULL,
    log_index     integer NOT NULL,
    against_votes public.amount NOT NULL,
    for_votes     public.amount NOT NULL,
    abstain_votes public.amount NOT NULL,
    ballots       bigint NOT NULL,
    uncounted     bigint NOT NULL,
    PRIMARY KEY (governor, proposal_id, position)
);
COMMENT ON TABLE ledger.proposal_tally IS 'Running tally of a proposal (proposalVotes), a row for each change.';
COMMENT ON COLUMN ledger.proposal_tally.ballots IS 'Cast so far.';
COMMENT ON COLUMN ledger.proposal_tally.uncounted IS 'Of these, how many no known counting explains; they are not in the sums.';
CREATE INDEX proposal_tally_position ON ledger.proposal_tally USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.timelock_operation (
    timelock    public.address NOT NULL,
    operation   public.hash NOT NULL,
    position    bigint NOT NULL,
    log_index   integer NOT NULL,
    predecessor public.hash NOT NULL,
    salt        public.hash NOT NULL,
    delay       public.amount NOT NULL,
    ready_at    bigint NOT NULL,
    calls       bigint NOT NULL,
    done        boolean NOT NULL,
    canceled    boolean NOT NULL,
    PRIMARY KEY (timelock, operation, position)
);
COMMENT ON TABLE ledger.timelock_operation IS 'An operation of a TimelockController as after each event of it.';
COMMENT ON COLUMN ledger.timelock_operation.predecessor IS 'Operation that must be done before; zero: none.';
COMMENT ON COLUMN ledger.timelock_operation.delay IS 'Seconds.';
COMMENT ON COLUMN ledger.timelock_operation.ready_at IS 'Unix seconds from which on it can be executed; 2^53 stands for all later times.';
COMMENT ON COLUMN ledger.timelock_operation.calls IS 'Scheduled so far; 0: it was scheduled before the mirror began.';
CREATE INDEX timelock_operation_order ON ledger.timelock_operation (timelock, position);
CREATE INDEX timelock_operation_position ON ledger.timelock_operation USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.timelock_call (
    item      bigint NOT NULL,
    timelock  public.address NOT NULL,
    operation public.hash NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    target    public.address NOT NULL,
    value     public.amount NOT NULL,
    data      bytea NOT NULL,
    PRIMARY KEY (timelock, operation, item, position)
);
COMMENT ON TABLE ledger.timelock_call IS 'One call of an operation (CallScheduled). An operation scheduled anew has the same calls again.';
CREATE INDEX timelock_call_position ON ledger.timelock_call USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

INSERT INTO ledger.timeline VALUES
    ('governance_setting'), ('governor_timelock'), ('proposal'), ('proposal_action'), ('proposal_step'), ('governor_vote'),
    ('proposal_tally'), ('timelock_operation'), ('timelock_call');
SELECT mirror.guard('ledger');
SELECT mirror.grant_books('ledger');
