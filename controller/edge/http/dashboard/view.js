// Draws what the controller answered. Data becomes text nodes, never markup.

const byId = (id) => document.getElementById(id);

function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter((child) => child !== null && child !== ""));
  return node;
}

function hostPort({ host, port }) {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function shortSpan(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor(whole / 3600) % 24} h`;
}

// The time since `time`, or until it, updated each second. Once `time` has passed, `over` (if any)
// is shown instead.
function age(time, before = "for ", over = "", after = "") {
  const node = element("time", "");
  node.dateTime = time;
  node.title = new Date(time).toLocaleString();
  Object.assign(node.dataset, { before, over, after });
  tick(node);
  return node;
}

function tick(node) {
  const { before, over, after } = node.dataset;
  const seconds = (Date.now() + clockLead - Date.parse(node.dateTime)) / 1000;
  const text = seconds > 0 && over ? over : before + shortSpan(Math.abs(seconds)) + after;
  if (node.textContent !== text) node.textContent = text;
}

const clockText = (time) =>
  new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

// A message with its times as this machine's clock shows them.
function prose(message) {
  return (message || "").split(/(\d{4}-\d\d-\d\dT[\d:.]+Z)/).map((part, index) => {
    if (index % 2 === 0) return part;
    const node = element("time", "", clockText(part));
    node.dateTime = part;
    node.title = new Date(part).toLocaleString();
    return node;
  });
}

// --- the banner and what needs attention

let chosen = "";  // the engine whose details are shown

const ICON = { good: "%2314713a", warn: "%23b87400", bad: "%23b3261e", plain: "%233c5a80" };

function showCase({ tone, text }, since) {
  byId("banner").className = tone;
  byId("headline").textContent = text;
  byId("since").replaceChildren(since);
  byId("icon").href = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' " +
    `viewBox='0 0 8 8'%3E%3Ccircle cx='4' cy='4' r='4' fill='${ICON[tone]}'/%3E%3C/svg%3E`;
}

function showTroubles(troubles) {
  byId("attention").hidden = troubles.length === 0;
  byId("troubles").replaceChildren(...troubles.map(troubleCard));
}

const toggled = new Map();  // title -> whether the reader opened or closed that card

// The first two are open: on a phone the engines stay in sight.
function troubleCard(one, index) {
  const card = element("details", "",
    element("summary", "", element("span", "mark", one.title), " ",
      one.since ? age(one.since) : "", " ", element("small", "", one.reason || "")),
    element("p", "", ...prose(one.message)),
    ...(one.wait ? waitOf(one.wait) : []),
    one.todo ? element("p", "", element("b", "", "To do: "), one.todo) : "");
  card.open = toggled.get(one.title) ?? (index < 2 && one.tone !== "plain");
  card.firstChild.onclick = () => toggled.set(one.title, !card.open);
  return element("li", one.tone, card);
}

function showPool(state) {
  const { pool, engines } = state;
  const { status } = pool;
  const troubles = troublesOf(state);
  const ready = status.conditions.find((one) => one.type === "Ready");
  const found = sentenceOf(state, troubles);
  showCase(found, ready && pool.generation ? age(ready.lastTransitionTime) : "");
  document.title = `${found.tone === "bad" ? "✕ " : ""}${status.ready}/${status.wanted} ` +
    (pool.name || "roundhouse");
  byId("pool").textContent = pool.name || "roundhouse";
  byId("version").textContent = pool.version ? `roundhouse ${pool.version}` : "";
  document.body.classList.toggle("unseen", status.conditions.some(
    (one) => one.type === "RuntimeReachable" && one.status === "False"));
  showTroubles(troubles);
  showFreeSlots(pool.maxActiveReplicas, engines.filter((engine) => engine.id).length);
}

// --- engines: a tile for each, and the details of the one that is chosen

const GLYPH = { good: "✓", warn: "!", bad: "✕", plain: "…" };

// What ends the wait: a fact, the time at the latest, or a person; and what follows.
function waitOf({ due, awaits, then, remedy }) {
  const fact = awaits ? ["waits until ", ...prose(awaits)] : [];
  const over = awaits ? ", or for the next round" : "waits for the next round";
  const time = due ? age(due, awaits ? ", at most " : "waits ", over) : "";
  const outcome = then ? `, then ${then}` : "";
  const ends = awaits || time;
  const never = remedy && !ends ? element("p", "wait", "nothing happens by itself") : "";
  return [ends ? element("p", "wait", ...fact, time, outcome) : never,
    remedy ? element("p", "", element("b", "", "To do: "), ...prose(remedy)) : ""];
}

function engineTile(engine) {
  const tone = toneOfEngine(engine);
  const name = engine.name || "a new engine";
  const sessions = engine.sessions > 0 ? `▶${engine.sessions}` : "";
  const label = [name, stateOfEngine(engine), engine.forwarded ? "has the forwarded port" : "",
    engine.sessions > 0 ? plural(engine.sessions, "session") : ""].filter(Boolean).join(", ");
  const button = element("button", "",
    element("span", "slot", String(engine.slot ?? "new")), element("span", "mark", GLYPH[tone]),
    element("span", "marks", engine.forwarded ? "⇄" : "",
      engine.draining ? " ⇥" : "", " ", sessions));
  button.type = "button";
  button.title = label;
  button.setAttribute("aria-label", label);
  button.setAttribute("aria-pressed", String(chosen === name));
  button.dataset.name = name;
  button.onclick = () => choose(chosen === name ? "" : name);
  return element("li", tone, button);
}

let latestEngines = [];

function choose(name) {
  chosen = name;
  for (const button of document.querySelectorAll("#engines button")) {
    button.setAttribute("aria-pressed", String(button.dataset.name === name));
  }
  showDetail();
}

function showEngines(engines) {
  latestEngines = engines;
  const focused = document.activeElement?.dataset?.name;
  byId("engines").replaceChildren(...engines.map(engineTile));
  if (focused) document.querySelector(`#engines [data-name="${CSS.escape(focused)}"]`)?.focus();
  const sessions = engines.reduce((sum, one) => sum + (one.sessions || 0), 0);
  byId("legend").textContent = "✓ serves   … starts   ! serves, with a warning   " +
    `✕ does not serve   ⇄ has the forwarded port${sessions ? "   ▶ sessions" : ""}` +
    (engines.some((one) => one.draining) ? "   ⇥ goes when its sessions end" : "");
  showDetail();
}

