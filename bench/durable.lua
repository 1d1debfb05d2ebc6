-- For wrk: as post.lua, and each request differs from all others: digits of a header field count them.
local requests = {}
for path in io.popen("ls " .. os.getenv("REQUESTS") .. "/request-*"):lines() do
  local file = assert(io.open(path, "rb"))
  local bytes = file:read("*a")
  file:close()
  local first, last = assert(bytes:find("000000000000", 1, true))
  requests[#requests + 1] = {bytes:sub(1, first - 1), bytes:sub(last + 1)}
end

-- No run of one gateway repeats another's numbers.
local number = tonumber(os.getenv("FIRST"))
function request()
  number = number + 1
  local parts = requests[number % #requests + 1]
  return parts[1] .. string.format("%012d", number) .. parts[2]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"answered": %d, "seconds": %.6f, "refused": %d, "broken": %d, "p50_ms": %.4f, "p99_ms": %.4f}',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
