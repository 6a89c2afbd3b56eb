#pragma once

// Writes a tar stream, entry by entry, in bounded memory. Used both for what is put into a
// container and for the archives that a job leaves.
//
// The bytes depend on nothing but the entries: owner 0:0 without names, whole seconds, permission
// bits without set-id and sticky bits. The GNU format is used because it keeps names of any bytes
// and any length as they are, whatever the locale, and sizes above 8 GiB.
//
// Used by one thread. The sink must outlive the writer. The first error stays: every later call
// returns it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "runtime/artifact/tree_target.h"
#include "runtime/base/result.h"
#include "runtime/base/stream.h"

namespace trainyard {

class TarWriter final : public TreeTarget {
 public:
  explicit TarWriter(ByteSink& sink);
  ~TarWriter() override;
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;

  // A socket or device cannot be kept in an archive (unsupported).
  Result<void> begin(const TreeEntry& entry) override;
  Result<void> write(std::span<const std::byte> bytes) override;
  // Ends the archive. Without it the stream is cut short.
  Result<void> finish() override;

 private:
  struct State;
  Result<void> end_entry();
  Result<void> check(int status, const char* what);

  std::unique_ptr<State> state_;
};

}  // namespace trainyard
