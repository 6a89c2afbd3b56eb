#pragma once

// Adds up what the Engine says in the course of a pull.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

namespace trainyard {

class PullProgress {
 public:
  // Takes one line of the Engine's stream. Returns its error text when it is one.
  std::optional<std::string> take(const nlohmann::json& line);

  // "3 of 7 layers, 120 of 512 MB"; "" before there is anything to say. The total grows while the
  // Engine learns the sizes of the layers.
  std::string summary() const;

 private:
  struct Layer {
    std::int64_t received = 0;
    std::int64_t size = 0;
    bool done = false;
  };
  std::map<std::string, Layer> layers_;  // by the Engine's short id
};

}  // namespace trainyard
