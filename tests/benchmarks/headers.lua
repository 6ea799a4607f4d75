-- For wrk: one request after the other carries the next of the headers, again and again.
local requests, turn = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local name, value = line:match("^([^:]+): (.*)$")
    requests[#requests + 1] = wrk.format("GET", nil, { [name] = value })
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end
