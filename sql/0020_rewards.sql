-- sql/0020_rewards.sql - rewards and fees: what was submitted, how it was shared, who earned and claimed it (rules: ledger/README.md).

INSERT INTO ledger.book VALUES
    (60, 'reward.pending', 'debit', 61),
    (61, 'reward.earned', 'debit', 61),
    (62, 'reward.claimed', 'debit', 62),
    (63, 'reward.settled', 'credit', 62),
    (64, 'reward.pool', 'debit', 61),
    (65, 'reward.remainder', 'debit', 61),
    (66, 'reward.burned', 'debit', 61),
    (67, 'reward.submitted', 'credit', 61);
COMMENT ON COLUMN ledger.account.second IS 'Second party where a book has one, else empty. queued: the operator; slashed: operator set (4 bytes) and slash id (32); reward.earned, claimed, settled, submitted: the distributor; reward.pending, remainder, burned: the submission; reward.pool: submission (32), day (4), role (1).';
COMMENT ON COLUMN ledger.entry.log_index IS 'The log that caused it, in block position >> 32; -2: booked at the block''s end, when a day was closed.';
COMMENT ON COLUMN ledger.entry.leg IS 'Running number of the entry within its log; of those at the block''s end modulo 32768.';
COMMENT ON COLUMN ledger.entry.counter IS 'The account on the other side of the movement; 0: many accounts (a pool that was paid out).';
CREATE INDEX entry_payout ON ledger.entry (counter, position) WHERE log_index = -2;
COMMENT ON INDEX ledger.entry_payout IS 'Payouts by the pool that they come from, in the order of booking.';

