#pragma once

// Which container this process runs in, where it runs in one.

#include <string>
#include <string_view>
#include <vector>

namespace trainyard {

// Ids and names under which an Engine may know our container, the surest first: from what the
// kernel says about our mounts (/proc/self/mountinfo: Engines mount /etc/hostname, /etc/hosts and
// /etc/resolv.conf from a directory named by the id) and groups (/proc/self/cgroup), and from the
// host name, which is the beginning of the id unless the container was given another. Only the
// Engine knows which of them it is.
std::vector<std::string> own_container_candidates(std::string_view mountinfo,
                                                  std::string_view cgroup,
                                                  const std::string& host_name);

// Of this process.
std::vector<std::string> own_container_candidates();

}  // namespace trainyard
