// A spec while it is read: the values so far, their places in the text, and the problems found.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/spec.h"
#include "edge/spec/manifest.h"
#include "edge/spec/yaml_tree.h"

namespace roundhouse {

// "spec.template" and "env" make "spec.template.env". The key is cleaned, since it may be any text.
std::string member_path(const std::string& owner, std::string_view key);

class SpecDraft {
  public:
    SpecDraft(std::string file, const SpecDefaults& defaults);

    EnginePool pool;
    GatewaySpec gateway;  // the one being read; the reader moves it into the pool when complete

    void add_error(const TextMark& mark, const std::string& path, std::string message);
    void add_warning(const TextMark& mark, const std::string& path, std::string message);

    // The same, at the place of `path`, or of its nearest section if the spec leaves it out.
    void add_error(const std::string& path, std::string message);
    void add_warning(const std::string& path, std::string message);

    // Records that the spec gives this field, and where.
    void note(const std::string& path, const TextMark& mark) { given_.emplace(path, mark); }
    bool gives(const std::string& path) const { return given_.contains(path); }

    // "3:5", for a message about one field that names another.
    std::string place_of(const std::string& path) const;

    // Excludes a field from all further checks, without an error of its own.
    void mark_broken(const std::string& path) { broken_.insert(path); }
    // Whether neither the field nor a section around it has an error. The value of an unsound field
    // means nothing, and further errors about it would only hide the cause.
    bool sound(std::string_view path) const;

    const std::vector<SpecProblem>& errors() const { return errors_; }
    const std::vector<SpecProblem>& warnings() const { return warnings_; }

  private:
    TextMark mark_of(std::string_view path) const;

    std::string file_;
    std::map<std::string, TextMark, std::less<>> given_;
    std::set<std::string, std::less<>> broken_;
    std::vector<SpecProblem> errors_;
    std::vector<SpecProblem> warnings_;
};

}  // namespace roundhouse
