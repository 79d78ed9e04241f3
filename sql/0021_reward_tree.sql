-- sql/0021_reward_tree.sql - indexes by which a distribution finds its roots on L1: the equal ones, and those that it is compared with.

CREATE INDEX reward_root_root ON ledger.reward_root (root, distributor, position);
CREATE INDEX reward_root_end ON ledger.reward_root (distributor, end_time, position);
