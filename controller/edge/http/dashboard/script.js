"use strict";

// --- small helpers. Data becomes text nodes, never markup.

const byId = (id) => document.getElementById(id);

function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter((child) => child !== null && child !== ""));
  return node;
}

// The controller is the page's own folder: a reverse proxy may serve both below a path, with or
// without a slash at its end.
const base = location.pathname.replace(/\/?$/, "/");

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

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
function age(time, before = "for ", over = "") {
  const node = element("time", "");
  node.dateTime = time;
  node.title = new Date(time).toLocaleString();
  node.dataset.before = before;
  node.dataset.over = over;
  tick(node);
  return node;
}

function tick(node) {
  const seconds = (Date.now() + clockLead - Date.parse(node.dateTime)) / 1000;
  const isOver = seconds > 0 && node.dataset.over;
  const text = isOver || node.dataset.before + shortSpan(Math.abs(seconds));
  if (node.textContent !== text) node.textContent = text;
}

// --- the API

class KeyWanted extends Error {}

let key = sessionStorage.getItem("key") || "";
let clockLead = 0;  // how far the controller's clock is ahead of this one, in milliseconds

async function ask(path, options = {}) {
  const headers = { ...options.headers };
  if (key) headers.Authorization = `Bearer ${key}`;
  const reply = await fetch(base + path, { ...options, headers, cache: "no-store" });
  if (reply.status === 401) throw new KeyWanted();
  if (!reply.ok) throw new Error(`${path}: HTTP ${reply.status}`);
  return reply;
}

async function askJson(path) {
  const reply = await ask(path, { signal: AbortSignal.timeout(5000) });
  const date = Date.parse(reply.headers.get("Date"));
  // The header has whole seconds: a smaller difference is rounding.
  clockLead = Math.abs(date - Date.now()) > 2000 ? date - Date.now() : 0;
  return reply.json();
}

// --- what is shown

const GOOD_WHEN_TRUE = ["Ready", "SpecValid", "TemplateAccepted", "RuntimeReachable",
  "GatewayReady", "ForwardedPortReady", "PortsPublished", "PortsFree", "RuntimeUnderstood",
  "CreatedAsAsked"];
const GRAVE = ["Ready", "SpecValid", "TemplateAccepted", "RuntimeReachable", "GatewayReady"];

function toneOfCondition({ type, status, reason }) {
  if (status === "Unknown") return "plain";
  if (reason === "Stuck") return "bad";
  if (type === "Capped") return status === "True" ? "warn" : "good";
  if (!GOOD_WHEN_TRUE.includes(type)) return "plain";
  if (status === "True") return "good";
  return GRAVE.includes(type) ? "bad" : "warn";
}

// The most important message: what keeps the controller from working, else what it waits for, be it
// a person.
function headline({ conditions, ready, wanted }) {
  const find = (type, status) =>
    conditions.find((one) => one.type === type && one.status === status && one.message);
  const problem = find("SpecValid", "False") || find("RuntimeReachable", "False");
  if (problem) return `${problem.reason}: ${problem.message}`;
  const condition = find("Progressing", "True") || find("Ready", "False") ||
    find("Progressing", "False");
  return condition ? condition.message : `${ready} of ${wanted} engines ready`;
}

function showPool(pool) {
  const { status } = pool;
  const counts = { ready: status.ready, wanted: status.wanted, "up to date": status.updated,
    declared: pool.replicas, cap: pool.maxActiveReplicas };
  document.title = `${status.ready}/${status.wanted} ${pool.name}`;
  byId("pool").textContent = pool.name || "roundhouse";
  byId("counts").replaceChildren(...Object.entries(counts).map(([name, count]) =>
    element("div", "", element("dt", "", name), element("dd", "", String(count ?? "–")))));
  byId("headline").textContent = headline(status);
  document.body.classList.toggle("unseen", status.conditions.some(
    (one) => one.type === "RuntimeReachable" && one.status === "False"));
  byId("conditions").replaceChildren(...status.conditions.map((one) =>
    element("li", toneOfCondition(one),
      element("span", "mark", `${one.type}: ${one.status}`), " ", one.reason, " ",
      age(one.lastTransitionTime), element("p", "", one.message))));
}

