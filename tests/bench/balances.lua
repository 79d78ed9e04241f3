-- tests/bench/balances.lua - for wrk: an account at a block, both at random, so that hardly any answer comes from a cache.
--
-- wrk -s balances.lua URL -- ADDRESSES_FILE FIRST_BLOCK LAST_BLOCK
local addresses, first, last = {}, 0, 0

function init(args)
    for line in io.lines(args[1]) do addresses[#addresses + 1] = line end
    first, last = tonumber(args[2]), tonumber(args[3])
    math.randomseed(os.time())
end

function request()
    return wrk.format("GET", "/v1/accounts/" .. addresses[math.random(#addresses)] .. "?at=" .. math.random(first, last))
end
