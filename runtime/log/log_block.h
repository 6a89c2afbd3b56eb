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
  static constexpr std::uint32_t magic_value = 0x32474C54;  // "TLG2"
  static constexpr std::uint32_t size_limit = 64 * 1024 * 1024;

  std::uint32_t magic = magic_value;
  std::uint32_t checksum = 0;  // CRC-32 of the header behind this member and of the events
  std::uint32_t size = 0;      // of the events, in bytes
  std::uint32_t events = 0;
  std::uint64_t first_event = 0;    // number of the first event within the stream
  std::int64_t latest_time = 0;     // of all events up to the end of this block, nanoseconds
  std::uint64_t late_events = 0;    // up to here: those that are earlier than one before them
  std::int64_t ingestion_time = 0;  // when the block was written, nanoseconds
  std::int64_t position_since = 0;  // see LogPosition
  std::uint64_t position_frames = 0;
  std::uint64_t position_preceding = 0;
  std::uint64_t position_emitted_bytes[2] = {0, 0};
};
static_assert(sizeof(LogBlockHeader) == 88);

// Fills in what is computed: the size of the events and the checksum, which must come last.
void seal_log_block(LogBlockHeader& header, std::string_view events);
void set_position(LogBlockHeader& header, const LogPosition& position);
LogPosition position_of(const LogBlockHeader& header);

// Appends one event in file format.
void append_log_event(std::string& buffer, Time time, std::string_view message);

// Takes the first event off `events`; data_corrupt when it does not hold one.
struct LogEventView {
  Time time{};
  std::string_view message;
};
Result<LogEventView> take_log_event(std::string_view& events);

// Takes the first block off `bytes`. False when `bytes` does not begin with a whole one; `header`
// then says how large it would be when its magic is right and its size not 0.
bool take_log_block(std::string_view& bytes, LogBlockHeader& header, std::string_view& events);

// Reads up to `size` bytes at `offset` of a file; fewer only at its end.
Result<std::size_t> read_log_bytes(int fd, char* buffer, std::size_t size, std::uint64_t offset);

// Reads the whole block at `offset` of a file. False at the end, and where a block is torn.
Result<bool> read_log_block(int fd, std::uint64_t offset, LogBlockHeader& header,
                            std::string& events);

}  // namespace trainyard
