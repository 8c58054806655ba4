-- SPDX-License-Identifier: Apache-2.0
-- Credit analyses for wrk, one person after the other.
-- usage: wrk -t1 -s analyses.lua URL -- PEOPLE_FILE FIRST COUNT ONCE
--   PEOPLE_FILE  in each line: id, token
--   FIRST COUNT  the people to take, in the order of the file
--   ONCE         1: each person once, then wrk is ended; 0: round and round
local here = debug.getinfo(1, "S").source:match("@(.*/)")
dofile(here .. "report.lua")
local ffi = require("ffi")
ffi.cdef "int getpid(void); int kill(int pid, int signal);"

local requests, once
local sent = 0

function init(arguments)
    local first, count = tonumber(arguments[2]), tonumber(arguments[3])
    local place = 0
    requests, once = {}, arguments[4] == "1"
    for line in io.lines(arguments[1]) do
        local person, token = line:match("(%S+) (%S+)")
        if place >= first and place < first + count then
            requests[#requests + 1] = "POST /v1/users/" .. person ..
                "/credit-analysis HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " ..
                token .. "\r\nContent-Length: 0\r\n\r\n"
        end
        place = place + 1
    end
end

function request()
    sent = sent + 1
    if once and sent > #requests then
        -- What is under way is not counted. wrk itself would sleep until its time is over.
        wrk.thread:stop()
        ffi.C.kill(ffi.C.getpid(), 2)
    end
    return requests[(sent - 1) % #requests + 1]
end
