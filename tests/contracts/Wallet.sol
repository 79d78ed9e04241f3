// tests/contracts/Wallet.sol - contract wallets (ERC-1271): one with an owner, and such as refuse, revert or answer nonsense.
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

contract Signatory is IERC1271 {
    address public owner;

    constructor(address first) {
        owner = first;
    }

    function give(address next) external {
        require(msg.sender == owner);
        owner = next;
    }

    /// Magic value: bytes4(keccak256("isValidSignature(bytes32,bytes)")).
    function isValidSignature(bytes32 hash, bytes calldata signature) external view virtual returns (bytes4) {
        (address signer, ECDSA.RecoverError error,) = ECDSA.tryRecover(hash, signature);
        return error == ECDSA.RecoverError.NoError && signer == owner ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// Takes its owner's word in any form: what it is given need not look like a signature.
contract Club is IERC1271 {
    mapping(bytes32 => bool) public approved;

    function approve(bytes32 hash) external {
        approved[hash] = true;
    }

    function isValidSignature(bytes32 hash, bytes calldata) external view returns (bytes4) {
        return approved[hash] ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

contract Refusing is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0xffffffff;
    }
}

contract Reverting is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        revert("not today");
    }
}

/// Returns what is told: too short, too long, or with dirt after the magic value.
contract Babbling {
    bytes private answer;

    constructor(bytes memory said) {
        answer = said;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return answer;
    }
}
