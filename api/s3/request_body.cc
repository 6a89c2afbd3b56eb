#include "api/s3/request_body.h"

#include <algorithm>

#include "api/wire/text.h"

namespace trainyard::api {

namespace {

bool is_chunked(const Headers& headers) {
  if (headers.get("x-amz-content-sha256").starts_with("STREAMING-")) return true;
  for (const std::string_view encoding : headers.all("content-encoding")) {
    if (encoding.find("aws-chunked") != encoding.npos) return true;
  }
  return false;
}

S3Result<std::uint64_t> decoded_length(const Headers& headers) {
  const std::string_view text = headers.get("x-amz-decoded-content-length");
  if (text.empty()) return s3_failure("MissingContentLength");
  const auto length = parse_number<std::uint64_t>(text);
  if (!length) {
    return s3_failure("InvalidArgument", "x-amz-decoded-content-length is not a number");
  }
  return *length;
}

S3Error read_error(const Error& error) {
  if (error.kind == ErrorKind::data_corrupt || error.kind == ErrorKind::unavailable) {
    return {"IncompleteBody", "", {}};
  }
  if (error.kind == ErrorKind::invalid_argument) return {"InvalidRequest", error.message, {}};
  return general_error(error);
}

}  // namespace

S3Result<RequestBody> RequestBody::open(Request& request, std::uint64_t most) {
  RequestBody body;
  body.plain_ = request.body;
  body.length_ = request.content_length;
  TRY(body.claimed_, claimed_checksums(request.headers));
  if (is_chunked(request.headers)) {
    TRY(body.length_, decoded_length(request.headers));
    body.chunked_ = std::make_unique<ChunkedSource>(*request.body, *body.length_);
  } else if (body.claimed_.in_trailer) {
    return s3_failure("InvalidRequest", "x-amz-trailer needs an aws-chunked body.");
  }
  // S3 wants to know how long an object is before it comes.
  if (!body.length_) return s3_failure("MissingContentLength");
  if (*body.length_ > most) {
    return s3_failure("EntityTooLarge", {{"ProposedSize", std::to_string(*body.length_)},
                                         {"MaxSizeAllowed", std::to_string(most)}});
  }
  return body;
}

S3Result<void> RequestBody::receive(ByteSink& sink, std::uint64_t& received) {
  ByteSource& source = chunked_ ? static_cast<ByteSource&>(*chunked_) : *plain_;
  // Room for the chunks' frames, too, of a small body.
  const auto size =
      static_cast<std::size_t>(std::min<std::uint64_t>(stream_buffer_bytes, *length_ + 1024));
  const auto buffer = std::make_unique_for_overwrite<std::byte[]>(size);
  for (;;) {
    const auto count = source.read({buffer.get(), size});
    if (!count) return tl::unexpected<S3Error>(read_error(count.error()));
    if (*count == 0) break;
    received += *count;
    TRY_VOID(lift(sink.write({buffer.get(), *count})));
  }
  if (received != *length_) return s3_failure("IncompleteBody");
  if (chunked_) TRY_VOID(add_trailing_checksum(claimed_, chunked_->trailers()));
  return {};
}

S3Result<void> RequestBody::receive(BodyWriter& writer) {
  std::uint64_t received = 0;
  TRY_VOID(receive(writer, received));
  return compare_checksums(claimed_, writer.finish());
}

S3Result<std::string> RequestBody::receive_text() {
  StringSink sink;
  std::uint64_t received = 0;
  TRY_VOID(receive(sink, received));
  BodyDigests digests;
  auto algorithms = claimed_.algorithms();
  algorithms.insert(DigestAlgorithm::md5);
  for (const DigestAlgorithm algorithm : algorithms) {
    digests.raw[algorithm] = digest_of(algorithm, sink.text());
  }
  TRY_VOID(compare_checksums(claimed_, digests));
  return std::move(sink.text());
}

}  // namespace trainyard::api
