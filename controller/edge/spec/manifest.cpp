#include "edge/spec/manifest.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <tuple>
#include <utility>

#include "edge/spec/draft.h"
#include "edge/spec/file_stamps.h"
#include "edge/spec/reader.h"
#include "edge/spec/rules.h"
#include "edge/spec/yaml_tree.h"

namespace roundhouse {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_problems = 100;
constexpr std::size_t most_files = 100;

void append(std::vector<SpecProblem>& all, const std::vector<SpecProblem>& some) {
    all.insert(all.end(), some.begin(), some.end());
}

// Collects the pool and the problems of several documents and files.
class ManifestBuilder {
  public:
    ManifestBuilder(const SpecDefaults& defaults, const SpecCheck& further)
        : defaults_(defaults), further_(further) {}

    void add(const SourceText& source) {
        const YamlDocuments parsed = parse_yaml(source.text);
        for (const YamlProblem& problem : parsed.problems) {
            manifest_.errors.push_back(
                {source.name, problem.mark.line, problem.mark.column, "", problem.message});
        }
        for (const YamlNode& document : parsed.documents) {
            if (document.kind != YamlNode::Kind::null) add_document(source, document);
        }
    }

    void add_error(SpecProblem problem) { manifest_.errors.push_back(std::move(problem)); }

    // `origin` names the file or folder in an error about all of it.
    Manifest finish(const std::string& origin) && {
        if (first_place_.empty() && manifest_.errors.empty()) {
            manifest_.errors.push_back(
                {origin, 0, 0, "",
                 "holds no EnginePool; expected a document with apiVersion: roundhouse/v1 and "
                 "kind: EnginePool, in a .yaml or .yml file"});
        }
        sort(manifest_.errors);
        sort(manifest_.warnings);
        if (!manifest_.errors.empty()) manifest_.pool.reset();
        shorten(manifest_.errors, "errors");
        shorten(manifest_.warnings, "warnings");
        return std::move(manifest_);
    }

  private:
    void add_document(const SourceText& source, const YamlNode& document) {
        SpecDraft draft(source.name, defaults_);
        read_document(document, defaults_, draft);
        fill_in_defaults(draft, defaults_);
        check_rules(draft);
        if (further_) further_(draft);
        const bool is_pool = draft.sound("");
        if (is_pool && first_place_.empty()) {
            first_place_ = source.name + ":" + draft.place_of("");
            manifest_.source = source;
            manifest_.pool = std::move(draft.pool);
        } else if (is_pool) {
            draft.add_error("", "a second EnginePool; expected exactly one, and the first is at " +
                                    first_place_);
        }
        append(manifest_.errors, draft.errors());
        append(manifest_.warnings, draft.warnings());
    }

    static void sort(std::vector<SpecProblem>& problems) {
        std::sort(problems.begin(), problems.end(), [](const auto& a, const auto& b) {
            return std::tie(a.file, a.line, a.column, a.field, a.message) <
                   std::tie(b.file, b.line, b.column, b.field, b.message);
        });
    }

    static void shorten(std::vector<SpecProblem>& problems, const std::string& what) {
        if (problems.size() <= most_problems) return;
        const std::size_t left_out = problems.size() - (most_problems - 1);
        problems.resize(most_problems - 1);
        problems.push_back({problems.back().file, 0, 0, "",
                            "and " + std::to_string(left_out) + " further " + what});
    }

    const SpecDefaults& defaults_;
    const SpecCheck& further_;
    Manifest manifest_;
    std::string first_place_;  // of the first EnginePool, "engines.yaml:1:1"
};

SpecProblem problem_of(const fs::path& path, std::string message) {
    return {path.string(), 0, 0, "", std::move(message)};
}

// Reads one byte more than allowed, which shows that a file is too large.
void read_file(const fs::path& path, ManifestBuilder& builder) {
    const std::size_t most_bytes = YamlLimits{}.text_bytes;
    std::error_code error;
    if (!fs::is_regular_file(path, error)) {
        const std::string why = error ? error.message() : "not a file";
        builder.add_error(problem_of(path, "cannot be read: " + why));
        return;
    }
    std::ifstream stream(path, std::ios::binary);
    std::string text(most_bytes + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!stream.eof() && stream.fail()) {
        builder.add_error(problem_of(path, "cannot be read; check its permissions"));
        return;
    }
    text.resize(static_cast<std::size_t>(stream.gcount()));
    builder.add({path.string(), std::move(text)});
}

void read_folder(const fs::path& folder, ManifestBuilder& builder) {
    std::vector<fs::path> files;
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        if (is_spec_name(entries->path().filename().string())) files.push_back(entries->path());
    }
    if (error) {
        builder.add_error(problem_of(folder, "cannot be read: " + error.message()));
    } else if (files.size() > most_files) {
        builder.add_error(problem_of(
            folder, "holds more than " + std::to_string(most_files) + " files *.yaml and *.yml"));
    } else {
        std::sort(files.begin(), files.end());
        for (const fs::path& file : files)
            read_file(file, builder);
    }
}

}  // namespace

std::string to_string(const SpecProblem& problem) {
    std::string text = problem.file;
    if (problem.line > 0) {
        text += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
    }
    if (!problem.field.empty()) text += ": " + problem.field;
    return text + ": " + problem.message;
}

Manifest parse_manifest(const std::vector<SourceText>& sources, const SpecDefaults& defaults,
                        const SpecCheck& further) {
    ManifestBuilder builder(defaults, further);
    for (const SourceText& source : sources)
        builder.add(source);
    return std::move(builder).finish(sources.empty() ? "spec" : sources.front().name);
}

Manifest read_manifest(const std::string& path, const SpecDefaults& defaults,
                       const SpecCheck& further) {
    ManifestBuilder builder(defaults, further);
    std::error_code error;
    const bool is_folder = fs::is_directory(path, error);
    if (error) {
        builder.add_error(problem_of(path, "cannot be read: " + error.message()));
    } else if (is_folder) {
        read_folder(path, builder);
    } else {
        read_file(path, builder);
    }
    return std::move(builder).finish(path);
}

}  // namespace roundhouse
