/* ledger/mirror/abi_table.c - the events we know, as Solidity declares them, and which kind of contract emits which. */
#include "ledger/mirror/abi_table.h"

/* Parameters keep the names and the order of the contracts: names are the members of the public JSON. */
const struct abi_row abi_rows[] = {
    /* OpenZeppelin 5.7: tokens, governor, timelock, proxies. */
    {"ERC20", "event Approval(address indexed owner, address indexed spender, uint256 value)"},
    {"ERC20", "event Transfer(address indexed from, address indexed to, uint256 value)"},
    {"ERC20Pausable", "event Paused(address account)"},
    {"ERC20Pausable", "event Unpaused(address account)"},
    {"ERC20Votes", "event DelegateChanged(address indexed delegator, address indexed fromDelegate, "
                   "address indexed toDelegate)"},
    {"ERC20Votes", "event DelegateVotesChanged(address indexed delegate, uint256 previousVotes, uint256 newVotes)"},
    {"ERC4626", "event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares)"},
    {"ERC4626", "event Withdraw(address indexed sender, address indexed receiver, address indexed owner, "
                "uint256 assets, uint256 shares)"},
    {"ERC1155", "event TransferSingle(address indexed operator, address indexed from, address indexed to, "
                "uint256 id, uint256 value)"},
    {"ERC1155", "event TransferBatch(address indexed operator, address indexed from, address indexed to, "
                "uint256[] ids, uint256[] values)"},
    {"ERC1155", "event ApprovalForAll(address indexed account, address indexed operator, bool approved)"},
    {"ERC1155", "event URI(string value, uint256 indexed id)"},
    {"Ownable", "event OwnershipTransferred(address indexed previousOwner, address indexed newOwner)"},
    {"EIP5267", "event EIP712DomainChanged()"},
    {"ERC1967Proxy", "event Upgraded(address indexed implementation)"},
    {"ERC1967Proxy", "event AdminChanged(address previousAdmin, address newAdmin)"},
    {"ERC1967Proxy", "event BeaconUpgraded(address indexed beacon)"},
    {"Governor", "event ProposalCanceled(uint256 proposalId)"},
    {"Governor", "event ProposalCreated(uint256 proposalId, address proposer, address[] targets, uint256[] values, "
                 "string[] signatures, bytes[] calldatas, uint256 voteStart, uint256 voteEnd, string description)"},
    {"Governor", "event ProposalExecuted(uint256 proposalId)"},
    {"Governor", "event ProposalQueued(uint256 proposalId, uint256 etaSeconds)"},
    {"Governor", "event VoteCast(address indexed voter, uint256 proposalId, uint8 support, uint256 weight, "
                 "string reason)"},
    {"Governor", "event VoteCastWithParams(address indexed voter, uint256 proposalId, uint8 support, "
                 "uint256 weight, string reason, bytes params)"},
    {"GovernorSettings", "event ProposalThresholdSet(uint256 oldProposalThreshold, uint256 newProposalThreshold)"},
    {"GovernorSettings", "event VotingDelaySet(uint256 oldVotingDelay, uint256 newVotingDelay)"},
    {"GovernorSettings", "event VotingPeriodSet(uint256 oldVotingPeriod, uint256 newVotingPeriod)"},
    {"GovernorVotesQuorumFraction", "event QuorumNumeratorUpdated(uint256 oldQuorumNumerator, "
                                    "uint256 newQuorumNumerator)"},
    {"GovernorTimelockControl", "event TimelockChange(address oldTimelock, address newTimelock)"},
    {"GovernorPreventLateQuorum", "event LateQuorumVoteExtensionSet(uint64 oldVoteExtension, uint64 newVoteExtension)"},
    {"GovernorPreventLateQuorum", "event ProposalExtended(uint256 indexed proposalId, uint64 extendedDeadline)"},
    {"GovernorProposalGuardian", "event ProposalGuardianSet(address oldProposalGuardian, address newProposalGuardian)"},
    {"GovernorCountingOverridable", "event OverrideVoteCast(address indexed voter, uint256 proposalId, "
                                    "uint8 support, uint256 weight, string reason)"},
    {"GovernorCountingOverridable", "event VoteReduced(address indexed delegate, uint256 proposalId, uint8 support, "
                                    "uint256 weight)"},
    {"GovernorVotesSuperQuorumFraction", "event SuperQuorumNumeratorUpdated(uint256 oldSuperQuorumNumerator, "
                                         "uint256 newSuperQuorumNumerator)"},
    {"TimelockController", "event CallExecuted(bytes32 indexed id, uint256 indexed index, address target, "
                           "uint256 value, bytes data)"},
    {"TimelockController", "event CallSalt(bytes32 indexed id, bytes32 salt)"},
    {"TimelockController", "event CallScheduled(bytes32 indexed id, uint256 indexed index, address target, "
                           "uint256 value, bytes data, bytes32 predecessor, uint256 delay)"},
    {"TimelockController", "event Cancelled(bytes32 indexed id)"},
    {"TimelockController", "event MinDelayChange(uint256 oldDuration, uint256 newDuration)"},
    {"TimelockController", "event RoleAdminChanged(bytes32 indexed role, bytes32 indexed previousAdminRole, "
                           "bytes32 indexed newAdminRole)"},
    {"TimelockController", "event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender)"},
    {"TimelockController", "event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender)"},
    /* EigenLayer core up to mainnet v1.12.0, earlier forms included. */
    {"EigenLayerPausable", "event Paused(address indexed account, uint256 newPausedStatus)"},
    {"EigenLayerPausable", "event Unpaused(address indexed account, uint256 newPausedStatus)"},
    {"DelegationManager", "event DelegationApproverUpdated(address indexed operator, address newDelegationApprover)"},
    {"DelegationManager", "event DepositScalingFactorUpdated(address staker, address strategy, "
                          "uint256 newDepositScalingFactor)"},
    {"DelegationManager", "event OperatorMetadataURIUpdated(address indexed operator, string metadataURI)"},
    {"DelegationManager", "event OperatorRegistered(address indexed operator, address delegationApprover)"},
    {"DelegationManager", "event OperatorSharesDecreased(address indexed operator, address staker, "
                          "address strategy, uint256 shares)"},
    {"DelegationManager", "event OperatorSharesIncreased(address indexed operator, address staker, "
                          "address strategy, uint256 shares)"},
    {"DelegationManager", "event OperatorSharesSlashed(address indexed operator, address strategy, "
                          "uint256 totalSlashedShares)"},
    {"DelegationManager", "event SlashingWithdrawalCompleted(bytes32 withdrawalRoot)"},
    {"DelegationManager", "event SlashingWithdrawalQueued(bytes32 withdrawalRoot, (address staker, "
                          "address delegatedTo, address withdrawer, uint256 nonce, uint32 startBlock, "
                          "address[] strategies, uint256[] scaledShares) withdrawal, uint256[] sharesToWithdraw)"},
    {"DelegationManager", "event StakerDelegated(address indexed staker, address indexed operator)"},
    {"DelegationManager", "event StakerForceUndelegated(address indexed staker, address indexed operator)"},
    {"DelegationManager", "event StakerUndelegated(address indexed staker, address indexed operator)"},
    {"DelegationManager", "event OperatorRegistered(address indexed operator, (address earningsReceiver, "
                          "address delegationApprover, uint32 stakerOptOutWindowBlocks) operatorDetails)"},
    {"DelegationManager", "event OperatorDetailsModified(address indexed operator, (address earningsReceiver, "
                          "address delegationApprover, uint32 stakerOptOutWindowBlocks) newOperatorDetails)"},
    {"DelegationManager", "event WithdrawalQueued(bytes32 withdrawalRoot, (address staker, address delegatedTo, "
                          "address withdrawer, uint256 nonce, uint32 startBlock, address[] strategies, "
                          "uint256[] shares) withdrawal)"},
    {"DelegationManager", "event WithdrawalCompleted(bytes32 withdrawalRoot)"},
    {"DelegationManager", "event WithdrawalMigrated(bytes32 oldWithdrawalRoot, bytes32 newWithdrawalRoot)"},
    {"DelegationManager", "event MinWithdrawalDelayBlocksSet(uint256 previousValue, uint256 newValue)"},
    {"DelegationManager", "event StrategyWithdrawalDelayBlocksSet(address strategy, uint256 previousValue, "
                          "uint256 newValue)"},
    {"StrategyManager", "event BurnOrRedistributableSharesDecreased((address avs, uint32 id) operatorSet, "
                        "uint256 slashId, address strategy, uint256 shares)"},
    {"StrategyManager", "event BurnOrRedistributableSharesIncreased((address avs, uint32 id) operatorSet, "
                        "uint256 slashId, address strategy, uint256 shares)"},
    {"StrategyManager", "event BurnableSharesDecreased(address strategy, uint256 shares)"},
    {"StrategyManager", "event Deposit(address staker, address strategy, uint256 shares)"},
    {"StrategyManager", "event StrategyAddedToDepositWhitelist(address strategy)"},
    {"StrategyManager", "event StrategyRemovedFromDepositWhitelist(address strategy)"},
    {"StrategyManager", "event StrategyWhitelisterChanged(address previousAddress, address newAddress)"},
    {"StrategyManager", "event Deposit(address staker, address token, address strategy, uint256 shares)"},
    {"StrategyManager", "event ShareWithdrawalQueued(address depositor, uint96 nonce, address strategy, "
                        "uint256 shares)"},
    {"StrategyManager", "event BurnableSharesIncreased(address strategy, uint256 shares)"},
    {"StrategyManager", "event UpdatedThirdPartyTransfersForbidden(address strategy, bool value)"},
    {"AllocationManager", "event AVSMetadataURIUpdated(address indexed avs, string metadataURI)"},
    {"AllocationManager", "event AVSRegistrarSet(address avs, address registrar)"},
    {"AllocationManager", "event AllocationDelaySet(address operator, uint32 delay, uint32 effectBlock)"},
    {"AllocationManager", "event AllocationUpdated(address operator, (address avs, uint32 id) operatorSet, "
                          "address strategy, uint64 magnitude, uint32 effectBlock)"},
    {"AllocationManager", "event EncumberedMagnitudeUpdated(address operator, address strategy, "
                          "uint64 encumberedMagnitude)"},
    {"AllocationManager", "event MaxMagnitudeUpdated(address operator, address strategy, uint64 maxMagnitude)"},
    {"AllocationManager", "event OperatorAddedToOperatorSet(address indexed operator, (address avs, "
                          "uint32 id) operatorSet)"},
    {"AllocationManager", "event OperatorRemovedFromOperatorSet(address indexed operator, (address avs, "
                          "uint32 id) operatorSet)"},
    {"AllocationManager", "event OperatorSetCreated((address avs, uint32 id) operatorSet)"},
    {"AllocationManager", "event OperatorSlashed(address operator, (address avs, uint32 id) operatorSet, "
                          "address[] strategies, uint256[] wadSlashed, string description)"},
    {"AllocationManager", "event RedistributionAddressSet((address avs, uint32 id) operatorSet, "
                          "address redistributionRecipient)"},
    {"AllocationManager", "event SlasherMigrated((address avs, uint32 id) operatorSet, address slasher)"},
    {"AllocationManager", "event SlasherUpdated((address avs, uint32 id) operatorSet, address slasher, "
                          "uint32 effectBlock)"},
    {"AllocationManager", "event StrategyAddedToOperatorSet((address avs, uint32 id) operatorSet, address strategy)"},
    {"AllocationManager", "event StrategyRemovedFromOperatorSet((address avs, uint32 id) operatorSet, "
                          "address strategy)"},
    {"AVSDirectory", "event AVSMetadataURIUpdated(address indexed avs, string metadataURI)"},
    {"AVSDirectory", "event OperatorAVSRegistrationStatusUpdated(address indexed operator, address indexed avs, "
                     "uint8 status)"},
    {"RewardsCoordinator", "event AVSRewardsSubmissionCreated(address indexed avs, uint256 indexed submissionNonce, "
                           "bytes32 indexed rewardsSubmissionHash, ((address strategy, "
                           "uint96 multiplier)[] strategiesAndMultipliers, address token, uint256 amount, "
                           "uint32 startTimestamp, uint32 duration) rewardsSubmission)"},
    {"RewardsCoordinator", "event ActivationDelaySet(uint32 oldActivationDelay, uint32 newActivationDelay)"},
    {"RewardsCoordinator", "event ClaimerForSet(address indexed earner, address indexed oldClaimer, "
                           "address indexed claimer)"},
    {"RewardsCoordinator", "event DefaultOperatorSplitBipsSet(uint16 oldDefaultOperatorSplitBips, "
                           "uint16 newDefaultOperatorSplitBips)"},
    {"RewardsCoordinator", "event DistributionRootDisabled(uint32 indexed rootIndex)"},
    {"RewardsCoordinator", "event DistributionRootSubmitted(uint32 indexed rootIndex, bytes32 indexed root, "
                           "uint32 indexed rewardsCalculationEndTimestamp, uint32 activatedAt)"},
    {"RewardsCoordinator", "event FeeRecipientSet(address indexed oldFeeRecipient, address indexed newFeeRecipient)"},
    {"RewardsCoordinator", "event OperatorAVSSplitBipsSet(address indexed caller, address indexed operator, "
                           "address indexed avs, uint32 activatedAt, uint16 oldOperatorAVSSplitBips, "
                           "uint16 newOperatorAVSSplitBips)"},
    {"RewardsCoordinator", "event OperatorDirectedAVSRewardsSubmissionCreated(address indexed caller, "
                           "address indexed avs, bytes32 indexed operatorDirectedRewardsSubmissionHash, "
                           "uint256 submissionNonce, ((address strategy, "
                           "uint96 multiplier)[] strategiesAndMultipliers, address token, (address operator, "
                           "uint256 amount)[] operatorRewards, uint32 startTimestamp, uint32 duration, "
                           "string description) operatorDirectedRewardsSubmission)"},
    {"RewardsCoordinator", "event OperatorDirectedOperatorSetRewardsSubmissionCreated(address indexed caller, "
                           "bytes32 indexed operatorDirectedRewardsSubmissionHash, (address avs, "
                           "uint32 id) operatorSet, uint256 submissionNonce, ((address strategy, "
                           "uint96 multiplier)[] strategiesAndMultipliers, address token, (address operator, "
                           "uint256 amount)[] operatorRewards, uint32 startTimestamp, uint32 duration, "
                           "string description) operatorDirectedRewardsSubmission)"},
    {"RewardsCoordinator", "event OperatorPISplitBipsSet(address indexed caller, address indexed operator, "
                           "uint32 activatedAt, uint16 oldOperatorPISplitBips, uint16 newOperatorPISplitBips)"},
    {"RewardsCoordinator", "event OperatorSetSplitBipsSet(address indexed caller, address indexed operator, "
                           "(address avs, uint32 id) operatorSet, uint32 activatedAt, "
                           "uint16 oldOperatorSetSplitBips, uint16 newOperatorSetSplitBips)"},
    {"RewardsCoordinator", "event OptInForProtocolFeeSet(address indexed submitter, bool indexed oldValue, "
                           "bool indexed newValue)"},
    {"RewardsCoordinator", "event RewardsClaimed(bytes32 root, address indexed earner, address indexed claimer, "
                           "address indexed recipient, address token, uint256 claimedAmount)"},
    {"RewardsCoordinator", "event RewardsForAllSubmitterSet(address indexed rewardsForAllSubmitter, "
                           "bool indexed oldValue, bool indexed newValue)"},
    {"RewardsCoordinator", "event RewardsSubmissionForAllCreated(address indexed submitter, "
                           "uint256 indexed submissionNonce, bytes32 indexed rewardsSubmissionHash, "
                           "((address strategy, uint96 multiplier)[] strategiesAndMultipliers, address token, "
                           "uint256 amount, uint32 startTimestamp, uint32 duration) rewardsSubmission)"},
    {"RewardsCoordinator", "event RewardsSubmissionForAllEarnersCreated(address indexed tokenHopper, "
                           "uint256 indexed submissionNonce, bytes32 indexed rewardsSubmissionHash, "
                           "((address strategy, uint96 multiplier)[] strategiesAndMultipliers, address token, "
                           "uint256 amount, uint32 startTimestamp, uint32 duration) rewardsSubmission)"},
    {"RewardsCoordinator", "event RewardsUpdaterSet(address indexed oldRewardsUpdater, "
                           "address indexed newRewardsUpdater)"},
    {"RewardsCoordinator", "event TotalStakeRewardsSubmissionCreated(address indexed caller, "
                           "bytes32 indexed rewardsSubmissionHash, (address avs, uint32 id) operatorSet, "
                           "uint256 submissionNonce, ((address strategy, "
                           "uint96 multiplier)[] strategiesAndMultipliers, address token, uint256 amount, "
                           "uint32 startTimestamp, uint32 duration) rewardsSubmission)"},
    {"RewardsCoordinator", "event UniqueStakeRewardsSubmissionCreated(address indexed caller, "
                           "bytes32 indexed rewardsSubmissionHash, (address avs, uint32 id) operatorSet, "
                           "uint256 submissionNonce, ((address strategy, "
                           "uint96 multiplier)[] strategiesAndMultipliers, address token, uint256 amount, "
                           "uint32 startTimestamp, uint32 duration) rewardsSubmission)"},
    {"RewardsCoordinator", "event GlobalCommissionBipsSet(uint16 oldGlobalCommissionBips, "
                           "uint16 newGlobalCommissionBips)"},
    {"PermissionController", "event AdminRemoved(address indexed account, address admin)"},
    {"PermissionController", "event AdminSet(address indexed account, address admin)"},
    {"PermissionController", "event AppointeeRemoved(address indexed account, address indexed appointee, "
                             "address target, bytes4 selector)"},
    {"PermissionController", "event AppointeeSet(address indexed account, address indexed appointee, "
                             "address target, bytes4 selector)"},
    {"PermissionController", "event PendingAdminAdded(address indexed account, address admin)"},
    {"PermissionController", "event PendingAdminRemoved(address indexed account, address admin)"},
    {"StrategyFactory", "event DurationVaultDeployed(address indexed vault, address indexed underlyingToken, "
                        "address indexed vaultAdmin, uint32 duration, uint256 maxPerDeposit, uint256 stakeCap, "
                        "string metadataURI, address operatorSetAVS, uint32 operatorSetId)"},
    {"StrategyFactory", "event StrategySetForToken(address token, address strategy)"},
    {"StrategyFactory", "event TokenBlacklisted(address token)"},
    {"StrategyFactory", "event StrategyBeaconModified(address previousBeacon, address newBeacon)"},
    {"EigenPodManager", "event BeaconChainETHDeposited(address indexed podOwner, uint256 amount)"},
    {"EigenPodManager", "event BeaconChainETHWithdrawalCompleted(address indexed podOwner, uint256 shares, "
                        "uint96 nonce, address delegatedAddress, address withdrawer, bytes32 withdrawalRoot)"},
    {"EigenPodManager", "event BeaconChainSlashingFactorDecreased(address staker, "
                        "uint64 prevBeaconChainSlashingFactor, uint64 newBeaconChainSlashingFactor)"},
    {"EigenPodManager", "event BurnableETHSharesIncreased(uint256 shares)"},
    {"EigenPodManager", "event NewTotalShares(address indexed podOwner, int256 newTotalShares)"},
    {"EigenPodManager", "event PectraForkTimestampSet(uint64 newPectraForkTimestamp)"},
    {"EigenPodManager", "event PodDeployed(address indexed eigenPod, address indexed podOwner)"},
    {"EigenPodManager", "event PodSharesUpdated(address indexed podOwner, int256 sharesDelta)"},
    {"EigenPodManager", "event ProofTimestampSetterSet(address newProofTimestampSetter)"},
    {"Strategy", "event ExchangeRateEmitted(uint256 rate)"},
    {"Strategy", "event StrategyTokenSet(address token, uint8 decimals)"},
    /* AltLayer: MACH on EigenLayer's middleware, and the staking contract of ALT. */
    {"ServiceManagerBase", "event RewardsInitiatorUpdated(address prevRewardsInitiator, address newRewardsInitiator)"},
    {"BLSSignatureChecker", "event StaleStakesForbiddenUpdate(bool value)"},
    {"MachServiceManager", "event OperatorAdded(address indexed operator)"},
    {"MachServiceManager", "event OperatorRemoved(address indexed operator)"},
    {"MachServiceManager", "event AlertConfirmerChanged(address previousAddress, address newAddress)"},
    {"MachServiceManager", "event WhitelisterChanged(address previousAddress, address newAddress)"},
    {"MachServiceManager", "event QuorumThresholdPercentageChanged(uint8 thresholdPercentages)"},
    {"MachServiceManager", "event OperatorAllowed(address operator)"},
    {"MachServiceManager", "event OperatorDisallowed(address operator)"},
    {"MachServiceManager", "event AllowlistEnabled()"},
    {"MachServiceManager", "event AllowlistDisabled()"},
    {"MachServiceManager", "event RollupChainIDUpdated(uint256 rollupChainId, bool status)"},
    {"MachServiceManager", "event AlertConfirmed(bytes32 indexed alertHeaderHash, bytes32 messageHash)"},
    {"MachServiceManager", "event AlertRemoved(bytes32 messageHash, address sender)"},
    {"MachOptimismZkServiceManager", "event AlertBlockMismatch(bytes32 invalidOutputRoot, bytes32 expectOutputRoot, "
                                     "uint256 indexed l2BlockNumber)"},
    {"MachOptimismZkServiceManager", "event AlertBlockOutputOracleMismatch(uint256 indexed invalidOutputIndex, "
                                     "bytes32 invalidOutputRoot, bytes32 expectOutputRoot, "
                                     "uint256 indexed l2BlockNumber)"},
    {"MachOptimismZkServiceManager", "event SubmittedBlockProve(uint256 indexed invalidOutputIndex, "
                                     "bytes32 OutputRoot, uint256 indexed l2BlockNumber)"},
    {"MachOptimismZkServiceManager", "event AlertDelete(uint256 indexed invalidOutputIndex, "
                                     "bytes32 expectOutputRoot, bytes32 OutputRoot, uint256 indexed l2BlockNumber, "
                                     "address indexed submitter)"},
    {"MachOptimismZkServiceManager", "event AlertReset(uint256 indexed invalidOutputIndex, "
                                     "bytes32 invalidOutputRoot, bytes32 expectOutputRoot, "
                                     "uint256 indexed l2BlockNumber, address fromSubmitter, "
                                     "address indexed toSubmitter)"},
    {"MachServiceManagerRegistry", "event ServiceManagerRegistered(uint256 indexed rollupChainId, "
                                   "address serviceManager, address sender)"},
    {"MachServiceManagerRegistry", "event ServiceManagerDeregistered(uint256 indexed rollupChainId, "
                                   "address serviceManager, address sender)"},
    {"AltLayerStakedMultiToken", "event OperatorRegistered(address operator)"},
    {"AltLayerStakedMultiToken", "event Stake(address indexed from, address indexed onBehalfOf, address operator, "
                                 "uint256 assets)"},
    {"AltLayerStakedMultiToken", "event Unstake(address indexed from, address indexed to, address operator, "
                                 "uint256 assets)"},
    {"AltLayerStakedMultiToken", "event CooldownToUnstake(address indexed user, address indexed operator, "
                                 "uint256 amount)"},
    {"AltLayerStakedMultiToken", "event RewardsAccrued(address user, address operator, uint256 amount)"},
    {"AltLayerStakedMultiToken", "event RewardsClaimed(address indexed from, address indexed to, address operator, "
                                 "uint256 amount)"},
    {"AltLayerStakedMultiToken", "event CollectFee(uint16 distributionId, address operator, uint256 protocolFee, "
                                 "uint256 operatorFee, uint256 userRewards)"},
    {"AltLayerStakedMultiToken", "event CooldownToUpdateProtocolFee(uint16 feeBPS, uint40 cooldownEndTimestamp)"},
    {"AltLayerStakedMultiToken", "event CooldownToUpdateOperatorFee(address operator, uint16 feeBPS, "
                                 "uint40 cooldownEndTimestamp)"},
    {"AltLayerStakedMultiToken", "event SetOperatorFeeBPS(address operator, uint16 feeBPS)"},
    {"AltLayerStakedMultiToken", "event SetProtocolFeeBPS(uint16 feeBPS)"},
    {"AltLayerStakedMultiToken", "event SetMinVotingStake(uint256 minVotingStake)"},
    {"AltLayerStakedMultiToken", "event SetCooldownSecForUnstaking(uint40 cooldownSeconds)"},
    {"AltLayerStakedMultiToken", "event SetCooldownSecForOperatorFee(uint40 cooldownSeconds)"},
    {"AltLayerStakedMultiToken", "event SetCooldownSecForProtocolFee(uint40 cooldownSeconds)"},
    {"AltLayerStakedMultiToken", "event DistributionIndexUpdated(uint256 indexed distributionID, uint256 index)"},
    {"AltLayerStakedMultiToken", "event UserIndexUpdated(uint256 indexed distributionID, address indexed user, "
                                 "address indexed operator, uint256 index)"},
    {"AltLayerStakedMultiToken", "event OperatorAdded(address operator, address owner)"},
    {"AltLayerStakedMultiToken", "event Frozen(address operator, address owner)"},
    {"AltLayerStakedMultiToken", "event AlertVoted(bytes32 messageHash, address operator, uint128 voteCount, "
                                 "bool isActive)"},
    {"AltLayerStakedMultiToken", "event AlertRemoved(bytes32 messageHash, address admin)"},
    {"AltLayerStakedMultiToken", "event NodeKeyRegistered(address nodeKey, address operator)"},
    {"AltLayerStakedMultiToken", "event NodeKeyAuthenticated(address nodeKey, address operator)"},
    {"AltLayerStakedMultiToken", "event NodeKeyRemoved(address nodeKey, address operator)"},
    {"AltLayerStakedMultiToken", "event ExpiryDurationUpdated(uint16 duration, address admin)"},
    {"AltLayerStakedMultiToken", "event Initialized(uint64 version)"},
    {"AltLayerStakedMultiToken", "event OwnershipTransferStarted(address indexed previousOwner, "
                                 "address indexed newOwner)"},
    {"AltLayerStakedMultiToken", "event URIUpdated(string)"},
    {"AltLayerStakedMultiTokenV0", "event Stake(address indexed from, address indexed onBehalfOf, uint256 id, "
                                   "uint256 assets, uint256 shares)"},
    {"AltLayerStakedMultiTokenV0", "event Redeem(address indexed from, address indexed to, uint256 id, "
                                   "uint256 assets, uint256 shares)"},
    {"AltLayerStakedMultiTokenV0", "event Cooldown(address indexed user, uint256 indexed id, uint256 amount)"},
    {"AltLayerStakedMultiTokenV0", "event SetExchangeRate(uint256 id, uint216 exchangeRate)"},
    {"AltLayerStakedMultiTokenV0", "event Slash(uint256 id, address indexed beneficiary, uint256 amount)"},
    {"AltLayerStakedMultiTokenV0", "event ReturnFunds(uint256 id, uint256 amount)"},
    {"AltLayerStakedMultiTokenV0", "event SettleSlashing(uint256 id)"},
    /* Gnosis DelegateRegistry, which Snapshot reads. */
    {"DelegateRegistry", "event SetDelegate(address indexed delegator, bytes32 indexed id, "
                         "address indexed delegate)"},
    {"DelegateRegistry", "event ClearDelegate(address indexed delegator, bytes32 indexed id, "
                         "address indexed delegate)"},
    /* OpenZeppelin 4 and 5: every upgradeable contract says once per version that it is set up. */
    {"Initializable", "event Initialized(uint8 version)"},
    {"Initializable", "event Initialized(uint64 version)"},
};
const size_t abi_n_rows = sizeof abi_rows / sizeof abi_rows[0];