CREATE TABLE ledger.reward_submission (
    submission   public.hash NOT NULL,
    position     bigint NOT NULL,
    log_index    integer NOT NULL,
    kind         smallint NOT NULL,
    distributor  public.address NOT NULL,
    submitter    public.address NOT NULL,
    avs          public.address NOT NULL,
    operator_set bigint NOT NULL,
    nonce        public.amount NOT NULL,
    token        public.address NOT NULL,
    amount       public.amount NOT NULL,
    start_time   bigint NOT NULL,
    duration     bigint NOT NULL,
    day          bigint NOT NULL,
    description  bytea NOT NULL,
    PRIMARY KEY (submission, position)
);
COMMENT ON TABLE ledger.reward_submission IS 'What is to be distributed: a reward submission of a RewardsCoordinator, or the income of a fee collector in an epoch.';
COMMENT ON COLUMN ledger.reward_submission.submission IS 'The hash that the event names; of fees: keccak256("altledger fee epoch", collector, token, epoch).';
COMMENT ON COLUMN ledger.reward_submission.kind IS '1 avs, 2 for_all, 3 all_earners, 4 operator_directed_avs, 5 operator_directed_set, 6 unique_stake, 7 total_stake, 8 fee.';
COMMENT ON COLUMN ledger.reward_submission.distributor IS 'The contract that holds the money: RewardsCoordinator or fee collector.';
COMMENT ON COLUMN ledger.reward_submission.submitter IS 'Who submitted it (AVS, hopper, caller); of fees: the collector.';
COMMENT ON COLUMN ledger.reward_submission.avs IS 'For whom; the zero address: for all. Refunds go to it.';
COMMENT ON COLUMN ledger.reward_submission.operator_set IS 'Id of the set; -1: none.';
COMMENT ON COLUMN ledger.reward_submission.amount IS 'In base units of the token, net of the protocol fee; of fees 0: the epoch''s income stands in book reward.pending.';
COMMENT ON COLUMN ledger.reward_submission.start_time IS 'Unix seconds.';
COMMENT ON COLUMN ledger.reward_submission.duration IS 'Seconds.';
COMMENT ON COLUMN ledger.reward_submission.day IS 'Day of its event (days since 1970).';
COMMENT ON COLUMN ledger.reward_submission.description IS 'Operator-directed: the text of the event, raw.';
CREATE INDEX reward_submission_order ON ledger.reward_submission (position);
CREATE INDEX reward_submission_avs ON ledger.reward_submission (avs, position);
CREATE INDEX reward_submission_position ON ledger.reward_submission USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.reward_strategy (
    submission public.hash NOT NULL,
    item       bigint NOT NULL,
    position   bigint NOT NULL,
    log_index  integer NOT NULL,
    strategy   public.address NOT NULL,
    multiplier public.amount NOT NULL,
    PRIMARY KEY (submission, item, position)
);
COMMENT ON TABLE ledger.reward_strategy IS 'Strategies of a submission with their multipliers, in the order of the event.';
CREATE INDEX reward_strategy_position ON ledger.reward_strategy USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.reward_operator (
    submission public.hash NOT NULL,
    item       bigint NOT NULL,
    position   bigint NOT NULL,
    log_index  integer NOT NULL,
    operator   public.address NOT NULL,
    amount     public.amount NOT NULL,
    PRIMARY KEY (submission, item, position)
);
COMMENT ON TABLE ledger.reward_operator IS 'What an operator-directed submission lists for an operator, in the order of the event.';
CREATE INDEX reward_operator_operator ON ledger.reward_operator (operator, position);
CREATE INDEX reward_operator_position ON ledger.reward_operator USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.reward_split (
    operator     public.address NOT NULL,
    avs          public.address NOT NULL,
    operator_set bigint NOT NULL,
    distributor  public.address NOT NULL,
    position     bigint NOT NULL,
    log_index    integer NOT NULL,
    activated_at bigint NOT NULL,
    old_bips     bigint NOT NULL,
    new_bips     bigint NOT NULL,
    first        boolean NOT NULL,
    PRIMARY KEY (operator, avs, operator_set, distributor, position)
);
COMMENT ON TABLE ledger.reward_split IS 'Split of an operator: what part of its rewards it keeps (OperatorAVSSplitBipsSet, OperatorSetSplitBipsSet, OperatorPISplitBipsSet).';
COMMENT ON COLUMN ledger.reward_split.avs IS 'The zero address: programmatic incentives.';
COMMENT ON COLUMN ledger.reward_split.operator_set IS '-1: per AVS, or programmatic incentives.';
COMMENT ON COLUMN ledger.reward_split.activated_at IS 'Unix seconds from which new_bips is in force.';
COMMENT ON COLUMN ledger.reward_split.first IS 'The first one of its key: until it is in force the default counts, whatever it becomes.';
CREATE INDEX reward_split_position ON ledger.reward_split USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.reward_setting (
    setting     bigint NOT NULL,
    distributor public.address NOT NULL,
    position    bigint NOT NULL,
    log_index   integer NOT NULL,
    number      public.amount NOT NULL,
    address     public.address NOT NULL,
    PRIMARY KEY (setting, distributor, position)
);
COMMENT ON TABLE ledger.reward_setting IS 'Settings of a RewardsCoordinator as their events say them.';
COMMENT ON COLUMN ledger.reward_setting.setting IS '1 activation delay (s), 2 default operator split (bips), 3 rewards updater (address), 4 fee recipient (address), 5 global commission (bips, before v2).';
CREATE INDEX reward_setting_position ON ledger.reward_setting USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.reward_permission (
    permission  bigint NOT NULL,
    distributor public.address NOT NULL,
    account     public.address NOT NULL,
    position    bigint NOT NULL,
    log_index   integer NOT NULL,
    granted     boolean NOT NULL,
    PRIMARY KEY (permission, distributor, account, position)
);
COMMENT ON TABLE ledger.reward_permission IS 'Flags that a RewardsCoordinator keeps for submitters.';
COMMENT ON COLUMN ledger.reward_permission.permission IS '1 may submit for all (RewardsForAllSubmitterSet), 2 pays the protocol fee (OptInForProtocolFeeSet).';
CREATE INDEX reward_permission_position ON ledger.reward_permission USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.reward_claimer (
    earner      public.address NOT NULL,
    distributor public.address NOT NULL,
    position    bigint NOT NULL,
    log_index   integer NOT NULL,
    claimer     public.address NOT NULL,
    PRIMARY KEY (earner, distributor, position)
);
COMMENT ON TABLE ledger.reward_claimer IS 'Who may claim for an earner (ClaimerForSet).';
COMMENT ON COLUMN ledger.reward_claimer.claimer IS 'The zero address: the earner itself.';
CREATE INDEX reward_claimer_position ON ledger.reward_claimer USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.reward_root (
    root_index   bigint NOT NULL,
    distributor  public.address NOT NULL,
    position     bigint NOT NULL,
    log_index    integer NOT NULL,
    root         public.hash NOT NULL,
    end_time     bigint NOT NULL,
    activated_at bigint NOT NULL,
    disabled     boolean NOT NULL,
    PRIMARY KEY (root_index, distributor, position)
);
COMMENT ON TABLE ledger.reward_root IS 'Distribution roots on L1 (DistributionRootSubmitted, DistributionRootDisabled).';
COMMENT ON COLUMN ledger.reward_root.end_time IS 'rewardsCalculationEndTimestamp, unix seconds.';
COMMENT ON COLUMN ledger.reward_root.activated_at IS 'Unix seconds from which claims by it are accepted.';
CREATE INDEX reward_root_order ON ledger.reward_root (distributor, position);
CREATE INDEX reward_root_position ON ledger.reward_root USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.reward_claim (
    earner      public.address NOT NULL,
    token       public.address NOT NULL,
    distributor public.address NOT NULL,
    position    bigint NOT NULL,
    log_index   integer NOT NULL,
    root        public.hash NOT NULL,
    claimer     public.address NOT NULL,
    recipient   public.address NOT NULL,
    amount      public.amount NOT NULL,
    PRIMARY KEY (earner, token, distributor, position)
);
COMMENT ON TABLE ledger.reward_claim IS 'Claims on L1 (RewardsClaimed).';
COMMENT ON COLUMN ledger.reward_claim.root IS 'Root of the distribution that proved it.';
CREATE INDEX reward_claim_order ON ledger.reward_claim (position);
CREATE INDEX reward_claim_position ON ledger.reward_claim USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.reward_day (
    day        bigint NOT NULL,
    position   bigint NOT NULL,
    log_index  integer NOT NULL,
    next_day   bigint NOT NULL,
    last_block bigint NOT NULL,
    PRIMARY KEY (day, position)
);
COMMENT ON TABLE ledger.reward_day IS 'Days that ended: a row when the first block of a later day comes.';
COMMENT ON COLUMN ledger.reward_day.day IS 'Days since 1970 (UTC).';
COMMENT ON COLUMN ledger.reward_day.next_day IS 'The day of the next block: days between have no block and the same snapshot.';
COMMENT ON COLUMN ledger.reward_day.last_block IS 'The last block before midnight: the snapshot of these days.';
CREATE INDEX reward_day_position ON ledger.reward_day USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.reward_distribution (
    day            bigint NOT NULL,
    distributor    public.address NOT NULL,
    position       bigint NOT NULL,
    log_index      integer NOT NULL,
    snapshot_block bigint NOT NULL,
    root           public.hash NOT NULL,
    earners        bigint NOT NULL,
    pools          bigint NOT NULL,
    payouts        bigint NOT NULL,
    PRIMARY KEY (day, distributor, position)
);
COMMENT ON TABLE ledger.reward_distribution IS 'What a distributor had paid in all when a day was closed, by the block in position >> 32.';
COMMENT ON COLUMN ledger.reward_distribution.snapshot_block IS 'The day''s last block.';
COMMENT ON COLUMN ledger.reward_distribution.root IS 'Root of the tree of cumulative earnings that RewardsCoordinator checks.';
COMMENT ON COLUMN ledger.reward_distribution.earners IS 'Leaves of it.';
COMMENT ON COLUMN ledger.reward_distribution.pools IS 'Rows of reward_pool that it paid.';
COMMENT ON COLUMN ledger.reward_distribution.payouts IS 'Payouts that it made.';
CREATE INDEX reward_distribution_order ON ledger.reward_distribution (distributor, day, position);
CREATE INDEX reward_distribution_position ON ledger.reward_distribution USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.reward_pool (
    submission     public.hash NOT NULL,
    day            bigint NOT NULL,
    position       bigint NOT NULL,
    log_index      integer NOT NULL,
    distributor    public.address NOT NULL,
    token          public.address NOT NULL,
    paid_day       bigint NOT NULL,
    days           bigint NOT NULL,
    snapshot_block bigint NOT NULL,
    reason         smallint NOT NULL,
    tokens         public.amount NOT NULL,
    weight         public.total NOT NULL,
    operators      bigint NOT NULL,
    payouts        bigint NOT NULL,
    paid           public.amount NOT NULL,
    refund         public.amount NOT NULL,
    burned         public.amount NOT NULL,
    remainder      public.amount NOT NULL,
    rest           public.amount NOT NULL,
    PRIMARY KEY (submission, day, position)
);
COMMENT ON TABLE ledger.reward_pool IS 'What a submission had for a day, and what became of it.';
COMMENT ON COLUMN ledger.reward_pool.paid_day IS 'The day in whose closing it was paid.';
COMMENT ON COLUMN ledger.reward_pool.days IS 'How many days it stands for: 1; before the history more.';
COMMENT ON COLUMN ledger.reward_pool.snapshot_block IS '-1: none.';
COMMENT ON COLUMN ledger.reward_pool.reason IS '0 shared, 1 nobody had weight, 2 before the history, 3 the submission has no day.';
COMMENT ON COLUMN ledger.reward_pool.tokens IS 'The pool: paid + refund + burned + remainder.';
COMMENT ON COLUMN ledger.reward_pool.weight IS 'Sum of the operators'' weights.';
COMMENT ON COLUMN ledger.reward_pool.operators IS 'How many had a part.';
COMMENT ON COLUMN ledger.reward_pool.paid IS 'To operators, stakers and treasury.';
COMMENT ON COLUMN ledger.reward_pool.remainder IS 'What floors left of this pool.';
COMMENT ON COLUMN ledger.reward_pool.rest IS 'With the last day: what dividing the submission into days left; to the remainder too.';
CREATE INDEX reward_pool_paid ON ledger.reward_pool (distributor, paid_day, position);
CREATE INDEX reward_pool_position ON ledger.reward_pool USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.reward_share (
    submission   public.hash NOT NULL,
    day          bigint NOT NULL,
    operator     public.address NOT NULL,
    position     bigint NOT NULL,
    log_index    integer NOT NULL,
    weight       public.total NOT NULL,
    tokens       public.amount NOT NULL,
    split_bips   bigint NOT NULL,
    commission   public.amount NOT NULL,
    stake_weight public.total NOT NULL,
    stakers      bigint NOT NULL,
    paid         public.amount NOT NULL,
    remainder    public.amount NOT NULL,
    PRIMARY KEY (submission, day, operator, position)
);
COMMENT ON TABLE ledger.reward_share IS 'The part of an operator in a pool.';
COMMENT ON COLUMN ledger.reward_share.operator IS 'The zero address: all stakers at once (for_all).';
COMMENT ON COLUMN ledger.reward_share.weight IS 'Of the operator in the pool; operator-directed: what is listed for it.';
COMMENT ON COLUMN ledger.reward_share.tokens IS 'Its part: commission + paid + remainder.';
COMMENT ON COLUMN ledger.reward_share.stake_weight IS 'Sum of the weights of its delegators.';
COMMENT ON COLUMN ledger.reward_share.stakers IS 'How many of them were paid.';
COMMENT ON COLUMN ledger.reward_share.paid IS 'To delegators.';
COMMENT ON COLUMN ledger.reward_share.remainder IS 'What floors left.';
CREATE INDEX reward_share_operator ON ledger.reward_share (operator, day, submission, position);
CREATE INDEX reward_share_position ON ledger.reward_share USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

INSERT INTO ledger.timeline VALUES
    ('reward_submission'), ('reward_strategy'), ('reward_operator'), ('reward_split'), ('reward_setting'), ('reward_permission'),
    ('reward_claimer'), ('reward_root'), ('reward_claim'), ('reward_day'), ('reward_distribution'), ('reward_pool'), ('reward_share');
SELECT mirror.guard('ledger');
SELECT mirror.grant_books('ledger');
