// tests/contracts/EigenViews.sol - EigenLayer in miniature: contracts that emit its events and answer its views by the same formulas, and do as they are told.
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

uint256 constant WAD = 1e18;

struct OperatorSet {
    address avs;
    uint32 id;
}

struct Withdrawal {
    address staker;
    address delegatedTo;
    address withdrawer;
    uint256 nonce;
    uint32 startBlock;
    address[] strategies;
    uint256[] scaledShares;
}

/// While quiet, what is changed is not told: views and events then differ.
contract Quiet {
    bool public quiet;

    function setQuiet(bool on) external {
        quiet = on;
    }
}

contract EigenStrategy is Quiet {
    uint256 public totalShares;

    event ExchangeRateEmitted(uint256 rate);

    function issue(uint256 shares) external {
        totalShares += shares;
        if (!quiet) emit ExchangeRateEmitted(WAD);
    }
}

contract EigenStrategies is Quiet {
    mapping(address staker => mapping(address strategy => uint256)) public stakerDepositShares;

    event Deposit(address staker, address strategy, uint256 shares);

    function deposit(address staker, EigenStrategy strategy, uint256 shares) external {
        strategy.issue(shares);
        stakerDepositShares[staker][address(strategy)] += shares;
        if (!quiet) emit Deposit(staker, address(strategy), shares);
    }

    function remove(address staker, address strategy, uint256 shares) external returns (uint256 left) {
        return stakerDepositShares[staker][strategy] -= shares;
    }
}

