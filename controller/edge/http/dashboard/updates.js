// Asks the controller, and keeps the page up to date.

// The controller is the page's own folder: a reverse proxy may serve both below a path, with or
// without a slash at its end.
const base = location.pathname.replace(/\/?$/, "/");

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

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
  byId("seen").replaceChildren(pool.observedAt ? age(pool.observedAt, "seen ", "", " ago") : "");
  // These ages change all the time; the page shows `since` instead.
  const known = gateways.items.map(({ readyFor, notReadyFor, ...rest }) => rest);
  show("pool", { pool: { ...pool, observedAt: "" }, engines: engines.items, gateways: known },
    showPool);
  show("engines", engines.items, showEngines);
  show("gateways", known, showGateways);
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
  if (!problem) return;
  shown.delete("pool");  // so that the next answer is shown in place of this
  document.title = "? roundhouse";
  byId("seen").replaceChildren();
  showCase({ tone: "bad", text: "roundhouse does not answer. The page shows what was last seen." },
    element("span", "", `No answer since ${clockText(lastAnswer)}: ${problem}. Is it running? ` +
      "docker ps --filter name=roundhouse, or systemctl status roundhouse."));
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
  showCase({ tone: "plain", text: "roundhouse asks for its API key." }, "");
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

byId("filter").onsubmit = (submitted) => submitted.preventDefault();
byId("filter").oninput = showEvents;
document.addEventListener("keydown", (pressed) => {
  if (pressed.key === "Escape" && chosen) {
    document.querySelector(`#engines [data-name="${CSS.escape(chosen)}"]`)?.focus();
    choose("");
  }
});
setInterval(() => document.querySelectorAll("time[data-before]").forEach(tick), 1000);
keepUpdating();
followEvents();
