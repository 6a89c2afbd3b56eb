#include "api/wire/request_text.h"

#include <array>

#include <zlib.h>

namespace trainyard::api {

namespace {

AwsError too_large(std::string_view detail) {
  return AwsError::request_too_large(
      fmt::format("The request body has {}; at most {} bytes (8 MiB) are accepted.", detail,
                  request_bytes_max));
}

AwsError not_gzip() {
  return AwsError::serialization(
      "The request body is not gzip, although Content-Encoding says so.");
}

class Inflater {
 public:
  // 16 selects gzip's own header and trailer.
  Inflater() : ready_(::inflateInit2(&stream_, 16 + MAX_WBITS) == Z_OK) {}
  ~Inflater() {
    if (ready_) ::inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  ApiResult<std::string> run(std::string& packed) {
    if (!ready_) return failure(AwsError::internal_failure("No memory to unpack the request."));
    stream_.next_in = reinterpret_cast<Bytef*>(packed.data());
    stream_.avail_in = static_cast<uInt>(packed.size());
    std::string text;
    std::array<char, 64 * 1024> buffer{};
    for (int state = Z_OK; state != Z_STREAM_END;) {
      stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream_.avail_out = static_cast<uInt>(buffer.size());
      state = ::inflate(&stream_, Z_NO_FLUSH);
      if (state != Z_OK && state != Z_STREAM_END) return failure(not_gzip());
      text.append(buffer.data(), buffer.size() - stream_.avail_out);
      if (text.size() > request_bytes_max) return failure(too_large("more bytes once unpacked"));
    }
    return text;
  }

 private:
  z_stream stream_{};
  bool ready_;
};

}  // namespace

ApiResult<std::string> read_request_text(Request& request) {
  if (request.content_length && *request.content_length > request_bytes_max) {
    return failure(too_large(fmt::format("{} bytes", *request.content_length)));
  }
  auto text = read_all(*request.body, request_bytes_max);
  if (!text && text.error().kind == ErrorKind::limit_exceeded) {
    return failure(too_large("more bytes"));
  }
  if (!text) return failure(AwsError::from(text.error()));
  if (request.headers.get("Content-Encoding") != "gzip") return std::move(*text);
  return Inflater().run(*text);
}

}  // namespace trainyard::api
