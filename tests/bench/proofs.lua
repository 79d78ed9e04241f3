-- tests/bench/proofs.lua - for wrk: the proof of an earner at random, so that hardly any answer comes from the cache of answers.
--
-- wrk -s proofs.lua URL -- EARNERS_FILE
local earners = {}

function init(args)
    for line in io.lines(args[1]) do earners[#earners + 1] = line end
    math.randomseed(os.time())
end

function request()
    return wrk.format("GET", "/v1/rewards/proof?earner=" .. earners[math.random(#earners)])
end
