// What looks at the spec's files show, and when a change counts.
#include "edge/spec/file_stamps.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "unit/temporary_folder.h"

using namespace roundhouse;

namespace {

FileStamps look_at(std::int64_t size_bytes) {
    return {{"engines.yaml", {.inode = 1, .size_bytes = size_bytes}}};
}

}  // namespace

TEST_CASE("a change counts once two further looks show the same") {
    RestDetector detector;
    detector.know(look_at(10));
    for (int i = 0; i < 5; ++i)
        CHECK_FALSE(detector.look(look_at(10)));
    CHECK_FALSE(detector.look(look_at(4)));  // half a file
    CHECK_FALSE(detector.look(look_at(4)));  // rests until the writer writes the rest
    CHECK_FALSE(detector.look(look_at(12)));
    CHECK_FALSE(detector.look(look_at(12)));
    CHECK(detector.look(look_at(12)));
    CHECK_FALSE(detector.look(look_at(12)));
}

TEST_CASE("a change that is taken back does not count") {
    RestDetector detector;
    detector.know(look_at(10));
    CHECK_FALSE(detector.look(look_at(4)));
    for (int i = 0; i < 5; ++i)
        CHECK_FALSE(detector.look(look_at(10)));
    detector.know(look_at(12));
    for (int i = 0; i < 5; ++i)
        CHECK_FALSE(detector.look(look_at(12)));
}

TEST_CASE("each part of a stamp counts") {
    const FileStamp stamp{1, 2, 3, 4, 5, 6};
    CHECK(stamp == FileStamp{1, 2, 3, 4, 5, 6});
    CHECK_FALSE(stamp == FileStamp{1, 2, 0, 4, 5, 6});
    CHECK_FALSE(stamp == FileStamp{1, 2, 3, 0, 5, 6});
    CHECK_FALSE(stamp == FileStamp{1, 2, 3, 4, 0, 6});
    CHECK_FALSE(stamp == FileStamp{1, 2, 3, 4, 5, 0});
}

TEST_CASE("equal sizes and times do not hide another content") {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/engines.yaml";
    const auto stamp_with = [&](const std::string& text) {
        std::ofstream(path) << text;
        std::filesystem::last_write_time(path, std::filesystem::file_time_type{});
        FileStamp stamp = read_file_stamps(path).at(path);
        stamp.changed_ns = 0;  // as on a share that keeps no such time
        return stamp;
    };
    const FileStamp three = stamp_with("replicas: 3\n");
    CHECK(stamp_with("replicas: 3\n") == three);
    CHECK_FALSE(stamp_with("replicas: 4\n") == three);
}