// Of a gateway's engine the address holds inside Docker's networks; the published port is for all
// others.
function addressesOf(engine) {
  if (!engine.host || !engine.port) return [];
  const host = engine.publishedAddress || location.hostname.replace(/^\[|\]$/g, "");
  const outside = engine.publishedPort ? hostPort({ host, port: engine.publishedPort }) : "";
  return [...new Set([outside, hostPort(engine)])].filter(Boolean).map((one) => `http://${one}`);
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Over plain HTTP browsers have no clipboard for pages but the selection's.
    const area = element("textarea", "");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = "copied";
  setTimeout(() => { button.textContent = "copy"; }, 1500);
}

function addressLine(text) {
  const button = element("button", "", "copy");
  button.type = "button";
  button.setAttribute("aria-label", `Copy ${text}`);
  button.onclick = () => copy(text, button);
  return element("span", "address", text, " ", button);
}

function sessionsOf({ sessions, idleFor }) {
  if (sessions === undefined) return "";
  return sessions === 0 && idleFor ? `none for ${idleFor}` : String(sessions);
}

function showDetail() {
  const engine = latestEngines.find((one) => (one.name || "a new engine") === chosen);
  byId("detail").hidden = !engine;
  if (!engine) return;
  const { createdAt, failures, p2pPort } = engine;
  const rows = [
    ["state", [stateOfEngine(engine)]],
    ["address", addressesOf(engine).map(addressLine)],
    ["gateway", [engine.gateway]],
    ["P2P port", [p2pPort ? `${p2pPort}${engine.forwarded ? ", forwarded by the VPN" : ""}` : ""]],
    ["sessions", [sessionsOf(engine)]],
    ["made", [createdAt ? age(createdAt, "", "", " ago") : ""]],
    ["failures", [failures > 0 ? `${failures} in a row led to this engine` : ""]],
    ["image", [engine.image || ""]],
    ["reason", [engine.reason === "UpToDate" ? "" : engine.reason]],
    ["wrote last", engine.lastLines ? [element("pre", "", engine.lastLines.join("\n"))] : []],
  ].filter(([, values]) => values.some((value) => value !== ""));
  const list = element("dl", "");
  for (const [name, values] of rows) {
    list.append(element("dt", "", name), element("dd", "", ...values));
  }
  byId("detail").className = toneOfEngine(engine);
  byId("detail").replaceChildren(element("h3", "", chosen), list,
    element("p", "dim", ...prose(engine.message)), ...waitOf(engine));
}

