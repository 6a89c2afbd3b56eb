#pragma once

// Reads multipart/form-data (RFC 7578) as it arrives: small fields first, then one file whose bytes
// stream. What comes behind the file is passed over. Everything but the file is bounded. Used by
// one thread at a time.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/stream.h"

namespace trainyard::api {

class FormReader final : public ByteSource {
 public:
  // `body` outlives the reader.
  FormReader(ByteSource& body, std::string_view boundary);

  // The boundary that a Content-Type of multipart/form-data names.
  static std::optional<std::string> boundary_of(std::string_view content_type);

  struct Field {
    std::string name;
    std::string value;
  };

  // The fields before the file, in order; afterwards `read` gives the file, if there is one.
  // ErrorKind::invalid_argument when it is no such form, limit_exceeded when the fields together
  // are longer than `most` bytes.
  Result<std::vector<Field>> read_fields(std::size_t most);
  bool has_file() const { return in_file_; }
  const std::string& file_name() const { return file_name_; }

  // Of the file. A form that ends within it is ErrorKind::data_corrupt.
  Result<std::size_t> read(std::span<std::byte> buffer) override;

 private:
  struct PartHead {
    std::string name;
    std::optional<std::string> file_name;
  };

  Result<bool> fill();
  Result<std::string> take_until(std::string_view mark);
  Result<std::optional<PartHead>> next_part();

  ByteSource& body_;
  std::string delimiter_;  // what stands before each part but the first
  std::string pending_;    // read from the body, not yet looked at
  std::size_t left_ = 0;   // bytes that may still come before the file
  bool in_file_ = false;
  bool file_ended_ = false;
  std::string file_name_;
};

}  // namespace trainyard::api
