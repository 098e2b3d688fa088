"""What the tests of forwarded ports share."""
import docker_host
from harness import PoolTest

STABLE_S, INTERVAL_S, CHECK_S = 1, 1, 0.5
QUICK = {"stableFor": f"{STABLE_S}s", "minInterval": f"{INTERVAL_S}s"}  # follows what lasts
ONCE = {"stableFor": f"{STABLE_S}s", "minInterval": "1h"}               # follows one, then none


class ForwardedTest(PoolTest):
    """A pool whose engines follow forwarded ports, with rounds in quick succession."""

    # Whether engines can be probed where the control server is asked.
    engines_are_there = True

    def begin(self, replicas, forwarded_port=None, **options):
        """Starts a controller and waits until all engines serve."""
        self.watcher.cap = replicas
        self.spec_fields = {"forwardedPort": QUICK if forwarded_port is None else forwarded_port,
                            "checkInterval": f"{CHECK_S * 1000:.0f}ms", **options}
        self.scale(replicas)
        self.start_controller()
        return self.settle(replicas)

    def settle(self, *arguments, **options):
        return super().settle(*arguments, ready=self.engines_are_there, **options)

    def scale(self, replicas):
        self.replicas = replicas
        self.write_spec(replicas, **self.spec_fields)

    @property
    def gateway(self):
        return self.gateways[0]

    def control_server(self, **fields):
        """The spec's gateways: the first one, with these fields of its controlServer."""
        return [{"container": self.gateway.name, "controlServer": fields}]

    def holders(self):
        """Forwarded port -> the engine whose labels say that it has it."""
        return {engine.p2p_port: engine for engine in self.engines() if engine.forwarded}

    def wait_for_holders(self, ports):
        """Waits until these ports, and no others, are held by engines that listen on them."""
        self.wait_until(lambda: sorted(self.holders()) == sorted(ports), f"{ports} are held")
        engines = self.settle(self.replicas)
        self.assertEqual(sorted(ports), sorted(self.holders()))
        self.assert_consistent(engines)
        return self.holders()

    def assert_consistent(self, engines):
        """Labels, environment and what an engine listens on are one story."""
        for engine in engines:
            variables = docker_host.inspect(engine.id)["Config"]["Env"]
            self.assertIn(f"P2P_PORT={engine.p2p_port}", variables)
            said = engine.tells(self.gateway_of(engine).address)
            self.assertEqual((engine.p2p_port, str(engine.p2p_port), True),
                             (said["p2p_port"], said["environment"]["P2P_PORT"],
                              said["p2p_bound"]))
            if not engine.forwarded:
                self.assertEqual(22000 + engine.slot, engine.p2p_port)

    def made_since(self, moment):
        """When engines were created."""
        return [at for at, action, name, _ in self.watcher.changes_since(moment)
                if action == "create" and "-gateway" not in name]