/* All contracts of the pinned kinds may stand behind an ERC-1967 proxy, whose events carry the contract's address. */
#define PROXY      "ERC1967Proxy", "Initializable"
#define TOKEN      "ERC20", "ERC20Pausable", "Ownable", "EIP5267"
#define EIGENLAYER "EigenLayerPausable", "Ownable", PROXY

const char *const abi_groups[KIND_COUNT][ABI_GROUPS_MAX] = {
    [KIND_ERC20] = {TOKEN, PROXY},
    [KIND_ERC20VOTES] = {TOKEN, "ERC20Votes", PROXY},
    [KIND_ERC4626] = {TOKEN, "ERC4626", PROXY},
    [KIND_ERC1155] = {"ERC1155", "Ownable", "ERC20Pausable", PROXY},
    [KIND_GOVERNOR] = {"Governor", "GovernorSettings", "GovernorVotesQuorumFraction", "GovernorTimelockControl",
                       "GovernorPreventLateQuorum", "GovernorProposalGuardian", "GovernorCountingOverridable",
                       "GovernorVotesSuperQuorumFraction", "EIP5267", PROXY},
    [KIND_TIMELOCK] = {"TimelockController", PROXY},
    /* The contract is upgradeable, and an earlier version had other forms of the same events. */
    [KIND_ALT_STAKING] = {"AltLayerStakedMultiToken", "AltLayerStakedMultiTokenV0", "ERC1155", "Ownable",
                          "ERC20Pausable", PROXY},
    [KIND_MACH_SERVICE_MANAGER] = {"MachServiceManager", "MachOptimismZkServiceManager", "ServiceManagerBase",
                                   "BLSSignatureChecker", EIGENLAYER},
    [KIND_MACH_REGISTRY] = {"MachServiceManagerRegistry", "Ownable", PROXY},
    [KIND_FEE_COLLECTOR] = {NULL}, /* an address that is paid; its logs, if it has any, are kept raw */
    [KIND_DELEGATE_REGISTRY] = {"DelegateRegistry"},
    [KIND_DELEGATION_MANAGER] = {"DelegationManager", EIGENLAYER},
    [KIND_STRATEGY_MANAGER] = {"StrategyManager", EIGENLAYER},
    [KIND_ALLOCATION_MANAGER] = {"AllocationManager", EIGENLAYER},
    [KIND_REWARDS_COORDINATOR] = {"RewardsCoordinator", EIGENLAYER},
    [KIND_AVS_DIRECTORY] = {"AVSDirectory", EIGENLAYER},
    [KIND_PERMISSION_CONTROLLER] = {"PermissionController", EIGENLAYER},
    [KIND_STRATEGY] = {"Strategy", EIGENLAYER},
    [KIND_STRATEGY_FACTORY] = {"StrategyFactory", EIGENLAYER},
    [KIND_EIGEN_POD_MANAGER] = {"EigenPodManager", EIGENLAYER},
};
