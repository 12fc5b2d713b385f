# SPDX-License-Identifier: GPL-2.0-only
"""helpers/check.bash: which answers a check accepts, and what a check prints about the others."""

import subprocess
import unittest

import setting
import paths

# A stub of pfnmap-try: the step "say:5" prints 5, and an underscore as a blank.
SETTING = f"""
source {paths.TESTS}/helpers/check.bash
fail() {{ echo "$1"; exit 1; }}
try() {{
    local step

    lines=()
    for step; do
        lines+=("${{step%%:*}} m: $(tr _ ' ' <<<"${{step#*:}}")")
    done
}}
"""


class Check(unittest.TestCase):
    def check(self, rows, before="", after=""):
        text = f"{SETTING}{before}\ncheck <<-END\n{rows}END\n{after}"
        file = setting.folder() / "given.bats"
        file.write_text(text)
        return subprocess.run(["bash", "-eu", file], capture_output=True, text=True)

    def right(self, rows, **more):
        done = self.check(rows, **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def wrong(self, rows, *says, **more):
        done = self.check(rows, **more)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        for text in ("given.bats:", *says):
            self.assertIn(text, done.stdout)
        return done.stdout

    def test_an_answer_is_a_pattern_and_none_is_ok(self):
        self.right("say:ok\nsay:pte_write-back pte *\nsay:5 @(5|6)\n")

    def test_the_rows_that_differ_are_told_and_no_others(self):
        said = self.wrong("say:ok\nsay:5 6\nsay:EIO\nsay:7 7\n",
                          "row 2: say:5: has to say '6', says '5'",
                          "row 3: say:EIO: has to say 'ok', says 'EIO'")
        self.assertNotIn("row 1", said)
        self.assertNotIn("row 4", said)

    def test_the_place_is_that_of_the_test_and_not_of_a_notation(self):
        for name in ("helpers", "shared"):
            file = setting.folder() / name / "notation.bash"
            file.parent.mkdir()
            file.write_text('eval "plain_$(declare -f check)"\ncheck() { plain_check; }\n')
            self.wrong("say:5 6\n", before=f"source {file}")

    def test_no_rows_are_wrong(self):
        self.assertIn("no rows", self.check("").stdout)
        self.assertIn("no rows", self.check("\n\n").stdout)

    def test_what_nobody_asked_for_is_told(self):
        self.wrong("say:ok\n", "said besides: more",
                   before="try() { lines=('say m: ok' more); }")

    def test_less_than_was_asked_for_is_wrong(self):
        self.wrong("say:ok\nsay:ok\n", "row 2: say:ok: has to say 'ok', says 'nothing'",
                   before="try() { lines=('say m: ok'); }")

    def test_a_list_is_one_answer(self):
        self.right("list:m 0x0 a, 0x1 b\nsay:ok\n", before="try() {\n"
                   "lines=('list m: 0x0 a' 'list m: 0x1 b' 'say m: ok'); }")

    def test_a_term_stands_for_its_text(self):
        self.right("say:pte_mmio+0x0 DEV0\n", before="TERMS=([DEV0]='pte mmio+0x0')")

    def test_a_name_says_the_same_again(self):
        self.right("say:5 =five\nsay:6 6\nsay:5 =five\n")
        self.wrong("say:5 =five\nsay:6 =five\n", "row 2: say:6: has to say '5', says '6'")

    def test_or_something_else(self):
        self.right("say:5 =five\nsay:6 !=five\n")
        self.wrong("say:5 =five\nsay:5 !=five\n", "row 2: say:5: has to say 'not 5', says '5'")

    def test_a_pattern_may_follow_a_name_and_a_name_another(self):
        self.right("say:5 =five [0-9]\nsay:6 =six !=five [0-9]\nsay:6 =six\n")
        self.wrong("say:x =five [0-9]\n", "has to say '[0-9]'")
        self.wrong("say:5 =five\nsay:5 =other !=five\n", "has to say 'not 5'")

    def test_what_a_name_said_is_there_afterwards(self):
        said = self.right("say:a_b =two\nsay:c =one\n", after="echo ${SAID[two]}/${SAID[one]}")
        self.assertEqual(said, "a b/c\n")


if __name__ == "__main__":
    unittest.main()
