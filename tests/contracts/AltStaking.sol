// tests/contracts/AltStaking.sol - ALT's staking in miniature: the same events in the same order, the same views, and as silent about the rest.
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract RewardToken {
    event Transfer(address indexed from, address indexed to, uint256 value);

    function move(address from, address to, uint256 value) public {
        emit Transfer(from, to, value);
    }
}

/// An account with code: many calls in one transaction.
contract Wallet {
    function run(address to, bytes[] calldata calls) external {
        for (uint256 i; i < calls.length; ++i) {
            (bool ok,) = to.call(calls[i]);
            require(ok, "a call failed");
        }
    }
}

contract AltStaking {
    struct Cooldown {
        uint40 timestamp;
        uint216 amount;
    }

    struct Terms {
        uint128 emission;
        RewardToken token;
        address vault;
        uint40 start;
        uint40 end;
        uint256 index;
        uint40 updated;
    }

    struct Alert {
        uint128 votes;
        uint40 expiry;
        uint16 resets;
        bool active;
    }

    event Stake(address indexed from, address indexed onBehalfOf, address operator, uint256 assets);
    event Unstake(address indexed from, address indexed to, address operator, uint256 assets);
    event CooldownToUnstake(address indexed user, address indexed operator, uint256 amount);
    event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value);
    event RewardsAccrued(address user, address operator, uint256 amount);
    event RewardsClaimed(address indexed from, address indexed to, address operator, uint256 amount);
    event CollectFee(uint16 distributionId, address operator, uint256 protocolFee, uint256 operatorFee, uint256 userRewards);
    event DistributionIndexUpdated(uint256 indexed distributionID, uint256 index);
    event UserIndexUpdated(uint256 indexed distributionID, address indexed user, address indexed operator, uint256 index);
    event OperatorAdded(address operator, address owner);
    event OperatorRegistered(address operator);
    event SetOperatorFeeBPS(address operator, uint16 feeBPS);
    event SetProtocolFeeBPS(uint16 feeBPS);
    event SetMinVotingStake(uint256 minVotingStake);
    event AlertVoted(bytes32 messageHash, address operator, uint128 voteCount, bool isActive);

    uint40 public cooldownSeconds = 30;
    uint40 public operatorConfig = 40;
    uint256 public minVotingStake = 500;
    uint16 public expiryDuration = 60;
    uint16 public totalDistributions;
    address constant TREASURY = address(0xfee);
    uint16 constant PROTOCOL_BPS = 500;

    address[] operators;
    uint256 total; // voting stake
    mapping(address => uint16) operatorBps;
    mapping(address => mapping(address => uint256)) public staked; // operator, user
    mapping(address => uint256) public supply;
    mapping(address => uint256) public cooling;
    mapping(address => mapping(address => Cooldown)) public cooldowns; // operator, user
    mapping(uint16 => Terms) public distributions;
    mapping(bytes32 => uint256) indices;
    mapping(bytes32 => uint256) rewards;
    mapping(bytes32 => Alert) public alerts;

    constructor() {
        emit SetProtocolFeeBPS(PROTOCOL_BPS);
    }

    function protocolConfig() external pure returns (address, uint40, uint40, uint16, uint16) {
        return (TREASURY, 50, 0, PROTOCOL_BPS, 0);
    }

    function key(uint16 id, address operator, address user) internal pure returns (bytes32) {
        return keccak256(abi.encode(id, operator, user));
    }

    function rewardBalance(uint16 id, address operator, address user) external view returns (uint256) {
        return rewards[key(id, operator, user)];
    }

    function distributionUserIndex(uint16 id, address operator, address user) external view returns (uint256) {
        return indices[key(id, operator, user)];
    }

    function votingStake(address user, address operator) public view returns (uint256) {
        return staked[operator][user] - cooldowns[operator][user].amount;
    }

    // ---- distributions: no event tells of them ----

    function createDistribution(uint128 emission, uint40 start, uint40 end, RewardToken token, address vault) external {
        distributions[++totalDistributions] = Terms(emission, token, vault, start, end, 0, 0);
    }

    function setDistributionEnd(uint16 id, uint40 end) external {
        distributions[id].end = end;
    }

    function last(Terms storage d) internal view returns (uint256) {
        return d.updated < d.start ? d.start : d.updated;
    }

    function indexNow(Terms storage d) internal view returns (uint256) {
        uint256 from = last(d);
        uint256 to = block.timestamp > d.end ? d.end : block.timestamp;
        if (total == 0 || block.timestamp <= from || from >= d.end) return d.index;
        return d.index + d.emission * (to - from) * 1e18 / total;
    }

    function getAccruedRewards(uint16 id, address user, address operator) external view returns (uint256) {
        return votingStake(user, operator) * (indexNow(distributions[id]) - indices[key(id, operator, user)]) / 1e18;
    }

    function update(uint16 id) internal {
        Terms storage d = distributions[id];
        if (d.end <= last(d) || block.timestamp <= last(d)) return;
        uint256 index = indexNow(d);
        if (index != d.index) {
            d.index = index;
            emit DistributionIndexUpdated(id, index);
        }
        d.updated = uint40(block.timestamp);
    }

    function collect(uint16 id, address user, address operator, uint256 gross) internal {
        Terms storage d = distributions[id];
        uint256 protocol = gross * PROTOCOL_BPS / 10000;
        uint256 fee = gross * operatorBps[operator] / 10000;
        uint256 rest = gross - protocol - fee;
        emit CollectFee(id, operator, protocol, fee, rest);
        if (protocol > 0) d.token.move(d.vault, TREASURY, protocol);
        if (fee > 0) d.token.move(d.vault, operator, fee);
        rewards[key(id, operator, user)] += rest;
        if (rest > 0) emit RewardsAccrued(user, operator, rest);
    }

    function accrue(address user, address operator) internal {
        for (uint16 id = 1; id <= totalDistributions; ++id) {
            update(id);
            bytes32 k = key(id, operator, user);
            uint256 by = distributions[id].index - indices[k];
            if (by == 0) continue;
            indices[k] = distributions[id].index;
            emit UserIndexUpdated(id, user, operator, distributions[id].index);
            uint256 gross = votingStake(user, operator) * by / 1e18;
            if (gross > 0) collect(id, user, operator, gross);
        }
    }

    function claimRewards(uint16 id, address to, address operator, uint256 amount) public {
        accrue(msg.sender, operator);
        rewards[key(id, operator, msg.sender)] -= amount;
        emit RewardsClaimed(msg.sender, to, operator, amount);
        distributions[id].token.move(distributions[id].vault, to, amount);
    }

    // ---- stake ----

    function register(address operator, uint16 bps) external {
        operators.push(operator);
        operatorBps[operator] = bps;
        emit OperatorAdded(operator, msg.sender);
        for (uint16 id = 1; id <= totalDistributions; ++id) update(id);
        emit SetOperatorFeeBPS(operator, bps);
        emit OperatorRegistered(operator);
    }

    function enter(address user, address operator, uint256 amount) internal {
        accrue(user, operator);
        emit Stake(msg.sender, user, operator, amount);
        emit TransferSingle(msg.sender, address(0), user, uint160(operator), amount);
        staked[operator][user] += amount;
        supply[operator] += amount;
        total += amount;
    }

    function leave(address operator, uint256 amount) internal {
        emit Unstake(msg.sender, msg.sender, operator, amount);
        emit TransferSingle(msg.sender, msg.sender, address(0), uint160(operator), amount);
        staked[operator][msg.sender] -= amount;
        supply[operator] -= amount;
        total -= amount;
    }

    function stake(address user, address operator, uint256 amount) external {
        enter(user, operator, amount);
    }

    function cooldownToUnstake(address operator, uint256 amount) external {
        Cooldown storage c = cooldowns[operator][msg.sender];
        accrue(msg.sender, operator);
        emit CooldownToUnstake(msg.sender, operator, c.amount + amount);
        c.amount += uint216(amount);
        c.timestamp = uint40(block.timestamp);
        cooling[operator] += amount;
        total -= amount;
    }

    function unstake(address operator, uint256 amount) external {
        Cooldown storage c = cooldowns[operator][msg.sender];
        require(c.amount >= amount && block.timestamp >= c.timestamp + cooldownSeconds, "still cooling");
        accrue(msg.sender, operator);
        c.amount -= uint216(amount);
        if (c.amount == 0) c.timestamp = 0;
        cooling[operator] -= amount;
        total += amount; // leave() takes it off again
        leave(operator, amount);
    }

    function switchOperator(address from, address to, uint256 amount) external {
        require(amount <= votingStake(msg.sender, from), "more than votes");
        accrue(msg.sender, from);
        leave(from, amount);
        enter(msg.sender, to, amount);
    }

    // ---- alerts ----

    function vote(bytes32 hash, address operator, bool isBlock) external {
        Alert storage a = alerts[hash];
        if (a.expiry != 0 && a.expiry < block.timestamp) {
            a.resets++;
            a.votes = 0;
        }
        a.votes++;
        a.expiry = isBlock ? type(uint40).max : uint40(block.timestamp) + expiryDuration;
        emit AlertVoted(hash, operator, a.votes, a.active);
    }
}
