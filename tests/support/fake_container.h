#pragma once

// The inside of FakeEngine: its containers and volumes. Guarded by the engine's mutex, except what
// never changes after the container was made.

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/engine/container_engine.h"
#include "tests/support/fake_engine.h"
#include "tests/support/fake_tree.h"

namespace trainyard::testing {

struct FakeVolume {
  std::string name;
  Labels labels;
  bool anonymous = false;
  FakeTree tree;
};

struct FakeLogRecord {
  LogFrame::Stream stream;
  Time time;
  std::string bytes;
};

struct FakeContainer {
  ContainerSpec spec;
  FakeImage image;
  ContainerState state;
  FakeTree tree;                                              // outside of the mounts
  std::map<std::string, std::shared_ptr<FakeVolume>> mounts;  // by target
  std::vector<FakeLogRecord> logs;
  std::deque<std::string> signals;
  bool killed = false;
  bool removed = false;

  // The tree that an absolute path leads into, and the rest of the path.
  std::pair<FakeTree*, std::string> locate(std::string path);
  std::optional<std::string> content(const std::string& path);
};

// Sub-trees as they come out of and go into the archive API.
Result<FakeTree> extract_tree(FakeContainer& container, const std::string& path);
Result<void> insert_tree(FakeContainer& container, const std::string& path, const FakeTree& files);

bool carries(const Labels& all, const Labels& wanted);
// CIDR blocks such as "10.213.4.0/24".
bool subnets_overlap(const std::string& left, const std::string& right);
std::string address_in_subnet(const std::string& subnet, unsigned host);
std::string with_tag(const std::string& reference);

}  // namespace trainyard::testing
