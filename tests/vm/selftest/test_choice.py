# SPDX-License-Identifier: GPL-2.0-only
"""Pool.choose(): which worker does what next. Workers, rows and files are stubs here."""

import unittest
from unittest import mock

import setting  # first: it adds the runner's folders to sys.path
import paths
import plan
import pool


class Worker:
    """Takes the work that the pool gives it, as pool.Worker does."""

    def __init__(self, of):
        self.pool = of
        self.work = None
        self.boots = 0
        self.did = []

    def step(self):
        """Does one item. False if the pool has none for this worker."""
        found = self.pool.choose(self)
        if not found:
            return False
        work, item = found
        if work is not self.work:
            self.leave()
            if work:
                work.workers += 1
                self.work = work
                self.boots += 1
        self.did.append(item if not work else (work.row.kernel, item))
        if work and item != "kunit" and pool.spoils(item):
            self.leave()
        return True

    def leave(self):
        if self.work:
            self.work.workers -= 1
        self.work = None


class Choice(unittest.TestCase):

    def setUp(self):
        tests = setting.folder()
        self.enterContext(mock.patch.object(paths, "TESTS", tests))
        for name in "abcdef":
            (tests / f"{name}.bats").write_text(f"# tests {name}\n@test x {{ spoils; }}\n")
        for name in ("bad", "worse"):
            (tests / f"{name}.bats").write_text("# x\n# bats file_tags=slow,spoils\n")

    def pool(self, works, jobs=()):
        """WORKS: (kernel, names of files). Each file takes long enough to be worth a boot."""
        made = pool.Pool([], jobs)
        for kernel, names in works:
            items = [name if name == "kunit" else f"{name}.bats" for name in names.split()]
            for item in items:
                made.durations.note(kernel, item, pool.WORTH_S + 1)
            made.works.append(pool.Work(plan.Row(kernel), None, None, items))
        return made

    def workers(self, count, of):
        return [Worker(of) for _ in range(count)]

    def do_all(self, *workers):
        """The workers take one step each, until there is no work left."""
        for _ in range(20):
            if not [worker for worker in workers if worker.step()]:
                break
        else:
            self.fail("it does not end")
        return [one for worker in workers for one in worker.did]

    def test_one_does_everything_once(self):
        one, = self.workers(1, self.pool([("6.1", "a b c"), ("7.2", "kunit d")]))
        self.assertCountEqual(self.do_all(one), [
            ("6.1", "a.bats"), ("6.1", "b.bats"), ("6.1", "c.bats"), ("7.2", "kunit"),
            ("7.2", "d.bats")])
        self.assertEqual(one.boots, 2)

    def test_many_do_everything_once(self):
        workers = self.workers(5, self.pool([("6.1", "a b c d e f"), ("7.2", "a b bad c")]))
        self.assertCountEqual(
            self.do_all(*workers),
            [("6.1", f"{name}.bats") for name in "abcdef"] +
            [("7.2", f"{name}.bats") for name in ("a", "b", "bad", "c")])

    def test_who_has_a_guest_stays_with_it(self):
        first, second = self.workers(2, self.pool([("6.1", "a b c"), ("7.2", "a b c")]))
        self.do_all(first, second)
        self.assertEqual(len({kernel for kernel, _ in first.did}), 1)
        self.assertEqual((first.boots, second.boots), (1, 1))

    def test_who_has_none_goes_where_most_is_left(self):
        one, = self.workers(1, self.pool([("6.1", "a"), ("7.2", "a b c"), ("um", "a b")]))
        one.step()
        self.assertEqual(one.did[0][0], "7.2")

    def test_the_order_of_a_row_is_kept(self):
        one, = self.workers(1, self.pool([("7.2", "kunit c a b")]))
        self.assertEqual([item for _, item in self.do_all(one)],
                         ["kunit", "c.bats", "a.bats", "b.bats"])

    def test_a_second_guest_must_be_worth_it(self):
        of = self.pool([("7.2", "a b")])
        first, second = self.workers(2, of)
        first.step()
        of.durations.note("7.2", "b.bats", pool.WORTH_S - 1)
        self.assertFalse(second.step())
        of.durations.note("7.2", "b.bats", pool.WORTH_S + 1)
        self.assertTrue(second.step())

    def test_and_is_not_if_both_ask_at_once(self):
        of = self.pool([("7.2", "a b")])
        of.durations.note("7.2", "b.bats", pool.WORTH_S - 1)
        of.building = False
        first, second = self.workers(2, of)
        self.assertIsNotNone(of.next(first))
        self.assertIsNone(of.next(second))

    def test_what_spoils_a_guest_is_its_last(self):
        one, = self.workers(1, self.pool([("7.2", "bad a worse b")]))
        self.assertEqual([item for _, item in self.do_all(one)],
                         ["a.bats", "b.bats", "bad.bats", "worse.bats"])
        self.assertEqual(one.boots, 2)  # bad.bats spoils the first guest

    def test_no_second_guest_is_booted_to_be_spoiled(self):
        first, second = self.workers(2, self.pool([("7.2", "bad a")]))
        first.step()
        self.assertFalse(second.step())
        first.step()
        self.assertEqual(first.did[-1], ("7.2", "bad.bats"))

    def test_what_only_looks_like_it_spoils_nothing(self):
        self.assertTrue(pool.spoils("bad.bats"))
        self.assertFalse(pool.spoils("a.bats"))

    def test_jobs_are_done_where_no_work_is_at_hand(self):
        first, second = self.workers(2, self.pool([("7.2", "a b")], ["lint", "install"]))
        self.do_all(first, second)
        self.assertEqual(first.did, ["lint", ("7.2", "a.bats")])
        self.assertEqual(second.did, ["install", ("7.2", "b.bats")])

    def test_jobs_do_not_take_anybody_from_a_guest(self):
        of = self.pool([("7.2", "a b")])
        one, = self.workers(1, of)
        one.step()
        of.jobs.append("lint")
        self.assertEqual(self.do_all(one), [("7.2", "a.bats"), ("7.2", "b.bats"), "lint"])

    def test_what_is_over_is_left_alone(self):
        of = self.pool([("6.1", "a b"), ("7.2", "a")])
        one, = self.workers(1, of)
        one.step()
        of.works[0].over = True
        self.do_all(one)
        self.assertEqual(one.did, [("6.1", "a.bats"), ("7.2", "a.bats")])


if __name__ == "__main__":
    unittest.main()
