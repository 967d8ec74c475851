-- What each of wrk's connections sends, and whether the answers are right: see load.py, which starts it.
--
-- wrk runs a thread a connection here, each with this script to itself. So `outstanding` is the one picture that this connection waits for, and
-- an answer that belongs to another shows. A line of the log: start and end on the monotonic clock in seconds, the status, what the answer is.

local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds; long nanoseconds; } instant; int clock_gettime(int clock, instant *now);")
local MONOTONIC = 1
local now_is = ffi.new("instant")

local function now()
    ffi.C.clock_gettime(MONOTONIC, now_is)
    return tonumber(now_is.seconds) + tonumber(now_is.nanoseconds) / 1e9
end

-- wrk watches only descriptors below ten and three a connection: one that is left open takes a connection's place.
local function content(path)
    local file = assert(io.open(path, "rb"))
    local found = file:read("*a")
    file:close()
    return found
end

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

-- arguments: the folder with pictures.txt and the requests that it names, the log, how far a confidence may be off.
function init(arguments)
    local folder = arguments[1]
    log = assert(io.open(arguments[2], "a"))
    log:setvbuf("line")
    tolerance = tonumber(arguments[3])
    pictures = {}
    for file, genre, confidence in content(folder .. "/pictures.txt"):gmatch("(%S+) (%S+) (%S+)\n") do
        pictures[#pictures + 1] = { request = content(folder .. "/" .. file), genre = genre, confidence = tonumber(confidence) }
    end
    turn = number
    -- Before it begins wrk asks its first thread for a request that it never sends.
    rehearsal = number == 0
end

local function write(status, what)
    log:write(string.format("%.6f %.6f %d %s\n", began, now(), status, what))
end

function request()
    if outstanding and not rehearsal then
        write(0, "lost")
    elseif outstanding then
        rehearsal = false
    end
    turn = turn + 1
    outstanding = pictures[turn % #pictures + 1]
    began = now()
    return outstanding.request
end

function response(status, headers, body)
    rehearsal = false
    local what = "error"
    if status == 200 then
        local genre = body:match('"image_types_prediction": *"([^"]*)"')
        local confidence = tonumber(body:match('"confidence": *([%d.e+-]+)'))
        local right = genre == outstanding.genre and confidence and math.abs(confidence - outstanding.confidence) <= tolerance
        what = right and "correct" or "wrong"
    elseif headers["Retry-After"] or headers["retry-after"] then
        what = "later"
    end
    write(status, what)
    outstanding = nil
end
