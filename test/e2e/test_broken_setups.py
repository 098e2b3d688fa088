"""What `get pool` says of set-ups that a real Docker has to refuse: its words, names and no ids."""
import re
import unittest

from docker_host import docker
from harness import ENGINE_IMAGE, PoolTest


class BrokenSetups(PoolTest):
    def told(self, *words):
        """Waits until the first screen has these words; it has no id of a container."""
        def screen():
            text = self.command("get", "pool").stdout
            return text if all(each in text for each in words) else None

        text = self.wait_until(screen, f"get pool says {words}")
        self.assertIsNone(re.search(r"\b[0-9a-f]{12,}\b", text), text)

    def test_a_strangers_port_and_a_user_that_the_image_lacks(self):
        gateway = self.gateways[0].name
        stranger = f"{self.pool}-torrents"
        docker("run", "--detach", "--name", stranger, "--network", f"container:{gateway}",
               "--env=HTTP_PORT=19000", "--env=HTTPS_PORT=5001", "--env=API_PORT=5002",
               "--env=P2P_PORT=5003", "--env=BIND_ALL=1", ENGINE_IMAGE)
        self.write_spec(1, maxActiveReplicas=1)
        self.start_controller()
        self.told(f"port 19000 in the network of gateway {gateway} is in use by a process that is "
                  f"not ours, perhaps of container {stranger}", "or choose other `ports`")
        docker("rm", "--force", stranger)
        self.settle(1)
        self.write_spec(1, {"user": "absent"}, maxActiveReplicas=1)
        self.told("engines are kept and created by the last template that Docker accepted until "
                  f"the template is edited: docker: start {self.pool}-0: unable to find user "
                  "absent", "change spec.template.user")


if __name__ == "__main__":
    unittest.main()