contract EigenAllocations is Quiet {
    struct Allocation {
        uint64 currentMagnitude;
        int128 pendingDiff;
        uint32 effectBlock;
    }

    struct Status {
        bool registered;
        uint32 slashableUntil;
    }

    struct Delayed {
        uint160 now_;
        uint160 pending;
        uint32 effectBlock;
    }

    uint32 immutable deallocationDelay;
    EigenDelegation delegation;
    mapping(address operator => mapping(address strategy => uint64)) slashed; // WAD less the maximum magnitude
    mapping(address operator => mapping(bytes32 set => mapping(address strategy => Allocation))) allocations;
    mapping(address operator => mapping(address strategy => OperatorSet[])) allocated;
    mapping(address operator => mapping(bytes32 set => Status)) status;
    mapping(address operator => Delayed) delays;
    mapping(bytes32 set => Delayed) slashers;

    event MaxMagnitudeUpdated(address operator, address strategy, uint64 maxMagnitude);
    event AllocationUpdated(address operator, OperatorSet operatorSet, address strategy, uint64 magnitude, uint32 effectBlock);
    event OperatorSetCreated(OperatorSet operatorSet);
    event OperatorAddedToOperatorSet(address indexed operator, OperatorSet operatorSet);
    event OperatorRemovedFromOperatorSet(address indexed operator, OperatorSet operatorSet);
    event AllocationDelaySet(address operator, uint32 delay, uint32 effectBlock);
    event SlasherUpdated(OperatorSet operatorSet, address slasher, uint32 effectBlock);

    constructor(uint32 delay) {
        deallocationDelay = delay;
    }

    function setDelegation(EigenDelegation d) external {
        delegation = d;
    }

    function key(OperatorSet memory set) internal pure returns (bytes32) {
        return keccak256(abi.encode(set));
    }

    function setMaxMagnitude(address operator, address strategy, uint64 magnitude) external {
        slashed[operator][strategy] = uint64(WAD) - magnitude;
        if (!quiet) emit MaxMagnitudeUpdated(operator, strategy, magnitude);
    }

    function allocate(address operator, OperatorSet memory set, address strategy, uint64 target, uint32 inBlocks) external {
        Allocation memory a = getAllocation(operator, set, strategy);
        if (a.currentMagnitude == 0 && a.pendingDiff == 0) allocated[operator][strategy].push(set);
        uint32 effect = uint32(block.number) + inBlocks;
        if (inBlocks == 0) a.currentMagnitude = target;
        else a = Allocation(a.currentMagnitude, int128(uint128(target)) - int128(uint128(a.currentMagnitude)), effect);
        allocations[operator][key(set)][strategy] = a;
        if (!quiet) emit AllocationUpdated(operator, set, strategy, target, effect);
    }

    function createSet(OperatorSet memory set, address slasher) external {
        if (!quiet) emit OperatorSetCreated(set);
        updateSlasher(set, slasher, 0);
    }

    function updateSlasher(OperatorSet memory set, address slasher, uint32 inBlocks) public {
        uint32 effect = uint32(block.number) + inBlocks;
        slashers[key(set)] = Delayed(uint160(getSlasher(set)), uint160(slasher), effect);
        if (!quiet) emit SlasherUpdated(set, slasher, effect);
    }

    function register(address operator, OperatorSet memory set) external {
        status[operator][key(set)] = Status(true, 0);
        if (!quiet) emit OperatorAddedToOperatorSet(operator, set);
    }

    function deregister(address operator, OperatorSet memory set) external {
        status[operator][key(set)] = Status(false, uint32(block.number) + deallocationDelay);
        if (!quiet) emit OperatorRemovedFromOperatorSet(operator, set);
    }

    function setDelay(address operator, uint32 delay, uint32 inBlocks) external {
        (, uint32 before) = getAllocationDelay(operator);
        delays[operator] = Delayed(before, delay, uint32(block.number) + inBlocks);
        if (!quiet) emit AllocationDelaySet(operator, delay, uint32(block.number) + inBlocks);
    }

    function getMaxMagnitude(address operator, address strategy) public view returns (uint64) {
        return uint64(WAD) - slashed[operator][strategy];
    }

    function getAllocation(address operator, OperatorSet memory set, address strategy) public view returns (Allocation memory a) {
        a = allocations[operator][key(set)][strategy];
        if (block.number >= a.effectBlock)
            a = Allocation(uint64(uint128(int128(uint128(a.currentMagnitude)) + a.pendingDiff)), 0, 0);
    }

    function getEncumberedMagnitude(address operator, address strategy) external view returns (uint64 sum) {
        OperatorSet[] memory sets = allocated[operator][strategy];
        for (uint256 i = 0; i < sets.length; i++) {
            Allocation memory a = getAllocation(operator, sets[i], strategy);
            sum += a.currentMagnitude;
            if (a.pendingDiff > 0) sum += uint64(uint128(a.pendingDiff));
        }
    }

    function getMinimumSlashableStake(OperatorSet memory set, address[] memory operators, address[] memory strategies, uint32)
        external
        view
        returns (uint256[][] memory stake)
    {
        stake = new uint256[][](operators.length);
        for (uint256 i = 0; i < operators.length; i++) {
            stake[i] = new uint256[](strategies.length);
            for (uint256 j = 0; j < strategies.length; j++) {
                uint256 max = getMaxMagnitude(operators[i], strategies[j]);
                if (max == 0 || !isOperatorSlashable(operators[i], set)) continue;
                uint256 current = getAllocation(operators[i], set, strategies[j]).currentMagnitude;
                stake[i][j] = delegation.operatorShares(operators[i], strategies[j]) * (current * WAD / max) / WAD;
            }
        }
    }

    function isMemberOfOperatorSet(address operator, OperatorSet memory set) external view returns (bool) {
        return status[operator][key(set)].registered;
    }

    function isOperatorSlashable(address operator, OperatorSet memory set) public view returns (bool) {
        Status memory s = status[operator][key(set)];
        return s.registered || block.number <= s.slashableUntil;
    }

    function getAllocationDelay(address operator) public view returns (bool, uint32) {
        Delayed memory d = delays[operator];
        bool due = d.effectBlock != 0 && block.number >= d.effectBlock;
        return (due || d.now_ != 0, uint32(due ? d.pending : d.now_));
    }

    function getSlasher(OperatorSet memory set) public view returns (address) {
        Delayed memory d = slashers[key(set)];
        return address(d.effectBlock != 0 && block.number >= d.effectBlock ? d.pending : d.now_);
    }
}

