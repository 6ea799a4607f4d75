-- For wrk: each connection sends the next of the headers after a pause, drawn from an exponential
-- distribution. Arguments: the file of headers, the pause's mean in milliseconds. Prints a line of
-- JSON: latencies are in microseconds.
local requests, turn, mean = {}, 0, 0

function init(args)
  for line in io.lines(args[1]) do
    local name, value = line:match("^([^:]+): (.*)$")
    requests[#requests + 1] = wrk.format("GET", nil, { [name] = value })
  end
  mean = tonumber(args[2])
  math.randomseed(#requests)
end

function delay()
  return math.floor(-mean * math.log(1 - math.random()) + 0.5)
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "seconds": %f, "refused": %d, "broken": %d, "p50": %f, "p99": %f}',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)
  ))
end
