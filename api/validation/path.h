#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard::api {

// Where in a request a value lies.
class Path {
 public:
  void enter_member(std::string_view name) { steps_.push_back({name, 0}); }
  // `position` counts from one, as the service does.
  void enter_item(std::size_t position) { steps_.push_back({{}, position}); }
  void leave() { steps_.pop_back(); }

  // As the service's messages write it: inputDataConfig.1.member.channelName
  std::string in_message() const;
  // As tables of ours write it, one row for all items of a list: InputDataConfig[].ChannelName
  std::string in_table() const;

 private:
  struct Step {
    std::string_view member;  // empty for an item
    std::size_t position;
  };

  std::vector<Step> steps_;
};

}  // namespace trainyard::api
