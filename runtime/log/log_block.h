#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/log/line_assembler.h"

namespace trainyard {

// What stands before the events of a block, as it lies in the file.
struct LogBlockHeader {
  static constexpr std::uint32_t magic_value = 0x31474C54;  // "TLG1"
  static constexpr std::uint32_t size_limit = 64 * 1024 * 1024;

  std::uint32_t magic = magic_value;
  std::uint32_t checksum = 0;  // CRC-32 of the header behind this member and of the events
  std::uint32_t size = 0;      // of the events, in bytes
  std::uint32_t events = 0;
  std::uint64_t first_event = 0;  // number of the first event within the stream
  std::int64_t last_time = 0;     // of the last event, nanoseconds
  std::int64_t position_since = 0;
  std::uint64_t position_frames = 0;
  std::uint64_t position_emitted_bytes[2] = {0, 0};
};
static_assert(sizeof(LogBlockHeader) == 64);

LogBlockHeader make_log_block_header(std::string_view events, std::uint32_t count,
                                     std::uint64_t first_event, Time last_time,
                                     const LogPosition& position);
LogPosition position_of(const LogBlockHeader& header);

// Appends one event in file format.
void append_log_event(std::string& buffer, Time time, std::string_view message);

// Takes the first event off `events`; data_corrupt when it does not hold one.
struct LogEventView {
  Time time{};
  std::string_view message;
};
Result<LogEventView> take_log_event(std::string_view& events);

// Reads the whole block at `offset` of a file. False at the end, and where a block is torn.
Result<bool> read_log_block(int fd, std::uint64_t offset, LogBlockHeader& header,
                            std::string& events);

}  // namespace trainyard
