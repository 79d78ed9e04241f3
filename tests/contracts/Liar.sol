// tests/contracts/Liar.sol - a hostile contract: it emits whatever logs it is told to, and holds nothing.
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract Liar {
    function say(bytes32[] calldata topics, bytes memory data) external {
        uint256 n = topics.length;
        bytes32[4] memory t;
        for (uint256 i = 0; i < n; i++) t[i] = topics[i];
        assembly {
            let p := add(data, 32)
            let size := mload(data)
            switch n
            case 0 { log0(p, size) }
            case 1 { log1(p, size, mload(t)) }
            case 2 { log2(p, size, mload(t), mload(add(t, 32))) }
            case 3 { log3(p, size, mload(t), mload(add(t, 32)), mload(add(t, 64))) }
            default { log4(p, size, mload(t), mload(add(t, 32)), mload(add(t, 64)), mload(add(t, 96))) }
        }
    }
}