function showGateways(gateways) {
  byId("gateways").replaceChildren(...gateways.map((gateway) => {
    const ports = (gateway.forwardedPorts || []).join(", ") || gateway.forwardedPortReason || "–";
    return element("li", gateway.ready ? "good" : "bad",
      element("h3", "", gateway.name),
      element("p", "", element("span", "mark", gateway.ready ? "ready" : gateway.state), " ",
        gateway.since ? age(gateway.since) : ""),
      element("p", "", gateway.message || ""),
      element("p", "", `VPN ${gateway.vpnStatus || "unknown"}, ${gateway.engines ?? 0} engines`),
      element("p", "", "forwarded: ", element("span", "address", ports)),
      element("p", "dim", gateway.ready ? gateway.forwardedPortMessage || "" : ""));
  }));
}

function toneOfEngine(engine) {
  if (engine.ready) return engine.reason === "UpToDate" ? "good" : "warn";
  return ["Starting", "InFlight", "NotProbed", "Missing"].includes(engine.reason) ? "plain" : "bad";
}

// What ends the wait: a fact, the time at the latest, or a person.
function waitOf({ due, awaits, remedy }) {
  const fact = awaits ? `waits until ${awaits}` : "";
  const over = fact ? ", or for the next round" : "waits for the next round";
  const time = due ? age(due, fact ? ", at most " : "waits ", over) : "";
  return [fact || time ? element("p", "", fact, time) : "",
    remedy ? element("p", "", element("span", "mark", "To do: "), remedy) : ""];
}

function engineCard(engine) {
  const address = engine.host && engine.port ? hostPort(engine) : "no place yet";
  const p2p = engine.p2pPort ? `P2P ${engine.p2pPort}${engine.forwarded ? ", forwarded" : ""}` : "";
  const failures = engine.failures > 0 ? `${engine.failures} failures in a row` : "";
  return element("li", toneOfEngine(engine),
    element("h3", "", engine.name || "a new engine"),
    element("p", "", element("span", "mark", engine.ready ? "ready" : engine.state || "not there"),
      " ", engine.reason, " ", engine.createdAt ? age(engine.createdAt, "made ") : "",
      engine.createdAt ? " ago" : ""),
    element("p", "address", address),
    element("p", "", p2p, engine.gateway ? ` via ${engine.gateway}` : ""),
    element("p", "dim", engine.message || ""),
    element("p", "", failures),
    ...waitOf(engine));
}

function showEngines(engines) {
  byId("engines").replaceChildren(...engines.map(engineCard));
}

