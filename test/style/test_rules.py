"""Each rule lets good text pass and is able to fail."""
import unittest

import rules

# rule, path, text that breaks it, text that keeps it
CASES = [
    (rules.check_layering, "controller/core/a.h", '#include "loop/b.h"\n', '#include "core/b.h"\n'),
    (rules.check_layering, "controller/core/a.cpp", "#include <poll.h>\n", "#include <vector>\n"),
    (rules.check_layering, "controller/edge/docker/a.cpp", '#include "edge/http/b.h"\n',
     '#include "edge/spec/b.h"\n#include "edge/docker/c.h"\n#include <poll.h>\n'),
    (rules.check_layering, "controller/edge/text/a.h", '#include "edge/command/b.h"\n',
     '#include "core/b.h"\n'),
    (rules.check_layering, "controller/loop/a.cpp", '#include "edge/text/b.h"\n',
     '#include "loop/b.h"\n#include "core/c.h"\n#include <mutex>\n'),
    (rules.check_layering, "controller/loop/a.cpp", "#include <sys/stat.h>\n",
     "#include <thread>\n"),
    (rules.check_layering, "controller/hold/a.cpp", '#include "core/b.h"\n',
     '#include "hold/b.h"\n#include <poll.h>\n'),
    (rules.check_layering, "controller/loop/a.cpp", '#include "hold/b.h"\n',
     '#include "core/b.h"\n'),
    (rules.check_text, "a.cpp", "x" * 101 + "\n", "x" * 100 + "\n"),
    (rules.check_text, "a.cpp", "\tint a;\n", "    int a;\n"),
    (rules.check_text, "a.cpp", "int a; \n", "int a;\n"),
    (rules.check_text, "a.cpp", "int a;", "int a;\n"),
    (rules.check_text, "a.cpp", "int a;\n" * 451, "int a;\n" * 450),
    (rules.check_words, "a.py", "# TO" "DO: later\n", "# a todo list\n"),
    (rules.check_words, "a.sh", "cd /wo" "rk/x\n", "cd build/work/x\n"),
    (rules.check_words, "a.cpp", "using namespace std;\n", "using namespace std::chrono;\n"),
    (rules.check_words, "controller/core/a.cpp", 'printf("x");\n', 'snprintf(b, n, "x");\n'),
    (rules.check_words, "controller/loop/a.cpp", "std::cout << 1;\n", "out << 1;\n"),
    (rules.check_words, "controller/loop/a.cpp", "std::this_thread::sleep_for(1s);\n",
     "changed.wait_for(lock, 1s);\n"),
    (rules.check_words, "controller/edge/command/a.cpp", 'std::fprintf(stderr, "x");\n',
     'print_line("x");\n'),
    (rules.check_words, "controller/edge/command/a.cpp", "std::fputs(text, stdout);\n",
     'snprintf(b, n, "x");\n'),
    (rules.check_words, "controller/main.cpp", "std::cerr << 1;\n", "print_problem(text);\n"),
    (rules.check_limits, "test/e2e/test_a.py", "process.wait(30)\n", "process.wait(PATIENCE_S)\n"),
    (rules.check_limits, "test/e2e/test_a.py", "run(timeout=20)\n",
     "run(timeout=400)\nrun(timeout=1)\nrun(timeout=PATIENCE_S)\n"),
    (rules.check_limits, "test/chaos/a.py", "end = time.monotonic() + 10\n",
     "end = time.monotonic() + PATIENCE_S\n"),
    (rules.check_pragma_once, "a.h", "int a();\n", "#pragma once\nint a();\n"),
]


class Rules(unittest.TestCase):
    def test_each_rule(self):
        for rule, path, bad, good in CASES:
            with self.subTest(rule=rule.__name__, bad=bad[:40]):
                self.assertTrue(list(rule(path, bad)), "the bad text passed")
                self.assertEqual([], list(rule(path, good)))

    def test_every_file_has_a_room(self):
        self.assertTrue(list(rules.check_layering("controller/edge/a.cpp", "int a;\n")))
        self.assertEqual([], list(rules.check_layering("controller/edge/text/a.cpp", "int a;\n")))

    def test_only_one_file_prints_for_the_commands(self):
        text = "std::fwrite(data, 1, size, out);\n"
        self.assertEqual([], list(rules.check_words("controller/edge/command/print.cpp", text)))
        self.assertTrue(list(rules.check_words("controller/edge/command/printer.cpp", text)))

    def test_main_may_see_everything_of_ours(self):
        text = '#include "core/a.h"\n#include "edge/command/c.h"\n#include <poll.h>\n'
        self.assertEqual([], list(rules.check_layering("controller/main.cpp", text)))

    def test_heavy_headers(self):
        def complaints(**files):
            paths = {f"controller/edge/{name.replace('__', '/')}"[:-2] + "." + name[-1]
                     .replace("c", "cpp"): text for name, text in files.items()}
            return list(rules.check_heavy_headers(paths))

        curl = "#include <curl/curl.h>\n"
        self.assertEqual([], complaints(client__a_c=curl, client__b_h=curl))
        self.assertTrue(complaints(docker__a_c=curl))
        self.assertTrue(complaints(client__b_h=curl, docker__a_c='#include "edge/client/b.h"\n'))
        self.assertTrue(complaints(client__b_h=curl, client__c_h='#include "edge/client/b.h"\n',
                                   docker__a_c='#include "edge/client/c.h"\n'))
        json = "#include <nlohmann/json.hpp>\n"
        self.assertEqual([], complaints(docker__a_c=json, http__a_c=json,
                                        text__a_h="#include <nlohmann/json_fwd.hpp>\n"))
        self.assertTrue(complaints(docker__a_h=json))

    def test_shell_functions(self):
        def complaints(**files):
            return list(rules.check_shell_functions(
                {f"test/{name}.sh": text for name, text in files.items()}))

        self.assertTrue(complaints(a="clean_up() {\n    :\n}\n# clean_up\n"))
        self.assertEqual([], complaints(a="clean_up() {\n    :\n}\ntrap clean_up EXIT\n"))
        self.assertTrue(complaints(a="say() {\n    :\n}\n", b="say hello\n"))
        self.assertEqual([], complaints(lib="say() {\n    :\n}\n", b="say hello\n"))

    def test_top_level(self):
        self.assertEqual([], list(rules.check_top_level(["controller/a.h", ".ci/run"])))
        self.assertTrue(list(rules.check_top_level(["notes.txt"])))


if __name__ == "__main__":
    unittest.main()
