"""How many engines run, and in which slots."""
import unittest

from harness import PoolTest, ids
from docker_host import docker


class Scale(PoolTest):
    def test_zero_three_twenty_one(self):
        self.watcher.cap = 0
        self.write_spec(0)
        self.start_controller()
        self.settle(0)

        self.watcher.cap = 3
        self.write_spec(3)
        three = ids(self.settle(3))

        self.watcher.cap = 20
        self.write_spec(20, in_place=True)
        twenty = ids(self.settle(20))
        self.assertEqual(three, {slot: twenty[slot] for slot in three}, "scaling up replaced one")

        self.write_spec(1)
        one = ids(self.settle(1))
        self.assertEqual({0: three[0]}, one, "the lowest slot stays")
        self.watcher.cap = 1
        self.assert_nothing_changes(2)

    def test_free_slots_are_filled_from_the_lowest(self):
        self.write_spec(5)
        self.start_controller()
        before = self.settle(5)
        docker("rm", "--force", before[1].name, before[3].name)
        after = ids(self.settle(5))
        for slot in (0, 2, 4):
            self.assertEqual(before[slot].id, after[slot], "a healthy engine was touched")
        docker("rm", "--force", before[0].name)
        self.write_spec(6)
        self.settle(6)

    def test_the_spec_caps(self):
        self.watcher.cap = 3
        self.write_spec(10, maxActiveReplicas=3)
        self.start_controller()
        self.settle(3)
        self.assert_nothing_changes(2)

    def test_the_environment_is_a_ceiling_over_the_spec(self):
        self.watcher.cap = 4
        self.write_spec(50, maxActiveReplicas=30)
        self.start_controller(environment={"MAX_ACTIVE_REPLICAS": "4"})
        self.settle(4)
        self.assert_nothing_changes(2)

    def test_bursts_of_edits_end_at_the_last(self):
        self.write_spec(1)
        self.start_controller()
        self.settle(1)
        self.watcher.cap = 8
        for replicas in (8, 2, 7, 0, 6, 1, 5, 3):
            self.write_spec(replicas, in_place=replicas % 2 == 0)
        self.settle(3)
        self.assert_nothing_changes(2)


if __name__ == "__main__":
    unittest.main()
