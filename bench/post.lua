-- For wrk: sends the requests that the folder REQUESTS holds, and prints what became of them as JSON.
local requests = {}
for path in io.popen("ls " .. os.getenv("REQUESTS") .. "/request-*"):lines() do
  local file = assert(io.open(path, "rb"))
  requests[#requests + 1] = file:read("*a")
  file:close()
end

local turn = 0
function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"answered": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50_ms": %.4f, "p99_ms": %.4f}',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
