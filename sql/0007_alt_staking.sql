-- sql/0007_alt_staking.sql - ALT's own staking: settings, operators, cooldowns, rewards, alerts.

INSERT INTO ledger.book VALUES
    (40, 'alt.staked', 'debit', 40),
    (41, 'alt.staked.issued', 'credit', 40),
    (42, 'alt.cooldown', 'debit', 42),
    (43, 'alt.cooldown.issued', 'credit', 42),
    (44, 'alt.reward', 'debit', 44),
    (45, 'alt.reward.claimed', 'debit', 44),
    (46, 'alt.reward.protocol_fee', 'debit', 44),
    (47, 'alt.reward.operator_fee', 'debit', 44),
    (48, 'alt.reward.accrued', 'credit', 44),
    (49, 'alt.claim', 'debit', 49),
    (50, 'alt.claim.issued', 'credit', 49);

CREATE TABLE ledger.alt_setting (
    contract  public.address NOT NULL,
    setting   integer NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    value     public.amount NOT NULL,
    PRIMARY KEY (contract, setting, position)
);
COMMENT ON TABLE ledger.alt_setting IS 'ALT staking: a setting of the contract as its event says it (initialize() emits few: then from the network file, or read). A setting without a row is unknown.';
COMMENT ON COLUMN ledger.alt_setting.setting IS '0 block of the first log, 1 cooldownSeconds, 2 operatorConfig.cooldownSeconds, 3 protocolConfig.cooldownSeconds, 4 minVotingStake, 5 expiryDuration, 6 protocol fee bps, 7 pending protocol fee bps, 8 its cooldownEndTimestamp, 9 protocolConfig.vault as a number, 10 totalDistributions as last read, 11 highest distribution id seen.';
CREATE INDEX alt_setting_position ON ledger.alt_setting USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.alt_operator (
    contract         public.address NOT NULL,
    operator         public.address NOT NULL,
    position         bigint NOT NULL,
    log_index        integer NOT NULL,
    registered       boolean NOT NULL,
    frozen           boolean NOT NULL,
    fee_bps          integer NOT NULL,
    pending_fee_bps  integer NOT NULL,
    fee_cooldown_end timestamptz NOT NULL,
    node_key         public.address NOT NULL,
    cooldown_doubt   public.amount NOT NULL,
    voted_alerts     integer NOT NULL,
    votes_known      boolean NOT NULL,
    PRIMARY KEY (contract, operator, position)
);
COMMENT ON TABLE ledger.alt_operator IS 'ALT staking: an operator: registration (OperatorAdded), freezing, fees, authenticated node key, length of its list of voted alerts.';
COMMENT ON COLUMN ledger.alt_operator.cooldown_doubt IS 'Sum of its stakers'' doubts: what cools down may be less than booked by as much.';
COMMENT ON COLUMN ledger.alt_operator.voted_alerts IS 'How many entries of ledger.alt_vote count (getVotedAlerts).';
COMMENT ON COLUMN ledger.alt_operator.votes_known IS 'False: whether its votes were cleared hangs on a cooldown in doubt.';
COMMENT ON COLUMN ledger.alt_operator.fee_cooldown_end IS '1970: no change of the fee was ever announced.';
CREATE INDEX alt_operator_position ON ledger.alt_operator USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.alt_accrual (
    contract  public.address NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    time      timestamptz NOT NULL,
    PRIMARY KEY (contract, position)
);
COMMENT ON TABLE ledger.alt_accrual IS 'ALT staking: blocks in which the contract updated all its distributions (every Stake, Unstake, CooldownToUnstake, RewardsClaimed, Frozen, OperatorRegistered and transfer does).';
COMMENT ON COLUMN ledger.alt_accrual.time IS 'Time of the block.';
CREATE INDEX alt_accrual_position ON ledger.alt_accrual USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.alt_cooldown (
    contract   public.address NOT NULL,
    staker     public.address NOT NULL,
    operator   public.address NOT NULL,
    position   bigint NOT NULL,
    log_index  integer NOT NULL,
    started_at timestamptz NOT NULL,
    doubt      public.amount NOT NULL,
    either     boolean NOT NULL,
    PRIMARY KEY (contract, staker, operator, position)
);
COMMENT ON TABLE ledger.alt_cooldown IS 'ALT staking: a staker''s cooldown with an operator. The amount is the balance of alt.cooldown; zero: there is none.';
COMMENT ON COLUMN ledger.alt_cooldown.doubt IS 'Logs do not tell unstake() and stake() from switchOperator() of an account with code: the true amount lies between booked - doubt and booked. Zero: known.';
COMMENT ON COLUMN ledger.alt_cooldown.either IS 'It is exactly one of the two ends.';
CREATE INDEX alt_cooldown_position ON ledger.alt_cooldown USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.alt_distribution (
    contract            public.address NOT NULL,
    distribution        integer NOT NULL,
    position            bigint NOT NULL,
    log_index           integer NOT NULL,
    reward_token        public.address NOT NULL,
    reward_vault        public.address NOT NULL,
    is_read             boolean NOT NULL,
    emission_per_second public.amount NOT NULL,
    starts_at           timestamptz NOT NULL,
    ends_at             timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    PRIMARY KEY (contract, distribution, position)
);
COMMENT ON TABLE ledger.alt_distribution IS 'ALT staking: a distribution of rewards. No event says what it is: token and vault show in a payment; the rest is what distributions(id) answered at this row''s block, if is_read.';
COMMENT ON COLUMN ledger.alt_distribution.reward_token IS 'The zero address: not known yet.';
COMMENT ON COLUMN ledger.alt_distribution.is_read IS 'False: emission_per_second and the times are unknown.';
CREATE INDEX alt_distribution_position ON ledger.alt_distribution USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.alt_distribution_index (
    contract     public.address NOT NULL,
    distribution integer NOT NULL,
    position     bigint NOT NULL,
    log_index    integer NOT NULL,
    index        public.amount NOT NULL,
    PRIMARY KEY (contract, distribution, position)
);
COMMENT ON TABLE ledger.alt_distribution_index IS 'ALT staking: reward index of a distribution (DistributionIndexUpdated): reward per unit of voting stake, times 1e18.';
CREATE INDEX alt_distribution_index_position ON ledger.alt_distribution_index USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.alt_user_index (
    contract     public.address NOT NULL,
    staker       public.address NOT NULL,
    operator     public.address NOT NULL,
    distribution integer NOT NULL,
    position     bigint NOT NULL,
    log_index    integer NOT NULL,
    index        public.amount NOT NULL,
    PRIMARY KEY (contract, staker, operator, distribution, position)
);
COMMENT ON TABLE ledger.alt_user_index IS 'ALT staking: the index up to which a staker''s rewards are booked (UserIndexUpdated).';
CREATE INDEX alt_user_index_position ON ledger.alt_user_index USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.alt_pool (
    contract     public.address NOT NULL,
    staker       public.address NOT NULL,
    operator     public.address NOT NULL,
    distribution integer NOT NULL,
    position     bigint NOT NULL,
    log_index    integer NOT NULL,
    pool         integer NOT NULL,
    PRIMARY KEY (contract, staker, operator, distribution, position)
);
COMMENT ON TABLE ledger.alt_pool IS 'ALT staking: distributions of a staker and operator between which claims could not be divided (RewardsClaimed names none). Their claimable sum is known: alt.reward of the members less alt.claim of the pool.';
COMMENT ON COLUMN ledger.alt_pool.pool IS 'The lowest distribution of the pool; 0: in none (any more).';
CREATE INDEX alt_pool_position ON ledger.alt_pool USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.alt_alert (
    contract          public.address NOT NULL,
    alert             public.hash NOT NULL,
    position          bigint NOT NULL,
    log_index         integer NOT NULL,
    vote_count        public.amount NOT NULL,
    count_known       boolean NOT NULL,
    is_active         boolean NOT NULL,
    listed            boolean NOT NULL,
    kind              smallint NOT NULL,
    expiry            timestamptz NOT NULL,
    reset_count       integer NOT NULL,
    reset_count_known boolean NOT NULL,
    PRIMARY KEY (contract, alert, position)
);
COMMENT ON TABLE ledger.alt_alert IS 'ALT staking: an alert, by the keccak256 of what it is about.';
COMMENT ON COLUMN ledger.alt_alert.count_known IS 'False: whether votes were cleared hangs on a cooldown in doubt.';
COMMENT ON COLUMN ledger.alt_alert.listed IS 'Voted on and not removed since.';
COMMENT ON COLUMN ledger.alt_alert.kind IS '0 unknown, 1 about a block (never expires, never reset), 2 about a message.';
COMMENT ON COLUMN ledger.alt_alert.expiry IS 'If it is about a message. 1970: none (removed); a second before: unknown.';
COMMENT ON COLUMN ledger.alt_alert.reset_count IS 'If it is about a message.';
CREATE INDEX alt_alert_position ON ledger.alt_alert USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger.alt_vote (
    contract  public.address NOT NULL,
    operator  public.address NOT NULL,
    place     integer NOT NULL,
    position  bigint NOT NULL,
    log_index integer NOT NULL,
    alert     public.hash NOT NULL,
    PRIMARY KEY (contract, operator, place, position)
);
COMMENT ON TABLE ledger.alt_vote IS 'ALT staking: the list of alerts that an operator voted on (getVotedAlerts), from place 0; as long as ledger.alt_operator says.';
CREATE INDEX alt_vote_position ON ledger.alt_vote USING brin (position) WITH (pages_per_range = 32, autosummarize = on);

INSERT INTO ledger.timeline VALUES ('alt_setting'), ('alt_operator'), ('alt_accrual'), ('alt_cooldown'), ('alt_distribution'), ('alt_distribution_index'), ('alt_user_index'), ('alt_pool'), ('alt_alert'), ('alt_vote');
SELECT mirror.guard('ledger');
SELECT mirror.grant_books('ledger');
