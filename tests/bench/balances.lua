-- tests/bench/balances.lua - for wrk: an account or operator at a block, both at random, so that hardly any answer comes from a cache.
--
-- wrk -s balances.lua URL -- ADDRESSES_FILE FIRST_BLOCK LAST_BLOCK [PATH]
-- PATH stands before the address: /v1/accounts/ unless it is given.
local addresses, first, last, path = {}, 0, 0, "/v1/accounts/"

function init(args)
    for line in io.lines(args[1]) do addresses[#addresses + 1] = line end
    first, last, path = tonumber(args[2]), tonumber(args[3]), args[4] or path
    math.randomseed(os.time())
end

function request()
    return wrk.format("GET", path .. addresses[math.random(#addresses)] .. "?at=" .. math.random(first, last))
end
