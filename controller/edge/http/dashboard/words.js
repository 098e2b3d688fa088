"use strict";

// What the page says of the controller's answers: in one sentence, in one colour, and what to do.

// What is good when True, but for these.
const GOOD_WHEN_FALSE = ["Capped"];
// At fault when they are not good; all others are warnings.
const GRAVE = ["Ready", "SpecValid", "TemplateAccepted", "RuntimeReachable", "GatewayReady"];
// Told by the first sentence and by engines and gateways.
const TOLD_ELSEWHERE = ["Ready", "Progressing", "GatewayReady"];
const STARTING = ["Starting", "InFlight", "NotProbed", "Missing", "NotStarted", "ImagePulling"];

// What a person can do, by the reason, or else by the type, of a condition or an engine.
const ADVICE = {
  SpecValid: "Correct the file and save it. Until then, the last good spec stays in force.",
  TemplateAccepted: "Change the template as the message says, and save the file.",
  ImageNotPulled: "Check the image's name. A private registry needs template.registryAuthFile.",
  RuntimeReachable: "Check that Docker runs (docker ps), and that roundhouse may use its socket. " +
    "Nothing is changed until Docker answers.",
  RuntimeUnderstood: "Look at what the message names with docker inspect. Where Docker fails " +
    "there, too, remove it with docker rm --force.",
  CreatedAsAsked: "Change the template, or install what Docker lacks.",
  PortsPublished: "Publish the ports that the message names on the gateway's container.",
  PortsFree: "Stop what uses the port, or choose other ports in the spec.",
  Capped: "Raise maxActiveReplicas (or MAX_ACTIVE_REPLICAS), and publish as many ports; or ask " +
    "for fewer replicas.",
  NoForwardedPort: "Engines serve without it, but no peer reaches them. Set " +
    "VPN_PORT_FORWARDING=on, choose a VPN server that forwards ports, and read the gateway's log.",
  Unauthorized: "Give roundhouse the key of Gluetun's control server (controlServer.apiKeyFile), " +
    "and restart Gluetun after a change of its roles.",
  PortClosed: "Pass the port as the image expects it, such as args: [\"--port=$(P2P_PORT)\"].",
  InPoolRange: "Choose other ports for the pool in the spec.",
  Rotating: "If this lasts for hours, choose another VPN server.",
  Settling: "Nothing: an engine takes the port once it has lasted for forwardedPort.stableFor.",
  HeldBack: "Nothing: an engine follows after forwardedPort.minInterval.",
  Backoff: "Read the engine's log: docker logs NAME.",
  StartupTimedOut: "Check that the template passes the ports as the image expects them, and read " +
    "the engine's log: docker logs NAME.",
  ProbeFailed: "Read the engine's log: docker logs NAME.",
  ProbeUnreachable: "Run roundhouse on the host, or on one of the gateway's networks.",
  P2PPortClosed: "Pass the port as the image expects it, such as args: [\"--port=$(P2P_PORT)\"].",
  ImagePullBackoff: "Check the image's name. A private registry needs template.registryAuthFile.",
  NoPublishedPort: "Publish the range that the message names on the gateway's container.",
  NameTaken: "Rename or remove the containers that have the names of the free slots.",
  Paused: "docker unpause NAME, or wait: it is replaced after enough failed probes.",
  SessionsKnown: "Nothing waits for viewers meanwhile. In a container, mount the host's /proc as " +
    "/host/proc:ro and set ROUNDHOUSE_PROCFS=/host/proc.",
  CannotBeRemoved: "docker rm --force NAME; if Docker refuses that, too, restart Docker.",
};

const GATEWAY_ADVICE = {
  missing: "Start a container of this name, or correct the name in the spec's gateways.",
  stopped: "docker start NAME",
  paused: "docker unpause NAME",
  starting: "Wait; if it takes minutes, read docker logs NAME.",
  unhealthy: "Read docker logs NAME: the VPN does not work.",
  unknown: "Look at it with docker inspect NAME.",
};

const adviceFor = (name, ...keys) =>
  (keys.map((key) => ADVICE[key]).find(Boolean) || "").replaceAll("NAME", name);

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
// "a", "a and b", "a, b and c", "a, b and 7 more".
function listed(words) {
  const last = words.length > 3 ? [`${words.length - 2} more`] : words.slice(-1);
  const first = words.slice(0, words.length > 3 ? 2 : -1);
  return [first.join(", "), ...last].filter((part) => part !== "").join(" and ");
}


function toneOfCondition({ type, status, reason }) {
  if (reason === "Stuck") return "bad";
  if (type === "Progressing") return "plain";
  if (status === (GOOD_WHEN_FALSE.includes(type) ? "False" : "True")) return "good";
  if (status === "Unknown") return "plain";
  return GRAVE.includes(type) ? "bad" : "warn";
}

