// The dashboard as the program holds it. Its behaviour needs a browser.
#include "edge/http/dashboard.h"

#include <doctest/doctest.h>

#include <string>

#include "unit/source_tree.h"

using namespace roundhouse;

namespace {

std::string part(const std::string& name) {
    return test::source_file("controller/edge/http/dashboard/" + name);
}

bool holds(std::string_view text, std::string_view what) {
    return text.find(what) != std::string_view::npos;
}

}  // namespace

TEST_SUITE("dashboard") {
    TEST_CASE("style and scripts are within the page, unchanged") {
        const std::string_view page = dashboard_page();
        REQUIRE(part("style.css").size() > 100);
        CHECK(page.starts_with("<!DOCTYPE html>"));
        CHECK(page.ends_with("</html>\n"));
        CHECK(holds(page, part("style.css")));
        for (const char* script : {"words.js", "view.js", "history.js", "updates.js"}) {
            CAPTURE(script);
            REQUIRE(part(script).size() > 100);
            CHECK(holds(page, part(script)));
        }
        CHECK_FALSE(holds(page, "@style@"));
        CHECK_FALSE(holds(page, "@script@"));
        CHECK(page.size() < 60'000);
    }

    TEST_CASE("it works below a path of a reverse proxy: no URL begins at the root") {
        CHECK(holds(dashboard_page(), "\"api/v1/pool\""));
        for (const char* rooted : {"\"/api", "'/api", "`/api", "\"/metrics"})
            CHECK_FALSE(holds(dashboard_page(), rooted));
    }

    TEST_CASE("nothing is loaded from elsewhere, and data cannot become markup") {
        const std::string_view page = dashboard_page();
        CHECK(holds(page, "default-src 'none'"));
        for (const char* loader : {" src=", "@import", "url(", "import(", "//cdn"})
            CHECK_FALSE(holds(page, loader));
        for (const char* markup :
             {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("})
            CHECK_FALSE(holds(page, markup));
    }
}