contract EigenDelegation is Quiet {
    EigenStrategies immutable strategyManager;
    EigenAllocations immutable allocationManager;
    mapping(address staker => address) public delegatedTo;
    mapping(address operator => mapping(address strategy => uint256)) public operatorShares;
    mapping(bytes32 root => bool) public pendingWithdrawals;
    mapping(address staker => mapping(address strategy => uint256)) factors; // 0: WAD
    mapping(bytes32 root => Withdrawal) queue;
    uint256 nonce;

    event StakerDelegated(address indexed staker, address indexed operator);
    event OperatorRegistered(address indexed operator, address delegationApprover);
    event OperatorSharesIncreased(address indexed operator, address staker, address strategy, uint256 shares);
    event OperatorSharesDecreased(address indexed operator, address staker, address strategy, uint256 shares);
    event DepositScalingFactorUpdated(address staker, address strategy, uint256 newDepositScalingFactor);
    event SlashingWithdrawalQueued(bytes32 withdrawalRoot, Withdrawal withdrawal, uint256[] sharesToWithdraw);
    event SlashingWithdrawalCompleted(bytes32 withdrawalRoot);

    constructor(EigenStrategies strategies, EigenAllocations allocations) {
        strategyManager = strategies;
        allocationManager = allocations;
    }

    function registerAsOperator(address operator) external {
        delegate(operator, operator);
        if (!quiet) emit OperatorRegistered(operator, address(0));
    }

    function delegate(address staker, address operator) public {
        delegatedTo[staker] = operator;
        if (!quiet) emit StakerDelegated(staker, operator);
    }

    function increase(address operator, address staker, address strategy, uint256 shares) external {
        operatorShares[operator][strategy] += shares;
        if (!quiet) emit OperatorSharesIncreased(operator, staker, strategy, shares);
    }

    function setFactor(address staker, address strategy, uint256 factor) public {
        factors[staker][strategy] = factor;
        if (!quiet) emit DepositScalingFactorUpdated(staker, strategy, factor);
    }

    /// Some deposit shares of one strategy into the queue: no event says how many.
    function queueWithdrawal(address staker, address strategy, uint256 depositShares) external {
        Withdrawal memory w =
            Withdrawal(staker, delegatedTo[staker], staker, nonce++, uint32(block.number), new address[](1), new uint256[](1));
        uint256[] memory shares = new uint256[](1);
        w.strategies[0] = strategy;
        w.scaledShares[0] = depositShares * depositScalingFactor(staker, strategy) / WAD;
        shares[0] = w.scaledShares[0] * magnitude(w.delegatedTo, strategy) / WAD;
        uint256 left = strategyManager.remove(staker, strategy, depositShares);
        if (w.delegatedTo != address(0)) {
            operatorShares[w.delegatedTo][strategy] -= shares[0];
            if (!quiet) emit OperatorSharesDecreased(w.delegatedTo, staker, strategy, shares[0]);
        }
        if (left == 0) setFactor(staker, strategy, WAD);
        bytes32 root = keccak256(abi.encode(w));
        queue[root] = w;
        pendingWithdrawals[root] = true;
        if (!quiet) emit SlashingWithdrawalQueued(root, w, shares);
    }

    /// Nothing is paid: the slashing factor is 0, or nobody looks.
    function complete(bytes32 root) external {
        pendingWithdrawals[root] = false;
        delete queue[root];
        if (!quiet) emit SlashingWithdrawalCompleted(root);
    }

    function magnitude(address operator, address strategy) internal view returns (uint256) {
        return operator == address(0) ? WAD : allocationManager.getMaxMagnitude(operator, strategy);
    }

    function depositScalingFactor(address staker, address strategy) public view returns (uint256) {
        return factors[staker][strategy] == 0 ? WAD : factors[staker][strategy];
    }

    function getWithdrawableShares(address staker, address[] memory strategies)
        external
        view
        returns (uint256[] memory withdrawable, uint256[] memory deposits)
    {
        withdrawable = new uint256[](strategies.length);
        deposits = new uint256[](strategies.length);
        for (uint256 i = 0; i < strategies.length; i++) {
            deposits[i] = strategyManager.stakerDepositShares(staker, strategies[i]);
            withdrawable[i] = deposits[i] * depositScalingFactor(staker, strategies[i]) / WAD
                * magnitude(delegatedTo[staker], strategies[i]) / WAD;
        }
    }

    function getQueuedWithdrawal(bytes32 root) external view returns (Withdrawal memory w, uint256[] memory shares) {
        w = queue[root];
        shares = new uint256[](w.strategies.length);
        for (uint256 i = 0; i < shares.length; i++)
            shares[i] = w.scaledShares[i] * magnitude(w.delegatedTo, w.strategies[i]) / WAD;
    }
}
