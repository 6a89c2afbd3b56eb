#pragma once

// Do daemon and Engine see the same files at the same paths, and can the Engine lay an overlay over
// them? Found out by trying, once, with an image that the Engine has; nothing of it runs. Any
// thread; one at a time probes, the others wait for its result.

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "runtime/base/result.h"
#include "runtime/channel/overlay.h"
#include "runtime/engine/container_engine.h"

namespace trainyard {

struct Sharing {
  bool shared = false;
  UpperAccess access = UpperAccess::helper;  // when shared
  std::string reason;                        // when not
  bool certain = true;                       // false: an error is all that is known
};

class SharingProbe {
 public:
  // `scratch` is the directory below which channels are built; it exists.
  // What probing makes in it lies in a directory of its own, whose name no job can have.
  SharingProbe(ContainerEngine& engine, Clock& clock, std::filesystem::path scratch)
      : engine_(engine), clock_(clock), scratch_(std::move(scratch)) {}

  // Errors only where nothing was found out (Engine away, stopped); the next call tries again. What
  // an error told (a full disk, an Engine that refuses) is asked again after a minute.
  Result<Sharing> probe(const std::string& image, const Labels& labels, std::stop_token stop);

  // What was found out so far.
  std::optional<Sharing> known() const;

  // Can `directory`, without links in its path, be a lower layer as it is? Nothing when it can,
  // else the reason. Probes once for each file system mount.
  Result<std::optional<std::string>> fault_of(const std::filesystem::path& directory,
                                              const std::string& image, const Labels& labels,
                                              std::stop_token stop);

 private:
  Result<Sharing> try_scratch(const std::string& image, const Labels& labels, std::stop_token stop);
  Result<bool> reads_back(const std::string& lower, const std::string& name,
                          const std::string& content, UpperAccess access, const std::string& image,
                          const Labels& labels, std::stop_token stop);

  ContainerEngine& engine_;
  Clock& clock_;
  std::filesystem::path scratch_;
  mutable std::mutex mutex_;  // of the results
  std::mutex probing_;        // held while probing
  std::optional<Sharing> sharing_;
  Time ask_again_ = no_deadline;          // sharing_ is good until then
  std::map<std::uint64_t, bool> mounts_;  // by mount id: shared?
};

}  // namespace trainyard
