// tests/model/encode.mjs - the modelled contracts' events as Ethereum logs, ABI-encoded by ethers.
import { createRequire } from "node:module";

const { AbiCoder, Interface, keccak256 } = createRequire(new URL("../package.json", import.meta.url))("ethers");
const SET = "tuple(address avs, uint32 id) operatorSet";
const WITHDRAWAL = "tuple(address staker, address delegatedTo, address withdrawer, uint256 nonce, uint32 startBlock, "
    + "address[] strategies, uint256[] scaledShares)";

const TOKEN = [
    "Transfer(address indexed from, address indexed to, uint256 value)",
    "Approval(address indexed owner, address indexed spender, uint256 value)",
];

const EVENTS = {
    token: TOKEN,
    vault: [
        ...TOKEN,
        "Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares)",
        "Withdraw(address indexed sender, address indexed receiver, address indexed owner, uint256 assets, uint256 shares)",
    ],
    strategy: ["StrategyTokenSet(address token, uint8 decimals)", "ExchangeRateEmitted(uint256 rate)"],
    delegation_manager: [
        "DelegationApproverUpdated(address indexed operator, address newDelegationApprover)",
        "DepositScalingFactorUpdated(address staker, address strategy, uint256 newDepositScalingFactor)",
        "OperatorMetadataURIUpdated(address indexed operator, string metadataURI)",
        "OperatorRegistered(address indexed operator, address delegationApprover)",
        "OperatorSharesDecreased(address indexed operator, address staker, address strategy, uint256 shares)",
        "OperatorSharesIncreased(address indexed operator, address staker, address strategy, uint256 shares)",
        "OperatorSharesSlashed(address indexed operator, address strategy, uint256 totalSlashedShares)",
        "SlashingWithdrawalCompleted(bytes32 withdrawalRoot)",
        `SlashingWithdrawalQueued(bytes32 withdrawalRoot, ${WITHDRAWAL} withdrawal, uint256[] sharesToWithdraw)`,
        "StakerDelegated(address indexed staker, address indexed operator)",
        "StakerForceUndelegated(address indexed staker, address indexed operator)",
        "StakerUndelegated(address indexed staker, address indexed operator)",
    ],
    strategy_manager: [
        `BurnOrRedistributableSharesDecreased(${SET}, uint256 slashId, address strategy, uint256 shares)`,
        `BurnOrRedistributableSharesIncreased(${SET}, uint256 slashId, address strategy, uint256 shares)`,
        "Deposit(address staker, address strategy, uint256 shares)",
        "StrategyAddedToDepositWhitelist(address strategy)",
        "StrategyRemovedFromDepositWhitelist(address strategy)",
    ],
    allocation_manager: [
        "AVSMetadataURIUpdated(address indexed avs, string metadataURI)",
        "AllocationDelaySet(address operator, uint32 delay, uint32 effectBlock)",
        `AllocationUpdated(address operator, ${SET}, address strategy, uint64 magnitude, uint32 effectBlock)`,
        "EncumberedMagnitudeUpdated(address operator, address strategy, uint64 encumberedMagnitude)",
        "MaxMagnitudeUpdated(address operator, address strategy, uint64 maxMagnitude)",
        `OperatorAddedToOperatorSet(address indexed operator, ${SET})`,
        `OperatorRemovedFromOperatorSet(address indexed operator, ${SET})`,
        `OperatorSetCreated(${SET})`,
        `OperatorSlashed(address operator, ${SET}, address[] strategies, uint256[] wadSlashed, string description)`,
        `RedistributionAddressSet(${SET}, address redistributionRecipient)`,
        `SlasherUpdated(${SET}, address slasher, uint32 effectBlock)`,
        `StrategyAddedToOperatorSet(${SET}, address strategy)`,
        `StrategyRemovedFromOperatorSet(${SET}, address strategy)`,
    ],
};

/** {contract kind: ethers' Interface}. */
export const interfaces = Object.fromEntries(Object.entries(EVENTS)
    .map(([kind, events]) => [kind, new Interface(events.map((event) => `event ${event}`))]));

// The vault's transfers are the token's events, at the same address.
const fragments = new Map(Object.entries(interfaces).flatMap(([kind, abi]) =>
    abi.fragments.map((fragment) => [`${kind}.${fragment.name}`, { abi, fragment, fast: fast_form(fragment) }])));

const word = (value) => (typeof value === "string" ? value.slice(2) : BigInt(value).toString(16)).padStart(64, "0");

/** How an event of fixed-size fields only is written: ["topic" | "data", pieces of the value]; null where ethers must do it. */
function fast_form(fragment) {
    const form = [];
    for (const { type, indexed, components } of fragment.inputs) {
        if (/^(address|uint\d+|bytes32)$/.test(type)) form.push([indexed ? "topic" : "data", (value) => word(value)]);
        else if (!indexed && components?.length === 2) form.push(["data", ({ avs, id }) => word(avs) + word(id)]);
        else return null;
    }
    return form;
}

/** {topics, data} by ethers alone. */
export function encode_slowly({ contract, event, args }) {
    const { abi, fragment } = fragments.get(`${contract}.${event}`);
    return abi.encodeEventLog(fragment, args);
}

/** {topics, data}; most logs are a few words in a row, which needs no coder. */
export function encode(log) {
    const { fragment, fast } = fragments.get(`${log.contract}.${log.event}`);
    if (!fast) return encode_slowly(log);
    const topics = [fragment.topicHash];
    let data = "0x";
    fast.forEach(([where, write], i) => {
        const words = write(log.args[i]);
        if (where === "topic") topics.push(`0x${words}`);
        else data += words;
    });
    return { topics, data };
}

/** keccak256(abi.encode(withdrawal)). */
export function withdrawal_root({ staker, operator, nonce, start, strategies, scaled }) {
    const tuple = [staker, operator, staker, nonce, start, strategies, scaled];
    return keccak256(AbiCoder.defaultAbiCoder().encode([WITHDRAWAL], [tuple]));
}
