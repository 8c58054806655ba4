-- SPDX-License-Identifier: Apache-2.0
-- Emotion events for wrk, each with an eventId of its own.
-- usage: wrk -s events.lua URL -- PEOPLE_FILE KEY RUN LINES RATE
--   PEOPLE_FILE  a person in each line: the id first
--   RUN          a word that no other run has
--   LINES        1: single events; more: NDJSON batches of so many
--   RATE         requests a second at which to send, spread evenly (needs one thread); 0: all out
local here = debug.getinfo(1, "S").source:match("@(.*/)")
dofile(here .. "report.lua")
local ffi = require("ffi")
ffi.cdef [[
    struct moment { long s; long ns; };
    int clock_gettime(int clock, struct moment *moment);
]]

local threads = 0
function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

local people, head, run, lines, rate
local sent, due = 0, nil
local moment = ffi.new("struct moment")

local function monotonic_ms()
    ffi.C.clock_gettime(1, moment)
    return tonumber(moment.s) * 1000 + tonumber(moment.ns) / 1e6
end

-- Until the next request is due. Each connection asks before it sends.
local function until_due_ms()
    local now = monotonic_ms()
    due = due and due + 1000 / rate or now
    return due > now and math.floor(due - now) or 0
end

function init(arguments)
    people = {}
    for line in io.lines(arguments[1]) do
        people[#people + 1] = line:match("%S+")
    end
    run, lines, rate = arguments[3] .. number, tonumber(arguments[4]), tonumber(arguments[5])
    if rate > 0 then
        delay = until_due_ms -- a global that wrk looks for
    end
    local kind = lines == 1 and "application/json" or "application/x-ndjson"
    head = "POST /v1/emotions/stream HTTP/1.1\r\nHost: localhost\r\nX-Internal-Key: " ..
        arguments[2] .. "\r\nContent-Type: " .. kind .. "\r\nContent-Length: "
end

local function event(now)
    sent = sent + 1
    local person = people[sent * 7919 % #people + 1]
    return string.format(
        '{"userId":"%s","timestamp":"%s","eventId":"%s-%08d","emotionEvent":{"type":"joy",' ..
        '"metrics":{"positivity":0.%03d,"intensity":0.%03d,"stress_level":0.%03d}}}',
        person, now, run, sent, sent % 1000, sent * 3 % 1000, sent * 7 % 1000)
end

function request()
    local now = os.date("!%Y-%m-%dT%H:%M:%SZ")
    if lines == 1 then
        local body = event(now)
        return head .. #body .. "\r\n\r\n" .. body
    end
    local batch = {}
    for i = 1, lines do
        batch[i] = event(now)
    end
    local body = table.concat(batch, "\n")
    return head .. #body .. "\r\n\r\n" .. body
end
