-- Sends the lines of a file as bodies, in turn; writes what wrk counted as JSON to standard error.
local pause = tonumber(os.getenv("WRK_PAUSE_MS") or "0")
local bodies, requests, turn = {}, {}, 0

for line in io.lines(os.getenv("WRK_BODIES")) do
  bodies[#bodies + 1] = line
end
wrk.method = "POST"
wrk.body = bodies[1]
wrk.headers["Content-Type"] = "application/json"

if #bodies > 1 then
  function init()
    for index, body in ipairs(bodies) do
      requests[index] = wrk.format(nil, nil, nil, body)
    end
  end

  function request()
    turn = turn % #requests + 1
    return requests[turn]
  end
end

if pause > 0 then
  -- Evenly spread pauses: arrivals that do not come in step.
  function delay()
    return math.random(0, 2 * pause)
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.stderr:write(string.format(
    '{"requests":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"max_ms":%f,"refused":%d,"broken":%d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
