// tests/contracts/Probe.sol - many of the contracts' own answers in one call, all of one block.
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Token, Plain} from "./Token.sol";
import {Vault} from "./Vault.sol";
import {Multi} from "./Multi.sol";

contract Probe {
    struct Person {
        uint256 token;
        uint256 votes;
        address delegate;
        uint256 shares;
        uint256 plain;
        uint256[] multi;
    }

    struct Totals {
        uint256 token;
        uint256 shares;
        uint256 assets;
        uint256 rate;
        uint256 plain;
        uint256[] multi;
    }

    Token immutable token;
    Vault immutable vault;
    Plain immutable plain;
    Multi immutable multi;

    constructor(Token token_, Vault vault_, Plain plain_, Multi multi_) {
        token = token_;
        vault = vault_;
        plain = plain_;
        multi = multi_;
    }

    function ask(address[] calldata people, uint256[] calldata ids)
        external
        view
        returns (Person[] memory each, Totals memory totals)
    {
        each = new Person[](people.length);
        for (uint256 i = 0; i < people.length; i++) {
            address who = people[i];
            each[i] = Person(token.balanceOf(who), token.getVotes(who), token.delegates(who), vault.balanceOf(who),
                plain.balanceOf(who), new uint256[](ids.length));
            for (uint256 k = 0; k < ids.length; k++) each[i].multi[k] = multi.balanceOf(who, ids[k]);
        }
        totals = Totals(token.totalSupply(), vault.totalSupply(), vault.totalAssets(), vault.convertToAssets(1e18),
            plain.totalSupply(), new uint256[](ids.length));
        for (uint256 k = 0; k < ids.length; k++) totals.multi[k] = multi.totalSupply(ids[k]);
    }
}