function showFreeSlots(cap, used) {
  byId("free-slots").textContent = cap ? `${Math.max(0, cap - used)} of ${cap} slots free` : "";
}

// --- gateways

function showGateways(gateways) {
  byId("ways").hidden = gateways.length === 0;
  byId("gateways").replaceChildren(...gateways.map((gateway) => {
    const { ready, state, forwardedPorts = [], engines = 0 } = gateway;
    const rows = { "public IP": gateway.publicIp || "not known",
      VPN: gateway.vpnStatus || "unknown",
      "forwarded port": forwardedPorts.join(", ") || "none", engines: String(engines) };
    const list = element("dl", "");
    for (const [name, value] of Object.entries(rows)) {
      list.append(element("div", "", element("dt", "", name), element("dd", "", value)));
    }
    const tone = ready ? "good" : state === "starting" ? "plain" : "bad";
    return element("li", tone,
      element("h3", "", gateway.name, " ", element("span", "mark", stateOfGateway(gateway)), " ",
        gateway.since ? age(gateway.since) : ""), list,
      // Of a single one the trouble of the pool says the same.
      element("p", "dim", ...prose(ready && gateways.length > 1 &&
        gateway.forwardedPortReason !== "Held" ? gateway.forwardedPortMessage : "")));
  }));
}

// --- events: the newest first, each id once; a repeated event moves to the top

const MOST_EVENTS = 200;
let events = [];

const sameEvent = (a, b) => a.firstTime === b.firstTime && a.what === b.what &&
  a.engine === b.engine && a.gateway === b.gateway && a.message === b.message;

function addEvents(added) {
  for (const event of added) {
    events = events.filter((known) => known.id !== event.id && !sameEvent(known, event));
    events.unshift(event);
  }
  events.length = Math.min(events.length, MOST_EVENTS);
  showEvents();
}

function eventRow(event) {
  const tones = { error: "bad", warning: "warn", info: "plain" };
  const time = element("time", "", clockText(event.lastTime));
  time.dateTime = event.lastTime;
  time.title = new Date(event.lastTime).toLocaleString();
  const reason = event.reason === "UpToDate" ? "" : event.reason;
  const about = [event.engine || event.gateway, reason].filter(Boolean).join(" ");
  return element("li", tones[event.severity] || "plain",
    time, " ", element("span", "mark", event.what), about ? ` ${about}` : "",
    event.count > 1 ? ` (${event.count} times)` : "",
    event.message ? element("span", "dim", " ", ...prose(proseOf(event.message))) : "");
}

function showEvents() {
  const shown = events.filter((event) =>
    matchesFilter(event, byId("filter-text").value, byId("filter-warnings").checked));
  byId("events").replaceChildren(...shown.map(eventRow));
  if (shown.length === 0) byId("events").append(element("li", "dim", "no such event"));
}
