#include "api/s3/chunk_decoder.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace trainyard::api {

namespace {

constexpr std::size_t longest_line = 4096;
constexpr std::size_t most_trailers = 32;
// Sixteen digits could say more bytes than any body has, and overflow what is added up.
constexpr std::size_t most_size_digits = 15;

tl::unexpected<Error> malformed(std::string_view what) {
  return failure(ErrorKind::invalid_argument, fmt::format("the aws-chunked body {}", what));
}

}  // namespace

// True when line_ holds a whole line, without its end.
Result<bool> ChunkDecoder::take_line(std::span<const std::byte>& input) {
  const auto end = std::find(input.begin(), input.end(), std::byte{'\n'});
  const auto count = static_cast<std::size_t>(end - input.begin());
  if (line_.size() + count > longest_line) return malformed("has a line that is too long");
  line_.append(as_text(input.first(count)));
  if (end == input.end()) {
    input = {};
    return false;
  }
  input = input.subspan(count + 1);
  if (line_.ends_with('\r')) line_.pop_back();
  return true;
}

Result<void> ChunkDecoder::begin_chunk() {
  const std::size_t semicolon = std::min(line_.find(';'), line_.size());
  const std::string_view digits = std::string_view(line_).substr(0, semicolon);
  const char* const end = digits.data() + digits.size();
  if (digits.empty() || digits.size() > most_size_digits) return malformed("has no chunk size");
  const auto [parsed, error] = std::from_chars(digits.data(), end, left_in_chunk_, 16);
  if (error != std::errc{} || parsed != end) return malformed("has no chunk size");
  extension_ = line_.substr(std::min(semicolon + 1, line_.size()));
  state_ = left_in_chunk_ == 0 ? State::trailer_line : State::data;
  return {};
}

Result<void> ChunkDecoder::add_trailer() {
  const std::size_t colon = line_.find(':');
  if (colon == line_.npos || colon == 0) return malformed("has a malformed trailer");
  if (trailers_.fields().size() == most_trailers) return malformed("has too many trailers");
  std::string_view value = std::string_view(line_).substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (value.ends_with(' ')) value.remove_suffix(1);
  trailers_.add(line_.substr(0, colon), std::string(value));
  return {};
}

Result<ChunkDecoder::Step> ChunkDecoder::decode(std::span<const std::byte> input) {
  const std::size_t size = input.size();
  while (!input.empty()) {
    if (state_ == State::finished) return malformed("goes on after its end");
    if (state_ == State::data) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_in_chunk_, input.size()));
      left_in_chunk_ -= count;
      payload_bytes_ += count;
      if (left_in_chunk_ == 0) state_ = State::data_end;
      return Step{size - input.size() + count, input.first(count), false};
    }
    TRY(const bool whole, take_line(input));
    if (!whole) break;
    if (state_ == State::size_line) {
      TRY_VOID(begin_chunk());
      line_.clear();
      return Step{size - input.size(), {}, true};
    } else if (state_ == State::data_end) {
      if (!line_.empty()) return malformed("has a chunk that is longer than its size");
      state_ = State::size_line;
    } else if (line_.empty()) {
      state_ = State::finished;
    } else {
      TRY_VOID(add_trailer());
    }
    line_.clear();
  }
  return Step{size - input.size(), {}, false};
}

Result<std::size_t> ChunkedSource::read(std::span<std::byte> buffer) {
  // Decoded in place: payload only ever moves toward the front.
  for (;;) {
    TRY(const std::size_t count, encoded_.read(buffer));
    if (count == 0) {
      if (!decoder_.finished() || decoder_.payload_bytes() != payload_length_) {
        return failure(ErrorKind::data_corrupt, "the body is shorter than it says");
      }
      return 0;
    }
    std::span<const std::byte> input = buffer.first(count);
    std::size_t filled = 0;
    while (!input.empty()) {
      TRY(const ChunkDecoder::Step step, decoder_.decode(input));
      if (!step.payload.empty()) {
        std::memmove(buffer.data() + filled, step.payload.data(), step.payload.size());
      }
      filled += step.payload.size();
      input = input.subspan(step.consumed);
    }
    if (decoder_.payload_bytes() > payload_length_) {
      return failure(ErrorKind::data_corrupt, "the body is longer than it says");
    }
    if (filled > 0) return filled;
  }
}

}  // namespace trainyard::api
