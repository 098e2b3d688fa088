"""Measures roundhouse and its alternatives, prints first the ratios and then the figures, and
writes them as JSON: see README.md, and run.sh, which builds what this needs."""
import argparse
import json
import os
import platform
import subprocess
import sys
import time

from comparisons import Comparisons
from harness import BINARY
from insights import Insights
from world import LARGEST, World, docker_host

INSIDE = os.environ.get("BENCH_INSIDE", "bench_inside")
USUAL_PARTS = ("converge", "heal", "gateway", "down", "cost")
PARTS = (*USUAL_PARTS, "shrink", "latency", "inside")


def words():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of which the median is reported (3)")
    parser.add_argument("--parts", default=",".join(USUAL_PARTS),
                        help=f"some of {','.join(PARTS)} ({','.join(USUAL_PARTS)})")
    parser.add_argument("--peers", action="store_true",
                        help="beside docker-compose, Swarm and a shell loop, too")
    parser.add_argument("--largest", type=int, default=LARGEST, help="how many engines at most")
    parser.add_argument("--watched", type=float, default=60, help="seconds for the cost at rest")
    parser.add_argument("--image", default="roundhouse",
                        help="whose size is reported, if the usual daemon has it (roundhouse)")
    parser.add_argument("--json", default="bench.json", help="where the figures go")
    options = parser.parse_args()
    unknown = set(options.parts.split(",")) - set(PARTS)
    if unknown:
        parser.error(f"--parts: no such part: {', '.join(sorted(unknown))}")
    return options


def size_of_image(name):
    """In octets, None where there is none."""
    seen = docker_host.look(f"/images/{name}/json") if docker_host.answers() else None
    return seen["Size"] if seen else None


def machine():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as text:
        models = [line.split(":")[1].strip() for line in text if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    version = docker_host.look("/version")
    return {"processors": os.cpu_count(), "model": models[0] if models else platform.machine(),
            "memory_gib": round(memory / 2**30, 1), "kernel": platform.release(),
            "docker": version["Version"], "storage": docker_host.look("/info")["Driver"],
            "date": time.strftime("%Y-%m-%d", time.gmtime())}


class Report:
    """Every figure. As it is measured, it is shown on the standard error, too."""

    def __init__(self):
        self.figures = []

    def tell(self, figure):
        self.figures.append(figure)
        print(self.line(figure), file=sys.stderr, flush=True)

    def line(self, figure):
        what = f"{figure['what']} {figure.get('containers', '')}".rstrip()
        if "median" not in figure:
            rest = "  ".join(f"{name} {value:.4g}" for name, value in figure.items()
                             if isinstance(value, (int, float)) and name != "containers")
            return f"{what:42} {figure['who']:16} {rest}"
        return (f"{what:42} {figure['who']:16} {1000 * figure['median']:10.1f} ms"
                f"  ({1000 * min(figure['seconds']):.1f} to {1000 * max(figure['seconds']):.1f})")

    def ratios(self):
        """roundhouse's medians as parts of those of others."""
        def key(figure):
            return figure["what"], figure.get("containers")

        measured = [each for each in self.figures if "median" in each]
        ours = {key(each): each["median"] for each in measured if each["who"] == "roundhouse"}
        lines, best_floor = [], {}
        for each in measured:
            if each["who"].startswith("floor"):
                best_floor.setdefault(key(each), []).append(each["median"])
        for each in measured:
            mine = ours.get(key(each))
            if mine is None or each["who"] == "roundhouse":
                continue
            if each["who"].startswith("floor") and each["median"] > min(best_floor[key(each)]):
                continue
            each["roundhouse_takes"] = mine / each["median"]
            lines.append(f"{each['what']} {each.get('containers', ''):<4} roundhouse takes "
                         f"{each['roundhouse_takes']:.2f} of what {each['who']} takes")
        return lines


def measure_beside_others(options, parts, world, report):
    comparisons = Comparisons(world, options.runs, options.peers, report.tell)
    few, usual, many = (min(count, options.largest) for count in (5, 20, 100))
    comparisons.prepare(many if "down" in parts else usual)
    if "converge" in parts:
        comparisons.converge(usual)
        comparisons.choose_floor(report.figures)
        if few < usual:
            comparisons.converge(few)
    if "heal" in parts:
        comparisons.heal_one(usual)
    if "gateway" in parts:
        comparisons.gateway_recreated(usual)
        comparisons.gateway_restarted(usual)
    if "down" in parts:
        comparisons.converge_and_down(many)
    if "shrink" in parts:
        comparisons.scale_down(usual, 1)
    world.controllers[-1].terminate()


def measure_roundhouse(options, parts, world, report, image_size):
    insights = Insights(world, options.runs, report.tell)
    if "latency" in parts:
        insights.latencies()
        insights.port_changes()
        insights.start_up()
    if "cost" in parts:
        for replicas in sorted({min(20, options.largest), options.largest}):
            insights.cost_at_rest(replicas, options.watched)
        report.tell({"what": "size of the program", "who": "roundhouse",
                     "mib": os.path.getsize(BINARY) / 2**20})
        if image_size is not None:
            report.tell({"what": "size of the image", "who": "roundhouse",
                         "mib": image_size / 2**20})


def main():
    options = words()
    parts = set(options.parts.split(","))
    report = Report()
    image_size = size_of_image(options.image)  # World.make() turns to a daemon of its own
    world = World.make()
    try:
        about = machine()
        if parts & {"converge", "heal", "gateway", "down", "shrink"}:
            measure_beside_others(options, parts, world, report)
        if parts & {"latency", "cost"}:
            measure_roundhouse(options, parts, world, report, image_size)
    finally:
        world.close()
    inside = []
    if "inside" in parts:
        inside = json.loads(subprocess.run([INSIDE], check=True, capture_output=True).stdout)
    print("  ".join(f"{name}: {value}" for name, value in about.items()) + "\n")
    print("\n".join(report.ratios()) + "\n")
    print("\n".join(map(report.line, report.figures)), flush=True)
    if inside:
        subprocess.run([INSIDE, "--table"], check=True)
    with open(options.json, "w", encoding="ascii") as file:
        json.dump({"machine": about, "figures": report.figures, "inside": inside}, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
