-- sql/0006_stake.sql - EigenLayer: who is delegated to whom with which shares, what is allocated, queued and slashed.

INSERT INTO ledger.book VALUES
    (6, 'deposit', 'debit', 6),
    (7, 'deposit.issued', 'credit', 6),
    (8, 'operator', 'debit', 8),
    (9, 'operator.issued', 'credit', 8),
    (10, 'queued', 'debit', 10),
    (11, 'queued.issued', 'credit', 10),
    (12, 'slashed', 'debit', 12),
    (13, 'slashed.issued', 'credit', 12),
    (14, 'strategy', 'debit', 14),
    (15, 'strategy.issued', 'credit', 14);
COMMENT ON COLUMN ledger.account.asset IS 'Contract address (20 bytes): token or strategy; with token id (52 bytes).';
COMMENT ON COLUMN ledger.account.second IS 'Second party where a book has one, else empty. queued: the operator; slashed: operator set (4 bytes) and slash id (32).';

CREATE TABLE ledger.operator (
    operator  public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    approver  public.address NOT NULL,
    PRIMARY KEY (operator, position)
);
COMMENT ON TABLE ledger.operator IS 'An EigenLayer operator: registered for good by its first row (OperatorRegistered); later rows change its approver (DelegationApproverUpdated).';
COMMENT ON COLUMN ledger.operator.approver IS 'Who must sign new delegations; the zero address: nobody.';
CREATE INDEX operator_position ON ledger.operator USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.delegation (
    staker    public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    operator  public.address NOT NULL,
    PRIMARY KEY (staker, position)
);
COMMENT ON TABLE ledger.delegation IS 'To whom a staker is delegated (StakerDelegated, StakerUndelegated); the zero address: to nobody.';
CREATE INDEX delegation_by_operator ON ledger.delegation (operator, staker, position);
CREATE INDEX delegation_position ON ledger.delegation USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.scaling_factor (
    staker    public.address NOT NULL,
    strategy  public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    factor    public.amount NOT NULL,
    PRIMARY KEY (staker, strategy, position)
);
COMMENT ON TABLE ledger.scaling_factor IS 'Deposit scaling factor of a staker in a strategy (DepositScalingFactorUpdated), WAD. No row: 1e18.';
CREATE INDEX scaling_factor_position ON ledger.scaling_factor USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.deposit_doubt (
    staker    public.address NOT NULL,
    strategy  public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    most      public.amount NOT NULL,
    PRIMARY KEY (staker, strategy, position)
);
COMMENT ON TABLE ledger.deposit_doubt IS 'Where logs leave open how many deposit shares a withdrawal took: the true deposit shares are the booked ones less at most this. Zero: no doubt any more.';
CREATE INDEX deposit_doubt_position ON ledger.deposit_doubt USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.beacon_factor (
    staker    public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    factor    public.amount NOT NULL,
    PRIMARY KEY (staker, position)
);
COMMENT ON TABLE ledger.beacon_factor IS 'Beacon chain slashing factor of a pod owner (BeaconChainSlashingFactorDecreased), WAD. No row: 1e18.';
CREATE INDEX beacon_factor_position ON ledger.beacon_factor USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.max_magnitude (
    operator  public.address NOT NULL,
    strategy  public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    magnitude public.amount NOT NULL,
    PRIMARY KEY (operator, strategy, position)
);
COMMENT ON TABLE ledger.max_magnitude IS 'Maximum magnitude of an operator in a strategy (MaxMagnitudeUpdated), WAD; only falls. No row: 1e18.';
CREATE INDEX max_magnitude_position ON ledger.max_magnitude USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.encumbered_magnitude (
    operator  public.address NOT NULL,
    strategy  public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    magnitude public.amount NOT NULL,
    PRIMARY KEY (operator, strategy, position)
);
COMMENT ON TABLE ledger.encumbered_magnitude IS 'Encumbered magnitude as the contract stores it (EncumberedMagnitudeUpdated); the view getEncumberedMagnitude follows from the allocations instead.';
CREATE INDEX encumbered_magnitude_position ON ledger.encumbered_magnitude USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.allocation (
    operator     public.address NOT NULL,
    avs          public.address NOT NULL,
    operator_set bigint NOT NULL,
    strategy     public.address NOT NULL,
    position     bigint NOT NULL,
    log_index    integer NOT NULL,
    current      public.amount NOT NULL,
    pending      public.delta NOT NULL,
    effect_block bigint NOT NULL,
    PRIMARY KEY (operator, avs, operator_set, strategy, position)
);
COMMENT ON TABLE ledger.allocation IS 'Allocation of an operator to a strategy in an operator set, as after an AllocationUpdated. From effect_block on the current magnitude is current + pending and nothing is pending.';
COMMENT ON COLUMN ledger.allocation.pending IS 'What changes at effect_block.';
COMMENT ON COLUMN ledger.allocation.effect_block IS '0: nothing is pending. A slash may leave a pending change of 0, which still keeps the allocation from being modified.';
CREATE INDEX allocation_by_avs ON ledger.allocation (avs, operator_set, operator, strategy, position);
CREATE INDEX allocation_position ON ledger.allocation USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.allocation_delay (
    operator     public.address NOT NULL,
    position     bigint NOT NULL,
    log_index    integer NOT NULL,
    delay        bigint NOT NULL,
    pending      bigint NOT NULL,
    effect_block bigint NOT NULL,
    PRIMARY KEY (operator, position)
);
COMMENT ON TABLE ledger.allocation_delay IS 'Allocation delay of an operator (AllocationDelaySet), in blocks: delay until effect_block, then pending.';
CREATE INDEX allocation_delay_position ON ledger.allocation_delay USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.operator_set (
    operator_set bigint NOT NULL,
    avs          public.address NOT NULL,
    position     bigint NOT NULL,
    log_index    integer NOT NULL,
    recipient    public.address NOT NULL,
    PRIMARY KEY (operator_set, avs, position)
);
COMMENT ON TABLE ledger.operator_set IS 'An operator set: its first row is its creation (OperatorSetCreated).';
COMMENT ON COLUMN ledger.operator_set.recipient IS 'Where slashed shares go (RedistributionAddressSet); the zero address: they are burned.';
CREATE INDEX operator_set_position ON ledger.operator_set USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.operator_set_strategy (
    avs          public.address NOT NULL,
    strategy     public.address NOT NULL,
    operator_set bigint NOT NULL,
    position     bigint NOT NULL,
    log_index    integer NOT NULL,
    included     boolean NOT NULL,
    PRIMARY KEY (avs, strategy, operator_set, position)
);
COMMENT ON TABLE ledger.operator_set_strategy IS 'Whether a strategy counts in an operator set (StrategyAddedToOperatorSet, StrategyRemovedFromOperatorSet).';
CREATE INDEX operator_set_strategy_by_set ON ledger.operator_set_strategy (avs, operator_set, strategy, position);
CREATE INDEX operator_set_strategy_position ON ledger.operator_set_strategy USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.operator_set_member (
    operator        public.address NOT NULL,
    avs             public.address NOT NULL,
    operator_set    bigint NOT NULL,
    position        bigint NOT NULL,
    log_index       integer NOT NULL,
    registered      boolean NOT NULL,
    slashable_until bigint NOT NULL,
    PRIMARY KEY (operator, avs, operator_set, position)
);
COMMENT ON TABLE ledger.operator_set_member IS 'Registration of an operator in an operator set (OperatorAddedToOperatorSet, OperatorRemovedFromOperatorSet).';
COMMENT ON COLUMN ledger.operator_set_member.slashable_until IS 'Last block in which the set may slash it after it left; 0 while it is registered.';
CREATE INDEX operator_set_member_by_avs ON ledger.operator_set_member (avs, operator_set, operator, position);
CREATE INDEX operator_set_member_position ON ledger.operator_set_member USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.slasher (
    operator_set bigint NOT NULL,
    avs          public.address NOT NULL,
    position     bigint NOT NULL,
    log_index    integer NOT NULL,
    slasher      public.address NOT NULL,
    pending      public.address NOT NULL,
    effect_block bigint NOT NULL,
    PRIMARY KEY (operator_set, avs, position)
);
COMMENT ON TABLE ledger.slasher IS 'Who may slash an operator set (SlasherUpdated, SlasherMigrated): slasher until effect_block, then pending.';
CREATE INDEX slasher_position ON ledger.slasher USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.avs_registration (
    operator   public.address NOT NULL,
    avs        public.address NOT NULL,
    position   bigint NOT NULL,
    log_index  integer NOT NULL,
    registered boolean NOT NULL,
    PRIMARY KEY (operator, avs, position)
);
COMMENT ON TABLE ledger.avs_registration IS 'Registration of an operator with an AVS of the M2 kind (OperatorAVSRegistrationStatusUpdated).';
CREATE INDEX avs_registration_position ON ledger.avs_registration USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.withdrawal (
    root            public.hash NOT NULL,
    position        bigint NOT NULL,
    log_index       integer NOT NULL,
    staker          public.address NOT NULL,
    operator        public.address NOT NULL,
    withdrawer      public.address NOT NULL,
    nonce           public.amount NOT NULL,
    start_block     bigint NOT NULL,
    slashable_until bigint NOT NULL,
    items           bigint NOT NULL,
    state           smallint NOT NULL,
    PRIMARY KEY (root, position)
);
COMMENT ON TABLE ledger.withdrawal IS 'A queued withdrawal (SlashingWithdrawalQueued) and its completion.';
COMMENT ON COLUMN ledger.withdrawal.operator IS 'To whom the staker was delegated then: whose slashes it bears.';
COMMENT ON COLUMN ledger.withdrawal.slashable_until IS 'Last block whose slashes it bears; it may be completed afterwards.';
COMMENT ON COLUMN ledger.withdrawal.items IS 'How many rows of withdrawal_share it has.';
COMMENT ON COLUMN ledger.withdrawal.state IS '0 pending, 1 completed as tokens, 2 completed as shares, 3 completed with nothing to pay.';
CREATE INDEX withdrawal_by_staker ON ledger.withdrawal (staker, position);
CREATE INDEX withdrawal_by_operator ON ledger.withdrawal (operator, position);
CREATE INDEX withdrawal_position ON ledger.withdrawal USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.withdrawal_share (
    root           public.hash NOT NULL,
    item           bigint NOT NULL,
    position       bigint NOT NULL,
    log_index      integer NOT NULL,
    strategy       public.address NOT NULL,
    scaled_shares  public.amount NOT NULL,
    deposit_shares public.amount NOT NULL,
    shares         public.amount NOT NULL,
    PRIMARY KEY (root, item, position)
);
COMMENT ON TABLE ledger.withdrawal_share IS 'What a withdrawal took: one row a strategy.';
COMMENT ON COLUMN ledger.withdrawal_share.deposit_shares IS 'Deposit shares removed.';
COMMENT ON COLUMN ledger.withdrawal_share.shares IS 'Withdrawable shares at the time of queueing (sharesToWithdraw).';
CREATE INDEX withdrawal_share_position ON ledger.withdrawal_share USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.withdrawal_payment (
    root      public.hash NOT NULL,
    item      bigint NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    strategy  public.address NOT NULL,
    shares    public.amount NOT NULL,
    PRIMARY KEY (root, item, position)
);
COMMENT ON TABLE ledger.withdrawal_payment IS 'What the completion of a withdrawal paid: one row a strategy.';
CREATE INDEX withdrawal_payment_position ON ledger.withdrawal_payment USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.strategy_token (
    strategy  public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    token     public.address NOT NULL,
    PRIMARY KEY (strategy, position)
);
COMMENT ON TABLE ledger.strategy_token IS 'Underlying token of a strategy (StrategyTokenSet, StrategySetForToken, or the Transfer of its first deposit).';
CREATE INDEX strategy_token_position ON ledger.strategy_token USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.strategy_rate (
    strategy  public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    rate      public.amount NOT NULL,
    PRIMARY KEY (strategy, position)
);
COMMENT ON TABLE ledger.strategy_rate IS 'Tokens per share that a strategy gave after a deposit or withdrawal (ExchangeRateEmitted), WAD. A donation changes the rate without an event.';
CREATE INDEX strategy_rate_position ON ledger.strategy_rate USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.slash (
    operator     public.address NOT NULL,
    avs          public.address NOT NULL,
    operator_set bigint NOT NULL,
    position     bigint NOT NULL,
    log_index    integer NOT NULL,
    items        bigint NOT NULL,
    slash_id     public.amount NOT NULL,
    recipient    public.address NOT NULL,
    description  bytea NOT NULL,
    PRIMARY KEY (operator, avs, operator_set, position)
);
COMMENT ON TABLE ledger.slash IS 'A slash of an operator by an operator set (OperatorSlashed).';
COMMENT ON COLUMN ledger.slash.items IS 'How many rows of slash_strategy it has; they follow it at once.';
COMMENT ON COLUMN ledger.slash.slash_id IS 'The contract''s number of the slash within the operator set; 0: it has none, or it is not known.';
COMMENT ON COLUMN ledger.slash.recipient IS 'To whom the slashed shares go; the zero address: they are burned.';
CREATE UNIQUE INDEX slash_order ON ledger.slash (position);
CREATE INDEX slash_by_avs ON ledger.slash (avs, operator_set, position);
CREATE INDEX slash_position ON ledger.slash USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.slash_strategy (
    operator         public.address NOT NULL,
    strategy         public.address NOT NULL,
    position         bigint NOT NULL,
    log_index        integer NOT NULL,
    avs              public.address NOT NULL,
    operator_set     bigint NOT NULL,
    item             bigint NOT NULL,
    wad_slashed      public.amount NOT NULL,
    magnitude_before public.amount NOT NULL,
    magnitude_after  public.amount NOT NULL,
    live_shares      public.amount NOT NULL,
    total_shares     public.amount NOT NULL,
    PRIMARY KEY (operator, strategy, position)
);
COMMENT ON TABLE ledger.slash_strategy IS 'What a slash did in one strategy.';
COMMENT ON COLUMN ledger.slash_strategy.wad_slashed IS 'Fraction of all delegated stake of the strategy (wadSlashed of the event).';
COMMENT ON COLUMN ledger.slash_strategy.magnitude_before IS 'Maximum magnitude.';
COMMENT ON COLUMN ledger.slash_strategy.live_shares IS 'Operator shares that it took (OperatorSharesDecreased).';
COMMENT ON COLUMN ledger.slash_strategy.total_shares IS 'The same with shares in the queue (OperatorSharesSlashed).';
CREATE INDEX slash_strategy_position ON ledger.slash_strategy USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.slash_count (
    operator_set bigint NOT NULL,
    avs          public.address NOT NULL,
    position     bigint NOT NULL,
    log_index    integer NOT NULL,
    count        public.amount NOT NULL,
    PRIMARY KEY (operator_set, avs, position)
);
COMMENT ON TABLE ledger.slash_count IS 'Slashes by an operator set so far: the slash id of the last one. One that hits no strategy counts, too, though no log names its id.';
CREATE INDEX slash_count_position ON ledger.slash_count USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

INSERT INTO ledger.timeline VALUES
    ('operator'), ('delegation'), ('scaling_factor'), ('deposit_doubt'), ('beacon_factor'), ('max_magnitude'), ('encumbered_magnitude'), ('allocation'), ('allocation_delay'), ('operator_set'), ('operator_set_strategy'), ('operator_set_member'), ('slasher'), ('avs_registration'), ('withdrawal'), ('withdrawal_share'), ('withdrawal_payment'), ('strategy_token'), ('strategy_rate'), ('slash'), ('slash_strategy'), ('slash_count');
SELECT mirror.guard('ledger');
SELECT mirror.grant_books('ledger');
