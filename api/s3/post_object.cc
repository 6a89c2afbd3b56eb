// Uploads by HTML forms ("Browser-based uploads using POST" in the Amazon S3 user guide).

#include <algorithm>
#include <set>

#include "api/s3/checksum_headers.h"
#include "api/s3/object_headers.h"
#include "api/s3/operations.h"
#include "api/s3/post_policy.h"
#include "api/s3/request_body.h"
#include "api/s3/tags.h"
#include "api/wire/form_reader.h"
#include "api/wire/text.h"
#include "api/wire/xml_writer.h"

namespace trainyard::api {

namespace {

constexpr std::size_t most_field_bytes = 20 * 1024;

class Form {
 public:
  explicit Form(std::vector<FormField> fields) : fields_(std::move(fields)) {}

  std::string_view get(std::string_view name) const {
    const auto found = std::find_if(fields_.begin(), fields_.end(),
                                    [&](const FormField& field) { return field.name == name; });
    return found == fields_.end() ? std::string_view() : found->value;
  }
  void set(std::string_view name, const std::string& value) {
    for (FormField& field : fields_) {
      if (field.name == name) field.value = value;
    }
  }
  const std::vector<FormField>& fields() const { return fields_; }

  // The fields that stand for headers, as those.
  Headers headers() const {
    Headers headers;
    for (const FormField& field : fields_) headers.add(field.name, field.value);
    if (const auto acl = get("acl"); !acl.empty()) headers.add("x-amz-acl", std::string(acl));
    return headers;
  }

 private:
  std::vector<FormField> fields_;
};

S3Error form_error(const Error& error) {
  switch (error.kind) {
    case ErrorKind::invalid_argument:
      return {"MalformedPOSTRequest", "", {}};
    case ErrorKind::limit_exceeded:
      return {"MaxPostPreDataLengthExceeded", "", {}};
    case ErrorKind::data_corrupt:
    case ErrorKind::unavailable:
      return {"IncompleteBody", "", {}};
    default:
      return general_error(error);
  }
}

S3Result<Form> read_form(FormReader& reader) {
  auto fields = reader.read_fields(most_field_bytes);
  if (!fields) return tl::unexpected<S3Error>(form_error(fields.error()));
  // One field of a name: else a policy could be held against one and the other be used.
  std::set<std::string> names;
  std::vector<FormField> lowered;
  for (auto& [name, value] : *fields) {
    lowered.push_back({to_lower(name), std::move(value)});
    if (names.insert(lowered.back().name).second) continue;
    return s3_failure("InvalidArgument", fmt::format("The form has more than one field named '{}'.",
                                                     lowered.back().name.substr(0, 100)));
  }
  return Form(std::move(lowered));
}

// Some browsers send the whole path.
std::string plain_file_name(const std::string& name) {
  return name.substr(name.find_last_of("/\\") + 1);
}

S3Result<std::string> key_of(const Form& form, const std::string& file_name) {
  std::string key(form.get("key"));
  constexpr std::string_view variable = "${filename}";
  const std::string name = plain_file_name(file_name);
  for (std::size_t at = 0; (at = key.find(variable, at)) != key.npos; at += name.size()) {
    key.replace(at, variable.size(), name);
  }
  if (key.empty()) {
    return s3_failure("InvalidArgument",
                      "Bucket POST must contain a field named 'key'.  If it is specified, please "
                      "check the order of the fields.");
  }
  TRY_VOID(check_key(key));
  return key;
}

S3Result<ObjectMetadata> metadata_of_form(const Form& form) {
  const Headers headers = form.headers();
  TRY_VOID(refuse_unserved_headers(headers));
  TRY(ObjectMetadata metadata, metadata_of_request(headers));
  const std::string tagging(form.get("tagging"));
  if (!tagging.empty()) {
    TRY(metadata.tags, tags_of_document(tagging, most_object_tags));
  }
  return metadata;
}

S3Result<void> receive_file(FormReader& file, const SizeRange& range, BodyWriter& writer) {
  std::vector<std::byte> buffer(stream_buffer_bytes);
  const std::uint64_t most = std::min(range.most, largest_single_put);
  std::uint64_t received = 0;
  for (;;) {
    const auto count = file.read(buffer);
    if (!count) return tl::unexpected<S3Error>(form_error(count.error()));
    if (*count == 0) break;
    received += *count;
    if (received > most) {
      return s3_failure("EntityTooLarge", {{"ProposedSize", std::to_string(received)},
                                           {"MaxSizeAllowed", std::to_string(most)}});
    }
    TRY_VOID(lift(writer.write(std::span(buffer).first(*count))));
  }
  if (received < range.least) {
    return s3_failure("EntityTooSmall", {{"ProposedSize", std::to_string(received)},
                                         {"MinSizeAllowed", std::to_string(range.least)}});
  }
  return {};
}

bool is_web_address(std::string_view text) {
  return (text.starts_with("http://") || text.starts_with("https://")) &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) <= 0x20; });
}

