// tests/contracts/DelegateRegistry.sol - a registry of delegates: the events, views and refusals of Gnosis' DelegateRegistry.
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

contract DelegateRegistry {
    mapping(address delegator => mapping(bytes32 id => address)) public delegation;

    event SetDelegate(address indexed delegator, bytes32 indexed id, address indexed delegate);
    event ClearDelegate(address indexed delegator, bytes32 indexed id, address indexed delegate);

    error NobodyElse(address delegate);
    error Unchanged(address delegate);

    function setDelegate(bytes32 id, address delegate) external {
        if (delegate == address(0) || delegate == msg.sender) revert NobodyElse(delegate);
        address before = delegation[msg.sender][id];
        if (delegate == before) revert Unchanged(delegate);
        delegation[msg.sender][id] = delegate;
        if (before != address(0)) emit ClearDelegate(msg.sender, id, before);
        emit SetDelegate(msg.sender, id, delegate);
    }

    function clearDelegate(bytes32 id) external {
        address before = delegation[msg.sender][id];
        if (before == address(0)) revert Unchanged(before);
        delete delegation[msg.sender][id];
        emit ClearDelegate(msg.sender, id, before);
    }
}