function toneOfEngine({ ready, reason, state, failures }) {
  if (ready) return reason === "P2PPortClosed" || reason === "ProbeFailing" ? "warn" : "good";
  if (!STARTING.includes(reason) || ["exited", "dead"].includes(state)) return "bad";
  return failures > 0 ? "warn" : "plain";
}

const BUT = { P2PPortClosed: ", but no peer gets in", ProbeFailing: ", with probes that fail" };

// What it does: "serves", "is starting"; of several: "serve", "are starting".
function stateOfEngine(engine, several = false) {
  const [does, is] = several ? ["do", "are"] : ["does", "is"];
  if (engine.ready) {
    const then = engine.draining ? " until the last session ends" : BUT[engine.reason] || "";
    return (several ? "serve" : "serves") + then;
  }
  if (engine.state === "exited" || engine.state === "dead") return "exited";
  if (engine.failures > 0 && STARTING.includes(engine.reason)) {
    return `${is} starting again, after ${plural(engine.failures, "failure")} in a row`;
  }
  if (STARTING.includes(engine.reason)) return `${is} ${engine.id ? "starting" : "being created"}`;
  if (engine.state === "paused") return `${is} paused`;
  return `${does} not serve`;
}

const stateOfGateway = ({ ready, state }) => ready ? "ready" : state === "unknown" ? "not known"
  : state;

// --- troubles: each thing that is not good, once, with its cause and what to do

// What stays of a message in which only names, times and counts differ.
const essenceOf = (message) => (message || "").replace(/\S*\d\S*/g, "#");

const countOfNew = (count) => count === 1 ? "a new engine" : plural(count, "new engine");

// Engines with one reason and the same words are one trouble.
function engineTroubles(engines) {
  const groups = new Map();
  for (const engine of engines.filter((one) => toneOfEngine(one) !== "good")) {
    const id = `${toneOfEngine(engine)} ${engine.reason} ${essenceOf(engine.message)}`;
    groups.set(id, [...(groups.get(id) || []), engine]);
  }
  return [...groups.values()].map((group) => {
    const [first] = group;
    const named = group.filter((one) => one.name).map((one) => one.name);
    const unnamed = group.length - named.length;
    const names = listed([...named, ...(unnamed ? [countOfNew(unnamed)] : [])]);
    const state = stateOfEngine(first, group.length > 1);
    return { tone: toneOfEngine(first), title: `${names} ${state}`, reason: first.reason,
      message: first.message, wait: first,
      todo: first.remedy ? "" : adviceFor(first.name || "NAME",
        first.failures > 0 && first.reason === "Starting" ? "StartupTimedOut" : first.reason) };
  });
}

const isMissed = (gateway) => gateway.declared !== false && !gateway.ready;

function gatewayTroubles(gateways) {
  return gateways.filter(isMissed).map((gateway) => ({
    tone: gateway.state === "starting" ? "plain" : "bad",
    title: `gateway ${gateway.name} is ${stateOfGateway(gateway)}`,
    message: gateway.message, since: gateway.since,
    todo: (GATEWAY_ADVICE[gateway.state] || "").replaceAll("NAME", gateway.name) }));
}

// Of the condition Stable, by its reason.
const WHY_UNSTABLE = {
  OutOfMemory: "out of memory",
  PortInUse: "a port is in use",
  Killed: "killed by a signal",
  Exited: "they exit",
  StartFailed: "Docker cannot start them",
  StartupTimedOut: "they never answer",
  ProbeFailed: "they stop answering",
  P2PPortClosed: "no peer gets in",
  PortConflict: "their port is another's",
};

function conditionTroubles(conditions) {
  const isTold = ({ type, status, reason }) =>
    ["GatewayNotReady", "PortsNotKnown"].includes(reason) ||
    type === "VpnStatusKnown" && status === "Unknown" ||
    reason === "LookFailed" && type !== "RuntimeReachable" ||
    TOLD_ELSEWHERE.includes(type) && reason !== "Stuck";
  return conditions.filter((one) => toneOfCondition(one) !== "good" && !isTold(one))
    .map((one) => ({ tone: toneOfCondition(one), title: titleOf(one), reason: one.reason,
      message: one.message, since: one.lastTransitionTime, type: one.type,
      // The message of Stable ends with what to do.
      todo: one.type === "Stable" ? "" : adviceFor("NAME", one.reason, one.type) }));
}

const TITLES = {
  SpecValid: "the spec's last edit has an error",
  TemplateAccepted: "Docker refuses the template",
  ImageNotPulled: "the spec's image cannot be pulled",
  RuntimeReachable: "Docker does not answer",
  RuntimeUnderstood: "an answer of Docker's cannot be used",
  CreatedAsAsked: "Docker did not create engines as asked",
  PortsPublished: "ports are not published",
  PortsFree: "a port is in use by another container",
  ForwardedPortReady: "no engine has the forwarded port",
  Capped: "more engines are asked for than may run",
  Progressing: "nothing happens until you act",
  Stable: "engines fail again and again",
  VpnStatusKnown: "whether the VPN runs is not known",
  NoForwardedPort: "no port is forwarded",
  Unauthorized: "Gluetun's control server refuses the key",
  RoleLacksRoute: "the role of the key in Gluetun lacks a route",
  PortClosed: "engines do not listen on the forwarded port",
};