Response created(const S3Call& call, const Form& form, const ObjectInfo& object) {
  const std::string location =
      fmt::format("http://{}{}/{}", call.header("host"),
                  call.virtual_hosted ? "" : "/" + call.bucket, percent_encode(call.key, true));
  Response response;
  response.status = 204;
  response.headers.add("ETag", quoted(object.etag));
  add_version(response.headers, object);
  add_checksum(response.headers, object.checksum);
  std::string_view redirect = form.get("success_action_redirect");
  if (redirect.empty()) redirect = form.get("redirect");
  if (is_web_address(redirect)) {
    response.status = 303;
    response.headers.add("Location", fmt::format("{}{}bucket={}&key={}&etag={}", redirect,
                                                 redirect.find('?') == redirect.npos ? '?' : '&',
                                                 call.bucket, percent_encode(call.key, false),
                                                 percent_encode(quoted(object.etag), false)));
    return response;
  }
  response.headers.add("Location", location);
  const std::string_view status = form.get("success_action_status");
  if (status == "200") response.status = 200;
  if (status != "201") return response;
  response.status = 201;
  XmlWriter xml("PostResponse");
  xml.element("Location", location);
  xml.element("Bucket", call.bucket);
  xml.element("Key", call.key);
  xml.element("ETag", quoted(object.etag));
  response.headers.add("Content-Type", "application/xml");
  response.body = xml.finish();
  return response;
}

}  // namespace

S3Result<Response> post_object(S3Call& call) {
  const auto boundary = FormReader::boundary_of(call.header("content-type"));
  if (!boundary) {
    return s3_failure(
        "PreconditionFailed",
        {{"Condition", "Bucket POST must be of the enclosure-type multipart/form-data"}});
  }
  TRY_VOID(require_bucket(call));
  FormReader reader(*call.request.body, *boundary);
  TRY(Form form, read_form(reader));
  if (!reader.has_file()) {
    return s3_failure("InvalidArgument", "POST requires exactly one file upload per request.");
  }
  TRY(call.key, key_of(form, reader.file_name()));
  form.set("key", call.key);
  if (call.settings.verify_form) TRY_VOID(call.settings.verify_form(form.fields()));
  SizeRange range;
  if (const std::string_view policy = form.get("policy"); !policy.empty()) {
    auto fields = form.fields();
    // Which bucket it is the request's target says, whatever the form does.
    std::erase_if(fields, [](const FormField& field) { return field.name == "bucket"; });
    fields.push_back({"bucket", call.bucket});
    TRY(range, check_post_policy(policy, fields, call.clock.now()));
  }
  TRY(const ObjectMetadata metadata, metadata_of_form(form));
  TRY(const ClaimedChecksums claimed, claimed_checksums(form.headers()));
  PutOptions options;
  options.checksum = claimed.algorithm;
  options.compared = claimed.algorithms();
  TRY(const auto writer,
      lift(call, call.store.put_object(call.bucket, call.key, metadata, options)));
  TRY_VOID(receive_file(reader, range, *writer));
  TRY_VOID(compare_checksums(claimed, writer->finish()));
  TRY(const ObjectInfo object, lift(call, writer->commit()));
  return created(call, form, object);
}

}  // namespace trainyard::api
