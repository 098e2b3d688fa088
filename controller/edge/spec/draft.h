// A spec while it is being read: the values so far, where they stand, and what is wrong with them.
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

// "spec.template" and "env": "spec.template.env". A key that is long or no clean text is shown
// cleaned.
std::string member_path(const std::string& owner, std::string_view key);

class SpecDraft {
  public:
    SpecDraft(std::string file, const SpecDefaults& defaults);

    EnginePool pool;
    GatewaySpec gateway;  // the one being read; it joins the pool when its last field is read

    void add_error(const TextMark& mark, const std::string& path, std::string message);
    void add_warning(const TextMark& mark, const std::string& path, std::string message);

    // The same, at the place of `path` or, where the spec does not give it, of what it belongs to.
    void add_error(const std::string& path, std::string message);
    void add_warning(const std::string& path, std::string message);

    // Remembers that the spec gives this field.
    void note(const std::string& path, const TextMark& mark) { given_.emplace(path, mark); }
    bool gives(const std::string& path) const { return given_.contains(path); }

    // "3:5", for messages about one field that have to name another.
    std::string place_of(const std::string& path) const;

    // Marks a field as not to be judged any further, without a message of its own.
    void distrust(const std::string& path) { broken_.insert(path); }
    // Neither the field nor anything that it belongs to has an error. What is not sound holds no
    // meaningful value, and complaints about it would only hide the cause.
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