function showFreeSlots({ cap, used }) {
  byId("free-slots").textContent = cap ? `${Math.max(0, cap - used)} of ${cap} slots free` : "";
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

function showEvents() {
  const tones = { error: "bad", warning: "warn", info: "plain" };
  byId("events").replaceChildren(...events.map((event) => {
    const time = element("time", "", new Date(event.lastTime).toLocaleTimeString());
    time.dateTime = event.lastTime;
    time.title = new Date(event.lastTime).toLocaleString();
    const about = [event.engine, event.engine ? "" : event.gateway, event.reason];
    return element("li", tones[event.severity] || "plain",
      time, " ", element("span", "mark", event.what), " ",
      about.filter(Boolean).join(" "), event.count > 1 ? ` (${event.count} times)` : "",
      event.message ? element("span", "dim", ` ${event.message}`) : "");
  }));
}

// --- charts: an hour wide; a gap where there are no samples

function chartPath(samples, value, most, stepSeconds) {
  const end = Date.now() + clockLead;
  let path = "";
  let before = -Infinity;
  for (const sample of samples) {
    const time = Date.parse(sample.time);
    const x = 360 - (end - time) / 10000;
    const y = 76 - 72 * value(sample) / most;
    if (x >= 0) {
      const pen = time - before > 6000 * stepSeconds ? "M" : "L";
      path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
    }
    before = x >= 0 ? time : -Infinity;
  }
  return path;
}

function drawChart(id, label, lines) {
  const chart = byId(id);
  chart.setAttribute("aria-label", label);
  chart.replaceChildren(...lines.map(([className, path]) => {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("class", className);
    line.setAttribute("d", path);
    return line;
  }));
}

function showHistory({ intervalSeconds, samples }) {
  const last = samples.at(-1);
  if (!last) return;
  const path = (value, most) => chartPath(samples, value, most, intervalSeconds);
  const largest = (value, least) => Math.max(least, ...samples.map(value));
  const engines = largest((one) => Math.max(one.ready, one.wanted), 1);
  const ready = `${last.ready} of ${last.wanted}`;
  byId("ready-now").textContent = ready;
  drawChart("ready-chart", `Engines ready over the last hour; now ${ready}`,
    [["goal", path((one) => one.wanted, engines)], ["line", path((one) => one.ready, engines)]]);
  const milliseconds = (one) => one.longestRoundSeconds * 1000;
  const longest = largest(milliseconds, 1);
  const now = `${Math.round(milliseconds(last))} ms, highest ${Math.round(longest)} ms`;
  byId("round-now").textContent = now;
  drawChart("round-chart", `Longest round of each ${intervalSeconds} s over the last hour; ${now}`,
    [["line", path(milliseconds, longest)]]);
}

// --- updates: after each event of the stream; without a stream, each second

const shown = new Map();
let streaming = false;
let lastAnswer = new Date();

// Unchanged parts of the page are not touched, so that selected text stays selected.
function show(what, data, how) {
  const text = JSON.stringify(data);
  if (shown.get(what) === text) return;
  shown.set(what, text);
  how(data);
}

async function refresh() {
  const pool = await askJson("api/v1/pool");
  const names = ["engines", "gateways", "history"];
  const [engines, gateways, history] =
    await Promise.all(names.map((name) => askJson(`api/v1/${name}`)));
  show("pool", { ...pool, observedAt: "" }, showPool);
  show("engines", engines.items, showEngines);
  // These ages change all the time; the page shows `since` instead.
  show("gateways", gateways.items.map(({ readyFor, notReadyFor, ...rest }) => rest), showGateways);
  const used = engines.items.filter((engine) => engine.id).length;
  show("free slots", { cap: pool.maxActiveReplicas, used }, showFreeSlots);
  show("history", history, showHistory);
  if (!streaming) await loadEvents();
}

async function loadEvents() {
  const { items } = await askJson(`api/v1/events?limit=${MOST_EVENTS}`);
  events = [];
  addEvents(items);
}

function showConnection(problem) {
  document.body.classList.toggle("stale", Boolean(problem));
  byId("link").hidden = !problem;
  if (problem) {
    byId("link").textContent =
      `No answer since ${lastAnswer.toLocaleTimeString()}; the page shows that state. ${problem}`;
  }
}

let wake = () => {};

async function keepUpdating() {
  for (;;) {
    try {
      await refresh();
      lastAnswer = new Date();
      byId("main").hidden = false;
      showConnection("");
    } catch (error) {
      if (error instanceof KeyWanted) {
        await askForKey();
        continue;
      }
      showConnection(error.message);
    }
    const woken = new Promise((resolve) => { wake = resolve; });
    await Promise.race([woken, pause(streaming ? 2000 : 1000)]);
    // A burst of events causes one update.
    await pause(document.hidden ? 5000 : 100);
  }
}

// Uses fetch() because an EventSource cannot send the key.
async function followEvents() {
  for (;; await pause(2000)) {
    if (byId("main").hidden) continue;  // no answer yet, or the key form is shown
    const aborter = new AbortController();
    try {
      await loadEvents();
      const headers = { Accept: "text/event-stream" };
      headers["Last-Event-ID"] = String(events.length ? events[0].id : 0);
      const reply = await ask("api/v1/events?watch=true", { headers, signal: aborter.signal });
      streaming = true;
      await readStream(reply.body.getReader(), aborter);
    } catch (error) {
      // keepUpdating() shows what is wrong.
    }
    streaming = false;
  }
}

// The server sends at least a comment every 15 s: after 40 s without one it is gone.
async function readStream(reader, aborter) {
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const silence = setTimeout(() => aborter.abort(), 40000);
    const { done, value } = await reader.read().finally(() => clearTimeout(silence));
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop();
    const lines = blocks.flatMap((block) => block.split("\n"));
    const added = lines.filter((line) => line.startsWith("data:"))
      .map((line) => JSON.parse(line.slice("data:".length)));
    if (added.length === 0) continue;
    addEvents(added);
    wake();
  }
}

// --- the key

function askForKey() {
  const form = byId("key");
  byId("headline").textContent = "The controller requires its API key.";
  if (key) byId("key-hint").textContent = "This key is wrong. Try again.";
  sessionStorage.removeItem("key");
  byId("main").hidden = true;
  form.hidden = false;
  byId("key-text").focus();
  return new Promise((resolve) => {
    form.onsubmit = (submitted) => {
      submitted.preventDefault();
      key = byId("key-text").value.trim();
      sessionStorage.setItem("key", key);
      byId("key-text").value = "";
      form.hidden = true;
      shown.clear();
      resolve();
    };
  });
}

setInterval(() => document.querySelectorAll("time[data-before]").forEach(tick), 1000);
keepUpdating();
followEvents();