const UNKNOWN_TITLES = {
  ForwardedPortReady: "the forwarded port is not known",
  SessionsKnown: "who watches is not known",
};

const titleOf = ({ type, status, reason }) => type === "Stable" && WHY_UNSTABLE[reason]
  ? `${TITLES.Stable} (${WHY_UNSTABLE[reason]})` : TITLES[reason] ||
  (status === "Unknown" && UNKNOWN_TITLES[type]) || TITLES[type] || `${type} is ${status}`;

const ORDER = ["bad", "warn", "plain"];

function troublesOf({ pool, engines, gateways }) {
  const { conditions } = pool.status;
  // What engines wait for a gateway to do is told by the gateway.
  const waiting = gateways.some(isMissed);
  const others = engines.filter((one) => !(waiting && one.reason === "GatewayNotReady"));
  const ofPool = conditionTroubles(conditions);
  // What keeps engines from serving comes first.
  const docker = ofPool.filter((one) => one.type === "RuntimeReachable");
  const template = ofPool.filter((one) => one.type === "TemplateAccepted");
  const causes = [...docker, ...template];
  const ofCauses = causes.map((one) => essenceOf(one.message));
  const ofEngines = engineTroubles(others)
    .filter((one) => !one.message || !ofCauses.includes(essenceOf(one.message)));
  const unstable = ofPool.filter((one) => one.type === "Stable");
  const all = [...docker, ...gatewayTroubles(gateways), ...template, ...unstable, ...ofEngines,
    ...ofPool.filter((one) => !causes.includes(one) && !unstable.includes(one))];
  const stuck = all.find((one) => one.reason === "Stuck");
  const told = all.some((one) => one !== stuck && (one.todo || one.wait?.remedy));
  return all.filter((one) => one !== stuck || !told)
    .sort((a, b) => ORDER.indexOf(a.tone) - ORDER.indexOf(b.tone));
}

// --- the first sentence

// "through gluetun, 203.0.113.7, port 40001"
function through(gateways, engines) {
  const used = gateways.filter((one) => engines.some((each) =>
    each.ready && each.gateway === one.name));
  if (gateways.length === 0) return "without a VPN";
  if (used.length !== 1) return used.length ? `through ${listed(used.map((one) => one.name))}` : "";
  const [{ name, publicIp, forwardedPorts = [] }] = used;
  const ports = forwardedPorts.length
    ? `port${forwardedPorts.length > 1 ? "s" : ""} ${listed(forwardedPorts)}` : "";
  return `through ${[name, publicIp, ports].filter(Boolean).join(", ")}`;
}

// The whole case in one sentence, with its tone.
function sentenceOf(state, troubles) {
  const { pool, engines, gateways } = state;
  const { ready, wanted } = pool.status;
  if (pool.generation === 0) {
    const first = troubles[0];
    return { tone: "bad", text: `No spec is in force${first ? `: ${first.title}` : ""}` };
  }
  const counts = `${Math.min(ready, wanted)} of ${plural(wanted, "engine")} ` +
    `${wanted === 1 ? "serves" : "serve"}`;
  if (troubles.some((one) => one.type === "RuntimeReachable")) {
    return { tone: "bad", text: `Docker does not answer. Last seen: ${counts}` };
  }
  const [worst] = troubles;
  const trouble = worst && worst.tone !== "plain" ? worst : null;
  if (ready < wanted) {
    // Why engines fail says more than which of them do.
    const unstable = worst?.wait && troubles.find((one) => one.type === "Stable");
    const cause = worst ? `: ${(unstable || worst).title}` : "";
    return { tone: trouble ? "bad" : "plain", text: counts + cause };
  }
  const serving = `${counts} ${through(gateways, engines)}`.trim();
  const all = wanted === 0 ? "No engine is wanted" : serving;
  return { tone: trouble ? "warn" : "good", text: all + (trouble ? `; ${trouble.title}` : "") };
}

// --- events

// "port=19000 p2p_port=22000: prose" -> its prose, or what there is.
const proseOf = (message) => message.replace(/^(?:[a-z0-9_]+=\S+ ?)+(?:: |$)/, "") || message;

function matchesFilter(event, text, warningsOnly) {
  if (warningsOnly && event.severity === "info") return false;
  const all = [event.what, event.engine, event.gateway, event.reason, event.message].join(" ");
  return all.toLowerCase().includes(text.trim().toLowerCase());
}
