// The last hour on one time axis: engines, sessions, and marks for what changed.

const HOUR = 3600000;
const WIDE = 360;

// The x of a time, 0 an hour ago and WIDE now.
const xOf = (time, end) => WIDE * (1 - (end - Date.parse(time)) / HOUR);

function shape(className, tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  node.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

// A step line, with a gap where there are no samples.
function linePath(samples, value, most, stepSeconds, end) {
  let path = "";
  let before = -Infinity;
  let level = 0;
  for (const sample of samples) {
    const time = Date.parse(sample.time);
    const x = xOf(sample.time, end);
    const y = 36 - 32 * value(sample) / most;
    if (x >= 0) {
      const joined = time - before <= 6000 * stepSeconds;
      path += joined ? `L${x.toFixed(1)} ${level}L${x.toFixed(1)} ${y.toFixed(1)}`
        : `M${x.toFixed(1)} ${y.toFixed(1)}`;
    }
    level = y.toFixed(1);
    before = x >= 0 ? time : -Infinity;
  }
  return path;
}

// The quarter hours of the last hour, as this machine's clock has them.
function quarters(end) {
  const step = HOUR / 4;
  const last = Math.floor(end / step) * step;
  return [0, 1, 2, 3].map((back) => last - back * step);
}

function lane(id, caption, now, label, shapes, end) {
  const chart = shape("", "svg", { viewBox: `0 0 ${WIDE} 40`, preserveAspectRatio: "none",
    role: "img", "aria-label": label, id });
  for (const time of quarters(end)) {
    const x = WIDE * (1 - (end - time) / HOUR);
    chart.append(shape("tick", "path", { d: `M${x} 0V40` }));
  }
  chart.append(...shapes);
  return element("figure", "", element("figcaption", "", `${caption} `, element("b", "", now)),
    chart);
}

function marks(samples, count, className, end) {
  return samples.filter((one) => one[count] > 0 && xOf(one.time, end) >= 0).map((one) =>
    shape(className, "path", { d: `M${xOf(one.time, end).toFixed(1)} 4V36` }));
}

function showHistory({ intervalSeconds, samples }) {
  const last = samples.at(-1);
  if (!last) return;
  const end = Date.now() + clockLead;
  const path = (value, most) => linePath(samples, value, most, intervalSeconds, end);
  const largest = (value) => Math.max(1, ...samples.map(value));
  const sum = (name) => samples.reduce((all, one) => all + (one[name] || 0), 0);
  const most = largest((one) => Math.max(one.ready, one.wanted));
  const ready = `${last.ready} of ${last.wanted}`;
  const lanes = [lane("ready-chart", "engines that serve", ready,
    `Engines that serve over the last hour; now ${ready}`,
    [shape("goal", "path", { d: path((one) => one.wanted, most) }),
      shape("line", "path", { d: path((one) => one.ready, most) })], end)];
  if (last.sessions !== undefined) {
    const top = largest((one) => one.sessions || 0);
    lanes.push(lane("sessions-chart", "sessions", `${last.sessions}, highest ${top}`,
      `Sessions over the last hour; now ${last.sessions}`,
      [shape("line", "path", { d: path((one) => one.sessions || 0, top) })], end));
  }
  const changes = [plural(sum("replaced"), "engine") + " replaced",
    plural(sum("portChanges"), "new forwarded port")].join(", ");
  lanes.push(lane("changes-chart", "changes", changes, `In the last hour: ${changes}`,
    [...marks(samples, "replaced", "replaced", end), ...marks(samples, "portChanges", "port", end)],
    end));
  const axis = element("div", "axis", ...quarters(end).map((time) => {
    const text = new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const node = element("span", "", text);
    node.style.left = `${Math.max(6, Math.min(93, 100 * (1 - (end - time) / HOUR)))}%`;
    return node;
  }));
  byId("history").replaceChildren(...lanes, axis);
}
