#include <memory>

#include "api/s3/checksum_headers.h"
#include "api/s3/conditions.h"
#include "api/s3/object_headers.h"
#include "api/s3/operations.h"
#include "api/wire/http_date.h"

namespace trainyard::api {

namespace {

constexpr int most_parts = 10'000;

S3Result<void> check(const S3Call& call, const ObjectInfo& object) {
  switch (check_conditions(call.request.headers, "", object)) {
    case ConditionOutcome::holds:
      return {};
    case ConditionOutcome::not_modified:
      return tl::unexpected<S3Error>(S3Error{
          "NotModified",
          "",
          {},
          {{"ETag", quoted(object.etag)}, {"Last-Modified", to_http_date(object.last_modified)}}});
    case ConditionOutcome::failed:
      return s3_failure("PreconditionFailed");
  }
  return {};
}

// The bytes of one part; an object that was put whole is its own part 1.
S3Result<ByteRange> range_of_part(const BucketReader& object, int number) {
  std::vector<std::uint64_t> sizes = object.part_sizes();
  if (sizes.empty()) sizes.push_back(object.info().size);
  if (number < 1 || static_cast<std::size_t>(number) > sizes.size()) {
    return s3_failure("InvalidPartNumber", {{"ActualPartCount", std::to_string(sizes.size())},
                                            {"PartNumberRequested", std::to_string(number)}});
  }
  const auto index = static_cast<std::size_t>(number - 1);
  ByteRange range;
  for (std::size_t before = 0; before < index; ++before) range.first += sizes[before];
  range.length = sizes[index];
  return range;
}

S3Result<std::optional<ByteRange>> requested_range(const S3Call& call, const BucketReader& object) {
  const auto header = call.request.headers.find("range");
  if (call.query.has("partNumber")) {
    if (header) {
      return s3_failure("InvalidRequest",
                        "Cannot specify both Range header and partNumber query parameter");
    }
    TRY(const int number, query_number(call, "partNumber", 0, most_parts + 1));
    TRY(const ByteRange range, range_of_part(object, number));
    return range;
  }
  if (!header || !range_is_current(call.request.headers, object.info())) return std::nullopt;
  const RangeOutcome outcome = parse_range(*header, object.info().size);
  if (!outcome.satisfiable) {
    return s3_failure("InvalidRange", {{"RangeRequested", std::string(*header)},
                                       {"ActualObjectSize", std::to_string(object.info().size)}});
  }
  return outcome.range;
}

}  // namespace

S3Result<Response> get_object(S3Call& call) {
  TRY(auto opened, lift_object(call, call.store.open_object(call.bucket, call.key, call.version)));
  const std::shared_ptr<BucketReader> reader = std::move(opened);
  const ObjectInfo& object = reader->info();
  TRY_VOID(check(call, object));
  TRY(const auto range, requested_range(call, *reader));

  Response response;
  TRY_VOID(add_object_headers(call, object, response.headers));
  const ByteRange bytes = range.value_or(ByteRange{0, object.size});
  if (range) {
    response.status = 206;
    // An empty part has no range that could be written down.
    if (bytes.length > 0) {
      response.headers.add(
          "Content-Range",
          fmt::format("bytes {}-{}/{}", bytes.first, bytes.first + bytes.length - 1, object.size));
    }
  }
  if (call.query.has("partNumber") && !reader->part_sizes().empty()) {
    response.headers.add("x-amz-mp-parts-count", std::to_string(reader->part_sizes().size()));
  }
  // A checksum of the whole would be compared with the part that is sent.
  const bool whole = bytes.length == object.size;
  if (whole && call.header("x-amz-checksum-mode") == "ENABLED") {
    add_checksum(response.headers, object.checksum);
  }
  if (call.is_head()) {
    response.head_length = bytes.length;
  } else if (bytes.length > 0) {
    response.body = FileRange{reader, reader->fd(), bytes.first, bytes.length};
  }
  return response;
}

}  // namespace trainyard::api
