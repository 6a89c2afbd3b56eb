#pragma once

// How many files the process may have open (connections are files to the kernel), and how many of
// them connections may be. What is left is for everything else: stores, logs, the Engine.

#include <cstddef>
#include <cstdint>

namespace trainyard::server {

// Raises the soft limit to the hard one, which needs no rights. The limit from then on.
std::uint64_t raise_open_file_limit();

struct ConnectionShares {
  std::size_t clients = 0;   // at the daemon's own address
  std::size_t each_job = 0;  // at that of one job

  friend bool operator==(const ConnectionShares&, const ConnectionShares&) = default;
};

// Neither clients nor `jobs` jobs can take what the others need, all together never what the daemon
// itself does; but where `limit` is very low, each still gets a few.
ConnectionShares share_open_files(std::uint64_t limit, int jobs);

}  // namespace trainyard::server
